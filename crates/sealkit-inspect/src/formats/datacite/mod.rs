//! DataCite metadata of a dataset, as repositories of data give it with their files: XML, JSON, and YAML of
//! the same shape.
//!
//! Source: DataCite Metadata Schema 4.5 and its JSON form; the JSON:API form of the DataCite REST API, where
//! the record is `data.attributes`; `datacite.yml` as GIN has it.

mod xml;

use sealkit_report::Budget;
use serde_json::{Map, Value as Json};

use crate::address::clean;
use crate::format::ends_with;
use crate::pick::{Pen, items, object, step, text};
use crate::read_at::piece;
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, LinkInfo, OriginInfo, PartyInfo,
    Probe, ReadAt, Value, property,
};

const FORMAT: Format =
    Format::new("datacite-dataset", "DataCite metadata of a dataset", Class::Dataset, &[])
        .media("application/vnd.datacite.datacite+json");
const JSON_NAMES: &[&str] = &["datacite.json", ".datacite.json"];
const YAML_NAMES: &[&str] = &["datacite.yml", "datacite.yaml", ".datacite.yml", ".datacite.yaml"];
const XML_NAMES: &[&str] = &["datacite.xml", ".datacite.xml"];
/// Start of the name of every version of the schema.
const KERNEL: &str = "datacite.org/schema/kernel-";
/// General types of what is no data: such a record speaks of something else.
const OTHER_TYPES: &[&str] =
    &["software", "model", "text", "journalarticle", "preprint", "computationalnotebook"];

pub(crate) struct DataCite;

impl Inspector for DataCite {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let Some(text) = probe.text() else { return Confidence::No };
        let fits = if xml::looks_like_it(text) {
            let is_known = text.contains(KERNEL) && ends_with(probe.file_name(), ".xml");
            (is_known || probe.is_named(XML_NAMES)) && !is_of_other(text)
        } else if text.trim_start().starts_with('{') {
            let has = |key: &str| text.contains(key);
            let is_named = probe.is_named(JSON_NAMES) && (has("\"titles\"") || has("\"creators\""));
            // Many records, one in a line, are rows.
            let is_known = has(KERNEL) && ends_with(probe.file_name(), ".json");
            (is_named || is_known) && !is_of_other(text)
        } else {
            let has = |key: &str| text.lines().any(|line| line.starts_with(key));
            probe.is_named(YAML_NAMES)
                && (has("title") && (has("creators:") || has("authors:")))
                && !is_of_other(text)
        };
        if fits { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let first = piece(source, budget, 0, Probe::HEAD)?;
        let is_json = first.trim_ascii_start().starts_with(b"{");
        let root = if is_json {
            object(source, budget)?
        } else if xml::looks_like_it(&String::from_utf8_lossy(&first)) {
            xml::record(source, budget)?
        } else {
            super::training::yaml_map(source, budget)?
        };
        // In XML the record is the one element that there is.
        let (base, record) = match root.get("data").and_then(|data| data.get("attributes")) {
            Some(Json::Object(record)) => ("/data/attributes", record),
            _ => match root.get("resource") {
                Some(Json::Object(record)) => ("/resource", record),
                _ => ("", &root),
            },
        };
        let mut facts = Facts::default();
        let mut pen = Pen { path, facts: &mut facts };
        describe(&mut pen, base, record);
        rights(&mut pen, base, record);
        people(&mut pen, base, record);
        related(&mut pen, base, record);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::NAME,
            property::VERSION,
            property::DESCRIPTION,
            property::DOI,
            property::CREATED,
            property::RELEASED,
            property::TAG,
            property::LANGUAGE,
            property::LICENCE,
            property::LINK,
            property::PARTY,
            property::SOURCE_DATASET,
        ]
    }
}

/// Whether the record says that it is about something other than data.
fn is_of_other(text: &str) -> bool {
    let said = text.split("resourceTypeGeneral").nth(1).unwrap_or_default();
    let word = said.trim_start_matches(['"', ':', '=', ' ', '\t', '\'']);
    let end = word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len());
    let word = word.get(..end).unwrap_or_default().to_ascii_lowercase();
    OTHER_TYPES.contains(&word.as_str())
}

fn describe(pen: &mut Pen<'_>, base: &str, record: &Map<String, Json>) {
    let place = |key: &str| step(base, key);
    pen.text(&place("title"), property::NAME, record.get("title"));
    // The first title is the main one; others are subtitles and translations.
    if let Some((at, title)) = items(record.get("titles")).next() {
        pen.text(&format!("{base}/titles/{at}/title"), property::NAME, title.get("title"));
    }
    pen.text(&place("version"), property::VERSION, record.get("version"));
    pen.text(&place("description"), property::DESCRIPTION, record.get("description"));
    for (at, said) in items(record.get("descriptions")) {
        let kind = said.get("descriptionType").and_then(text);
        if kind.is_none_or(|kind| kind == "Abstract") {
            let at = format!("{base}/descriptions/{at}/description");
            pen.text(&at, property::DESCRIPTION, said.get("description"));
        }
    }
    pen.text(&place("doi"), property::DOI, record.get("doi"));
    for (at, identifier) in items(record.get("identifiers")) {
        if is(identifier, "identifierType", "DOI") {
            let at = format!("{base}/identifiers/{at}/identifier");
            pen.text(&at, property::DOI, identifier.get("identifier"));
        }
    }
    for (at, date) in items(record.get("dates")) {
        let said = match date.get("dateType").and_then(Json::as_str) {
            Some("Created") => property::CREATED,
            Some("Issued" | "Available") => property::RELEASED,
            _ => continue,
        };
        pen.text(&format!("{base}/dates/{at}/date"), said, date.get("date"));
    }
    pen.text(&place("language"), property::LANGUAGE, record.get("language"));
    pen.each(&place("keywords"), property::TAG, record.get("keywords"));
    for (at, subject) in items(record.get("subjects")) {
        pen.text(&format!("{base}/subjects/{at}/subject"), property::TAG, subject.get("subject"));
    }
    link(pen, &place("url"), record.get("url"), "website");
}

