//! Identities that certificates vouch for, and the authorities that may issue them.

use serde::{Deserialize, Serialize};

use super::{Role, Window, check_name, check_order};
use crate::AttestError;

/// Longest value or pattern of a subject, in bytes.
const MAX_SUBJECT: usize = 2048;

/// What kind of name a certificate gives its holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// An `rfc822Name`: an e-mail address.
    Email,
    /// A URI: a CI workflow, a SPIFFE id.
    Uri,
    /// A `dNSName`.
    Dns,
    /// Fulcio's `otherName` 1.3.6.1.4.1.57264.1.7: a user name.
    Other,
    /// The certificate's subject, RFC 4514, where it has no alternative name.
    Name,
}

impl SubjectKind {
    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Uri => "uri",
            Self::Dns => "dns",
            Self::Other => "other",
            Self::Name => "name",
        }
    }
}

/// One name that a certificate gives its holder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CertifiedSubject {
    /// What kind of name.
    pub kind: SubjectKind,
    /// The name as it stands in the certificate.
    pub value: String,
}

/// Which subjects are meant. The kind counts: an address is no URI, whatever its letters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubjectRule {
    /// The kind of name.
    pub kind: SubjectKind,
    /// The name; compared byte for byte, as a whole.
    pub value: String,
    /// Whether `value` is a pattern: `*` stands for any characters but `/` and `@`, `**` for any at
    /// all. A pattern too has to fit the whole name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pattern: bool,
}

impl SubjectRule {
    /// Exactly this name.
    pub fn exactly(kind: SubjectKind, value: impl Into<String>) -> Self {
        Self { kind, value: value.into(), pattern: false }
    }

    /// Every name that fits the pattern.
    pub fn fitting(kind: SubjectKind, pattern: impl Into<String>) -> Self {
        Self { kind, value: pattern.into(), pattern: true }
    }

    /// Whether `subject` is meant.
    pub fn matches(&self, subject: &CertifiedSubject) -> bool {
        self.kind == subject.kind
            && subject.value.len() <= MAX_SUBJECT
            && if self.pattern {
                fits(self.value.as_bytes(), subject.value.as_bytes())
            } else {
                self.value == subject.value
            }
    }

    fn check(&self, entry: &str) -> Result<(), AttestError> {
        if self.value.is_empty() || self.value.len() > MAX_SUBJECT {
            return fault(entry, "a subject is empty or too long");
        }
        if self.value.chars().any(char::is_control) {
            return fault(entry, "a subject has a control character");
        }
        if self.pattern && self.value.bytes().all(|byte| byte == b'*') {
            return fault(entry, "a pattern of `*` alone would trust everybody");
        }
        Ok(())
    }
}

/// Whether the whole of `text` fits `pattern`; linear in both for each star.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut here) = (0, 0);
    // Where to go on when the last star has to take one more byte: of `*`, and of `**`.
    let mut star: Option<(usize, usize)> = None;
    let mut wide: Option<(usize, usize)> = None;
    loop {
        match pattern.get(at) {
            Some(b'*') if pattern.get(at + 1) == Some(&b'*') => {
                while pattern.get(at) == Some(&b'*') {
                    at += 1;
                }
                (wide, star) = (Some((at, here)), None);
                continue;
            }
            Some(b'*') => {
                at += 1;
                star = Some((at, here));
                continue;
            }
            Some(byte) if text.get(here) == Some(byte) => {
                (at, here) = (at + 1, here + 1);
                continue;
            }
            None if here == text.len() => return true,
            _ => {}
        }
        if let Some((next, taken)) = star
            .filter(|&(_, taken)| text.get(taken).is_some_and(|byte| !matches!(byte, b'/' | b'@')))
        {
            (at, here) = (next, taken + 1);
            star = Some((next, taken + 1));
        } else if let Some((next, taken)) = wide.filter(|&(_, taken)| taken < text.len()) {
            (at, here) = (next, taken + 1);
            (wide, star) = (Some((next, taken + 1)), None);
        } else {
            return false;
        }
    }
}

