//! Formats that are zip archives, told apart by the names of their members.

use sealkit_report::{Budget, Severity};

use crate::format::ends_with;
use crate::zip::Directory;
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
        let named = self.format.claims(probe.path);
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
        let members = Directory::read(source, budget)?;
        let mut facts = Facts::default();
        let place = "central directory";
        let count = members.members.len() as u64;
        facts.measured(path, place, property::MEMBERS, Value::Uint(count));
        let size = members.unpacked_size();
        facts.declared(path, place, property::UNPACKED_SIZE, Value::Uint(size));
        if let Some(runs) = self.can_run_code {
            facts.measured(path, place, property::CAN_RUN_CODE, Value::Bool(runs));
        }
        if let Some(name) = members.duplicate() {
            let message = format!("two members are called `{name}`");
            facts.find("zip-duplicate-member", Severity::High, (path, place), message);
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

const TORCH: &[&str] = &[".pt", ".pth", ".ckpt", ".ptl", ".pt2", ".jit"];

pub(crate) static TORCHSCRIPT: Zipped = Zipped {
    format: Format::new("torchscript", "TorchScript", Class::Model, TORCH).read_by("pytorch"),
    holds: |members, _| {
        members.has_below_root("data.pkl") && members.has_below_root("constants.pkl")
    },
    can_run_code: Some(true),
};

pub(crate) static PYTORCH: Zipped = Zipped {
    format: Format::new("pytorch", "PyTorch", Class::Model, TORCH).read_by("pytorch"),
    holds: |members, _| members.has_below_root("data.pkl"),
    can_run_code: Some(true),
};

pub(crate) static NPZ: Zipped = Zipped {
    format: Format::new("npz", "NumPy archive", Class::Model, &[".npz"]).read_by("numpy"),
    holds: |members, _| {
        !members.members.is_empty() && members.members.iter().all(|m| ends_with(&m.name, ".npy"))
    },
    // Members may hold objects; their headers say so, and are not read here.
    can_run_code: None,
};

pub(crate) static ZIP: Zipped = Zipped {
    format: Format::new("zip", "zip archive", Class::Dataset, &[".zip"]).media("application/zip"),
    holds: |_, _| true,
    can_run_code: None,
};
