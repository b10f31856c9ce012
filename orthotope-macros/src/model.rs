//! The two forms of an allocator's description: as written, with spans, and resolved.
//!
//! Owns the vocabulary that the stages share, and the table of arguments. Decides nothing: what is
//! legal is `validate`'s, what the defaults are is the preset's.

use orthotope_runtime::Config;
use proc_macro2::{Ident, Span};

use crate::purge::Purge;

/// One argument that the attribute knows.
pub(crate) struct Known {
    pub(crate) name: &'static str,
    /// A legal value, shown where one is missing.
    pub(crate) example: &'static str,
}

const fn known(name: &'static str, example: &'static str) -> Known {
    Known { name, example }
}

/// Every argument, in the order in which messages list them.
pub(crate) const ARGUMENTS: [Known; 16] = [
    known("preset", "\"general\""),
    known("arena", "\"4GiB\""),
    known("classes", "[64, 256, \"64KiB\"]"),
    known("profile", "\"serve.json\""),
    known("align", "64"),
    known("header", "false"),
    known("refill", "\"32KiB\""),
    known("cache", "\"64KiB\""),
    known("thread_limit", "\"1MiB\""),
    known("exhausted", "\"null\""),
    known("purge", "\"10s\""),
    known("huge_pages", "\"always\""),
    known("c_api", "true"),
    known("hardened", "true"),
    known("prefetch", "true"),
    known("crate", "::orthotope"),
];

/// What the attribute said, argument by argument.
#[derive(Default)]
pub(crate) struct Arguments {
    /// The names, each once, in the order in which they were given.
    pub(crate) names: Vec<Ident>,
    pub(crate) preset: Given<Preset>,
    pub(crate) arena: Given<usize>,
    pub(crate) classes: Given<Vec<Element>>,
    pub(crate) profile: Given<String>,
    pub(crate) align: Given<usize>,
    pub(crate) header: Given<bool>,
    pub(crate) refill: Given<usize>,
    pub(crate) cache: Given<usize>,
    pub(crate) thread_limit: Given<usize>,
    pub(crate) exhausted: Given<Exhausted>,
    pub(crate) purge: Given<Purge>,
    pub(crate) huge_pages: Given<HugePages>,
    pub(crate) c_api: Given<bool>,
    pub(crate) hardened: Given<bool>,
    pub(crate) prefetch: Given<bool>,
    pub(crate) krate: Given<syn::Path>,
}

impl Arguments {
    /// Where the argument called `name` was given.
    pub(crate) fn name(&self, name: &str) -> Option<&Ident> {
        self.names.iter().find(|given| *given == name)
    }

    /// The path to the crate that generated code calls.
    pub(crate) fn orthotope(&self) -> syn::Path {
        match self.krate.written() {
            Some(path) => path.value.clone(),
            None => syn::parse_quote!(::orthotope),
        }
    }
}

/// What is known of one argument's value.
#[derive(Default)]
pub(crate) enum Given<T> {
    /// The argument is not there: the default holds.
    #[default]
    Absent,
    /// It is there and cannot be read, which has been reported: no rule that needs it applies.
    Unreadable,
    Written(Written<T>),
}

impl<T> Given<T> {
    pub(crate) fn written(&self) -> Option<&Written<T>> {
        match self {
            Self::Written(written) => Some(written),
            Self::Absent | Self::Unreadable => None,
        }
    }

    /// The value that holds, if one is known.
    pub(crate) fn or(&self, default: Option<T>) -> Option<T>
    where
        T: Clone,
    {
        match self {
            Self::Absent => default,
            Self::Unreadable => None,
            Self::Written(written) => Some(written.value.clone()),
        }
    }
}

/// A value, as the user wrote it.
pub(crate) struct Written<T> {
    pub(crate) value: T,
    /// Its text, quotes included, for messages.
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// An entry of `classes`; `None` is [`Given::Unreadable`], so that the others keep their index.
pub(crate) type Element = Option<Written<usize>>;

/// What the other arguments start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preset {
    Tensor,
    General,
}

impl Preset {
    pub(crate) const fn config(self) -> Config {
        match self {
            Self::Tensor => Config::tensor(),
            Self::General => Config::general(),
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tensor => "tensor",
            Self::General => "general",
        }
    }
}

/// What a full arena does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exhausted {
    Grow,
    Null,
}

/// Whether the arena is backed by huge pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HugePages {
    System,
    Always,
    Large,
    Never,
}

/// An allocator with every argument resolved and every rule kept: what is expanded.
pub(crate) struct Settings {
    pub(crate) preset: Preset,
    pub(crate) arena: usize,
    pub(crate) classes: Vec<usize>,
    /// The file that the classes come from, to be compiled again when it changes.
    pub(crate) profile: Option<String>,
    pub(crate) align: usize,
    pub(crate) header: bool,
    pub(crate) refill: usize,
    pub(crate) cache: usize,
    /// `None` for no bound.
    pub(crate) thread_limit: Option<usize>,
    pub(crate) exhausted: Exhausted,
    pub(crate) purge: Purge,
    pub(crate) huge_pages: HugePages,
    pub(crate) hardened: bool,
    pub(crate) prefetch: bool,
    pub(crate) c_api: bool,
}

impl Settings {
    /// The preset as it is. The runtime's enumerations are `#[non_exhaustive]`, but this crate asks for the runtime of its own
    /// version: each last arm is the one variant that is left.
    pub(crate) fn of(preset: Preset) -> Self {
        let Config {
            arena,
            classes,
            align,
            header,
            refill,
            cache,
            thread_limit,
            exhausted,
            purge,
            huge_pages,
            hardened,
            prefetch,
            c_api,
            ..
        } = preset.config();
        Self {
            preset,
            arena,
            classes: classes.to_vec(),
            profile: None,
            align,
            header,
            refill,
            cache,
            thread_limit,
            exhausted: match exhausted {
                orthotope_runtime::Exhausted::Null => Exhausted::Null,
                _ => Exhausted::Grow,
            },
            purge: match purge {
                orthotope_runtime::Purge::After(time) => Purge::After(time),
                orthotope_runtime::Purge::Eager => Purge::Eager,
                _ => Purge::Never,
            },
            huge_pages: match huge_pages {
                orthotope_runtime::HugePages::Always => HugePages::Always,
                orthotope_runtime::HugePages::Large => HugePages::Large,
                orthotope_runtime::HugePages::Never => HugePages::Never,
                _ => HugePages::System,
            },
            hardened,
            prefetch,
            c_api,
        }
    }
}
