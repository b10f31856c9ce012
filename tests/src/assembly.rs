//! Functions of an x86-64 assembly file, as `rustc --emit asm` writes it, and the way through them.
//!
//! Owns what "fast path" means to a test: the straight line from a function's entry to its return, on
//! which every conditional branch falls through. The compiler lays out as falling through what it was
//! told is likely; whatever is `#[cold]` is reached by a taken branch. `listing` writes a function down
//! in a form that does not change from build to build.

mod listing;

/// One instruction or label of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line<'a> {
    /// A place to jump to.
    Label(&'a str),
    /// Mnemonic and operands.
    Instruction(&'a str, &'a str),
}

/// The compiler that wrote `assembly`, as `rustc --version` says it.
#[must_use]
pub fn compiler(assembly: &str) -> Option<String> {
    let mut idents = assembly
        .lines()
        .filter_map(|line| line.trim().strip_prefix(".ident"));
    let version = idents.find_map(|ident| {
        ident
            .trim()
            .strip_prefix("\"rustc version ")?
            .strip_suffix('"')
    })?;
    Some(format!("rustc {version}"))
}

/// What `symbol` stands for, without hashes and without what LTO appends to what it shows to other modules.
#[must_use]
pub fn demangle(symbol: &str) -> String {
    let name = symbol.split(".llvm.").next().unwrap_or(symbol);
    rustc_demangle::try_demangle(name).map_or_else(|_| name.to_owned(), |path| format!("{path:#}"))
}

/// Conditional branches among the instructions of `path`.
#[must_use]
pub fn branches(path: &[String]) -> usize {
    let conditional = |line: &&String| line.starts_with('j') && !line.starts_with("jmp");
    path.iter().filter(conditional).count()
}

/// One function's body.
#[derive(Clone, Debug)]
pub struct Function<'a> {
    name: &'a str,
    lines: Vec<Line<'a>>,
}

impl<'a> Function<'a> {
    /// The function `name` in `assembly`, if it is defined there.
    #[must_use]
    pub fn find(assembly: &'a str, name: &'a str) -> Option<Self> {
        let mut lines = assembly
            .lines()
            .skip_while(|line| line.strip_suffix(':') != Some(name));
        lines.next()?;
        let body = lines.take_while(|line| !line.starts_with(".Lfunc_end"));
        Some(Self {
            name,
            lines: body.filter_map(parse).collect(),
        })
    }

    /// The instructions from entry to return when no conditional branch is taken.
    ///
    /// # Errors
    ///
    /// If there is a call on the way, or if the way leaves the function other than by returning.
    pub fn fast_path(&self) -> Result<Vec<String>, String> {
        let mut path = Vec::new();
        let mut at = 0;
        // No way without a loop is longer than the function.
        while path.len() <= self.lines.len() {
            let Some(line) = self.lines.get(at) else {
                break;
            };
            at += 1;
            let Line::Instruction(mnemonic, operands) = *line else {
                continue;
            };
            path.push(format!("{mnemonic} {operands}").trim().to_owned());
            if mnemonic.starts_with("ret") {
                return Ok(path);
            }
            if mnemonic.starts_with("call") {
                return Err(self.complaint("calls", target(operands), &path));
            }
            if mnemonic.starts_with("jmp") {
                match self
                    .lines
                    .iter()
                    .position(|line| *line == Line::Label(operands))
                {
                    Some(label) => at = label,
                    None => return Err(self.complaint("jumps to", target(operands), &path)),
                }
            }
        }
        Err(self.complaint("does not return within", "its own length", &path))
    }

    /// Every symbol outside the function that it calls or jumps to, on any path, as the assembly has it.
    #[must_use]
    pub fn leaves_to(&self) -> Vec<&'a str> {
        let outward = |line: &Line<'a>| match *line {
            Line::Instruction(mnemonic, operands)
                if mnemonic.starts_with("call") || mnemonic.starts_with('j') =>
            {
                (!operands.starts_with(".L")).then(|| target(operands))
            }
            _ => None,
        };
        let mut symbols: Vec<&str> = self.lines.iter().filter_map(outward).collect();
        symbols.sort_unstable();
        symbols.dedup();
        symbols
    }

    fn complaint(&self, does: &str, what: &str, path: &[String]) -> String {
        format!(
            "the fast path of {} {does} {what}:\n    {}",
            self.name,
            path.join("\n    ")
        )
    }
}

/// An instruction or a label; directives and comments are neither.
fn parse(line: &str) -> Option<Line<'_>> {
    let line = line.split('#').next()?.trim();
    if let Some(label) = line.strip_suffix(':') {
        return Some(Line::Label(label));
    }
    if line.is_empty() || line.starts_with('.') {
        return None;
    }
    let (mnemonic, operands) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    Some(Line::Instruction(mnemonic, operands.trim()))
}

