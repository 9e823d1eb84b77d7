//! Changes that belong together but are more than one batch may hold: all of them or none, whatever ends the process.
//!
//! First every change is noted in a table of its own, then a mark is set, then the changes are made; each step takes
//! with it the notes of what it has made, and the last one the mark. What a start finds says how far that came: notes
//! without a mark are forgotten, as if nothing had been; with the mark, what is still noted is made.

use std::path::PathBuf;

use super::{Batch, Change, Store, StoreError, Table};

/// What one step writes, in bytes: well under [`super::MAX_BATCH`], since it forgets notes beside.
const STEP_BYTES: usize = 64 << 10;
const MARK: &[u8] = b"whole";
const PUT: u8 = 1;
const DELETE: u8 = 0;

/// A note's key, and the change that it stands for; `None`: the note is only forgotten.
type Noted = (Vec<u8>, Option<Change>);

/// Commits batches as one. A single one is committed as it is.
///
/// After an error it may be called again with the same batches.
///
/// # Errors
/// As [`Store::commit`].
pub async fn commit(store: &dyn Store, batches: Vec<Batch>) -> Result<(), StoreError> {
    for batch in &batches {
        batch.check()?;
    }
    for step in steps(batches) {
        store.commit(step).await?;
    }
    Ok(())
}

/// Ends what the last process left in its middle. To be called before anything else is read.
///
/// # Errors
/// When the store cannot be read or written, or holds a note that cannot be read.
pub fn finish(store: &dyn Store) -> Result<(), StoreError> {
    let marked = store.get(Table::Meta, MARK)?.is_some();
    let mut noted: Vec<Noted> = Vec::new();
    for (key, note) in store.load(Table::Notes)? {
        let change = marked.then(|| decode(&note).ok_or_else(unreadable)).transpose()?;
        noted.push((key, change));
    }
    if marked || !noted.is_empty() {
        for step in making(noted) {
            store.commit_blocking(step)?;
        }
    }
    Ok(())
}

fn steps(mut batches: Vec<Batch>) -> Vec<Batch> {
    batches.retain(|batch| !batch.is_empty());
    if batches.len() <= 1 {
        return batches;
    }
    let changes = batches.into_iter().flat_map(Batch::into_changes);
    let noted: Vec<Noted> = (0_u32..)
        .zip(changes)
        .map(|(number, change)| (number.to_be_bytes().to_vec(), Some(change)))
        .collect();
    let mut all = noting(&noted);
    let mut mark = Batch::new();
    mark.put(Table::Meta, MARK, Vec::new());
    all.push(mark);
    all.extend(making(noted));
    all
}

fn noting(noted: &[Noted]) -> Vec<Batch> {
    let notes = noted.iter().filter_map(|(key, change)| {
        let mut note = Batch::new();
        note.put(Table::Notes, key.clone(), encode(change.as_ref()?));
        Some(note)
    });
    gathered(notes)
}

/// The changes, each with the end of its note; the last step takes the mark.
fn making(noted: Vec<Noted>) -> Vec<Batch> {
    let made = noted.into_iter().map(|(key, change)| {
        let mut one = Batch::new();
        one.delete(Table::Notes, key);
        if let Some(change) = change {
            one.push(change);
        }
        one
    });
    let mut all = gathered(made);
    let mut unmarked = Batch::new();
    unmarked.delete(Table::Meta, MARK);
    match all.last_mut() {
        Some(last) => {
            last.append(unmarked);
        }
        None => all.push(unmarked),
    }
    all
}

/// Small batches in their order, as few as there may be.
fn gathered(small: impl Iterator<Item = Batch>) -> Vec<Batch> {
    let mut all: Vec<Batch> = Vec::new();
    for one in small {
        match all.last_mut() {
            Some(last) if last.size() + one.size() <= STEP_BYTES => {
                last.append(one);
            }
            Some(_) | None => all.push(one),
        }
    }
    all
}

/// `table` `kind` `key-length(u16)` `key` `value`
fn encode(change: &Change) -> Vec<u8> {
    let value = change.value.as_deref().unwrap_or_default();
    let mut note = Vec::with_capacity(4 + change.key.len() + value.len());
    note.push(change.table.code());
    note.push(if change.value.is_some() { PUT } else { DELETE });
    // Fits: keys have at most MAX_KEY bytes.
    note.extend_from_slice(&(change.key.len() as u16).to_be_bytes());
    note.extend_from_slice(&change.key);
    note.extend_from_slice(value);
    note
}

