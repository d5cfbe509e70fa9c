//! Where a reader puts the packages that it finds.

use std::collections::BTreeMap;

use sealkit_report::{Budget, Known, Severity};
use serde_json::Value as Json;

use super::graph;
use crate::address::{is_usual, without_credentials};
pub(super) use crate::kept::step;
use crate::{
    Facts, FileInfo, InspectError, LinkInfo, PackageInfo, PartyInfo, Scope, Value, property,
};

/// The packages of one file, in its order, each with its place.
pub(crate) struct Packages<'a> {
    path: &'a str,
    pub(crate) budget: &'a mut Budget,
    facts: Facts,
    found: Vec<(String, PackageInfo)>,
    /// Place in `found` by ecosystem, name and version.
    seen: BTreeMap<(String, String, Option<String>), usize>,
}

impl<'a> Packages<'a> {
    /// None yet.
    pub(crate) fn new(path: &'a str, budget: &'a mut Budget) -> Self {
        Self { path, budget, facts: Facts::default(), found: Vec::new(), seen: BTreeMap::new() }
    }

    /// Adds a package that stands at `place`.
    pub(super) fn add(
        &mut self,
        place: String,
        mut package: PackageInfo,
    ) -> Result<(), InspectError> {
        self.budget.entries(1)?;
        let source = package.source.filter(|url| !is_usual(url));
        package.source = source.map(|url| without_credentials(&url));
        if !package.name.is_empty() {
            self.found.push((place, package));
        }
        Ok(())
    }

    /// Adds a package, or its digests to those of the same one before it.
    pub(super) fn merge(
        &mut self,
        place: String,
        package: PackageInfo,
    ) -> Result<(), InspectError> {
        if package.name.is_empty() {
            return Ok(());
        }
        let key = (package.ecosystem.clone(), package.name.clone(), package.version.clone());
        if let Some((_, same)) = self.seen.get(&key).and_then(|at| self.found.get_mut(*at)) {
            let work = same.digests.len() * package.digests.len() + package.needs.len();
            self.budget.steps(1 + work as u64)?;
            let new = package.digests.into_iter().filter(|d| !same.digests.contains(d));
            same.digests.extend(new.collect::<Vec<_>>());
            same.needs.extend(package.needs);
            return Ok(());
        }
        self.seen.insert(key, self.found.len());
        self.add(place, package)
    }

    /// Number of packages so far.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// Says of the packages from this one on when they are needed.
    pub(super) fn rescope(&mut self, from: usize, scope: Scope) {
        for (_, package) in self.found.iter_mut().skip(from) {
            package.scope = scope;
        }
    }

    /// Takes who asks for which package, by its place. Who is none of the packages is the project.
    pub(super) fn asked_by(&mut self, askers: &[(usize, String)]) {
        let names = self.found.iter().enumerate();
        let by_name: BTreeMap<String, usize> =
            names.map(|(at, (_, package))| (package.name.clone(), at)).collect();
        for (at, _) in askers {
            if let Some((_, package)) = self.found.get_mut(*at) {
                package.direct = false;
            }
        }
        for (at, asker) in askers {
            let Some(name) = self.found.get(*at).map(|(_, package)| package.name.clone()) else {
                continue;
            };
            match by_name.get(asker).and_then(|asker| self.found.get_mut(*asker)) {
                Some((_, asker)) => asker.needs.push(name),
                None => {
                    if let Some((_, package)) = self.found.get_mut(*at) {
                        package.direct = true;
                    }
                }
            }
        }
    }

    /// Takes what the graph of the packages tells: see [`graph::Roots`].
    pub(super) fn settle(&mut self, roots: &graph::Roots) -> Result<(), InspectError> {
        self.budget.steps(graph::work(&self.found))?;
        graph::settle(&mut self.found, roots);
        Ok(())
    }

