//! An AIBOM against the artifact that it describes.
//!
//! The artifact is inspected again and an AIBOM made of it, and everything that the document under
//! test states is held against that one. A document of ours must say all that is found; one of
//! somebody else may be silent, which leaves open what it is silent about. Every step is data, and
//! none ends the judging: the report says all that is wrong.

mod check;
mod claims;
mod evidence;
mod files;
mod graph;
mod hidden;
mod named;
mod runs;
mod same;
mod sarif;
mod side;
mod ties;
mod versions;
mod words;

use std::collections::BTreeSet;

use sealkit_report::{Known, Report};

use crate::{Bom, Property, Residue, name};
use check::Check;
use side::{Pairs, Side};

pub use sarif::sarif;

/// How an AIBOM is judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct JudgeOptions<'a> {
    /// Whether the document is one of ours, which gives evidence for every value. Where this is not
    /// said the document tells it: one that names a file as evidence is.
    pub own: Option<bool>,
    /// The overlay that a value of the document may come from, where it was not read again: its
    /// values are people's word, which the artifact cannot tell.
    pub overlay: Option<&'a str>,
    /// Whether a document that is silent about a field that SPDX 3.0.1 demands in prose (release
    /// time, supplier, download location, version, purpose, licences) leaves the answer open. Where
    /// it does not, such silence is named and decides nothing.
    pub demand_fields: bool,
}

/// The file that the words of a Kitfile come from.
const KITFILE: &str = "Kitfile";
/// The same of the config of a ModelPack.
const CONFIG: &str = name::CONFIG;
/// Where a project is recorded, beside what it holds: no part of a kit.
const RECORDS: &[&str] = &[".git", ".cache", "models--"];

/// Judges a document (`stated`) by the AIBOM that was made of the artifact itself (`made`).
pub fn judge(stated: &Bom, made: &Bom, options: &JudgeOptions<'_>) -> Report {
    let case = Case::new(stated, made, options);
    let mut report = Report::default();
    readable(&case, &mut report);
    ties::references(&case, &mut report);
    files::subject(&case, &mut report);
    files::listed(&case, &mut report);
    files::hashes(&case, &mut report);
    files::parts(&case, &mut report);
    claims::check(&case, &mut report);
    versions::check(&case, &mut report);
    ties::completeness(&case, &mut report);
    ties::lineage(&case, &mut report);
    ties::dependencies(&case, &mut report);
    graph::check(&case, &mut report);
    graph::fields(&case, options.demand_fields, &mut report);
    evidence::every_value(&case, &mut report);
    evidence::attested(&case, &mut report);
    report
}

/// Where a value says that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// From the artifact.
    Inside,
    /// From a person, or from a record that is no part of the artifact.
    People,
    /// From a file that the artifact does not have.
    Absent,
    /// It does not say.
    Nowhere,
}

/// Both sides of a judgement.
struct Case<'a> {
    stated: Side<'a>,
    made: Side<'a>,
    pairs: Pairs,
    own: bool,
    /// Whether both are about a kit, or both about a folder: else the digests of the wholes and of
    /// the parts are of different bytes.
    same_shape: bool,
    overlay: Option<&'a str>,
    /// Paths that the artifact has, folders included.
    paths: BTreeSet<&'a str>,
}

impl<'a> Case<'a> {
    fn new(stated: &'a Bom, made: &'a Bom, options: &JudgeOptions<'a>) -> Self {
        let own = options.own.unwrap_or_else(|| is_own(stated));
        let (stated, made) = (Side::new(stated), Side::new(made));
        let pairs = Pairs::new(&stated, &made, own);
        let same_shape = match (lifecycle(stated.bom), lifecycle(made.bom)) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        let paths = made.all.iter().filter_map(|component| component.path.as_deref()).collect();
        Self { stated, made, pairs, own, same_shape, overlay: options.overlay, paths }
    }

