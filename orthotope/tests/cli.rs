//! The command line, run as a user runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A profile with small, passing and large sizes.
const SERVE: &str = r#"{
  "orthotope_profile": 1,
  "processes": 1,
  "threads": 2,
  "bins": [
    {"size": 24, "allocations": 90000, "live": 12, "peak": 4000, "peak_bytes": 96000, "align": 8},
    {"size": 1544, "allocations": 7000, "live": 0, "peak": 900, "peak_bytes": 1389600, "remote_frees": 640},
    {"size": 9000, "allocations": 10, "live": 0, "peak": 0, "peak_bytes": 0},
    {"size": 70000, "allocations": 40, "live": 1, "peak": 8, "peak_bytes": 560000, "reallocs": 4},
    {"size": 1099511627776, "allocations": 1, "live": 1, "peak": 1, "peak_bytes": 1099511627776}
  ]
}
"#;

/// A folder of its own, in which `serve.json` lies.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}"));
        // It is not there the first time.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("cargo's folder for temporary files can be written to");
        let place = Self(folder);
        place.write("serve.json", SERVE);
        place
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).expect("the folder can be written to");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).expect("the file was written")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_orthotope"))
            .args(arguments)
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .output()
            .expect("the command line starts")
    }

    #[track_caller]
    fn success(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).expect("the output is UTF-8")
    }

    /// What a run that ends with `code` says, which is nothing on standard output.
    #[track_caller]
    fn failure(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        String::from_utf8(output.stderr).expect("messages are UTF-8")
    }
}

#[test]
fn tune_prints_the_attribute_and_the_waste() {
    let place = Place::new("tune");
    let said = place.success(&["tune", "serve.json"]);
    assert!(said.contains("#[orthotope::allocator("), "{said}");
    assert!(said.contains("profile = \"serve.json\""), "{said}");
    for name in ["default", "general", "mimalloc", "jemalloc", "tuned"] {
        assert!(
            said.lines().any(|line| line.starts_with(name)),
            "{name} in {said}"
        );
    }
    for size in [" 24,", " 1544,", " 70000,"] {
        assert!(said.contains(size), "{size} in {said}");
    }
}

#[test]
fn tune_keeps_to_what_it_is_told() {
    let place = Place::new("tune-told");
    let said = place.success(&["tune", "serve.json", "--classes", "4"]);
    let tuned = said.lines().find(|line| line.starts_with("tuned"));
    let classes = tuned.and_then(|line| line.split_whitespace().nth(1));
    assert_eq!(classes, Some("4"), "{said}");

    let said = place.success(&[
        "tune",
        "serve.json",
        "--preset",
        "tensor",
        "--header",
        "false",
    ]);
    assert!(
        said.contains("preset = \"tensor\", header = false"),
        "{said}"
    );
    let said = place.success(&["tune", "serve.json", "--header", "true"]);
    assert!(said.contains("header = true, align = 64"), "{said}");
}

#[test]
fn merge_sums_and_what_it_writes_can_be_used() {
    let place = Place::new("merge");
    place.success(&[
        "merge",
        "serve.json",
        "serve.json",
        "serve.json",
        "-o",
        "fleet.json",
    ]);
    let fleet: serde_json::Value =
        serde_json::from_str(&place.read("fleet.json")).expect("a profile is JSON");
    assert_eq!(fleet["processes"], 3);
    assert_eq!(fleet["threads"], 6);
    assert_eq!(fleet["bins"][0]["peak"], 12_000);
    assert_eq!(
        place.success(&["tune", "fleet.json", "--classes", "20"]),
        place.success(&[
            "tune",
            "serve.json",
            "serve.json",
            "serve.json",
            "--classes",
            "20"
        ])
    );
}

#[test]
fn show_prints_a_histogram() {
    let said = Place::new("show").success(&["show", "serve.json"]);
    assert!(
        said.starts_with("1 process, 2 threads: 97,051 allocations"),
        "{said}"
    );
    assert!(
        said.contains("<= 24") && said.contains("<= 1 TiB"),
        "{said}"
    );
    assert!(said.contains("█"), "{said}");
}

#[test]
fn report_writes_one_page_that_loads_nothing() {
    let place = Place::new("report");
    assert_eq!(
        place.success(&["report", "serve.json", "-o", "page.html"]),
        ""
    );
    let page = place.read("page.html");
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    for outside in ["http:", "https:", "src=", "url(", "@import", "<script"] {
        assert!(!page.contains(outside), "{outside}");
    }
    for (open, close) in [
        ("<svg", "</svg>"),
        ("<div", "</div>"),
        ("<section", "</section>"),
    ] {
        assert_eq!(
            page.matches(open).count(),
            page.matches(close).count(),
            "{open}"
        );
    }
    assert!(page.matches("class=\"tick\"").count() > 100);
    assert!(!page.contains("NaN") && !page.contains("inf%"));
}

#[test]
fn a_name_with_markup_is_text() {
    let place = Place::new("markup");
    place.write("<b>&.json", SERVE);
    place.success(&["report", "<b>&.json", "-o", "page.html"]);
    let page = place.read("page.html");
    assert!(page.contains("&lt;b&gt;&amp;.json") && !page.contains("<b>&"));
}

