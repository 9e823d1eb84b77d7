//! The code table of meta-common.md 4 as data; the first row that fits decides.

use super::GraphError;

/// What an error means for a delivery, whatever call it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Passes by itself. On a publishing call: nobody knows what happened.
    RetryLater,
    /// Passes, but only with a new container. On a publishing call: nobody knows what happened.
    NewContainer,
    /// The container is not ready: poll it.
    NotReady,
    /// The container or media is not found.
    Gone,
    /// A field does not exist on this kind of node: the id names something else than was thought.
    NoSuchField,
    /// The media could not be fetched: a few tries, then a refusal.
    Fetch,
    /// A limit; away for this many seconds unless the answer says otherwise.
    Limited(i64),
    /// Suspected as spam; it may be live all the same. Away for this many seconds.
    Suspected(i64),
    /// Said to be a duplicate: perhaps of our own first try.
    Duplicate,
    /// The token is no longer good.
    Reauthorise,
    /// A permission, restriction or setting that a person must mend.
    Person,
    /// Wrong for good.
    Reject,
    /// Not in the table.
    Unknown,
}

/// One row.
pub(crate) struct Row {
    /// Codes from and to, both included.
    codes: (i64, i64),
    /// The subcode, or a code that stands alone.
    sub: Option<i64>,
    /// Words of the body in lower case.
    text: &'static str,
    /// What it means.
    pub(crate) class: Class,
    /// What a person may do about it.
    pub(crate) advice: &'static str,
    /// The version of the API has ended, so that every other call will be answered so too.
    pub(crate) ends_version: bool,
}

const ANY: (i64, i64) = (i64::MIN, i64::MAX);
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

const fn code(code: i64, class: Class, advice: &'static str) -> Row {
    range(code, code, class, advice)
}

const fn range(from: i64, to: i64, class: Class, advice: &'static str) -> Row {
    Row {
        codes: (from, to),
        sub: None,
        text: "",
        class,
        advice,
        ends_version: false,
    }
}

const fn sub(sub: i64, class: Class, advice: &'static str) -> Row {
    Row {
        codes: ANY,
        sub: Some(sub),
        text: "",
        class,
        advice,
        ends_version: false,
    }
}

const fn code_sub(code: i64, sub: i64, class: Class, advice: &'static str) -> Row {
    Row {
        codes: (code, code),
        sub: Some(sub),
        text: "",
        class,
        advice,
        ends_version: false,
    }
}

const fn text(text: &'static str, class: Class, advice: &'static str) -> Row {
    Row {
        codes: ANY,
        sub: None,
        text,
        class,
        advice,
        ends_version: false,
    }
}

const fn code_text(code: i64, text: &'static str, class: Class, advice: &'static str) -> Row {
    Row {
        codes: (code, code),
        sub: None,
        text,
        class,
        advice,
        ends_version: false,
    }
}

/// A row of a version that has ended.
const fn ended(row: Row) -> Row {
    Row {
        ends_version: true,
        ..row
    }
}

const AGAIN: &str = "connect the account again";
const LOG_IN: &str = "log in to the app or web site of the platform and follow its instructions; the connection may then work again as it is";

const PROOF: &str = "the app wants a proof of its secret (`appsecret_proof`) and did not get a right one: look at `client_secret` of the app in the config; it must be that of the app with which the account was connected";

const VERSION: &str = "Meta has ended this version of its API: update crier, or name a newer version as `api_version` in the config's section of the platform, [platform.NAME]; then reload";

