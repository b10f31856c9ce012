//! A function's assembly as text that two builds of the same source agree on.
//!
//! What a build chooses freely is replaced: local labels by their number in order of appearance, data that
//! has no name of its own (`.Lanon.…`, `.L__unnamed_1`, `alloc_…`, constants, jump tables) likewise, and
//! mangled symbols by what they stand for, shortened, without hashes and without what LTO appends. Directives
//! and comments are gone already.

use std::collections::HashSet;
use std::fmt::Write;

use super::{Function, Line, demangle};

impl Function<'_> {
    /// The function, an instruction or label a line.
    #[must_use]
    pub fn listing(&self) -> String {
        let mut names = Names::of(self);
        let mut text = format!("{}:\n", self.name);
        for line in &self.lines {
            let _ = match *line {
                Line::Label(label) if names.used.contains(label) => {
                    writeln!(text, "{}:", names.rename(label))
                }
                // Marks the beginning of something for debuggers or unwinders.
                Line::Label(_) => Ok(()),
                Line::Instruction(mnemonic, "") => writeln!(text, "    {mnemonic}"),
                Line::Instruction(mnemonic, operands) => {
                    writeln!(text, "    {mnemonic} {}", names.rename_all(operands))
                }
            };
        }
        text
    }
}

/// What the function's names become.
struct Names<'a> {
    /// Labels inside the function.
    inside: HashSet<&'a str>,
    /// Names in operands.
    used: HashSet<&'a str>,
    /// Labels inside the function that were seen, in this order.
    labels: Vec<&'a str>,
    /// Unnamed data that was seen, in this order.
    data: Vec<&'a str>,
}

impl<'a> Names<'a> {
    fn of(function: &Function<'a>) -> Self {
        let (mut inside, mut used) = (HashSet::new(), HashSet::new());
        for line in &function.lines {
            match *line {
                Line::Label(label) => {
                    inside.insert(label);
                }
                Line::Instruction(_, operands) => used.extend(pieces(operands)),
            }
        }
        Self {
            inside,
            used,
            labels: Vec::new(),
            data: Vec::new(),
        }
    }

    fn rename_all(&mut self, operands: &'a str) -> String {
        pieces(operands).map(|piece| self.rename(piece)).collect()
    }

    fn rename(&mut self, piece: &'a str) -> String {
        // A constant, which may be an address. Further dollars are part of mangled names.
        if let Some(constant) = piece.strip_prefix('$') {
            return format!("${}", self.rename(constant));
        }
        if self.inside.contains(piece) {
            return format!(".L{}", place(&mut self.labels, piece));
        }
        if is_unnamed(piece) {
            return format!(".Ldata{}", place(&mut self.data, piece));
        }
        shorten(&demangle(piece))
    }
}

/// `path` without what a reader does not miss: whose trait an `impl` is of, and what `thread_local!` puts
/// round its value.
fn shorten(path: &str) -> String {
    let value = path.strip_suffix("::{{constant}}::{{closure}}::__RUST_STD_INTERNAL_VAL");
    let path = value.unwrap_or(path);
    match path
        .split_once("<impl ")
        .map(|(_, rest)| rest.split_once(" for "))
    {
        Some(Some((_, of))) => format!("<{of}"),
        _ => path.to_owned(),
    }
}

/// The index of `name` in `seen`, where it is put unless it is there.
fn place<'a>(seen: &mut Vec<&'a str>, name: &'a str) -> usize {
    seen.iter()
        .position(|known| *known == name)
        .unwrap_or_else(|| {
            seen.push(name);
            seen.len() - 1
        })
}

