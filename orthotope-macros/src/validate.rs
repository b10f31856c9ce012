//! The rules: from what was written to what holds.
//!
//! Owns every rule about values, alone and together, and its message: what is wrong, where, and how
//! to mend it. Parses nothing. Rules judge what the user wrote; a preset's own values give way to it.
//! What could not be read, or broke a rule, is `None` from there on, and rules that need it do not
//! apply: one mistake is one error.

mod align;
mod classes;

use crate::errors::Errors;
use crate::model::{Arguments, Given, Preset, Settings};
use crate::profile::{self, Recorded};
use crate::purge::Purge;

/// What C promises of every pointer that `malloc` returns.
const C_ALIGN: usize = 16;

/// Checks all rules and resolves the defaults; `None` only if there was an error.
pub(crate) fn validate(arguments: &Arguments, errors: &mut Errors) -> Option<Settings> {
    let recorded = check_profile(arguments, errors);

    let preset = arguments.preset.or(Some(Preset::Tensor));
    let base = preset.map(Settings::of);
    let base = base.as_ref();
    let header = arguments.header.or(base.map(|base| base.header));
    let exhausted = arguments.exhausted.or(base.map(|base| base.exhausted));
    let arena = base.map(|base| base.arena);
    let arena = nonzero("arena", &arguments.arena, arena, errors);
    let refill = base.map(|base| base.refill);
    let refill = nonzero("refill", &arguments.refill, refill, errors);
    let cache = base.map(|base| base.cache);
    let cache = nonzero("cache", &arguments.cache, cache, errors);
    let thread_limit = match &arguments.thread_limit {
        Given::Absent => base.map(|base| base.thread_limit),
        limit => nonzero("thread_limit", limit, None, errors).map(Some),
    };
    check_purge(&arguments.purge, errors);
    let purge = arguments.purge.or(base.map(|base| base.purge));
    let huge_pages = arguments.huge_pages.or(base.map(|base| base.huge_pages));
    let hardened = arguments.hardened.or(base.map(|base| base.hardened));
    let prefetch = arguments.prefetch.or(base.map(|base| base.prefetch));

    let c_api = arguments.c_api.or(None) == Some(true);
    if c_api {
        check_c_api(arguments, header, errors);
    }
    let align = match &arguments.align {
        Given::Absent => align::raise(base.map(|base| base.align), header, c_api),
        align => align::check(align.written(), header, c_api, errors),
    };
    let classes = match &arguments.classes {
        Given::Absent => {
            let preset = base.map(|base| &base.classes[..]);
            classes::fit(preset, align, arena, &arguments.arena, errors)
        }
        classes => classes::check(classes.written(), align, arena, header, c_api, errors),
    };
    let mut settings = Settings {
        preset: preset?,
        arena: arena?,
        classes: classes?,
        profile: None,
        align: align?,
        header: header?,
        refill: refill?,
        cache: cache?,
        thread_limit: thread_limit?,
        exhausted: exhausted?,
        purge: purge?,
        huge_pages: huge_pages?,
        hardened: hardened?,
        prefetch: prefetch?,
        c_api,
    };
    if let Some(recorded) = recorded {
        settings.classes = classes::tuned(&recorded.profile, &settings);
        settings.profile = Some(recorded.path);
    }
    Some(settings)
}

/// The size that holds, which must not be zero if it was written.
fn nonzero(
    name: &str,
    given: &Given<usize>,
    default: Option<usize>,
    errors: &mut Errors,
) -> Option<usize> {
    match given.written() {
        Some(written) if written.value == 0 => {
            let text = &written.text;
            errors.at(
                written.span,
                format_args!("`{name}` = {text} is zero; write at least 1 byte, or leave it out"),
            );
            None
        }
        _ => given.or(default),
    }
}

