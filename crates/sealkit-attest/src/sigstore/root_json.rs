//! The JSON form of a trusted root (protobuf-specs, `sigstore_trustroot.proto`, v0.1 and v0.2). In
//! protobuf's JSON, `null` is a field that is left out.

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::root::Validity;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RootJson {
    pub(super) media_type: String,
    #[serde(default)]
    pub(super) tlogs: Option<Vec<LogJson>>,
    #[serde(default)]
    pub(super) certificate_authorities: Option<Vec<AuthorityJson>>,
    #[serde(default)]
    pub(super) ctlogs: Option<Vec<LogJson>>,
    #[serde(default)]
    pub(super) timestamp_authorities: Option<Vec<AuthorityJson>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LogJson {
    #[serde(default)]
    pub(super) base_url: Option<String>,
    pub(super) hash_algorithm: String,
    pub(super) public_key: KeyJson,
    pub(super) log_id: IdJson,
    #[serde(default)]
    pub(super) checkpoint_key_id: Option<IdJson>,
    #[serde(default)]
    pub(super) operator: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct KeyJson {
    pub(super) raw_bytes: String,
    pub(super) key_details: String,
    pub(super) valid_for: RangeJson,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct IdJson {
    pub(super) key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AuthorityJson {
    /// Said for people; the certificates say it themselves.
    #[serde(default)]
    #[expect(dead_code, reason = "accepted, and never used")]
    subject: Option<SubjectJson>,
    #[serde(default)]
    pub(super) uri: Option<String>,
    pub(super) cert_chain: ChainJson,
    pub(super) valid_for: RangeJson,
    #[serde(default)]
    pub(super) operator: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SubjectJson {
    #[serde(default)]
    #[expect(dead_code, reason = "accepted, and never used")]
    organization: Option<String>,
    #[serde(default)]
    #[expect(dead_code, reason = "accepted, and never used")]
    common_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ChainJson {
    pub(super) certificates: Vec<CertificateJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CertificateJson {
    pub(super) raw_bytes: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RangeJson {
    start: String,
    #[serde(default)]
    end: Option<String>,
}

impl RangeJson {
    /// The window in whole seconds, both ends belonging to it.
    pub(super) fn validity(&self) -> Option<Validity> {
        let parse = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
        let start = parse(&self.start)?;
        let from = start.unix_timestamp() + i64::from(start.nanosecond() > 0);
        let until = match &self.end {
            Some(end) => Some(parse(end)?.unix_timestamp()),
            None => None,
        };
        (until.is_none_or(|until| from <= until)).then_some(Validity { from, until })
    }
}
