//! Certificates of this moment: an authority that nobody knows, and what it signs.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// An authority, its own certificate in a file.
pub struct Authority {
    /// What whoever trusts it needs.
    pub certificate: PathBuf,
    issuer: Issuer<'static, KeyPair>,
    folder: PathBuf,
}

/// A certificate and its key, in files.
pub struct Certificate {
    /// With the authority's behind it.
    pub chain: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Authority {
    /// Makes one; its files are in the folder.
    pub fn new(folder: &Path, name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let made = params.self_signed(&key).expect("a certificate");
        let certificate = folder.join(format!("{name}.pem"));
        std::fs::write(&certificate, made.pem()).expect("the test's folder can be written");
        Self { certificate, issuer: Issuer::new(params, key), folder: folder.to_owned() }
    }

    /// Signs a certificate for these names and addresses.
    pub fn signs(&self, names: &[&str]) -> Certificate {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let file = |end: &str| self.folder.join(format!("{}.{end}", names[0]));
        let (chain, key_file) = (file("pem"), file("key"));
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(names).expect("names that may be");
        let made = params.signed_by(&key, &self.issuer).expect("a certificate");
        let authority = std::fs::read_to_string(&self.certificate).expect("it was written");
        std::fs::write(&chain, format!("{}{authority}", made.pem()))
            .expect("the test's folder can be written");
        std::fs::write(&key_file, key.serialize_pem()).expect("the test's folder can be written");
        Certificate { chain, key: key_file }
    }
}
