//! Every workload runs, on glibc and on ours, and frees what it allocates.

use std::alloc::System;
use std::collections::HashSet;

use orthotope::OrthotopeGlobalAlloc;

use super::catalogue;

#[test]
fn names_are_unique() {
    let all = catalogue();
    let names: HashSet<&str> = all.iter().map(|workload| workload.name.as_str()).collect();
    assert_eq!(names.len(), all.len());
}

#[test]
fn every_small_workload_runs() {
    static OURS: OrthotopeGlobalAlloc = OrthotopeGlobalAlloc::new();
    for workload in catalogue() {
        // The rest is the same code with larger numbers.
        if !workload.quick || workload.footprint > 64 << 20 {
            continue;
        }
        let time = workload.prepare(&System).pass(1) + workload.prepare(&OURS).pass(1);
        assert!(time.as_nanos() > 0, "{}", workload.name);
    }
}
