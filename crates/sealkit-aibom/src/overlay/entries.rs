//! Entries of an overlay that are maps of their own.

use sealkit_inspect::{Fact, Facts, LinkInfo, PartyInfo, Value, property};

use super::keys::ACTIVITIES;
use super::tree::{Kind, Node};
use super::{OverlayProblem, Reader, choice, each, flag, number, text};
use crate::name;

/// Keys of each kind of entry.
pub(super) const PARTY: &[&str] = &["name", "email", "url", "organisation", "role"];
pub(super) const LINK: &[&str] = &["kind", "url"];
pub(super) const ETHICS: &[&str] = &["name", "mitigation"];
pub(super) const FAIRNESS: &[&str] = &["group", "benefits", "harms", "mitigation"];
pub(super) const ENERGY: &[&str] = &["activity", "kwh", "co2Grams", "region", "hardware", "source"];

impl Reader<'_> {
    /// A name, or a map with one.
    pub(super) fn party(&mut self, key: &str, node: &Node) -> Option<PartyInfo> {
        if let Some(name) = text(node) {
            return Some(PartyInfo { name: name.to_owned(), ..PartyInfo::default() });
        }
        let mut party = PartyInfo::default();
        for (field, line, value) in self.entry(key, node) {
            let said = text(value).map(str::to_owned);
            match (field, &said) {
                ("organisation", _) => match flag(value) {
                    Some(yes) => party.organisation = yes,
                    None => self.wrong(field, value, "`true` or `false`"),
                },
                ("name", Some(name)) => party.name.clone_from(name),
                ("email", Some(_)) => party.email = said,
                ("url", Some(_)) => party.url = said,
                ("role", Some(_)) => party.role = said,
                (known, None) if PARTY.contains(&known) => self.wrong(field, value, "text"),
                _ => self.unknown(line, field, key, PARTY),
            }
        }
        self.needed(key, node, "name", party.name.is_empty());
        (!party.name.is_empty()).then_some(party)
    }

    pub(super) fn links(&mut self, property: &'static str, node: &Node, facts: &mut Facts) {
        for item in each(node) {
            let mut link = LinkInfo { kind: "other".to_owned(), url: String::new() };
            for (field, line, value) in self.entry("links", item) {
                match (field, text(value)) {
                    ("kind", Some(kind)) => kind.clone_into(&mut link.kind),
                    ("url", Some(url)) => url.clone_into(&mut link.url),
                    ("kind" | "url", None) => self.wrong(field, value, "text"),
                    _ => self.unknown(line, field, "links", LINK),
                }
            }
            self.needed("links", item, "url", link.url.is_empty());
            if !link.url.is_empty() {
                self.say(facts, (item.line, ""), property, Value::Link(link));
            }
        }
    }

    pub(super) fn ethics(&mut self, node: &Node, facts: &mut Facts) {
        for item in each(node) {
            if let Some(text) = text(item) {
                let text = Value::Text(text.to_owned());
                self.say(facts, (item.line, ""), property::ETHICS, text);
                continue;
            }
            let said = self.texts("ethics", item, ETHICS);
            let named = said.iter().find(|(field, ..)| *field == "name");
            let named = named.map(|(_, _, text)| text.clone());
            self.needed("ethics", item, "name", named.is_none());
            let Some(risk) = named else { continue };
            self.say(facts, (item.line, ""), property::ETHICS, Value::Text(risk.clone()));
            for (_, line, text) in said.into_iter().filter(|(field, ..)| *field == "mitigation") {
                self.say(facts, (line, &risk), name::ETHICS_MITIGATION, Value::Text(text));
            }
        }
    }

    pub(super) fn fairness(&mut self, node: &Node, facts: &mut Facts) {
        for item in each(node) {
            let said = self.texts("fairness", item, FAIRNESS);
            let named = said.iter().find(|(field, ..)| *field == "group");
            let named = named.map(|(_, _, text)| text.clone());
            self.needed("fairness", item, "group", named.is_none());
            let Some(group) = named else { continue };
            self.say(facts, (item.line, ""), name::FAIRNESS, Value::Text(group.clone()));
            for (field, line, text) in said {
                let property = match field {
                    "benefits" => name::FAIRNESS_BENEFIT,
                    "harms" => name::FAIRNESS_HARM,
                    "mitigation" => name::FAIRNESS_MITIGATION,
                    _ => continue,
                };
                self.say(facts, (line, &group), property, Value::Text(text));
            }
        }
    }

    /// One entry is about the model as a whole; of several each is about its activity.
    pub(super) fn energy(&mut self, node: &Node, facts: &mut Facts) {
        let is_single = each(node).count() < 2;
        for item in each(node) {
            let entries: Vec<_> = self.entry("energy", item).collect();
            let activity = entries.iter().find(|(field, ..)| *field == "activity");
            let activity = activity.and_then(|(_, _, value)| choice(value, ACTIVITIES));
            self.needed("energy", item, "activity", activity.is_none() && !is_single);
            let about = activity.filter(|_| !is_single).unwrap_or_default();
            for (field, line, value) in entries {
                let (property, said) = match field {
                    "activity" => {
                        let words = format!("one of `{}`", ACTIVITIES.join("`, `"));
                        if activity.is_none() {
                            self.wrong(field, value, &words);
                        }
                        (property::ENERGY_ACTIVITY, activity.map(|a| Value::Text(a.to_owned())))
                    }
                    "kwh" => (property::ENERGY_KWH, number(value).map(Value::Float)),
                    "co2Grams" => (property::CO2_GRAMS, number(value).map(Value::Float)),
                    "region" => (property::ENERGY_REGION, words(value)),
                    "hardware" => (property::HARDWARE, words(value)),
                    "source" => (name::ENERGY_SOURCE, words(value)),
                    _ => {
                        self.unknown(line, field, "energy", ENERGY);
                        continue;
                    }
                };
                match said {
                    Some(said) => self.say(facts, (line, about), property, said),
                    None if field == "activity" => {}
                    None if matches!(field, "kwh" | "co2Grams") => {
                        self.wrong(field, value, "a number that is not negative");
                    }
                    None => self.wrong(field, value, "text"),
                }
            }
        }
    }

    /// Texts of an entry that has only such.
    fn texts(
        &mut self,
        key: &str,
        node: &Node,
        known: &'static [&'static str],
    ) -> Vec<(&'static str, u64, String)> {
        let mut all = Vec::new();
        for (field, line, value) in self.entry(key, node) {
            match (known.iter().copied().find(|name| *name == field), text(value)) {
                (Some(name), Some(text)) => all.push((name, line, text.to_owned())),
                (Some(_), None) => self.wrong(field, value, "text"),
                (None, _) => self.unknown(line, field, key, known),
            }
        }
        all
    }

    fn entry<'n>(
        &mut self,
        key: &str,
        node: &'n Node,
    ) -> impl Iterator<Item = (&'n str, u64, &'n Node)> + use<'n> {
        if !matches!(node.kind, Kind::Map(_)) {
            self.wrong(key, node, "a map");
        }
        let entries = match &node.kind {
            Kind::Map(map) => map.as_slice(),
            _ => &[],
        };
        entries.iter().map(|(key, line, node)| (key.as_str(), *line, node))
    }

    fn needed(&mut self, key: &str, node: &Node, missing: &'static str, is_missing: bool) {
        if is_missing && matches!(node.kind, Kind::Map(_)) {
            let key = key.to_owned();
            self.problems.push(OverlayProblem::Missing { line: node.line, key, missing });
        }
    }

    fn say(
        &self,
        facts: &mut Facts,
        (line, subject): (u64, &str),
        property: &'static str,
        value: Value,
    ) {
        let (subject, property) = (subject.to_owned(), std::borrow::Cow::Borrowed(property));
        facts.facts.push(Fact { subject, property, value, evidence: self.evidence(line) });
    }
}

fn words(node: &Node) -> Option<Value> {
    text(node).map(|text| Value::Text(text.to_owned()))
}
