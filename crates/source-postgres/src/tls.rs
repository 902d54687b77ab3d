//! Encryption: libpq's modes, built on rustls with ring. The process-wide default provider of rustls is never touched.
//!
//! Every driver reads its own certificates: the core, which all of them share, knows no TLS.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use serde::Deserialize;
use sync_core::{Error, Result};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::config::TlsSettings;

/// Whether and how a connection is encrypted, with libpq's names and meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SslMode {
    /// Never.
    Disable,
    /// If the server offers it; whoever answers is trusted.
    #[default]
    Prefer,
    /// Always; whoever answers is trusted, unless `sslrootcert` is given: then as `verify-ca`.
    Require,
    /// Always, and the server's certificate must come from a trusted authority.
    VerifyCa,
    /// As `verify-ca`, and the certificate must be for this host.
    VerifyFull,
}

impl FromStr for SslMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "disable" => Self::Disable,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return Err(Error::config("it is none of disable, prefer, require, verify-ca, verify-full")),
        })
    }
}

/// The connector for these settings. Reads the certificates that they name.
pub(crate) fn connector(settings: &TlsSettings) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Arc::new(verifier(settings, &provider)?);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal(format!("rustls has no protocol version: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let config = match (&settings.certificate, &settings.key) {
        (None, None) => builder.with_no_client_auth(),
        (Some(certificate), Some(key)) => {
            let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable("sslkey", key, &error))?;
            builder
                .with_client_auth_cert(certificates("sslcert", certificate)?, private)
                .map_err(|error| Error::config(format!("it does not fit sslcert: {error}")).at("sslkey"))?
        }
        (Some(_), None) => return Err(Error::config("sslcert needs its private key").at("sslkey").hint("set sslkey")),
        (None, Some(_)) => return Err(Error::config("sslkey needs its certificate").at("sslcert").hint("set sslcert")),
    };
    Ok(MakeRustlsConnect::new(config))
}

fn verifier(settings: &TlsSettings, provider: &Arc<CryptoProvider>) -> Result<Verifier> {
    let mut verifier = Verifier { provider: Arc::clone(provider), roots: None, pinned: Vec::new(), host: false };
    let system = settings.root.as_deref() == Some("system");
    match (settings.mode, &settings.root) {
        (SslMode::Disable | SslMode::Prefer, Some(_)) => {
            let error = Error::config("this sslmode checks no certificate").at("sslrootcert");
            return Err(error.hint("set sslmode = \"verify-full\""));
        }
        (mode, Some(_)) if system && mode != SslMode::VerifyFull => {
            let error = Error::config("anybody can have a certificate that the system trusts").at("sslrootcert");
            return Err(error.hint("set sslmode = \"verify-full\", or name the file of your own authority"));
        }
        (SslMode::Disable | SslMode::Prefer | SslMode::Require, None) => return Ok(verifier),
        (mode, _) => verifier.host = mode == SslMode::VerifyFull,
    }
    let trusted = match &settings.root {
        Some(file) if !system => certificates("sslrootcert", file)?,
        _ => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(trusted.iter().cloned());
    if usable == 0 {
        return Err(Error::config("there is no certificate to trust").at("sslrootcert").hint("name a file"));
    }
    verifier.roots = Some(roots);
    verifier.pinned = trusted;
    Ok(verifier)
}

fn certificates(key: &str, file: &str) -> Result<Vec<CertificateDer<'static>>> {
    let found: Vec<_> = CertificateDer::pem_file_iter(Path::new(file))
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(key, file, &error))?;
    if found.is_empty() {
        return Err(Error::config(format!("{file} holds no certificate in PEM form")).at(key));
    }
    Ok(found)
}

fn unreadable(key: &str, file: &str, error: &rustls::pki_types::pem::Error) -> Error {
    Error::config(format!("can't read {file}: {error}")).at(key)
}

/// Checks what the mode asks for: nothing, the chain, or the chain and the host's name.
struct Verifier {
    provider: Arc<CryptoProvider>,
    roots: Option<RootCertStore>,
    /// Trusted certificates as they are: a server may show one of them itself, when it signed its own.
    pinned: Vec<CertificateDer<'static>>,
    host: bool,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("chain", &self.roots.is_some()).field("host", &self.host).finish()
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(roots) = &self.roots else { return Ok(ServerCertVerified::assertion()) };
        let certificate = ParsedCertificate::try_from(end_entity)?;
        if !self.pinned.contains(end_entity) {
            let algorithms = self.provider.signature_verification_algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&certificate, roots, intermediates, now, algorithms)?;
        }
        if self.host {
            verify_server_name(&certificate, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(mode: SslMode, root: Option<&str>, certificate: Option<&str>) -> String {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let settings = TlsSettings { mode, root: own(root), certificate: own(certificate), key: None };
        connector(&settings).err().unwrap().to_string()
    }

    #[test]
    fn a_certificate_that_would_not_be_checked_is_refused() {
        assert_eq!(
            refused(SslMode::Prefer, Some("ca.pem"), None),
            "sslrootcert: this sslmode checks no certificate; set sslmode = \"verify-full\""
        );
        assert!(refused(SslMode::Require, Some("system"), None).contains("set sslmode = \"verify-full\""));
    }

    #[test]
    fn a_file_that_can_not_be_read_is_named() {
        assert!(
            refused(SslMode::VerifyCa, Some("/no/ca.pem"), None).starts_with("sslrootcert: can't read /no/ca.pem: ")
        );
        assert_eq!(refused(SslMode::Require, None, Some("c")), "sslkey: sslcert needs its private key; set sslkey");
    }
}
