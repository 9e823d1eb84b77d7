//! AUTH by hand, so that a refusal of XOAUTH2 is read to its end (email.md 2.1, 9).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use super::dialogue::Dialogue;
use super::{MailAuth, SmtpSettings, Stop};
use crate::core::call::{MailPhase, MailReply, SecretName, Trouble};
use crate::wire::ports::Secrets;
use crate::wire::redact::{Scrubber, cap, printable};
use crate::wire::trouble::{no_token, setup};

/// What goes over the wire, encoded already.
pub(super) enum Login {
    /// Nothing.
    None,
    /// One string.
    Plain(SecretString),
    /// Name, then password.
    InTwo(String, SecretString),
    /// One string; a refusal comes as a challenge first.
    Xoauth2(SecretString),
    /// The first of these that the server offers.
    Any(Vec<Login>),
}

impl Login {
    /// Takes the secret out of the account.
    pub(super) fn of(
        settings: &SmtpSettings,
        secrets: &dyn Secrets,
        scrub: &mut Scrubber,
    ) -> Result<Self, Trouble> {
        Self::by(settings.auth, &settings.username, secrets, scrub)
    }

    fn by(auth: MailAuth, user: &str, secrets: &dyn Secrets, scrub: &mut Scrubber) -> Result<Self, Trouble> {
        let login = match auth {
            MailAuth::None => return Ok(Login::None),
            MailAuth::Auto => {
                let mut by = |auth| Self::by(auth, user, &*secrets, scrub);
                let mut all = vec![by(MailAuth::Plain)?, by(MailAuth::Login)?];
                all.extend(by(MailAuth::Xoauth2).ok());
                Login::Any(all)
            }
            MailAuth::Plain => {
                let password = password(secrets, scrub)?;
                let joined: SecretString = format!("\0{user}\0{}", password.expose_secret()).into();
                scrub.learn(&joined);
                Login::Plain(encoded(&joined))
            }
            MailAuth::Login => Login::InTwo(STANDARD.encode(user), encoded(&password(secrets, scrub)?)),
            MailAuth::Xoauth2 => {
                let token = secrets
                    .get(SecretName::AccessToken)?
                    .ok_or_else(|| no_token("there is no access token: connect the account"))?;
                scrub.learn(&token);
                let joined: SecretString =
                    format!("user={user}\x01auth=Bearer {}\x01\x01", token.expose_secret()).into();
                scrub.learn(&joined);
                Login::Xoauth2(encoded(&joined))
            }
        };
        Ok(login)
    }

    /// Its names in the EHLO reply, the preferred first.
    fn mechanisms(&self) -> Vec<&'static str> {
        match self {
            Login::None => Vec::new(),
            Login::Plain(_) => vec!["PLAIN"],
            Login::InTwo(..) => vec!["LOGIN"],
            Login::Xoauth2(_) => vec!["XOAUTH2"],
            Login::Any(all) => all.iter().flat_map(Login::mechanisms).collect(),
        }
    }

    /// The way that a server with these mechanisms takes; the error: which ones are wanted.
    pub(super) fn among(&self, offered: &[String]) -> Result<&Login, String> {
        let takes = |login: &Login| {
            let wanted = login.mechanisms();
            wanted.is_empty() || wanted.iter().any(|m| offered.iter().any(|o| o == m))
        };
        let found = match self {
            Login::Any(all) => all.iter().find(|login| takes(login)),
            Login::None | Login::Plain(_) | Login::InTwo(..) | Login::Xoauth2(_) => {
                Some(self).filter(|l| takes(l))
            }
        };
        found.ok_or_else(|| self.mechanisms().join(" or "))
    }
}

fn password(secrets: &dyn Secrets, scrub: &mut Scrubber) -> Result<SecretString, Trouble> {
    let password = secrets
        .get(SecretName::Password)?
        .ok_or_else(|| setup("the account has no password in the config"))?;
    if password.expose_secret().contains('\0') {
        return Err(setup("the account's password has a NUL character in it"));
    }
    scrub.learn(&password);
    Ok(password)
}

fn encoded(secret: &SecretString) -> SecretString {
    STANDARD.encode(secret.expose_secret()).into()
}

impl Dialogue<'_> {
    /// Logs in; the error is the server's reply.
    pub(super) async fn log_in(&mut self, login: &Login) -> Result<(), Stop> {
        match login {
            // One of them was chosen before.
            Login::None | Login::Any(_) => Ok(()),
            Login::Plain(all) => {
                let reply = self
                    .auth(&format!("AUTH PLAIN {}\r\n", all.expose_secret()))
                    .await?;
                self.accepted(reply)
            }
            Login::InTwo(user, password) => self.auth_login(user, password).await,
            Login::Xoauth2(all) => self.auth_xoauth2(all).await,
        }
    }

    async fn auth_login(&mut self, user: &str, password: &SecretString) -> Result<(), Stop> {
        let mut reply = self.auth("AUTH LOGIN\r\n").await?;
        for answer in [user, password.expose_secret()] {
            // Prompts differ between servers; their order does not.
            if reply.code != 334 {
                return self.accepted(reply);
            }
            reply = self.auth(&format!("{answer}\r\n")).await?;
        }
        self.accepted(reply)
    }

    async fn auth_xoauth2(&mut self, all: &SecretString) -> Result<(), Stop> {
        let mut reply = match self
            .auth(&format!("AUTH XOAUTH2 {}\r\n", all.expose_secret()))
            .await
        {
            // Servers that hold to short command lines want it in two.
            Err(Stop::Reply(reply)) if reply.code == 500 => {
                let reply = self.auth("AUTH XOAUTH2\r\n").await?;
                if reply.code != 334 {
                    return self.accepted(reply);
                }
                self.auth(&format!("{}\r\n", all.expose_secret())).await?
            }
            other => other?,
        };
        if reply.code == 334 {
            // The challenge says why, but the refusal comes only after an empty answer.
            let why = challenge(&reply.text);
            reply = match self.auth("\r\n").await {
                Err(Stop::Reply(mut refusal)) => {
                    if !why.is_empty() {
                        refusal.text = format!("{}\n{why}", refusal.text);
                    }
                    return Err(Stop::Reply(refusal));
                }
                other => other?,
            };
        }
        self.accepted(reply)
    }

    async fn auth(&mut self, command: &str) -> Result<MailReply, Stop> {
        self.say(MailPhase::Auth, self.patience.command, command).await
    }

    fn accepted(&self, reply: MailReply) -> Result<(), Stop> {
        if (200..300).contains(&reply.code) {
            Ok(())
        } else {
            Err(Stop::Reply(reply))
        }
    }
}

/// The JSON of a 334, for people.
fn challenge(text: &str) -> String {
    STANDARD
        .decode(text.trim())
        .map(|bytes| cap(&printable(&String::from_utf8_lossy(&bytes)), 200))
        .unwrap_or_default()
}
