//! Thread-local values with destructors, under an installed allocator.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Mutex;

use orthotope_tests::spec::process::in_thread;

/// What the destructors made, for a living thread to look at and free.
static LEFT: Mutex<Vec<BTreeMap<u32, String>>> = Mutex::new(Vec::new());

fn some() -> BTreeMap<u32, String> {
    (0..100)
        .map(|key| (key, "value ".repeat(key as usize)))
        .collect()
}

/// A value that frees what it has and allocates anew when its thread is torn down.
struct Last(BTreeMap<u32, String>);

impl Drop for Last {
    fn drop(&mut self) {
        assert!(self.0.is_empty() || self.0 == some());
        self.0.clear();
        LEFT.lock().expect("nobody panics with it").push(some());
    }
}

std::thread_local! {
    static FIRST: RefCell<Last> = const { RefCell::new(Last(BTreeMap::new())) };
    static SECOND: RefCell<Last> = const { RefCell::new(Last(BTreeMap::new())) };
}

/// SPEC 4: "use while thread-local storage is being torn down still get[s] memory, and every free finds its way back":
/// values of the standard library, in either order of registration, one used before the thread's first allocation of
/// its own and one after.
#[test]
fn thread_local_values_are_torn_down_in_either_order() {
    let touch = |first_first: bool| {
        let fill = |last: &RefCell<Last>| last.borrow_mut().0 = some();
        if first_first {
            FIRST.with(fill);
            SECOND.with(fill);
        } else {
            SECOND.with(fill);
            FIRST.with(fill);
        }
    };
    for round in 0..20 {
        in_thread(|| touch(round % 2 == 0));
    }
    let left = std::mem::take(&mut *LEFT.lock().expect("nobody panics with it"));
    assert_eq!(left.len(), 40);
    assert!(left.iter().all(|map| *map == some()));
}
