//! `CITATION.cff` (Citation File Format 1.2.0).

use sealkit_report::Budget;
use serde_json::{Map, Value as Json};

use super::{has_keys, yaml_map};
use crate::format::ends_with;
use crate::pick::{Pen, items, step, text};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, LinkInfo, PartyInfo, Probe, ReadAt,
    Value, property,
};

const FORMAT: Format =
    Format::new("citation", "citation file", Class::Docs, &[]).media("application/yaml");

pub(crate) struct Citation;

impl Inspector for Citation {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = ends_with(probe.file_name(), ".cff");
        if named && has_keys(probe, &["cff-version:"]) {
            Confidence::Content
        } else {
            Confidence::No
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let map = yaml_map(source, budget)?;
        let mut facts = Facts::default();
        let mut pen = Pen { path, facts: &mut facts };
        work(&mut pen, "", &map);
        // The work that the authors want to be cited: mostly a paper.
        if let Some(Json::Object(preferred)) = map.get("preferred-citation") {
            let base = "/preferred-citation";
            pen.text(&step(base, "title"), property::CITATION, preferred.get("title"));
            pen.text(&step(base, "doi"), property::DOI, preferred.get("doi"));
            link(&mut pen, base, preferred, ("url", "documentation"));
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::NAME,
            property::VERSION,
            property::DESCRIPTION,
            property::DOI,
            property::LICENCE,
            property::RELEASED,
            property::COMMIT,
            property::TAG,
            property::PARTY,
            property::LINK,
            property::CITATION,
        ]
    }
}

fn work(pen: &mut Pen<'_>, base: &str, map: &Map<String, Json>) {
    let texts = [
        ("title", property::NAME),
        ("version", property::VERSION),
        ("abstract", property::DESCRIPTION),
        ("doi", property::DOI),
        ("date-released", property::RELEASED),
        ("commit", property::COMMIT),
    ];
    for (key, property) in texts {
        pen.text(&step(base, key), property, map.get(key));
    }
    pen.each(&step(base, "license"), property::LICENCE, map.get("license"));
    pen.each(&step(base, "keywords"), property::TAG, map.get("keywords"));
    let links = [
        ("repository-code", "vcs"),
        ("repository", "vcs"),
        ("repository-artifact", "distribution"),
        ("url", "website"),
        ("license-url", "license"),
    ];
    for entry in links {
        link(pen, base, map, entry);
    }
    for (at, identifier) in items(map.get("identifiers")) {
        if identifier.get("type").and_then(text).as_deref() == Some("doi") {
            let place = format!("{base}/identifiers/{at}/value");
            pen.text(&place, property::DOI, identifier.get("value"));
        }
    }
    for (key, role) in [("authors", "author"), ("contact", "contact")] {
        for (at, person) in items(map.get(key)) {
            if let Some(party) = party(person, role) {
                let place = format!("{base}/{key}/{at}");
                pen.declared(&place, property::PARTY, Value::Party(party));
            }
        }
    }
}

fn link(pen: &mut Pen<'_>, base: &str, map: &Map<String, Json>, (key, kind): (&str, &str)) {
    if let Some(url) = map.get(key).and_then(text) {
        let link = LinkInfo { kind: kind.to_owned(), url };
        pen.declared(&step(base, key), property::LINK, Value::Link(link));
    }
}

/// A person has names in parts, an organisation has one `name`.
fn party(json: &Json, role: &str) -> Option<PartyInfo> {
    let of = |key: &str| json.get(key).and_then(text);
    let parts = ["given-names", "name-particle", "family-names", "name-suffix"];
    let parts: Vec<String> = parts.into_iter().filter_map(of).collect();
    let organisation = parts.is_empty();
    let name = if organisation { of("name").or_else(|| of("alias"))? } else { parts.join(" ") };
    Some(PartyInfo {
        name,
        email: of("email"),
        url: of("orcid").or_else(|| of("website")),
        organisation,
        role: Some(role.to_owned()),
    })
}
