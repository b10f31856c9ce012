//! What was asked for, out of what there is, in the order of what there is.

use clap::Args;

/// Which cells of a table are measured, as the command line says it.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Only workloads whose name contains this; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) workload: Vec<String>,
    /// Only this allocator; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) allocator: Vec<String>,
    /// Names the allocators and workloads, and runs nothing
    #[arg(long)]
    pub(crate) list: bool,
}

/// One cell, as a parent tells its child.
#[derive(Debug, Args)]
pub(crate) struct Cell {
    #[arg(long)]
    allocator: String,
    #[arg(long)]
    workload: String,
}

impl Cell {
    /// The allocator and the workload of these names.
    pub(crate) fn find<'a, A, W>(
        &self,
        allocators: &'a [A],
        name: fn(&A) -> &str,
        workloads: &'a [W],
        title: fn(&W) -> &str,
    ) -> Result<(&'a A, &'a W), String> {
        let allocator = allocators.iter().find(|each| name(each) == self.allocator);
        let workload = workloads.iter().find(|each| title(each) == self.workload);
        Ok((
            allocator.ok_or_else(|| format!("no allocator {:?}; see --list", self.allocator))?,
            workload.ok_or_else(|| format!("no workload {:?}; see --list", self.workload))?,
        ))
    }
}

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
