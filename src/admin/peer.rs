//! Who calls, by the kernel's word, and what that one may do.
//!
//! Root and the daemon's own user may do everything. Users and groups come from `[admin]`; names are
//! resolved once (at start and reload), so that a request never waits for a directory service.

use std::collections::{BTreeSet, HashMap};
use std::ffi::{CStr, CString};
use std::fmt;
use std::os::fd::AsRawFd;
use std::str::FromStr;

use tokio::net::UnixStream;

use super::types::{Caller, Role};

/// A user or group as `[admin]` writes it: `user:deploy`, `group:crier`; a number works as a name does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// One user.
    User(String),
    /// Whoever is in the group at the time of connecting.
    Group(String),
}

impl FromStr for Principal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("user", name)) if !name.is_empty() => Ok(Principal::User(name.to_owned())),
            Some(("group", name)) if !name.is_empty() => Ok(Principal::Group(name.to_owned())),
            Some(_) | None => Err(format!(
                "{text:?} is no principal: write `user:NAME` or `group:NAME`"
            )),
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Principal::User(name) => write!(f, "user:{name}"),
            Principal::Group(name) => write!(f, "group:{name}"),
        }
    }
}

/// The kernel's word on one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// User id.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
    /// Process id, 0 when the kernel does not tell (another pid namespace).
    pub pid: i32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
}

/// A caller before rights: `role` is `None` for those who may do nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The kernel's word.
    pub credentials: Credentials,
    /// The user's name, or the number where there is none.
    pub name: String,
    /// What it may do.
    pub role: Option<Role>,
}

impl Peer {
    /// The caller, if it may do anything at all.
    pub fn caller(&self) -> Option<Caller> {
        Some(Caller {
            uid: self.credentials.uid,
            gid: self.credentials.gid,
            pid: self.credentials.pid,
            role: self.role?,
            name: self.name.clone(),
        })
    }
}

/// Ids that have one role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ids {
    users: BTreeSet<u32>,
    groups: BTreeSet<u32>,
}

impl Ids {
    fn hold(&self, who: &Credentials) -> bool {
        self.users.contains(&who.uid)
            || self.groups.contains(&who.gid)
            || who.groups.iter().any(|gid| self.groups.contains(gid))
    }
}

/// Who may do what, resolved to ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    own_uid: u32,
    viewers: Ids,
    operators: Ids,
    names: HashMap<u32, String>,
}

impl Rights {
    /// Resolves the principals of `[admin]`. The second part names those that the system does not know:
    /// they have no rights until a reload after they exist.
    pub fn resolve(viewers: &[Principal], operators: &[Principal], own_uid: u32) -> (Rights, Vec<String>) {
        let mut rights = Rights {
            own_uid,
            ..Rights::default()
        };
        let mut unknown = Vec::new();
        for principal in viewers {
            add(&mut rights.viewers, &mut rights.names, principal, &mut unknown);
        }
        for principal in operators {
            add(&mut rights.operators, &mut rights.names, principal, &mut unknown);
        }
        for uid in [0, own_uid] {
            if let Some(name) = user_name(uid) {
                rights.names.insert(uid, name);
            }
        }
        (rights, unknown)
    }

    /// What these credentials may do.
    pub fn role(&self, who: &Credentials) -> Option<Role> {
        if who.uid == 0 || who.uid == self.own_uid {
            Some(Role::All)
        } else if self.operators.hold(who) {
            Some(Role::Operate)
        } else if self.viewers.hold(who) {
            Some(Role::View)
        } else {
            None
        }
    }

    /// The peer with its name and role. May ask the system's user database.
    pub fn peer(&self, credentials: Credentials) -> Peer {
        let uid = credentials.uid;
        Peer {
            role: self.role(&credentials),
            name: self
                .names
                .get(&uid)
                .cloned()
                .or_else(|| user_name(uid))
                .unwrap_or_else(|| uid.to_string()),
            credentials,
        }
    }
}

fn add(ids: &mut Ids, names: &mut HashMap<u32, String>, principal: &Principal, unknown: &mut Vec<String>) {
    match principal {
        Principal::User(name) => match user_id(name) {
            Some(uid) => {
                ids.users.insert(uid);
                names.insert(uid, name.clone());
            }
            None => unknown.push(principal.to_string()),
        },
        Principal::Group(name) => match group_id(name) {
            Some(gid) => {
                ids.groups.insert(gid);
            }
            None => unknown.push(principal.to_string()),
        },
    }
}

