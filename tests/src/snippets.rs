//! The snippets of a Markdown text, as a reader pastes them.
//!
//! Owns what a fence says of its code, and what a program needs beside a snippet that is none.

/// What stands between two fences.
#[derive(Debug)]
pub struct Snippet {
    /// What follows the opening fence: `rust`, or `rust,no_run`.
    pub info: String,
    /// The text between the fences, without the lines that documentation hides.
    pub code: String,
    /// The line of the opening fence, from 1.
    pub line: usize,
}

/// The snippets in their order. Fences are three backquotes at the beginning of a line.
///
/// # Panics
///
/// If one is not closed.
#[must_use]
pub fn of(text: &str) -> Vec<Snippet> {
    let mut snippets = Vec::new();
    let mut lines = text.lines().zip(1..);
    while let Some((opening, line)) = lines.next() {
        let Some(info) = opening.strip_prefix("```") else {
            continue;
        };
        let mut snippet = Snippet {
            info: info.trim().to_owned(),
            code: String::new(),
            line,
        };
        loop {
            let inside = lines.next();
            let (inside, _) =
                inside.unwrap_or_else(|| panic!("line {line} opens a fence for good"));
            if inside == "```" {
                break;
            }
            let hidden =
                snippet.language() == "rust" && (inside == "#" || inside.starts_with("# "));
            if !hidden {
                snippet.code += inside;
                snippet.code.push('\n');
            }
        }
        snippets.push(snippet);
    }
    snippets
}

impl Snippet {
    /// The first word of what follows the fence.
    #[must_use]
    pub fn language(&self) -> &str {
        self.info.split(',').next().unwrap_or_default()
    }

    /// Whether one of the words behind the language is `word`.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        self.info.split(',').skip(1).any(|other| other == word)
    }

    /// The snippet as a program: as it is if it has a `main`, with one that does something if it is items alone, and inside
    /// one otherwise.
    #[must_use]
    pub fn program(&self) -> String {
        let code = &self.code;
        if code.contains("fn main(") {
            return code.clone();
        }
        let first_word = |line: &str| {
            let end = line
                .find(|c: char| !c.is_alphanumeric())
                .unwrap_or(line.len());
            line[..end].to_owned()
        };
        // Lines that are indented, close something, or comment belong to what is there already.
        let items = code
            .lines()
            .filter(|line| !line.starts_with("//"))
            .all(|line| {
                let items = [
                    "use", "static", "const", "fn", "struct", "enum", "impl", "mod", "pub", "type",
                    "unsafe",
                ];
                line.is_empty()
                    || line.starts_with([' ', '#', '}', ')'])
                    || items.contains(&&*first_word(line))
            });
        if items {
            let main = "fn main() {\n    println!(\"{}\", [1, 2, 3].repeat(100).len());\n}\n";
            format!("{code}\n{main}")
        } else {
            let main = "fn main() -> Result<(), Box<dyn std::error::Error>> {";
            format!("{main}\n{code}\nOk(())\n}}\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_are_told_apart() {
        let text = "a\n```rust,no_run\nuse a::B;\n\n#[b]\nstatic C: B;\n```\n`d`\n```sh\n# e\nf\n```\n```rust\n# g();\nlet h = 1;\n```\n";
        let found = of(text);
        assert_eq!(found.len(), 3);
        assert_eq!((found[0].language(), found[0].line), ("rust", 2));
        assert!(found[0].is("no_run") && !found[0].is("ignore"));
        assert!(found[0].program().starts_with("use a::B;"));
        assert!(found[0].program().contains("\nfn main() {\n"));
        assert_eq!(found[1].code, "# e\nf\n");
        assert_eq!(found[2].code, "let h = 1;\n");
        assert!(found[2].program().starts_with("fn main() -> Result"));
    }
}