/// Whether `name` is one that the compiler made up for data.
fn is_unnamed(name: &str) -> bool {
    let name = name.split(".llvm.").next().unwrap_or(name);
    let hash = name.strip_prefix("alloc_");
    name.starts_with(".L")
        || name.starts_with("anon.")
        || hash.is_some_and(|hash| hash.len() == 32 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The words of `operands` and what is between them, in order.
fn pieces(operands: &str) -> impl Iterator<Item = &str> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || "._$".contains(letter);
    operands
        .split_inclusive(move |letter| !is_word(letter))
        .flat_map(move |piece| {
            let word = piece.trim_end_matches(|letter| !is_word(letter));
            [word, &piece[word.len()..]]
        })
        .filter(|piece| !piece.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{Function, shorten};

    /// One function as two builds might write it.
    const ONE: &str = "
work:
.Lfunc_begin7:
\t.cfi_startproc
\tcmpq\t$8, %rdi  # a comment
\tja\t.LBB7_3
\tleaq\tanon.5346e54df1280b8725f0a48d5c6af30a.7.llvm.15774369382857845008(%rip), %rcx
\tleaq\t.L__unnamed_1(%rip), %rdx
\tmovq\t$.L__unnamed_1, %rdx
\tleaq\talloc_0123456789abcdef0123456789abcdef(%rip), %rsi
\tmovzwl\t16(%rcx,%rax,2), %edi
\tleaq\tanon.5346e54df1280b8725f0a48d5c6af30a.7.llvm.15774369382857845008(%rip), %rcx
\tmovq\t%fs:_ZN4some4BINS17h605eb69c2dd1dbb4E.llvm.15774369382857845008@TPOFF+48(%rdi), %rax
\t.p2align\t4
.LBB7_1:
\tdecq\t%rax
\tjne\t.LBB7_1
.LBB7_2:
\tretq
.LBB7_3:
\tcallq\t*_RNvNtCslNYArtu3iFV_5alloc5alloc18handle_alloc_error@GOTPCREL(%rip)
\tjmp\t_ZN4some3one10alloc_slow17hd282717e9b989c50E
.Lfunc_end7:
";

    const LISTING: &str = "\
work:
    cmpq $8, %rdi
    ja .L0
    leaq .Ldata0(%rip), %rcx
    leaq .Ldata1(%rip), %rdx
    movq $.Ldata1, %rdx
    leaq .Ldata2(%rip), %rsi
    movzwl 16(%rcx,%rax,2), %edi
    leaq .Ldata0(%rip), %rcx
    movq %fs:some::BINS@TPOFF+48(%rdi), %rax
.L1:
    decq %rax
    jne .L1
    retq
.L0:
    callq *alloc::alloc::handle_alloc_error@GOTPCREL(%rip)
    jmp some::one::alloc_slow
";

    fn listing(assembly: &str) -> String {
        Function::find(assembly, "work")
            .expect("the sample defines it")
            .listing()
    }

    #[test]
    fn what_a_build_chooses_is_gone() {
        assert_eq!(listing(ONE), LISTING);
    }

    #[test]
    fn long_paths_become_short() {
        let path = "fixture::_::<impl some::Trait for fixture::General>::locals::BINS";
        let value = format!("{path}::{{{{constant}}}}::{{{{closure}}}}::__RUST_STD_INTERNAL_VAL");
        for path in [path, &value] {
            assert_eq!(shorten(path), "<fixture::General>::locals::BINS");
        }
        assert_eq!(shorten("some::alloc_slow"), "some::alloc_slow");
        assert_eq!(shorten("<a::B as a::C>::d"), "<a::B as a::C>::d");
    }

    #[test]
    fn two_builds_agree() {
        let other = [
            ("BB7_", "BB12_"),
            ("func_begin7", "func_begin12"),
            ("605eb69c2dd1dbb4", "0123456789abcdef"),
            ("d282717e9b989c50", "fedcba9876543210"),
            ("15774369382857845008", "99"),
            (
                "anon.5346e54df1280b8725f0a48d5c6af30a.7.llvm.99",
                ".Lanon.00.1",
            ),
            (".L__unnamed_1", ".L__unnamed_6"),
            ("alloc_0123456789abcdef0", "alloc_fedcba98765432100"),
            ("CslNYArtu3iFV_", "CsaaaaaaaaaaA_"),
            ("\t.p2align\t4\n", ""),
        ];
        let mut two = ONE.to_owned();
        for (from, to) in other {
            assert!(two.contains(from), "{from}");
            two = two.replace(from, to);
        }
        assert_eq!(listing(&two), LISTING);
    }

    #[test]
    fn what_a_build_does_not_choose_stays() {
        for (from, to) in [
            ("$8, %rdi", "$16, %rdi"),
            ("ja\t.LBB7_3", "ja\t.LBB7_2"),
            ("ja\t.LBB7_3", "jae\t.LBB7_3"),
            ("(%rip), %rsi", "(%rip), %rdi"),
            ("TPOFF+48", "TPOFF+56"),
            ("10alloc_slow", "12dealloc_slow"),
            ("alloc_0123456789abcdef0123456789abcdef", ".L__unnamed_1"),
            ("\tdecq\t%rax\n", ""),
        ] {
            let two = ONE.replacen(from, to, 1);
            assert_ne!(two, ONE, "{from}");
            assert_ne!(listing(&two), LISTING, "{from} became {to}");
        }
    }
}
