//! The program that is counted: does one workload so many times, and nothing else.

use std::env;
use std::process::ExitCode;

use super::workloads;
use crate::block::Heap;

/// Does what the command line says: `NAME TIMES`. `heap` must be the program's global allocator.
#[must_use]
pub fn main<A: Heap>(heap: &'static A) -> ExitCode {
    let mut arguments = env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let times = arguments.next().and_then(|times| times.parse().ok());
    match (workloads::prepare(heap, &name), times) {
        (Some(mut work), Some(times)) => {
            work(times);
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("usage: NAME TIMES");
            ExitCode::from(2)
        }
    }
}
