//! `redb`: inserts into a B-tree in memory, in transactions, then reads in order; pages are its buffers.

use redb::backends::InMemoryBackend;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use crate::digest::Digest;
use crate::random::Random;

const TABLE: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("records");
const INSERTS: usize = 20_000;
const PER_TRANSACTION: usize = 1_000;
const LONGEST_VALUE: usize = 400;

/// Fills a new database and reads it back.
pub(super) fn run(passes: u32) -> u64 {
    let mut digest = Digest::new();
    for pass in 0..passes {
        digest.word(fill_and_read(u64::from(pass)).expect("a database in memory does not fail"));
    }
    digest.finish()
}

fn fill_and_read(seed: u64) -> Result<u64, redb::Error> {
    let database = Database::builder().create_with_backend(InMemoryBackend::new())?;
    let mut random = Random::new(seed);
    let value: Vec<u8> = (0..LONGEST_VALUE).map(|_| random.word() as u8).collect();
    for first in (0..INSERTS).step_by(PER_TRANSACTION) {
        let transaction = database.begin_write()?;
        {
            let mut table = transaction.open_table(TABLE)?;
            for insert in first..first + PER_TRANSACTION {
                let key = format!("{:08x}/{insert}", random.word() as u32);
                table.insert(key.as_str(), &value[..random.below(LONGEST_VALUE)])?;
            }
        }
        transaction.commit()?;
    }
    let transaction = database.begin_read()?;
    let table = transaction.open_table(TABLE)?;
    let mut digest = Digest::new();
    for entry in table.iter()? {
        let (key, value) = entry?;
        digest.bytes(key.value().as_bytes());
        digest.bytes(value.value());
    }
    Ok(digest.finish())
}
