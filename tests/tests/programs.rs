//! Published crates, unmodified, give the same output under Orthotope as under System.

use orthotope_tests::binary;
use orthotope_tests::programs::document;

/// Runs `program` under System, under the default preset, under `"general"` and under that hardened, and compares.
///
/// The arena must have handed out at least the `data` bytes that the program holds at once.
fn same_output(program: &str, data: usize) {
    let expected = binary::run(env!("CARGO_BIN_EXE_programs-system"), &[program]).success();
    assert_eq!(
        expected.note("ALLOCATOR_USED"),
        Some("system"),
        "{expected}"
    );
    assert!(expected.stdout.contains("digest"), "{expected}");
    for (name, executable) in [
        ("orthotope", env!("CARGO_BIN_EXE_programs-orthotope")),
        ("general", env!("CARGO_BIN_EXE_programs-general")),
        ("hardened", env!("CARGO_BIN_EXE_programs-hardened")),
    ] {
        let ended = binary::run(executable, &[program]).success();
        assert_eq!(
            ended.stdout, expected.stdout,
            "{program} under {name} and under System: {ended}"
        );
        assert_eq!(ended.note("ALLOCATOR_USED"), Some(name), "{ended}");
        let handed_out = ended
            .note("HANDED_OUT")
            .and_then(|bytes| bytes.parse().ok())
            .unwrap_or(0_usize);
        assert!(
            handed_out >= data,
            "{program} did not live in the arena of {name}: {ended}"
        );
    }
}

#[test]
fn serde_json_parses_and_writes_a_document_of_20_mb() {
    same_output("serde_json", document::LARGE);
}

#[test]
fn regex_captures_over_the_same_document() {
    same_output("regex", document::LARGE);
}

#[test]
fn rayon_sorts_a_million_strings() {
    same_output("rayon", 10 << 20);
}

#[test]
fn flate2_packs_and_unpacks() {
    same_output("flate2", 4 << 20);
}

#[test]
fn tokio_echoes_on_several_threads() {
    same_output("tokio", 64 << 10);
}
