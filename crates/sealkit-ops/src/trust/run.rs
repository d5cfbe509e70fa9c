//! Who is trusted for one run.

use super::{TrustRoot, TrustedAuthority, TrustedKey};
use crate::verify::Keyless;
use crate::{Context, OpsError};

/// Who is trusted for one run, beside those of the trust store.
#[derive(Clone, Debug, Default)]
pub struct Trusted {
    /// Keys.
    pub keys: Vec<TrustedKey>,
    /// Certificate authorities (PEM of one root each).
    pub authorities: Vec<TrustedAuthority>,
    /// Sigstore instances and identities.
    pub keyless: Keyless,
}

impl Trusted {
    /// Those of the trust store and these. A name that is taken there is told apart here.
    pub(crate) fn root(&self, context: &Context) -> Result<TrustRoot, OpsError> {
        let mut root = super::load(&context.home)?;
        for key in &self.keys {
            if root.get(&key.public_key).is_some() {
                continue;
            }
            let mut key = key.clone();
            if root.has_name(&key.name) {
                key.name = format!("{} ({})", key.name, key.public_key.fingerprint());
            }
            root.add(key)?;
        }
        for authority in &self.authorities {
            let mut authority = authority.clone();
            if root.has_name(&authority.name) {
                authority.name = format!("{} (this run)", authority.name);
            }
            root.add_authority(authority)?;
        }
        self.keyless.add_to(&mut root)?;
        Ok(root)
    }
}
