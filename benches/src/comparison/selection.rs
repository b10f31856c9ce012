//! What was asked for, out of what there is, in the order of what there is.

/// The allocators of exactly these names; all if none is named.
pub(crate) fn allocators<T>(
    all: Vec<T>,
    asked: &[String],
    name: fn(&T) -> &str,
) -> Result<Vec<T>, String> {
    let names: Vec<&str> = all.iter().map(name).collect();
    if let Some(unknown) = asked.iter().find(|asked| !names.contains(&asked.as_str())) {
        let mut message = format!("no allocator {unknown:?}; there are {}", names.join(", "));
        if !cfg!(feature = "rivals") {
            message += "; more are built with --features rivals";
        }
        return Err(message);
    }
    let wanted = |each: &T| asked.is_empty() || asked.iter().any(|asked| asked == name(each));
    Ok(all.into_iter().filter(wanted).collect())
}

/// The workloads whose names contain one of these patterns; those that are `usual` if there is no pattern.
pub(crate) fn workloads<T>(
    all: Vec<T>,
    patterns: &[String],
    name: fn(&T) -> &str,
    usual: impl Fn(&T) -> bool,
) -> Result<Vec<T>, String> {
    let names: Vec<&str> = all.iter().map(name).collect();
    for pattern in patterns {
        if !names.iter().any(|name| name.contains(pattern)) {
            return Err(format!(
                "no workload's name contains {pattern:?}; there are {}",
                names.join(", ")
            ));
        }
    }
    let wanted = |each: &T| {
        if patterns.is_empty() {
            return usual(each);
        }
        patterns.iter().any(|pattern| name(each).contains(pattern))
    };
    Ok(all.into_iter().filter(wanted).collect())
}