/// Asks the kernel about a connection. Supplementary groups that cannot be read count as none.
pub fn credentials(stream: &UnixStream) -> std::io::Result<Credentials> {
    let cred = stream.peer_cred()?;
    Ok(Credentials {
        uid: cred.uid(),
        gid: cred.gid(),
        pid: cred.pid().unwrap_or(0),
        groups: peer_groups(stream).unwrap_or_default(),
    })
}

/// `SO_PEERGROUPS`: the groups at the time of `connect`. No crate wraps it.
fn peer_groups(stream: &UnixStream) -> Option<Vec<u32>> {
    let mut groups: Vec<libc::gid_t> = vec![0; 64];
    for _attempt in 0..2 {
        let mut bytes = libc::socklen_t::try_from(groups.len() * size_of::<libc::gid_t>()).ok()?;
        // SAFETY: the descriptor is open as long as `stream` is borrowed; the pointer is to `bytes` bytes of
        // initialised memory that lives through the call; the kernel writes at most `bytes` bytes and says
        // in `bytes` how many it wrote (or, with ERANGE, how many it would need).
        let failed = unsafe {
            libc::getsockopt(
                stream.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_PEERGROUPS,
                groups.as_mut_ptr().cast(),
                &raw mut bytes,
            )
        } != 0;
        let count = usize::try_from(bytes).ok()? / size_of::<libc::gid_t>();
        if !failed {
            groups.truncate(count);
            return Some(groups);
        }
        if count <= groups.len() {
            return None;
        }
        groups = vec![0; count];
    }
    None
}

/// The most that an entry of the user or group database may need (a group with thousands of members).
const ENTRY_MAX: usize = 1 << 20;

fn user_id(name: &str) -> Option<u32> {
    if let Ok(uid) = name.parse() {
        return Some(uid);
    }
    let name = CString::new(name).ok()?;
    entry(|buffer| {
        let mut user = std::mem::MaybeUninit::<libc::passwd>::uninit();
        let mut found = std::ptr::null_mut();
        // SAFETY: `name` is a C string; `user` and `buffer` are writable and outlive the call; `found` is
        // either null or points to `user`, which the call has then filled in.
        unsafe {
            let error = libc::getpwnam_r(
                name.as_ptr(),
                user.as_mut_ptr(),
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                &raw mut found,
            );
            (error, found.as_ref().map(|user| user.pw_uid))
        }
    })
}

fn group_id(name: &str) -> Option<u32> {
    if let Ok(gid) = name.parse() {
        return Some(gid);
    }
    let name = CString::new(name).ok()?;
    entry(|buffer| {
        let mut group = std::mem::MaybeUninit::<libc::group>::uninit();
        let mut found = std::ptr::null_mut();
        // SAFETY: as in `user_id`.
        unsafe {
            let error = libc::getgrnam_r(
                name.as_ptr(),
                group.as_mut_ptr(),
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                &raw mut found,
            );
            (error, found.as_ref().map(|group| group.gr_gid))
        }
    })
}

fn user_name(uid: u32) -> Option<String> {
    entry(|buffer| {
        let mut user = std::mem::MaybeUninit::<libc::passwd>::uninit();
        let mut found = std::ptr::null_mut();
        // SAFETY: as in `user_id`; `pw_name` points into `buffer`, and is copied before `buffer` goes.
        unsafe {
            let error = libc::getpwuid_r(
                uid,
                user.as_mut_ptr(),
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                &raw mut found,
            );
            let name = found
                .as_ref()
                .map(|user| CStr::from_ptr(user.pw_name).to_string_lossy().into_owned());
            (error, name)
        }
    })
}

/// Calls `ask` with a buffer that grows while the database says that it is too small.
fn entry<T>(ask: impl Fn(&mut [u8]) -> (libc::c_int, Option<T>)) -> Option<T> {
    let mut size = 1024;
    while size <= ENTRY_MAX {
        let mut buffer = vec![0_u8; size];
        let (error, found) = ask(&mut buffer);
        if error != libc::ERANGE {
            return found;
        }
        size *= 4;
    }
    None
}

#[cfg(test)]
mod tests;
