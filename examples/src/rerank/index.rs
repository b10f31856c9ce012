//! All passages to vectors: two passes in batches over worker threads.
//!
//! The first pass counts in how many passages each n-gram occurs, the second embeds with those counts. A worker
//! takes the next batch when it is done with the last; results are put in place by number, so their order of
//! arrival does not matter. The vectors are allocated on the workers and outlive them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use super::Error;
use super::corpus::Corpus;
use super::embed::{Embedding, Frequencies, Weights, features};

/// How the work is shared out.
#[derive(Clone, Copy, Debug)]
pub struct Workers {
    /// Threads to start, at least one.
    pub threads: usize,
    /// Passages a thread takes at a time, at least one.
    pub batch: usize,
}

/// The vectors of a corpus, and the weights that queries need to be comparable with them.
#[derive(Debug)]
pub struct Index {
    /// What each n-gram is worth in this corpus.
    pub weights: Weights,
    /// One for each passage, in the corpus' order.
    pub embeddings: Vec<Embedding>,
}

impl Index {
    /// The passes that each passage goes through, for whoever shows progress.
    pub const PASSES: usize = 2;

    /// Indexes the corpus; `progress` hears of each batch done, in passages.
    pub fn build(
        corpus: &Corpus,
        workers: Workers,
        mut progress: impl FnMut(usize),
    ) -> Result<Self, Error> {
        let passages = &corpus.passages[..];

        let frequencies = Frequencies::new();
        workers.run(
            passages,
            |batch| {
                for passage in batch {
                    frequencies.add(&features(corpus.text(passage)));
                }
                batch.len()
            },
            |_, count| progress(count),
        )?;
        let weights = frequencies.into_weights(passages.len());

        let mut batches: Vec<Vec<Embedding>> = Vec::new();
        batches.resize_with(passages.len().div_ceil(workers.batch), Vec::new);
        workers.run(
            passages,
            |batch| -> Vec<Embedding> {
                batch
                    .iter()
                    .map(|passage| weights.embed(&features(corpus.text(passage))))
                    .collect()
            },
            |number, embeddings| {
                progress(embeddings.len());
                batches[number] = embeddings;
            },
        )?;
        let embeddings = batches.into_iter().flatten().collect();
        Ok(Self {
            weights,
            embeddings,
        })
    }
}

impl Workers {
    /// Without the threads for which so many items leave no batch: they would only start and stop.
    #[must_use]
    pub fn for_items(self, items: usize) -> Self {
        let threads = self.threads.min(items.div_ceil(self.batch));
        Self { threads, ..self }
    }

    /// Applies `work` to all batches of `items` on the worker threads, and `done` to each batch's number and
    /// result on the calling one.
    pub fn run<T: Sync, R: Send>(
        self,
        items: &[T],
        work: impl Fn(&[T]) -> R + Sync,
        mut done: impl FnMut(usize, R),
    ) -> Result<(), Error> {
        let next = AtomicUsize::new(0);
        let threads = self.for_items(items.len()).threads;
        thread::scope(|scope| {
            // Bounded: workers wait for a slow receiver instead of filling memory.
            let (results, inbox) = sync_channel(2 * threads);
            for number in 1..=threads {
                let results = results.clone();
                let worker = || {
                    let results = results;
                    loop {
                        let batch = next.fetch_add(1, Ordering::Relaxed);
                        let Some(items) = items.chunks(self.batch).nth(batch) else {
                            break;
                        };
                        if results.send((batch, work(items))).is_err() {
                            // The receiver gave up because a later thread could not be started.
                            break;
                        }
                    }
                };
                thread::Builder::new()
                    .name(format!("worker-{number}"))
                    .spawn_scoped(scope, worker)
                    .map_err(|source| Error::NoThread {
                        number,
                        wanted: threads,
                        source,
                    })?;
            }
            drop(results);
            for (batch, result) in inbox {
                done(batch, result);
            }
            Ok(())
        })
    }
}
