//! Hostile surroundings under the preset `"general"`.

#[global_allocator]
#[orthotope::allocator(preset = "general", purge = "10ms")]
static GLOBAL: Global;

#[orthotope::allocator(preset = "general", purge = "10s")]
static OWN: Own;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod refusing;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn main() {
    use orthotope_tests::hostile::{self, Subjects};
    use orthotope_tests::subject;

    hostile::main(Subjects {
        global: subject!(GLOBAL: Global),
        own: subject!(OWN: Own),
        no_threads: &refusing::NO_THREADS,
    });
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn main() {}
