//! An AIBOM becomes an entry.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sealkit_aibom::{Bom, Component, ComponentId, Kind, LicenceForm, licence_form};
use sealkit_api::{CodeFact, CodeFactKind, Note, Signer};
use sealkit_inspect::property;
use sealkit_oci::Digest;
use sealkit_report::{Finding, Known};

use crate::attested::{MAX_ATTESTED, attest};
use crate::facet::size_class;
use crate::gaps::Gaps;
use crate::thing_of::{licences, source, text, thing};
use crate::words_of::words;
use crate::{AttestedTie, Entry, Facet, Thing, Tie, left_out, named_files};

/// Most things of one kit that are kept; the rest is named in [`Entry::problem`].
const MAX_THINGS: usize = 100_000;
/// Most findings of one kit that are kept.
const MAX_NOTES: usize = 1_000;
/// Most ties of one kit that are kept.
const MAX_TIES: usize = 200_000;
/// Most bytes of what things of one kit are called and say.
const MAX_BYTES: usize = 64 << 20;
/// Most values of one facet, and longest value in bytes.
const MAX_VALUES: usize = 200;
const MAX_VALUE: usize = 200;

/// What the AIBOM does not say of a version.
#[derive(Clone, Debug)]
pub struct About<'a> {
    /// Its repository.
    pub repository: &'a str,
    /// Digest of its manifest.
    pub digest: &'a Digest,
    /// When it came, in seconds since 1970; 0 where nobody knows.
    pub pushed: i64,
    /// Bytes of config and layers together.
    pub size: u64,
    /// Its artifact type.
    pub artifact_type: &'a str,
    /// What inspection found.
    pub findings: &'a [Finding],
    /// What is known of code in its files.
    pub code: Vec<CodeFact>,
    /// What verified statements say that it came from.
    pub attested: &'a [AttestedTie],
    /// Whom whoever looked trusted: the digest of the trust root; empty for nobody.
    pub trust: String,
    /// Who signed it.
    pub signers: Vec<Signer>,
    /// What its cards say to people.
    pub cards: &'a str,
    /// Whether an AIBOM is attached.
    pub has_aibom: bool,
    /// What could not be read.
    pub problem: Option<String>,
}

impl Entry {
    /// The entry of a version with this AIBOM. Equal input gives an equal entry.
    pub fn of(bom: &Bom, about: About<'_>) -> Self {
        let mut gaps = Gaps::default();
        gaps.extend(about.problem.clone());
        left_out::note(bom, &mut gaps);
        let (things, all) = things(bom, &mut gaps);
        let places: HashMap<&ComponentId, usize> =
            all.iter().enumerate().map(|(at, component)| (&component.id, at)).collect();
        let main = bom.of_kind(Kind::Model).next();
        let parameters = main.and_then(|model| model.uint(property::PARAMETERS));
        let mut entry = Self {
            repository: about.repository.to_owned(),
            digest: about.digest.clone(),
            pushed: about.pushed,
            size: about.size,
            artifact_type: about.artifact_type.to_owned(),
            title: Some(bom.subject.name.clone()).filter(|name| !name.is_empty()),
            description: text(&bom.subject, property::DESCRIPTION)
                .or_else(|| main.and_then(|model| text(model, property::DESCRIPTION))),
            version: text(&bom.subject, property::VERSION),
            parameters,
            things,
            ties: ties(bom, &places, &mut gaps),
            facets: Vec::new(),
            notes: notes(about.findings, &mut gaps),
            code: about.code,
            trust: about.trust,
            signers: about.signers,
            text: String::new(),
            problem: None,
        };
        entry.signers.sort();
        entry.signers.dedup();
        named_files::add(&mut entry, bom, &mut gaps);
        attest(&mut entry, about.attested);
        gaps.left(about.attested.len(), MAX_ATTESTED, "attested ties");
        entry.facets = facets(&entry, &all, about.has_aibom, &mut gaps);
        entry.text = words(&entry, &all, about.cards);
        entry.problem = gaps.told();
        entry
    }
}

/// The things of an AIBOM within their bounds, and the components that they stand for.
fn things<'a>(bom: &'a Bom, gaps: &mut Gaps) -> (Vec<Thing>, Vec<&'a Component>) {
    let (mut things, mut all, mut bytes) = (Vec::new(), Vec::new(), 0_usize);
    for component in bom.all().take(MAX_THINGS) {
        let thing = thing(component);
        bytes = bytes.saturating_add(thing.bytes());
        if bytes > MAX_BYTES {
            break;
        }
        things.push(thing);
        all.push(component);
    }
    gaps.left(bom.components.len() + 1, things.len(), "components");
    (things, all)
}

/// A licence as SPDX writes it, where SPDX knows it: a card's `mit` and a Kitfile's `MIT` are one.
fn one_way(licence: &str) -> &str {
    match licence_form(licence) {
        Some(LicenceForm::Id(id)) => id,
        _ => licence,
    }
}

fn ties(bom: &Bom, places: &HashMap<&ComponentId, usize>, gaps: &mut Gaps) -> Vec<Tie> {
    let tie = |relation: &sealkit_aibom::Relation| {
        let evidence = relation.evidence.as_ref();
        Some(Tie {
            from: *places.get(&relation.from)?,
            to: *places.get(&relation.to)?,
            kind: relation.kind,
            role: relation.role.clone(),
            known: evidence.map_or(Known::Declared, |evidence| evidence.known),
            source: source(evidence),
        })
    };
    gaps.left(bom.relations.len(), MAX_TIES, "ties");
    bom.relations.iter().take(MAX_TIES).filter_map(tie).collect()
}

