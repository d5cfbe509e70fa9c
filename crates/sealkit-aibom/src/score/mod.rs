//! How much of what a profile asks for an AIBOM says.
//!
//! What a document says that it does not know is said: it is not missing, and earns nothing.

mod page;
mod profile;
mod test;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Bom, Component, EncodeOptions, Kind};
use test::{Answer, Test};

pub use page::{score_html, score_markdown};
pub use profile::{
    Category, Element, Penalty, Profile, ProfileError, Requirement, Scope, Supply, profile_ids,
};

/// Most components that an element names as lacking it; the others are counted.
const MAX_NAMED: usize = 100;

/// What is known of a document beside the AIBOM itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScoreContext<'a> {
    /// Its format with version, [`crate::BomCodec::name`]; none where there is no document yet.
    pub format: Option<&'a str>,
    /// What it is, or would be, written with.
    pub options: Option<&'a EncodeOptions>,
    /// Whether it is signed.
    pub signed: bool,
    /// Whether known vulnerabilities are given with it.
    pub vulnerabilities: bool,
}

/// Whether an element is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is said of everything that it is asked of.
    Present,
    /// Something does not say it.
    Missing,
    /// There is nothing that it could be asked of.
    NotApplicable,
    /// Where it is not said, it is said that it is not known.
    ExplicitUnknown,
}

/// What became of one element.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ElementResult {
    /// Its id in the profile.
    pub id: String,
    /// The group that it belongs to.
    pub cluster: String,
    /// What it is.
    pub title: String,
    /// How much it is needed.
    pub requirement: Requirement,
    /// Whether it is said.
    pub state: State,
    /// What it is asked of.
    pub applies_to: Scope,
    /// Of how many things it is asked.
    pub asked: usize,
    /// How many say it.
    pub present: usize,
    /// How many say that they do not know.
    pub unknown: usize,
    /// What was looked at.
    pub looked_at: Vec<String>,
    /// How to supply it.
    pub how_to_supply: Supply,
    /// What does not say it, by path, else by kind and name; of many the first.
    pub missing: Vec<String>,
}

/// How much of a profile an AIBOM says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Score {
    /// Id of the profile.
    pub profile: String,
    /// What the profile is.
    pub title: String,
    /// Date or version of what it follows.
    pub edition: String,
    /// Points that are reached.
    pub points: f64,
    /// Points that can be reached.
    pub of: f64,
    /// The same in percent.
    pub percent: f64,
    /// What the points were multiplied by, as too much is missing; 1 where nothing was taken off.
    pub penalty: f64,
    /// Every element.
    pub elements: Vec<ElementResult>,
}

impl Score {
    /// The demanded elements that are missing.
    pub fn missing(&self) -> impl Iterator<Item = &ElementResult> {
        let fits =
            |e: &&ElementResult| e.requirement == Requirement::Must && e.state == State::Missing;
        self.elements.iter().filter(fits)
    }
}

/// Asks an AIBOM for every element of a profile.
///
/// A profile with categories gives each its points by the share of its elements that are present,
/// rounded to one decimal, and takes penalties off the sum: so the generator of the OWASP AIBOM
/// project counts. In any other a demanded element is worth two points and one that is not demanded
/// one, in parts where it is asked of several things.
pub fn score(bom: &Bom, profile: &Profile, context: &ScoreContext<'_>) -> Score {
    let elements: Vec<ElementResult> =
        profile.elements.iter().filter_map(|element| result(bom, element, context)).collect();
    let (points, of, penalty) = if profile.categories.is_empty() {
        by_requirement(&elements)
    } else {
        by_category(profile, &elements)
    };
    let percent = if of > 0.0 { rounded(points / of * 100.0) } else { 0.0 };
    Score {
        profile: profile.id.clone(),
        title: profile.title.clone(),
        edition: profile.edition.clone(),
        points: rounded(points),
        of: rounded(of),
        percent,
        penalty,
        elements,
    }
}

