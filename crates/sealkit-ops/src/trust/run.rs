//! Who is trusted for one run.

use super::{TrustRoot, TrustedAuthority, TrustedKey};
use sealkit_attest::{Role, TrustedIdentity};

use crate::verify::Keyless;
use crate::verify::revoked::may_revoke;
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
    /// Whether those alone count where some are named: whoever asks for a kit by a key means that key.
    pub only: bool,
}

impl Trusted {
    /// Those of the trust store and these, or these alone. A name that is taken there is told apart here.
    pub(crate) fn root(&self, context: &Context) -> Result<TrustRoot, OpsError> {
        let mut root = super::load(&context.home)?;
        if self.only && self.names_somebody() {
            root = denying(&root, &self.keys)?;
        }
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

    fn names_somebody(&self) -> bool {
        !(self.keys.is_empty() && self.authorities.is_empty() && self.keyless.identities.is_empty())
    }
}

/// The trust root without those who vouch for kits. Whoever of them may revoke may do that still: who else is asked
/// for takes no "no" back.
fn denying(root: &TrustRoot, asked: &[TrustedKey]) -> Result<TrustRoot, OpsError> {
    let mut rest = TrustRoot::default();
    for key in root.keys() {
        // One that is asked for stays what it is trusted as.
        let is_asked = asked.iter().any(|one| one.public_key == key.public_key);
        let role = if is_asked { Some(key.role.clone()) } else { without_a_voice(&key.role) };
        if let Some(role) = role {
            rest.add(TrustedKey { role, ..key.clone() })?;
        }
    }
    for one in root.identities() {
        if let Some(role) = without_a_voice(&one.role) {
            rest.add_identity(TrustedIdentity { role, ..one.clone() })?;
        }
    }
    for one in root.authorities() {
        if let Some(role) = without_a_voice(&one.role) {
            rest.add_authority(TrustedAuthority { role, ..one.clone() })?;
        }
    }
    for instance in root.sigstore() {
        rest.add_sigstore(instance.clone())?;
    }
    for log in root.logs() {
        rest.add_log(log.clone())?;
    }
    Ok(rest)
}

/// What is left of a role that vouches for no kit; none where nothing is.
fn without_a_voice(role: &Role) -> Option<Role> {
    match role {
        role if !role.vouches_for_kits() => Some(role.clone()),
        role if may_revoke(role) => Some(Role::Named(Role::REVOKER.to_owned())),
        _ => None,
    }
}
