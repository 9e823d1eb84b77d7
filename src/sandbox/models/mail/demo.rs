//! The club's newsletter.

use crate::sandbox::demo::cast::shared::DOOR;
use crate::sandbox::demo::cast::{Login, Part, Role, Share, Someone, nobody};
use crate::sandbox::demo::drops::{Dropped, Expected};
use crate::sandbox::demo::house::{Ground, MAIL_USER, MEMBERS};
use crate::sandbox::model::WallKind;

const ACCOUNT: &str = "newsletter";

/// What it brings to the demonstration.
pub(in crate::sandbox) const PART: Part = Part {
    platform: "email",
    roles: &[ROLE],
    switches: Vec::new,
};

const ROLE: Role = Role {
    account: ACCOUNT,
    title: "mail",
    profile: MAIL_USER,
    login: Login::Password,
    takes: &[Share::Words],
    config,
    film: WallKind::Post,
    someone: nobody,
    files,
};

fn config(ground: &Ground<'_>) -> String {
    format!(
        r#"
[account.{ACCOUNT}]
platform = "email"
from = "The Club <{MAIL_USER}>"
to = "{MEMBERS}"

[account.{ACCOUNT}.smtp]
host = "127.0.0.1"
port = {port}
tls = "starttls"
username = "{MAIL_USER}"
password = {{ file = {password} }}
"#,
        port = ground.smtp_port(),
        password = ground.mail_password(),
    )
}

fn files(_someone: &Someone) -> Vec<Dropped> {
    let subject = "The evening's programme";
    let to = ["ada@club.example", "ben@club.example"];
    let text = format!(
        "+++\nsubject = \"{subject}\"\naccounts = [\"{ACCOUNT}\"]\nto = [\"{}\", \"{}\"]\n\
         media = [{{ file = \"{}\", alt = \"{}\" }}]\n+++\n\
         # Tonight\n\nDear friends,\n\n- 19:00 **doors**\n- 20:00 a reading\n- 21:30 music\n\n\
         The way in is the [green door](https://club.example/door), see the picture.\n",
        to[0], to[1], DOOR.name, DOOR.alt
    );
    let mails = to
        .iter()
        .map(|to| (ACCOUNT, subject.to_owned(), (*to).to_owned()));
    let expected = Expected {
        mails: mails.collect(),
        ..Expected::default()
    };
    let about = "a mail to two, with an attachment";
    vec![Dropped::new("letter.post", about, text, &[DOOR], expected)]
}
