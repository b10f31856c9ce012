//! The rules about `classes`, the fitting of a preset's, and those of a profile.

use orthotope_runtime::profile::Profile;
use orthotope_runtime::{MAX_CLASSES, tune, tuner};

use super::{C_ALIGN, align};
use crate::errors::Errors;
use crate::model::{Element, Given, Settings, Written};
use crate::size::{MAX_SIZE, display};

/// A preset's classes, fitted to the alignment and the arena; too small an arena leaves none.
pub(super) fn fit(
    preset: Option<&[usize]>,
    align: Option<usize>,
    arena: Option<usize>,
    given_arena: &Given<usize>,
    errors: &mut Errors,
) -> Option<Vec<usize>> {
    let (preset, align, arena) = (preset?, align?, arena?);
    let fitted = tune::fit_classes(preset, align, arena / 2);
    if !fitted.is_empty() {
        return Some(fitted);
    }
    let smallest = preset.first()?.next_multiple_of(align);
    let written = given_arena.written()?;
    let (text, least) = (&written.text, display(2 * smallest));
    errors.at(
        written.span,
        format_args!(
            "`arena` = {text} is too small: a class may take half of it, and the preset's smallest \
             has {smallest} bytes; raise it to at least {least}, or give `classes` of your own",
        ),
    );
    None
}

/// The classes that waste least for what was recorded, everything else being settled.
pub(super) fn tuned(profile: &Profile, settings: &Settings) -> Vec<usize> {
    let mut config = settings
        .preset
        .config()
        .with_arena(settings.arena)
        .with_align(settings.align)
        .with_header(settings.header)
        .with_refill(settings.refill)
        .with_cache(settings.cache);
    if let Some(limit) = settings.thread_limit {
        config = config.with_thread_limit(limit);
    }
    tuner::tune(profile, &config, None)
}

/// Written classes: 1 to 255 multiples of `align`, strictly ascending, none beyond half the arena.
pub(super) fn check(
    list: Option<&Written<Vec<Element>>>,
    align: Option<usize>,
    arena: Option<usize>,
    header: Option<bool>,
    c_api: bool,
    errors: &mut Errors,
) -> Option<Vec<usize>> {
    let list = list?;
    if list.value.is_empty() {
        errors.at(
            list.span,
            format_args!(
                "`classes` is empty; give 1 to {MAX_CLASSES} sizes as in `[64, 256, \"64KiB\"]`, \
                 or leave it out for the preset's"
            ),
        );
    }
    check_count(&list.value, errors);
    for (index, element) in list.value.iter().enumerate() {
        let Some(element) = element else { continue };
        let subject = format!("`classes[{index}]` = {}", element.text);
        if element.value == 0 {
            let message = format!("{subject} is zero; remove it");
            errors.at(element.span, message);
            continue;
        }
        let problems = [
            order(element.value, &list.value[..index]),
            multiple(element.value, align, header, c_api),
            half(element.value, arena),
        ];
        for problem in problems.into_iter().flatten() {
            errors.at(element.span, format_args!("{subject} {problem}"));
        }
    }
    list.value
        .iter()
        .map(|element| element.as_ref().map(|written| written.value))
        .collect()
}

fn check_count(elements: &[Element], errors: &mut Errors) {
    if let Some(Some(first_too_many)) = elements.get(MAX_CLASSES) {
        let (len, more) = (elements.len(), elements.len() - MAX_CLASSES);
        errors.at(
            first_too_many.span,
            format_args!(
                "`classes` has {len} entries, of which there may be 1 to {MAX_CLASSES}; remove {more}"
            ),
        );
    }
}

/// Compares an entry with those before it.
fn order(size: usize, before: &[Element]) -> Option<String> {
    let mut known = before.iter().enumerate().filter_map(|(index, element)| {
        let value = element.as_ref()?.value;
        (value > 0).then_some((index, value))
    });
    if let Some((index, _)) = known.clone().find(|&(_, value)| value == size) {
        return Some(format!("repeats `classes[{index}]`; remove one of the two"));
    }
    let (index, previous) = known.next_back()?;
    (size < previous).then(|| {
        format!(
            "is less than `classes[{index}]` = {previous} before it; sort the classes ascending"
        )
    })
}

fn multiple(
    size: usize,
    align: Option<usize>,
    header: Option<bool>,
    c_api: bool,
) -> Option<String> {
    let align = align?;
    if c_api && align <= C_ALIGN && !size.is_multiple_of(C_ALIGN) {
        let up = size.next_multiple_of(C_ALIGN);
        return Some(format!(
            "is not a multiple of {C_ALIGN}, as `c_api` needs; round it up to {up}"
        ));
    }
    if size.is_multiple_of(align) {
        return None;
    }
    let up = size.next_multiple_of(align);
    let lower = match align::largest_dividing(size, header) {
        Some(lower) => format!(", or lower `align` to {lower}"),
        None => String::new(),
    };
    Some(format!(
        "is not a multiple of `align` = {align}; round it up to {up}{lower}"
    ))
}

fn half(size: usize, arena: Option<usize>) -> Option<String> {
    let arena = arena?;
    if size <= arena / 2 {
        return None;
    }
    let raise = match 2 * size {
        double @ ..=MAX_SIZE => format!("raise `arena` to at least {}, or ", display(double)),
        _ => String::new(),
    };
    Some(format!(
        "is more than half of `arena` = {}; {raise}lower the class to at most {}",
        display(arena),
        display(arena / 2),
    ))
}
