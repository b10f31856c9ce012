//! A profile that changes: the crate is compiled again, though none of its sources changed.

use std::fs;
use std::path::Path;
use std::process::Command;

const MAIN: &str = r#"
#[orthotope::allocator(preset = "general", profile = "recorded/serve.json")]
static POOL: Pool;

fn main() {
    let _ = POOL;
    println!("{:?}", Pool::CLASSES);
}
"#;

fn classes(package: &Path) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "--manifest-path"])
        .arg(package.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui/target"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn record(package: &Path, size: usize) {
    let text =
        format!("{{\"orthotope_profile\": 1, \"bins\": [{{\"size\": {size}, \"peak\": 100}}]}}");
    fs::write(package.join("recorded/serve.json"), text).unwrap();
}

#[test]
fn a_changed_profile_compiles_again() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = tests.parent().unwrap();
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui/profile");
    for folder in ["src", "recorded"] {
        fs::create_dir_all(package.join(folder)).unwrap();
    }
    let lock = fs::read(workspace.join("Cargo.lock")).unwrap();
    fs::write(package.join("Cargo.lock"), lock).unwrap();
    let orthotope = workspace.join("orthotope");
    let manifest = format!(
        "[package]\nname = \"profile\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\northotope = {{ path = {orthotope:?} }}\n\n[workspace]\n"
    );
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    fs::write(package.join("src/main.rs"), MAIN).unwrap();

    record(&package, 1_000);
    let first = classes(&package);
    assert!(first.contains("1000") && !first.contains("1208"), "{first}");
    record(&package, 1_208);
    let second = classes(&package);
    assert!(
        second.contains("1208") && !second.contains("1000"),
        "{second}"
    );
}
