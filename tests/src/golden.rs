//! Texts held as files that a reviewer reads.
//!
//! `ORTHOTOPE_BLESS=1` writes them anew, as it does the expansions of `orthotope-macros`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use similar::TextDiff;

/// Whether what is found is to be taken as right.
#[must_use]
pub fn blessing() -> bool {
    std::env::var_os("ORTHOTOPE_BLESS").is_some()
}

/// Files of one extension in a folder, which holds no others of it.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    extension: &'static str,
}

impl Folder {
    /// The files `*.extension` in `path`.
    #[must_use]
    pub fn new(path: &Path, extension: &'static str) -> Self {
        Self {
            path: path.to_owned(),
            extension,
        }
    }

    /// Compares `texts`, by their files' stems, with the files.
    ///
    /// # Errors
    ///
    /// If a text differs from its file, which includes that there is none, or a file has no text. The
    /// message shows every difference and says how to bless.
    pub fn compare(&self, texts: &BTreeMap<&str, String>) -> Result<(), String> {
        let mut complaints = String::new();
        for (stem, text) in texts {
            let path = self.file(stem);
            let golden = fs::read_to_string(&path).unwrap_or_default();
            if golden != *text {
                let diff = TextDiff::from_lines(&golden, text);
                let mut diff = diff.unified_diff();
                let name = path.display().to_string();
                complaints += &diff.header(&name, "what this build has").to_string();
            }
        }
        for stale in self.stale(texts) {
            complaints += &format!("{}: there is no such text any more\n", stale.display());
        }
        if complaints.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{complaints}If this is meant, bless it: run the test again with ORTHOTOPE_BLESS=1."
        ))
    }

    /// Makes the files those of `texts`.
    ///
    /// # Panics
    ///
    /// If the folder cannot be written.
    pub fn bless(&self, texts: &BTreeMap<&str, String>) {
        fs::create_dir_all(&self.path).expect("the folder can be made");
        for (stem, text) in texts {
            fs::write(self.file(stem), text).expect("the folder can be written");
        }
        for stale in self.stale(texts) {
            fs::remove_file(stale).expect("the folder can be written");
        }
    }

    fn file(&self, stem: &str) -> PathBuf {
        self.path.join(stem).with_extension(self.extension)
    }

    /// Files that none of `texts` is for.
    fn stale(&self, texts: &BTreeMap<&str, String>) -> BTreeSet<PathBuf> {
        let files = fs::read_dir(&self.path).into_iter().flatten();
        files
            .map(|file| file.expect("a directory's entry").path())
            .filter(|path| path.extension() == Some(OsStr::new(self.extension)))
            .filter(|path| !texts.keys().any(|stem| self.file(stem) == *path))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Folder;
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::PathBuf;

    /// A folder of its own for the test `name`, with files `a` and `b`.
    fn folder(name: &str) -> (PathBuf, Folder) {
        let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        let folder = Folder::new(&path, "s");
        folder.bless(&texts(&[("a", "1\n2\n3\n"), ("b", "4\n")]));
        (path, folder)
    }

    fn texts<'a>(entries: &[(&'a str, &str)]) -> BTreeMap<&'a str, String> {
        let owned = |&(stem, text): &(&'a str, &str)| (stem, text.to_owned());
        entries.iter().map(owned).collect()
    }

    #[test]
    fn what_was_blessed_is_right() {
        let (path, folder) = folder("golden_right");
        assert_eq!(
            fs::read_to_string(path.join("b.s")).expect("blessed"),
            "4\n"
        );
        let same = texts(&[("a", "1\n2\n3\n"), ("b", "4\n")]);
        assert_eq!(folder.compare(&same), Ok(()));
        fs::remove_dir_all(path).expect("it can be removed");
    }

    #[test]
    fn differences_are_shown_with_the_way_to_bless() {
        let (path, folder) = folder("golden_differs");
        let other = texts(&[("a", "1\n5\n3\n"), ("b", "4\n"), ("c", "6\n")]);
        let complaint = folder.compare(&other).expect_err("two texts differ");
        for part in [
            "a.s",
            "-2\n+5\n",
            " 1\n",
            "c.s",
            "+6\n",
            "ORTHOTOPE_BLESS=1",
        ] {
            assert!(complaint.contains(part), "no {part:?} in {complaint}");
        }
        assert!(!complaint.contains("b.s"), "{complaint}");
        folder.bless(&other);
        assert_eq!(folder.compare(&other), Ok(()));
        fs::remove_dir_all(path).expect("it can be removed");
    }

    #[test]
    fn a_file_without_a_text_is_named_and_goes_with_the_blessing() {
        let (path, folder) = folder("golden_stale");
        fs::write(path.join("compiler.txt"), "rustc").expect("it can be written");
        let fewer = texts(&[("a", "1\n2\n3\n")]);
        let complaint = folder.compare(&fewer).expect_err("b is left over");
        assert!(
            complaint.contains("b.s: there is no such text"),
            "{complaint}"
        );
        assert!(!complaint.contains("compiler.txt"), "{complaint}");
        folder.bless(&fewer);
        assert!(!path.join("b.s").exists() && path.join("compiler.txt").exists());
        assert_eq!(folder.compare(&fewer), Ok(()));
        fs::remove_dir_all(path).expect("it can be removed");
    }
}
