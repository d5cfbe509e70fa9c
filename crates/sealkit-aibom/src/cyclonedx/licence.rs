//! Licences. CycloneDX 1.6 takes either one expression alone or a list of licences; 1.7 takes any
//! mix. An identifier is written as one only where the official list has it.

use sealkit_inspect::property;
use serde::Serialize;
use serde_json::Value as Json;

use super::element::{acknowledged, acknowledgement};
use super::{Context, Version};
use crate::{LicenceForm, Property, licence_form};

/// Identifiers of the SPDX list 3.29 that the list of the official schemas does not have.
const NOT_LISTED: &[&str] = &[
    "BSD-2-Clause-pos-unchanged",
    "BSD-3-Clause-OpenWebUI",
    "BSD-Source-Code-no-disclaimer",
    "BSD-Source-alt-GPL",
    "BSD-ask-to-endorse",
    "Brian-Gladman-3-Clause-no-conversion",
    "Bugroff",
    "CC-BY-NC-3.0-IGO",
    "FDK-MPEG-H",
    "GFDL-1.1-invariants",
    "GFDL-1.1-no-invariants",
    "GFDL-1.2-invariants",
    "GFDL-1.2-no-invariants",
    "GFDL-1.3-invariants",
    "GFDL-1.3-no-invariants",
    "Hippocratic-3.0-core",
    "Informatica",
    "MVT-1.1",
    "NOASSERTION",
    "atc-game",
];

/// An element of `licenses`: a licence or an expression, never both.
#[derive(Serialize)]
#[serde(untagged)]
enum Choice {
    Licence {
        license: Licence,
    },
    Expression {
        expression: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        acknowledgement: Option<&'static str>,
    },
}

/// A licence has an identifier or a name, never both.
#[derive(Serialize)]
struct Licence {
    #[serde(flatten)]
    name: Named,
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledgement: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Named {
    Id(&'static str),
    Name(String),
}

pub(super) fn write(claim: &Property, context: &Context<'_>) -> Option<Json> {
    let text = claim.as_text().filter(|_| claim.subject.is_empty())?;
    let acknowledgement = acknowledgement(claim);
    let name = match licence_form(text)? {
        LicenceForm::Expression(expression) if may_be_expression(context) => {
            return serde_json::to_value(Choice::Expression { expression, acknowledgement }).ok();
        }
        LicenceForm::Id(id) if !NOT_LISTED.contains(&id) => Named::Id(id),
        LicenceForm::Id(id) => Named::Name(id.to_owned()),
        LicenceForm::Expression(text) | LicenceForm::Name(text) => Named::Name(text),
    };
    let license = Licence { name, acknowledgement };
    serde_json::to_value(Choice::Licence { license }).ok()
}

fn may_be_expression(context: &Context<'_>) -> bool {
    context.version == Version::V1_7 || context.licences == 1
}

pub(super) fn read(element: &Json) -> Option<Property> {
    let (holder, text) = match element.get("license") {
        Some(license) => (license, license.get("id").or_else(|| license.get("name"))?),
        None => (element, element.get("expression")?),
    };
    let text = text.as_str().filter(|text| !text.is_empty())?;
    let evidence = acknowledged(holder.get("acknowledgement").and_then(Json::as_str));
    Some(Property::text(property::LICENCE, text, evidence))
}

/// What two elements share that name the same licence in different forms.
pub(super) fn key(element: &Json) -> String {
    read(element).map_or_else(String::new, |claim| {
        let word = acknowledgement(&claim).unwrap_or_default();
        format!("{word} {}", claim.as_text().unwrap_or_default())
    })
}