fn notes(findings: &[Finding], gaps: &mut Gaps) -> Vec<Note> {
    let mut notes: Vec<Note> = findings.iter().map(note).collect();
    notes.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.cmp(b)));
    notes.dedup();
    gaps.left(notes.len(), MAX_NOTES, "findings");
    notes.truncate(MAX_NOTES);
    notes
}

fn note(finding: &Finding) -> Note {
    Note {
        severity: finding.severity,
        rule: finding.rule.clone(),
        file: finding.evidence.file.clone(),
        place: finding.evidence.place.clone(),
        message: finding.message.clone(),
    }
}

/// Whether a file can run code, as the facet has it.
fn runs_code(code: &[CodeFact]) -> impl Iterator<Item = &'static str> {
    let has = |what| code.iter().any(|fact| fact.what == what);
    let (runs, unread) = (has(CodeFactKind::Runs), has(CodeFactKind::Unread));
    let values = [("yes", runs), ("unread", unread), ("no", !runs && !unread)];
    values.into_iter().filter(|(_, is_so)| *is_so).map(|(value, _)| value)
}

fn facets(
    entry: &Entry,
    all: &[&Component],
    has_aibom: bool,
    gaps: &mut Gaps,
) -> Vec<(Facet, String)> {
    let mut found = Found::default();
    found.add(
        Facet::Kind,
        if entry.artifact_type.contains("kitops") { "modelkit" } else { "modelpack" },
    );
    for component in all {
        let kind = component.kind;
        for (facet, name) in [
            (Facet::Format, property::FORMAT),
            (Facet::Architecture, property::ARCHITECTURE),
            (Facet::Precision, property::DTYPE),
        ] {
            let asked = facet == Facet::Format || kind == Kind::Model;
            if let Some(value) = component.text(name).filter(|_| asked && kind.is_inside()) {
                found.add(facet, value);
            }
        }
        if kind.is_inside() && kind != Kind::File {
            for licence in licences(component) {
                found.add(Facet::Licence, one_way(&licence));
            }
        }
        match kind {
            Kind::BaseModel => found.add(Facet::Base, &component.name),
            Kind::Dataset | Kind::ExternalDataset => found.add(Facet::Dataset, &component.name),
            _ => {}
        }
    }
    for thing in entry.things.iter().skip(all.len()).filter(|thing| thing.known > Known::Inferred) {
        match thing.kind {
            Kind::BaseModel => found.add(Facet::Base, &thing.name),
            Kind::ExternalDataset => found.add(Facet::Dataset, &thing.name),
            _ => {}
        }
    }
    if let Some(parameters) = entry.parameters {
        found.add(Facet::Parameters, size_class(parameters));
    }
    let signed = entry.signed_by();
    for name in &signed {
        found.add(Facet::Signer, name);
    }
    if signed.is_empty() {
        found.add(Facet::Signer, "nobody");
    }
    let worst = entry.notes.first().map_or("none", |note| note.severity.name());
    found.add(Facet::Findings, worst);
    for note in &entry.notes {
        found.add(Facet::Rule, &note.rule);
    }
    runs_code(&entry.code).for_each(|value| found.add(Facet::Code, value));
    found.add(Facet::Aibom, if has_aibom { "yes" } else { "no" });
    // Kits are asked for by their licences here; by what the other facets say they are asked for elsewhere.
    gaps.extend(
        found
            .left
            .contains(&Facet::Licence)
            .then(|| "not all of its licences are indexed".to_owned()),
    );
    let all = found.kept.into_iter();
    all.flat_map(|(facet, values)| values.into_iter().map(move |value| (facet, value))).collect()
}

/// Values of facets, each once, within their bounds.
#[derive(Default)]
struct Found {
    kept: BTreeMap<Facet, BTreeSet<String>>,
    /// Those of which a value was left out.
    left: BTreeSet<Facet>,
}

impl Found {
    fn add(&mut self, facet: Facet, value: &str) {
        let value = value.trim();
        let own = self.kept.entry(facet).or_default();
        if value.is_empty() || own.contains(value) {
            return;
        }
        if value.len() <= MAX_VALUE && own.len() < MAX_VALUES {
            own.insert(value.to_owned());
        } else {
            self.left.insert(facet);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_one_value_however_it_is_written() {
        let mut found = Found::default();
        for written in ["Apache-2.0", "apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0"] {
            found.add(Facet::Licence, one_way(written));
        }
        found.add(Facet::Licence, one_way("llama3"));
        let values: Vec<&str> = found.kept[&Facet::Licence].iter().map(String::as_str).collect();
        assert_eq!(values, ["Apache-2.0", "llama3"]);
    }

    #[test]
    fn a_facet_takes_so_many_values_and_leaves_room_to_the_others() {
        let mut found = Found::default();
        for at in 0..2 * MAX_VALUES {
            found.add(Facet::Dataset, &format!("d{at}"));
        }
        found.add(Facet::Base, "base");
        assert_eq!(found.kept[&Facet::Dataset].len(), MAX_VALUES);
        assert_eq!(found.kept[&Facet::Base].len(), 1);
    }
}
