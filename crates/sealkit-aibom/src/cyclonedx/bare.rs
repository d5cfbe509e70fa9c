//! Files of which no more is known than bytes, name and size: most of most kits. The entry of one is
//! written straight from the model. It says what [`super::entry`] would say of it, member by member.

use serde::Serialize;
use serde::ser::{SerializeSeq as _, Serializer};

use super::entry::{algorithm, type_of};
use super::own::PREFIX;
use super::tie::Ties;
use super::types::is_media_type;
use crate::{Component, Hash, Kind};

/// The entry of such a file.
#[derive(Serialize)]
pub(super) struct Bare<'a> {
    r#type: &'static str,
    #[serde(rename = "mime-type", skip_serializing_if = "Option::is_none")]
    media_type: Option<&'a str>,
    #[serde(rename = "bom-ref")]
    reference: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "<[Hash]>::is_empty", serialize_with = "hashes")]
    hashes: &'a [Hash],
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    properties: Fixed<'a>,
}

impl<'a> Bare<'a> {
    /// The entry of a component; none where there is more to say of it. It must not be the subject of the
    /// document and must hold nothing.
    pub(super) fn of(component: &'a Component, ties: &Ties<'a>) -> Option<Self> {
        let Component { id, kind, name, path, hashes, size, media_type, purl, properties, residue } =
            component;
        let filled = |text: &'a Option<String>| text.as_deref().filter(|text| !text.is_empty());
        let (path, media_type) = (filled(path), filled(media_type));
        let fits = *kind == Kind::File
            && properties.is_empty()
            && residue.is_none()
            && filled(purl).is_none()
            && !id.0.is_empty()
            && !name.is_empty()
            && media_type.is_none_or(is_media_type)
            && hashes.iter().all(|hash| hash.evidence.is_none())
            && ties.start_nowhere(&id.0);
        let properties = Fixed { path, size: *size };
        fits.then_some(Self {
            r#type: type_of(*kind),
            media_type,
            reference: &id.0,
            name,
            hashes,
            properties,
        })
    }
}

/// What has no place of its own, as properties.
struct Fixed<'a> {
    path: Option<&'a str>,
    size: Option<u64>,
}

impl Fixed<'_> {
    fn is_empty(&self) -> bool {
        self.path.is_none() && self.size.is_none()
    }
}

impl Serialize for Fixed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        if let Some(path) = self.path {
            list.serialize_element(&Own { name: "path", value: path })?;
        }
        if let Some(size) = self.size {
            list.serialize_element(&Own { name: "size", value: &size.to_string() })?;
        }
        list.end()
    }
}

/// One property of ours.
#[derive(Serialize)]
struct Own<'a> {
    #[serde(serialize_with = "prefixed")]
    name: &'static str,
    value: &'a str,
}

fn prefixed<S: Serializer>(name: &&'static str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{PREFIX}{name}"))
}

fn hashes<S: Serializer>(hashes: &&[Hash], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Entry<'a> {
        alg: &'static str,
        content: &'a str,
    }
    serializer
        .collect_seq(hashes.iter().map(|hash| Entry { alg: algorithm(hash), content: hash.hex() }))
}

#[cfg(test)]
mod tests {
    use sealkit_inspect::property;
    use sealkit_report::{Evidence, Known};

    use super::super::shape::order;
    use super::super::{Version, entry};
    use super::*;
    use crate::{Bom, ComponentId, HashAlgorithm, Property, Relation, RelationKind, Residue};

    fn file() -> Component {
        let id = ComponentId("file:1".to_owned());
        let mut file = Component::new(id, Kind::File, "a \"b\"\u{1}/é.bin");
        file.path = Some(file.name.clone());
        file.size = Some(7);
        file.media_type = Some("application/json".to_owned());
        file.hashes = vec![
            Hash::new(HashAlgorithm::Md5, &"a".repeat(32), None).unwrap(),
            Hash::new(HashAlgorithm::Sha256, &"b".repeat(64), None).unwrap(),
        ];
        file
    }

    fn around(file: Component) -> Bom {
        let subject = Component::new(ComponentId("kit:1".to_owned()), Kind::Kit, "kit");
        let mut bom = Bom::new(subject);
        bom.components.push(file);
        bom
    }

    fn said_by_somebody() -> Hash {
        let (known, file) = (Known::Measured, "a".to_owned());
        let evidence = Evidence { known, file, place: String::new(), digest: None };
        Hash::new(HashAlgorithm::Sha1, &"c".repeat(40), Some(evidence)).unwrap()
    }

    /// A change of the plain file.
    type Change = fn(&mut Component);

    #[test]
    fn a_bare_file_is_written_as_any_other() {
        let changes: [Change; 7] = [
            |_| {},
            |file| file.path = None,
            |file| (file.size, file.path) = (None, Some(String::new())),
            |file| file.size = Some(u64::MAX),
            |file| file.hashes.clear(),
            |file| file.media_type = None,
            |file| (file.media_type, file.purl) = (Some(String::new()), Some(String::new())),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut file = file();
            change(&mut file);
            let bom = around(file);
            for version in [Version::V1_6, Version::V1_7] {
                let (file, ties) = (&bom.components[0], Ties::new(&bom));
                let mut whole = entry::write(file, &ties, version, false).unwrap();
                order(&mut whole.map, entry::KEYS);
                let bare = Bare::of(file, &ties).expect("it is bare");
                let (bare, whole) =
                    (serde_json::to_string(&bare).unwrap(), serde_json::to_string(&whole).unwrap());
                assert_eq!(bare, whole, "{number}");
            }
        }
    }

    #[test]
    fn whatever_else_is_known_makes_a_file_no_bare_one() {
        let changes: [Change; 8] = [
            |file| file.kind = Kind::Docs,
            |file| file.name.clear(),
            |file| file.id.0.clear(),
            |file| file.media_type = Some("no media type".to_owned()),
            |file| file.purl = Some("pkg:pypi/x@1".to_owned()),
            |file| file.hashes.push(said_by_somebody()),
            |file| file.properties.push(Property::text(property::FORMAT, "x", None)),
            |file| {
                let fields = serde_json::Map::new();
                file.residue = Some(Residue { format: "CycloneDX", fields });
            },
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut file = file();
            change(&mut file);
            let bom = around(file);
            assert!(Bare::of(&bom.components[0], &Ties::new(&bom)).is_none(), "{number}");
        }
        let mut bom = around(file());
        let (from, to) = (bom.components[0].id.clone(), bom.subject.id.clone());
        bom.relations.push(Relation::new(&from, RelationKind::DependsOn, &to));
        assert!(Bare::of(&bom.components[0], &Ties::new(&bom)).is_none());
    }
}
