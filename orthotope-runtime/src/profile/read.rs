//! Text to a profile, line by line.
//!
//! Owns the reading of JSON as far as profiles need it, and what to say about text that is none. A reader of its
//! own, because the attribute reads profiles too: every program that uses Orthotope would build any other
//! one, and none would say in which line a rule of the format is broken.

use core::fmt;

use super::{Bin, LARGEST_BYTES, MOST, Profile, VERSION};

/// How deep values may be nested in keys that are ignored.
const DEEPEST: u32 = 32;

/// Why a text is no profile: the line, what is wrong there, and how to mend it.
///
/// ```
/// use orthotope_runtime::profile::Profile;
///
/// let error = Profile::parse("{\n\"bins\": oops}").unwrap_err();
/// assert_eq!(error.line(), 2);
/// assert!(error.to_string().starts_with("line 2: "));
/// assert!(error.to_string().ends_with(&error.message().to_string()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileError {
    line: usize,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Expected(&'static str),
    CutShort,
    NoVersion,
    Newer(u64),
    NoBins,
    Missing(&'static str),
    Unsorted { size: usize, before: usize },
    Size(u64),
    Align(u64),
    Excess { bytes: u64, most: u64 },
}

impl ProfileError {
    /// The line, from 1, at which the text stops being a profile.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// What is wrong there and how to mend it, without the line.
    #[must_use]
    pub fn message(&self) -> impl fmt::Display + '_ {
        &self.kind
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.kind)
    }
}

impl core::error::Error for ProfileError {}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expected(what) => write!(f, "expected {what}; record the profile again"),
            Self::CutShort => f.write_str("the text ends here, in the middle; record the profile again"),
            Self::NoVersion => f.write_str(
                "`orthotope_profile` is missing, so this is no profile; record one with `orthotope::Recorder`",
            ),
            Self::Newer(version) => write!(
                f,
                "the format has version {version}, and this orthotope reads up to {VERSION}; update orthotope, or record \
                 the profile with this version's `Recorder`"
            ),
            Self::NoBins => f.write_str("`bins` is missing; record the profile again"),
            Self::Missing(key) => write!(f, "this bin has no `{key}`; record the profile again"),
            Self::Unsorted { size, before } => write!(
                f,
                "`size` {size} is not more than {before} before it; sort the bins, each size once"
            ),
            Self::Size(size) => write!(
                f,
                "`size` {size} is not a multiple of 8 from 8 to {LARGEST_BYTES}; record the profile again"
            ),
            Self::Align(align) => {
                write!(f, "`align` {align} is not a power of two; record the profile again")
            }
            Self::Excess { bytes, most } => write!(
                f,
                "`peak_bytes` {bytes} is more than the {most} that `peak` blocks of `size` bytes have; record the \
                 profile again"
            ),
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Profile, ProfileError> {
    let mut reader = Reader {
        text: text.as_bytes(),
        at: 0,
    };
    let mut version = None;
    let (mut processes, mut threads, mut bins) = (1, 1, None);
    reader.object(|reader, key| {
        match key {
            b"orthotope_profile" => version = Some(reader.version()?),
            b"processes" => processes = reader.number()?,
            b"threads" => threads = reader.number()?,
            b"bins" => bins = Some(reader.bins()?),
            _ => reader.ignore(DEEPEST)?,
        }
        Ok(())
    })?;
    if reader.peek().is_some() {
        return Err(reader.expected("nothing after the profile"));
    }
    if version.is_none() {
        return Err(reader.error_at(0, Kind::NoVersion));
    }
    let bins = bins.ok_or_else(|| reader.error_at(0, Kind::NoBins))?;
    Ok(Profile {
        processes,
        threads,
        bins,
    })
}

/// A position in a text; white space before a token is the token's.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

type Read<T> = Result<T, ProfileError>;

impl<'a> Reader<'a> {
    fn error_at(&self, at: usize, kind: Kind) -> ProfileError {
        let before = &self.text[..at];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        ProfileError { line, kind }
    }

    fn error(&self, kind: Kind) -> ProfileError {
        self.error_at(self.at, kind)
    }

    fn expected(&mut self, what: &'static str) -> ProfileError {
        match self.peek() {
            Some(_) => self.error(Kind::Expected(what)),
            None => self.error(Kind::CutShort),
        }
    }

