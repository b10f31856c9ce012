//! An allocator as a value: its own arena, one `ThreadCache` for each thread, blocks handed between threads.
//!
//! The program's other memory comes from wherever it came from before; only what asks this instance is in its
//! arena. A cache belongs to the thread that uses it, which is why no call here takes a lock unless the cache
//! runs empty or full.
//!
//! ```text
//! cargo run --release --example instance
//! ```

use std::error::Error;
use std::ptr::NonNull;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use orthotope::{AllocError, Allocator, AllocatorConfig, FreeError, ThreadCache};

const PAIRS: usize = 2;
const MESSAGES: usize = 10_000;
/// Bytes of a message: two classes take turns.
const SIZES: [usize; 2] = [200, 3000];

/// A block on its way to another thread, filled with one byte.
struct Message {
    block: NonNull<u8>,
    size: usize,
    fill: u8,
}

// SAFETY: a message is the only reference to its block, and a block may be used and freed on any thread.
unsafe impl Send for Message {}

fn main() -> Result<(), Box<dyn Error>> {
    let allocator = Allocator::new(AllocatorConfig {
        arena_size: 64 << 20,
        ..AllocatorConfig::default()
    })?;

    let sums: Vec<usize> = thread::scope(|scope| {
        let receivers: Vec<_> = (0..PAIRS)
            .map(|_| {
                // A short queue: the arena needs room for what is under way, not for all messages.
                let (sender, receiver) = sync_channel(64);
                scope.spawn(|| send(&allocator, sender).expect("64 MiB hold what is under way"));
                scope.spawn(|| receive(&allocator, receiver).expect("every block is freed once"))
            })
            .collect();
        receivers
            .into_iter()
            .map(|receiver| receiver.join().expect("the receiver did not panic"))
            .collect()
    });
    println!("{PAIRS} pairs of threads, {MESSAGES} messages each, sums of their bytes: {sums:?}");

    // All caches are drained: every block that was ever carved is in the central pool.
    let stats = allocator.stats();
    for class in stats.small_central.iter().filter(|class| class.blocks > 0) {
        println!(
            "central pool: {:>4} blocks for up to {} bytes",
            class.blocks,
            class.class.payload_size()
        );
    }
    println!(
        "arena: {} of {} bytes were ever needed for {} bytes sent",
        stats.arena_capacity - stats.arena_remaining,
        stats.arena_capacity,
        PAIRS * MESSAGES * SIZES.iter().sum::<usize>() / SIZES.len()
    );

    // The figures of an instance are exact where its caches are at rest, so an arena can be planned.
    let small = Allocator::new(AllocatorConfig {
        arena_size: 256,
        ..AllocatorConfig::default()
    })?;
    let mut cache = ThreadCache::new(*small.config());
    let served = [64, 64].map(|size| small.allocate_with_cache(&mut cache, size).is_ok());
    match small.allocate_with_cache(&mut cache, 1) {
        Err(error @ AllocError::OutOfMemory { .. }) => {
            println!("an arena of 256 bytes: {served:?}, then: {error}")
        }
        other => return Err(format!("256 bytes held more than two blocks: {other:?}").into()),
    }
    Ok(())
}

/// Allocates messages and sends them away.
fn send(allocator: &Allocator, queue: SyncSender<Message>) -> Result<(), AllocError> {
    let mut cache = ThreadCache::new(*allocator.config());
    for number in 0..MESSAGES {
        let size = SIZES[number % SIZES.len()];
        let block = allocator.allocate_with_cache(&mut cache, size)?;
        let fill = (number % 251) as u8;
        // SAFETY: the block is `size` bytes long and nothing else refers to it.
        unsafe { block.write_bytes(fill, size) };
        if queue.send(Message { block, size, fill }).is_err() {
            break;
        }
    }
    allocator.drain_thread_cache(&mut cache);
    assert_eq!(cache.stats().total_local_blocks(), 0);
    Ok(())
}

/// Reads messages and frees them, through a cache that never allocated them: such blocks are staged and go to
/// the central pool in batches, where the senders' caches find them.
fn receive(allocator: &Allocator, queue: Receiver<Message>) -> Result<usize, FreeError> {
    let mut cache = ThreadCache::new(*allocator.config());
    let mut sum = 0;
    for Message { block, size, fill } in queue {
        // SAFETY: the sender initialised all `size` bytes, and the message is the only reference to them.
        let bytes = unsafe { std::slice::from_raw_parts(block.as_ptr(), size) };
        assert!(
            bytes.iter().all(|&byte| byte == fill),
            "a block was handed out twice"
        );
        sum += usize::from(fill) * size;
        // SAFETY: the block is live, came from this allocator, and `bytes` is not used again.
        unsafe { allocator.deallocate_with_size_checked(&mut cache, block, size) }?;
    }
    // What is staged would go at the drop of the cache at the latest; sooner is better for the others.
    allocator.drain_thread_cache(&mut cache);
    Ok(sum)
}