/// The symbol in `symbol`, `symbol@PLT`, `*symbol@GOTPCREL(%rip)` or `[rip + symbol@GOTPCREL]`.
fn target(operands: &str) -> &str {
    let operand = operands
        .rsplit([' ', '*', '['])
        .find(|part| part.contains(['_', '@']))
        .unwrap_or(operands);
    operand.split(['@', '(', ']']).next().unwrap_or(operand)
}

#[cfg(test)]
mod tests {
    use super::{Function, branches, compiler, demangle};

    const SAMPLE: &str = "
\t.globl\tfast
fast:
\t.cfi_startproc
\tmovq\t%fs:0, %rax
\ttestq\t%rax, %rax
\tje\t.LBB0_2
\tjmp\t.LBB0_3
.LBB0_2:
\tcallq\t*_ZN4some10alloc_slow17h0123456789abcdefE@GOTPCREL(%rip)
.LBB0_3:
\tretq
.Lfunc_end0:
\t.size\tfast, .Lfunc_end0-fast
calls:
\tpushq\t%rax
\tcallq\t_ZN4some5other17h0123456789abcdefE@PLT
\tpopq\t%rax
\tretq
.Lfunc_end1:
leaves:
\ttestq\t%rax, %rax
\tjne\t_ZN4some9free_slow17h0123456789abcdefE
\tjmpq\t*%rax
.Lfunc_end2:
loops:
.LBB3_1:
\tjmp\t.LBB3_1
.Lfunc_end3:
\t.ident\t\"some other tool\"
\t.ident\t\"rustc version 1.95.0 (59807616e 2026-04-14)\"
";

    fn function(name: &'static str) -> Function<'static> {
        Function::find(SAMPLE, name).expect("the sample defines it")
    }

    #[test]
    fn a_call_behind_a_branch_is_not_on_the_fast_path() {
        let path = function("fast").fast_path().expect("nothing is called");
        assert_eq!(
            path,
            [
                "movq %fs:0, %rax",
                "testq %rax, %rax",
                "je .LBB0_2",
                "jmp .LBB0_3",
                "retq"
            ]
        );
        assert_eq!(
            function("fast").leaves_to(),
            ["_ZN4some10alloc_slow17h0123456789abcdefE"]
        );
    }

    #[test]
    fn symbols_are_told_by_what_they_stand_for() {
        let slow = "_ZN4some10alloc_slow17h0123456789abcdefE.llvm.15774369382857845008";
        assert_eq!(demangle(slow), "some::alloc_slow");
        let end = "_RNvNtCslNYArtu3iFV_5alloc5alloc18handle_alloc_error";
        assert_eq!(demangle(end), "alloc::alloc::handle_alloc_error");
        assert_eq!(demangle("memset"), "memset");
    }

    #[test]
    fn branches_are_those_that_have_a_condition() {
        let path = function("fast").fast_path().expect("nothing is called");
        assert_eq!(branches(&path), 1);
        let path = ["jae .L1", "jmp .L2", "setb %al", "ja _ZN4slow", "retq"].map(String::from);
        assert_eq!(branches(&path), 2);
    }

    #[test]
    fn the_compiler_is_named_as_it_names_itself() {
        let name = "rustc 1.95.0 (59807616e 2026-04-14)";
        assert_eq!(compiler(SAMPLE).as_deref(), Some(name));
        assert_eq!(compiler("\t.ident\t\"clang version 22.1.2\"\n"), None);
    }

    #[test]
    fn a_call_on_the_fast_path_is_named() {
        let complaint = function("calls").fast_path().expect_err("it calls");
        assert!(
            complaint.contains("calls _ZN4some5other17h0123456789abcdefE:"),
            "{complaint}"
        );
        assert!(complaint.contains("pushq %rax"), "{complaint}");
    }

    #[test]
    fn leaving_by_a_jump_is_not_returning() {
        let complaint = function("leaves").fast_path().expect_err("it jumps away");
        assert!(complaint.contains("jumps to"), "{complaint}");
        assert!(
            function("leaves")
                .leaves_to()
                .contains(&"_ZN4some9free_slow17h0123456789abcdefE")
        );
    }

    #[test]
    fn a_loop_does_not_hang_the_test() {
        assert!(
            function("loops")
                .fast_path()
                .expect_err("it never returns")
                .contains("does not return")
        );
    }

    #[test]
    fn a_function_that_is_missing_is_not_found() {
        assert!(Function::find(SAMPLE, "fas").is_none());
    }
}
