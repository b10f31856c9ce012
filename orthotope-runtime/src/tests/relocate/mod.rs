//! Large blocks that grow by moving their pages: contents, alignment, budget, and what happens when the system
//! refuses.

mod huge;
mod program;
mod random;

use crate::arena::GRANULE;
use crate::config::{Config, Exhausted};
use crate::error::FreeError;
use crate::sync::Ordering;

use program::*;

#[test]
fn a_block_grows_past_its_neighbour_by_moving() {
    if !moves_here() {
        println!("skipped: a_block_grows_past_its_neighbour_by_moving needs MREMAP_DONTUNMAP");
        return;
    }
    for config in [bare(), headed()] {
        let program = Program::new(config);
        let block = program.take(3 * MIB + 100);
        let pin = program.take(MIB);
        let before = program.engine.stats();
        let grown = program.grow(block, 9 * MIB);
        assert_ne!(grown.start, block.start, "its neighbour is live");
        assert!(program.os.moved.load(Ordering::Relaxed) >= 3 * MIB);
        let after = program.engine.stats();
        assert_eq!(after.large_live, 2);
        let more = 6 * MIB - 128;
        assert!((more..more + 128).contains(&(after.large_live_bytes - before.large_live_bytes)));
        // What it left is free: a stale pointer is told so, and others get it.
        assert_eq!(
            program.free(block),
            Err(FreeError::AlreadyFreedOrUnknownLarge)
        );
        let other = program.take(3 * MIB);
        assert!(other.start < pin.start, "best fit");
        for block in [grown, pin, other] {
            block.check(block.size);
            assert_eq!(program.free(block), Ok(()));
            program.engine.validate();
        }
    }
}

#[test]
fn what_is_left_behind_is_zero() {
    if !moves_here() {
        println!("skipped: what_is_left_behind_is_zero needs MREMAP_DONTUNMAP");
        return;
    }
    let program = Program::new(bare());
    let (block, _pin) = (program.take(4 * MIB), program.take(MIB));
    program.grow(block, 8 * MIB);
    let again = program.visit().alloc_large(4 * MIB, 8);
    let again = again.expect("there is room");
    assert_eq!(again.payload, block.start);
    assert_eq!(again.contents, crate::large::Contents::Zero);
    // SAFETY: the block is live and this long.
    let bytes = unsafe { core::slice::from_raw_parts(again.payload.as_ptr(), 4 * MIB) };
    assert!(bytes.iter().all(|&byte| byte == 0));
}

#[test]
fn moved_ranges_that_meet_are_moved_on() {
    for config in [bare(), headed()] {
        let program = Program::new(config);
        // Moved twice, grown in place over the seam at its end, moved again in pieces, and over old seams.
        let mut block = program.take(2 * MIB);
        let mut pins = program.pin(block);
        for size in [5 * MIB, 9 * MIB] {
            let before = block.start;
            block = program.grow(block, size);
            assert_ne!(block.start, before);
            pins.extend(program.pin(block));
        }
        if !config.header {
            // With a header, what is freed waits in the pool instead.
            let pin = pins.pop().expect("the one behind it came last");
            assert_eq!(program.free(pin), Ok(()));
            let before = block.start;
            block = program.grow(block, 13 * MIB);
            assert_eq!(block.start, before);
            pins.extend(program.pin(block));
        }
        let calls = program.os.moves.load(Ordering::Relaxed);
        block = program.grow(block, 20 * MIB);
        if moves_here() && !config.header {
            let calls = program.os.moves.load(Ordering::Relaxed) - calls;
            assert_eq!(calls, 3, "it came in two moves and grew in place");
        }
        pins.extend(program.pin(block));
        block = program.grow(block, 30 * MIB);
        assert_eq!(program.os.splits.load(Ordering::Relaxed), 0);
        for block in pins.into_iter().chain([block]) {
            block.check(block.size);
            assert_eq!(program.free(block), Ok(()));
            program.engine.validate();
        }
    }
}

