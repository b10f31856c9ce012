//! Recorded profiles.
//!
//! Owns where a profile is looked for, and what to say about a file that is none. What its text means is the
//! runtime's, which reads it for the command line too.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use orthotope_runtime::profile::{self, Profile};

/// Why a profile cannot be used. Displays as what follows "`profile` = …".
#[derive(Debug)]
pub(crate) enum ProfileError {
    Missing(String),
    Unreadable(io::Error),
    NotText,
    Malformed(profile::ProfileError),
    Empty,
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(
                f,
                "names no file; the path is relative to the directory of the crate's Cargo.toml. To record a profile, \
                 wrap the program's allocator in `orthotope::Recorder` and run it with the environment variable \
                 ORTHOTOPE_PROFILE={path}"
            ),
            Self::Unreadable(error) => {
                write!(f, "cannot be read: {error}; name a file that this build may read")
            }
            Self::NotText => f.write_str("is not text; record the profile again"),
            Self::Malformed(error) => write!(f, "is not a profile, {error}"),
            Self::Empty => f.write_str(
                "holds no allocation; record the program while it does its work, as long as it takes to reach its \
                 peak",
            ),
        }
    }
}

/// A profile, and where it lies.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// Absolute, where the crate's manifest is known to be.
    pub(crate) path: String,
    pub(crate) profile: Profile,
}

/// Reads the profile at `path`, relative to the crate's manifest.
pub(crate) fn read(path: &str) -> Result<Recorded, ProfileError> {
    read_in(&manifest_directory(), path)
}

fn manifest_directory() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .unwrap_or_default()
}

fn read_in(folder: &Path, path: &str) -> Result<Recorded, ProfileError> {
    let file = folder.join(path);
    let text = std::fs::read_to_string(&file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ProfileError::Missing(path.to_owned()),
        io::ErrorKind::InvalidData => ProfileError::NotText,
        _ => ProfileError::Unreadable(error),
    })?;
    let profile = Profile::parse(&text).map_err(ProfileError::Malformed)?;
    if profile.is_empty() {
        return Err(ProfileError::Empty);
    }
    let path = file.into_os_string().into_string();
    let path = path.map_err(|_| ProfileError::Unreadable(io::ErrorKind::InvalidFilename.into()))?;
    Ok(Recorded { path, profile })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_as_text_is_told_with_the_mend() {
        let folder =
            std::env::temp_dir().join(format!("orthotope-no-profile-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("bytes"), [0xff, 0xfe]).unwrap();
        for (path, begins, ends) in [
            (
                ".",
                "cannot be read: ",
                "; name a file that this build may read",
            ),
            ("bytes", "is not text", "; record the profile again"),
            ("none", "names no file; ", "ORTHOTOPE_PROFILE=none"),
        ] {
            let message = read_in(&folder, path).unwrap_err().to_string();
            assert!(
                message.starts_with(begins) && message.ends_with(ends),
                "{path}: {message}"
            );
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_path_is_the_folders_unless_it_is_absolute() {
        let folder = std::env::temp_dir().join(format!("orthotope-profile-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let text = r#"{"orthotope_profile": 1, "bins": [{"size": 24, "peak": 7}]}"#;
        let file = folder.join("a.json");
        std::fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        for path in ["a.json", "./../../a.json", file] {
            let folder = if path.starts_with('.') {
                &folder.join("b/c")
            } else {
                &folder
            };
            std::fs::create_dir_all(folder).unwrap();
            let recorded = read_in(folder, path).unwrap();
            assert!(Path::new(&recorded.path).is_absolute());
            assert_eq!(recorded.profile.bins.len(), 1);
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
