//! The facts as the checks see them: without what revoked signers said.

use sealkit_attest::{CertifiedSubject, TrustedSigner};

use super::answer::quoted;
use crate::facts::{AncestorSigner, Facts, Said, SignerIdentity};
use crate::model::{IdentityRule, Revoked, RevokedName, Who};

/// How far a clock may be wrong, in seconds: a time later than this in the future is no evidence.
pub(super) const SKEW: i64 = 300;

/// Code of the step `signer-trusted` where those who signed are trusted for something else alone.
const SIGNER_ROLE: &str = "signer-role";

/// What the checks see.
pub(super) struct View<'a> {
    pub(super) facts: &'a Facts,
    pub(super) revoked: &'a Revoked,
    pub(super) now: i64,
    said: Vec<&'a Said>,
    /// Who was not counted, and why.
    ignored: Vec<String>,
}

impl<'a> View<'a> {
    pub(super) fn new(revoked: &'a Revoked, facts: &'a Facts, now: i64) -> Self {
        let (mut said, mut ignored) = (Vec::new(), Vec::new());
        for one in &facts.said {
            match why_revoked(revoked, one) {
                None => said.push(one),
                Some(why) => {
                    let note = format!("{} ({})", quoted(one.signer.name()), quoted(&why));
                    if !ignored.contains(&note) {
                        ignored.push(note);
                    }
                }
            }
        }
        // The order in which a registry lists them must not matter.
        said.sort_by(|a, b| a.evidence.cmp(&b.evidence));
        ignored.sort();
        Self { facts, revoked, now, said, ignored }
    }

    /// Statements by those who are meant.
    pub(super) fn by<'s>(&'s self, who: &'s Who) -> impl Iterator<Item = &'a Said> + 's {
        self.said.iter().copied().filter(|said| counts(who, &said.signer))
    }

    /// Every statement that counts.
    pub(super) fn all(&self) -> impl Iterator<Item = &'a Said> + '_ {
        self.said.iter().copied()
    }

    /// Statements by those whose role vouches for kits.
    pub(super) fn vouching(&self) -> impl Iterator<Item = &'a Said> + '_ {
        self.all().filter(|said| said.signer.role().vouches_for_kits())
    }

    /// Signatures of the whole by those who are meant. Whoever is trusted to revoke, or to say what a hub found,
    /// vouches for no kit, however a rule names them.
    pub(super) fn signatures<'s>(&'s self, who: &'s Who) -> impl Iterator<Item = &'a Said> + 's {
        self.vouching().filter(|said| said.is_signature() && counts(who, &said.signer))
    }

    /// Whether the word of a signer of an ancestor counts for nothing.
    pub(super) fn is_revoked(&self, signer: &AncestorSigner) -> bool {
        signer_revoked(self.revoked, signer).is_some()
    }

    /// Who was not counted because they are revoked, to be added to a reason.
    pub(super) fn revoked_note(&self) -> Option<String> {
        let all = super::answer::listed(&self.ignored);
        (!self.ignored.is_empty()).then(|| format!("revoked: not counted: {all}"))
    }

    /// Whose signatures were not counted because they are revoked, or because of their role, to be added to a
    /// reason. The verification does not hand on those of such roles, and says so in its step.
    pub(super) fn unsigned_note(&self) -> Option<String> {
        let of_role = |said: &&Said| said.is_signature() && !said.signer.role().vouches_for_kits();
        let mut names: Vec<String> = Vec::new();
        for signer in self.all().filter(of_role).map(|said| &said.signer) {
            let (name, role) = (quoted(signer.name()), signer.role());
            let note = format!("signed by {name}, whose role `{role}` vouches for no kit");
            if !names.contains(&note) {
                names.push(note);
            }
        }
        if names.is_empty() {
            let told = self.facts.step("signer-trusted");
            let told = told.filter(|step| step.codes.iter().any(|code| code == SIGNER_ROLE));
            names.extend(told.map(|step| step.reason.clone()));
        }
        let roles = (!names.is_empty()).then(|| super::answer::listed(&names));
        let all: Vec<String> = roles.into_iter().chain(self.revoked_note()).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Whether `time` lies within `max` seconds before now. Nothing where it is in the future.
    pub(super) fn is_recent(&self, time: i64, max: Option<i64>) -> Option<bool> {
        if time > self.now.saturating_add(SKEW) {
            return None;
        }
        Some(max.is_none_or(|max| self.now.saturating_sub(time) <= max))
    }
}

fn why_revoked(revoked: &Revoked, said: &Said) -> Option<String> {
    let digest = revoked
        .digests
        .iter()
        .find(|entry| entry.digest == said.evidence || entry.digest == said.statement);
    if let Some(entry) = digest {
        return Some(entry.reason.to_string());
    }
    signer_revoked(revoked, &AncestorSigner::of(&said.signer))
}

/// Why the word of a signer does not count: their key, the name that an identity provider knows, or a
/// certificate that they signed with or under.
fn signer_revoked(revoked: &Revoked, signer: &AncestorSigner) -> Option<String> {
    let find = |list: &[RevokedName], id: &str| {
        list.iter().find(|entry| entry.id.as_str() == id).map(|entry| entry.reason.to_string())
    };
    let identity = || {
        let known = signer.identity.as_ref()?;
        let entry = revoked.identities.iter().find(|entry| is_known_as(&entry.identity, known))?;
        Some(entry.reason.to_string())
    };
    let key = signer.key_id().and_then(|id| find(&revoked.keys, id));
    key.or_else(identity)
        .or_else(|| signer.certificates.iter().find_map(|id| find(&revoked.certificates, id)))
}

fn is_identity(rule: &IdentityRule, signer: &TrustedSigner) -> bool {
    match signer {
        TrustedSigner::Identity(identity, subject, _) => {
            identity.issuer == rule.issuer && rule.subject.matches(subject)
        }
        _ => false,
    }
}

/// Whether `signer` is one of those who are meant.
pub(super) fn counts(who: &Who, signer: &TrustedSigner) -> bool {
    let Who { roles, names, identities, keys } = who;
    if roles.is_empty() && names.is_empty() && identities.is_empty() && keys.is_empty() {
        return true;
    }
    let key = signer.key().map(|key| key.public_key.id());
    roles.contains(signer.role())
        || names.iter().any(|name| name.as_str() == signer.name())
        || identities.iter().any(|rule| is_identity(rule, signer))
        || key.is_some_and(|id| keys.iter().any(|key| key.as_str() == id))
}

/// Whether the signer of an ancestor is one of those who are meant.
pub(super) fn counts_above(who: &Who, signer: &AncestorSigner) -> bool {
    who.roles.iter().any(|role| role.name() == signer.role)
        || who.names.iter().any(|name| name.as_str() == signer.name)
        || who.keys.iter().any(|key| signer.id.strip_prefix("key:") == Some(key.as_str()))
        || signer
            .identity
            .as_ref()
            .is_some_and(|known| who.identities.iter().any(|rule| is_known_as(rule, known)))
}

/// Whether an identity provider knows somebody as `rule` says.
fn is_known_as(rule: &IdentityRule, known: &SignerIdentity) -> bool {
    let subject = CertifiedSubject { kind: known.kind, value: known.subject.clone() };
    rule.issuer == known.issuer && rule.subject.matches(&subject)
}

/// Whether a signer fits `rule`.
pub(super) fn fits_identity(rule: &IdentityRule, signer: &TrustedSigner) -> bool {
    is_identity(rule, signer)
}
