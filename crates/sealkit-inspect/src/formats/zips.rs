//! Formats that are zip archives, told apart by the names of their members.

use sealkit_report::Budget;

use crate::zip::{Archive, Directory};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, property,
};

/// A format inside a zip archive.
pub(crate) struct Zipped {
    format: Format,
    /// Whether these members make this format, given that the name agrees or not.
    holds: fn(&Directory, bool) -> bool,
    /// Whether the members can hold code that loading runs; none where it is not known.
    can_run_code: Option<bool>,
}

impl Inspector for Zipped {
    fn format(&self) -> &Format {
        &self.format
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = self.format.claims_name(probe.file_name());
        match probe.zip {
            Some(members) if (self.holds)(members, named) => Confidence::Magic,
            None if probe.has(0, b"PK\x03\x04") && self.format.id == "zip" => Confidence::Content,
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
        Archive::open(source, path, &mut facts, budget)?;
        if let Some(runs) = self.can_run_code {
            let place = "central directory";
            facts.measured(path, place, property::CAN_RUN_CODE, Value::Bool(runs));
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::MEMBERS, property::UNPACKED_SIZE, property::CAN_RUN_CODE]
    }
}

pub(crate) static MCPB: Zipped = Zipped {
    format: Format::new("mcpb", "MCP bundle", Class::Mcpb, &[".mcpb", ".dxt"]),
    holds: |members, named| named && members.has("manifest.json"),
    can_run_code: Some(true),
};

/// TorchServe: a model and the handler that serves it, which is Python.
pub(crate) static TORCHSERVE: Zipped = Zipped {
    format: Format::new("torchserve", "TorchServe archive", Class::Model, &[".mar"])
        .read_by("pytorch"),
    holds: |members, _| members.has("MAR-INF/MANIFEST.json"),
    can_run_code: Some(true),
};

pub(crate) static ZIP: Zipped = Zipped {
    format: Format::new("zip", "zip archive", Class::Dataset, &[".zip"]).media("application/zip"),
    holds: |_, _| true,
    can_run_code: None,
};
