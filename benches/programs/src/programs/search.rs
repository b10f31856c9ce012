//! `grep` and `ignore`: a regular expression over a tree of files, with a `.gitignore` in it. The control.
//!
//! The tree is generated in a folder of this process alone, which is removed at the end.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io, process};

use grep::regex::RegexMatcher;
use grep::searcher::{Searcher, sinks};
use ignore::WalkBuilder;

use crate::digest::Digest;
use crate::random::Random;

const FOLDERS: usize = 20;
const FILES: usize = 30;
const LINES: usize = 400;
const PATTERN: &str = r"(?i)\bslab\s+[a-z]*7\d+\b";

/// Searches the tree.
pub(super) fn run(passes: u32) -> u64 {
    let tree = Tree::new().expect("the folder for temporary files can be written");
    let matcher = RegexMatcher::new_line_matcher(PATTERN).expect("the pattern is well-formed");
    let mut digest = Digest::new();
    let mut searcher = Searcher::new();
    for _ in 0..passes {
        let mut walk = WalkBuilder::new(&tree.0);
        walk.require_git(false).sort_by_file_path(Path::cmp);
        for entry in walk.build() {
            let entry = entry.expect("the tree can be walked");
            if !entry.file_type().is_some_and(|kind| kind.is_file()) {
                continue;
            }
            let each = sinks::UTF8(|number, line| {
                digest.word(number);
                digest.bytes(line.as_bytes());
                Ok(true)
            });
            searcher
                .search_path(&matcher, entry.path(), each)
                .expect("the tree can be read");
        }
    }
    digest.finish()
}

/// A folder with files, removed when dropped.
struct Tree(PathBuf);

impl Tree {
    fn new() -> io::Result<Self> {
        let root = std::env::temp_dir().join(format!("orthotope-programs-{}", process::id()));
        // Fails if it exists, so that only what was made here is removed.
        fs::create_dir(&root)?;
        let tree = Self(root);
        let mut random = Random::new(0x_72ee);
        fs::write(tree.0.join(".gitignore"), "*.log\n/folder7/\n")?;
        for folder in 0..FOLDERS {
            let path = tree.0.join(format!("folder{folder}"));
            fs::create_dir(&path)?;
            for file in 0..FILES {
                let ending = random.pick(&["rs", "md", "txt", "log"]);
                fs::write(
                    path.join(format!("file{file}.{ending}")),
                    content(&mut random),
                )?;
            }
        }
        Ok(tree)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // What is left of a folder for temporary files hurts nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn content(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..LINES {
        for _ in 0..random.below(12) {
            let word = random.pick(&["slab", "Slab", "span", "arena", "block", "of", "the"]);
            write!(text, "{word} x{} ", random.below(5_000)).expect("a string grows");
        }
        text.push('\n');
    }
    text
}
