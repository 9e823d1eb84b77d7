//! Secrets by name: where one lies, and its reading at the last moment.

use std::fmt;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Serialize;
use zeroize::Zeroizing;

use super::origin::Origins;
use super::settings::Settings;
use crate::core::diagnose::{Diagnostic, Diagnostics};

/// The longest secret that is read, in bytes.
pub(super) const SECRET_MAX: u64 = 64 * 1024;

/// Where a secret lies. Never the secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretSource {
    /// A systemd credential: a file of this name in `$CREDENTIALS_DIRECTORY`.
    Credential(String),
    /// A file.
    File(PathBuf),
    /// An environment variable.
    Env(String),
}

/// As it is written in the config.
impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretSource::Credential(name) => write!(f, "credential {name:?}"),
            SecretSource::File(path) => write!(f, "file {}", path.display()),
            SecretSource::Env(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// Why a secret could not be read: a sentence with what to do, never any of its text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SecretError(pub String);

impl SecretSource {
    /// Reads it: one line break at its end is dropped, and nothing else. `credentials` is the directory that
    /// systemd made, `env` looks up an environment variable. Errors when it is missing, empty, over
    /// 64 KiB or not one line of text.
    pub fn read(
        &self,
        credentials: Option<&Path>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<SecretString, SecretError> {
        match self {
            SecretSource::Credential(name) => {
                let dir = credentials.ok_or_else(|| self.no_directory())?;
                let path = dir.join(name);
                if !path.exists() {
                    return Err(SecretError(format!(
                        "{self} is not there: systemd hands credentials over when the service starts, so add LoadCredential={name}:FILE with `systemctl edit crierd`, then `systemctl restart crierd`"
                    )));
                }
                self.read_file(&path)
            }
            SecretSource::File(path) => self.read_file(path),
            SecretSource::Env(name) => {
                let text = env(name).ok_or_else(|| {
                    SecretError(format!("{self} is not set; set it in the service's environment"))
                })?;
                self.finish(Zeroizing::new(text.into_bytes()))
            }
        }
    }

    fn no_directory(&self) -> SecretError {
        SecretError(format!(
            "{self} needs systemd, which sets $CREDENTIALS_DIRECTORY: start crierd as a service with \
             LoadCredential= or LoadCredentialEncrypted= (`systemctl edit crierd`, then `systemctl restart crierd`), or name the secret with file or env"
        ))
    }

    fn read_file(&self, path: &Path) -> Result<SecretString, SecretError> {
        let at = format!("{self}: {}", path.display());
        // Without O_NONBLOCK a FIFO would hold the daemon until somebody writes.
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
            .open(path)
            .map_err(|e| SecretError(format!("{at} cannot be read: {e}")))?;
        let is_file = file.metadata().map(|m| m.is_file());
        if !is_file.map_err(|e| SecretError(format!("{at} cannot be read: {e}")))? {
            return Err(SecretError(format!("{at} is not a regular file")));
        }
        // All capacity at once: growing would leave copies behind that nobody wipes.
        let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_MAX as usize + 64));
        file.take(SECRET_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| SecretError(format!("{at} cannot be read: {e}")))?;
        self.finish(bytes)
    }

    fn finish(&self, bytes: Zeroizing<Vec<u8>>) -> Result<SecretString, SecretError> {
        if bytes.len() as u64 > SECRET_MAX {
            return Err(SecretError(format!("{self} is longer than {SECRET_MAX} bytes")));
        }
        let text =
            std::str::from_utf8(&bytes).map_err(|_| SecretError(format!("{self} is not UTF-8 text")))?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.is_empty() {
            return Err(SecretError(format!("{self} is empty")));
        }
        if text.contains(['\n', '\r', '\0']) {
            return Err(SecretError(format!(
                "{self} has more than one line; a secret is one line"
            )));
        }
        Ok(SecretString::from(text))
    }
}

/// Reads every secret that the config names and forgets it again: what would fail later is said at once,
/// and a warning is given for files that others may read. For a start and for `crierd --check`.
pub fn check_secrets(
    settings: &Settings,
    origins: &Origins,
    credentials: Option<&Path>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Diagnostics {
    let mut told = Diagnostics::new();
    for (path, source) in named(settings) {
        let at = origins
            .get(&path)
            .map_or_else(|| path.clone(), |written| written.at.to_string());
        if let Err(why) = source.read(credentials, env) {
            told.push(Diagnostic::general(format!("{at}: {why}")));
        } else if let SecretSource::File(file) = source
            && std::fs::metadata(file).is_ok_and(|meta| meta.mode() & 0o004 != 0)
        {
            let message = format!(
                "{at}: anybody on this machine may read the secret in {}",
                file.display()
            );
            told.push(
                Diagnostic::general(message)
                    .warning()
                    .help(format!("chmod o-r {}", file.display())),
            );
        }
    }
    told
}

/// Every secret with the path of its key.
fn named(settings: &Settings) -> Vec<(String, &SecretSource)> {
    let apps = settings
        .apps
        .iter()
        .filter_map(|(name, app)| Some((format!("app.{name}.client_secret"), app.client_secret.as_ref()?)));
    let mails = settings.accounts.iter().filter_map(|(name, account)| {
        let password = account.smtp.as_ref()?.password.as_ref()?;
        Some((format!("account.{name}.smtp.password"), password))
    });
    let tokens = settings.accounts.iter().flat_map(|(name, account)| {
        account.tokens.iter().flat_map(move |tokens| {
            [
                (format!("account.{name}.access_token"), &tokens.access),
                (format!("account.{name}.access_token_secret"), &tokens.secret),
            ]
        })
    });
    apps.chain(mails).chain(tokens).collect()
}
