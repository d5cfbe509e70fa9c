//! PyTorch: zip archives of `torch.save`, TorchScript, packages and exported programs.
//!
//! Source: `torch/serialization.py`, `torch/package` and `caffe2/serialize/inline_container.cc` of
//! PyTorch 2.

pub(crate) mod inventory;
pub(crate) mod legacy;
mod pickles;
pub(crate) mod settings;
mod storage;
pub(crate) mod tar;
pub(crate) mod tensors;

use sealkit_report::Budget;

use crate::format::ends_with;
use crate::zip::{Archive, Directory};
use crate::{
    Class, Confidence, Facts, FileInfo, Format, InspectError, Inspector, Probe, ReadAt, Value,
    property,
};

const NAMES: &[&str] = &[".pt", ".pth", ".ckpt", ".ptl", ".pt2", ".jit"];
/// Longest `version` and `byteorder` that is read.
const MAX_TEXT: u64 = 64;

/// A zip archive that PyTorch writes.
pub(crate) struct Archived {
    format: Format,
    holds: fn(&Directory) -> bool,
    /// Whether it always holds code that loading compiles or runs.
    is_code: bool,
}

pub(crate) static TORCHSCRIPT: Archived = Archived {
    format: Format::new("torchscript", "TorchScript", Class::Model, NAMES).read_by("pytorch"),
    holds: is_script,
    is_code: true,
};

pub(crate) static PACKAGE: Archived = Archived {
    format: Format::new("torch-package", "PyTorch package", Class::Model, NAMES).read_by("pytorch"),
    holds: is_package,
    is_code: true,
};

pub(crate) static EXPORT: Archived = Archived {
    format: Format::new("torch-export", "PyTorch exported program", Class::Model, NAMES)
        .read_by("pytorch"),
    holds: |members| {
        let old = members.has("serialized_exported_program.json");
        old || members.has_below_root("archive_format")
    },
    is_code: false,
};

pub(crate) static PYTORCH: Archived = Archived {
    format: Format::new("pytorch", "PyTorch", Class::Model, NAMES).read_by("pytorch"),
    holds: |members| {
        members.has_below_root("data.pkl") && !is_script(members) && !is_package(members)
    },
    is_code: false,
};

fn is_script(members: &Directory) -> bool {
    let script = ["constants.pkl", "bytecode.pkl"].iter().any(|name| members.has_below_root(name));
    script && members.has_below_root("data.pkl")
}

fn is_package(members: &Directory) -> bool {
    members.has_below_root(".data/extern_modules")
}

impl Inspector for Archived {
    fn format(&self) -> &Format {
        &self.format
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        match probe.zip {
            Some(members) if (self.holds)(members) => Confidence::Magic,
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
        let archive = Archive::open(source, path, &mut facts, budget)?;
        let root = root(&archive.directory);
        texts(&archive, &root, path, &mut facts, budget);
        if self.is_code {
            code(&archive, path, &mut facts);
        }
        let runs = pickles::read(&archive, &root, (path, source), &mut facts, budget);
        let runs = Value::Bool(runs || self.is_code);
        facts.measured(path, "", property::CAN_RUN_CODE, runs);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::MEMBERS,
            property::UNPACKED_SIZE,
            property::FORMAT_VERSION,
            property::BYTE_ORDER,
            property::PICKLE_PROTOCOL,
            property::CALLABLE,
            property::CAN_RUN_CODE,
            property::EMBEDDED_CODE,
            property::HOLDS,
            property::MODEL_CLASS,
            property::TENSORS,
            property::PARAMETERS,
            property::PARAMETERS_OF_TYPE,
            property::DTYPE,
            property::TENSOR,
            property::HYPERPARAMETER,
            property::SEED,
            property::PRODUCER,
            property::PRODUCER_VERSION,
            property::NOT_MEASURED,
        ]
    }
}

/// The folder in which everything lies, with its slash; empty where there is none.
fn root(directory: &Directory) -> String {
    let names = directory.members.iter().map(|member| member.name.as_str());
    let known = ["data.pkl", "archive_format", ".data/extern_modules"];
    let mut roots = names.filter_map(|name| {
        known.iter().find_map(|known| {
            let root = name.strip_suffix(known)?;
            (root.is_empty() || root.find('/') == Some(root.len() - 1)).then_some(root)
        })
    });
    roots.next().unwrap_or_default().to_owned()
}

/// The small members that say how the others are to be read.
fn texts(archive: &Archive<'_>, root: &str, path: &str, facts: &mut Facts, budget: &mut Budget) {
    for (name, property) in
        [("version", property::FORMAT_VERSION), ("byteorder", property::BYTE_ORDER)]
    {
        let Some(member) = archive.directory.get(&format!("{root}{name}")) else { continue };
        let Ok(bytes) = archive.head(member, MAX_TEXT, facts, budget) else {
            facts.incomplete = true;
            continue;
        };
        let text = String::from_utf8_lossy(&bytes).trim().to_owned();
        let value = match (property, text.as_str()) {
            (property::BYTE_ORDER, "big") => "big-endian".to_owned(),
            (property::BYTE_ORDER, _) => continue,
            _ => text,
        };
        facts.declared(path, &member.name, property, Value::Text(value));
    }
}

/// Source code among the members.
fn code(archive: &Archive<'_>, path: &str, facts: &mut Facts) {
    for member in &archive.directory.members {
        if ends_with(&member.name, ".py") {
            let file = FileInfo {
                path: member.name.clone(),
                size: Some(member.size),
                digests: Vec::new(),
            };
            facts.measured(path, &member.name, property::EMBEDDED_CODE, Value::File(file));
        }
    }
}
