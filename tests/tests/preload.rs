//! Programs that know nothing of this allocator, run with `examples/preload` in the place of their `malloc`: they print what
//! they print without it.
//!
//! Each case is a script of bash, which is one of those programs itself; all that it starts is preloaded too. With
//! `ORTHOTOPE_PRELOAD_LONG=1` python's tests run whole, for some minutes.

#![cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use orthotope_tests::native::{have, library, run, text};

static LIBRARY: LazyLock<PathBuf> =
    LazyLock::new(|| library(Path::new(env!("CARGO_TARGET_TMPDIR"))));

/// Runs the script with and without the library, each time in an empty directory, and compares.
fn same(test: &str, programs: &[&str], script: &str) {
    let programs = [programs, &["bash"]].concat();
    if !have(test, &programs) {
        return;
    }
    let told = [None, Some(LIBRARY.as_path())].map(|library| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("preload")
            .join(test);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the scratch directory can be written");
        let script = format!("set -euo pipefail\n{script}");
        let mut bash = Command::new("bash");
        bash.arg("-c").arg(script).current_dir(folder);
        bash.env("SOURCES", concat!(env!("CARGO_MANIFEST_DIR"), "/c_api"));
        // Another language, another order of sorting, another message.
        bash.env("LC_ALL", "C");
        let output = run(library, &mut bash);
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        (output.status, stdout, stderr)
    });
    let [(status, stdout, _), preloaded] = &told;
    assert!(status.success(), "without the library: {:#?}", told[0]);
    assert!(!stdout.is_empty(), "there is something to compare");
    assert!(
        (&preloaded.0, &preloaded.1) == (status, stdout),
        "without and with the library: {told:#?}"
    );
}

