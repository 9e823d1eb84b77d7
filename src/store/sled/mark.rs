//! The high-water mark: how many commits the database is known to have.
//!
//! sled takes a damaged or missing tail of its file for writing that never ended, and opens without it:
//! an older database without an error, in which posts that went out are still due. So every commit counts
//! up a record, and the count is noted in a file once the commit is durable. The note is not synced: it
//! may be behind, never ahead. A database with a lower count than the note has lost acknowledged commits.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};

use super::super::chunk::{self, Head};
use super::super::{StoreError, Table};
use super::Shared;
use super::place::Place;

const KEY: &[u8] = b"commits";

/// The count and the file that notes it.
#[derive(Debug)]
pub(super) struct Mark {
    file: File,
    count: u64,
}

impl Mark {
    /// Compare the database with the note.
    pub(super) fn open(place: &Place, shared: &Shared) -> Result<Mark, StoreError> {
        let path = place.store().join("mark");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path);
        let file = file.map_err(|e| StoreError::io(format!("opening {}", path.display()), &e))?;
        let count = counted(shared)?;
        let noted = noted(&file).unwrap_or(0);
        // an empty database is told in its own words, by the missing sentinel
        if count < noted && !shared.db.is_empty() {
            let lost = noted - count;
            return Err(place.damaged(format!("its last {lost} of {noted} commits are missing")));
        }
        Ok(Mark { file, count })
    }

    /// The row that the next commit writes with its own.
    pub(super) fn next_row(&self) -> (Vec<u8>, Vec<u8>) {
        let (head, _) = chunk::encode(&(self.count + 1).to_be_bytes());
        (chunk::record_key(Table::Meta, KEY), head)
    }

    /// The next commit is durable: note it.
    pub(super) fn advance(&mut self) {
        self.count += 1;
        let count = self.count.to_be_bytes();
        let note = [count, chunk::checksum(&count)].concat();
        // a note that cannot be written stays behind, and behind is allowed
        let _ = self.file.write_all_at(&note, 0);
    }
}

fn counted(shared: &Shared) -> Result<u64, StoreError> {
    let row = shared
        .fence
        .run("reading", || shared.db.get(chunk::record_key(Table::Meta, KEY)))?;
    let Some(row) = row else { return Ok(0) };
    match chunk::decode(&row) {
        Some(Head::Whole(value)) if value.len() == 8 => {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(value);
            Ok(u64::from_be_bytes(bytes))
        }
        Some(Head::Whole(_) | Head::Split { .. }) | None => {
            Err(shared.fence.damaged("its count of commits cannot be read".into()))
        }
    }
}

/// The note, if it is whole: a cut may leave it empty or full of zeros.
fn noted(file: &File) -> Option<u64> {
    let mut note = [0; 16];
    file.read_exact_at(&mut note, 0).ok()?;
    let (count, sum) = note.split_first_chunk::<8>()?;
    (chunk::checksum(count) == sum).then(|| u64::from_be_bytes(*count))
}
