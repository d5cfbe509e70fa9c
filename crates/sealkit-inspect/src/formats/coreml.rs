//! Core ML: `.mlmodel`, a protobuf message, and the manifest of an `.mlpackage` folder. Layers and
//! weights are not read.
//!
//! Source: `Model.proto` and `FeatureTypes.proto` of coremltools.

use sealkit_report::{Budget, Known};
use serde_json::Value as Json;

use crate::protobuf::{self, Field, entry, pass, text};
use crate::{
    Class, Confidence, Cursor, Facts, FileInfo, Format, InspectError, Inspector, Probe, ReadAt,
    Value, json, kept, partial, property, reference, well_known,
};

const NAME: &str = "Core ML";
const MODEL: Format =
    Format::new("coreml", NAME, Class::Model, &[".mlmodel", ".coreml"]).read_by("coreml");
const PACKAGE: Format =
    Format::new("coreml-package", "Core ML package", Class::ModelPart, &[]).read_by("coreml");

pub(crate) struct CoreMl;

impl Inspector for CoreMl {
    fn format(&self) -> &Format {
        &MODEL
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        // The version of the specification first, then the description.
        let starts = matches!(probe.head, [0x08, 1..=20, 0x12 | 0x52, ..]);
        match (starts, MODEL.claims_name(probe.file_name())) {
            (true, true) => Confidence::Magic,
            (false, true) if probe.text().is_none() => Confidence::Name,
            _ => Confidence::No,
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        let mut cursor = Cursor::new(source, budget, NAME);
        let read = model(&mut cursor, source.len(), path, &mut facts);
        partial::keep(facts, path, read)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::FORMAT_VERSION,
            property::DESCRIPTION,
            property::VERSION,
            property::AUTHOR,
            property::LICENCE,
            property::NAME,
            property::ARCHITECTURE,
            property::CREATED,
            property::TASK,
            property::METADATA,
            property::INPUT,
            property::OUTPUT,
            property::CUSTOM_OPERATOR,
        ]
    }
}

/// Model: the fields of interest stand before the network, which is passed over.
fn model(
    cursor: &mut Cursor<'_>,
    end: u64,
    path: &str,
    facts: &mut Facts,
) -> Result<(), InspectError> {
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Varint(n)) => {
                let version = Value::Text(n.to_string());
                let place = "specificationVersion";
                facts.declared(path, place, property::FORMAT_VERSION, version);
            }
            (2, Field::Bytes(n)) => description(cursor, n, path, facts)?,
            // CustomModel.
            (555, Field::Bytes(n)) => {
                let name = first_text(cursor, n)?.unwrap_or_default();
                facts.declared(path, "customModel", property::CUSTOM_OPERATOR, kept::text(&name));
            }
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok(())
}

/// ModelDescription.
fn description(
    cursor: &mut Cursor<'_>,
    len: u64,
    path: &str,
    facts: &mut Facts,
) -> Result<(), InspectError> {
    let end = cursor.pos() + len;
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1 | 10, Field::Bytes(n)) => {
                cursor.budget().entries(1)?;
                let property = if number == 1 { property::INPUT } else { property::OUTPUT };
                if let Some(name) = first_text(cursor, n)? {
                    facts.declared(path, "description", property, kept::text(&name));
                }
            }
            (100, Field::Bytes(n)) => metadata(cursor, n, path, facts)?,
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok(())
}

/// Metadata.
fn metadata(
    cursor: &mut Cursor<'_>,
    len: u64,
    path: &str,
    facts: &mut Facts,
) -> Result<(), InspectError> {
    let end = cursor.pos() + len;
    let place = "description/metadata";
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        let property = match number {
            1 => property::DESCRIPTION,
            2 => property::VERSION,
            3 => property::AUTHOR,
            4 => property::LICENCE,
            _ => property::METADATA,
        };
        match (number, field) {
            (1..=4, Field::Bytes(n)) => {
                let text = text(cursor, n)?;
                if !text.is_empty() {
                    facts.declared(path, place, property, kept::text(&text));
                }
            }
            (100, Field::Bytes(n)) => {
                cursor.budget().entries(1)?;
                let (key, value) = entry(cursor, n)?;
                let fact = (property, kept::text(&value));
                facts.about(&key, Known::Declared, (path, place), fact);
                if let Some(property) = well_known::property_of(&key) {
                    facts.declared(path, place, property, kept::text(&value));
                }
            }
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok(())
}

/// Field 1 of a message, as text.
fn first_text(cursor: &mut Cursor<'_>, len: u64) -> Result<Option<String>, InspectError> {
    let end = cursor.pos() + len;
    let mut found = None;
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Bytes(n)) => found = Some(text(cursor, n)?),
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok(found)
}

pub(crate) struct Package;

impl Inspector for Package {
    fn format(&self) -> &Format {
        &PACKAGE
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let text = probe.text().filter(|_| probe.is_named(&["Manifest.json"]));
        let is_manifest = text.is_some_and(|text| text.contains("\"itemInfoEntries\""));
        if is_manifest { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let manifest = json::read(source, budget)?;
        let mut facts = Facts::default();
        if let Some(version) = manifest.get("fileFormatVersion").and_then(Json::as_str) {
            let place = "/fileFormatVersion";
            facts.declared(path, place, property::FORMAT_VERSION, kept::text(version));
        }
        let items = manifest.get("itemInfoEntries").and_then(Json::as_object);
        for (key, item) in items.into_iter().flatten() {
            let Some(name) = item.get("path").and_then(Json::as_str) else { continue };
            let place = format!("/itemInfoEntries/{}/path", kept::step(key));
            reference::check(name, (path, &place), "coreml-item-path", &mut facts);
            let file = FileInfo { path: format!("Data/{name}"), ..FileInfo::default() };
            facts.declared(path, &place, property::FILE_REFERENCE, Value::File(file));
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::FORMAT_VERSION, property::FILE_REFERENCE]
    }
}