    /// Whether a value comes from a record beside the artifact: of its repository, of the hub.
    fn is_record(&self, property: &Property) -> bool {
        let file = property.evidence.as_ref().map_or("", |evidence| evidence.file.as_str());
        !self.paths.contains(file) && RECORDS.iter().any(|start| file.starts_with(start))
    }

    fn source(&self, property: &Property) -> Source {
        let Some(evidence) = &property.evidence else { return Source::Nowhere };
        let file = evidence.file.as_str();
        // What the folder was called when the AIBOM was made; a copy of it has another name.
        let is_folder_name =
            property.name == sealkit_inspect::property::NAME && evidence.known == Known::Inferred;
        let is_supplied = Some(file) == self.overlay
            || (file.is_empty() && (evidence.known == Known::Declared || is_folder_name))
            || self.is_record(property);
        if is_supplied {
            Source::People
        } else if file.is_empty() || matches!(file, KITFILE | CONFIG) || self.paths.contains(file) {
            Source::Inside
        } else {
            Source::Absent
        }
    }
}

/// The file and the place in it that a value comes from.
fn place(property: &Property) -> String {
    let Some(evidence) = &property.evidence else { return "nobody".to_owned() };
    let text = format!("{} {}", evidence.file, evidence.place);
    format!("`{}`", check::shown(text.trim()))
}

/// Whether it is made by us: somewhere it says which file a value comes from.
fn is_own(bom: &Bom) -> bool {
    let names_a_file = |property: &Property| {
        property.evidence.as_ref().is_some_and(|evidence| !evidence.file.is_empty())
    };
    bom.all().flat_map(|component| &component.properties).any(names_a_file)
}

/// Whether it is about a kit or a folder, where it says so.
fn lifecycle(bom: &Bom) -> Option<&str> {
    let said = bom.properties.iter().filter(|property| property.name == name::LIFECYCLE);
    let known = [name::PRE_BUILD, name::POST_BUILD];
    said.filter_map(Property::as_text).find(|text| known.contains(text))
}

/// What the codec found wrong with the document, and what in a document of ours does not follow from
/// its values: readers of the format see these fields first.
fn readable(case: &Case<'_>, report: &mut Report) {
    let mut check = Check::new("document", "document is whole");
    let problems = case.stated.bom.properties.iter().filter(|p| p.name == name::READING_PROBLEM);
    for problem in problems {
        let text = check::shown(&problem.value.to_string());
        check.deny(case.own, "document".to_owned(), text);
    }
    if case.own {
        let of_bom = case.stated.bom.residue.iter();
        let of_bom = of_bom.map(|residue| ("document".to_owned(), "document".to_owned(), residue));
        let of_components = case.stated.all.iter().filter_map(|component| {
            Some((side::subject(component), side::label(component), component.residue.as_ref()?))
        });
        for (at, label, residue) in of_bom.chain(of_components) {
            let (facts, others) = fields(residue);
            if !facts.is_empty() {
                let text =
                    format!("`{}` of {label} is not what its values say", facts.join("`, `"));
                check.fail(&*at, text);
            }
            if !others.is_empty() {
                let text =
                    format!("`{}` of {label} says more than its values", others.join("`, `"));
                check.unknown(at, text);
            }
        }
    }
    check.pass();
    check.report(report, "document", "");
}

/// The fields of a residue: those that say otherwise what a value says, and all others. What a
/// later version may write in another way is among the others.
fn fields(residue: &Residue) -> (Vec<&str>, Vec<&str>) {
    let mut facts = BTreeSet::new();
    let mut others = BTreeSet::new();
    for (how, keys) in &residue.fields {
        let keys = keys.as_object().into_iter().flat_map(|map| map.keys());
        for key in keys.map(String::as_str) {
            if how != "add" && words::FACTS.contains(&key) {
                facts.insert(key);
            } else {
                others.insert(key);
            }
        }
    }
    if facts.is_empty() && others.is_empty() {
        others.extend(residue.fields.keys().map(String::as_str));
    }
    (facts.into_iter().collect(), others.into_iter().collect())
}
