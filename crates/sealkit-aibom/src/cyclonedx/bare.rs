//! Files of which little is known: most of most kits. The entry of one is written straight from the model. It
//! says what [`super::entry`] would say of it, member by member.

use sealkit_inspect::property;
use serde::Serialize;
use serde::ser::{SerializeSeq as _, Serializer};
use serde_json::Value as Json;

use super::entry::{algorithm, type_of};
use super::own::{self, Lent, Plain};
use super::tie::Ties;
use super::types::is_media_type;
use super::{known, place};
use crate::{Component, Hash, Kind, Property, name};

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
    #[serde(skip_serializing_if = "Named::is_empty")]
    evidence: Named,
    #[serde(skip_serializing_if = "Properties::is_empty")]
    properties: Properties<'a>,
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
            && properties.iter().all(is_only_property)
            && residue.is_none()
            && filled(purl).is_none()
            && !id.0.is_empty()
            && !name.is_empty()
            && media_type.is_none_or(is_media_type)
            && hashes.iter().all(|hash| hash.evidence.is_none())
            && ties.start_nowhere(&id.0);
        fits.then(|| Self {
            r#type: type_of(*kind),
            media_type,
            reference: &id.0,
            name,
            hashes,
            evidence: Named { occurrences: known::occurrences(component) },
            properties: Properties { path, size: *size, claims: properties },
        })
    }
}

/// Whether a claim about a file stands among its properties and nowhere else.
fn is_only_property(claim: &Property) -> bool {
    let elsewhere = [property::NAME, name::COMPONENT_TYPE];
    !elsewhere.contains(&claim.name.as_str()) && !place::has_place(Kind::File, &claim.name)
}

/// Where the file is named.
#[derive(Serialize)]
struct Named {
    occurrences: Vec<Json>,
}

impl Named {
    fn is_empty(&self) -> bool {
        self.occurrences.is_empty()
    }
}

/// What has no place of its own.
struct Properties<'a> {
    path: Option<&'a str>,
    size: Option<u64>,
    claims: &'a [Property],
}

