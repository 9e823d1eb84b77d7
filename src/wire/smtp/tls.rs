//! The TLS settings of a mail connection: the system's roots, and those of `ca_file`.

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use rustls_platform_verifier::Verifier;

use crate::core::call::Trouble;
use crate::wire::http::read_ca_file;
use crate::wire::trouble::setup;

pub(super) fn config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, Trouble> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let bad = |e: rustls::Error| setup(format!("TLS cannot be set up: {e}"));
    let roots = match ca_file {
        None => Vec::new(),
        Some(file) => roots(file)?,
    };
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider)).map_err(bad)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(bad)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn roots(file: &Path) -> Result<Vec<CertificateDer<'static>>, Trouble> {
    let pem = read_ca_file(file)?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|e| setup(format!("`ca_file` {}: {e}", file.display())))?;
    if found.is_empty() {
        return Err(setup(format!(
            "`ca_file` {} has no certificate in it",
            file.display()
        )));
    }
    Ok(found)
}
