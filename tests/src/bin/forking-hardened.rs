//! Forks under the preset `"general"`, hardened.

#[global_allocator]
#[orthotope::allocator(preset = "general", hardened = true, purge = "10ms")]
static GLOBAL: Forking;

#[cfg(target_os = "linux")]
fn main() {
    orthotope_tests::forking::main(orthotope_tests::subject!(GLOBAL: Forking));
}

#[cfg(not(target_os = "linux"))]
fn main() {}
