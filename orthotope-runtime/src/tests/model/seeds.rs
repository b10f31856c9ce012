//! What the fuzzer does, for a moment: random bytes, decoded as it decodes them, and the seeds that it starts with.

use arbitrary::{Arbitrary, Unstructured};

use super::{Case, run};
use crate::tests::rng::Rng;

/// Inputs a run; `ORTHOTOPE_RANDOM_INPUTS` in the environment says another number.
const INPUTS: usize = 40;

fn play(bytes: &[u8]) {
    if let Ok(case) = Case::arbitrary_take_rest(Unstructured::new(bytes)) {
        run(&case);
    }
}

#[test]
fn random_inputs_do_what_the_model_does() {
    let inputs = std::env::var("ORTHOTOPE_RANDOM_INPUTS")
        .map_or(INPUTS, |text| text.parse().expect("a number of inputs"));
    let mut rng = Rng::new(5);
    for input in 0..inputs {
        let bytes: Vec<_> = (0..rng.below(600)).map(|_| rng.next() as u8).collect();
        let played = std::panic::catch_unwind(|| play(&bytes));
        assert!(played.is_ok(), "input {input}: {bytes:02x?}");
    }
}

#[test]
fn seeds_of_the_fuzzer_do_what_the_model_does() {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fuzz/seeds/runtime");
    // A published crate comes without the workspace around it.
    let Ok(files) = std::fs::read_dir(seeds) else {
        println!("skipped: there is no {seeds}");
        return;
    };
    for file in files {
        let path = file.expect("an entry of the folder").path();
        let bytes = std::fs::read(&path).expect("a seed can be read");
        let played = std::panic::catch_unwind(|| play(&bytes));
        assert!(played.is_ok(), "{}", path.display());
    }
}
