//! A Sigstore instance's trusted root: its logs, certificate authorities and timestamp authorities.

use super::crypto::VerifyKey;
use super::root_json::{AuthorityJson, IdJson, LogJson, RangeJson, RootJson};
use crate::strict_json::{self, Limits};
use crate::{AttestError, base64};

/// How large a trusted root may be.
pub const ROOT_LIMITS: Limits = Limits { bytes: 1 << 20, depth: 16, string: 64 << 10 };

/// Most logs or authorities of one kind.
const MAX_ITEMS: usize = 64;
/// Most certificates of one authority.
const MAX_CHAIN: usize = 8;

const MEDIA_TYPES: &[&str] = &[
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.1+json",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
];

/// What an instance of Sigstore is trusted by (`trusted_root.json`), together with the exact bytes
/// it came from. Where it lists no transparency log or no certificate log, it asks for none.
#[derive(Clone, Debug)]
pub struct SigstoreRoot {
    bytes: Vec<u8>,
    pub(super) logs: Vec<RootLog>,
    pub(super) certificate_logs: Vec<RootLog>,
    pub(super) authorities: Vec<Authority>,
    pub(super) timestampers: Vec<Authority>,
}

impl PartialEq for SigstoreRoot {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for SigstoreRoot {}

/// A window of time, unix seconds, both ends belonging to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Validity {
    pub(super) from: i64,
    pub(super) until: Option<i64>,
}

impl Validity {
    pub(super) fn contains(&self, time: i64) -> bool {
        self.from <= time && self.until.is_none_or(|until| time <= until)
    }
}

/// A log.
#[derive(Clone, Debug)]
pub(super) struct RootLog {
    pub(super) base_url: String,
    pub(super) operator: String,
    pub(super) id: Vec<u8>,
    /// How checkpoints name its key; they show the first four bytes.
    pub(super) checkpoint_id: Vec<u8>,
    /// None: of a kind that is not supported, so that it proves nothing.
    pub(super) key: Option<VerifyKey>,
    pub(super) validity: Validity,
}

impl RootLog {
    /// The address without its scheme: what the checkpoints of a log of tiles have as origin.
    pub(super) fn origin(&self) -> &str {
        let after =
            self.base_url.split_once("://").map_or(self.base_url.as_str(), |(_, rest)| rest);
        after.trim_end_matches('/')
    }
}

/// An authority, with its chain of certificates, DER, leaf or intermediates first, root last.
#[derive(Clone, Debug)]
pub(super) struct Authority {
    pub(super) uri: String,
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) validity: Validity,
}

impl SigstoreRoot {
    /// Reads a trusted root: strict JSON, an unknown field is an error, for it may be a limit.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, AttestError> {
        let json: RootJson = strict_json::from_slice(&bytes, "trusted root", ROOT_LIMITS)?;
        if !MEDIA_TYPES.contains(&json.media_type.as_str()) {
            let found = AttestError::quote(&json.media_type);
            return Err(fault(format!("media type `{found}` is not supported")));
        }
        let root = Self {
            logs: read(json.tlogs.unwrap_or_default(), log)?,
            certificate_logs: read(json.ctlogs.unwrap_or_default(), log)?,
            authorities: read(json.certificate_authorities.unwrap_or_default(), authority)?,
            timestampers: read(json.timestamp_authorities.unwrap_or_default(), authority)?,
            bytes,
        };
        unique(&root.logs)?;
        unique(&root.certificate_logs)?;
        Ok(root)
    }

    /// The exact bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Addresses of the transparency logs.
    pub fn log_urls(&self) -> impl Iterator<Item = &str> {
        self.logs.iter().map(|log| log.base_url.as_str())
    }

    /// Addresses of the certificate authorities.
    pub fn authority_urls(&self) -> impl Iterator<Item = &str> {
        self.authorities.iter().map(|authority| authority.uri.as_str())
    }

    /// The time that an RFC 3161 response proves `signature` to be no younger than, unix seconds, at
    /// `now`; none where its signer is of none of this instance's authorities.
    pub fn timestamp(
        &self,
        response: &[u8],
        signature: &[u8],
        now: i64,
    ) -> Result<Option<i64>, AttestError> {
        super::timestamp::verify(response, signature, self.timestampers.iter(), now)
    }

    /// Addresses of the timestamp authorities.
    pub fn timestamp_urls(&self) -> impl Iterator<Item = &str> {
        self.timestampers.iter().map(|authority| authority.uri.as_str())
    }
}

