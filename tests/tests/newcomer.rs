//! A newcomer's first hour: from the packages alone, every snippet of README.md in a fresh crate, and the flow that tunes it.
//!
//! The crate lies outside the workspace. All that it knows of the repository are the three packages, as `cargo package` makes
//! them, in place of crates.io's; the README that it follows is the one in the package.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use orthotope_tests::binary::Ended;
use orthotope_tests::native;
use orthotope_tests::snippets::{self, Snippet};

/// What is published, dependencies first.
const PACKAGES: [&str; 3] = ["orthotope-runtime", "orthotope-macros", "orthotope"];

/// What a program that is to be tuned does.
const WORK: &str = r#"
fn main() {
    let lines: Vec<String> = (0..20_000).map(|n| n.to_string().repeat(n % 40)).collect();
    println!("{} bytes", lines.iter().map(String::len).sum::<usize>());
}
"#;

/// A folder outside the workspace, which is gone at the end.
struct Place(PathBuf);

impl Place {
    /// With the packages in it, unpacked, and cargo set up to take them for the published crates.
    fn new() -> Self {
        let folder =
            std::env::temp_dir().join(format!("orthotope-newcomer-{}", std::process::id()));
        // It is not there, unless an earlier test of this number was killed.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join(".cargo")).expect("there is room for temporary files");
        let place = Self(folder);
        let mut patches = "[patch.crates-io]\n".to_owned();
        for (package, archive) in PACKAGES.iter().zip(packages()) {
            let mut tar = Command::new("tar");
            tar.arg("-xzf").arg(archive).arg("-C").arg(&place.0);
            let unpacked = Ended::of(&mut tar);
            assert!(unpacked.is_success(), "{unpacked}");
            let unpacked = place.package(package);
            for file in ["Cargo.toml", "LICENSE", "src/lib.rs"] {
                assert!(unpacked.join(file).is_file(), "{package} has no {file}");
            }
            patches += &format!("{package} = {{ path = {unpacked:?} }}\n");
        }
        place.write(".cargo/config.toml", &patches);
        place
    }

    /// Where a package is unpacked.
    fn package(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}-{}", env!("CARGO_PKG_VERSION")))
    }

    /// The newcomer's crate.
    fn serve(&self) -> PathBuf {
        self.0.join("serve")
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.0.join(file), text).expect("there is room for temporary files");
    }

    /// Makes the crate depend on what a snippet of its manifest says.
    fn depend(&self, snippet: &Snippet) {
        let package = "[package]\nname = \"serve\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n";
        self.write("serve/Cargo.toml", &format!("{package}{}", snippet.code));
    }

    /// Runs a command of the README's in the crate, as it stands there.
    fn shell(&self, line: &str) -> Ended {
        let path = std::env::var("PATH").expect("the path is Unicode");
        let path = format!("{}:{path}", self.0.join("installed/bin").display());
        offline_first(|| {
            let mut shell = Command::new("sh");
            shell.args(["-c", line]).current_dir(self.serve());
            shell.env("PATH", &path);
            shell
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What remains is the temporary folder's to clean.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Where builds go: what does not change is built once.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("newcomer")
}

/// Frees a command from what is meant for the tests: sanitizers, coverage, another target, the package of this test.
fn plain(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        let known = name.to_string_lossy();
        let package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];
        if known.ends_with("RUSTFLAGS")
            || known == "CARGO_BUILD_TARGET"
            || package.iter().any(|start| known.starts_with(start))
        {
            command.env_remove(name);
        }
    }
    command
        .env("CARGO_TARGET_DIR", target())
        .env("CARGO_TERM_QUIET", "true")
}

/// Runs a command, at first with what cargo has downloaded before.
fn offline_first(command: impl Fn() -> Command) -> Ended {
    let ended = Ended::of(plain(&mut command()).env("CARGO_NET_OFFLINE", "true"));
    if ended.is_success() {
        return ended;
    }
    Ended::of(plain(&mut command()))
}

/// The packages' archives, in the order of [`PACKAGES`].
fn packages() -> Vec<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let workspace = workspace.expect("the package lies in the workspace");
    let packed = offline_first(|| {
        let mut cargo = Command::new("cargo");
        // What is built is what is unpacked, below. A developer's files need not be committed.
        cargo.args(["package", "--no-verify", "--allow-dirty"]);
        cargo.args(PACKAGES.iter().flat_map(|name| ["--package", name]));
        cargo.current_dir(workspace);
        cargo
    });
    assert!(packed.is_success(), "{packed}");
    assert!(!packed.stderr.contains("warning"), "{packed}");
    let version = env!("CARGO_PKG_VERSION");
    let archive = |name: &&str| target().join(format!("package/{name}-{version}.crate"));
    PACKAGES.iter().map(archive).collect()
}

