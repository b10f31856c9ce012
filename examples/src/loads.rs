//! The work of the three examples that are tuned, by name: what is recorded is what is measured.

use std::path::PathBuf;

use crate::rerank::corpus::Corpus;
use crate::rerank::index::{Index, Workers};
use crate::rerank::search::Query;
use crate::rerank::{Error, queries};
use crate::{json_service, rerank, tensor_batches};

/// The work of one example.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// The example's name.
    pub name: &'static str,
    /// How much of it is recorded and measured: rounds, requests, batches.
    pub effort: u64,
    run: fn(u64) -> Result<u64, Error>,
}

/// Bytes of text that `rerank` reads: what is measured stays what was recorded, though the folder is this project's and
/// grows.
const TEXT: usize = 2 << 20;

/// All of them.
pub const LOADS: [Load; 3] = [
    Load {
        name: "rerank",
        effort: 4,
        run: |rounds| retrieve(rerank::default_folder(), rounds),
    },
    Load {
        name: "json_service",
        effort: 100_000,
        run: |requests| Ok(json_service::run(requests).checksum),
    },
    Load {
        name: "tensor_batches",
        effort: 400,
        run: |batches| Ok(tensor_batches::run(batches).sum.to_bits()),
    },
];

impl Load {
    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        LOADS.into_iter().find(|load| load.name == name)
    }

    /// Does the work; a number that depends on all of it.
    ///
    /// # Errors
    ///
    /// If a folder cannot be read.
    pub fn run(self, effort: u64) -> Result<u64, Error> {
        (self.run)(effort)
    }
}

/// Reads text below a folder, and indexes it and answers the default queries, round for round.
fn retrieve(folder: PathBuf, rounds: u64) -> Result<u64, Error> {
    let corpus = Corpus::read_some(&folder, TEXT, |_| {})?;
    let workers = Workers {
        threads: 2,
        batch: 64,
    };
    let queries: Vec<Query> = queries::DEFAULT
        .iter()
        .map(|text| Query::new(text))
        .collect();
    let mut sum = 0_u64;
    for _ in 0..rounds {
        let index = Index::build(&corpus, workers, |_| {})?;
        for query in &queries {
            for hit in index.top(&index.embed_query(query), 10) {
                sum = sum.wrapping_mul(31).wrapping_add(hit.passage as u64);
            }
        }
    }
    Ok(sum)
}