    /// The next token's first byte.
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.text.get(self.at) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == Some(byte);
        self.at += usize::from(taken);
        taken
    }

    fn object(&mut self, mut member: impl FnMut(&mut Self, &[u8]) -> Read<()>) -> Read<()> {
        if !self.take(b'{') {
            return Err(self.expected("`{`"));
        }
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            let key = self.string()?;
            if !self.take(b':') {
                return Err(self.expected("`:`"));
            }
            member(self, key)?;
            if self.take(b'}') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(self.expected("`,` or `}`"));
            }
        }
    }

    fn array(&mut self, mut element: impl FnMut(&mut Self) -> Read<()>) -> Read<()> {
        if !self.take(b'[') {
            return Err(self.expected("`[`"));
        }
        if self.take(b']') {
            return Ok(());
        }
        loop {
            element(self)?;
            if self.take(b']') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(self.expected("`,` or `]`"));
            }
        }
    }

    /// What stands between quotes, escapes as they are: no key of ours has one.
    fn string(&mut self) -> Read<&'a [u8]> {
        if !self.take(b'"') {
            return Err(self.expected("a name in quotes"));
        }
        let start = self.at;
        loop {
            match self.text.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(0x20..) => self.at += 1,
                Some(_) => return Err(self.error(Kind::Expected("`\"`"))),
                None => {
                    self.at = self.text.len();
                    return Err(self.error(Kind::CutShort));
                }
            }
        }
        let text = self.text;
        let string = &text[start..self.at];
        self.at += 1;
        Ok(string)
    }

    fn number(&mut self) -> Read<u64> {
        const WHAT: &str = "a whole number from 0 to 9007199254740991";
        let Some(b'0'..=b'9') = self.peek() else {
            return Err(self.expected(WHAT));
        };
        let start = self.at;
        let mut number = 0_u64;
        while let Some(digit @ b'0'..=b'9') = self.text.get(self.at) {
            number = number
                .saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        let whole = !matches!(self.text.get(self.at), Some(b'.' | b'e' | b'E'));
        if whole && number <= MOST {
            Ok(number)
        } else {
            Err(self.error_at(start, Kind::Expected(WHAT)))
        }
    }

    fn version(&mut self) -> Read<u64> {
        let version = self.number()?;
        match version {
            0 => Err(self.error(Kind::Expected("a version of 1 or more"))),
            1..=VERSION => Ok(version),
            _ => Err(self.error(Kind::Newer(version))),
        }
    }

    fn bins(&mut self) -> Read<Vec<Bin>> {
        let mut bins: Vec<Bin> = Vec::new();
        self.array(|reader| {
            let bin = reader.bin()?;
            if let Some(last) = bins.last().filter(|last| last.size >= bin.size) {
                let (size, before) = (bin.size, last.size);
                return Err(reader.error(Kind::Unsorted { size, before }));
            }
            bins.push(bin);
            Ok(())
        })?;
        Ok(bins)
    }

    fn bin(&mut self) -> Read<Bin> {
        let mut bin = Bin::default();
        let (mut size, mut peak, mut peak_bytes, mut align) = (None, None, None, 8);
        self.object(|reader, key| {
            let place = match key {
                b"size" => size.insert(0),
                b"peak" => peak.insert(0),
                b"peak_bytes" => peak_bytes.insert(0),
                b"align" => &mut align,
                b"allocations" => &mut bin.allocations,
                b"live" => &mut bin.live,
                b"aligned" => &mut bin.aligned,
                b"reallocs" => &mut bin.reallocs,
                b"remote_frees" => &mut bin.remote_frees,
                _ => return reader.ignore(DEEPEST),
            };
            *place = reader.number()?;
            Ok(())
        })?;
        let size = size.ok_or_else(|| self.error(Kind::Missing("size")))?;
        if size == 0 || size % 8 != 0 || size > LARGEST_BYTES as u64 {
            return Err(self.error(Kind::Size(size)));
        }
        if !align.is_power_of_two() {
            return Err(self.error(Kind::Align(align)));
        }
        bin.peak = peak.ok_or_else(|| self.error(Kind::Missing("peak")))?;
        let most = bin.peak.saturating_mul(size).min(MOST);
        let bytes = peak_bytes.unwrap_or(most);
        if bytes > most {
            return Err(self.error(Kind::Excess { bytes, most }));
        }
        bin.size = size as usize;
        bin.align = align as usize;
        bin.peak_bytes = bytes;
        Ok(bin)
    }

    /// Passes over any value.
    fn ignore(&mut self, deepest: u32) -> Read<()> {
        let Some(within) = deepest.checked_sub(1) else {
            return Err(self.error(Kind::Expected("values that are not nested so deeply")));
        };
        match self.peek() {
            Some(b'{') => self.object(|reader, _| reader.ignore(within)),
            Some(b'[') => self.array(|reader| reader.ignore(within)),
            Some(b'"') => self.string().map(|_| ()),
            Some(b'-' | b'0'..=b'9' | b'a'..=b'z') => {
                while let Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E') =
                    self.text.get(self.at)
                {
                    self.at += 1;
                }
                Ok(())
            }
            _ => Err(self.expected("a value")),
        }
    }
}
