//! What `verify` says of keyless signers who are not trusted.

use std::fmt::Write as _;

use sealkit_ops::verify::{Verification, VouchedIdentity};
use serde::Serialize;

use crate::console::escape;

/// A signer for whom a trusted Sigstore instance vouched, in the JSON answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UntrustedIdentity {
    kind: &'static str,
    subject: String,
    issuer: String,
}

/// The signers in the JSON answer.
pub(super) fn rows(found: &Verification) -> Vec<UntrustedIdentity> {
    let one = |identity: &VouchedIdentity| UntrustedIdentity {
        kind: identity.subject.kind.name(),
        subject: identity.subject.value.clone(),
        issuer: identity.issuer.clone(),
    };
    found.untrusted_identities.iter().map(one).collect()
}

/// Who signed, and the command that would trust them.
pub(super) fn how_to_trust(found: &Verification) -> String {
    let mut text = String::new();
    for identity in &found.untrusted_identities {
        let (kind, subject) = (identity.subject.kind.name(), &identity.subject.value);
        let _ = write!(
            text,
            "\n\nSigned by {kind} {}, known to {}, as a trusted Sigstore instance vouches.\n\
             Make sure by another way that this is who should sign, then:\n  \
             sealkit trust add --identity {} --identity-kind {kind} --issuer {} --name NAME",
            escape(subject),
            escape(&identity.issuer),
            quoted(subject),
            quoted(&identity.issuer),
        );
    }
    text
}

/// A foreign text as one word of a shell that expands nothing in it.
fn quoted(text: &str) -> String {
    format!("'{}'", escape(text).replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_foreign_name_is_one_word_of_the_shell() {
        assert_eq!(quoted("a b$(c)`d`"), "'a b$(c)`d`'");
        assert_eq!(quoted("a'; rm x; '"), r"'a'\''; rm x; '\'''");
        assert!(!quoted("a\u{1b}[31m\n").contains('\u{1b}'));
    }
}