/// The classes have one source, and a profile is a file that can be read.
fn check_profile(arguments: &Arguments, errors: &mut Errors) -> Option<Recorded> {
    if let (Some(profile), Some(_)) = (arguments.name("profile"), arguments.name("classes")) {
        errors.at(
            profile.span(),
            "`profile` and `classes` both say what the classes are; remove one of the two",
        );
    }
    let written = arguments.profile.written()?;
    match profile::read(&written.value) {
        Ok(recorded) => Some(recorded),
        Err(error) => {
            errors.at(
                written.span,
                format_args!("`profile` = {} {error}", written.text),
            );
            None
        }
    }
}

fn check_purge(purge: &Given<Purge>, errors: &mut Errors) {
    if let Some(written) = purge.written()
        && matches!(written.value, Purge::After(time) if time.is_zero())
    {
        let text = &written.text;
        errors.at(
            written.span,
            format_args!("`purge` = {text} is zero; write \"eager\" to purge at once"),
        );
    }
}

/// With a header, what is aligned to more than the configuration is the system's, and the layout says so at the free. C's
/// `free` is told no layout.
fn check_c_api(arguments: &Arguments, header: Option<bool>, errors: &mut Errors) {
    if header != Some(true) {
        return;
    }
    let message = "`c_api` does not go with a header";
    if let Some(written) = arguments.header.written() {
        errors.at(
            written.span,
            format_args!("{message}; write `header = false`, or remove `c_api`"),
        );
    } else if let Some(written) = arguments.c_api.written() {
        errors.at(
            written.span,
            format_args!(
                "{message}, which the preset has; add `header = false`, or remove `c_api`"
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proc_macro2::TokenStream;
    use quote::quote;

    use super::*;
    use crate::args;
    use crate::model::HugePages;

    fn judge(arguments: TokenStream) -> Result<Settings, Vec<String>> {
        let mut errors = Errors::default();
        let arguments = args::parse(arguments, &mut errors);
        match validate(&arguments, &mut errors) {
            Some(settings) if errors.is_empty() => Ok(settings),
            _ => Err(errors.messages()),
        }
    }

    #[test]
    fn what_is_not_written_is_the_presets() {
        for (preset, limit) in [("tensor", None), ("general", Some(1 << 20))] {
            let settings = judge(quote!(preset = #preset)).ok().unwrap();
            assert_eq!(settings.thread_limit, limit, "{preset}");
            assert_eq!(settings.purge, Purge::After(Duration::from_secs(10)));
            assert_eq!(settings.huge_pages, HugePages::System);
        }
    }

    #[test]
    fn a_limit_below_a_block_and_below_the_cache_is_legal() {
        for limit in [1, 63, 64 << 10, isize::MAX as usize] {
            for preset in ["tensor", "general"] {
                let settings = judge(quote!(preset = #preset, thread_limit = #limit));
                assert_eq!(settings.ok().unwrap().thread_limit, Some(limit));
            }
        }
    }

    #[test]
    fn a_value_that_breaks_a_rule_is_one_error() {
        for (arguments, error) in [
            (quote!(thread_limit = 0), "`thread_limit` = 0 is zero"),
            (quote!(thread_limit = "1MB"), "`thread_limit` = \"1MB\" has"),
            (quote!(purge = "0ms"), "`purge` = \"0ms\" is zero"),
            (quote!(purge = "0s"), "`purge` = \"0s\" is zero"),
            (quote!(purge = "00m"), "`purge` = \"00m\" is zero"),
            (quote!(purge = 10s), "`purge` = 10s must be"),
            (
                quote!(purge = "9999999999m"),
                "`purge` = \"9999999999m\" overflows",
            ),
            (quote!(huge_pages = true), "`huge_pages` must be"),
            (
                quote!(preset = "general", c_api = true, align = 8),
                "`align` = 8 is too small for C's `malloc`; raise it to 16",
            ),
        ] {
            let errors = judge(arguments).err().unwrap();
            assert_eq!(errors.len(), 1, "{errors:?}");
            assert!(errors[0].starts_with(error), "{errors:?}");
        }
    }
}
