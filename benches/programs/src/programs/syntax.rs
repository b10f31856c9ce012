//! `syn`: a Rust file of 7,000 lines parsed into its syntax tree and visited, as every attribute macro does.

use std::fmt::Write as _;

use syn::visit::{self, Visit};
use syn::{Expr, Ident, ItemFn, Lit};

use crate::digest::Digest;
use crate::random::Random;

const LINES: usize = 7_000;

/// Parses and visits the file.
pub(super) fn run(passes: u32) -> u64 {
    let text = file();
    let mut digest = Digest::new();
    for _ in 0..passes {
        let file = syn::parse_file(&text).expect("the generated file is Rust");
        let mut seen = Seen::default();
        seen.visit_file(&file);
        for count in [seen.functions, seen.expressions, seen.names, seen.literals] {
            digest.word(count);
        }
        digest.word(seen.digest.finish());
    }
    digest.finish()
}

#[derive(Default)]
struct Seen {
    functions: u64,
    expressions: u64,
    names: u64,
    literals: u64,
    digest: Digest,
}

impl<'ast> Visit<'ast> for Seen {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.functions += 1;
        self.digest.bytes(function.sig.ident.to_string().as_bytes());
        visit::visit_item_fn(self, function);
    }

    fn visit_expr(&mut self, expression: &'ast Expr) {
        self.expressions += 1;
        visit::visit_expr(self, expression);
    }

    fn visit_ident(&mut self, _: &'ast Ident) {
        self.names += 1;
    }

    fn visit_lit(&mut self, literal: &'ast Lit) {
        self.literals += 1;
        if let Lit::Str(text) = literal {
            self.digest.bytes(text.value().as_bytes());
        }
    }
}

/// Functions, structures, enumerations and implementations in turn, until there are lines enough.
fn file() -> String {
    let mut random = Random::new(0x5_1a11);
    let mut text = String::new();
    let mut item = 0;
    while text.lines().count() < LINES {
        // A few items between two counts of the lines.
        for _ in 0..40 {
            push_item(&mut text, &mut random, item);
            item += 1;
        }
    }
    text
}

fn push_item(text: &mut String, random: &mut Random, item: usize) {
    let size = 2 + random.below(8);
    match item % 4 {
        0 => push_function(text, random, item, size),
        1 => push_structure(text, item, size),
        2 => push_enumeration(text, item, size),
        _ => push_implementation(text, random, item, size),
    }
    .expect("a string grows");
}

fn push_function(
    text: &mut String,
    random: &mut Random,
    item: usize,
    size: usize,
) -> std::fmt::Result {
    writeln!(text, "/// Sums what is due of `given`, case {item}.")?;
    writeln!(
        text,
        "#[must_use]\npub fn due_{item}<T: Into<u64> + Copy>(given: &[T], most: u64) -> Option<u64> {{"
    )?;
    writeln!(text, "    let mut sum = {}_u64;", random.below(100))?;
    for step in 0..size {
        let (bound, factor) = (random.below(1_000), random.below(16));
        writeln!(
            text,
            "    for (at, each) in given.iter().enumerate().skip({step}) {{"
        )?;
        writeln!(text, "        let each: u64 = (*each).into();")?;
        writeln!(
            text,
            "        if at > {bound} && each < most {{ sum += each * {factor} + at as u64; }}"
        )?;
        writeln!(
            text,
            "        else {{ sum = sum.checked_sub(each)?; }}\n    }}"
        )?;
    }
    writeln!(
        text,
        "    println!(\"case {{}} of {item}\", sum);\n    Some(sum)\n}}\n"
    )
}

fn push_structure(text: &mut String, item: usize, size: usize) -> std::fmt::Result {
    writeln!(
        text,
        "/// Record {item}.\n#[derive(Clone, Debug, Default)]\npub struct Record{item}<'a> {{"
    )?;
    for field in 0..size {
        writeln!(
            text,
            "    /// Field {field}.\n    pub field_{field}: Option<Vec<(&'a str, u{})>>,",
            8 << (field % 4)
        )?;
    }
    writeln!(text, "}}\n")
}

fn push_enumeration(text: &mut String, item: usize, size: usize) -> std::fmt::Result {
    writeln!(text, "#[non_exhaustive]\npub enum State{item} {{")?;
    for variant in 0..size {
        writeln!(
            text,
            "    Step{variant} {{ left: usize, text: String }},\n    Wait{variant}(std::time::Duration),"
        )?;
    }
    writeln!(text, "}}\n")
}

fn push_implementation(
    text: &mut String,
    random: &mut Random,
    item: usize,
    size: usize,
) -> std::fmt::Result {
    let state = item - 1;
    writeln!(text, "impl std::fmt::Display for State{state} {{")?;
    writeln!(
        text,
        "    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{\n        match self {{"
    )?;
    for variant in 0..size {
        writeln!(
            text,
            "            Self::Step{variant} {{ left, text }} if *left > {} => {{",
            random.below(50)
        )?;
        writeln!(
            text,
            "                write!(out, \"{{left}} left of {{text}}\")\n            }}"
        )?;
        writeln!(
            text,
            "            Self::Wait{variant}(time) => time.fmt(out),"
        )?;
    }
    writeln!(
        text,
        "            _ => out.write_str(\"none\"),\n        }}\n    }}\n}}\n"
    )
}
