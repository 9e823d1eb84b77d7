//! Claiming: one rename into `sending/`, from when on the post's content is fixed.

use std::io;

use super::name::numbered;
use super::queue::Queue;
use super::read::{Stamp, Still, same};

/// Names tried when one is taken.
pub(super) const NUMBERS_MAX: u32 = 10_000;

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It lies in `sending/` under this name, durably.
    Moved(String),
    /// It was changed since it was read: read it again.
    Changed,
    /// It was removed: that cancels it.
    Gone,
}

impl Queue {
    /// Moves an entry to `sending/` if it is still what was read.
    pub fn claim(&self, name: &str, stamp: &Stamp) -> io::Result<Claim> {
        match self.still(name, stamp)? {
            Still::Same => {}
            Still::Changed => return Ok(Claim::Changed),
            Still::Gone => return Ok(Claim::Gone),
        }
        let place = self.place();
        let Some(taken) = self.move_free(name)? else {
            return Ok(Claim::Gone);
        };
        // Changed between the look and the rename: back it goes. Media beside it are not moved, and are
        // sent from the snapshot.
        let own = own_stamp(name, stamp);
        if same(&place.sending, &taken, &own)? != Still::Same {
            self.unclaim(&taken, name)?;
            return Ok(Claim::Changed);
        }
        place.sending.sync()?;
        place.home.sync()?;
        Ok(Claim::Moved(taken))
    }

    /// The name in `sending/` under which an entry lies already: a crash came between its rename and the
    /// record of it.
    pub fn claimed_as(&self, name: &str, stamp: &Stamp) -> io::Result<Option<String>> {
        let own = own_stamp(name, stamp);
        for taken in self.sending()? {
            if super::name::split(&taken).1 == super::name::split(name).1
                && same(&self.place().sending, &taken, &own)? == Still::Same
            {
                return Ok(Some(taken));
            }
        }
        Ok(None)
    }

    fn move_free(&self, name: &str) -> io::Result<Option<String>> {
        let place = self.place();
        for n in 0..NUMBERS_MAX {
            let new = numbered(name, n);
            match place.home.rename(name, &place.sending, &new) {
                Ok(true) => return Ok(Some(new)),
                Ok(false) => {}
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(e) => return Err(e),
            }
        }
        Err(io::Error::other(format!(
            "no name is free for {name} in sending/"
        )))
    }

    /// Moves a claimed entry back, as near to its old name as is free; answers that name.
    pub fn unclaim(&self, taken: &str, name: &str) -> io::Result<String> {
        let place = self.place();
        for n in 0..NUMBERS_MAX {
            let back = numbered(name, n);
            if place.sending.rename(taken, &place.home, &back)? {
                place.home.sync()?;
                place.sending.sync()?;
                return Ok(back);
            }
        }
        Err(io::Error::other(format!("no name is free for {name}")))
    }
}

/// What moves with an entry: a bundle's media do, those beside a file do not.
fn own_stamp(name: &str, stamp: &Stamp) -> Stamp {
    let media = if name.ends_with(".post") {
        stamp.media.clone()
    } else {
        std::collections::BTreeMap::new()
    };
    Stamp {
        draft: stamp.draft,
        media,
    }
}
