//! The spec workloads under criterion: `cargo bench -p orthotope-benches --features rivals --bench spec`.

#[path = "../contenders/mod.rs"]
mod contenders;
#[path = "under_criterion/mod.rs"]
mod under_criterion;

use orthotope_benches::workloads::Group;

fn main() {
    under_criterion::run(&contenders::all(), |group| {
        matches!(group, Group::Spec | Group::SpecNatural)
    });
}