fn read<J, T>(
    items: Vec<J>,
    one: impl Fn(J) -> Result<T, AttestError>,
) -> Result<Vec<T>, AttestError> {
    if items.len() > MAX_ITEMS {
        let (document, what) = ("trusted root", "entry");
        return Err(AttestError::Limit { document, what, limit: MAX_ITEMS });
    }
    items.into_iter().map(one).collect()
}

fn log(json: LogJson) -> Result<RootLog, AttestError> {
    if json.hash_algorithm != "SHA2_256" {
        let found = AttestError::quote(&json.hash_algorithm);
        return Err(fault(format!("a log has the hash algorithm `{found}`")));
    }
    let der = base64::decode(&json.public_key.raw_bytes, "rawBytes")?;
    // What will come is named by `keyDetails`; a key of a supported kind has to be one.
    let details = json.public_key.key_details.as_str();
    let supported = details.starts_with("PKIX_ECDSA_P") || details == "PKIX_ED25519";
    let key = match VerifyKey::from_spki(&der) {
        Err(error) if supported => return Err(error),
        key => key.ok().or_else(|| VerifyKey::rsa(&der)),
    };
    let id = |json: IdJson| {
        let id = base64::decode(&json.key_id, "keyId")?;
        if id.len() < 4 { Err(fault("a log id is too short".to_owned())) } else { Ok(id) }
    };
    let log_id = id(json.log_id)?;
    let base_url = json.base_url.unwrap_or_default();
    let operator = match json.operator.unwrap_or_default() {
        named if !named.is_empty() => named,
        _ => host(&base_url).to_owned(),
    };
    Ok(RootLog {
        checkpoint_id: json.checkpoint_key_id.map_or(Ok(log_id.clone()), id)?,
        id: log_id,
        operator,
        base_url,
        key,
        validity: validity(&json.public_key.valid_for)?,
    })
}

fn authority(json: AuthorityJson) -> Result<Authority, AttestError> {
    let certificates = json.cert_chain.certificates;
    if certificates.is_empty() || certificates.len() > MAX_CHAIN {
        return Err(fault("an authority has no certificate, or too many".to_owned()));
    }
    let decode = |json: &super::root_json::CertificateJson| {
        let der = base64::decode(&json.raw_bytes, "rawBytes")?;
        super::certificate::parse(&der)?;
        Ok(der)
    };
    let chain = certificates.iter().map(decode).collect::<Result<_, AttestError>>()?;
    let uri = json.uri.or(json.operator).unwrap_or_default();
    Ok(Authority { uri, chain, validity: validity(&json.valid_for)? })
}

fn validity(json: &RangeJson) -> Result<Validity, AttestError> {
    json.validity().ok_or_else(|| fault("a `validFor` is no window of time".to_owned()))
}

/// Two logs with one id would make it a matter of order which of them is asked.
fn unique(logs: &[RootLog]) -> Result<(), AttestError> {
    let double = |(at, log): (usize, &RootLog)| logs.iter().take(at).any(|old| old.id == log.id);
    if logs.iter().enumerate().any(double) {
        return Err(fault("a log is there twice".to_owned()));
    }
    Ok(())
}

/// The host of an address.
fn host(url: &str) -> &str {
    let after = url.split_once("://").map_or(url, |(_, rest)| rest);
    after.split('/').next().unwrap_or(after)
}

fn fault(reason: String) -> AttestError {
    AttestError::TrustRootInvalid { reason: format!("Sigstore trusted root: {reason}") }
}
