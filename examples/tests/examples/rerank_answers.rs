//! `rerank` answers: what it prints for a folder and its queries, under its own allocator.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use orthotope_examples::rerank::queries;
use tempfile::TempDir;

use crate::process::{Run, command, run};

/// Runs `rerank` on a folder.
pub(crate) fn rerank<A: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = A>) -> Run {
    let mut all: Vec<OsString> = vec![folder.into()];
    all.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
    run("rerank", all)
}

/// No arguments but the folder.
pub(crate) const NONE: [&str; 0] = [];

/// Three files about three things, in folders.
pub(crate) fn small_corpus() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    fs::create_dir(folder.path().join("animals")).unwrap();
    write(
        "animals/birds.txt",
        "Most birds fly.\nThe penguin swims and cannot fly.\n\nAn ostrich runs.\n",
    );
    write(
        "kitchen.md",
        "# Bread\n\nKnead the dough.\nLet the yeast rise for an hour.\nBake it until brown.\n",
    );
    write(
        "engine.rs",
        "fn main() {\n    ignite_the_carburettor();\n}\n",
    );
    folder
}

/// The output up to the figures, which differ from run to run.
pub(crate) fn answers(run: &Run) -> &str {
    run.out
        .split_once("\npassages per second")
        .expect("figures follow the answers")
        .0
}

#[test]
fn a_query_finds_file_and_line() {
    let folder = small_corpus();
    for (query, place, words) in [
        (
            "can penguins swim",
            "animals/birds.txt:2",
            "The penguin swims and cannot fly.",
        ),
        (
            "how long does yeast take",
            "kitchen.md:4",
            "Let the yeast rise for an hour.",
        ),
        ("carburetor", "engine.rs:2", "ignite_the_carburettor();"),
    ] {
        let run = rerank(folder.path(), ["--query", query, "--top", "1"]).success();
        assert_eq!(
            run.line("query").strip_prefix("query").unwrap().trim(),
            query
        );
        let best = run.line("     1.");
        assert!(best.ends_with(place), "{query}: {best}");
        assert!(
            run.line("         ").contains(words),
            "{query}: {}",
            run.out
        );
    }
}

#[test]
fn queries_repeat_and_top_limits() {
    let folder = small_corpus();
    let run = rerank(folder.path(), ["-q", "penguin", "-q", "dough", "-n", "2"]).success();
    let ranks = |rank: &str| {
        run.out
            .lines()
            .filter(|line| line.starts_with(rank))
            .count()
    };
    assert_eq!(ranks("query    "), 2);
    assert_eq!(
        (ranks("     1."), ranks("     2."), ranks("     3.")),
        (2, 2, 0)
    );

    // More than there are is no error.
    let run = rerank(folder.path(), ["-q", "penguin", "-n", "4000000000"]).success();
    assert!(run.out.contains("\n     3."), "{}", run.out);
}

#[test]
fn without_queries_the_default_set_is_asked() {
    let run = rerank(small_corpus().path(), NONE).success();
    for query in queries::DEFAULT {
        assert!(
            run.out.contains(&format!("query    {query}\n")),
            "{}",
            run.out
        );
    }
}

#[test]
fn the_list_of_default_queries_is_no_answer_to_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let list = fs::read_to_string(root.join(queries::SOURCE)).unwrap();
    let folder = small_corpus();
    let copy = folder.path().join(queries::SOURCE);
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::write(copy, list).unwrap();

    let place = format!("  {}:", queries::SOURCE);
    let run = rerank(folder.path(), NONE).success();
    assert!(!answers(&run).contains(&place), "{}", run.out);
    let run = rerank(folder.path(), ["--query", queries::DEFAULT[0]]).success();
    assert!(run.line("     1.").contains(&place), "{}", run.out);
}

#[test]
fn rate_latency_peak_and_allocator_are_reported() {
    let run = rerank(small_corpus().path(), ["--threads", "2"]).success();
    let number = |start: &str, word: usize| -> f64 {
        let line = run.line(start);
        let number = line.split_whitespace().nth(word).unwrap();
        number.parse().unwrap_or_else(|_| panic!("{line}"))
    };
    assert!(number("passages per second", 3) > 0.0);
    assert!(number("query latency", 3) <= number("query latency", 6));
    assert!(run.line("query latency").contains("ms, p99"));
    if cfg!(target_os = "linux") {
        assert!(number("peak resident memory", 3) > 1.0);
    }
    let (_, table) = run.out.split_once("\nallocator\n").unwrap();
    // The class made for the embeddings has a row, with a block for every passage of the corpus. Another thread's
    // cache is known as of its last refill, so a block that it has handed out since may still count as cached.
    let row = table
        .lines()
        .find(|line| line.trim_start().starts_with("1.5 KiB "));
    let blocks: usize = row
        .unwrap_or_else(|| panic!("{table}"))
        .split_whitespace()
        .skip(3)
        .take(2)
        .map(|count| count.parse::<usize>().unwrap())
        .sum();
    assert!(blocks >= 3, "{table}");
}

#[test]
fn the_answers_do_not_depend_on_threads_or_batches() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let one = rerank(sources, ["--threads", "1"]).success();
    for (threads, batch) in [("4", "64"), ("4", "1"), ("3", "7"), ("64", "1000000")] {
        let many = rerank(sources, ["--threads", threads, "--batch", batch]).success();
        assert_eq!(
            answers(&one),
            answers(&many),
            "{threads} threads, batches of {batch}"
        );
    }
}

#[test]
fn the_default_folder_is_the_workspace() {
    let run = command("rerank")
        .args(["--query", "workspace members", "--top", "1"])
        .current_dir(std::env::temp_dir())
        .output()
        .unwrap();
    let out = String::from_utf8(run.stdout).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let first = format!("folder   {} (", root.display());
    assert!(out.starts_with(&first), "{out}");
}

#[test]
fn stderr_gets_one_line_where_it_is_no_terminal() {
    let run = rerank(small_corpus().path(), NONE).success();
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
    assert!(
        run.err.starts_with("indexed 3 passages of 3 files in "),
        "{}",
        run.err
    );
}

#[test]
fn help_explains_every_argument() {
    let run = run("rerank", ["--help"]).success();
    for word in [
        "[FOLDER]",
        "--query <TEXT>",
        "--top <N>",
        "--threads <N>",
        "--batch <N>",
        "Exit status",
    ] {
        assert!(run.out.contains(word), "{word} is missing:\n{}", run.out);
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let folder = small_corpus();
    let mut child = command("rerank")
        .arg(folder.path())
        .args(["--top", "4000000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{err}");
    assert!(!err.contains("rerank:"), "{err}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let folder = small_corpus();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let run = command("rerank")
        .arg(folder.path())
        .stdout(full)
        .output()
        .unwrap();
    let err = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(1), "{err}");
    assert!(err.contains("rerank: cannot write the report: "), "{err}");
}
