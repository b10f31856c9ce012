//! From snapshots to a profile.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use orthotope_runtime::heap::{Object, Snapshot, Stack, objects};

use super::pprof::{Function, Line, Location, Mapping, Profile, Sample, ValueType};
use super::symbols::{Call, calls};

/// The numbers of a sample, in their order: name and unit.
const VALUES: [(&str, &str); 4] = [
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("inuse_objects", "count"),
    ("inuse_space", "bytes"),
];

/// What all the snapshots hold.
pub(super) fn profile(snapshots: &[Snapshot]) -> Profile {
    let mut builder = Builder::new();
    for snapshot in snapshots {
        for stack in snapshot.stacks() {
            builder.add(&stack);
        }
    }
    builder.finish(snapshots)
}

/// A profile being made.
struct Builder {
    profile: Profile,
    texts: HashMap<String, i64>,
    objects: Vec<Object>,
    /// The location of an address; none if it is the allocator's own.
    locations: HashMap<usize, Option<u64>>,
    functions: HashMap<(i64, i64), u64>,
}

impl Builder {
    fn new() -> Self {
        let mut builder = Self {
            profile: Profile::default(),
            texts: HashMap::new(),
            objects: objects(),
            locations: HashMap::new(),
            functions: HashMap::new(),
        };
        builder.text("");
        builder.add_mappings();
        builder
    }

    fn text(&mut self, text: &str) -> i64 {
        if let Some(&number) = self.texts.get(text) {
            return number;
        }
        let number = self.profile.string_table.len() as i64;
        self.profile.string_table.push(text.to_owned());
        self.texts.insert(text.to_owned(), number);
        number
    }

    fn value(&mut self, (kind, unit): (&str, &str)) -> ValueType {
        ValueType {
            kind: self.text(kind),
            unit: self.text(unit),
        }
    }

    fn add_mappings(&mut self) {
        for (index, object) in self.objects.clone().into_iter().enumerate() {
            let path = if object.path.is_empty() && index == 0 {
                std::env::current_exe().map_or_else(|_| object.path, Into::into)
            } else {
                object.path
            };
            let filename = self.text(&path.to_string_lossy());
            let build_id: String = object
                .build_id
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let mapping = Mapping {
                id: index as u64 + 1,
                memory_start: object.start as u64,
                memory_limit: object.end as u64,
                file_offset: object.offset,
                filename,
                build_id: self.text(&build_id),
                ..Mapping::default()
            };
            self.profile.mapping.push(mapping);
        }
    }

    fn add(&mut self, stack: &Stack<'_>) {
        let mut location_id = Vec::with_capacity(stack.frames.len());
        for &frame in stack.frames {
            if let Some(location) = self.location(frame) {
                location_id.push(location);
            }
        }
        let rounded = |number: f64| number.round() as i64;
        self.profile.sample.push(Sample {
            location_id,
            value: vec![
                rounded(stack.blocks),
                rounded(stack.bytes),
                rounded(stack.live_blocks),
                rounded(stack.live_bytes),
            ],
        });
    }

    /// The location of an address; none if all that is there is the allocator's own.
    fn location(&mut self, address: usize) -> Option<u64> {
        if let Some(&known) = self.locations.get(&address) {
            return known;
        }
        let found = calls(address);
        let outside: Vec<_> = found.iter().skip_while(|call| call.is_own()).collect();
        let location = if outside.is_empty() && !found.is_empty() {
            None
        } else {
            Some(self.add_location(address, &outside))
        };
        self.locations.insert(address, location);
        location
    }

    fn add_location(&mut self, address: usize, calls: &[&Call]) -> u64 {
        let line: Vec<_> = calls
            .iter()
            .map(|call| Line {
                function_id: self.function(call),
                line: i64::from(call.line),
            })
            .collect();
        let mapping = self
            .objects
            .iter()
            .position(|object| (object.start..object.end).contains(&address));
        if let Some(index) = mapping {
            // What is known of any of its functions is all that there is to be known.
            let mapping = &mut self.profile.mapping[index];
            mapping.has_functions |= !calls.is_empty();
            mapping.has_filenames |= calls.iter().any(|call| !call.file.is_empty());
            mapping.has_line_numbers |= calls.iter().any(|call| call.line != 0);
            mapping.has_inline_frames |= calls.len() > 1;
        }
        let id = self.profile.location.len() as u64 + 1;
        self.profile.location.push(Location {
            id,
            mapping_id: mapping.map_or(0, |index| index as u64 + 1),
            address: address as u64,
            line,
        });
        id
    }

    fn function(&mut self, call: &Call) -> u64 {
        let system_name = self.text(&call.system_name);
        let filename = self.text(&call.file);
        if let Some(&id) = self.functions.get(&(system_name, filename)) {
            return id;
        }
        let id = self.profile.function.len() as u64 + 1;
        let name = self.text(&call.name);
        self.profile.function.push(Function {
            id,
            name,
            system_name,
            filename,
        });
        self.functions.insert((system_name, filename), id);
        id
    }

    fn finish(mut self, snapshots: &[Snapshot]) -> Profile {
        self.profile.sample_type = VALUES.map(|value| self.value(value)).to_vec();
        self.profile.default_sample_type = self.text("inuse_space");
        self.profile.period_type = Some(self.value(("space", "bytes")));
        self.profile.period = snapshots
            .iter()
            .map(|snapshot| snapshot.interval() as i64)
            .max()
            .unwrap_or(0);
        let lost: u64 = snapshots
            .iter()
            .map(|snapshot| u64::from(snapshot.lost()))
            .sum();
        if lost != 0 {
            let comment = self.text(&format!("{lost} samples found no room and are missing"));
            self.profile.comment.push(comment);
        }
        self.profile.time_nanos = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_nanos() as i64);
        self.profile
    }
}
