//! The rules about `align`, which depend on whether there is a header.

use orthotope_runtime::HEADER_BYTES;

use super::C_ALIGN;
use crate::errors::Errors;
use crate::model::Written;

/// Without a header: from a pointer's own alignment to what every page has.
const PLAIN: (usize, usize) = (8, 4 << 10);
/// With one: from the header's size, which precedes each block, to a huge page's alignment.
const WITH_HEADER: (usize, usize) = (HEADER_BYTES, 2 << 20);

/// A preset's alignment, raised to what its surroundings need.
pub(super) fn raise(preset: Option<usize>, header: Option<bool>, c_api: bool) -> Option<usize> {
    let least = if header? { WITH_HEADER.0 } else { PLAIN.0 };
    let least = least.max(if c_api { C_ALIGN } else { 1 });
    Some(preset?.max(least))
}

/// A written alignment: a power of two within bounds.
pub(super) fn check(
    written: Option<&Written<usize>>,
    header: Option<bool>,
    c_api: bool,
    errors: &mut Errors,
) -> Option<usize> {
    let written = written?;
    let align = written.value;
    let (least, most) = match header {
        Some(true) => WITH_HEADER,
        Some(false) => PLAIN,
        None => (PLAIN.0, WITH_HEADER.1),
    };
    let (problem, mend) = if !align.is_power_of_two() {
        let above = align.next_power_of_two().clamp(least, most);
        let below = (align.next_power_of_two() / 2).clamp(least, most);
        let mend = if above == below {
            format!("write {above}")
        } else {
            format!("write {below} or {above}")
        };
        ("is not a power of two", mend)
    } else if align < least && align >= PLAIN.0 {
        let mend = format!("raise it to {least}, or do without headers: `header = false`");
        ("is too small for a header", mend)
    } else if align < least {
        ("is too small", format!("raise it to {least}"))
    } else if c_api && align < C_ALIGN {
        let mend = format!("raise it to {C_ALIGN}, or remove `c_api`");
        ("is too small for C's `malloc`", mend)
    } else if align > most {
        ("is too large", format!("lower it to {most}"))
    } else {
        return Some(align);
    };
    let text = &written.text;
    let legal = legal(header);
    errors.at(
        written.span,
        format_args!("`align` = {text} {problem}; {mend} ({legal})"),
    );
    None
}

/// The largest legal alignment of which `size` is a multiple.
pub(super) fn largest_dividing(size: usize, header: Option<bool>) -> Option<usize> {
    let (least, most) = if header? { WITH_HEADER } else { PLAIN };
    let dividing = most.min(1 << size.trailing_zeros());
    (dividing >= least).then_some(dividing)
}

/// The legal set, as far as it is known.
fn legal(header: Option<bool>) -> String {
    let with = format!("with a header, {} to {}", WITH_HEADER.0, WITH_HEADER.1);
    let without = format!("without a header, {} to {}", PLAIN.0, PLAIN.1);
    let range = match header {
        Some(true) => with,
        Some(false) => without,
        None => format!("{with}; {without}"),
    };
    format!("a power of two; {range}")
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    fn judge(align: usize, header: Option<bool>) -> Result<usize, String> {
        let written = Written {
            value: align,
            text: align.to_string(),
            span: Span::call_site(),
        };
        let mut errors = Errors::default();
        check(Some(&written), header, false, &mut errors).ok_or_else(|| errors.messages().remove(0))
    }

    #[test]
    fn bounds_depend_on_the_header() {
        for (align, header, legal) in [
            (64, Some(true), true),
            (2 << 20, Some(true), true),
            (32, Some(true), false),
            (4 << 20, Some(true), false),
            (8, Some(false), true),
            (4_096, Some(false), true),
            (4, Some(false), false),
            (8_192, Some(false), false),
            (8, None, true),
            (2 << 20, None, true),
            (4, None, false),
        ] {
            assert_eq!(judge(align, header).is_ok(), legal, "{align} {header:?}");
        }
    }

    #[test]
    fn the_mend_is_itself_legal() {
        let mend = |align, header| {
            let message = judge(align, Some(header)).unwrap_err();
            let start = message.find("; ").unwrap() + 2;
            message[start..message.find(" (").unwrap()].to_owned()
        };
        assert_eq!(mend(48, false), "write 32 or 64");
        assert_eq!(mend(48, true), "write 64");
        assert_eq!(mend(0, true), "write 64");
        assert_eq!(mend(0, false), "write 8");
        assert_eq!(mend(6_000, false), "write 4096");
        assert_eq!(mend(isize::MAX as usize, true), "write 2097152");
        assert_eq!(mend(4, true), "raise it to 64");
    }

    #[test]
    fn a_presets_alignment_gives_way() {
        assert_eq!(raise(Some(8), Some(false), false), Some(8));
        assert_eq!(raise(Some(8), Some(true), false), Some(64));
        assert_eq!(raise(Some(8), Some(false), true), Some(16));
        assert_eq!(raise(Some(64), Some(false), true), Some(64));
        assert_eq!(raise(Some(64), None, false), None);
    }
}
