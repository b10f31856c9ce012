//! The parts of `rerank` one by one: how text is cut, embedded, shared out and found again.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use orthotope_examples::rerank::corpus::passages::{ENOUGH, LONGEST, split};
use orthotope_examples::rerank::corpus::walk::{Skip, printable, read};
use orthotope_examples::rerank::corpus::{Corpus, Skipped};
use orthotope_examples::rerank::embed::{Frequencies, Weights, features};
use orthotope_examples::rerank::index::{Index, Workers};
use orthotope_examples::rerank::report::snippet;
use orthotope_examples::rerank::search::{Query, measure};
use orthotope_examples::rerank::{self, Error};

fn lines_of(text: &str) -> Vec<(usize, &str)> {
    split(text)
        .map(|(line, range)| (line, &text[range]))
        .collect()
}

#[test]
fn short_paragraphs_join_and_long_ones_end_at_a_blank_line() {
    assert_eq!(lines_of("one\n\ntwo\n"), [(1, "one\n\ntwo")]);
    let long = "word ".repeat(ENOUGH / 5 + 1);
    let text = format!("\n\n{long}\n\n\n  next\nline\n");
    assert_eq!(lines_of(&text), [(3, long.trim()), (6, "  next\nline")]);
}

#[test]
fn text_without_words_is_no_passage() {
    assert_eq!(lines_of(""), []);
    assert_eq!(lines_of("\n\n  \n----\n}}\n"), []);
}

#[test]
fn no_passage_is_too_long_and_no_word_is_lost() {
    let lines: String = (0..500).map(|n| format!("line number {n}\n")).collect();
    let one_line = (0..2000).map(|n| format!("w{n} ")).collect::<String>();
    let no_space = "ü".repeat(3000);
    let text = format!("{lines}\r\n{one_line}\n{no_space}");
    let mut words = HashSet::new();
    let mut letters = 0;
    for (line, range) in split(&text) {
        let passage = &text[range.clone()];
        assert!(
            range.len() <= LONGEST,
            "{} bytes at line {line}",
            range.len()
        );
        let newlines = text[..range.start].matches('\n').count();
        assert_eq!(line, newlines + 1, "{passage}");
        words.extend(passage.split_whitespace().map(str::to_owned));
        letters += passage.matches('ü').count();
    }
    assert!((0..500).all(|n| words.contains(&n.to_string())));
    assert!((0..2000).all(|n| words.contains(&format!("w{n}"))));
    assert_eq!(letters, 3000);
}

#[test]
fn reading_tells_text_from_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let content = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        read(&path)
    };
    assert_eq!(content("grün\n".as_bytes()), Ok("grün\n".to_owned()));
    assert_eq!(content(b""), Ok(String::new()));
    assert_eq!(content(b"a\0b"), Err(Skip::Binary));
    assert_eq!(content(b"gr\xfcn"), Err(Skip::NotUtf8));
    // Past the probe for zero bytes, in either direction.
    let long = "grün ".repeat(10_000);
    assert_eq!(content(long.as_bytes()), Ok(long.clone()));
    assert_eq!(
        content(&[long.as_bytes(), b"\xfc"].concat()),
        Err(Skip::NotUtf8)
    );
    assert_eq!(read(&folder.path().join("missing")), Err(Skip::Unreadable));
}

#[test]
fn documents_come_in_the_order_of_their_names() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b/z.txt", "a.txt", "c.txt", "b/a.txt", "b/m/x.txt"] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "text").unwrap();
    }
    let corpus = Corpus::read(folder.path(), |_| ()).unwrap();
    let names: Vec<_> = corpus
        .documents
        .iter()
        .map(|document| &document.name[..])
        .collect();
    assert_eq!(names, ["a.txt", "b/a.txt", "b/m/x.txt", "b/z.txt", "c.txt"]);
    assert_eq!(corpus.skipped, Skipped::default());
    assert_eq!(corpus.bytes(), 20);
}

#[test]
fn reading_ends_with_the_file_that_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.txt", "b.txt", "c.txt"] {
        fs::write(folder.path().join(name), "text").unwrap();
    }
    for (enough, files) in [(1, 1), (4, 1), (5, 2), (8, 2), (9, 3), (1_000, 3)] {
        let corpus = Corpus::read_some(folder.path(), enough, |_| ()).unwrap();
        assert_eq!(corpus.documents.len(), files, "{enough} bytes");
        assert_eq!(corpus.passages.len(), files, "{enough} bytes");
    }
}

#[test]
fn what_is_printed_cannot_steer_the_terminal() {
    assert_eq!(printable("a\u{1b}[2Jb\n"), "a [2Jb ");
    assert_eq!(snippet("  let  x\t= 1;\u{7}"), "let x = 1; ");
    assert_eq!(snippet(&"é".repeat(500)).chars().count(), 101);
}