impl Properties<'_> {
    fn is_empty(&self) -> bool {
        self.path.is_none() && self.size.is_none() && self.claims.is_empty()
    }
}

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        if let Some(path) = self.path {
            list.serialize_element(&Lent { name: ("path", ""), value: path })?;
        }
        if let Some(size) = self.size {
            list.serialize_element(&Lent { name: ("size", ""), value: &size.to_string() })?;
        }
        for claim in self.claims {
            match Plain::of(claim) {
                Some(plain) => plain.write(&mut list)?,
                None => own::write(claim).iter().try_for_each(|one| list.serialize_element(one))?,
            }
        }
        list.end()
    }
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
    use sealkit_inspect::{PackageInfo, Value};
    use sealkit_oci::Digest;
    use sealkit_report::{Evidence, Known};

    use super::super::shape::order;
    use super::super::{Version, entry};
    use super::*;
    use crate::{Bom, ComponentId, HashAlgorithm, Relation, RelationKind, Residue};

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

    fn evidence(place: &str) -> Evidence {
        let digest = place.is_empty().then(|| Digest::of(b"x"));
        let (known, file, place) = (Known::Measured, "a \"b\"".to_owned(), place.to_owned());
        Evidence { known, file, place, digest }
    }

    fn said_by_somebody() -> Hash {
        Hash::new(HashAlgorithm::Sha1, &"c".repeat(40), Some(evidence("line 1"))).unwrap()
    }

    fn claim(name: &str, value: Value) -> Property {
        Property::new(name, value, Some(evidence("")))
    }

    /// Claims of every form that a property can take.
    fn claims() -> Vec<Property> {
        let text = |text: &str| Value::Text(text.to_owned());
        let import = |place| Property::text(property::IMPORT, "numpy", Some(evidence(place)));
        let package = PackageInfo { name: "numpy".to_owned(), ..PackageInfo::default() };
        let nowhere = Evidence { file: String::new(), ..evidence("line 9") };
        vec![
            claim(property::FORMAT, text("py\u{7}thon \"é\"")),
            Property::text(property::FORMAT, "text", None),
            claim(property::FORMAT, text("")),
            claim(property::FORMAT, Value::Uint(7)),
            claim(property::ROWS, Value::Uint(7)),
            claim(property::ROWS, text("seven")),
            claim(property::CO2_GRAMS, Value::Float(f64::INFINITY)),
            claim(property::COLUMN, Value::List(vec!["a".to_owned(), "b".to_owned()])),
            claim(property::COLUMN_TYPE, text("int64")).about("id"),
            claim(property::COLUMN_TYPE, text("int64")).about("type"),
            claim(name::LEFT_OUT, Value::Uint(3)).about(property::PACKAGE),
            claim("metadata:other", text("theirs")),
            Property::text("metadata:other", "theirs", None),
            Property::text("metadata:sealkit:path", "b", None),
            claim("path", text("not the path")),
            claim("hash", text("none")),
            claim("Not a Name", text("x")),
            import("line 3"),
            import("line 3"),
            import("lines 4-5"),
            import("/cells/1"),
            import(""),
            Property::text(property::IMPORT, "os", Some(nowhere)),
            Property::text(property::IMPORT, "sys", None),
            claim(property::LOADS_MODEL, text("a/b")),
            claim(property::SOURCE_DATASET, Value::Bool(true)),
            claim("needs", Value::Package(package)),
        ]
    }

    /// A change of the plain file.
    type Change = fn(&mut Component);

    /// Both entries of a file say the same, in both versions.
    fn assert_same(file: Component, what: &str) {
        let bom = around(file);
        for version in [Version::V1_6, Version::V1_7] {
            let (file, ties) = (&bom.components[0], Ties::new(&bom));
            let mut whole = entry::write(file, &ties, version, false).unwrap();
            order(&mut whole.map, entry::KEYS);
            let bare = Bare::of(file, &ties).expect("it is bare");
            let (bare, whole) =
                (serde_json::to_string(&bare).unwrap(), serde_json::to_string(&whole).unwrap());
            assert_eq!(bare, whole, "{what}");
        }
    }

    #[test]
    fn a_bare_file_is_written_as_any_other() {
        let changes: [Change; 8] = [
            |_| {},
            |file| file.path = None,
            |file| (file.size, file.path) = (None, Some(String::new())),
            |file| file.size = Some(u64::MAX),
            |file| file.hashes.clear(),
            |file| file.media_type = None,
            |file| (file.media_type, file.purl) = (Some(String::new()), Some(String::new())),
            |file| file.properties = claims(),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut file = file();
            change(&mut file);
            assert_same(file, &number.to_string());
        }
    }

    #[test]
    fn each_claim_alone_is_written_as_any_other() {
        for claim in claims() {
            let what = format!("{claim:?}");
            let mut alone = Component { properties: vec![claim], ..file() };
            assert_same(alone.clone(), &what);
            (alone.path, alone.size) = (None, None);
            assert_same(alone, &what);
        }
    }

    #[test]
    fn a_claim_that_has_a_place_makes_a_file_no_bare_one() {
        let named = [
            property::NAME,
            property::VERSION,
            property::LICENCE,
            property::LINK,
            property::TAG,
            property::AUTHOR,
            property::PACKAGE,
            name::COMPONENT_TYPE,
            name::DATA_VERSION,
        ];
        for name in named {
            let mut file = file();
            file.properties.push(Property::text(name, "x", None));
            let bom = around(file);
            assert!(Bare::of(&bom.components[0], &Ties::new(&bom)).is_none(), "{name}");
        }
    }

    #[test]
    fn whatever_else_is_known_makes_a_file_no_bare_one() {
        let changes: [Change; 7] = [
            |file| file.kind = Kind::Docs,
            |file| file.name.clear(),
            |file| file.id.0.clear(),
            |file| file.media_type = Some("no media type".to_owned()),
            |file| file.purl = Some("pkg:pypi/x@1".to_owned()),
            |file| file.hashes.push(said_by_somebody()),
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
