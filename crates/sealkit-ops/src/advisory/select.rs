//! Which kits of the local store a matter is in, as their signed AIBOMs say.

use sealkit_attest::{AnyPredicate, ResourceDescriptor, Uri, ValueError, VerifiedStatement};
use sealkit_policy::{BomPart, PartKind};
use serde_json::Value;

use super::local_kits;
use crate::attest::bundles;
use crate::check::bom_facts;
use crate::trust::Trusted;
use crate::{Context, Kit, OpsError, Place};

/// What a matter is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Concern {
    /// A dataset, of one version or of every one.
    Dataset {
        /// Its name.
        name: String,
        /// The version.
        version: Option<String>,
    },
    /// A base model, by name.
    Base(String),
    /// A package, by its package URL as the AIBOM writes it.
    Package(Uri),
}

impl Concern {
    /// A dataset, `NAME` or `NAME@VERSION`.
    pub fn dataset(text: &str) -> Self {
        match text
            .rsplit_once('@')
            .filter(|(name, version)| !name.is_empty() && !version.is_empty())
        {
            Some((name, version)) => {
                Self::Dataset { name: name.to_owned(), version: Some(version.to_owned()) }
            }
            None => Self::Dataset { name: text.to_owned(), version: None },
        }
    }

    /// A package by its URL.
    ///
    /// # Errors
    /// When it is no URI.
    pub fn package(purl: &str) -> Result<Self, ValueError> {
        Uri::try_from(purl).map(Self::Package)
    }

    /// As an advisory names it.
    pub fn descriptor(&self) -> ResourceDescriptor {
        match self {
            Self::Dataset { name, version } => {
                let named = ResourceDescriptor { name: Some(name.clone()), ..Default::default() };
                match version {
                    Some(version) => named.annotated("version", version.as_str()),
                    None => named,
                }
            }
            Self::Base(name) => {
                ResourceDescriptor { name: Some(name.clone()), ..Default::default() }
            }
            Self::Package(purl) => {
                ResourceDescriptor { uri: Some(purl.clone()), ..Default::default() }
            }
        }
    }

    fn is_part(&self, part: &BomPart) -> bool {
        match self {
            Self::Dataset { name, version } => {
                // A version that is not known may be the one.
                let fits = |wanted: &String| part.version.as_ref().is_none_or(|is| is == wanted);
                part.kind == PartKind::Dataset
                    && part.name.eq_ignore_ascii_case(name)
                    && version.as_ref().is_none_or(fits)
            }
            Self::Base(name) => {
                part.kind == PartKind::BaseModel && part.name.eq_ignore_ascii_case(name)
            }
            Self::Package(_) => false,
        }
    }
}

/// Kits of the local store that a matter is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// The kits, by digest.
    pub kits: Vec<Place>,
    /// Kits of which no trusted AIBOM says what they are made of: they may be affected too.
    pub unknown: Vec<Place>,
    /// Whether there are more kits than were looked at.
    pub more: bool,
}

/// Finds the kits of the local store in whose signed AIBOM one of `concerns` is.
///
/// # Errors
/// When the store can not be read.
pub async fn select(
    context: &Context,
    concerns: &[Concern],
    trusted: &Trusted,
) -> Result<Selected, OpsError> {
    let trust = trusted.root(context)?;
    let (places, more) = local_kits(context)?;
    let mut selected = Selected { more, ..Selected::default() };
    for place in places {
        let kit = match Kit::open(context, &place).await {
            Ok(kit) => kit,
            Err(OpsError::NotAKit { .. }) => continue,
            Err(error) => return Err(error),
        };
        let (all, is_cut) = bundles(&kit, &trust, (context.clock)(), true).await?;
        let said: Vec<VerifiedStatement> =
            all.into_iter().filter_map(|one| one.result.ok()).collect();
        match bom_facts(&said, &kit) {
            None => selected.unknown.push(place),
            Some(bom) => {
                let is_in = |concern: &Concern| match concern {
                    Concern::Package(purl) => said.iter().any(|one| names(one, purl.as_str())),
                    other => bom.parts.iter().any(|part| other.is_part(part)),
                };
                if concerns.iter().any(is_in) {
                    selected.kits.push(place);
                } else if is_cut {
                    // What it is made of may be said by one that was not looked at.
                    selected.unknown.push(place);
                }
            }
        }
    }
    Ok(selected)
}

/// Whether an AIBOM has a component with this package URL.
fn names(said: &VerifiedStatement, purl: &str) -> bool {
    let document = match said.value().any_predicate() {
        Ok(AnyPredicate::CycloneDx(bom)) => bom.document().to_owned(),
        Ok(AnyPredicate::Spdx(bom)) => bom.document().to_owned(),
        _ => return false,
    };
    serde_json::from_str(&document).is_ok_and(|value: Value| holds_text(&value, purl))
}

/// Whether a text is there somewhere. Documents were read under a limit of depth before.
fn holds_text(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text == wanted,
        Value::Array(all) => all.iter().any(|one| holds_text(one, wanted)),
        Value::Object(all) => all.values().any(|one| holds_text(one, wanted)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: PartKind, name: &str, version: Option<&str>) -> BomPart {
        BomPart {
            kind,
            name: name.to_owned(),
            version: version.map(str::to_owned),
            digest: None,
            licences: Vec::new(),
        }
    }

    #[test]
    fn a_version_that_is_not_known_may_be_the_one() {
        let concern = Concern::dataset("Corpus@2");
        assert!(concern.is_part(&part(PartKind::Dataset, "corpus", Some("2"))));
        assert!(concern.is_part(&part(PartKind::Dataset, "corpus", None)));
        assert!(!concern.is_part(&part(PartKind::Dataset, "corpus", Some("3"))));
        assert!(!concern.is_part(&part(PartKind::Model, "corpus", Some("2"))));
        let any = Concern::dataset("corpus");
        assert!(any.is_part(&part(PartKind::Dataset, "corpus", Some("3"))));
        assert_eq!(concern.descriptor().version(), Some("2"));
        assert_eq!(Concern::dataset("@x"), Concern::Dataset { name: "@x".into(), version: None });
        assert!(Concern::package("no uri").is_err());
    }
}
