//! One-off requests about accounts: they count and cost like the calls of posts, and a freeze stops what changes anything.

use super::gate::{Denial, needs};
use super::{Desk, Output, Row};
use crate::core::flow::Charge;
use crate::domain::id::{AccountName, DeliveryId, PostId};
use crate::domain::time::Timestamp;

/// A one-off request that wants to go out.
#[derive(Clone, Debug)]
pub struct Request {
    /// About which account.
    pub account: AccountName,
    /// What kind of call it is ([`crate::core::call::Call::kind`]).
    pub kind: Option<String>,
    /// What it counts against.
    pub charges: Vec<Charge>,
    /// Whether it changes anything at the platform: then a freeze stops it.
    pub changes: bool,
    /// What its rows of the ledger are known by: an id of its own, no post's.
    pub id: PostId,
}

/// Which attempt the rows of a request are of.
pub(super) const ATTEMPT: u32 = 0;

impl Desk {
    /// Lets a request go, with its rows of the ledger; or says what holds it, and until when. A pause that the platform
    /// wants of posts does not stop it: it is asked by a person, once. One that it wants of calls of this kind does: it
    /// would be refused.
    pub fn request(&mut self, request: &Request, now: Timestamp) -> Result<Output, Denial> {
        let account = &request.account;
        let platform = self.house.accounts.get(account).map(|spec| spec.platform.name());
        let frozen = || self.freeze_over(platform?, account, None);
        if let Some(denial) = request.changes.then(frozen).flatten() {
            return Err(denial);
        }
        let no_room = |kind: &String| self.no_room_for(account, kind, now);
        if let Some(denial) = request.kind.as_ref().and_then(no_room) {
            return Err(denial);
        }
        if let Some(denial) = self.full(account, &needs(&request.charges, &[]), now, |_| None) {
            return Err(denial);
        }
        let row = |charge: &Charge| Row {
            account: account.clone(),
            limit: charge.limit.clone(),
            at: now,
            amount: charge.amount,
            delivery: DeliveryId {
                post: request.id.clone(),
                account: account.clone(),
            },
            attempt: ATTEMPT,
        };
        let rows = request.charges.iter().map(row).collect();
        let mut out = Output::default();
        self.enter_rows(rows, &mut out);
        Ok(out)
    }
}
