//! Random cases, shrunk to few operations where one fails. `PROPTEST_CASES` says how many.
//!
//! A case that fails once becomes a test of its own; none is kept in files.

use proptest::prelude::*;
use proptest::test_runner::{Config as Runner, FileFailurePersistence, TestRunner};

use super::{Case, Setup, Size, Step, Way, run};

/// Cases a run, unless the environment says otherwise.
const CASES: u32 = 64;

/// How many cases are played, of which `share` are the test's.
pub(super) fn runner(share: u32) -> TestRunner {
    let cases = std::env::var("PROPTEST_CASES").map_or(CASES, |text| {
        text.parse().expect("PROPTEST_CASES is a number")
    });
    TestRunner::new(Runner {
        cases: (cases / share).max(1),
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        max_shrink_iters: 4_000,
        ..Runner::default()
    })
}

pub(super) fn setup() -> impl Strategy<Value = Setup> {
    let classes = prop_oneof![
        1 => Just(Vec::new()),
        2 => prop::collection::vec(any::<u16>(), 1..8),
    ];
    let sizes = (any::<u16>(), any::<u16>(), prop::option::of(any::<u16>()));
    // Small alignments are what programs have; each is met all the same.
    let align = prop_oneof![Just(0), Just(1), Just(3), 0_u8..14];
    (
        (any::<bool>(), align, classes, any::<u16>()),
        sizes,
        (any::<bool>(), any::<u8>(), any::<u8>()),
        prop::bool::weighted(0.25),
    )
        .prop_map(
            |((header, align, classes, arena), sizes, (grow, purge, huge_pages), hardened)| {
                let (refill, cache, thread_limit) = sizes;
                Setup {
                    header,
                    align,
                    classes,
                    arena,
                    refill,
                    cache,
                    thread_limit,
                    grow,
                    purge,
                    huge_pages,
                    hardened,
                }
            },
        )
}

fn size() -> impl Strategy<Value = Size> {
    any::<u16>().prop_map(Size)
}

fn way() -> impl Strategy<Value = Way> {
    prop_oneof![
        4 => Just(Way::Sized),
        2 => Just(Way::Unsized),
        1 => Just(Way::Mismatched),
        1 => Just(Way::Twice),
        1 => Just(Way::Deferred),
    ]
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let align = prop_oneof![4 => Just(0), 1 => any::<u8>()];
    prop_oneof![
        12 => (any::<u8>(), size(), align, any::<bool>())
            .prop_map(|(thread, size, align, zeroed)| Step::Alloc { thread, size, align, zeroed }),
        4 => (any::<u8>(), size(), any::<u8>())
            .prop_map(|(thread, size, count)| Step::Batch { thread, size, count }),
        10 => (any::<u8>(), any::<u16>(), way())
            .prop_map(|(thread, block, way)| Step::Free { thread, block, way }),
        3 => (any::<u8>(), any::<u8>(), any::<bool>())
            .prop_map(|(thread, count, all)| Step::FreeMany { thread, count, all }),
        6 => (any::<u8>(), any::<u16>(), size())
            .prop_map(|(thread, block, size)| Step::Realloc { thread, block, size }),
        2 => any::<u8>().prop_map(|thread| Step::Flush { thread }),
        3 => Just(Step::Tick),
        1 => any::<u8>().prop_map(|thread| Step::Purge { thread }),
        2 => any::<u8>().prop_map(|thread| Step::Leave { thread }),
        1 => (0_u8..12).prop_map(|after| Step::Refuse { after }),
        1 => (any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(commits, advice, moves)| Step::RefuseAll { commits, advice, moves }),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    (setup(), prop::collection::vec(step(), 1..80)).prop_map(|(setup, steps)| Case { setup, steps })
}

/// Plays random cases of which `keep` says that they are the test's.
fn play_where(keep: impl Fn(&mut Setup)) {
    let cases = case().prop_map(|mut case| {
        keep(&mut case.setup);
        case
    });
    let played = runner(2).run(&cases, |case| {
        run(&case);
        Ok(())
    });
    if let Err(failure) = played {
        panic!("{failure}");
    }
}

#[test]
fn allocators_with_a_header_do_what_the_model_does() {
    play_where(|setup| setup.header = true);
}

#[test]
fn allocators_without_a_header_do_what_the_model_does() {
    play_where(|setup| setup.header = false);
}
