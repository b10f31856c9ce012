//! `rerank` refuses or skips: bad folders, bad files and bad command lines, named and with an exit status.

use std::fs;

use crate::rerank_answers::{NONE, answers, rerank, small_corpus};

#[test]
fn what_is_no_text_is_skipped_and_counted() {
    let folder = small_corpus();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("latin1.txt"), b"caf\xe9 au lait\n").unwrap();
    fs::write(path("latin1-too.txt"), b"\xfcber\n").unwrap();
    fs::write(path("picture.raw"), b"GIF\0penguin").unwrap();
    for left_out in [".git", "target"] {
        fs::create_dir(path(left_out)).unwrap();
        fs::write(path(left_out).join("penguin.txt"), "penguin penguin\n").unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(), path("circle")).unwrap();
    let special = usize::from(cfg!(unix));
    let run = rerank(folder.path(), ["--query", "penguin", "--top", "9"]).success();
    assert_eq!(
        run.line("skipped"),
        format!(
            "skipped  1 binary, 2 not UTF-8, 0 unreadable, {special} links or special files, \
             2 folders named .git or target"
        )
    );
    assert!(run.line("folder").contains("(3 files, "), "{}", run.out);
    assert!(!answers(&run).contains("penguin.txt"), "{}", run.out);
}

#[cfg(unix)]
#[test]
fn unreadable_files_and_folders_are_skipped_and_counted() {
    use std::os::unix::fs::PermissionsExt;

    let folder = small_corpus();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::write(closed.join("secret.txt"), "secret\n").unwrap();
    let file = folder.path().join("closed.txt");
    fs::write(&file, "secret\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let obeyed = fs::read(&file).is_err();
    let run = rerank(folder.path(), ["--query", "penguin"]);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();

    let run = run.success();
    if obeyed {
        assert!(run.line("skipped").contains(" 2 unreadable"), "{}", run.out);
    } else {
        // The super-user may read everything.
        assert!(run.line("skipped").contains(" 0 unreadable"), "{}", run.out);
    }
}

#[test]
fn a_missing_folder_is_named() {
    let folder = small_corpus();
    let run = rerank(&folder.path().join("no such place"), NONE);
    assert_eq!(run.code, Some(1));
    assert!(
        run.err.starts_with("rerank: no such folder: "),
        "{}",
        run.err
    );
    assert!(run.err.contains("no such place"), "{}", run.err);
    assert_eq!(run.out, "");
}

#[test]
fn a_file_instead_of_a_folder_is_named() {
    let folder = small_corpus();
    let run = rerank(&folder.path().join("kitchen.md"), NONE);
    assert_eq!(run.code, Some(1));
    assert!(run.err.starts_with("rerank: not a folder: "), "{}", run.err);
    assert!(run.err.contains("kitchen.md"), "{}", run.err);
}

#[test]
fn a_folder_without_text_is_named_with_what_was_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let run = rerank(folder.path(), NONE);
    assert_eq!(run.code, Some(1));
    let name = folder.path().display().to_string();
    assert!(
        run.err.contains("no text found in ") && run.err.contains(&name),
        "{}",
        run.err
    );

    fs::write(folder.path().join("blank.txt"), "\n \n").unwrap();
    fs::write(folder.path().join("latin1.txt"), b"\xe9\n").unwrap();
    let run = rerank(folder.path(), NONE);
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("1 not UTF-8"), "{}", run.err);
}

#[test]
fn a_wrong_command_line_exits_with_2_and_names_the_value() {
    let folder = small_corpus();
    for (args, value) in [
        (&["--threads", "0"][..], "'0'"),
        (&["--threads", "2000"], "2000"),
        (&["--top", "0"], "'0'"),
        (&["--top", "many"], "many"),
        (&["--batch", "-1"], "-1"),
        (&["--query", "?!"], "?!"),
        (&["--query"], "--query"),
        (&["--quary", "x"], "--quary"),
        (&["second folder"], "second folder"),
    ] {
        let run = rerank(folder.path(), args);
        assert_eq!(run.code, Some(2), "{args:?}: {}{}", run.out, run.err);
        assert!(run.err.contains(value), "{args:?}: {}", run.err);
    }
}
