//! A profile that changes: the crate is compiled again, though none of its sources changed.

use std::fs;
use std::path::Path;

fn record(package: &Path, size: usize) {
    let text =
        format!("{{\"orthotope_profile\": 1, \"bins\": [{{\"size\": {size}, \"peak\": 100}}]}}");
    fs::write(package.join("recorded/serve.json"), text).unwrap();
}

#[test]
fn a_changed_profile_compiles_again() {
    let package = super::package("profiled", "2024", "orthotope");
    fs::create_dir_all(package.join("recorded")).unwrap();
    record(&package, 1_000);
    let first = super::run(&package);
    assert!(first.contains("1000") && !first.contains("1208"), "{first}");
    record(&package, 1_208);
    let second = super::run(&package);
    assert!(
        second.contains("1208") && !second.contains("1000"),
        "{second}"
    );
}
