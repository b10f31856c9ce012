//! The recorder over mimalloc, as the global allocator of a program: this one.

use std::alloc::{self, Layout};
use std::hint::black_box;
use std::{env, fs, process, thread};

use mimalloc::MiMalloc;
use orthotope::Recorder;
use serde_json::Value;

#[global_allocator]
static GLOBAL: Recorder<MiMalloc> = Recorder::new(MiMalloc);

/// A size that nobody else asks for.
const SIZE: usize = 3_333;
const GROWN: usize = 3_777;
const ALIGNED: usize = 3_968;

fn block(bytes: usize) -> Vec<u8> {
    black_box(vec![1; bytes])
}

#[test]
fn what_mimalloc_serves_is_recorded() {
    let blocks: Vec<_> = (0..6_400).map(|_| block(SIZE)).collect();
    assert!(thread::spawn(move || drop(blocks)).join().is_ok());
    let kept: Vec<_> = (0..30)
        .map(|_| {
            let mut grown = block(SIZE);
            grown.reserve_exact(GROWN - SIZE);
            grown
        })
        .collect();
    let layout = Layout::from_size_align(ALIGNED, 128).expect("a layout");
    // SAFETY: the layout is of no zero size.
    let aligned = unsafe { alloc::alloc_zeroed(layout) };
    assert!(aligned.addr().is_multiple_of(128));

    let path = env::temp_dir().join(format!("orthotope-mimalloc-{}.json", process::id()));
    GLOBAL.write_profile(&path).expect("it can be written");
    let text = fs::read_to_string(&path).expect("it was written");
    fs::remove_file(&path).expect("it is ours");
    let profile: Value = serde_json::from_str(&text).expect("a profile is JSON");
    let number = |size: usize, key: &str| {
        let bins = profile["bins"].as_array().expect("bins are a list");
        let bin = bins
            .iter()
            .find(|bin| bin["size"] == size.next_multiple_of(8));
        bin.and_then(|bin| bin[key].as_u64())
            .expect("it was counted")
    };
    assert_eq!(
        (number(SIZE, "allocations"), number(SIZE, "live")),
        (6_430, 0)
    );
    // The peak is known to a hundredth, and one block in 64 is followed.
    assert!((6_272..=6_400).contains(&number(SIZE, "peak")));
    assert!((1_280..=6_430).contains(&number(SIZE, "remote_frees")));
    assert_eq!((number(GROWN, "reallocs"), number(GROWN, "live")), (30, 30));
    assert_eq!(
        (number(ALIGNED, "aligned"), number(ALIGNED, "align")),
        (1, 128)
    );
    // SAFETY: the block came from this layout, and is freed once.
    unsafe { alloc::dealloc(aligned, layout) };
    drop(kept);
}
