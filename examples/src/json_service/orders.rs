//! The texts that clients send: orders with identifiers, times, lines and an address.

use std::fmt::Write;

const WORDS: [&str; 16] = [
    "amber", "basalt", "cedar", "drift", "ember", "fathom", "gable", "harbour", "indigo",
    "juniper", "kestrel", "lantern", "meadow", "nimbus", "orchard", "pebble",
];

/// An endless supply of orders, the same for the same worker.
pub(super) struct Orders {
    state: u64,
}

impl Orders {
    pub(super) fn new(worker: u64) -> Self {
        Self {
            state: 0x9e37_79b9_7f4a_7c15 ^ (worker + 1),
        }
    }

    /// Xorshift (Marsaglia, 2003).
    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 16) % bound
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len() as u64) as usize]
    }

    /// 36 letters, as identifiers are written.
    fn identifier(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }

    /// 20 letters.
    fn time(&mut self) -> String {
        format!(
            "2026-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            1 + self.below(12),
            1 + self.below(28),
            self.below(24),
            self.below(60),
            self.below(60)
        )
    }

    /// One order.
    pub(super) fn text(&mut self) -> String {
        let mut text = format!(
            "{{\"id\":\"{}\",\"client\":\"{}\",\"placed\":\"{}\",\"due\":\"{}\",\"state\":\"new\",\"lines\":[",
            self.identifier(),
            self.identifier(),
            self.time(),
            self.time()
        );
        for line in 0..1 + self.below(9) {
            let comma = if line == 0 { "" } else { "," };
            let (article, count, price) =
                (self.identifier(), 1 + self.below(20), self.below(100_000));
            let title = (self.word(), self.word(), self.word());
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "{comma}{{\"article\":\"{article}\",\"title\":\"{} {} {}\",\"count\":{count},\"price\":{price},\
                 \"tags\":[\"{}\",\"{}\"]}}",
                title.0,
                title.1,
                title.2,
                self.word(),
                self.word()
            );
        }
        let _ = write!(
            text,
            "],\"address\":{{\"name\":\"{} {}\",\"street\":\"{} street {}\",\"place\":\"{}\",\"code\":\"{:05}\"}}}}",
            self.word(),
            self.word(),
            self.word(),
            self.below(300),
            self.word(),
            self.below(99_999)
        );
        text
    }
}
