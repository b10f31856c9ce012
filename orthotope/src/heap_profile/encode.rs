//! From snapshots to a profile.

use std::collections::HashMap;
use std::rc::Rc;
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
    /// What is at each address.
    calls: HashMap<usize, Rc<[Call]>>,
    /// Locations by address and by how many of the innermost calls there are left out.
    locations: HashMap<(usize, usize), u64>,
    functions: HashMap<(i64, i64), u64>,
}

impl Builder {
    fn new() -> Self {
        let mut builder = Self {
            profile: Profile::default(),
            texts: HashMap::new(),
            objects: objects(),
            calls: HashMap::new(),
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
        let mut frames: Vec<_> = stack
            .frames
            .iter()
            .map(|&address| (address, self.calls(address)))
            .collect();
        if frames.is_empty() {
            frames.push((0, Rc::new([Call::named("[no room for the stack]")])));
        }
        let mut own = own(&frames);
        let mut location_id = Vec::with_capacity(frames.len());
        for (address, calls) in &frames {
            let all = calls.len().max(1);
            if own < all {
                location_id.push(self.location(*address, calls, own));
            }
            own = own.saturating_sub(all);
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

    fn calls(&mut self, address: usize) -> Rc<[Call]> {
        let known = self.calls.entry(address);
        Rc::clone(known.or_insert_with(|| calls(address).into()))
    }

    /// The location of the calls at an address, the innermost `own` of them left out.
    fn location(&mut self, address: usize, calls: &[Call], own: usize) -> u64 {
        if let Some(&known) = self.locations.get(&(address, own)) {
            return known;
        }
        let id = self.add_location(address, &calls[own..]);
        self.locations.insert((address, own), id);
        id
    }

    fn add_location(&mut self, address: usize, calls: &[Call]) -> u64 {
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

/// How many calls of a stack, innermost first, lie between the program's call and the sample. One that is not known as such
/// does where the next one out does: what is generated lies in the program's files. None do if all would.
fn own(frames: &[(usize, Rc<[Call]>)]) -> usize {
    // An address without a symbol is some call.
    let calls = frames.iter().flat_map(|(_, calls)| {
        let unknown = calls.is_empty().then_some(false);
        calls.iter().map(Call::is_own).chain(unknown)
    });
    let (mut own, mut all) = (0, 0);
    for is_own in calls {
        all += 1;
        if is_own && all <= own + 2 {
            own = all;
        }
    }
    if own == all { 0 } else { own }
}
