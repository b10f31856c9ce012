//! Tells the crate what compiled it, for the report and for the gate.

use std::env;
use std::process::Command;

fn main() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output();
    let version = version.map_or_else(
        |_| String::from("unknown"),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    );
    println!("cargo::rustc-env=ORTHOTOPE_RUSTC={version}");

    // Without cmake, snmalloc is built with its assertions on unless the caller says otherwise; a
    // comparison with such a build would flatter everybody else.
    println!("cargo::rerun-if-env-changed=CXXFLAGS");
    println!("cargo::rustc-check-cfg=cfg(snmalloc_asserts)");
    let flags = env::var("CXXFLAGS").unwrap_or_default();
    if env::var_os("CARGO_FEATURE_RIVALS").is_some() && !flags.contains("-DNDEBUG") {
        println!("cargo::rustc-cfg=snmalloc_asserts");
        println!(
            "cargo::warning=snmalloc is built with its assertions; for comparable numbers set CXXFLAGS=-DNDEBUG"
        );
    }
}
