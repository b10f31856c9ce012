//! The examples that meet other crates: hashbrown and allocator-api2, tokio, hyper.

use crate::process::example;

#[test]
fn tensor_arena_holds_the_collections_and_nothing_else() {
    let run = example("tensor_arena");
    assert_eq!(
        run.line("sequence 7: "),
        "sequence 7: 64 tokens, best score 64.250"
    );
    assert_eq!(run.line("aligned"), "aligned to 64 bytes: true");
    // 32 sequences and the table of them.
    assert!(
        run.line("tensor arena: ")
            .starts_with("tensor arena: 33 blocks, ")
    );
    assert!(
        run.line("a quarter kept: ")
            .starts_with("a quarter kept: 9 blocks, ")
    );
    assert!(
        run.line("none kept: ")
            .starts_with("none kept: 0 blocks, 0 bytes resident besides ")
    );
}

#[test]
fn park_leaves_less_behind() {
    let run = example("park");
    assert_eq!(
        run.line("caches keep less"),
        "caches keep less: true; less stays in memory: true"
    );
}

#[test]
fn metrics_are_prometheus_text_while_a_server_is_busy() {
    let run = example("metrics");
    let last = run.out.lines().last().unwrap_or_default();
    assert!(last.starts_with("8000 requests answered with "), "{last}");
    assert!(
        last.ends_with(" scrapes meanwhile, each in order"),
        "{last}"
    );
    for line in [
        "# TYPE orthotope_allocated_bytes gauge",
        "# TYPE orthotope_class_live_blocks gauge",
    ] {
        assert_eq!(run.line(line), line);
    }
    let sample = run.line("orthotope_class_live_blocks{class=\"64\"} ");
    let value = sample.rsplit(' ').next().unwrap_or_default();
    assert!(value.parse::<u64>().is_ok(), "{sample}");
}