/// Somebody known by the name that an identity provider vouched for when they signed (Sigstore's
/// keyless signing). The certificate has to come from a trusted Sigstore instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrustedIdentity {
    /// Whose it is, as the user calls them: unique, not empty.
    pub name: String,
    /// What it is trusted for.
    pub role: Role,
    /// The identity provider, exactly: e.g. `https://token.actions.githubusercontent.com`.
    pub issuer: String,
    /// Whom the provider vouches for.
    pub subject: SubjectRule,
    /// First second of trust, unix time; none: since ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<i64>,
    /// Last second of trust, unix time; none: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<i64>,
}

impl TrustedIdentity {
    /// Where `now` (unix seconds) lies.
    pub fn window(&self, now: i64) -> Window {
        Window::at(now, self.valid_from, self.valid_until)
    }

    pub(super) fn check(&self) -> Result<(), AttestError> {
        check_name(&self.name)?;
        check_order(&self.name, self.valid_from, self.valid_until)?;
        if self.issuer.is_empty() || self.issuer.chars().any(char::is_control) {
            return fault(&self.name, "the issuer is empty or has a control character");
        }
        self.subject.check(&self.name)
    }
}

/// A certificate authority of the user's own, whose certificates name signers (OMS certificate
/// mode). Only the named subjects are trusted; where none is named, whomever it certifies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrustedAuthority {
    /// Whose it is, as the user calls it: unique, not empty.
    pub name: String,
    /// What its holders are trusted for.
    pub role: Role,
    /// The root certificate, `CERTIFICATE` PEM.
    pub certificate: String,
    /// Whom it may vouch for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<SubjectRule>,
    /// First second of trust, unix time; none: since ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<i64>,
    /// Last second of trust, unix time; none: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<i64>,
}

impl TrustedAuthority {
    /// Where `now` (unix seconds) lies.
    pub fn window(&self, now: i64) -> Window {
        Window::at(now, self.valid_from, self.valid_until)
    }

    pub(super) fn check(&self) -> Result<(), AttestError> {
        check_name(&self.name)?;
        check_order(&self.name, self.valid_from, self.valid_until)?;
        self.subjects.iter().try_for_each(|subject| subject.check(&self.name))
    }
}

fn fault<T>(name: &str, reason: &str) -> Result<T, AttestError> {
    let name = AttestError::quote(name);
    Err(AttestError::TrustRootInvalid { reason: format!("`{name}`: {reason}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(pattern: &str, value: &str) -> bool {
        let subject = CertifiedSubject { kind: SubjectKind::Uri, value: value.to_owned() };
        SubjectRule::fitting(SubjectKind::Uri, pattern).matches(&subject)
    }

    #[test]
    fn patterns_fit_whole_names_only() {
        let org = "https://github.com/org/*/.github/workflows/*@refs/tags/**";
        assert!(uri(org, "https://github.com/org/app/.github/workflows/ci.yml@refs/tags/v1/rc"));
        for stranger in [
            "https://github.com/org-evil/app/.github/workflows/ci.yml@refs/tags/v1",
            "https://github.com/org/a/b/.github/workflows/ci.yml@refs/tags/v1",
            "https://github.com/org/app/.github/workflows/ci.yml@refs/heads/x@refs/tags/v1",
            "xhttps://github.com/org/app/.github/workflows/ci.yml@refs/tags/v1",
            "",
        ] {
            assert!(!uri(org, stranger), "{stranger}");
        }
        assert!(uri("a*c*e", "abcde") && uri("a**z", "a/@z") && uri("**z", "zz"));
        assert!(!uri("a*c", "ab") && !uri("a*", "a/b") && !uri("a*b*", "acd"));
        assert!(uri("**/x*", "a/x/x1") && !uri("**/x*", "a/x/x1/"));
    }

    #[test]
    fn a_name_of_another_kind_is_another_name() {
        let rule = SubjectRule::exactly(SubjectKind::Email, "dev@example.com");
        let of = |kind, value: &str| rule.matches(&CertifiedSubject { kind, value: value.into() });
        assert!(of(SubjectKind::Email, "dev@example.com"));
        assert!(!of(SubjectKind::Uri, "dev@example.com"));
        assert!(!of(SubjectKind::Email, "dev@example.com.evil.org"));
    }
}