fn weights_of(texts: &[&str]) -> Weights {
    let frequencies = Frequencies::new();
    texts
        .iter()
        .for_each(|text| frequencies.add(&features(text)));
    frequencies.into_weights(texts.len())
}

#[test]
fn words_are_compared_without_case_and_inside_identifiers() {
    assert_eq!(features("Thread Cache"), features("thread, cache!"));
    assert_eq!(features("ThreadCache"), features("thread_cache"));
    assert_ne!(features("threadcache"), features("thread_cache"));
    assert_eq!(features("Ü ÉTÉ"), features("ü été"));
    assert_eq!(features(" -- "), []);
    assert!(!features("x").is_empty());
}

#[test]
fn related_text_is_closer_than_other_text() {
    let weights = weights_of(&["the penguin swims", "the yeast rises", "the engine starts"]);
    let embed = |text| weights.embed(&features(text));
    let penguin = embed("the penguin swims");
    assert!((penguin.cosine(&penguin) - 1.0).abs() < 1e-5);
    assert!(penguin.cosine(&embed("penguins swim")) > 0.4);
    assert!(penguin.cosine(&embed("the yeast rises")) < 0.4);
    assert_eq!(embed("…").cosine(&penguin), 0.0);
}

#[test]
fn rare_words_weigh_more() {
    let weights = weights_of(&["the penguin", "the yeast", "the engine", "the end"]);
    let worth = |word| weights.of(features(word)[0]);
    assert!(worth("penguin") > worth("the"));
}

#[test]
fn every_batch_is_worked_once_and_told_by_its_number() {
    let items: Vec<u32> = (0..1001).collect();
    for (threads, batch) in [(1, 1), (4, 7), (16, 1000), (3, 5000)] {
        let mut sums = vec![None; items.len().div_ceil(batch)];
        let threads_seen = Mutex::new(HashSet::new());
        Workers { threads, batch }
            .run(
                &items,
                |batch| {
                    threads_seen
                        .lock()
                        .unwrap()
                        .insert(std::thread::current().id());
                    batch.iter().sum::<u32>()
                },
                |number, sum| assert_eq!(sums[number].replace(sum), None),
            )
            .unwrap();
        let expected: Vec<_> = items
            .chunks(batch)
            .map(|batch| Some(batch.iter().sum()))
            .collect();
        assert_eq!(sums, expected);
        assert!(threads_seen.into_inner().unwrap().len() <= threads);
    }
    let nobody = Workers {
        threads: 4,
        batch: 64,
    };
    nobody
        .run(&[(); 0], |_| (), |_, ()| panic!("nothing to do"))
        .unwrap();
    assert_eq!(nobody.for_items(65).threads, 2);
}

#[test]
fn equal_passages_are_told_in_the_order_of_the_corpus() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c", "d"] {
        fs::write(folder.path().join(name), "the same words\n").unwrap();
    }
    let corpus = Corpus::read(folder.path(), |_| ()).unwrap();
    let mut done = 0;
    let workers = Workers {
        threads: 2,
        batch: 1,
    };
    let index = Index::build(&corpus, workers, |passages| done += passages).unwrap();
    assert_eq!(done, Index::PASSES * 4);

    let query = Query::new("words");
    let vector = index.embed_query(&query);
    let first = |count| -> Vec<usize> {
        index
            .top(&vector, count)
            .iter()
            .map(|hit| hit.passage)
            .collect()
    };
    assert_eq!(first(1), [0]);
    assert_eq!(first(3), [0, 1, 2]);
    assert_eq!(first(9), [0, 1, 2, 3]);

    let latency = measure(&index, &[query], 3);
    assert!(!latency.is_empty());
    assert!(Duration::from_nanos(latency.max()) < Duration::from_secs(60));
}

#[test]
fn the_line_that_shares_most_is_named() {
    let weights = weights_of(&["a penguin", "some yeast"]);
    let passage = "a fish\na penguin swims\na penguin\n";
    assert_eq!(
        Query::new("penguins").best_line(passage, &weights),
        (1, "a penguin swims")
    );
    assert_eq!(
        Query::new("xylophone").best_line(passage, &weights),
        (0, "a fish")
    );
}

#[test]
fn errors_name_the_value() {
    let missing = Path::new("/no/such/folder");
    let error = Corpus::read(missing, |_| ()).unwrap_err();
    assert_eq!(error.to_string(), "no such folder: /no/such/folder");
    assert!(!error.is_closed_pipe());
    let no_thread = Error::NoThread {
        number: 3,
        wanted: 4,
        source: std::io::ErrorKind::WouldBlock.into(),
    };
    assert!(
        no_thread.to_string().contains("worker thread 3 of 4"),
        "{no_thread}"
    );
    assert!(Error::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe)).is_closed_pipe());
}

#[test]
fn the_default_folder_holds_this_package() {
    assert!(
        rerank::default_folder()
            .join("examples/Cargo.toml")
            .is_file()
    );
}
