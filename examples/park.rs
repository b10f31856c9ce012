//! A tokio runtime whose threads hand over what their caches keep before they wait.
//!
//! A worker that parks keeps free blocks in its cache: ready for itself, out of reach for every other thread, and memory
//! that cannot go back to the system. `on_thread_park` takes the generated type's `flush_thread` as it is.
//!
//! ```text
//! cargo run --release --example park
//! ```
//!
//! The same bursts run twice, first without the hook, then with it. A flush costs the next burst a refill a class, so
//! the hook is for services with pauses, not for threads that park after every message.

use std::hint::black_box;
use std::io;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

#[global_allocator]
#[orthotope::allocator(
    preset = "general",
    arena = "4GiB",
    cache = "512KiB",
    thread_limit = "8MiB"
)]
static GLOBAL: ServeAlloc;

const WORKERS: usize = 4;
const TASKS: usize = 64;

/// Allocates as a request does: buffers of many sizes, some of them held while others come and go.
async fn request(number: usize) -> usize {
    let mut held = Vec::new();
    for step in 0..200 {
        let size = 64 << ((number + step) % 8);
        held.push(vec![number as u8; size]);
        if step % 3 == 0 {
            tokio::task::yield_now().await;
            held.swap_remove(step % held.len());
        }
    }
    black_box(&held).iter().map(Vec::len).sum()
}

/// A burst of requests, and then a pause in which every worker parks.
fn burst(runtime: &Runtime) -> usize {
    let served = runtime.block_on(async {
        let tasks: Vec<_> = (0..TASKS).map(|n| tokio::spawn(request(n))).collect();
        let mut served = 0;
        for task in tasks {
            served += task.await.expect("a request does not panic");
        }
        served
    });
    thread::sleep(Duration::from_millis(200));
    served
}

/// Bytes of free blocks in threads' caches.
fn cached() -> usize {
    let stats = ServeAlloc::stats();
    let classes = stats.classes.iter();
    classes.map(|class| class.cached * class.stride).sum()
}

/// What a pause leaves: bytes in caches, and bytes that are in memory once all has gone back that can.
fn measure(name: &str, runtime: &Runtime) -> (usize, usize) {
    let served = (0..5).map(|_| burst(runtime)).sum::<usize>();
    let cached = cached();
    ServeAlloc::purge_now();
    let stats = ServeAlloc::stats();
    println!(
        "{name}: {} KiB served; while all wait, caches keep {} KiB, and {} KiB stay in memory after a purge",
        served >> 10,
        cached >> 10,
        (stats.resident - stats.metadata) >> 10,
    );
    (cached, stats.resident)
}

fn main() -> io::Result<()> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .build()?;
    let without = measure("without the hook", &runtime);
    // Its threads end here, and what they kept is anybody's.
    drop(runtime);

    let runtime = Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .on_thread_park(ServeAlloc::flush_thread)
        .build()?;
    let with = measure("with the hook", &runtime);
    println!(
        "caches keep less: {}; less stays in memory: {}",
        with.0 < without.0,
        with.1 < without.1
    );
    Ok(())
}