    /// Adds what the file says of the project itself.
    pub(super) fn project(&mut self, place: &str, property: &'static str, value: Option<&Json>) {
        if let Some(text) = value.and_then(Json::as_str).map(str::trim).filter(|t| !t.is_empty()) {
            let value = Value::Text(text.to_owned());
            self.facts.declared(self.path, place, property, value);
        }
    }

    /// Adds a person or an organisation: `Name <mail>`, or the parts.
    pub(super) fn party(&mut self, place: &str, role: &str, name: &str, email: Option<&str>) {
        let (name, email) = match name.split_once('<') {
            Some((name, rest)) => (name, rest.split('>').next()),
            None => (name, email),
        };
        let email = email.map(str::trim).filter(|mail| !mail.is_empty()).map(str::to_owned);
        // npm adds the page in brackets.
        let name = name.split('(').next().unwrap_or_default().trim();
        let name =
            if name.is_empty() { email.clone().unwrap_or_default() } else { name.to_owned() };
        if !name.is_empty() {
            let role = Some(role.to_owned());
            let party = PartyInfo { name, email, role, ..PartyInfo::default() };
            self.facts.declared(self.path, place, property::PARTY, Value::Party(party));
        }
    }

    /// Adds an address of the project.
    pub(super) fn link(&mut self, place: &str, kind: &str, url: Option<&Json>) {
        if let Some(url) = url.and_then(Json::as_str).filter(|url| !url.trim().is_empty()) {
            let link = LinkInfo { kind: kind.to_owned(), url: without_credentials(url) };
            self.facts.declared(self.path, place, property::LINK, Value::Link(link));
        }
    }

    /// Adds a file that this one takes in.
    pub(super) fn file(&mut self, place: &str, file: FileInfo) {
        self.facts.declared(self.path, place, property::FILE_REFERENCE, Value::File(file));
    }

    /// Adds what a person should know.
    pub(super) fn find(&mut self, rule: &str, severity: Severity, place: &str, message: String) {
        self.facts.find(rule, severity, (self.path, place), message);
    }

    /// Everything as facts; where reading ended early, what was found so far and why it ended.
    pub(crate) fn finish(mut self, read: Result<(), InspectError>) -> Result<Facts, InspectError> {
        let linked = self.budget.steps(graph::work(&self.found)).map_err(InspectError::from);
        if linked.is_ok() {
            graph::link(&mut self.found);
        }
        if let Err(error) = read.and(linked) {
            if self.found.is_empty() && self.facts.facts.is_empty() {
                return Err(error);
            }
            self.facts.incomplete = true;
            self.find("not-inspected", Severity::Medium, "", error.to_string());
        }
        for (place, package) in self.found {
            let subject = format!("{}:{}", package.ecosystem, package.name);
            let fact = (property::PACKAGE, Value::Package(package));
            self.facts.about(&subject, Known::Declared, (self.path, &place), fact);
        }
        Ok(self.facts)
    }
}

/// The text at a key of an object.
pub(super) fn text(value: &Json, key: &str) -> Option<String> {
    value.get(key).and_then(Json::as_str).map(str::to_owned)
}

/// The items of the list at a key of an object; none where there is no list.
pub(super) fn items<'j>(value: &'j Json, key: &str) -> impl Iterator<Item = &'j Json> + use<'j> {
    value.get(key).and_then(Json::as_array).into_iter().flatten()
}

/// The entries of the object at a key of an object; none where there is no object.
pub(super) fn entries<'j>(
    value: &'j Json,
    key: &str,
) -> impl Iterator<Item = (&'j String, &'j Json)> + use<'j> {
    value.get(key).and_then(Json::as_object).into_iter().flatten()
}

/// Whether a text is one version, with all of its three numbers; what stands behind these may be anything.
pub(super) fn is_version(text: &str) -> bool {
    let (numbers, _) = text.split_once(['-', '+']).unwrap_or((text, ""));
    let mut parts = numbers.split('.');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    parts.by_ref().take(3).filter(|part| is_number(part)).count() == 3
        && parts.next().is_none()
        && !text.contains([' ', ',', '|'])
}
