//! Metadata allocates neither through the global allocator nor through libc.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

use orthotope_tests::binary;

const BINARIES: [&str; 2] = [
    env!("CARGO_BIN_EXE_reentry-default"),
    env!("CARGO_BIN_EXE_reentry-general"),
];

#[test]
fn the_default_preset_asks_nobody_for_memory() {
    let ended = binary::run(BINARIES[0], &[]).success();
    assert!(ended.stdout.contains("bytes handed out"), "{ended}");
}

#[test]
fn general_asks_nobody_for_memory() {
    let ended = binary::run(BINARIES[1], &[]).success();
    assert!(ended.stdout.contains("bytes handed out"), "{ended}");
}

#[test]
fn the_watch_sees_the_global_allocator_asked() {
    for executable in BINARIES {
        let ended = binary::run(executable, &["ask-the-global-allocator"]).aborted();
        assert!(
            ended
                .stderr
                .contains("from the global allocator: alloc while inside Allocator"),
            "{ended}"
        );
    }
}

#[test]
fn the_watch_sees_libc_asked() {
    for executable in BINARIES {
        let ended = binary::run(executable, &["ask-libc"]).aborted();
        assert!(
            ended
                .stderr
                .contains("from the libc: malloc while inside Allocator"),
            "{ended}"
        );
    }
}
