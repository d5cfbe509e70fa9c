//! Every claim of the document that the artifact can tell, told again and compared.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::property;
use sealkit_report::{Known, Report};

use super::check::{Check, shown};
use super::same::{Values, canonical, same_licence, written};
use super::side::{label, subject};
use super::{Case, Source, place, words};
use crate::{Component, ComponentId, Hash, Kind, Property, RelationKind, name};

/// The checks of claims, by what the claims are about.
pub(super) struct Claims<'c, 'a> {
    pub(super) case: &'c Case<'a>,
    pub(super) format: Check,
    parameters: Check,
    architecture: Check,
    data: Check,
    pub(super) code: Check,
    pub(super) licence: Check,
    pub(super) other: Check,
    pub(super) declared: Check,
    supplied: Check,
    /// Formats of the files that a component of the artifact holds.
    formats: BTreeMap<&'a ComponentId, BTreeSet<String>>,
}

/// Compares every pair of components, the runs, and what the documents say of themselves.
pub(super) fn check(case: &Case<'_>, report: &mut Report) {
    let mut claims = Claims::new(case);
    for (at, stated) in case.stated.all.iter().enumerate() {
        if let Some(made) = case.pairs.made(at).and_then(|at| case.made.get(at)) {
            claims.pair(stated, made);
        }
    }
    claims.runs();
    claims.document();
    claims.report(report);
}

impl<'c, 'a> Claims<'c, 'a> {
    fn new(case: &'c Case<'a>) -> Self {
        let new = Check::new;
        Self {
            case,
            format: new("claims-format", "formats are those of the bytes"),
            parameters: new("claims-parameters", "parameters and types are those of the weights"),
            architecture: new("claims-architecture", "architecture is that of the model"),
            data: new("claims-data", "rows and columns are those of the data"),
            code: new("claims-code", "what runs code when it is loaded is named"),
            licence: new("claims-licence", "licences are those of the texts"),
            other: new("claims-other", "other measured values are those of the bytes"),
            declared: new("declared-values", "declared values still stand where they come from"),
            supplied: new("supplied-values", "what the artifact cannot tell"),
            formats: formats(case),
        }
    }

    fn report(self, report: &mut Report) {
        let none = "the document states none that the artifact could tell";
        self.format.report(report, "format", none);
        self.parameters.report(report, "value", none);
        self.architecture.report(report, "value", none);
        self.data.report(report, "value", none);
        self.code.report(report, "value", none);
        self.licence.report(report, "licence", none);
        self.other.report(report, "value", none);
        self.declared.report(report, "value", none);
        self.supplied.report(report, "value", "there is nothing of the kind");
    }

    /// The check that a property belongs to.
    pub(super) fn of(&mut self, name: &str) -> &mut Check {
        match name {
            property::FORMAT | property::FORMAT_VERSION => &mut self.format,
            name if words::PARAMETERS.contains(&name) => &mut self.parameters,
            name if words::ARCHITECTURE.contains(&name) => &mut self.architecture,
            name if words::DATA.contains(&name) => &mut self.data,
            name if words::CODE.contains(&name) => &mut self.code,
            property::LICENCE => &mut self.licence,
            _ => &mut self.other,
        }
    }

    fn pair(&mut self, stated: &Component, made: &Component) {
        self.media_type(stated, made);
        self.package_url(stated, made);
        self.called(stated, made);
        let at = (subject(stated), label(stated));
        let formats = self.formats.get(&made.id).into_iter().flatten();
        let extra: Vec<Property> = formats.map(|format| measured_format(format)).collect();
        let mut known = by_key(&made.properties);
        if !extra.is_empty() {
            known.entry((property::FORMAT, "")).or_default().extend(&extra);
        }
        let said = by_key(&stated.properties);
        self.licences((&at.0, &at.1), &said, &known);
        for (key, values) in &said {
            let found = Values::new(key.0, known.get(key).cloned().unwrap_or_default());
            for value in values {
                self.value(&at, value, *key, &found, (made, &stated.hashes));
            }
        }
        self.contradictions(&at, stated, made);
        self.silence(&at, &said, &by_key(&made.properties), stated);
        let is_exact = made.kind == Kind::File;
        self.left_out(&at, &stated.properties, &[&made.properties], is_exact);
    }

