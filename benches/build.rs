//! Tells the crate what compiled it, and how. Of `orthotope-programs`, too.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    let compiler = env::var_os("RUSTC").expect("cargo sets RUSTC");
    let version = Command::new(compiler)
        .arg("--version")
        .output()
        .expect("the compiler that builds this runs");
    let version = String::from_utf8_lossy(&version.stdout);
    println!("cargo::rustc-env=BENCHES_COMPILER={}", version.trim());
    let level = env::var("OPT_LEVEL").expect("cargo sets OPT_LEVEL");
    println!("cargo::rustc-env=BENCHES_OPT_LEVEL={level}");

    // The workspace's, or the package's own where it is unpacked alone.
    let own = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let lock = Path::new(&own)
        .ancestors()
        .map(|folder| folder.join("Cargo.lock"))
        .find(|lock| lock.is_file())
        .expect("cargo has written Cargo.lock before it builds");
    println!("cargo::rustc-env=BENCHES_LOCK={}", lock.display());

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
