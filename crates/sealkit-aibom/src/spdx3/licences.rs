//! Licences as relationships: exactly one declared and one concluded for each model and dataset, which
//! the prose of SPDX 3.0.1 demands and no schema checks.

use sealkit_inspect::property;
use sealkit_report::Known;
use serde_json::json;

use super::graph::{Graph, fields};
use crate::{Component, Kind, LicenceForm, Property, licence_form};

/// The expression that asserts nothing. The model's individual of this meaning is no element of the
/// document, and a relationship to it fails the shapes of 3.0.1.
pub(super) const NO_ASSERTION: &str = "NOASSERTION";

/// Adds the licences of the component whose element is `id`.
pub(super) fn add(graph: &mut Graph<'_>, component: &Component, id: &str) {
    let all: Vec<&Property> =
        component.of(property::LICENCE).filter(|p| p.subject.is_empty()).collect();
    let must = component.kind.is_model() || component.kind.is_data() || component.kind == Kind::Kit;
    let [declared, concluded] = expressions(&all);
    for (kind, of) in [("hasDeclaredLicense", declared), ("hasConcludedLicense", concluded)] {
        let Some(of) = of.or_else(|| must.then(|| NO_ASSERTION.to_owned())) else { continue };
        let to = licence(graph, &of);
        graph.relate(kind, id, vec![to.into()], &component.id.0);
    }
}

/// The declared licences as one expression, and the concluded ones.
fn expressions(all: &[&Property]) -> [Option<String>; 2] {
    let is_concluded = |p: &&Property| matches!(p.known(), Known::Measured | Known::Inferred);
    let (concluded, declared): (Vec<&Property>, Vec<&Property>) =
        all.iter().copied().partition(is_concluded);
    [expression(&declared), expression(&concluded)]
}

fn licence(graph: &mut Graph<'_>, expression: &str) -> String {
    graph.uses("simpleLicensing");
    let id = graph.own_id("licence", expression);
    graph.add(
        &id,
        "simplelicensing_LicenseExpression",
        fields(json!({
            "simplelicensing_licenseExpression": expression,
        })),
    );
    id
}

/// All licences as one expression; none where there is none.
fn expression(licences: &[&Property]) -> Option<String> {
    let mut all: Vec<(String, bool)> = Vec::new();
    for property in licences {
        for text in super::component::texts(&property.value) {
            let part = match licence_form(&text) {
                Some(LicenceForm::Id(id)) => (id.to_owned(), false),
                Some(LicenceForm::Expression(text)) => (text, true),
                Some(LicenceForm::Name(name)) => (reference(&name), false),
                None => continue,
            };
            if !all.contains(&part) {
                all.push(part);
            }
        }
    }
    if let [(one, _)] = all.as_slice() {
        return Some(one.clone());
    }
    // What is joined needs its own parentheses; what stands alone has those that it was written with.
    let joined =
        all.into_iter().map(|(text, is_joint)| if is_joint { format!("({text})") } else { text });
    let joined: Vec<String> = joined.collect();
    Some(joined.join(" AND ")).filter(|text| !text.is_empty())
}

/// A name that SPDX does not know, as a reference: letters, digits, `-` and `.` only.
fn reference(name: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let name = name.trim_start_matches("LicenseRef-");
    format!("LicenseRef-{}", name.chars().map(fits).collect::<String>())
}