fn decode(note: &[u8]) -> Option<Change> {
    let ([code, kind], rest) = note.split_first_chunk::<2>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (key, value) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    Some(Change {
        table: Table::ALL.into_iter().find(|table| table.code() == *code)?,
        key: key.to_vec(),
        value: match *kind {
            PUT => Some(value.to_vec()),
            DELETE => None,
            _ => return None,
        },
    })
}

/// The store on disk adds where it lies.
fn unreadable() -> StoreError {
    StoreError::Damaged {
        state: PathBuf::new(),
        what: "a note of an unfinished change cannot be read".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Injected, MAX_KEY, MAX_RECORD, MemoryStore};
    use super::*;

    /// A post of a kilobyte to a hundred accounts that takes the place of an older one, with a record of the greatest length.
    fn large() -> Vec<Batch> {
        let mut small = Vec::new();
        for n in 0..100_u8 {
            let mut one = Batch::new();
            one.put(Table::Deliveries, [n], vec![n; 1_000 + usize::from(n)]);
            one.delete(Table::Ledger, [n]);
            small.push(one);
        }
        let mut post = Batch::new();
        post.put(Table::Posts, vec![7; MAX_KEY], vec![7; MAX_RECORD]);
        small.push(post);
        gathered(small.into_iter())
    }

    fn earlier() -> MemoryStore {
        let store = MemoryStore::new();
        let mut batch = Batch::new();
        for n in 0..100_u8 {
            batch.put(Table::Ledger, [n], vec![1]);
        }
        store.commit_blocking(batch).unwrap();
        store
    }

    /// Everything but the notes: `None` where some are left.
    fn found(store: &MemoryStore) -> Option<Vec<usize>> {
        let of = |table| store.load(table).unwrap().len();
        let rest = of(Table::Notes) + usize::from(store.get(Table::Meta, MARK).unwrap().is_some());
        (rest == 0).then(|| [Table::Deliveries, Table::Ledger, Table::Posts].map(of).to_vec())
    }

    #[tokio::test]
    async fn a_power_cut_at_any_step_leaves_all_or_nothing() {
        let whole = earlier();
        commit(&whole, large()).await.unwrap();
        let steps = whole.commits() - 1;
        assert!(steps > 5, "{steps}");
        assert_eq!(found(&whole), Some(vec![100, 0, 1]));
        let mut seen = Vec::new();
        for step in 0..steps {
            for fault in [Injected::CutBefore, Injected::CutAfter] {
                let store = earlier();
                store.fail_after(step, fault);
                commit(&store, large()).await.unwrap_err();
                // A second cut, while the start ends what was left.
                let first = store.crash();
                first.fail_after(step % 3, fault);
                let _ = finish(&first);
                let second = first.crash();
                finish(&second).unwrap();
                let left = found(&second).unwrap();
                assert!(
                    left == [100, 0, 1] || left == [0, 100, 0],
                    "{step} {fault:?}: {left:?}"
                );
                seen.push(left);
            }
        }
        assert!(seen.is_sorted() && seen.first() != seen.last(), "{seen:?}");
    }

    #[tokio::test]
    async fn a_full_disk_in_the_middle_is_gone_on_from() {
        let store = earlier();
        store.fail_after(5, Injected::Full);
        commit(&store, large()).await.unwrap_err();
        store.mend();
        commit(&store, large()).await.unwrap();
        assert_eq!(found(&store), Some(vec![100, 0, 1]));
    }

    #[tokio::test]
    async fn one_batch_is_one_commit() {
        let store = MemoryStore::new();
        let mut batch = Batch::new();
        batch.put(Table::Posts, "p", vec![1]);
        commit(&store, vec![Batch::new(), batch]).await.unwrap();
        assert_eq!(store.commits(), 1);
    }

    #[test]
    fn a_note_that_is_none_is_told() {
        for bad in [&[][..], &[1], &[2, PUT, 0, 9, 1], &[99, PUT, 0, 0], &[2, 7, 0, 0]] {
            let store = MemoryStore::new();
            let mut batch = Batch::new();
            batch.put(Table::Meta, MARK, Vec::new());
            batch.put(Table::Notes, "n", bad.to_vec());
            store.commit_blocking(batch).unwrap();
            assert!(
                matches!(finish(&store), Err(StoreError::Damaged { .. })),
                "{bad:?}"
            );
        }
    }
}
