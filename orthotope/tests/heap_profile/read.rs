//! A profile, read back by hand: what the format's description says, and none of the code that wrote it.

use std::collections::HashMap;
use std::io::Read;

use flate2::read::GzDecoder;

/// A profile's stacks.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) period: u64,
    pub(crate) stacks: Vec<Stack>,
    /// Files that have a build's name, those of mappings.
    pub(crate) files: Vec<(String, String)>,
}

/// A stack and its numbers.
#[derive(Debug)]
pub(crate) struct Stack {
    /// Names, innermost first; none for a frame without a symbol.
    pub(crate) names: Vec<String>,
    /// Blocks and bytes ever handed out, live blocks and live bytes.
    pub(crate) values: [i64; 4],
}

/// A number or a text of a message.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn number(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (&first, rest) = bytes.split_first().expect("a number ends");
        *bytes = rest;
        number |= u64::from(first & 127) << shift;
        shift += 7;
        if first < 128 {
            return number;
        }
    }
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Value<'_>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = number(&mut bytes);
        let value = match key & 7 {
            0 => Value::Number(number(&mut bytes)),
            2 => {
                let len = usize::try_from(number(&mut bytes)).expect("it fits");
                let (text, rest) = bytes.split_at(len);
                bytes = rest;
                Value::Bytes(text)
            }
            other => panic!("field {} is of type {other}", key >> 3),
        };
        fields.push((key >> 3, value));
    }
    fields
}

/// The numbers of a field that occurs at most once.
fn numbers(bytes: &[u8]) -> HashMap<u64, u64> {
    let of = |(key, value)| match value {
        Value::Number(number) => Some((key, number)),
        Value::Bytes(_) => None,
    };
    fields(bytes).into_iter().filter_map(of).collect()
}

/// What is packed into a field.
fn packed(bytes: &[u8], wanted: u64) -> Vec<u64> {
    let mut all = Vec::new();
    for (key, value) in fields(bytes) {
        match value {
            Value::Bytes(mut rest) if key == wanted => {
                while !rest.is_empty() {
                    all.push(number(&mut rest));
                }
            }
            _ => {}
        }
    }
    all
}

/// Reads a profile, and checks that all that it refers to is in it.
pub(crate) fn read(gzipped: &[u8]) -> Profile {
    let mut bytes = Vec::new();
    GzDecoder::new(gzipped)
        .read_to_end(&mut bytes)
        .expect("it is gzipped");
    let all = fields(&bytes);
    let messages = |wanted: u64| {
        all.iter().filter_map(move |(key, value)| match value {
            Value::Bytes(bytes) if *key == wanted => Some(*bytes),
            _ => None,
        })
    };
    let single = |wanted: u64| {
        all.iter().find_map(|(key, value)| match value {
            Value::Number(number) if *key == wanted => Some(*number),
            _ => None,
        })
    };
    let texts: Vec<&str> = messages(6)
        .map(|text| std::str::from_utf8(text).expect("texts are UTF-8"))
        .collect();
    assert_eq!(texts[0], "", "the first text is empty");
    let text = |number: Option<&u64>| texts[number.copied().unwrap_or(0) as usize];

    let types: Vec<_> = messages(1)
        .map(numbers)
        .map(|of| (text(of.get(&1)), text(of.get(&2))))
        .collect();
    let expected = [
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ];
    assert_eq!(types, expected);
    assert_eq!(text(single(14).as_ref()), "inuse_space");
    let period_type = messages(11).map(numbers).next().expect("it has a period");
    assert_eq!(text(period_type.get(&1)), "space");
    assert_eq!(text(period_type.get(&2)), "bytes");
    assert!(single(9).expect("it has a time") > 1_700_000_000_000_000_000);

    let functions: HashMap<u64, &str> = messages(5)
        .map(numbers)
        .map(|of| (of[&1], text(of.get(&2))))
        .collect();
    let mappings: HashMap<u64, HashMap<u64, u64>> =
        messages(3).map(numbers).map(|of| (of[&1], of)).collect();
    for mapping in mappings.values() {
        let place = [2, 3, 4].map(|field| mapping.get(&field).copied().unwrap_or(0));
        assert!(place.iter().all(|at| at % 4_096 == 0), "{place:x?}");
    }
    let mut locations = HashMap::new();
    for location in messages(4) {
        let of = numbers(location);
        if let Some(mapping) = of.get(&2) {
            let mapping = &mappings[mapping];
            assert!((mapping[&2]..mapping[&3]).contains(&of[&3]));
        }
        let names: Vec<&str> = fields(location)
            .into_iter()
            .filter_map(|(key, value)| match value {
                Value::Bytes(line) if key == 4 => Some(functions[&numbers(line)[&1]]),
                _ => None,
            })
            .collect();
        locations.insert(of[&1], names);
    }
    let stacks = messages(2)
        .map(|sample| Stack {
            names: packed(sample, 1)
                .iter()
                .flat_map(|location| locations[location].iter().map(|name| (*name).to_owned()))
                .collect(),
            values: packed(sample, 2)
                .iter()
                .map(|&value| value as i64)
                .collect::<Vec<_>>()
                .try_into()
                .expect("a value for each type"),
        })
        .collect();
    let files = mappings
        .values()
        .map(|of| (text(of.get(&5)).to_owned(), text(of.get(&6)).to_owned()))
        .collect();
    Profile {
        period: single(12).unwrap_or(0),
        stacks,
        files,
    }
}

impl Profile {
    /// Sums over the stacks that have a function whose name ends so.
    pub(crate) fn of(&self, function: &str) -> [i64; 4] {
        self.sum(|stack| stack.names.iter().any(|name| name.ends_with(function)))
    }

    /// Sums over all stacks.
    pub(crate) fn total(&self) -> [i64; 4] {
        self.sum(|_| true)
    }

    fn sum(&self, wanted: impl Fn(&Stack) -> bool) -> [i64; 4] {
        let mut sums = [0; 4];
        for stack in self.stacks.iter().filter(|stack| wanted(stack)) {
            for (sum, value) in sums.iter_mut().zip(stack.values) {
                *sum += value;
            }
        }
        sums
    }
}
