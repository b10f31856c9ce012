//! The program that is counted: does one workload so many times, and nothing else.

use std::env;
use std::process::ExitCode;

use super::workloads;
use crate::block::Heap;
use crate::comparison::USAGE;

/// Does what the command line says: `NAME TIMES`. `heap` must be the program's global allocator.
#[must_use]
pub fn main<A: Heap>(heap: &'static A) -> ExitCode {
    let mut arguments = env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let times = arguments.next().unwrap_or_default();
    match (workloads::prepare(heap, &name), times.parse()) {
        (Some(mut work), Ok(times)) => {
            work(times);
            ExitCode::SUCCESS
        }
        _ => {
            let names = workloads::ALL.map(|(name, _)| name).join(", ");
            eprintln!("{name:?} {times:?}: write a workload and how often; there are {names}");
            ExitCode::from(USAGE)
        }
    }
}
