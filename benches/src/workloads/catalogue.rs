//! The list of workloads.

use super::{Group, Kind, Order, Workload};
use crate::random::Sizes;

const MIB: usize = 1 << 20;
/// Threads at a time, on however few cores.
const CREWS: [usize; 6] = [2, 4, 8, 16, 32, 64];
const LIVE_SETS: [usize; 5] = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// Every workload, in the order of the report.
#[must_use]
pub fn catalogue() -> Vec<Workload> {
    let mut all = Vec::new();
    spec(&mut all, Group::Spec, "");
    spec(&mut all, Group::SpecNatural, "natural/");
    let mut add = |name: String, group, kind, footprint, quick| {
        all.push(Workload {
            name,
            group,
            kind,
            footprint,
            quick,
        });
    };
    let mean = Sizes::spread().mean();

    for (order, word) in [(Order::LastFirst, "lifo"), (Order::FirstFirst, "fifo")] {
        for count in [100, 10_000] {
            let name = format!("batch_{word}/{count}");
            add(
                name,
                Group::Batches,
                Kind::Batch { count, order },
                count * mean,
                true,
            );
        }
    }
    for live in LIVE_SETS {
        let name = format!("random_replacement/{live}");
        let kind = Kind::Replacement { live, size: None };
        add(
            name,
            Group::Replacement,
            kind,
            live * mean,
            live <= 1_000_000,
        );
    }
    for live in LIVE_SETS {
        let name = format!("random_replacement_64B/{live}");
        let kind = Kind::Replacement {
            live,
            size: Some(64),
        };
        add(
            name,
            Group::Replacement64,
            kind,
            live * 64,
            live <= 1_000_000,
        );
    }
    for threads in CREWS {
        let quick = [2, 8, 64].contains(&threads);
        let kind = Kind::Larson { threads };
        add(
            format!("larson/{threads}"),
            Group::Larson,
            kind,
            threads * 1_000 * mean,
            quick,
        );
    }
    for threads in CREWS {
        let quick = [2, 8, 64].contains(&threads);
        let kind = Kind::Xmalloc { threads };
        add(
            format!("xmalloc/{threads}"),
            Group::Xmalloc,
            kind,
            threads * 1_024 * mean,
            quick,
        );
    }
    add(
        "thread_churn".into(),
        Group::Threads,
        Kind::ThreadChurn,
        1_000 * mean,
        true,
    );
    for (size, quick) in [(64 * MIB, true), (1_024 * MIB, false)] {
        let name = format!("vec_growth/{}", bytes(size));
        add(
            name,
            Group::Growth,
            Kind::Growth { to: size },
            size + size / 2,
            quick,
        );
    }
    for size in [4_096, 64 << 10, MIB, 16 * MIB] {
        let name = format!("vec_zeroed/{}", bytes(size));
        add(name, Group::Zeroed, Kind::Zeroed { size }, size, true);
    }
    for shift in 3..=26 {
        let size = 1 << shift;
        let name = format!("size_sweep/{}", bytes(size));
        let quick = shift % 3 == 0 && size < 16 * MIB;
        add(name, Group::Sweep, Kind::Sweep { size }, size, quick);
    }
    all
}

/// The workloads that the published crate is measured with; `prefix` goes before each name.
fn spec(all: &mut Vec<Workload>, group: Group, prefix: &str) {
    let mut add = |name: &str, kind, footprint| {
        all.push(Workload {
            name: format!("{prefix}{name}"),
            group,
            kind,
            footprint,
            quick: group == Group::Spec,
        });
    };
    for size in [32, 64, 65, 4_096, 70_000] {
        let name = format!("same_thread_small_churn/{size}");
        add(&name, Kind::Churn { size }, size);
    }
    add("embedding_batch", Kind::Embedding, 8 * 6_144);
    add("mixed_size_churn", Kind::Mixed, 91_281);
    add("large_path", Kind::Churn { size: 20 * MIB }, 20 * MIB);
    add("concurrent_large_4x", Kind::ConcurrentLarge, 80 * MIB);
    add("long_lived_handoff", Kind::Handoff { pairs: 1 }, 256);
    add("long_lived_handoff_4x", Kind::Handoff { pairs: 4 }, 1_024);
}

/// A power of two in the largest unit that it is a multiple of.
fn bytes(size: usize) -> String {
    match size {
        size if size.is_multiple_of(1 << 30) => format!("{}GiB", size >> 30),
        size if size.is_multiple_of(1 << 20) => format!("{}MiB", size >> 20),
        size if size.is_multiple_of(1 << 10) => format!("{}KiB", size >> 10),
        size => format!("{size}B"),
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_have_units() {
        assert_eq!(bytes(8), "8B");
        assert_eq!(bytes(4_096), "4KiB");
        assert_eq!(bytes(16 << 20), "16MiB");
        assert_eq!(bytes(1 << 30), "1GiB");
    }
}