/// One element; none where it counts only if it is there, and is not.
fn result(bom: &Bom, element: &Element, context: &ScoreContext<'_>) -> Option<ElementResult> {
    let tests: Vec<Test<'_>> =
        element.satisfied_by.iter().filter_map(|text| Test::parse(text)).collect();
    let mut result = ElementResult {
        id: element.id.clone(),
        cluster: element.cluster.clone(),
        title: element.title.clone(),
        requirement: element.requirement,
        state: State::NotApplicable,
        applies_to: element.applies_to,
        asked: 0,
        present: 0,
        unknown: 0,
        looked_at: element.satisfied_by.clone(),
        how_to_supply: element.supply.clone(),
        missing: Vec::new(),
    };
    let mut ask = |component: Option<&Component>| {
        result.asked += 1;
        let answers = tests.iter().map(|test| test.ask(bom, component, context));
        match answers.max().unwrap_or(Answer::Silent) {
            Answer::Said => result.present += 1,
            Answer::Unknown => result.unknown += 1,
            Answer::Silent if result.missing.len() < MAX_NAMED => {
                result.missing.push(component.map_or_else(|| "document".to_owned(), named));
            }
            Answer::Silent => {}
        }
    };
    match element.applies_to {
        Scope::Bom => ask(None),
        Scope::Kit => ask(Some(&bom.subject)),
        Scope::First => ask(bom.components.first()),
        scope => {
            for component in bom.all().filter(|component| is_in(scope, component.kind)) {
                ask(Some(component));
            }
        }
    }
    result.state = match result.asked {
        0 => State::NotApplicable,
        asked if asked == result.present => State::Present,
        asked if asked == result.present + result.unknown => State::ExplicitUnknown,
        _ => State::Missing,
    };
    (!element.only_when_present || result.state == State::Present).then_some(result)
}

fn is_in(scope: Scope, kind: Kind) -> bool {
    match scope {
        Scope::Bom | Scope::Kit | Scope::First => false,
        Scope::Model => kind == Kind::Model,
        Scope::Dataset => kind.is_data(),
        Scope::Library => matches!(kind, Kind::Library | Kind::Container),
        Scope::Package => kind != Kind::File,
        Scope::Component => true,
    }
}

fn named(component: &Component) -> String {
    let path = component.path.as_deref().filter(|path| !path.is_empty());
    path.map_or_else(|| format!("{} `{}`", component.kind.name(), component.name), str::to_owned)
}

fn by_requirement(elements: &[ElementResult]) -> (f64, f64, f64) {
    let (mut points, mut of) = (0.0, 0.0);
    for element in elements.iter().filter(|element| element.asked > 0) {
        let weight = if element.requirement == Requirement::Must { 2.0 } else { 1.0 };
        of += weight;
        points += weight * element.present as f64 / element.asked as f64;
    }
    (points, of, 1.0)
}

fn by_category(profile: &Profile, elements: &[ElementResult]) -> (f64, f64, f64) {
    let mut counts: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for element in elements {
        let count = counts.entry(&element.cluster).or_default();
        count.1 += 1.0;
        count.0 += f64::from(u8::from(element.state == State::Present));
    }
    let (mut points, mut of) = (0.0, 0.0);
    for category in &profile.categories {
        of += category.points;
        if let Some((present, all)) = counts.get(category.cluster.as_str()) {
            // In percent first, as the original counts.
            points += rounded(present / all * 100.0 / 100.0 * category.points);
        }
    }
    let mut penalty = 1.0;
    for requirement in [Requirement::Must, Requirement::Should, Requirement::May] {
        let is_missing =
            |e: &&ElementResult| e.requirement == requirement && e.state != State::Present;
        let missing = elements.iter().filter(is_missing).count();
        let fits = |p: &&profile::Penalty| p.requirement == requirement && missing >= p.at_least;
        penalty *= profile.penalties.iter().find(fits).map_or(1.0, |penalty| penalty.factor);
    }
    (points * penalty, of, penalty)
}

/// To one decimal, as the exact value of the number stands; halves go to the even digit.
fn rounded(number: f64) -> f64 {
    format!("{number:.1}").parse().unwrap_or(number)
}
