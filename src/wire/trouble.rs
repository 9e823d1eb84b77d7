//! Short ways to say why a call was not sent.

use std::error::Error;

use crate::core::call::{Trouble, TroubleKind};

/// Mended by time.
pub(super) fn network(why: impl Into<String>) -> Trouble {
    Trouble {
        why: why.into(),
        kind: TroubleKind::Network,
    }
}

/// Mended by a person.
pub(super) fn setup(why: impl Into<String>) -> Trouble {
    Trouble {
        why: why.into(),
        kind: TroubleKind::Setup,
    }
}

/// Mended by time or a person, at this machine.
pub fn machine(why: impl Into<String>) -> Trouble {
    Trouble {
        why: why.into(),
        kind: TroubleKind::Machine,
    }
}

/// Mended by a login.
pub(super) fn no_token(why: impl Into<String>) -> Trouble {
    Trouble {
        why: why.into(),
        kind: TroubleKind::NoToken,
    }
}

/// The media snapshot is not what it was.
pub(super) fn media(why: impl Into<String>) -> Trouble {
    Trouble {
        why: why.into(),
        kind: TroubleKind::Media,
    }
}

/// The errors of a chain, outermost first, without the repetitions that wrappers make.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    // rustls points its developers to its manual; whoever reads this has no use for it.
    match text.find(": https://docs.rs/rustls/") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

/// The certificate's fault, when that is what an error is about: no passing of time mends it.
pub(super) fn certificate_fault(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(fault) = as_tls(cause) {
            return match fault {
                rustls::Error::InvalidCertificate(_)
                | rustls::Error::NoCertificatesPresented
                | rustls::Error::PeerIncompatible(_) => Some(fault.to_string()),
                _ => None,
            };
        }
        next = cause.source();
    }
    None
}

/// An I/O error hides what it carries from `source()`.
fn as_tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(tls);
    }
    let inner = error.downcast_ref::<std::io::Error>()?.get_ref()?;
    as_tls(inner)
}
