//! Workloads as criterion wants them: for looking closely at one, with its history.
//!
//! All allocators share one process here, so that nothing is said about memory, and what would fill the published
//! crate's arena of 1 GiB, or the machine, is left to `report`.

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode};
use orthotope_benches::report::Contender;
use orthotope_benches::workloads::{Group, Workload, catalogue};

/// What a workload may ask for at once.
const LARGEST: usize = 128 << 20;

/// Runs every workload of the chosen groups on every allocator.
pub(crate) fn run(contenders: &[Contender], chosen: fn(Group) -> bool) {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500))
        .configure_from_args();
    for workload in catalogue() {
        if !chosen(workload.group) || workload.footprint > LARGEST {
            continue;
        }
        let mut group = criterion.benchmark_group(workload.name.as_str());
        group.sampling_mode(SamplingMode::Flat);
        for contender in contenders {
            bench(&mut group, contender, &workload);
        }
        group.finish();
    }
    criterion.final_summary();
}

fn bench(group: &mut BenchmarkGroup<'_, WallTime>, contender: &Contender, workload: &Workload) {
    // Made only if criterion's filter lets it run, and dropped before the next allocator's turn.
    let mut runner = None;
    let name = BenchmarkId::from_parameter(contender.name);
    group.bench_with_input(name, workload, |bencher, workload| {
        let runner = runner.get_or_insert_with(|| (contender.prepare)(workload));
        bencher.iter_custom(|operations| {
            let steps = operations.div_ceil(runner.operations);
            let share = operations as f64 / (steps * runner.operations) as f64;
            runner.pass(steps).mul_f64(share)
        });
    });
}
