//! The names that a certificate gives its holder.

use x509_cert::der::asn1::Utf8StringRef;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::Certificate;
use crate::{AttestError, CertifiedSubject, SubjectKind};

const ALTERNATIVE_NAME: &str = "2.5.29.17";
/// Fulcio's name of a user that has no e-mail address.
const FULCIO_USER: &str = "1.3.6.1.4.1.57264.1.7";

/// Most names of one certificate.
const MAX_NAMES: usize = 64;

pub(super) fn of(certificate: &Certificate) -> Result<Vec<CertifiedSubject>, AttestError> {
    let Some(names) = certificate.extension::<SubjectAltName>(ALTERNATIVE_NAME)? else {
        let subject = &certificate.parsed.tbs_certificate.subject;
        let value = subject.to_string();
        let named = !subject.is_empty() && !value.is_empty();
        return Ok(named
            .then_some(CertifiedSubject { kind: SubjectKind::Name, value })
            .into_iter()
            .collect());
    };
    if names.0.len() > MAX_NAMES {
        return Err(certificate.fault("it has too many names"));
    }
    names.0.iter().filter_map(|name| one(certificate, name).transpose()).collect()
}

/// One name; none of a kind that identifies nobody here. A control character could make one name
/// look like another.
fn one(
    certificate: &Certificate,
    name: &GeneralName,
) -> Result<Option<CertifiedSubject>, AttestError> {
    let (kind, value) = match name {
        GeneralName::Rfc822Name(text) => (SubjectKind::Email, text.as_str()),
        GeneralName::UniformResourceIdentifier(text) => (SubjectKind::Uri, text.as_str()),
        GeneralName::DnsName(text) => (SubjectKind::Dns, text.as_str()),
        GeneralName::OtherName(other) if other.type_id.to_string() == FULCIO_USER => {
            let malformed = |_| certificate.fault("one of its names is malformed");
            let text = other.value.decode_as::<Utf8StringRef<'_>>().map_err(malformed)?;
            return checked(certificate, SubjectKind::Other, text.as_str()).map(Some);
        }
        _ => return Ok(None),
    };
    checked(certificate, kind, value).map(Some)
}

fn checked(
    certificate: &Certificate,
    kind: SubjectKind,
    value: &str,
) -> Result<CertifiedSubject, AttestError> {
    if value.is_empty() || value.chars().any(char::is_control) {
        return Err(certificate.fault("one of its names is empty or has a control character"));
    }
    Ok(CertifiedSubject { kind, value: value.to_owned() })
}
