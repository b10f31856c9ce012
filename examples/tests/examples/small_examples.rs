//! The one-file examples: each runs to its end and prints what it is there to show.

use crate::process::example;

#[test]
fn drop_in_counts_words_and_prints_global_stats() {
    let run = example("drop_in");
    assert!(
        run.out.contains(" different words, most often:\n"),
        "{}",
        run.out
    );
    let large = run.line("large blocks: ");
    assert!(large.starts_with("large blocks: 1 live with "), "{large}");
    assert!(large.contains(", then 1 free with "), "{large}");
    assert!(run.line("arena: ").ends_with(" bytes not yet handed out"));
    assert!(
        !run.line("     total: ").starts_with("     total: 0 "),
        "{}",
        run.out
    );
}

#[test]
fn two_allocators_keep_separate_books() {
    let run = example("two_allocators");
    assert_eq!(
        run.line("tensor allocator: "),
        "tensor allocator: classes [65536, 262144, 1048576]"
    );
    assert!(run.line("layer.7.weight").contains("first output "));
    assert!(run.line("scratch grown to 100000").ends_with(": true"));
    let (program, tensors) = run.out.split_once("\ntensor allocator\n").unwrap();
    let (_, program) = program.split_once("\nglobal allocator\n").unwrap();
    // The eight layers are in one of them, no string is.
    let layers: Vec<_> = tensors
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|row| row.starts_with(&["256", "KiB"]))
        .collect();
    assert_eq!(layers.len(), 1, "{tensors}");
    assert_eq!(layers[0][3], "8", "{tensors}");
    assert!(!program.contains("256 KiB"), "{program}");
    assert!(program.contains(" B  "), "{program}");
}

#[test]
fn instance_hands_blocks_between_threads() {
    let run = example("instance");
    assert!(
        run.line("2 pairs of threads, 10000 messages each")
            .contains("sums of their bytes: [")
    );
    assert_eq!(
        run.out
            .lines()
            .filter(|line| line.starts_with("central pool: "))
            .count(),
        2
    );
    // Blocks come back: the arena never holds more than a fraction of what was sent.
    let figures: Vec<usize> = run
        .line("arena: ")
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [needed, capacity, sent] = figures[..] else {
        panic!("{}", run.out)
    };
    assert_eq!(capacity, 64 << 20);
    assert!(needed * 4 < sent, "{needed} bytes for {sent}");
    assert!(
        run.line("an arena of 256 bytes: ")
            .starts_with("an arena of 256 bytes: [true, true], then: ")
    );
}

#[test]
fn process_wide_reports_every_mistake() {
    let run = example("process_wide");
    assert_eq!(
        run.line("allocate(1000): "),
        "allocate(1000): aligned to 64: true, sum 165000"
    );
    assert_eq!(
        run.line("freed and "),
        "freed and allocated again: the same block: true"
    );
    for mistake in [
        "with 999 for its size: ",
        "freed twice: ",
        "allocate(0): ",
        "allocate(isize::MAX): ",
        "another allocator's block: ",
    ] {
        assert!(run.line(mistake).len() > mistake.len(), "{}", run.out);
    }
    assert_eq!(
        run.line("large blocks: "),
        "large blocks: 0 before, 1 with 40 MiB live, 0 after"
    );
}