/// The one snippet of which this holds.
fn only<'a>(snippets: &'a [Snippet], what: &str, holds: impl Fn(&Snippet) -> bool) -> &'a Snippet {
    let found: Vec<_> = snippets.iter().filter(|snippet| holds(snippet)).collect();
    assert_eq!(
        found.len(),
        1,
        "README.md has one snippet {what}: {found:?}"
    );
    found[0]
}

#[test]
fn the_readme_leads_from_the_packages_to_a_tuned_program() {
    if !native::have(
        "the_readme_leads_from_the_packages_to_a_tuned_program",
        &["cargo", "sh", "tar"],
    ) {
        return;
    }
    let place = Place::new();
    let readme = fs::read_to_string(place.package("orthotope").join("README.md"));
    let snippets = snippets::of(&readme.expect("the package has the README"));
    fs::create_dir_all(place.serve().join("src")).expect("there is room for temporary files");
    paste_each(&place, &snippets);
    tune(&place, &snippets);
}

/// Builds and runs the Rust snippets one by one, each under the manifest that was last shown.
fn paste_each(place: &Place, snippets: &[Snippet]) {
    let mut pasted = 0;
    for snippet in snippets {
        if snippet.language() == "toml" && snippet.code.contains("[dependencies]") {
            place.depend(snippet);
        }
        if snippet.language() != "rust" || snippet.is("ignore") {
            continue;
        }
        place.write("serve/src/main.rs", &snippet.program());
        let does = if snippet.is("no_run") { "build" } else { "run" };
        let ended = place.shell(&format!("cargo {does}"));
        assert!(ended.is_success(), "line {}: {ended}", snippet.line);
        // Nothing in a snippet is unused or deprecated, either.
        assert!(!ended.stderr.contains("warning"), "{ended}");
        pasted += 1;
    }
    assert!(pasted >= 3, "README.md has snippets: {pasted} were run");
}

/// Does what the README's commands say, from the recorder to the tuned program.
fn tune(place: &Place, snippets: &[Snippet]) {
    let manifest = snippets
        .iter()
        .find(|snippet| snippet.language() == "toml" && snippet.code.contains("[dependencies]"));
    place.depend(manifest.expect("README.md shows the dependency"));
    let recorder = only(snippets, "with a recorder", |snippet| {
        snippet.language() == "rust" && snippet.code.contains("orthotope::Recorder")
    });
    let tuned = only(snippets, "with a profile", |snippet| {
        snippet.code.contains("#[orthotope::allocator") && snippet.code.contains("profile = \"")
    });
    let commands = only(snippets, "that records", |snippet| {
        snippet.code.contains("ORTHOTOPE_PROFILE=")
    });

    place.write("serve/src/main.rs", &(recorder.code.clone() + WORK));
    let mut printed = Vec::new();
    let mut recorded = false;
    for line in commands.code.lines() {
        let command = line.split(" #").next().unwrap_or_default().trim();
        if command.is_empty() {
            continue;
        }
        let installs = command.starts_with("cargo install orthotope");
        if recorded && command.starts_with("cargo ") && !installs {
            place.write("serve/src/main.rs", &(tuned.code.clone() + WORK));
        }
        let ended = if installs {
            // The published crate is the package. A debug build of the command line takes half the time.
            let from = format!("install --path {:?}", place.package("orthotope"));
            let to = format!(" --debug --root {:?}", place.0.join("installed"));
            place.shell(&(command.replace("install orthotope", &from) + &to))
        } else {
            place.shell(command)
        };
        printed.push(ended.success().stdout);
        recorded |= command.contains("ORTHOTOPE_PROFILE=");
    }
    let profile = fs::read_to_string(place.serve().join("serve.json"));
    assert!(profile.is_ok_and(|text| text.contains("\"orthotope_profile\": 1")));

    let said = place.shell("orthotope tune serve.json").success();
    assert!(said.stdout.contains("#[orthotope::allocator("), "{said}");
    // What the tuned program prints is what the recorded one printed.
    let ended = place.shell("cargo run --release").success();
    assert!(printed.contains(&ended.stdout), "{ended}");
}
