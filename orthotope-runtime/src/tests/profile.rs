//! Profiles as text: what is written can be read, and what cannot be read says where and why.

use super::rng::Rng;
use crate::profile::{BINS, Bin, EXACT_BYTES, LARGEST_BYTES, MOST, Profile, bin_limit, bin_of};

#[test]
fn bins_are_exact_to_4_kib_and_64_a_doubling_above() {
    for (size, limit) in [
        (1, 8),
        (8, 8),
        (9, 16),
        (4_089, 4_096),
        (4_096, 4_096),
        (4_097, 4_160),
        (6_144, 6_144),
        (8_192, 8_192),
        (8_193, 8_320),
        (1 << 40, 1 << 40),
        ((1 << 40) + 1, (1 << 40) + (1 << 34)),
        (LARGEST_BYTES, LARGEST_BYTES),
        (usize::MAX, LARGEST_BYTES),
        (0, 8),
    ] {
        assert_eq!(bin_limit(bin_of(size)), limit, "{size}");
    }
}

#[test]
fn bins_are_in_order_without_a_gap() {
    assert_eq!((bin_of(1), bin_of(LARGEST_BYTES)), (0, BINS - 1));
    for bin in 0..BINS - 1 {
        let limit = bin_limit(bin);
        assert_eq!((bin_of(limit), bin_of(limit + 1)), (bin, bin + 1));
        if limit > EXACT_BYTES {
            assert!(limit - bin_limit(bin - 1) <= limit / 64);
        }
    }
}

fn random(rng: &mut Rng, bins: usize) -> Profile {
    let mut at = 0;
    let bins: Vec<Bin> = (0..bins)
        .map(|_| {
            at += 1 + rng.below(60);
            let size = bin_limit(at);
            let peak = rng.next() % 1_000_000_000;
            Bin {
                size,
                allocations: rng.next() % MOST,
                live: rng.next() % 1_000,
                peak,
                peak_bytes: peak.saturating_mul(size as u64).min(MOST) / (1 + rng.next() % 2),
                align: 8 << rng.below(10),
                aligned: rng.next() % 100,
                reallocs: rng.next() % 100,
                remote_frees: rng.next() % 100,
            }
        })
        .collect();
    Profile {
        processes: 1 + rng.next() % 9,
        threads: rng.next() % 99,
        bins,
    }
}

#[test]
fn what_is_written_is_read() {
    for seed in 1..=50 {
        let mut rng = Rng::new(seed);
        let bins = rng.below(40);
        let profile = random(&mut rng, bins);
        let text = profile.to_string();
        assert_eq!(Profile::parse(&text), Ok(profile.clone()), "seed {seed}");
        // Layout does not matter.
        let dense: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        assert_eq!(Profile::parse(&dense), Ok(profile), "seed {seed}");
    }
}

#[test]
fn a_text_cut_anywhere_is_refused() {
    let text = random(&mut Rng::new(3), 5).to_string();
    for end in 0..text.trim_end().len() {
        let error = Profile::parse(&text[..end]).expect_err("it was cut");
        assert!(error.to_string().contains("record"), "{error}");
        assert_eq!(error.line(), 1 + text[..end].matches('\n').count(), "{end}");
    }
}

#[test]
fn no_text_confuses_the_reader() {
    let text = random(&mut Rng::new(4), 8).to_string().into_bytes();
    let mut rng = Rng::new(5);
    for _ in 0..20_000 {
        let mut text = text.clone();
        for _ in 0..1 + rng.below(3) {
            let at = rng.below(text.len());
            text[at] = b"{}[]\",:\\0919-e. \nx"[rng.below(18)];
        }
        let text = String::from_utf8(text).expect("ASCII");
        if let Ok(profile) = Profile::parse(&text) {
            assert_eq!(Profile::parse(&profile.to_string()), Ok(profile));
        }
    }
    let deep = "[".repeat(100_000);
    assert!(Profile::parse(&format!("{{\"x\": {deep}")).is_err());
}