    /// One stated value against all that the artifact says of the same.
    pub(super) fn value(
        &mut self,
        at: &(String, String),
        stated: &Property,
        key: (&str, &str),
        made: &Values<'_>,
        (component, digests): (&Component, &[Hash]),
    ) {
        let (name, about) = key;
        let is_digest = |hash: &Hash| stated.as_text() == Some(hash.to_string().as_str());
        if words::SILENT.contains(&name)
            || name == property::LICENCE
            // A version that is the digest of a layer is not that of a tree, nor the other way round.
            || (!self.case.same_shape && stated.known() == Known::Inferred && digests.iter().any(is_digest))
        {
            return;
        }
        let what = what(name, about, stated);
        let own = self.case.own;
        if is_of_other_bytes(name, stated, made) {
            let text = format!("{} is stated {what}, of which only the layer was read", at.1);
            self.data.unknown(&*at.0, text);
            return;
        }
        let measured = made.all.iter().find(|property| is_measured(property));
        if made.has(&stated.value) {
            self.better_known((&at.0, &at.1), &what, stated, made);
            if measured.is_none() {
                self.declared.pass();
            } else {
                self.of(name).pass();
            }
            return;
        }
        if let Some(first) = measured {
            let found = shown(&first.value.to_string());
            let text = format!("{} is stated {what}, measured `{found}`", at.1);
            // A repository moves on while the files that count stay.
            let is_record = self.case.is_record(stated);
            self.of(name).deny(!is_record, at.0.clone(), text);
            return;
        }
        let is_open = is_open(component, name);
        match stated.known() {
            // Who signed it answers for it: `attested` says whether that was seen.
            Known::Attested => {}
            Known::Measured if self.case.source(stated) == Source::Inside => {
                let text = format!("{} is stated {what}, which measuring does not find", at.1);
                self.of(name).deny(own && !is_open, at.0.clone(), text);
            }
            _ => self.said((&at.0, &at.1), &what, stated, (&made.all, is_open)),
        }
    }

    /// A value that is nowhere in what the artifact says, and that no measuring contradicts.
    fn said(
        &mut self,
        at: (&str, &str),
        what: &str,
        stated: &Property,
        (made, is_open): (&[&Property], bool),
    ) {
        let from = place(stated);
        match (self.case.source(stated), made.first()) {
            (Source::Inside, _) => {
                let text = format!("{} is stated {what} by {from}, where it is not", at.1);
                self.declared.deny(!is_open, at.0.to_owned(), text);
            }
            (Source::Absent, _) => {
                let text = format!("{} is stated {what} by {from}, which is not there", at.1);
                self.declared.unknown(at.0, text);
            }
            (Source::Nowhere, Some(first)) => {
                let found = shown(&first.value.to_string());
                let text = format!("{} is said {what}, by the artifact `{found}`", at.1);
                self.declared.unknown(at.0, text);
            }
            (Source::Nowhere, None) | (Source::People, _) => {
                self.supplied.skip(at.0, format!("{} is said {what}", at.1));
            }
        }
    }

    /// A licence must be one that a text of the kit is of, where there is such a text.
    fn licences(&mut self, at: (&str, &str), said: &Keys<'_>, known: &Keys<'_>) {
        let key = (property::LICENCE, "");
        let made = known.get(&key).map(Vec::as_slice).unwrap_or_default();
        self.hidden_licences(at, said, made);
        let Some(stated) = said.get(&key) else { return };
        let of = |p: &&Property| written(&p.value);
        let concluded = |p: &&&Property| matches!(p.known(), Known::Measured | Known::Inferred);
        let of_texts: BTreeSet<String> = made.iter().filter(concluded).flat_map(of).collect();
        let all: BTreeSet<String> = made.iter().flat_map(of).collect();
        let fits =
            |text: &String, list: &BTreeSet<String>| list.iter().any(|l| same_licence(text, l));
        let names: BTreeSet<String> = stated.iter().flat_map(of).collect();
        if !of_texts.is_empty() && !names.iter().any(|text| fits(text, &of_texts)) {
            let list =
                |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join("`, `");
            let text = format!(
                "{} is stated `{}`, but the licence text is of `{}`",
                at.1,
                shown(&list(&names)),
                list(&of_texts)
            );
            self.licence.fail(at.0, text);
            return;
        }
        let values = Values::new(property::LICENCE, made.to_vec());
        for property in stated {
            if of(property).iter().all(|text| fits(text, &all)) {
                self.better_known(at, &what(property::LICENCE, "", property), property, &values);
                self.licence.pass();
            } else if property.known() != Known::Attested {
                let what = what(property::LICENCE, "", property);
                self.said(at, &what, property, (made, false));
            }
        }
    }
}

