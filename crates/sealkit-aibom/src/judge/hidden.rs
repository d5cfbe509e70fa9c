//! What the artifact says and the document does not: a document of ours says all that is found.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::{Value, property};
use sealkit_report::Known;

use super::check::shown;
use super::claims::{Claims, Keys, is_measured, is_open, is_unknown, what};
use super::same::{Values, how_well, same_licence, written};
use super::{Source, place, words};
use crate::{Component, Kind, Property, name};

impl Claims<'_, '_> {
    /// What was found and the document does not mention. One value of several is missed too.
    pub(super) fn silence(
        &mut self,
        at: &(String, String),
        said: &Keys<'_>,
        made: &Keys<'_>,
        stated: &Component,
    ) {
        for (key, values) in made {
            let (name, about) = *key;
            if words::SILENT.contains(&name) || name == property::LICENCE {
                continue;
            }
            let known = Values::new(name, said.get(key).cloned().unwrap_or_default());
            // That something else is stated is told already.
            let found = Values::new(name, values.clone());
            let is_other = known.all.iter().any(|p| !found.has(&p.value));
            let is_hidden = |p: &&&Property| {
                if self.case.own { !is_other && !known.has(&p.value) } else { known.all.is_empty() }
            };
            let hidden = values.iter().filter(is_hidden);
            let mut hidden = hidden.filter(|p| self.is_of_artifact(p)).copied();
            let Some(first) = hidden.clone().find(|p| is_measured(p)).or_else(|| hidden.next())
            else {
                continue;
            };
            self.hidden(at, (name, about), first, stated);
        }
    }

    /// What a document of ours says is not known better than the artifact knows it.
    pub(super) fn better_known(
        &mut self,
        at: (&str, &str),
        what: &str,
        stated: &Property,
        made: &Values<'_>,
    ) {
        let is_own = self.case.own
            && self.case.same_shape
            && stated.known() != Known::Attested
            && self.case.source(stated) == Source::Inside;
        let word = |rank: u8| ["inferred", "declared"].get(usize::from(rank)).copied();
        let Some(is) = made.how_well(&stated.value).filter(|_| is_own) else { return };
        if let (true, Some(is)) = (is < how_well(stated.known()), word(is)) {
            let said = word(how_well(stated.known())).unwrap_or("measured");
            let text = format!("{} is stated {what} as {said}, and it is {is}", at.1);
            self.declared.unknown(at.0, text);
        }
    }

    fn hidden(
        &mut self,
        at: &(String, String),
        (name, about): (&str, &str),
        first: &Property,
        stated: &Component,
    ) {
        let what = what(name, about, first);
        // What a file lists is the same each time: what is found in the list is not what it leaves out.
        let is_exact = stated.kind == Kind::File && self.case.same_shape;
        let is_open = if is_exact { is_unknown(stated, name) } else { is_open(stated, name) };
        if !is_measured(first) {
            if self.case.own && !is_open {
                let from = place(first);
                let text = format!("{} is {what} by {from}, which is not stated", at.1);
                self.declared.unknown(&*at.0, text);
            }
            return;
        }
        let text = format!("{} is measured {what}, which is not stated", at.1);
        let runs_code = name == property::CALLABLE
            || (name == property::CAN_RUN_CODE && first.value == Value::Bool(true));
        if runs_code {
            // Nothing that is said to be unknown makes it good that code runs.
            let is_fail = self.case.own && !(name == property::CALLABLE && is_open);
            self.code.deny(is_fail, at.0.clone(), text);
        } else if self.case.own && !is_open {
            self.of(name).unknown(&*at.0, text);
        }
    }

    /// What a document of ours says that it leaves out is what the same artifact makes it leave out, in one of `made`: by such
    /// a count a value could be hidden, and without it a list that is not whole looks so. Counts of what people and
    /// statements add to (`is_exact` is false) are only there or not.
    pub(super) fn left_out(
        &mut self,
        at: &(String, String),
        said: &[Property],
        made: &[&[Property]],
        is_exact: bool,
    ) {
        if !self.case.own || !self.case.same_shape {
            return;
        }
        let said = counts(said);
        let mut wrong: Option<String> = None;
        for made in made {
            match unlike(&said, &counts(made), is_exact) {
                None => return self.other.pass(),
                Some(text) => _ = wrong.get_or_insert(text),
            }
        }
        if let Some(text) = wrong {
            self.other.unknown(&*at.0, format!("{} is {text}", at.1));
        }
    }

    /// Whether what is found would be found by whoever makes the document: it is measured, or declared by
    /// a file of the artifact, which a folder and a kit of it need not both have.
    fn is_of_artifact(&self, property: &Property) -> bool {
        let is_said = property.known() == Known::Declared
            && self.case.same_shape
            && self.case.source(property) == Source::Inside;
        !self.case.is_record(property) && (is_measured(property) || is_said)
    }

    /// A licence that is found is not to be hidden by a document of ours.
    pub(super) fn hidden_licences(
        &mut self,
        at: (&str, &str),
        said: &Keys<'_>,
        made: &[&Property],
    ) {
        let open = [name::UNKNOWN, words::LEFT_OUT];
        let is_open = open.iter().any(|name| said.contains_key(&(*name, property::LICENCE)));
        if !self.case.own || !self.case.same_shape || is_open {
            return;
        }
        let stated = said.get(&(property::LICENCE, ""));
        let names: BTreeSet<String> =
            stated.into_iter().flatten().flat_map(|p| written(&p.value)).collect();
        let is_stated = |text: &String| names.iter().any(|name| same_licence(text, name));
        let is_hidden = |p: &&&Property| {
            self.case.source(p) == Source::Inside
                && p.known() != Known::Attested
                && !written(&p.value).iter().all(is_stated)
        };
        if let Some(first) = made.iter().find(is_hidden) {
            let (licence, from) = (shown(&first.value.to_string()), place(first));
            let text = format!("{} is `{licence}` by {from}, which is not stated", at.1);
            self.licence.unknown(at.0, text);
        }
    }
}

/// How much is left out, by what it is of.
type Counts<'p> = BTreeMap<&'p str, BTreeSet<String>>;

fn counts(properties: &[Property]) -> Counts<'_> {
    let mut all = Counts::new();
    // Files are counted where they are listed.
    let is_meant = |property: &&Property| {
        property.name == words::LEFT_OUT && !crate::shorten::is_of_files(property)
    };
    for property in properties.iter().filter(is_meant) {
        all.entry(property.subject.as_str()).or_default().insert(property.value.to_string());
    }
    all
}

/// What is stated to be left out and is not, or the other way round; none where they agree.
fn unlike(said: &Counts<'_>, made: &Counts<'_>, is_exact: bool) -> Option<String> {
    let mut names = said.keys().chain(made.keys());
    let is_unlike = |name: &&&str| match (said.get(*name), made.get(*name)) {
        (Some(said), Some(made)) => is_exact && said != made,
        _ => true,
    };
    let name = names.find(is_unlike)?;
    let of = |counts: &Counts<'_>| {
        let texts = counts.get(name).into_iter().flatten();
        let texts: Vec<&str> = texts.map(String::as_str).collect();
        if texts.is_empty() { "none".to_owned() } else { shown(&texts.join(", ")) }
    };
    let (said, made) = (of(said), of(made));
    Some(format!("stated to leave out {said} of {}, and leaves out {made}", shown(name)))
}
