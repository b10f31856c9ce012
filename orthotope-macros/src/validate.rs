//! The rules: from what was written to what holds.
//!
//! Owns every rule about values, alone and together, and its message: what is wrong, where, and how
//! to mend it. Parses nothing. Rules judge what the user wrote; a preset's own values give way to it.
//! What could not be read, or broke a rule, is `None` from there on, and rules that need it do not
//! apply: one mistake is one error.

mod align;
mod classes;

use crate::errors::Errors;
use crate::model::{ARGUMENTS, Arguments, Given, Preset, Settings};
use crate::profile;
use crate::size::Purge;

/// What C promises of every pointer that `malloc` returns.
const C_ALIGN: usize = 16;

/// Checks all rules and resolves the defaults; `None` only if there was an error.
pub(crate) fn validate(arguments: &Arguments, errors: &mut Errors) -> Option<Settings> {
    check_available(arguments, errors);
    check_profile(arguments, errors);
    check_purge(&arguments.purge, errors);
    nonzero("thread_limit", &arguments.thread_limit, None, errors);

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

    let c_api = arguments.c_api.or(None) == Some(true);
    if c_api {
        check_c_api(arguments, header, errors);
    }
    let align = match &arguments.align {
        Given::Absent => align::raise(base.map(|base| base.align), header, c_api),
        align => align::check(align.written(), header, errors),
    };
    let classes = match &arguments.classes {
        Given::Absent => {
            let preset = base.map(|base| &base.classes[..]);
            classes::fit(preset, align, arena, &arguments.arena, errors)
        }
        classes => classes::check(classes.written(), align, arena, header, c_api, errors),
    };
    Some(Settings {
        preset: preset?,
        arena: arena?,
        classes: classes?,
        align: align?,
        header: header?,
        refill: refill?,
        cache: cache?,
        exhausted: exhausted?,
    })
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

/// An argument that does nothing yet would lie if it were accepted.
fn check_available(arguments: &Arguments, errors: &mut Errors) {
    for known in ARGUMENTS.iter().filter(|known| !known.available) {
        let name = known.name;
        if let Some(given) = arguments.name(name) {
            errors.at(
                given.span(),
                format_args!("`{name}` is not available yet; remove it"),
            );
        }
    }
}

/// The classes have one source, and a profile is a file that exists.
fn check_profile(arguments: &Arguments, errors: &mut Errors) {
    if let (Some(profile), Some(_)) = (arguments.name("profile"), arguments.name("classes")) {
        errors.at(
            profile.span(),
            "`profile` and `classes` both say what the classes are; remove one of the two",
        );
    }
    if let Some(written) = arguments.profile.written()
        && let Err(error) = profile::check(&written.value)
    {
        errors.at(
            written.span,
            format_args!("`profile` = {} {error}", written.text),
        );
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

/// C frees pointers about which nothing is known, so that there is no room for a header.
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
