//! `json_service`: orders as JSON, parsed, kept, changed, written out and dropped.
//!
//! What a service does between its sockets: each worker owns a shard of the orders, and answers requests as fast as it can.
//! `orders` writes the texts that clients would send. Nothing here knows which allocator serves it; what is
//! computed depends on the number of requests alone.

mod orders;

use std::collections::HashMap;
use std::thread;

use serde::{Deserialize, Serialize};
use serde_json::json;

use orders::Orders;

/// Threads, each with its shard.
const WORKERS: u64 = 2;
/// Orders that a shard keeps.
const KEPT: usize = 20_000;

/// An order, as clients send it and get it back.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    id: String,
    client: String,
    placed: String,
    due: String,
    state: String,
    track: Option<String>,
    lines: Vec<Line>,
    address: Address,
}

/// A line of an order.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    article: String,
    title: String,
    count: u64,
    price: u64,
    tags: Vec<String>,
}

/// Where it goes.
#[derive(Debug, Serialize, Deserialize)]
struct Address {
    name: String,
    street: String,
    place: String,
    code: String,
}

/// What came of all requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Requests answered.
    pub requests: u64,
    /// Bytes of the answers.
    pub bytes: u64,
    /// A sum over the answers' contents.
    pub checksum: u64,
}

/// Answers so many requests on each worker.
///
/// # Panics
///
/// If a worker does.
#[must_use]
pub fn run(requests: u64) -> Answers {
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| scope.spawn(move || Shard::new(worker).answer(requests)))
            .collect();
        workers.into_iter().fold(Answers::default(), |sum, worker| {
            let answers = worker.join().expect("a worker answers every request");
            Answers {
                requests: sum.requests + answers.requests,
                bytes: sum.bytes + answers.bytes,
                checksum: sum.checksum.wrapping_add(answers.checksum),
            }
        })
    })
}

/// The orders of one worker, by number; the oldest is dropped for a new one.
struct Shard {
    orders: Orders,
    kept: HashMap<u64, Order>,
    oldest: u64,
    next: u64,
}

impl Shard {
    fn new(worker: u64) -> Self {
        Self {
            orders: Orders::new(worker),
            kept: HashMap::new(),
            oldest: 0,
            next: 0,
        }
    }

    fn answer(mut self, requests: u64) -> Answers {
        let mut answers = Answers::default();
        for request in 0..requests {
            // One new order, then a look at another one.
            let answer = if request % 2 == 0 {
                self.place()
            } else {
                self.ship()
            };
            answers.requests += 1;
            answers.bytes += answer.len() as u64;
            answers.checksum = answer.bytes().fold(answers.checksum, |sum, byte| {
                sum.wrapping_mul(31).wrapping_add(byte.into())
            });
        }
        answers
    }

    fn place(&mut self) -> String {
        let text = self.orders.text();
        let order: Order = serde_json::from_str(&text).expect("clients send JSON");
        let answer = json!({ "order": self.next, "id": order.id }).to_string();
        self.kept.insert(self.next, order);
        self.next += 1;
        if self.kept.len() > KEPT {
            self.kept.remove(&self.oldest);
            self.oldest += 1;
        }
        answer
    }

    fn ship(&mut self) -> String {
        let number = self.oldest + self.orders.below(self.next - self.oldest);
        let Some(order) = self.kept.get_mut(&number) else {
            return String::new();
        };
        order.state = String::from("shipped");
        order.track = Some(format!("track-{number:012}"));
        serde_json::to_string(order).expect("an order can be written")
    }
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn the_same_requests_get_the_same_answers() {
        let answers = run(400);
        assert_eq!(answers.requests, 800);
        assert!(answers.bytes > 100_000);
        assert_eq!(run(400), answers);
    }
}
