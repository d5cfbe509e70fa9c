//! Runs of a document, held against those that the artifact has records of.

use std::collections::BTreeSet;

use super::check::shown;
use super::claims::Claims;
use super::same::{Values, canonical};
use super::side::label;
use crate::{Component, ComponentId, Kind, Property, Run};

impl Claims<'_, '_> {
    /// Records of runs are compared by name: like the values of components.
    pub(super) fn runs(&mut self) {
        let (stated, made) = (self.case.stated.bom, self.case.made.bom);
        let none = Component::new(ComponentId(String::new()), Kind::Other, "");
        for run in &stated.runs {
            let at = subject(run);
            let found: Vec<&Run> = made.runs.iter().filter(|other| is_same(run, other)).collect();
            let properties: Vec<&Property> = found.iter().flat_map(|run| &run.properties).collect();
            for property in &run.properties {
                let name = canonical(&property.name);
                let same =
                    |p: &&&Property| canonical(&p.name) == name && p.subject == property.subject;
                let values = Values::new(name, properties.iter().filter(same).copied().collect());
                self.value(&at, property, (name, &property.subject), &values, (&none, &[]));
            }
            if !found.is_empty() {
                self.ends(&at, run, &found);
                // Several runs may have one name.
                let made: Vec<&[Property]> = found.iter().map(|run| &*run.properties).collect();
                self.left_out(&at, &run.properties, &made, true);
            }
        }
        for run in &made.runs {
            if self.case.own && !stated.runs.iter().any(|other| is_same(run, other)) {
                let at = subject(run);
                self.declared.unknown(&*at.0, format!("{} is found and not stated", at.1));
            }
        }
    }

    /// What went in and what came out.
    fn ends(&mut self, at: &(String, String), stated: &Run, found: &[&Run]) {
        for (how, said, is) in [
            ("went into", &stated.inputs, found.iter().flat_map(|run| &run.inputs).collect()),
            ("came out of", &stated.outputs, found.iter().flat_map(|run| &run.outputs).collect()),
        ] {
            self.end(at, how, said, &is);
        }
    }

    fn end(
        &mut self,
        at: &(String, String),
        how: &str,
        said: &[ComponentId],
        is: &Vec<&ComponentId>,
    ) {
        let case = self.case;
        let is: BTreeSet<usize> =
            is.iter().filter_map(|id| case.made.by_id.get(*id).copied()).collect();
        let mut told = BTreeSet::new();
        // What leads nowhere is told with the references.
        for stated in said.iter().filter_map(|id| case.stated.by_id.get(id).copied()) {
            let made = case.pairs.made(stated);
            told.extend(made);
            if made.is_some_and(|made| is.contains(&made)) {
                self.declared.pass();
            } else if let Some(component) = case.stated.get(stated) {
                let what = label(component);
                let text = format!("{what} {how} {}, and the artifact does not say so", at.1);
                self.declared.deny(case.own, at.0.clone(), text);
            }
        }
        for missed in is.difference(&told).filter_map(|made| case.made.get(*made)) {
            if case.own {
                let text = format!("that {} {how} {} is found and not stated", label(missed), at.1);
                self.declared.unknown(&*at.0, text);
            }
        }
    }
}

fn is_same(one: &Run, other: &Run) -> bool {
    other.id == one.id || other.name == one.name
}

fn subject(run: &Run) -> (String, String) {
    let name = format!("run `{}`", shown(&run.name));
    (name.clone(), name)
}
