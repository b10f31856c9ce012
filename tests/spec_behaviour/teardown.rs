//! Use while thread-local storage is being torn down.

use core::cell::{Cell, RefCell};
use core::ffi::c_void;
use core::ptr;
use std::sync::Mutex;

use orthotope_tests::pattern::all_are;
use orthotope_tests::spec::piece::{Piece, layout};
use orthotope_tests::spec::process;

/// Sizes of every kind: two classes, a large block, and one for `System` by its alignment.
const LAYOUTS: [(usize, usize); 4] = [(48, 8), (5_000, 16), (17 << 20, 8), (100, 256)];

/// Allocates, reallocates, checks and frees a block of every kind, and leaves some with `survivors`.
fn use_every_kind(survivors: &mut Vec<Piece>) {
    for (size, align) in LAYOUTS {
        let mut piece = Piece::new(layout(size, align), 7).expect("memory is still to be had");
        assert!(piece.resize(size + 9_000, 7));
        assert!(all_are(piece.bytes(), 7));
        drop(piece);
        let zeroed = Piece::zeroed(layout(size, align)).expect("memory is still to be had");
        assert!(all_are(zeroed.bytes(), 0));
        survivors.push(zeroed);
    }
}

/// What destructors leave behind, for a thread that is still alive to free.
static SURVIVORS: Mutex<Vec<Piece>> = Mutex::new(Vec::new());

/// Owns blocks of every kind, and uses the allocator once more when it is dropped.
struct Last(Vec<Piece>);

impl Last {
    fn new() -> Self {
        let mut held = Vec::new();
        use_every_kind(&mut held);
        Self(held)
    }
}

impl Drop for Last {
    fn drop(&mut self) {
        assert!(self.0.iter().all(|piece| all_are(piece.bytes(), 0)));
        self.0.clear();
        use_every_kind(&mut SURVIVORS.lock().expect("nobody panics with it"));
    }
}

std::thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

/// Runs `thread` to its end a few times; everything it took must have come back.
fn comes_back(thread: impl Fn() + Sync) {
    process::alone(|| {
        let round = || {
            process::in_thread(&thread);
            let survivors = std::mem::take(&mut *SURVIVORS.lock().expect("nobody panics with it"));
            assert!(!survivors.is_empty(), "the destructor ran");
            drop(survivors);
            // What this thread freed on others' behalf is published by another's exit alone.
            process::in_thread(|| ());
        };
        // A large block that is resized where it lies keeps what it gained, so it takes rounds until each of
        // them has its full capacity; then nothing may move any more.
        let mut before = process::stats();
        let mut unchanged = 0;
        for _ in 0..60 {
            process::in_thread(round);
            let after = process::stats();
            unchanged = if after == before { unchanged + 1 } else { 0 };
            if unchanged == 5 {
                return;
            }
            before = after;
        }
        panic!("every round takes more: {before:?}");
    });
}

/// SPEC 4: "use while thread-local storage is being torn down still get[s] memory, and every free finds its way back":
/// by a value whose destructor was registered before the thread first used the allocator.
#[test]
fn a_destructor_registered_before_the_first_allocation_gets_memory() {
    comes_back(|| {
        // Touching it registers the destructor; only then comes the first block.
        LAST.with_borrow_mut(|last| assert!(last.is_none()));
        LAST.with_borrow_mut(|last| *last = Some(Last::new()));
    });
}

/// SPEC 4: the same, registered after the thread first used the allocator.
#[test]
fn a_destructor_registered_after_the_first_allocation_gets_memory() {
    comes_back(|| {
        drop(Piece::new(layout(64, 8), 1));
        LAST.with_borrow_mut(|last| *last = Some(Last::new()));
    });
}

/// SPEC 4: the same, in a thread that uses the allocator in its destructor for the first time.
#[test]
fn a_destructor_that_is_the_first_to_allocate_gets_memory() {
    comes_back(|| LAST.with_borrow_mut(|last| *last = Some(Last(Vec::new()))));
}

/// Rounds of destructors that POSIX promises; glibc runs no more.
const ROUNDS: usize = 4;

std::thread_local! {
    static ROUND: Cell<usize> = const { Cell::new(0) };
}

/// A key's destructor that uses the allocator in every round there is, the last ones after the thread's cache has gone.
unsafe extern "C" fn in_every_round(key: *mut c_void) {
    use_every_kind(&mut SURVIVORS.lock().expect("nobody panics with it"));
    let round = ROUND.get() + 1;
    ROUND.set(round);
    if round < ROUNDS {
        // SAFETY: the value is the key plus one, made by `key`.
        unsafe { libc::pthread_setspecific((key.addr() - 1) as libc::pthread_key_t, key) };
    }
}

fn make_key() -> libc::pthread_key_t {
    let mut key = 0;
    // SAFETY: `key` is a valid place, and the destructor follows the C calling convention.
    let status = unsafe { libc::pthread_key_create(&raw mut key, Some(in_every_round)) };
    assert_eq!(status, 0);
    key
}

fn arm(key: libc::pthread_key_t) {
    let value = ptr::without_provenance::<c_void>(key as usize + 1);
    // SAFETY: the key was made by `make_key` and is not deleted while threads use it.
    let status = unsafe { libc::pthread_setspecific(key, value) };
    assert_eq!(status, 0);
}

/// SPEC 4: "use while thread-local storage is being torn down still get[s] memory": in every round of the destructors of
/// a POSIX key, armed before and after the thread's first block.
#[test]
fn destructors_of_posix_keys_get_memory_in_every_round() {
    let key = make_key();
    comes_back(|| {
        arm(key);
        drop(Piece::new(layout(64, 8), 1));
    });
    comes_back(|| {
        drop(Piece::new(layout(64, 8), 1));
        arm(key);
    });
    comes_back(|| arm(key));
}
