//! Which of the trusted signers are meant.

use schemars::JsonSchema;
use sealkit_attest::{AttestError, Role, SubjectKind, SubjectRule};
use serde::{Deserialize, Deserializer, Serialize};

use super::Text;

/// Kind of the name that a certificate gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SubjectType {
    /// An e-mail address.
    Email,
    /// A URI: a CI workflow.
    Uri,
    /// A DNS name.
    Dns,
    /// Fulcio's user name.
    Other,
    /// The certificate's subject, RFC 4514.
    Name,
}

impl SubjectType {
    pub(crate) fn kind(self) -> SubjectKind {
        match self {
            Self::Email => SubjectKind::Email,
            Self::Uri => SubjectKind::Uri,
            Self::Dns => SubjectKind::Dns,
            Self::Other => SubjectKind::Other,
            Self::Name => SubjectKind::Name,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct IdentityJson {
    /// The identity provider, exactly.
    issuer: Text,
    /// Kind of the name; an address is no URI, whatever its letters.
    kind: SubjectType,
    /// The name, as a whole.
    subject: Text,
    /// Whether `subject` is a pattern: `*` stands for any characters but `/` and `@`, `**` for any.
    #[serde(default)]
    pattern: bool,
}

/// An identity: who vouches, and for whom. Without issuer or kind it would be anybody of that name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "IdentityJson")]
pub struct IdentityRule {
    /// The identity provider, compared byte for byte.
    pub issuer: String,
    /// Whom it vouches for.
    pub subject: SubjectRule,
}

impl JsonSchema for IdentityRule {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "IdentityRule".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        IdentityJson::json_schema(generator)
    }
}

impl TryFrom<IdentityJson> for IdentityRule {
    type Error = String;

    fn try_from(json: IdentityJson) -> Result<Self, String> {
        let subject = String::from(json.subject);
        if json.pattern && subject.bytes().all(|byte| byte == b'*') {
            return Err("a pattern of `*` alone would mean everybody".to_owned());
        }
        let (kind, pattern) = (json.kind.kind(), json.pattern);
        let subject = SubjectRule { kind, value: subject, pattern };
        Ok(Self { issuer: json.issuer.into(), subject })
    }
}

/// Which of the trusted signers count. One that fits any of the lists does; without a list every
/// trusted signer does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Who {
    /// Roles of the trust store: `signer`, `ci`, `security`.
    #[serde(deserialize_with = "roles")]
    #[schemars(with = "Vec<String>")]
    pub roles: Vec<Role>,
    /// Names of the trust store.
    pub names: Vec<Text>,
    /// Identities that certificates vouch for.
    pub identities: Vec<IdentityRule>,
    /// Ids of keys: 64 hexadecimal digits, as `sealkit trust list` prints them.
    pub keys: Vec<Text>,
}

/// Reads roles, with an error that speaks of the role and of no trust store.
fn roles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Role>, D::Error> {
    let all = Vec::<RoleJson>::deserialize(deserializer)?;
    Ok(all.into_iter().map(|RoleJson(role)| role).collect())
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct RoleJson(Role);

impl TryFrom<String> for RoleJson {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse().map(Self).map_err(|error| match error {
            AttestError::TrustRootInvalid { reason } => reason,
            other => other.to_string(),
        })
    }
}
