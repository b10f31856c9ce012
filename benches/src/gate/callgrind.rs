//! Builds the subjects as every number is built, and counts their instructions.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

/// Whether valgrind can be run.
pub(super) fn is_there() -> bool {
    Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// A line of cargo's account of what it built.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Builds `gate-NAME` for each name, and says where they are.
pub(super) fn build(names: &[&str]) -> Result<Vec<PathBuf>, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--profile", "bench", "--message-format", "json"])
        .args(["--package", "orthotope-benches"]);
    if cfg!(feature = "rivals") {
        command.args(["--features", "rivals"]);
    }
    for name in names {
        command.args(["--bin", &program(name)]);
    }
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    if !output.status.success() {
        return Err(String::from("the subjects do not build"));
    }
    let account = String::from_utf8_lossy(&output.stdout);
    names
        .iter()
        .map(|name| {
            find(&account, &program(name))
                .ok_or_else(|| format!("cargo built no {}", program(name)))
        })
        .collect()
}

fn program(name: &str) -> String {
    format!("gate-{name}")
}

fn find(account: &str, program: &str) -> Option<PathBuf> {
    account
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .find(|message| matches!(&message.target, Some(target) if target.name == program))
        .and_then(|message| message.executable)
}

/// Instructions that doing the workload once takes, over `times` times.
///
/// What the program does besides is the same for `times` and twice as many, and falls out.
pub(super) fn count(program: &Path, workload: &str, times: u64) -> Result<f64, String> {
    let once = collect(program, workload, times)?;
    let twice = collect(program, workload, times * 2)?;
    let difference = twice
        .checked_sub(once)
        .ok_or_else(|| format!("{workload}: twice the work takes fewer instructions"))?;
    Ok(difference as f64 / times as f64)
}

fn collect(program: &Path, workload: &str, times: u64) -> Result<u64, String> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([workload, &times.to_string()])
        .output()
        .map_err(|error| format!("valgrind does not start: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{workload} fails under valgrind:\n{said}"));
    }
    collected(&said).ok_or_else(|| format!("valgrind counted nothing:\n{said}"))
}

/// The number in `==123== Collected : 456`.
fn collected(said: &str) -> Option<u64> {
    let line = said.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{collected, find};
    use std::path::PathBuf;

    #[test]
    fn the_count_is_read() {
        let said = "==7== Events    : Ir\n==7== Collected : 123456\n==7==\n";
        assert_eq!(collected(said), Some(123_456));
        assert_eq!(collected("==7== nothing\n"), None);
    }

    #[test]
    fn the_program_is_found_in_cargos_account() {
        let account = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"orthotope"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"gate-general"},"executable":"/t/g"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(find(account, "gate-general"), Some(PathBuf::from("/t/g")));
        assert_eq!(find(account, "gate-default"), None);
    }
}
