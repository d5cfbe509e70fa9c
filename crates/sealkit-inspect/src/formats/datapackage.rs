//! `datapackage.json`: tables and files described as Frictionless data packages.
//!
//! Source: Data Package specification 1.0 and 2.0 (Data Package, Data Resource, Table Schema).

use sealkit_report::{Budget, Known};
use serde_json::{Map, Value as Json};

use super::document::{take, text};
use crate::address::clean;
use crate::pick::{object, sniff};
use crate::{
    Class, Confidence, Facts, FileInfo, Format, InspectError, Inspector, LinkInfo, OriginInfo,
    PartyInfo, Probe, ReadAt, Value, property,
};

const FORMAT: Format = Format::new("datapackage", "data package", Class::Dataset, &[])
    .media("application/vnd.datapackage+json");

pub(crate) struct DataPackage;

impl Inspector for DataPackage {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        sniff(probe, "datapackage.json", &["\"resources\"", "\"profile\"", "\"$schema\""])
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let root = object(source, budget)?;
        let mut facts = Facts::default();
        let texts = [
            ("/name", property::NAME),
            ("/version", property::VERSION),
            ("/description", property::DESCRIPTION),
            ("/created", property::CREATED),
            ("/keywords", property::TAG),
        ];
        take(&root, &texts, path, &mut facts);
        if let Some(url) = root.get("homepage").and_then(Json::as_str) {
            let link = LinkInfo { kind: "website".to_owned(), url: clean(url) };
            facts.declared(path, "/homepage", property::LINK, Value::Link(link));
        }
        for (at, licence) in objects(&root, "/licenses") {
            let named = ["name", "title", "path"].iter().find_map(|key| text(licence, key));
            if let Some(name) = named {
                facts.declared(path, &at, property::LICENCE, Value::Text(name.to_owned()));
            }
        }
        for (at, person) in objects(&root, "/contributors") {
            if let Some(party) = party(person) {
                facts.declared(path, &at, property::PARTY, Value::Party(party));
            }
        }
        for (at, source) in objects(&root, "/sources") {
            let url = text(source, "path").map(clean);
            let name = text(source, "title").map(str::to_owned).or_else(|| url.clone());
            if let Some(name) = name {
                let origin = OriginInfo { name, url, ..OriginInfo::default() };
                facts.declared(path, &at, property::SOURCE_DATASET, Value::Origin(origin));
            }
        }
        for (at, resource) in objects(&root, "/resources") {
            files(resource, path, &at, &mut facts);
            fields(resource, path, &at, &mut facts);
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::NAME,
            property::VERSION,
            property::DESCRIPTION,
            property::CREATED,
            property::TAG,
            property::LINK,
            property::LICENCE,
            property::PARTY,
            property::SOURCE_DATASET,
            property::FILE_REFERENCE,
            property::COLUMN_TYPE,
        ]
    }
}

/// The objects of a list, each with its place.
fn objects<'a>(map: &'a Map<String, Json>, at: &str) -> Vec<(String, &'a Map<String, Json>)> {
    let items = map.get(at.trim_start_matches('/')).and_then(Json::as_array).into_iter().flatten();
    let item =
        |(index, item): (usize, &'a Json)| Some((format!("{at}/{index}"), item.as_object()?));
    items.enumerate().filter_map(item).collect()
}

fn party(person: &Map<String, Json>) -> Option<PartyInfo> {
    let roles = person.get("roles").and_then(|roles| roles.get(0)?.as_str());
    let organisation = text(person, "organization");
    let name = text(person, "title").or(organisation)?;
    Some(PartyInfo {
        name: name.to_owned(),
        email: text(person, "email").map(str::to_owned),
        url: text(person, "path").map(clean),
        organisation: organisation == Some(name),
        role: text(person, "role").or(roles).map(str::to_owned),
    })
}

/// The files of a resource; size and digest are those of the one file.
fn files(resource: &Map<String, Json>, path: &str, at: &str, facts: &mut Facts) {
    let at = format!("{at}/path");
    match resource.get("path") {
        Some(Json::String(name)) => {
            let file = FileInfo {
                path: clean(name),
                size: resource.get("bytes").and_then(Json::as_u64),
                digests: text(resource, "hash").and_then(digest).into_iter().collect(),
            };
            facts.declared(path, &at, property::FILE_REFERENCE, Value::File(file));
        }
        Some(Json::Array(names)) => {
            for name in names.iter().filter_map(Json::as_str) {
                let file = FileInfo { path: clean(name), ..FileInfo::default() };
                facts.declared(path, &at, property::FILE_REFERENCE, Value::File(file));
            }
        }
        _ => {}
    }
}

/// `sha256:HEX`; hex alone is MD5.
fn digest(hash: &str) -> Option<String> {
    let (name, hex) = hash.split_once(':').unwrap_or(("md5", hash));
    let name = name.to_ascii_lowercase();
    let len = match name.as_str() {
        "md5" => 32,
        "sha1" => 40,
        "sha256" => 64,
        "sha512" => 128,
        _ => return None,
    };
    let is_hex = hex.len() == len && hex.bytes().all(|c| c.is_ascii_hexdigit());
    is_hex.then(|| format!("{name}:{}", hex.to_ascii_lowercase()))
}

fn fields(resource: &Map<String, Json>, path: &str, at: &str, facts: &mut Facts) {
    let Some(Json::Object(schema)) = resource.get("schema") else { return };
    for (index, (_, field)) in objects(schema, "/fields").into_iter().enumerate() {
        let Some(name) = text(field, "name") else { continue };
        let subject = match text(resource, "name") {
            Some(resource) => format!("{resource}/{name}"),
            None => name.to_owned(),
        };
        let kind = text(field, "type").unwrap_or("any").to_owned();
        let at = format!("{at}/schema/fields/{index}");
        let fact = (property::COLUMN_TYPE, Value::Text(kind));
        facts.about(&subject, Known::Declared, (path, &at), fact);
    }
}
