//! Certificates for the servers, made once per checkout.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};

use crate::account::Account;
use crate::{Error, Result};

/// The PEM files of the servers' TLS.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    folder: PathBuf,
}

impl TlsFiles {
    /// The authority that signed the servers' certificate.
    pub fn ca(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// An authority that signed nothing here.
    pub fn unrelated_ca(&self) -> PathBuf {
        self.folder.join("unrelated-ca.pem")
    }

    /// The servers' certificate, valid for 127.0.0.1 and localhost.
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("server.pem")
    }

    /// The key of the servers' certificate.
    pub fn key(&self) -> PathBuf {
        self.folder.join("server.key")
    }

    /// Those of an earlier run, or new ones. Whoever calls holds the lock of the folder.
    pub(crate) fn in_folder(servers: &Path) -> Result<Self> {
        let files = Self { folder: servers.join("tls") };
        if !files.folder.exists() {
            let draft = Self { folder: servers.join("tls-draft") };
            let _ = fs::remove_dir_all(&draft.folder);
            fs::create_dir(&draft.folder).map_err(Error::doing("cannot create the folder of certificates"))?;
            draft.write()?;
            fs::rename(&draft.folder, &files.folder).map_err(Error::doing("cannot keep the certificates"))?;
        }
        Ok(files)
    }

    /// The files in the folder of servers, whoever made them.
    pub(crate) fn expected_in(servers: &Path) -> Self {
        Self { folder: servers.join("tls") }
    }

    fn write(&self) -> Result<()> {
        let failed = Error::doing::<rcgen::Error>;
        let ca = authority("Test servers").map_err(failed("cannot make a certificate"))?;
        let unrelated = authority("Someone else").map_err(failed("cannot make a certificate"))?;
        let key = KeyPair::generate().map_err(failed("cannot make a key"))?;
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let server = CertificateParams::new(names)
            .and_then(|params| params.signed_by(&key, &ca))
            .map_err(failed("cannot make a certificate"))?;
        write(&self.ca(), &ca.pem(), 0o644)?;
        write(&self.unrelated_ca(), &unrelated.pem(), 0o644)?;
        write(&self.certificate(), &server.pem(), 0o644)?;
        write(&self.key(), &key.serialize_pem(), 0o600)
    }
}

fn authority(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn write(path: &Path, pem: &str, mode: u32) -> Result<()> {
    use std::io::Write;
    let failed = || Error::doing(format!("cannot write {}", path.display()));
    let mut file = fs::OpenOptions::new().create_new(true).write(true).mode(mode).open(path).map_err(failed())?;
    file.write_all(pem.as_bytes()).map_err(failed())?;
    Account::current()?.own(path)
}
