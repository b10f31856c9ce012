//! Models of what becomes of whole spans: holders of an engine, and parked spans.

use core::ptr::NonNull;

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::holders::Holders;
use super::lanes::{Lane, Lanes, park};
use super::lock::Lock;
use super::{Kind, Span, check};

/// An engine, as far as its holders go.
struct Engine {
    holders: Holders,
    /// What holders read, and the last one takes down.
    inside: UnsafeCell<bool>,
}

// SAFETY: loom finds accesses that are not ordered.
unsafe impl Sync for Engine {}
// SAFETY: as above.
unsafe impl Send for Engine {}

impl Engine {
    fn new() -> Self {
        Self {
            holders: Holders::one(),
            inside: UnsafeCell::new(true),
        }
    }

    fn use_it(&self) {
        // SAFETY: loom sees to it that nobody writes meanwhile.
        assert!(self.inside.with(|inside| unsafe { *inside }), "it is there");
    }

    fn unmap(&self) {
        self.use_it();
        // SAFETY: loom sees to it that nobody else looks meanwhile.
        self.inside.with_mut(|inside| unsafe { *inside = false });
    }
}

#[test]
fn the_last_holder_comes_once_and_sees_all() {
    check(|| {
        let engine = Arc::new(Engine::new());
        let unmapped = Arc::new(AtomicUsize::new(0));
        let others: Vec<_> = (0..2)
            .map(|_| {
                engine.holders.retain();
                let (engine, unmapped) = (engine.clone(), unmapped.clone());
                thread::spawn(move || {
                    engine.use_it();
                    if engine.holders.forget() {
                        engine.unmap();
                        unmapped.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        engine.use_it();
        if engine.holders.forget() {
            engine.unmap();
            unmapped.fetch_add(1, Ordering::Relaxed);
        }
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(unmapped.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn the_background_thread_looks_only_at_what_is_there() {
    check(|| {
        let engine = Arc::new(Engine::new());
        // Whether the engine is listed; the steps of `engines::each_retained` and of `Engine::release`.
        let list = Arc::new(Lock::new(true));
        let unmapped = Arc::new(AtomicUsize::new(0));
        let background = {
            let (engine, list, unmapped) = (engine.clone(), list.clone(), unmapped.clone());
            thread::spawn(move || {
                let retained = {
                    let listed = list.lock();
                    *listed && engine.holders.try_retain()
                };
                if !retained {
                    return;
                }
                engine.use_it();
                let mut listed = list.lock();
                let last = engine.holders.forget();
                if last {
                    *listed = false;
                }
                drop(listed);
                if last {
                    engine.unmap();
                    unmapped.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        engine.use_it();
        if engine.holders.forget() {
            *list.lock() = false;
            engine.unmap();
            unmapped.fetch_add(1, Ordering::Relaxed);
        }
        background.join().unwrap();
        assert_eq!(unmapped.load(Ordering::Relaxed), 1);
    });
}

/// Lanes, a span that is a large block, and what its users did to it.
struct Parking {
    lanes: Lanes,
    span: Span,
    state: Lock<()>,
    contents: UnsafeCell<usize>,
}

// SAFETY: the span's cells are used under the lock, and loom finds other accesses that are not ordered.
unsafe impl Sync for Parking {}
// SAFETY: as above.
unsafe impl Send for Parking {}

const CHARGE: usize = 1 << 16;

impl Parking {
    fn new() -> Self {
        let span = Span::dead();
        span.set_range(1 << 20, 1);
        span.set_charge(CHARGE);
        span.set_kind(Kind::Large);
        Self {
            lanes: Lanes::new(),
            span,
            state: Lock::new(()),
            contents: UnsafeCell::new(0),
        }
    }

    fn span(&self) -> NonNull<Span> {
        NonNull::from(&self.span)
    }

    /// What the block's holder does.
    fn write(&self) {
        // SAFETY: loom sees to it that nobody else looks meanwhile.
        self.contents.with_mut(|contents| unsafe { *contents += 1 });
    }

    fn free(&self, lane: Lane) -> bool {
        self.lanes.has_place(lane, self.span(), CHARGE) && park(self.span())
    }

    /// Sweeps, and takes what was swept as the arena does.
    fn sweep(&self) -> usize {
        let _state = self.state.lock();
        let mut swept = 0;
        self.lanes.sweep(|_| {
            self.write();
            swept += 1;
        });
        swept
    }
}

#[test]
fn a_parked_span_is_retaken_or_swept() {
    check(|| {
        let parking = Arc::new(Parking::new());
        let lane = parking.lanes.take();
        let sweeper = {
            let parking = parking.clone();
            thread::spawn(move || parking.sweep())
        };
        parking.write();
        assert!(parking.free(lane), "it was live, and the place was free");
        let retaken = parking.lanes.retake(lane, 1, CHARGE).is_some();
        if retaken {
            parking.write();
        }
        let swept = sweeper.join().unwrap();
        assert_eq!(usize::from(retaken) + swept, 1, "one of the two has it");
    });
}

#[test]
fn of_two_frees_into_lanes_and_one_under_the_lock_one_succeeds() {
    check(|| {
        let parking = Arc::new(Parking::new());
        let lanes = [parking.lanes.take(), parking.lanes.take()];
        let other = {
            let parking = parking.clone();
            thread::spawn(move || usize::from(parking.free(lanes[1])))
        };
        // `give_large`: the look, and the exchange.
        let locked = {
            let parking = parking.clone();
            thread::spawn(move || {
                let _state = parking.state.lock();
                usize::from(parking.span.change_kind(Kind::Large, Kind::Dead))
            })
        };
        let here = usize::from(parking.free(lanes[0]));
        let freed = here + other.join().unwrap() + locked.join().unwrap();
        assert_eq!(freed, 1);
        assert!(parking.sweep() <= 1, "two places may lead to it");
    });
}

#[test]
fn a_span_that_was_cut_anew_is_not_retaken_for_what_it_was() {
    check(|| {
        let parking = Arc::new(Parking::new());
        let lanes = [parking.lanes.take(), parking.lanes.take()];
        assert!(parking.free(lanes[0]));
        let other = {
            let parking = parking.clone();
            thread::spawn(move || {
                let state = parking.state.lock();
                let mut swept = false;
                parking.lanes.sweep(|_| swept = true);
                if swept {
                    parking.write();
                    parking.span.set_range(1 << 20, 2);
                    parking.span.set_charge(2 * CHARGE);
                    parking.span.set_kind(Kind::Large);
                }
                drop(state);
                if swept {
                    let span = parking.span();
                    assert!(parking.lanes.has_place(lanes[1], span, 2 * CHARGE) && park(span));
                }
                swept
            })
        };
        let retaken = parking.lanes.retake(lanes[0], 1, CHARGE).is_some();
        if retaken {
            assert_eq!(parking.span.granules(), 1);
            parking.write();
        }
        let swept = other.join().unwrap();
        assert!(retaken != swept, "one of the two has it");
        assert_eq!(parking.sweep(), usize::from(swept), "it is not lost");
    });
}

#[test]
fn a_lane_goes_from_thread_to_thread_with_what_is_parked() {
    check(|| {
        let parking = Arc::new(Parking::new());
        let other = {
            let parking = parking.clone();
            thread::spawn(move || {
                let lane = parking.lanes.take();
                parking.write();
                assert!(parking.free(lane));
                parking.lanes.give(lane);
            })
        };
        let lane = parking.lanes.take();
        let retaken = parking.lanes.retake(lane, 1, CHARGE).is_some();
        if retaken {
            parking.write();
        }
        parking.lanes.give(lane);
        other.join().unwrap();
        assert_eq!(usize::from(retaken) + parking.sweep(), 1, "it is not lost");
    });
}

#[test]
fn no_two_threads_have_one_lane() {
    check(|| {
        let lanes = Arc::new(Lanes::new());
        let others: Vec<_> = (0..2)
            .map(|_| {
                let lanes = lanes.clone();
                thread::spawn(move || lanes.take())
            })
            .collect();
        let mut taken = vec![lanes.take()];
        for other in others {
            taken.push(other.join().unwrap());
        }
        // The model has two.
        let without = taken.iter().filter(|&&lane| lane == Lane::NONE).count();
        assert_eq!(without, 1);
        assert!(taken[0] != taken[1] && taken[1] != taken[2] && taken[0] != taken[2]);
    });
}

/// A span that holds a live large block at `address`.
fn live_at(address: usize) -> Arc<Span> {
    let span = Span::dead();
    span.describe_large(8, core::ptr::without_provenance_mut(address));
    span.unclaim();
    Arc::new(span)
}

#[test]
fn of_two_frees_of_a_guarded_block_one_succeeds() {
    check(|| {
        let span = live_at(64);
        let far = {
            let span = span.clone();
            thread::spawn(move || span.claim(64))
        };
        let near = span.claim(64);
        let far = far.join().unwrap();
        assert!(near != far, "one of two");
        assert_eq!(span.kind(), Kind::Dead);
    });
}

#[test]
fn a_late_free_leaves_alone_what_was_handed_out_since() {
    check(|| {
        let span = live_at(64);
        let late = {
            let span = span.clone();
            thread::spawn(move || span.claim(64))
        };
        // Freed, and handed out with its payload elsewhere.
        let freed = span.claim(64);
        if freed {
            span.describe_large(8, core::ptr::without_provenance_mut(128));
            span.unclaim();
        }
        let late = late.join().unwrap();
        assert!(freed != late, "one of two");
        if freed {
            assert!(span.claim(128), "the new block is live");
        }
    });
}

#[test]
fn a_late_free_finds_nothing_to_claim_while_a_parked_block_is_handed_out_again() {
    check(|| {
        let parking = Arc::new(Parking::new());
        parking
            .span
            .describe_large(8, core::ptr::without_provenance_mut(64));
        let lane = parking.lanes.take();
        assert!(parking.free(lane), "it was live, and the place was free");
        let late = {
            let parking = parking.clone();
            thread::spawn(move || {
                let claimed = parking.span.claim(64);
                if claimed {
                    // It would be poisoned.
                    parking.write();
                }
                claimed
            })
        };
        let retaken = parking.lanes.retake_claimed(lane, 1, CHARGE);
        assert!(retaken.is_some(), "nobody else looks for it");
        parking.write();
        parking
            .span
            .describe_large(8, core::ptr::without_provenance_mut(128));
        parking.span.unclaim();
        assert!(!late.join().unwrap(), "it is the new holder's");
        assert!(parking.span.claim(128), "the new block is live");
    });
}