// Other systems have no advice that splits a mapping and changes nothing else.
#[cfg(target_os = "linux")]
#[test]
fn a_mapping_that_the_program_split_is_moved_in_pieces() {
    for (start, bytes) in [(MIB, 2 * MIB), (3 * MIB + 4_096, 8_192), (0, MIB)] {
        let program = Program::new(bare());
        let block = program.take(6 * MIB);
        program.pin(block);
        // SAFETY: a part of the block; no byte changes.
        let status = unsafe {
            libc::madvise(
                block.start.add(start).as_ptr().cast(),
                bytes,
                libc::MADV_DONTDUMP,
            )
        };
        assert_eq!(status, 0);
        let block = program.grow(block, 12 * MIB);
        program.pin(block);
        program.grow(block, 20 * MIB);
        if moves_here() {
            assert!(program.os.moved.load(Ordering::Relaxed) >= 16 * MIB);
        }
    }
}

#[test]
fn locked_memory_is_copied_and_no_more_of_the_block_than_is_locked() {
    let program = Program::new(bare());
    let block = program.take(6 * MIB);
    program.pin(block);
    // SAFETY: a part of the block; no byte changes.
    let status = unsafe { libc::mlock(block.start.add(2 * MIB).as_ptr().cast(), GRANULE) };
    if status != 0 {
        println!(
            "skipped: locked_memory_is_copied_and_no_more_of_the_block_than_is_locked needs a limit above 64 KiB"
        );
        return;
    }
    program.grow(block, 12 * MIB);
    if moves_here() {
        assert_eq!(program.os.moved.load(Ordering::Relaxed), 6 * MIB - GRANULE);
    }
}

#[test]
fn a_process_that_lowered_its_limits_copies() {
    let program = Program::new(bare());
    let block = program.take(6 * MIB);
    program.pin(block);
    // SAFETY: the child allocates from this program alone, whose locks nobody holds, and calls nothing else.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        let limit = libc::rlimit {
            rlim_cur: MIB as libc::rlim_t,
            rlim_max: MIB as libc::rlim_t,
        };
        // SAFETY: a valid limit.
        let lowered = unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) } == 0;
        let resized = program.visit().resize(block.start, block.size, 9 * MIB);
        let kept = resized.ok().flatten().is_some_and(|start| {
            // SAFETY: the block is live and this long.
            start != block.start && unsafe { start.read() } == stamp(block.seed, 0)
        });
        let moved = program.os.moved.load(Ordering::Relaxed);
        // SAFETY: the child ends here.
        unsafe { libc::_exit(i32::from(!(lowered && kept && moved == 0))) };
    }
    let mut status = 0;
    // SAFETY: the child is ours.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0, "it copied, and did not die");
}

/// Mappings of the process.
fn mappings() -> Option<usize> {
    Some(
        std::fs::read_to_string("/proc/self/maps")
            .ok()?
            .lines()
            .count(),
    )
}

#[test]
fn the_number_of_mappings_is_bounded() {
    let program = Program::new(bare().with_arena(32 << 30));
    let before = mappings();
    let mut moves = 0;
    loop {
        let visit = program.visit();
        let large = visit.alloc_large(MIB, 8).expect("there is room");
        drop(visit);
        // A page that was never written has no place that it remembers.
        // SAFETY: the block is live.
        unsafe { large.payload.write(1) };
        let block = Block {
            start: large.payload,
            size: MIB,
            seed: 0,
        };
        program.pin(block);
        let moved = program.visit().resize(block.start, MIB, 2 * MIB);
        if moved.expect("the block is live").is_none() {
            break;
        }
        moves += 1;
        assert!(moves < 9_000, "two seams a move, or one between two");
    }
    if moves_here() {
        assert!(moves >= 4_000);
        if let (Some(before), Some(after)) = (before, mappings()) {
            // Other tests map and unmap meanwhile.
            println!(
                "{} mappings for {moves} moves",
                after.saturating_sub(before)
            );
            assert!(after < before + 12_000);
        }
    }
    program.engine.validate();
}