/// Runs tests of python's own, and compares how many ran and how they ended. What fails in both is the machine's matter.
fn python(test: &str, prepare: &str, arguments: &str) {
    if !have(test, &["python3"]) {
        return;
    }
    let has_tests = Command::new("python3")
        .args(["-c", "import test.test_json, test._test_multiprocessing"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !has_tests {
        assert!(
            env::var_os("ORTHOTOPE_REQUIRE_PROGRAMS").is_none(),
            "{test}: this python comes without its tests; install them"
        );
        println!("skipped: {test}: this python comes without its tests");
        return;
    }
    let script = format!(
        "{prepare}\npython3 {arguments} >told 2>&1 || true\n\
         tail -n 4 told | sed -E 's/^(Ran [0-9]+ tests?) in .*/\\1/'"
    );
    same(test, &["python3"], &script);
}

fn long() -> bool {
    env::var_os("ORTHOTOPE_PRELOAD_LONG").is_some()
}

#[test]
fn python_json() {
    python("python_json", "", "-m unittest test.test_json");
}

#[test]
fn python_threading() {
    let tests = if long() {
        "test.test_threading"
    } else {
        "test.test_threading.ThreadJoinOnShutdown test.test_threading.ThreadingExceptionTests \
         test.test_threading.SubinterpThreadingTests test.test_threading.ThreadTests.test_various_ops"
    };
    python("python_threading", "", &format!("-m unittest {tests}"));
}

#[test]
fn python_subprocess() {
    let tests = if long() {
        "test.test_subprocess"
    } else {
        "test.test_subprocess.ContextManagerTests test.test_subprocess.MiscTests \
         test.test_subprocess.RunFuncTestCase.test_capture_output \
         test.test_subprocess.POSIXProcessTestCase.test_preexec \
         test.test_subprocess.POSIXProcessTestCase.test_close_fds \
         test.test_subprocess.POSIXProcessTestCase.test_pass_fds"
    };
    python("python_subprocess", "", &format!("-m unittest {tests}"));
}

#[test]
fn python_multiprocessing() {
    let prepare = "cat >several.py <<'END'\n\
        import unittest\n\
        import test._test_multiprocessing as tests\n\
        tests.install_tests_in_module_dict(globals(), 'fork')\n\
        if __name__ == '__main__':\n    unittest.main()\n\
        END";
    let tests = if long() {
        ""
    } else {
        "WithProcessesTestQueue WithProcessesTestPool"
    };
    python(
        "python_multiprocessing",
        prepare,
        &format!("several.py {tests}"),
    );
}

#[test]
fn perl() {
    let script = r#"perl -e '
        my %words;
        for my $i (1 .. 150000) { $words{ $i * 7919 % 20011 } .= chr(97 + $i % 26) x ($i % 9) }
        my @sorted = sort { length $words{$a} <=> length $words{$b} || $a <=> $b } keys %words;
        print "$_ $words{$_}\n" for @sorted[0 .. 200], @sorted[-20 .. -1];
        my $text = join ",", map { $words{$_} } @sorted;
        my $count = () = $text =~ /(ab?c+)(?=,)/g;
        print length $text, " $count\n";
        for my $child (1 .. 5) { my $pid = open my $from, "-|"; if (!$pid) { print uc join "", (sort keys %words)[0 .. $child]; exit } print <$from>, "\n" }
        my $deep = []; $deep = [$deep, "x" x 50] for 1 .. 50000; my $levels = 0; while (@$deep) { $deep = $deep->[0]; $levels++ } print "$levels\n";
    '"#;
    same("perl", &["perl"], script);
}

#[test]
fn git() {
    let script = r#"
        export GIT_AUTHOR_DATE='2001-02-03T04:05:06Z' GIT_COMMITTER_DATE='2001-02-03T04:05:06Z'
        export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
        export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b
        git init --quiet --initial-branch=main origin
        cd origin
        for commit in $(seq 12); do
            for file in $(seq 20); do seq $((commit * file)) $((commit * file + 300)) >"file$((file * commit % 37))"; done
            git add --all
            git commit --quiet --message "commit $commit"
        done
        git repack -a -d --quiet --threads=2
        cd ..
        git clone --quiet --no-local origin copy
        git -C copy log --stat --format='%H %s'
        git -C copy fsck --full --no-progress
        git -C copy blame file7 | cksum
    "#;
    same("git", &["git", "seq", "cksum"], script);
}

#[test]
fn compiler_and_linker() {
    let script = r#"
        c++ -std=c++17 -O1 -c "$SOURCES/throws.cpp" -o throws.o
        cksum throws.o
        c++ throws.o -o throws -pthread
        cksum throws
        ./throws
    "#;
    same("compiler_and_linker", &["c++", "ld", "cksum"], script);
}

#[test]
fn sqlite() {
    let script = r#"sqlite3 :memory: "
        create table t(a integer primary key, b text, c blob);
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 40000)
            insert into t select i, printf('%d-%x', i * 7919 % 4001, i), zeroblob(i % 300) from n;
        create index b on t(b);
        delete from t where a % 3 = 0;
        update t set c = zeroblob(length(c) * 2) where a % 5 = 0;
        select count(*), sum(length(c)), min(b), max(b) from t;
        select substr(b, 1, 3) as k, group_concat(a) from (select * from t order by a) group by k order by k limit 40;
        pragma integrity_check;
    ""#;
    same("sqlite", &["sqlite3"], script);
}

#[test]
fn sort_xz_and_tar() {
    let script = r#"
        seq 120000 | sort --parallel=2 --buffer-size=1M -k1.3,1.4 -k1r | tee sorted | cksum
        xz -T2 --block-size=100KiB -1 --keep sorted
        cksum <sorted.xz
        xz -dc sorted.xz | cmp - sorted
        mkdir parts
        split -l 500 sorted parts/p
        tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cJf parts.tar.xz parts
        rm -r parts
        tar -xJf parts.tar.xz
        cat parts/p* | cmp - sorted
        tar -tJf parts.tar.xz
    "#;
    same(
        "sort_xz_and_tar",
        &["sort", "xz", "tar", "split", "tee", "cmp", "seq", "cksum"],
        script,
    );
}

#[test]
fn bash() {
    let script = r#"
        declare -A table
        for i in {1..12000}; do table[$((i * 7919 % 2003))]+="$i "; done
        for key in 0 1 17 500 2002; do echo "$key: ${table[$key]}"; done
        text=$(printf '%s,' "${table[@]}")
        echo "${#text} ${text//1/one}" | cksum
        for i in {1..40}; do (words=($text); echo "${#words[@]} ${words[i]}"); done
        while read -r line; do last=$line; done < <(seq 5000)
        echo "$last"
    "#;
    same("bash", &["seq", "cksum"], script);
}
