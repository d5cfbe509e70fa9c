//! What a component is called and called by, and what a document says of itself.

use std::collections::BTreeSet;

use sealkit_inspect::property;

use super::check::shown;
use super::claims::Claims;
use super::same::Values;
use super::side::{label, subject};
use super::{Source, words};
use crate::purl::Purl;
use crate::{Component, Kind, Property, name};

impl<'a> Claims<'_, 'a> {
    pub(super) fn media_type(&mut self, stated: &Component, made: &Component) {
        let (Some(said), Some(is)) = (&stated.media_type, &made.media_type) else { return };
        if said == is {
            self.format.pass();
        } else if said != words::ANY_BYTES && self.case.same_shape {
            let said = shown(said);
            let text = format!("{} is stated `{said}`, and is `{is}`", label(stated));
            self.format.deny(self.case.own, subject(stated), text);
        }
    }

    pub(super) fn package_url(&mut self, stated: &Component, made: &Component) {
        let Some(is) = &made.purl else { return };
        let is_told = self.case.own && self.case.same_shape && stated.kind != Kind::Kit;
        let Some(said) = &stated.purl else {
            if is_told {
                let text = format!("{} is stated without its package URL, `{is}`", label(stated));
                self.declared.unknown(subject(stated), text);
            }
            return;
        };
        // A kit may lie in several repositories; its version is its digest.
        let version = |purl: &str| {
            let plain = purl.split('?').next().unwrap_or_default();
            plain.split_once('@').map(|(_, version)| version.to_owned())
        };
        let is_kit = stated.kind == Kind::Kit;
        if said == is
            || self.has_version_of_people(stated, said, is)
            || (!self.case.same_shape && is_but_for_digest(said, is))
            || (is_kit && (!self.case.same_shape || version(said) == version(is)))
        {
            self.declared.pass();
        } else {
            let said = shown(said);
            let text = format!("{} is stated `{said}`, and is `{is}`", label(stated));
            self.declared.deny(self.case.own, subject(stated), text);
        }
    }

    /// Whether two package URLs differ by nothing but a version that people gave, which the artifact does not
    /// tell.
    fn has_version_of_people(&self, stated: &Component, said: &str, is: &str) -> bool {
        let (Ok(said), Ok(is)) = (Purl::parse(said), Purl::parse(is)) else { return false };
        let same = said.kind() == is.kind()
            && (said.namespace(), said.name()) == (is.namespace(), is.name())
            && (said.qualifiers(), said.subpath()) == (is.qualifiers(), is.subpath());
        let mut given = stated.of(property::VERSION);
        same && given.any(|p| {
            let text = p.value.to_string();
            // From the overlay of the folder, or from a file that lay elsewhere.
            let is_of_people = matches!(self.case.source(p), Source::People | Source::Absent);
            is_of_people && said.version() == Some(text.trim())
        })
    }

    /// The name that a component goes by is one that something calls it. A kit without a name is
    /// called by its repository.
    pub(super) fn called(&mut self, stated: &Component, made: &Component) {
        let is = |property: &Property, name: &str| property.value.to_string().trim() == name;
        let mut known = made.of(property::NAME);
        let is_known = stated.name == made.name || known.any(|p| is(p, &stated.name));
        let is_named = stated.kind != Kind::Kit || made.of(property::NAME).next().is_some();
        // A name that people gave is the first of its values.
        let by_people = stated.of(property::NAME).find(|p| is(p, &stated.name));
        let by_people = by_people.is_some_and(|p| self.case.source(p) == Source::People);
        if !self.case.own || is_known || !is_named || by_people || !self.case.same_shape {
            return;
        }
        let (said, is) = (shown(&stated.name), shown(&made.name));
        let text = format!("{} is called `{said}`, by the artifact `{is}`", label(stated));
        self.declared.fail(subject(stated), text);
    }

    /// What a document of ours says of itself.
    pub(super) fn document(&mut self) {
        if !self.case.own {
            return;
        }
        let at = ("document".to_owned(), "the document".to_owned());
        let (stated, made) = (self.case.stated.bom, self.case.made.bom);
        for name in [name::BOM_AUTHOR, name::LIFECYCLE] {
            let of = |all: &'a [Property]| all.iter().filter(|p| p.name == name).collect();
            let found = Values::new(name, of(&made.properties));
            let said: Vec<&Property> = of(&stated.properties);
            let is_other_shape = name == name::LIFECYCLE && !self.case.same_shape;
            for property in said.iter().filter(|_| !is_other_shape) {
                self.value(&at, property, (name, ""), &found, (&made.subject, &[]));
            }
            if said.is_empty() && name == name::LIFECYCLE && !found.all.is_empty() {
                self.declared.unknown(&*at.0, "the document does not say what it was made of");
            }
        }
    }

    /// A contradiction of the artifact itself is not to be hidden by a document of ours.
    pub(super) fn contradictions(
        &mut self,
        at: &(String, String),
        stated: &Component,
        made: &Component,
    ) {
        let said: BTreeSet<String> =
            stated.of(name::CONFLICT).map(|property| property.value.to_string()).collect();
        for conflict in made.of(name::CONFLICT).filter(|_| self.case.own && self.case.same_shape) {
            let text = conflict.value.to_string();
            if said.contains(&text) {
                self.declared.pass();
            } else {
                let text = format!("{} does not say that it is {}", at.1, shown(&text));
                self.declared.unknown(&*at.0, text);
            }
        }
    }
}

/// Whether two package URLs differ by nothing but a digest, as those of a layer and of a tree do.
fn is_but_for_digest(said: &str, is: &str) -> bool {
    let (Ok(said), Ok(is)) = (Purl::parse(said), Purl::parse(is)) else { return false };
    let others = |purl: &Purl| -> Vec<(String, String)> {
        let all = purl.qualifiers().iter().filter(|(key, _)| *key != "checksum");
        all.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let is_digest = |version: Option<&str>| version.is_none_or(|v| v.starts_with("sha256:"));
    let is_same_version =
        said.version() == is.version() || (is_digest(said.version()) && is_digest(is.version()));
    said.kind() == is.kind()
        && (said.namespace(), said.name()) == (is.namespace(), is.name())
        && is_same_version
        && (others(&said), said.subpath()) == (others(&is), is.subpath())
}