#[test]
fn what_the_system_refuses_to_move_is_copied() {
    for config in [bare(), headed()] {
        // Refused once, at each call in turn.
        for allowed in 0..6 {
            let program = Program::new(config);
            program.os.moves_allowed.store(allowed, Ordering::Relaxed);
            let mut block = program.take(2 * MIB);
            let mut pins = Vec::new();
            for size in [4, 7, 11, 16, 25] {
                pins.extend(program.pin(block));
                block = program.grow(block, size * MIB);
            }
            for block in pins.into_iter().chain([block]) {
                block.check(block.size);
                assert_eq!(program.free(block), Ok(()));
                program.engine.validate();
            }
        }
        // Unknown to the system: asked once.
        let program = Program::new(config);
        program.os.no_moves.store(true, Ordering::Relaxed);
        let block = program.take(2 * MIB);
        program.pin(block);
        let block = program.resize(block, 4 * MIB).expect("copied on the way");
        program.pin(block);
        assert!(program.resize(block, 8 * MIB).is_none(), "the usual copy");
        block.check(block.size);
        assert_eq!(program.os.moves.load(Ordering::Relaxed), 1);
    }
}

#[test]
fn a_block_is_copied_where_its_pages_would_displace_others() {
    let program = Program::new(bare());
    let (block, _pin) = (program.take(4 * MIB), program.take(MIB));
    // Memory that was used lies free where the block would go, and is in memory still.
    let warm = program.take(32 * MIB);
    program.pin(warm);
    warm.check(warm.size);
    assert_eq!(program.free(warm), Ok(()));
    program.engine.validate();
    assert!(
        program.resize(block, 8 * MIB).is_none(),
        "it is to be copied"
    );
    assert_eq!(program.os.moves.load(Ordering::Relaxed), 0);
    program.engine.validate();
    // Once that went back to the system, the pages move.
    program.engine.tick(crate::arena::Schedule::NOW);
    if moves_here() {
        let block = program.resize(block, 8 * MIB).expect("its pages move");
        block.check(4 * MIB);
    }
}

#[test]
fn blocks_of_less_than_a_mebibyte_are_copied() {
    let program = Program::new(bare());
    let (block, _pin) = (program.take(MIB - 1), program.take(MIB));
    assert!(program.resize(block, 4 * MIB).is_none());
    assert_eq!(program.os.moves.load(Ordering::Relaxed), 0);
}

#[test]
fn a_block_that_moves_is_charged_what_it_grows_by() {
    if !moves_here() {
        println!("skipped: a_block_that_moves_is_charged_what_it_grows_by needs MREMAP_DONTUNMAP");
        return;
    }
    let program = Program::new(bare());
    let block = program.take(50 * MIB);
    // Not written: it only takes address space.
    let visit = program.visit();
    let _pin = visit.alloc_large(425 * MIB, 8).expect("there is room");
    drop(visit);
    // 475 MiB of 512 are charged: 85 would not fit beside them.
    let grown = program.grow(block, 85 * MIB);
    assert_ne!(grown.start, block.start);
    assert!(program.resize(grown, 88 * MIB).is_none());
    grown.check(grown.size);
}

#[test]
fn doubling_moves_every_page() {
    let config = Config::general().with_exhausted(Exhausted::Null);
    let program = Program::new(config.with_arena(4 << 30).with_classes(&CLASSES));
    let mut block = program.take(MIB);
    for doubling in 0..8 {
        program.pin(block);
        let moved = program.os.moved.load(Ordering::Relaxed);
        block = program.grow(block, MIB << (doubling + 1));
        if moves_here() {
            let moved = program.os.moved.load(Ordering::Relaxed) - moved;
            assert_eq!(moved, MIB << doubling);
        }
    }
    assert_eq!(program.os.splits.load(Ordering::Relaxed), 0);
    assert_eq!(program.free(block), Ok(()));
}
