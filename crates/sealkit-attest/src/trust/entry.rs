//! Any entry of a trust root, by its name.

use super::{
    SigstoreInstance, TrustRoot, TrustedAuthority, TrustedIdentity, TrustedKey, TrustedLog,
};

/// One entry of a trust root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustEntry<'a> {
    /// A key.
    Key(&'a TrustedKey),
    /// An identity.
    Identity(&'a TrustedIdentity),
    /// A certificate authority.
    Authority(&'a TrustedAuthority),
    /// A Sigstore instance.
    Sigstore(&'a SigstoreInstance),
    /// A transparency log.
    Log(&'a TrustedLog),
}

impl<'a> TrustEntry<'a> {
    /// Its name.
    pub fn name(&self) -> &'a str {
        match self {
            Self::Key(one) => &one.name,
            Self::Identity(one) => &one.name,
            Self::Authority(one) => &one.name,
            Self::Sigstore(one) => &one.name,
            Self::Log(one) => &one.name,
        }
    }

    /// What it is, for people: `key`, `identity`, `authority`, `sigstore` or `log`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Identity(_) => "identity",
            Self::Authority(_) => "authority",
            Self::Sigstore(_) => "sigstore",
            Self::Log(_) => "log",
        }
    }
}

impl TrustRoot {
    /// Every entry: keys, identities, authorities, instances and logs, each in the order of the file.
    pub fn entries(&self) -> impl Iterator<Item = TrustEntry<'_>> {
        let keys = self.keys.iter().map(TrustEntry::Key);
        let identities = self.identities.iter().map(TrustEntry::Identity);
        let authorities = self.authorities.iter().map(TrustEntry::Authority);
        let sigstore = self.sigstore.iter().map(TrustEntry::Sigstore);
        let logs = self.logs.iter().map(TrustEntry::Log);
        keys.chain(identities).chain(authorities).chain(sigstore).chain(logs)
    }

    /// Stops trusting the entry of this name, whatever its kind; true if it was there.
    pub fn remove_named(&mut self, name: &str) -> bool {
        let before = self.entries().count();
        self.keys.retain(|one| one.name != name);
        self.identities.retain(|one| one.name != name);
        self.authorities.retain(|one| one.name != name);
        self.sigstore.retain(|one| one.name != name);
        self.logs.retain(|one| one.name != name);
        self.entries().count() < before
    }
}
