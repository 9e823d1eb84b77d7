//! `crierctl resolve`

use super::show;
use super::target::TargetArgs;
use crate::admin::types::{PhaseName, PostView, Target, Verdict};
use crate::ctl::{Ctl, Failure};
use crate::domain::id::AccountName;

#[derive(Debug, clap::Args)]
#[command(
    group(clap::ArgGroup::new("verdict").required(true).args(["published", "not_published"])),
    after_help = "Examples:\n  crierctl resolve hello.toml --published --link https://www.threads.net/@club/post/Abc\n  crierctl resolve hello.toml --account club-threads --not-published    publish it again\n\nLook at the account's page first: --not-published makes crier publish it once more."
)]
pub(in crate::ctl) struct Args {
    #[command(flatten)]
    target: TargetArgs,
    /// It is out
    #[arg(long)]
    published: bool,
    /// It is not out: publish it
    #[arg(long)]
    not_published: bool,
    /// The platform's id of it
    #[arg(long, value_name = "ID", requires = "published")]
    id: Option<String>,
    /// Where it is seen
    #[arg(long, value_name = "URL", requires = "published")]
    link: Option<String>,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let mut target = Target::from(args.target);
    let verdict = if args.published {
        Verdict::Published {
            remote_id: args.id,
            permalink: args.link,
        }
    } else {
        Verdict::NotPublished
    };
    // The answer must be about what the person has seen: the delivery as it is now, or not at all.
    let post = ctl.client.post(&target.post).await?;
    if target.account.is_none() || target.if_revision.is_none() {
        let (account, revision) = in_doubt(&post, target.account.as_ref())?;
        target.post.clone_from(&post.id);
        target.account = Some(account);
        target.if_revision = target.if_revision.or(Some(revision));
    }
    let post = ctl.client.resolve(&target, &verdict).await?;
    ctl.show(&post, show::draw)
}

/// The one delivery that it is about.
fn in_doubt(post: &PostView, account: Option<&AccountName>) -> Result<(AccountName, u64), Failure> {
    let found: Vec<(&str, u64)> = post
        .deliveries
        .iter()
        .filter(|d| match account {
            Some(name) => d.account == name.as_str(),
            None => d.phase == PhaseName::Held && d.hold.as_ref().is_some_and(|h| h.kind == "unknown"),
        })
        .map(|d| (d.account.as_str(), d.revision))
        .collect();
    match found.as_slice() {
        [(name, revision)] => AccountName::new(*name)
            .map(|name| (name, *revision))
            .map_err(|e| Failure::Software(e.to_string())),
        [] => Err(Failure::Data(format!(
            "No delivery of {} waits for such an answer. `crierctl why {}` says what it waits for.",
            post.file, post.file
        ))),
        several => {
            let names: Vec<&str> = several.iter().map(|(name, _)| *name).collect();
            Err(Failure::Usage(format!(
                "Several deliveries of {} are in doubt ({}): name one with --account.",
                post.file,
                names.join(", ")
            )))
        }
    }
}