#[test]
fn one_size_is_enough_for_every_command() {
    let place = Place::new("one");
    for size in [8_u64, 1 << 40] {
        let text = format!(
            "{{\"orthotope_profile\": 1, \"bins\": [{{\"size\": {size}, \"allocations\": 1000000000, \"peak\": 1}}]}}"
        );
        place.write("one.json", &text);
        place.success(&["tune", "one.json"]);
        place.success(&["show", "one.json"]);
        place.success(&["report", "one.json", "-o", "one.html"]);
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_line_and_the_mend() {
    let place = Place::new("wrong");
    place.write("cut.json", &SERVE[..300]);
    place.write("newer.json", "{\n  \"orthotope_profile\": 9\n}");
    place.write("other.json", "{\"name\": \"x\"}");
    place.write("empty.json", "{\"orthotope_profile\": 1, \"bins\": []}");
    fs::write(place.0.join("binary.json"), [0xff, 0xfe]).expect("the folder can be written to");
    for (name, said) in [
        (
            "missing.json",
            "orthotope: missing.json: there is no such file; record",
        ),
        (
            "cut.json",
            "orthotope: cut.json:8: the text ends here, in the middle; record",
        ),
        (
            "newer.json",
            "orthotope: newer.json:2: the format has version 9",
        ),
        (
            "other.json",
            "orthotope: other.json:1: `orthotope_profile` is missing",
        ),
        (
            "empty.json",
            "orthotope: empty.json: no allocation was recorded; record",
        ),
        ("binary.json", "orthotope: binary.json: not text; record"),
        (".", "orthotope: .: cannot be read: "),
    ] {
        for command in ["tune", "show"] {
            let message = place.failure(1, &[command, name]);
            assert!(message.starts_with(said), "{message}");
            assert_eq!(message.lines().count(), 1, "{message}");
        }
    }
    // One wrong file of several, and nothing is written.
    place.failure(1, &["merge", "serve.json", "cut.json", "-o", "fleet.json"]);
    place.failure(1, &["report", "cut.json", "-o", "page.html"]);
    let message = place.failure(1, &["report", "serve.json", "-o", "no/such/page.html"]);
    assert!(
        message.starts_with("orthotope: no/such/page.html: cannot be written"),
        "{message}"
    );
    let left = |name| place.0.join(name).exists();
    assert!(!left("fleet.json") && !left("page.html"));
}

#[test]
fn a_wrong_command_line_ends_with_2_and_says_what_may_be_written() {
    let place = Place::new("usage");
    // What was written, and what may be.
    for (arguments, parts) in [
        (&[][..], ["tune", "report"]),
        (&["tune"], ["<PROFILE>", "Usage: orthotope tune"]),
        (&["polish", "serve.json"], ["'polish'", "--help"]),
        (
            &["tune", "serve.json", "--classes", "0"],
            ["'0'", "1..=255"],
        ),
        (
            &["tune", "serve.json", "--classes", "256"],
            ["'256'", "1..=255"],
        ),
        (
            &["tune", "serve.json", "--align", "12"],
            ["'12'", "write a power of two from 8 to 2097152"],
        ),
        (
            &["tune", "serve.json", "--preset", "small"],
            ["'small'", "[possible values: general, tensor]"],
        ),
        (
            &["merge", "serve.json"],
            ["--output <FILE>", "Usage: orthotope merge"],
        ),
    ] {
        let message = place.failure(2, arguments);
        for part in parts {
            assert!(message.contains(part), "{part}: {message}");
        }
    }
    for (settings, said) in [
        (
            ["tensor", "--align", "32"],
            "--align 32: a header is the 64 bytes",
        ),
        (
            ["general", "--align", "8192"],
            "--align 8192: without headers",
        ),
    ] {
        let arguments = [&["tune", "serve.json", "--preset"][..], &settings].concat();
        let message = place.failure(2, &arguments);
        assert!(
            message.starts_with(&format!("orthotope: {said}")),
            "{message}"
        );
    }
}

/// The rounding of the table called `name`, in percent of the bytes asked for.
#[track_caller]
fn rounding(said: &str, name: &str) -> f64 {
    let line = said.lines().find(|line| line.starts_with(name));
    let share = line.and_then(|line| line.split_whitespace().nth(2));
    share
        .and_then(|share| share.parse().ok())
        .unwrap_or_else(|| panic!("no rounding of {name} in {said}"))
}

#[test]
fn the_worked_examples_waste_at_most_3_percent_in_32_classes() {
    let place = Place::new("examples");
    let profiles = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/profiles");
    // A published crate comes without the workspace around it.
    if !profiles.is_dir() {
        println!("skipped: there is no {}", profiles.display());
        return;
    }
    for name in ["rerank", "json_service", "tensor_batches"] {
        let path = profiles.join(format!("{name}.json"));
        let path = path.to_string_lossy();
        let said = place.success(&["tune", &path, "--classes", "32"]);
        println!("{name}\n{said}");
        assert!(rounding(&said, "tuned") <= 3.0, "{name}: {said}");
        assert!(path.len() < 4_096 && fs::metadata(&*path).is_ok_and(|file| file.len() < 1 << 20));
    }
}
