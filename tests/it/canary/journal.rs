//! A journal that listens: what crierd sends to it, field by field.
//!
//! Where the journal listens is fixed (`/run/systemd/journal/socket`), so crierd runs in a mount namespace of its
//! own in which our socket lies there. That takes root; elsewhere it is said that this was skipped.

use std::fs::File;
use std::io::{IoSliceMut, Read as _, Seek as _};
use std::mem::MaybeUninit;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use crate::verbs::rig::IN_ITS_PLACE;

/// The largest datagram; what is longer comes as a file.
const DATAGRAM: usize = 1 << 20;
/// What ends the listening: no event is that short.
const END: &[u8] = b"end";

/// A socket and everything that came to it.
pub struct Journal {
    heard: Arc<Mutex<Vec<u8>>>,
    listener: Option<JoinHandle<()>>,
    path: std::path::PathBuf,
}

impl Journal {
    /// Listens at this path.
    pub fn listen(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&heard);
        Self {
            heard,
            listener: Some(std::thread::spawn(move || hear(&socket, &to))),
            path: path.to_owned(),
        }
    }

    /// Everything so far.
    pub fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap().clone()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let end = UnixDatagram::unbound().unwrap();
        if end.send_to(END, &self.path).is_ok()
            && let Some(listener) = self.listener.take()
        {
            // Its panic was told when it happened.
            let _ = listener.join();
        }
    }
}

fn hear(socket: &UnixDatagram, heard: &Mutex<Vec<u8>>) {
    let mut bytes = vec![0; DATAGRAM];
    loop {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let got = recvmsg(
            socket,
            &mut [IoSliceMut::new(&mut bytes)],
            &mut control,
            RecvFlags::CMSG_CLOEXEC,
        );
        let length = got.unwrap().bytes;
        if &bytes[..length] == END {
            return;
        }
        heard.lock().unwrap().extend_from_slice(&bytes[..length]);
        for message in control.drain() {
            let RecvAncillaryMessage::ScmRights(files) = message else {
                continue;
            };
            for file in files {
                let mut file = File::from(file);
                let mut long = Vec::new();
                file.rewind().unwrap();
                file.read_to_end(&mut long).unwrap();
                heard.lock().unwrap().extend_from_slice(&long);
            }
        }
    }
}

/// Why crierd cannot be given a journal of ours here; `None`: it can.
pub fn impossible() -> Option<String> {
    if !Path::new("/run/systemd").is_dir() {
        return Some("there is no /run/systemd to lay a socket into".to_owned());
    }
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let _socket = UnixDatagram::bind(&socket).unwrap();
    let tried = Command::new("unshare")
        .args(IN_ITS_PLACE)
        .arg(socket)
        .args(["test", "-S", "/run/systemd/journal/socket"])
        .stdin(Stdio::null())
        .output();
    match tried {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Some(format!("unshare: {error}")),
    }
}
