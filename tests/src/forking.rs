//! Children of a process whose threads allocate all the time: what the `forking-*` binaries do.
//!
//! Owns the workloads, one a scenario. The allocator is the global one, so that the child's threads, messages and the standard
//! library's own records come from it too. A child never returns into the parent's code: it exits, panics into an exit
//! code, or is ended by its alarm.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::hoard::Hoard;
use crate::memory;
use crate::pattern;
use crate::random::Random;
use crate::subject::Subject;
use crate::tasks;

/// Threads that allocate and free meanwhile.
const THREADS: usize = 4;
/// Forks, and the time after which there are enough of them unless the environment has `ORTHOTOPE_ALL_FORKS`.
const FORKS: usize = 1000;
const ENOUGH: Duration = Duration::from_secs(if cfg!(debug_assertions) { 3 } else { 9 });
/// Forks that there must be also on a slow machine.
const LEAST_FORKS: usize = 50;
/// Seconds after which a child that is not done is stuck.
const CHILD_SECONDS: u32 = 15;
/// The same for all of a program.
const SECONDS: u32 = 60;
/// Bytes beyond every class.
const LARGE: usize = 17 << 20;

/// Runs the scenario that the command line names. The subject is the global allocator.
///
/// # Panics
///
/// If it fails, or there is none of this name.
pub fn main(subject: Subject) {
    memory::forbid_huge_pages();
    watch(SECONDS);
    let scenario = std::env::args().nth(1).unwrap_or_default();
    match scenario.as_str() {
        "gives-back" => gives_back(subject),
        "storm" => storm(subject),
        "nested" => nested(subject),
        other => panic!("no scenario is named {other:?}"),
    }
}

/// A child frees what it inherited, and a background thread of its own gives it back.
fn gives_back(subject: Subject) {
    const BYTES: usize = 64 << 20;
    let mut hoard = Hoard::with_room(subject.allocator, 128 << 10);
    assert!(
        hoard.fill(&mut Random::new(1), BYTES, 8 << 10),
        "there is memory"
    );
    drop(black_box(vec![1_u8; LARGE]));
    assert!(
        memory::wait_until(Duration::from_secs(5), || tasks::background().is_some()),
        "the parent has no background thread"
    );
    in_child("the child that frees", || {
        hoard.verify();
        let full = memory::rollup().anonymous;
        // A 64th stays: what was filled first.
        let mut position = 0;
        hoard.keep_if(|| {
            position += 1;
            position < hoard_share(BYTES)
        });
        let bound = full - BYTES / 8 * 7;
        assert!(
            memory::wait_until(Duration::from_secs(5), || memory::rollup().anonymous
                <= bound),
            "{} bytes resident in the child, {full} before it freed {BYTES}",
            memory::rollup().anonymous
        );
        assert!(
            tasks::background().is_some(),
            "the child has no background thread"
        );
        hoard.verify();
        // And children of children.
        in_child("the child's child", || {
            hoard.verify();
            drop(black_box(vec![1_u8; LARGE]));
            assert!(
                memory::wait_until(Duration::from_secs(5), || tasks::background().is_some()),
                "the child's child has no background thread"
            );
        });
    });
    hoard.verify();
    println!("gives-back passed");
}

/// Blocks that the child keeps.
const fn hoard_share(bytes: usize) -> usize {
    bytes / 1463 / 64
}

