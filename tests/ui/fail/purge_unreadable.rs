//! What is no time of purging, with what it may have meant.

#[orthotope::allocator(purge = "Never")]
static _SHOUTED: Shouted;

#[orthotope::allocator(purge = eager)]
static _UNQUOTED: Unquoted;

#[orthotope::allocator(purge = 10)]
static _UNITLESS: Unitless;

#[orthotope::allocator(purge = 10s)]
static _UNQUOTEDTIME: UnquotedTime;

#[orthotope::allocator(purge = "2h")]
static _HOURS: Hours;

#[orthotope::allocator(purge = "10 s")]
static _SPACED: Spaced;

#[orthotope::allocator(purge = "500us")]
static _MICROSECONDS: Microseconds;

#[orthotope::allocator(purge = "1.5s")]
static _FRACTION: Fraction;

#[orthotope::allocator(purge = "")]
static _EMPTY: Empty;

#[orthotope::allocator(purge = "-1s")]
static _NEGATIVE: Negative;

#[orthotope::allocator(purge = ["10s"])]
static _LIST: List;

fn main() {
    let _ = Shouted::CLASSES;
    let _ = Unquoted::CLASSES;
    let _ = Unitless::CLASSES;
    let _ = UnquotedTime::CLASSES;
    let _ = Hours::CLASSES;
    let _ = Spaced::CLASSES;
    let _ = Microseconds::CLASSES;
    let _ = Fraction::CLASSES;
    let _ = Empty::CLASSES;
    let _ = Negative::CLASSES;
    let _ = List::CLASSES;
}
