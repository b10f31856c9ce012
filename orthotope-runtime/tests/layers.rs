//! The layers of the crate's documentation, held by the imports of its source.

use std::fs;
use std::path::{Path, PathBuf};

/// Modules in the order of the table in `src/lib.rs`.
fn documented_order() -> Vec<String> {
    let lib = fs::read_to_string(source("lib.rs")).expect("the crate has a root");
    let order: Vec<String> = lib
        .lines()
        .filter_map(|line| {
            line.strip_prefix("//! | `")?
                .split('`')
                .next()
                .map(str::to_owned)
        })
        .collect();
    assert!(order.len() > 10, "the table was found: {order:?}");
    order
}

fn source(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src")
        .join(relative)
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the crate") {
        let path = entry.expect("an entry of it").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The crate's modules that a text names after `crate::`.
fn named_modules(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| {
            line.match_indices("crate::").map(move |(at, found)| {
                let rest = &line[at + found.len()..];
                &rest[..rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len())]
            })
        })
}

#[test]
fn every_module_uses_only_modules_above_it() {
    let order = documented_order();
    let rank = |module: &str| order.iter().position(|name| name == module);
    let mut files = Vec::new();
    rust_files(&source(""), &mut files);
    for file in files {
        let relative = file.strip_prefix(source("")).expect("a file of the crate");
        let first = relative
            .iter()
            .next()
            .and_then(|part| part.to_str())
            .expect("a name");
        let module = first.trim_end_matches(".rs");
        if ["lib", "models", "tests"].contains(&module) {
            continue;
        }
        let own =
            rank(module).unwrap_or_else(|| panic!("`{module}` is not in the table of src/lib.rs"));
        let text = fs::read_to_string(&file).expect("source is text");
        for used in named_modules(&text) {
            let below = rank(used)
                .unwrap_or_else(|| panic!("{}: `crate::{used}` is in no row", relative.display()));
            assert!(
                below <= own,
                "{}: `{module}` must not use `{used}`",
                relative.display()
            );
        }
    }
}

#[test]
fn the_table_names_every_module() {
    let order = documented_order();
    let lib = fs::read_to_string(source("lib.rs")).expect("the crate has a root");
    let declared: Vec<&str> = lib
        .lines()
        .filter_map(|line| {
            line.trim_start()
                .trim_start_matches("pub ")
                .strip_prefix("mod ")?
                .strip_suffix(';')
        })
        .filter(|module| !["models", "tests"].contains(module))
        .collect();
    assert!(declared.len() > 10, "the modules were found: {declared:?}");
    for module in declared {
        assert!(
            order.iter().any(|name| name == module),
            "`{module}` is missing from the table"
        );
    }
}