/// Properties by name and subject.
pub(super) type Keys<'p> = BTreeMap<(&'p str, &'p str), Vec<&'p Property>>;

fn by_key(properties: &[Property]) -> Keys<'_> {
    let mut keys: Keys<'_> = BTreeMap::new();
    for property in properties {
        let key = (canonical(&property.name), property.subject.as_str());
        keys.entry(key).or_default().push(property);
    }
    keys
}

/// Whether it was measured, for which a list of what could be in it is enough.
pub(super) fn is_measured(property: &Property) -> bool {
    property.known() == Known::Measured
}

/// Whether the component says that this could not be told of it, or not be listed whole.
pub(super) fn is_open(component: &Component, name: &str) -> bool {
    let is_left = |p: &Property| p.name == words::LEFT_OUT && p.subject == name;
    component.properties.iter().any(is_left) || is_unknown(component, name)
}

/// Whether the component says that this could not be told of it.
pub(super) fn is_unknown(component: &Component, name: &str) -> bool {
    let named = [name::UNKNOWN, property::NOT_MEASURED];
    let is_said = |p: &Property| named.contains(&p.name.as_str()) && p.subject == name;
    component.properties.iter().any(is_said)
        || component.of(name::UNREADABLE).next().is_some()
        || component.of(name::UNKNOWN).any(|p| p.subject == "content")
}

/// Whether of the stated digest of content and the one that was found one is of a layer, which stands for it
/// where files were not read whole, and the other of the files.
fn is_of_other_bytes(name: &str, stated: &Property, made: &Values<'_>) -> bool {
    let is_of_layer = |property: &Property| {
        let at = property.evidence.as_ref()?;
        let is_digest = property.as_text().is_some_and(|text| text.starts_with("sha256:"));
        let is_content = matches!(at.known, Known::Measured | Known::Inferred) && is_digest;
        is_content.then(|| at.place == name::PLACE_LAYER)
    };
    let differs = |made: &&Property| {
        is_of_layer(stated).zip(is_of_layer(made)).is_some_and(|(said, is)| said != is)
    };
    matches!(name, name::DATA_VERSION | property::VERSION)
        && !made.has(&stated.value)
        && made.all.iter().any(differs)
}

fn measured_format(format: &str) -> Property {
    let file = String::new();
    let evidence = sealkit_report::Evidence {
        known: Known::Measured,
        place: file.clone(),
        file,
        digest: None,
    };
    Property::text(property::FORMAT, format, Some(evidence))
}

pub(super) fn what(name: &str, about: &str, property: &Property) -> String {
    let value = shown(&property.value.to_string());
    let about = if about.is_empty() { String::new() } else { format!(" of `{}`", shown(about)) };
    format!("{name}{about} `{value}`")
}

fn formats<'a>(case: &Case<'a>) -> BTreeMap<&'a ComponentId, BTreeSet<String>> {
    let mut all: BTreeMap<&ComponentId, BTreeSet<String>> = BTreeMap::new();
    for tie in case.made.bom.relations.iter().filter(|tie| tie.kind == RelationKind::Contains) {
        let file = case.made.by_id.get(&tie.to).and_then(|at| case.made.get(*at));
        let Some(file) = file.filter(|file| file.kind == Kind::File) else { continue };
        for format in file.of(property::FORMAT).filter_map(Property::as_text) {
            all.entry(&tie.from).or_default().insert(format.to_owned());
        }
    }
    all
}
