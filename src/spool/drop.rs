//! Dropping a post on behalf of a client of the API: durable before it is answered for.

use std::io::{self, Read, Write};

use super::name::{Named, check_media_path, judge, numbered};
use super::queue::Queue;

/// A post being written into the queue under a hidden name. Dropped without [`Stage::commit`] it is taken away.
#[derive(Debug)]
pub struct Stage<'q> {
    queue: &'q Queue,
    name: String,
    hidden: String,
    done: bool,
}

fn bad_name(name: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("{name:?} is no name of a queue file"),
    )
}

impl Queue {
    /// Writes a queue file whole and durably; answers the name that it got, with a number when the name
    /// was taken.
    pub fn write_new(&self, name: &str, bytes: &[u8]) -> io::Result<String> {
        if !matches!(judge(name.as_bytes()), Named::File(_)) {
            return Err(bad_name(name));
        }
        let _naming = self.naming();
        let home = &self.place().home;
        let hidden = home.write_hidden(name, bytes)?;
        let placed = self.give_name(&hidden, name);
        if placed.is_err() {
            // Nothing was promised yet.
            let _ = home.remove(&hidden);
        }
        placed
    }

    /// Begins a bundle `NAME.post`. The name must be one that no other stage has, such as a post's id.
    pub fn stage(&self, name: &str) -> io::Result<Stage<'_>> {
        if judge(name.as_bytes()) != Named::Bundle {
            return Err(bad_name(name));
        }
        let home = &self.place().home;
        let hidden = format!(".{name}.tmp");
        if !home.make_dir(&hidden)? {
            self.remove_staged(&hidden)?;
            home.make_dir(&hidden)?;
        }
        Ok(Stage {
            queue: self,
            name: name.to_owned(),
            hidden,
            done: false,
        })
    }

    fn give_name(&self, hidden: &str, name: &str) -> io::Result<String> {
        let home = &self.place().home;
        for n in 0..super::claim::NUMBERS_MAX {
            let new = numbered(name, n);
            if home.rename(hidden, home, &new)? {
                home.sync()?;
                // Whole at once: it need not be waited for.
                self.arrived([new.as_str()]);
                return Ok(new);
            }
        }
        Err(io::Error::other(format!("no name is free for {name}")))
    }

    fn remove_staged(&self, hidden: &str) -> io::Result<()> {
        let home = &self.place().home;
        let dir = home.beneath(hidden)?;
        for file in dir.names(10_000)?.0 {
            if let Ok(file) = file.to_str() {
                dir.remove(file)?;
            }
        }
        home.remove_dir(hidden)
    }
}

impl Stage<'_> {
    /// Writes one file of the bundle, at most `max` bytes of it; answers how many they were.
    pub fn add(&mut self, file: &str, from: &mut dyn Read, max: u64) -> io::Result<u64> {
        if check_media_path(file).is_err() || file.contains('/') || file.starts_with('.') {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{file:?} cannot be the name of a file in a post"),
            ));
        }
        let dir = self.queue.place().home.beneath(&self.hidden)?;
        let mut out = dir.create(file)?;
        let mut buffer = vec![0; 64 * 1024];
        let mut total: u64 = 0;
        loop {
            let n = from.read(&mut buffer)?;
            if n == 0 {
                break;
            }
            total += n as u64;
            if total > max {
                return Err(io::Error::new(
                    io::ErrorKind::FileTooLarge,
                    format!("{file} has more than {max} bytes"),
                ));
            }
            out.write_all(&buffer[..n])?;
        }
        out.sync_all()?;
        Ok(total)
    }

    /// Makes it durable and gives it its name; answers that.
    pub fn commit(mut self) -> io::Result<String> {
        self.queue.place().home.beneath(&self.hidden)?.sync()?;
        let name = self.queue.give_name(&self.hidden, &self.name)?;
        self.done = true;
        Ok(name)
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        if !self.done {
            // A leftover has a hidden name, and the next of this name takes it away.
            let _ = self.queue.remove_staged(&self.hidden);
        }
    }
}
