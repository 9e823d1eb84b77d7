//! What can be asked about a mail account: whether the server lets it in (email.md 3). The login is the password in
//! the config.

use super::reply::{Class, classify, describe};
use super::settings;
use crate::core::call::{Call, HttpCall, MailPhase, Reply};
use crate::core::facts::Facts;
use crate::core::login::{Login, LoginContext, LoginKind, LoginNext, LoginReading, Options, RefreshRule};
use crate::core::platform::{Enquiries, Enquiry, Insight, QuotaReport, RemotePost, Told};
use crate::domain::account::Profile;
use crate::domain::time::Timestamp;

/// The login.
pub(super) struct EmailLogin;

impl Login for EmailLogin {
    fn kind(&self, _facts: &Facts, _options: &Options) -> LoginKind {
        LoginKind::Password
    }

    fn connect_step(&self, _n: usize, _ctx: &LoginContext) -> LoginNext {
        LoginNext::Done
    }

    fn read(&self, _n: usize, _ctx: &LoginContext, _reply: &Reply, _now: Timestamp) -> LoginReading {
        LoginReading::Skip
    }

    fn refresh_rule(&self, _facts: &Facts, _options: &Options) -> Option<RefreshRule> {
        None
    }

    fn refresh_call(&self, _ctx: &LoginContext) -> Option<HttpCall> {
        None
    }

    fn read_refresh(&self, _ctx: &LoginContext, _reply: &Reply, _now: Timestamp) -> LoginReading {
        LoginReading::Later("a mail account has no token to renew".to_owned())
    }
}

/// The enquiries.
pub(super) struct EmailEnquiries;

impl Enquiries for EmailEnquiries {
    fn profile(&self, _ctx: &Enquiry) -> Call {
        Call::MailCheck
    }

    fn read_profile(&self, ctx: &Enquiry, reply: &Reply) -> Told<Profile> {
        let Reply::Mail(mail) = reply else {
            return Told::Later("an HTTP answer came to a mail check".to_owned());
        };
        if mail.phase == MailPhase::Check && (200..300).contains(&mail.code) {
            return profile(ctx, mail.server.clone());
        }
        let row = classify(mail);
        let why = describe(mail, row.advice);
        match row.class {
            Class::RetryLater | Class::Limited(_) | Class::Throttled(_) | Class::Odd => Told::Later(why),
            Class::Reauthorise => Told::Reauthorise(why),
            Class::Person => Told::Blocked(why),
            Class::Smaller | Class::BadRecipient | Class::Reject => Told::No(why),
        }
    }

    fn quota(&self, _ctx: &Enquiry) -> Option<Call> {
        None
    }

    fn read_quota(&self, _ctx: &Enquiry, _reply: &Reply) -> Told<Vec<QuotaReport>> {
        Told::No("SMTP has no quota to ask for".to_owned())
    }

    fn history(&self, _ctx: &Enquiry, _limit: u32) -> Option<Call> {
        None
    }

    fn read_history(&self, _ctx: &Enquiry, _reply: &Reply) -> Told<Vec<RemotePost>> {
        Told::No("SMTP cannot list what was sent".to_owned())
    }

    fn insights(&self, _ctx: &Enquiry, _id: Option<&str>) -> Option<Call> {
        None
    }

    fn read_insights(&self, _ctx: &Enquiry, _reply: &Reply) -> Told<Vec<Insight>> {
        Told::No("mail has no numbers".to_owned())
    }

    fn delete(&self, _ctx: &Enquiry, _id: &str) -> Option<Call> {
        None
    }

    fn read_delete(&self, _ctx: &Enquiry, _reply: &Reply) -> Told<()> {
        Told::No("e-mail cannot be recalled".to_owned())
    }
}

/// Who writes, by the config; what the server is, by its EHLO reply.
fn profile(ctx: &Enquiry, server: std::collections::BTreeMap<String, String>) -> Told<Profile> {
    match settings::read(&ctx.options, &ctx.facts) {
        Ok(settings) => Told::Yes(Profile {
            remote_id: settings.from.address.clone(),
            handle: settings.from.address,
            display_name: settings.from.name,
            url: None,
            facts: server,
        }),
        Err(bad) => {
            let all: Vec<String> = bad
                .into_iter()
                .map(|(key, why)| format!("`{key}`: {why}"))
                .collect();
            Told::Blocked(all.join("; "))
        }
    }
}
