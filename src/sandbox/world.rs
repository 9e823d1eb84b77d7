//! The whole small world: every vendor, the mail server, and the faults that strike them.

mod address;
mod strike;
#[cfg(test)]
mod tests;

use serde_json::json;

pub use address::Address;

use super::exchange::{Exchange, SandboxReply, SandboxRequest};
use super::faults::Faults;
use super::model::{FetchedMedia, MediaFetcher, Model};
use super::models::mail::{Auth, Mail, MailOutcome};
use super::models::{self, each_vendor};

/// Makes the world of these vendors: one field each, and the lists of all.
macro_rules! world {
    ($($vendor:ident: $model:ident,)*) => {
        /// Everything that can be published to, in memory.
        #[derive(Clone, Debug)]
        pub struct World {
            $(
                #[doc = concat!("The model of ", stringify!($model), ".")]
                pub $vendor: models::$vendor::$model,
            )*
            /// The model of a mail server.
            pub mail: Mail,
            /// The faults in force.
            pub faults: Faults,
        }

        impl World {
            /// An empty world. The same seed and the same calls give the same world.
            #[must_use]
            pub fn new(seed: u64) -> Self {
                Self {
                    $($vendor: models::$vendor::$model::new(seed),)*
                    mail: Mail::new(),
                    faults: Faults::new(seed),
                }
            }

            /// The vendors that speak HTTP, in the order of the wall's lanes.
            #[must_use]
            pub fn vendors(&self) -> Vec<&dyn Model> {
                vec![$(&self.$vendor),*]
            }

            /// As [`World::vendors`], to change them.
            pub fn vendors_mut(&mut self) -> Vec<&mut dyn Model> {
                vec![$(&mut self.$vendor),*]
            }
        }
    };
}

each_vendor!(world);

/// A fetcher that finds nothing: media then come from a model's own `put_media` alone.
struct Nothing;

impl MediaFetcher for Nothing {
    fn fetch(&mut self, _url: &str) -> Result<FetchedMedia, String> {
        Err("no such file".to_owned())
    }
}

impl World {
    /// The vendor with this name in crier's config.
    #[must_use]
    pub fn vendor(&self, platform: &str) -> Option<&dyn Model> {
        let mut all = self.vendors().into_iter();
        all.find(|vendor| vendor.name() == platform)
    }

    /// As [`World::vendor`], to change it.
    pub fn vendor_mut(&mut self, platform: &str) -> Option<&mut dyn Model> {
        let mut all = self.vendors_mut().into_iter();
        all.find(|vendor| vendor.name() == platform)
    }

    /// The name of the vendor whose paths may come without its name, when there is one.
    #[must_use]
    pub fn at_root(&self) -> &'static str {
        let all = self.vendors().into_iter();
        all.filter(|vendor| vendor.at_root())
            .map(Model::name)
            .next()
            .unwrap_or_default()
    }

    /// One HTTP call, with the fault that strikes it, at this time (Unix milliseconds). The path begins with
    /// `/{platform}/{role}`, or is one of the vendor at the root ([`Address`]).
    pub fn http(&mut self, req: &SandboxRequest, now_ms: i64) -> Exchange {
        self.http_with(req, now_ms, &mut Nothing)
    }

    /// As [`World::http`], with files from `fetcher`.
    pub fn http_with(
        &mut self,
        req: &SandboxRequest,
        now_ms: i64,
        fetcher: &mut dyn MediaFetcher,
    ) -> Exchange {
        let mut req = req.clone();
        let address = Address::take(&mut req, self.at_root());
        address.behind(self.http_to(&address.platform, &req, now_ms, fetcher))
    }

    /// One call to this vendor, with role and path as the vendor knows them. Every answer says what time it is.
    pub fn http_to(
        &mut self,
        platform: &str,
        req: &SandboxRequest,
        now: i64,
        fetcher: &mut dyn MediaFetcher,
    ) -> Exchange {
        let mut exchange = self.undated(platform, req, now, fetcher);
        match &mut exchange {
            Exchange::Reply(reply) | Exchange::Truncated { reply, .. } => reply.date(now),
            Exchange::Dropped { .. } | Exchange::Hang { .. } => {}
        }
        exchange
    }

    fn undated(
        &mut self,
        platform: &str,
        req: &SandboxRequest,
        now: i64,
        fetcher: &mut dyn MediaFetcher,
    ) -> Exchange {
        let Some(step) = self.vendor(platform).map(|vendor| vendor.step_of(req)) else {
            return Exchange::Reply(unknown(platform));
        };
        let fault = self.faults.strike(step, &req.path);
        let Some(model) = self.vendor_mut(platform) else {
            return Exchange::Reply(unknown(platform));
        };
        let Some(fault) = fault else {
            return Exchange::Reply(model.answer(req, now, fetcher));
        };
        let struck = strike::Struck {
            model,
            req,
            now,
            fetcher,
        };
        struck.by(&fault)
    }

    /// One mail transaction, with the faults that strike its steps.
    pub fn transact(
        &mut self,
        from: &str,
        rcpts: &[String],
        message: &[u8],
        auth: &Auth,
        now_ms: i64,
    ) -> MailOutcome {
        self.mail
            .transact(&mut self.faults, from, rcpts, message, auth, now_ms)
    }

    /// A number that grows with everything that readers can see.
    #[must_use]
    pub fn version(&self) -> u64 {
        let posts: u64 = self.vendors().iter().map(|vendor| vendor.version()).sum();
        posts + self.mail.messages().len() as u64
    }

    /// What callers did that they must never do, each with its platform's name before it.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        let mut all = Vec::new();
        for vendor in self.vendors() {
            let broken = vendor.violations().into_iter();
            all.extend(broken.map(|what| format!("{}: {what}", vendor.name())));
        }
        all
    }

    /// Every code and token that any vendor ever gave out.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        self.vendors()
            .iter()
            .flat_map(|vendor| vendor.secrets())
            .collect()
    }

    /// Drops old pictures and videos so that each vendor keeps about this many bytes of posts.
    pub fn forget_media_beyond(&mut self, bytes: usize) {
        for vendor in self.vendors_mut() {
            let mut kept = 0_usize;
            let posts = vendor.posts();
            let newest = posts.iter().rev().take_while(|post| {
                kept = kept.saturating_add(post.media.iter().map(|media| media.bytes.len()).sum());
                kept <= bytes
            });
            let newest = newest.count();
            vendor.forget_media_beyond(newest);
        }
    }
}

fn unknown(platform: &str) -> SandboxReply {
    let error = if platform.is_empty() {
        "the path names no vendor: it must begin with /PLATFORM/HOST, as in /PLATFORM/api_base".to_owned()
    } else {
        format!("the sandbox has no model of {platform:?}")
    };
    SandboxReply::json(404, &json!({ "error": error }))
}