/// The licences: the identifier of each where it has one.
fn rights(pen: &mut Pen<'_>, base: &str, record: &Map<String, Json>) {
    for (at, right) in items(record.get("rightsList")) {
        let at = format!("{base}/rightsList/{at}");
        let said = ["rightsIdentifier", "rights"]
            .into_iter()
            .find_map(|key| Some((key, right.get(key).filter(|said| text(said).is_some())?)));
        if let Some((key, said)) = said {
            pen.text(&step(&at, key), property::LICENCE, Some(said));
        }
        link(pen, &step(&at, "rightsUri"), right.get("rightsUri"), "license");
    }
    let licence = record.get("license").filter(|licence| licence.is_object());
    if let Some(licence) = licence {
        let at = step(base, "license");
        pen.text(&step(&at, "name"), property::LICENCE, licence.get("name"));
        link(pen, &step(&at, "url"), licence.get("url"), "license");
    }
}

/// Who made the data, helped, and published it.
fn people(pen: &mut Pen<'_>, base: &str, record: &Map<String, Json>) {
    for (list, role) in
        [("creators", "author"), ("authors", "author"), ("contributors", "contributor")]
    {
        for (at, person) in items(record.get(list)) {
            if let Some(party) = party(person, role) {
                let at = format!("{base}/{list}/{at}");
                pen.declared(&at, property::PARTY, Value::Party(party));
            }
        }
    }
    let publisher =
        record.get("publisher").map(|publisher| publisher.get("name").unwrap_or(publisher));
    if let Some(name) = publisher.and_then(text) {
        let role = Some("publisher".to_owned());
        let party = PartyInfo { name, role, organisation: true, ..PartyInfo::default() };
        pen.declared(&step(base, "publisher"), property::PARTY, Value::Party(party));
    }
}

fn party(person: &Json, role: &str) -> Option<PartyInfo> {
    let of = |key: &str| person.get(key).and_then(text);
    // GIN writes the parts of a name in small letters.
    let given = of("givenName").or_else(|| of("firstname"));
    let family = of("familyName").or_else(|| of("lastname"));
    let parts: Vec<String> = [given, family].into_iter().flatten().collect();
    let name = if parts.is_empty() { of("name")? } else { parts.join(" ") };
    let role = of("contributorType").map_or_else(|| role.to_owned(), |kind| kind.to_lowercase());
    Some(PartyInfo {
        name,
        email: None,
        url: orcid(person),
        organisation: is(person, "nameType", "Organizational"),
        role: Some(role),
    })
}

/// The address of an identity, where the record names one by ORCID.
fn orcid(person: &Json) -> Option<String> {
    let identifiers = person.get("nameIdentifiers").and_then(Json::as_array).into_iter().flatten();
    let mut orcids = identifiers.filter(|id| is(id, "nameIdentifierScheme", "ORCID"));
    let id = orcids.find_map(|id| id.get("nameIdentifier").and_then(text))?;
    let short = id.rsplit('/').next().unwrap_or_default();
    Some(format!("https://orcid.org/{}", clean(short)))
}

/// What the data was made from, and where more is said of it.
fn related(pen: &mut Pen<'_>, base: &str, record: &Map<String, Json>) {
    for (at, other) in items(record.get("relatedIdentifiers")) {
        let at = format!("{base}/relatedIdentifiers/{at}");
        let Some(id) = other.get("relatedIdentifier").and_then(text) else { continue };
        let kind = other.get("relatedIdentifierType").and_then(Json::as_str).unwrap_or_default();
        let url = match kind {
            "DOI" if !id.contains("://") => format!("https://doi.org/{}", clean(&id)),
            "DOI" | "URL" => clean(&id),
            _ => continue,
        };
        match other.get("relationType").and_then(Json::as_str).unwrap_or_default() {
            "IsDerivedFrom" => {
                let origin =
                    OriginInfo { name: clean(&id), url: Some(url), ..OriginInfo::default() };
                pen.declared(&at, property::SOURCE_DATASET, Value::Origin(origin));
            }
            "IsDocumentedBy" | "IsDescribedBy" | "IsSupplementTo" => {
                let link = LinkInfo { kind: "documentation".to_owned(), url };
                pen.declared(&at, property::LINK, Value::Link(link));
            }
            _ => {}
        }
    }
}

fn link(pen: &mut Pen<'_>, place: &str, url: Option<&Json>, kind: &str) {
    if let Some(url) = url.and_then(text) {
        let link = LinkInfo { kind: kind.to_owned(), url: clean(&url) };
        pen.declared(place, property::LINK, Value::Link(link));
    }
}

fn is(json: &Json, key: &str, value: &str) -> bool {
    json.get(key).and_then(Json::as_str) == Some(value)
}
