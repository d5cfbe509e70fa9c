//! The facts as the checks see them: without what revoked signers said.

use sealkit_attest::{CertifiedSubject, TrustedSigner};
use sealkit_oci::Digest;

use super::answer::quoted;
use crate::facts::{AncestorSigner, Facts, Said};
use crate::model::{IdentityRule, Revoked, Who};

/// How far a clock may be wrong, in seconds: a time later than this in the future is no evidence.
pub(super) const SKEW: i64 = 300;

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

    /// Signatures of the whole by those who are meant.
    pub(super) fn signatures<'s>(&'s self, who: &'s Who) -> impl Iterator<Item = &'a Said> + 's {
        self.by(who).filter(|said| said.is_signature())
    }

    /// Who was not counted because they are revoked, to be added to a reason.
    pub(super) fn revoked_note(&self) -> Option<String> {
        let all = super::answer::listed(&self.ignored);
        (!self.ignored.is_empty()).then(|| format!("revoked: not counted: {all}"))
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
    let key = said.signer.key().map(|key| key.public_key.id());
    let key = key.and_then(|id| revoked.keys.iter().find(|entry| entry.id.as_str() == id));
    if let Some(entry) = key {
        return Some(entry.reason.to_string());
    }
    let identity =
        revoked.identities.iter().find(|entry| is_identity(&entry.identity, &said.signer));
    if let Some(entry) = identity {
        return Some(entry.reason.to_string());
    }
    let TrustedSigner::Certified(authority, _) = &said.signer else { return None };
    let certificate = certificate_id(&authority.certificate)?;
    let entry = revoked.certificates.iter().find(|entry| entry.id.as_str() == certificate)?;
    Some(entry.reason.to_string())
}

/// SHA-256 of the DER in a PEM certificate, in hexadecimal.
fn certificate_id(pem: &str) -> Option<String> {
    let lines = pem.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
    let body: String = lines.collect();
    let der = sealkit_attest::base64::decode(&body, "certificate").ok()?;
    Some(Digest::of(&der).hex().to_owned())
}

fn is_identity(rule: &IdentityRule, signer: &TrustedSigner) -> bool {
    match signer {
        TrustedSigner::Identity(identity, subject) => {
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
        || signer.identity.as_ref().is_some_and(|known| {
            let subject = CertifiedSubject { kind: known.kind, value: known.subject.clone() };
            let fits =
                |rule: &IdentityRule| rule.issuer == known.issuer && rule.subject.matches(&subject);
            who.identities.iter().any(fits)
        })
}

/// Whether a signer fits `rule`.
pub(super) fn fits_identity(rule: &IdentityRule, signer: &TrustedSigner) -> bool {
    is_identity(rule, signer)
}
