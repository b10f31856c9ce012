//! The examples that were tuned: each does its work under classes made for it.

use crate::process::{Run, run};

fn classes(run: &Run) -> Vec<usize> {
    let (line, list) = run
        .out
        .lines()
        .find_map(|line| line.split_once(" classes: ["))
        .expect("the classes are printed");
    let classes: Vec<usize> = list
        .trim_end_matches(']')
        .split(", ")
        .map(|class| class.parse().expect("a size"))
        .collect();
    assert_eq!(line.parse(), Ok(classes.len()));
    classes
}

#[test]
fn json_service_has_a_class_for_an_identifier() {
    let run = run("json_service", ["300"]).success();
    assert!(
        run.out.starts_with("Answers { requests: 600, "),
        "{}",
        run.out
    );
    // 36 letters; without a profile, few tables have a class of 40 bytes.
    assert!(classes(&run).contains(&40), "{}", run.out);
}

#[test]
fn tensor_batches_has_a_class_for_a_token() {
    let run = run("tensor_batches", ["5"]).success();
    assert!(run.out.starts_with("Outcome { tokens: "), "{}", run.out);
    // 576 numbers, of which many tables waste a tenth: four classes a doubling have one of 2560 bytes.
    assert!(classes(&run).contains(&2_304), "{}", run.out);
}

#[test]
fn a_wrong_amount_is_refused() {
    for name in ["json_service", "tensor_batches"] {
        let run = run(name, ["many"]);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
        let start = format!("{name}: \"many\": ");
        assert!(run.err.starts_with(&start), "{}", run.err);
        assert!(run.err.contains("write the number"), "{}", run.err);
    }
}