/// The rows: names and texts first, then subcodes, then codes.
pub(crate) static ROWS: &[Row] = &[
    // 6: seen with code 104 and with 100
    text("appsecret_proof", Class::Person, PROOF),
    // 4.5: Threads' own names
    text(
        "threads_api__link_limit_exceeded",
        Class::Reject,
        "use at most 5 different links",
    ),
    text(
        "threads_api__geo_gating_invalid_country_codes",
        Class::Reject,
        "correct the country codes",
    ),
    text(
        "threads_api__feature_not_available",
        Class::Person,
        "this feature is not open to the account",
    ),
    text("text must be at most", Class::Reject, "shorten the text"),
    text(
        "media could not be fetched from this ur",
        Class::Fetch,
        "the callback endpoint's public URL must be reachable for Meta: look at nginx or Caddy, a firewall, bot protection",
    ),
    text("tried accessing nonexisting field", Class::NoSuchField, ""),
    text("revoked_access_token", Class::Reauthorise, AGAIN),
    // 1.1: a version that has ended
    ended(code(2635, Class::Person, VERSION)),
    // [M]: in whatever words; a post must wait for a person then, not end.
    ended(text("deprecated version", Class::Person, VERSION)),
    ended(text("api version is deprecated", Class::Person, VERSION)),
    ended(text("api version has been deprecated", Class::Person, VERSION)),
    ended(text("api version is no longer", Class::Person, VERSION)),
    ended(text("api version is not supported", Class::Person, VERSION)),
    ended(text("api version has expired", Class::Person, VERSION)),
    ended(text("unsupported api version", Class::Person, VERSION)),
    ended(text("invalid api version", Class::Person, VERSION)),
    ended(text("unknown path components: /v", Class::Person, VERSION)),
    // It may be the version of something else: the post waits, the platform goes on.
    text("version is deprecated", Class::Person, VERSION),
    text("version has been deprecated", Class::Person, VERSION),
    text("version is no longer", Class::Person, VERSION),
    text("version is not supported", Class::Person, VERSION),
    text("version has expired", Class::Person, VERSION),
    text("unsupported version", Class::Person, VERSION),
    // 4.2: tokens
    code_sub(190, 459, Class::Person, LOG_IN),
    code_sub(190, 464, Class::Person, LOG_IN),
    code_sub(
        190,
        492,
        Class::Person,
        "an administrator of the page must give the person's role back; then connect the account again",
    ),
    code(190, Class::Reauthorise, AGAIN),
    text("error validating access token", Class::Reauthorise, AGAIN),
    code(102, Class::Reauthorise, AGAIN),
    // 4.1 and 4.5: subcodes
    sub(
        2_207_051,
        Class::Suspected(DAY),
        "the platform restricts the account's activity: post less often, vary the text",
    ),
    sub(
        4_279_013,
        Class::Person,
        "the account is restricted: look into the app",
    ),
    sub(4_279_009, Class::Gone, ""),
    sub(2_207_006, Class::Gone, ""),
    sub(2_207_008, Class::Gone, ""),
    sub(
        2_207_050,
        Class::Person,
        "the account is inactive, checkpointed or restricted: a person must look into the app",
    ),
    sub(
        2_207_042,
        Class::Limited(DAY),
        "the platform's own limit of posts is reached",
    ),
    sub(2_207_027, Class::NotReady, ""),
    sub(2_207_052, Class::Fetch, "the media URL must be public"),
    sub(2_207_026, Class::Reject, "use MOV or MP4 with H.264 or HEVC"),
    code_sub(
        10,
        2_018_278,
        Class::Reject,
        "the message is outside the allowed window",
    ),
    code_sub(
        10,
        2_534_022,
        Class::Reject,
        "the message is outside the allowed window",
    ),
    code_sub(100, 33, Class::Gone, ""),
    code_text(
        368,
        "already posted",
        Class::Duplicate,
        "the same words were posted before",
    ),
    // 4.1: codes
    code(1, Class::RetryLater, ""),
    code(2, Class::RetryLater, ""),
    code(
        3,
        Class::Person,
        "the app lacks this capability: look at its use cases at developers.facebook.com",
    ),
    code(4, Class::Limited(HOUR), "the app's call limit"),
    code(9, Class::Limited(DAY), "the platform's own limit"),
    code(
        10,
        Class::Person,
        "a permission is missing or was taken away: connect the account again and grant all of them",
    ),
    code(17, Class::Limited(HOUR), "the account's call limit"),
    code(24, Class::Gone, ""),
    code(25, Class::Person, "a person must look into the app"),
    code(32, Class::Limited(HOUR), "the page's call limit"),
    code(100, Class::Reject, ""),
    code(104, Class::Person, PROOF),
    range(
        200,
        299,
        Class::Person,
        "a permission is missing: connect the account again and grant all of them",
    ),
    code(341, Class::Limited(HOUR), "the app's limit"),
    code(352, Class::Reject, "use another video format"),
    code(
        368,
        Class::Limited(DAY),
        "the account is blocked for a time: look into the app",
    ),
    code(506, Class::Duplicate, "the same words were posted just before"),
    code(551, Class::Reject, "the person cannot be reached"),
    code(613, Class::Limited(HOUR), "the call limit of this endpoint"),
    code(1200, Class::RetryLater, ""),
    code(9004, Class::Fetch, "the media URL must be public"),
    code(9007, Class::NotReady, ""),
    code(36_000, Class::Reject, "use a smaller picture"),
    code(36_001, Class::Reject, "use another picture format"),
    code(36_003, Class::Reject, "use another aspect ratio"),
    code(36_004, Class::Reject, "shorten the text"),
    range(
        80_000,
        80_014,
        Class::Limited(HOUR),
        "the business use case's call limit",
    ),
    code(
        1_609_005,
        Class::RetryLater,
        "the link could not be read by the platform",
    ),
    code(-1, Class::NewContainer, ""),
    code(-2, Class::NewContainer, ""),
];

static TRANSIENT: Row = text("", Class::RetryLater, "");
static SERVER: Row = text("", Class::RetryLater, "");
static TOO_MANY: Row = text("", Class::Limited(HOUR), "too many calls");
static OTHER: Row = text("", Class::Unknown, "");

/// The row that fits.
pub(crate) fn classify(error: &GraphError) -> &'static Row {
    if let Some(row) = ROWS.iter().find(|row| row.fits(error)) {
        return row;
    }
    if error.status == 429 {
        &TOO_MANY
    } else if error.transient {
        &TRANSIENT
    } else if error.status >= 500 {
        &SERVER
    } else {
        &OTHER
    }
}

impl Row {
    fn fits(&self, error: &GraphError) -> bool {
        self.code_fits(error) && self.sub_fits(error) && error.haystack.contains(self.text)
    }

    fn code_fits(&self, error: &GraphError) -> bool {
        self.codes == ANY
            || error
                .code
                .is_some_and(|c| (self.codes.0..=self.codes.1).contains(&c))
    }

    /// A subcode row without code also fits a body that puts the number into `code`.
    fn sub_fits(&self, error: &GraphError) -> bool {
        match self.sub {
            None => true,
            Some(sub) => error.subcode == Some(sub) || (self.codes == ANY && error.code == Some(sub)),
        }
    }
}
