//! What a thread of the soak does: everything an allocator can be asked for, in no order, on blocks that it keeps, sends
//! to others, and gets from them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::Subject;
use super::piece::Piece;
use crate::random::Random;

/// Pieces that a thread holds at most.
const HELD: usize = 2_000;
/// Bytes of them at most.
const HELD_BYTES: usize = 24 << 20;
/// Pieces that wait for a thread at most.
const MAIL: usize = 256;
/// Steps between two looks at whether to stop.
const TURN: usize = 256;
/// Turns of a thread's life.
const LIFE: (usize, usize) = (2, 200);
/// Largest block, beyond every preset's classes.
const LARGEST: usize = 20 << 20;

/// An allocator's share of the soak.
pub(super) struct Crew<'a> {
    pub(super) subject: Subject,
    stop: &'a AtomicBool,
    /// What others sent, a box a thread.
    mail: Vec<Mutex<Vec<Piece>>>,
    /// Steps taken.
    pub(super) steps: AtomicU64,
    /// Requests that got nothing.
    pub(super) refused: AtomicU64,
    /// Threads that have come and gone.
    pub(super) lives: AtomicU64,
}

impl<'a> Crew<'a> {
    pub(super) fn new(subject: Subject, threads: usize, stop: &'a AtomicBool) -> Self {
        Self {
            subject,
            stop,
            mail: (0..threads).map(|_| Mutex::default()).collect(),
            steps: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            lives: AtomicU64::new(0),
        }
    }

    /// Places of its threads.
    pub(super) fn places(&self) -> usize {
        self.mail.len()
    }

    /// One thread after another at the same place, until it is time to stop.
    pub(super) fn succeed_each_other(&self, place: usize, seed: u64) {
        let mut random = Random::new(seed);
        while !self.stop.load(Ordering::Relaxed) {
            let seed = random.bits();
            thread::scope(|scope| {
                // Unlike the scope's end, a join waits until the thread's exit is over.
                let life = scope.spawn(|| self.live(place, Random::new(seed)));
                life.join().expect("a panic ends the process");
            });
            self.lives.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// One thread's life. What it holds at the end goes to others, as far as they take it.
    fn live(&self, place: usize, mut random: Random) {
        let mut held = Held::default();
        for _ in 0..LIFE.0 + random.below(LIFE.1 - LIFE.0) {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            for _ in 0..TURN {
                self.step(place, &mut held, &mut random);
            }
            self.steps.fetch_add(TURN as u64, Ordering::Relaxed);
        }
        while let Some(piece) = held.take(&mut random) {
            self.send(place, piece, &mut random);
        }
    }

    /// The end, once all threads have gone: what the allocator says of itself.
    pub(super) fn finish(self) -> Result<(), String> {
        let name = self.subject.name;
        drop(self.mail);
        (self.subject.flush_thread)();
        (self.subject.purge_now)();
        let stats = (self.subject.stats)();
        println!(
            "\n{name}: {} steps, {} threads, {} requests refused\n{stats}",
            self.steps.load(Ordering::Relaxed),
            self.lives.load(Ordering::Relaxed),
            self.refused.load(Ordering::Relaxed)
        );
        if self.steps.load(Ordering::Relaxed) == 0 {
            return Err(format!("{name} did nothing"));
        }
        match stats.live_bytes() {
            0 => Ok(()),
            left => Err(format!("{left} bytes of {name} are left live")),
        }
    }

    fn step(&self, place: usize, held: &mut Held, random: &mut Random) {
        match random.below(100_000) {
            0..45_000 => self.add(held, random),
            45_000..72_000 => drop(held.take(random)),
            72_000..82_000 => self.resize(held, random),
            82_000..97_000 => {
                if let Some(piece) = held.take(random) {
                    self.send(place, piece, random);
                }
            }
            97_000..99_980 => self.receive(place, held, random),
            99_980..99_990 => (self.subject.flush_thread)(),
            99_990..99_999 => {
                let stats = (self.subject.stats)();
                assert!(stats.caches > 0, "this thread has one at least: {stats}");
            }
            _ => (self.subject.purge_now)(),
        }
    }

    fn add(&self, held: &mut Held, random: &mut Random) {
        let size = size(random);
        if held.pieces.len() == HELD || held.bytes + size > HELD_BYTES {
            return drop(held.take(random));
        }
        let make = if random.below(8) == 0 {
            Piece::zeroed
        } else {
            Piece::new
        };
        match make(self.subject.heap, size, align(random), random.bits() as u8) {
            Some(piece) => held.put(piece),
            None => self.refuse(),
        }
    }

    fn resize(&self, held: &mut Held, random: &mut Random) {
        let Some(mut piece) = held.take(random) else {
            return;
        };
        let size = size(random);
        if held.bytes + size <= HELD_BYTES && !piece.resize(size) {
            self.refuse();
        }
        held.put(piece);
    }

    fn refuse(&self) {
        assert!(self.subject.bounded, "{} has no memory", self.subject.name);
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Puts a piece into a thread's box, mostly another's. Where that is full, it is freed.
    fn send(&self, place: usize, piece: Piece, random: &mut Random) {
        let to = (place + 1 + random.below(self.mail.len())) % self.mail.len();
        let mut mail = self.mail[to].lock().expect("a panic ends the process");
        if mail.len() < MAIL {
            mail.push(piece);
        }
    }

    /// Frees what others sent, but for a part that is kept.
    fn receive(&self, place: usize, held: &mut Held, random: &mut Random) {
        let mut mail = self.mail[place].lock().expect("a panic ends the process");
        let pieces = std::mem::take(&mut *mail);
        drop(mail);
        for piece in pieces {
            if random.below(4) == 0 && held.bytes + piece.size() <= HELD_BYTES {
                held.put(piece);
            }
        }
    }
}

/// What a thread has.
#[derive(Default)]
struct Held {
    pieces: Vec<Piece>,
    bytes: usize,
}

impl Held {
    fn put(&mut self, piece: Piece) {
        piece.check();
        self.bytes += piece.size();
        self.pieces.push(piece);
    }

    /// Any of them.
    fn take(&mut self, random: &mut Random) -> Option<Piece> {
        if self.pieces.is_empty() {
            return None;
        }
        let piece = self.pieces.swap_remove(random.below(self.pieces.len()));
        self.bytes -= piece.size();
        Some(piece)
    }
}

/// Mostly small, now and then large.
pub(super) fn size(random: &mut Random) -> usize {
    let doublings = match random.below(4_000) {
        0 => return 1 + random.below(LARGEST),
        1..60 => 20,
        _ => 12,
    };
    let top = 1_usize << random.below(doublings);
    top + random.below(top)
}

/// Mostly what Rust code asks for.
pub(super) fn align(random: &mut Random) -> usize {
    match random.below(16) {
        0 => 1,
        1 => 16 << random.below(3),
        2 if random.below(8) == 0 => 4096,
        _ => 8,
    }
}