#[test]
fn every_error_names_its_line_and_the_mend() {
    let bins = |bins: &str| format!("{{\n\"orthotope_profile\": 1,\n\"bins\": [\n{bins}\n]}}");
    for (text, message) in [
        (String::new(), "line 1: the text ends here"),
        ("[package]".into(), "line 1: expected `{`"),
        ("{}".into(), "line 1: `orthotope_profile` is missing"),
        (
            "{\"orthotope_profile\": 1}".into(),
            "line 1: `bins` is missing",
        ),
        (
            "{\n\"orthotope_profile\": 2, \"later\": {}}".into(),
            "line 2: the format has version 2, and this orthotope reads up to 1; update",
        ),
        (
            "{\"orthotope_profile\": 0}".into(),
            "line 1: expected a version",
        ),
        (bins("{\"peak\": 1}"), "line 4: this bin has no `size`"),
        (bins("{\"size\": 8}"), "line 4: this bin has no `peak`"),
        (
            bins("{\"size\": 9, \"peak\": 1}"),
            "line 4: `size` 9 is not a multiple",
        ),
        (
            bins("{\"size\": 0, \"peak\": 1}"),
            "line 4: `size` 0 is not",
        ),
        (
            bins("{\"size\": 281474976710656, \"peak\": 1}"),
            "line 4: `size` 281474976710656",
        ),
        (
            bins("{\"size\": 8, \"peak\": 1, \"align\": 3}"),
            "line 4: `align` 3 is not",
        ),
        (
            bins("{\"size\": 8, \"peak\": -1}"),
            "line 4: expected a whole number",
        ),
        (
            bins("{\"size\": 8, \"peak\": 1.5}"),
            "line 4: expected a whole number",
        ),
        (
            bins("{\"size\": 8, \"peak\": 9007199254740992}"),
            "line 4: expected a whole",
        ),
        (
            bins("{\"size\": 8, \"peak\": 2, \"peak_bytes\": 17}"),
            "line 4: `peak_bytes` 17 is more",
        ),
        (
            bins("{\"size\": 16, \"peak\": 1},\n{\"size\": 8, \"peak\": 1}"),
            "line 5: `size` 8 is not more than 16",
        ),
        (
            bins("{\"size\": 8, \"peak\": 1}") + "x",
            "line 5: expected nothing after",
        ),
    ] {
        let error = Profile::parse(&text).expect_err(&text);
        assert!(error.to_string().starts_with(message), "{error}");
    }
}

#[test]
fn later_keys_are_ignored() {
    let text = r#"{"host": "a\"b\\", "nested": {"x": [1, -2.5e3, null, true, {}, []]}, "orthotope_profile": 1,
        "bins": [{"size": 16, "peak": 3, "colour": "red"}]}"#;
    let profile = Profile::parse(text).expect("only keys that nobody knows");
    assert_eq!((profile.processes, profile.threads), (1, 1));
    assert_eq!(profile.bins[0].peak_bytes, 48);
}

#[test]
fn merging_sums_and_keeps_the_order() {
    let mut rng = Rng::new(11);
    let (a, b) = (random(&mut rng, 30), random(&mut rng, 30));
    let mut merged = a.clone();
    merged.merge(&b);
    let mut other = b.clone();
    other.merge(&a);
    assert_eq!(merged, other);
    assert_eq!(merged.processes, a.processes + b.processes);
    assert!(merged.bins.is_sorted_by(|a, b| a.size < b.size));
    let peaks = |profile: &Profile| profile.bins.iter().map(|bin| bin.peak).sum::<u64>();
    assert_eq!(peaks(&merged), peaks(&a) + peaks(&b));
    assert_eq!(Profile::parse(&merged.to_string()), Ok(merged));
}

#[test]
fn a_profile_without_allocations_is_empty() {
    let bin = |peak| Bin {
        size: 8,
        peak,
        ..Bin::default()
    };
    let profile = |bins| Profile {
        processes: 1,
        threads: 1,
        bins,
    };
    assert!(profile(vec![]).is_empty() && profile(vec![bin(0)]).is_empty());
    assert!(!profile(vec![bin(1)]).is_empty());
}
