//! Panics in code that holds blocks: what unwinding frees is free, what it leaves is whole.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::thread;

use crate::hoard::Hoard;
use crate::pattern;
use crate::random::Random;
use crate::subject::Subject;

/// Rounds of panics.
const ROUNDS: usize = 300;

/// What is thrown, so that no message is printed or allocated for.
struct Thrown;

/// Frees half of what it holds and adds a block, while its thread unwinds.
struct Last<'a>(Option<Hoard<'a>>);

impl Drop for Last<'_> {
    fn drop(&mut self) {
        if let Some(mut hoard) = self.0.take() {
            hoard.verify();
            hoard.thin_out();
            assert!(hoard.add(5000), "there is memory");
            hoard.verify();
        }
    }
}

/// Panics in the middle of everything: while a vector grows, while blocks are freed, on a thread that ends by it.
pub(super) fn leaves_nothing(own: Subject) {
    std::panic::set_hook(Box::new(|panic| {
        if !panic.payload().is::<Thrown>() {
            eprintln!("{panic}");
        }
    }));
    let mut kept = Hoard::with_room(own.allocator, 4096);
    assert!(kept.fill(&mut Random::new(1), 1 << 20, 32 << 10));
    for round in 0..ROUNDS {
        let mut growing: Vec<Vec<u8>> = Vec::new();
        let thrown = catch_unwind(AssertUnwindSafe(|| {
            let _last = Last(Some(filled(own, round)));
            growing.extend((0..60).map(|number: usize| {
                if number == 10 + round % 50 {
                    panic_any(Thrown);
                }
                let mut block = vec![0; 1 + number * 97];
                pattern::write(&mut block, number);
                block
            }));
        }));
        assert!(thrown.is_err_and(|thrown| thrown.is::<Thrown>()));
        let whole = growing.iter().enumerate();
        assert!(
            whole
                .into_iter()
                .all(|(number, block)| pattern::holds(block, number))
        );
        if round % 10 == 0 {
            let ended = thread::spawn(move || {
                let _last = Last(Some(filled(own, round)));
                panic_any(Thrown);
            });
            assert!(ended.join().is_err_and(|thrown| thrown.is::<Thrown>()));
            kept.verify();
        }
    }
    kept.verify();
}

fn filled(own: Subject, seed: usize) -> Hoard<'static> {
    let mut hoard = Hoard::with_room(own.allocator, 256);
    assert!(hoard.fill(&mut Random::new(seed as u64), 64 << 10, 32 << 10));
    hoard
}
