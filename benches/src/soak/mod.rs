//! The program `soak`: threads that allocate, free each other's blocks, grow them, come and go and fork, all at once and
//! for as long as they are told to, with every block's contents checked.
//!
//! Read in this order: `options`, `piece` (a block and what it holds), `work` (a thread), `child` (a fork), `log` and
//! `growth` (what is printed, and what is too much). A check that fails ends the process with code 1. At the end no block
//! may be left.

mod child;
mod growth;
mod log;
mod options;
mod piece;
mod work;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use clap::Parser as _;
use orthotope::Stats;

use crate::comparison::USAGE;

use log::Log;
use options::Options;
use work::Crew;

/// An allocator to soak.
#[derive(Clone, Copy)]
pub struct Subject {
    /// What it is called on the command line.
    pub name: &'static str,
    /// The static.
    pub heap: &'static (dyn std::alloc::GlobalAlloc + Sync),
    /// Whether it may refuse: its arena is small and does not grow.
    pub bounded: bool,
    /// `stats` of its type.
    pub stats: fn() -> Stats,
    /// `flush_thread` of its type.
    pub flush_thread: fn(),
    /// `purge_now` of its type.
    pub purge_now: fn(),
}

/// The program `soak`, on these allocators.
#[must_use]
pub fn main(subjects: Vec<Subject>) -> ExitCode {
    let options = Options::parse();
    let subjects = match options.subjects(subjects) {
        Ok(subjects) => subjects,
        Err(message) => {
            eprintln!("soak: {message}");
            return ExitCode::from(USAGE);
        }
    };
    match soak(&options, &subjects) {
        Ok(()) => {
            println!("soak: passed");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("soak: {message}");
            ExitCode::FAILURE
        }
    }
}

fn soak(options: &Options, subjects: &[Subject]) -> Result<(), String> {
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("soak: {panic}");
        // SAFETY: other threads and their locks are left as they are: nothing of this process runs on.
        unsafe { libc::_exit(1) }
    }));
    let (stop, forks) = (AtomicBool::new(false), AtomicU64::new(0));
    let threads = usize::from(options.threads);
    let crews: Vec<Crew<'_>> = subjects
        .iter()
        .map(|subject| Crew::new(*subject, threads, &stop))
        .collect();
    let mut log = Log::new(&crews);
    thread::scope(|scope| {
        let mut seed = options.seed;
        for crew in &crews {
            for place in 0..crew.places() {
                seed += 1;
                scope.spawn(move || crew.succeed_each_other(place, seed));
            }
        }
        scope.spawn(|| child::fork_now_and_then(subjects, &stop, &forks));
        let end = Instant::now() + options.time();
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            thread::sleep(left.min(options.interval()));
            log.line(&crews, forks.load(Ordering::Relaxed));
        }
        stop.store(true, Ordering::Relaxed);
    });
    for crew in crews {
        crew.finish()?;
    }
    log.judge()
}