/// Forks while every lock is wanted by somebody.
fn storm(subject: Subject) {
    let stop = AtomicBool::new(false);
    let turns = AtomicUsize::new(0);
    let mut inherited = Hoard::with_room(subject.allocator, 4096);
    assert!(
        inherited.fill(&mut Random::new(9), 2 << 20, 64 << 10),
        "there is memory"
    );
    let (mut forks, mut with_thread) = (0, 0);
    let all = std::env::var_os("ORTHOTOPE_ALL_FORKS").is_some();
    if all {
        watch(60 * SECONDS);
    }
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (stop, turns) = (&stop, &turns);
            scope.spawn(move || {
                let mut random = Random::new(thread as u64);
                while !stop.load(Ordering::Relaxed) {
                    churn(subject, &mut random);
                    turns.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let forked = catch_unwind(AssertUnwindSafe(|| {
            let end = Instant::now() + ENOUGH;
            while forks < LEAST_FORKS || forks < FORKS && (all || Instant::now() < end) {
                with_thread += usize::from(tasks::background().is_some());
                in_child("a child of the storm", || live(subject, &inherited, forks));
                forks += 1;
                if forks % 16 == 0 {
                    inherited.verify();
                }
            }
        }));
        stop.store(true, Ordering::Relaxed);
        forked.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    inherited.verify();
    let turns = turns.into_inner();
    assert!(
        with_thread > forks / 4,
        "the background thread ran at {with_thread} of {forks} forks"
    );
    // The heap goes on.
    churn(subject, &mut Random::new(5));
    drop(inherited);
    (subject.purge_now)();
    let stats = (subject.stats)();
    println!(
        "storm passed: {forks} forks, the background thread there at {with_thread}, {turns} turns\n{stats}"
    );
}

/// Registers [`fork_again`] before the allocator registers its own handlers, which is at its first use: the last to be called
/// before a fork, and inside of what the allocator's do.
#[used]
#[unsafe(link_section = ".init_array")]
static REGISTER: extern "C" fn() = register;

extern "C" fn register() {
    // SAFETY: the handler is a function of this program.
    unsafe { libc::pthread_atfork(Some(fork_again), None, None) };
}

/// Whether the next fork forks once more in its handler.
static AGAIN: AtomicBool = AtomicBool::new(false);
/// The child of that one, as its parent knows it; 0 in the child.
static AGAIN_CHILD: AtomicI32 = AtomicI32::new(-1);

extern "C" fn fork_again() {
    if AGAIN.swap(false, Ordering::Relaxed) {
        // SAFETY: the child goes on with the fork that it was born in, and is ended by its alarm.
        let child = unsafe { libc::fork() };
        AGAIN_CHILD.store(child, Ordering::Relaxed);
        if child == 0 {
            watch(CHILD_SECONDS);
        }
    }
}

/// Forks in a handler of a fork: both children can go on, and so can a child of the inner one.
fn nested(subject: Subject) {
    assert!(REGISTER as usize != 0, "it is linked in");
    let mut random = Random::new(7);
    let mut inherited = Hoard::with_room(subject.allocator, 4096);
    assert!(
        inherited.fill(&mut random, 256 << 10, 32 << 10),
        "there is memory"
    );
    AGAIN.store(true, Ordering::Relaxed);
    in_child("the child of a fork with another inside", || {
        live(subject, &inherited, 8);
    });
    match AGAIN_CHILD.load(Ordering::Relaxed) {
        -1 => panic!("the handler did not fork"),
        0 => {
            live(subject, &inherited, 16);
            // SAFETY: the inner child ends here, without the parent's exit handlers.
            unsafe { libc::_exit(0) }
        }
        child => wait_for(child, "the child of a fork inside another"),
    }
    live(subject, &inherited, 24);
    println!("nested passed");
}

/// Forks while a thread uses each of the allocators for the first time; the child uses all of them.
///
/// # Panics
///
/// If a child cannot.
pub fn starting(subjects: &[Subject]) {
    watch(SECONDS);
    let first_use = |subject: &Subject| {
        let mut hoard = Hoard::with_room(subject.allocator, 1);
        assert!(hoard.add(100), "there is memory");
        hoard.verify();
    };
    let begun = AtomicBool::new(false);
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            begun.store(true, Ordering::Relaxed);
            subjects.iter().for_each(first_use);
        });
        while !begun.load(Ordering::Relaxed) {
            std::hint::spin_loop();
        }
        let mut forks = 0;
        loop {
            let last = thread.is_finished();
            in_child("a child of the start", || {
                subjects.iter().for_each(first_use);
            });
            forks += 1;
            if last {
                break;
            }
        }
        println!("starting passed: {forks} forks");
    });
}

/// What one thread does again and again: small blocks, middling ones and large ones, of which some outlive others.
fn churn(subject: Subject, random: &mut Random) {
    let mut hoard = Hoard::with_room(subject.allocator, 4096);
    assert!(hoard.fill(random, 256 << 10, 32 << 10), "there is memory");
    hoard.thin_out();
    assert!(hoard.add(3 << 20), "there is memory");
    // Untouched: the address space is what is fought for.
    drop(black_box(Vec::<u8>::with_capacity(LARGE)));
    hoard.verify();
}

/// A child's life.
fn live(subject: Subject, inherited: &Hoard<'_>, number: usize) {
    inherited.verify();
    let mut random = Random::new(number as u64);
    churn(subject, &mut random);
    let texts: Vec<String> = (0..100).map(|line| format!("line {line}")).collect();
    let there = thread::spawn(move || {
        let mut block = vec![0_u8; 100_000];
        pattern::write(&mut block, texts.len());
        (texts, block)
    });
    churn(subject, &mut random);
    let (texts, block) = there.join().expect("the child's thread lives");
    assert_eq!(texts[99], "line 99");
    assert!(pattern::holds(&block, texts.len()));
    (subject.flush_thread)();
    if number.is_multiple_of(8) {
        (subject.purge_now)();
        let _ = black_box((subject.stats)());
    }
    churn(subject, &mut random);
}

/// Runs `life` in a child process, and waits for its end.
///
/// # Panics
///
/// If the child does not exit with code 0.
pub(crate) fn in_child(what: &str, life: impl FnOnce()) {
    // SAFETY: the child runs `life` and exits; what it calls is what this program tests.
    match unsafe { libc::fork() } {
        -1 => panic!("cannot fork: {}", std::io::Error::last_os_error()),
        0 => {
            watch(CHILD_SECONDS);
            let code = if catch_unwind(AssertUnwindSafe(life)).is_ok() {
                0
            } else {
                1
            };
            // SAFETY: the child ends here, without the parent's exit handlers.
            unsafe { libc::_exit(code) }
        }
        child => wait_for(child, what),
    }
}

/// Waits for a child's end.
fn wait_for(child: libc::pid_t, what: &str) {
    let mut status = 0;
    // SAFETY: the status is a valid place.
    let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(ended, child, "the child can be waited for");
    let signal = libc::WTERMSIG(status);
    assert!(
        !(libc::WIFSIGNALED(status) && signal == libc::SIGALRM),
        "{what} is stuck"
    );
    assert_eq!(status, 0, "{what} ended with status {status:#x}");
}

/// Ends this process after so many seconds.
pub(crate) fn watch(seconds: u32) {
    // SAFETY: the call takes no pointer.
    unsafe { libc::alarm(seconds) };
}
