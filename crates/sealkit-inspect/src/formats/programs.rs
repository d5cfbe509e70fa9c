//! Programs of a machine. Whoever loads or starts one runs it, whatever it is called: nothing of them is read.
//!
//! Sources: `elf.h`, the PE format of Microsoft, `mach-o/loader.h` and `mach-o/fat.h` of Apple, the WebAssembly core
//! specification.

use sealkit_report::{Budget, Severity};

use crate::format::file_name;
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, property,
};

/// A program, known by how it starts.
pub(crate) struct Program {
    format: Format,
    fits: fn(&Probe<'_>) -> bool,
    /// Whether only the name tells it from other programs.
    by_name: bool,
}

const fn code(id: &'static str, name: &'static str, ends: &'static [&'static str]) -> Format {
    Format::new(id, name, Class::Code, ends)
}

pub(crate) static ELF: Program = Program {
    format: code("elf", "ELF program", &[".so", ".o", ".a"]),
    fits: is_elf,
    by_name: false,
};
pub(crate) static WINDOWS: Program = Program {
    format: code("windows-program", "Windows program", &[".exe", ".dll", ".pyd"]),
    fits: is_windows,
    by_name: false,
};
pub(crate) static MACH_O: Program = Program {
    format: code("mach-o", "Mach-O program", &[".dylib"]),
    fits: is_mach_o,
    by_name: false,
};
pub(crate) static WASM: Program = Program {
    format: code("wasm", "WebAssembly", &[".wasm"]).media("application/wasm"),
    fits: |probe| probe.has(0, b"\0asm"),
    by_name: false,
};
/// An executable that carries a model; the name tells it from other programs.
pub(crate) static LLAMAFILE: Program = Program {
    format: Format::new("llamafile", "llamafile", Class::Model, &[".llamafile"])
        .read_by("llamafile"),
    fits: |probe| probe.has(0, b"MZ") || is_elf(probe),
    by_name: true,
};

fn is_elf(probe: &Probe<'_>) -> bool {
    probe.has(0, b"\x7FELF")
}

/// `MZ` alone is too common in random bytes: a name, or the header that it points to, must agree.
fn is_windows(probe: &Probe<'_>) -> bool {
    let at = probe.head.get(0x3C..).and_then(|rest| rest.first_chunk::<4>());
    let header = at.map(|at| u32::from_le_bytes(*at) as usize);
    let is_named = WINDOWS.format.claims_name(probe.file_name());
    probe.has(0, b"MZ") && (is_named || header.is_some_and(|at| probe.has(at, b"PE\0\0")))
}

fn is_mach_o(probe: &Probe<'_>) -> bool {
    let is_thin =
        [b"\xFE\xED\xFA\xCE", b"\xFE\xED\xFA\xCF", b"\xCE\xFA\xED\xFE", b"\xCF\xFA\xED\xFE"]
            .iter()
            .any(|magic| probe.has(0, *magic));
    // Classes of Java begin so too, with a version above any number of processors.
    let is_fat = matches!(probe.head, [0xCA, 0xFE, 0xBA, 0xBE | 0xBF, 0, 0, 0, 1..=30, ..]);
    is_thin || is_fat
}

impl Inspector for Program {
    fn format(&self) -> &Format {
        &self.format
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let is_named = self.format.claims_name(probe.file_name());
        match ((self.fits)(probe), is_named) {
            (true, named) if named || !self.by_name => Confidence::Magic,
            // Text can be no program, whatever it is called.
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
        let len = source.len().min(Probe::HEAD);
        let head = crate::read_at::piece(source, budget, 0, len)?;
        if !(self.fits)(&Probe::new(path, &head, &[], source.len(), None)) {
            return Ok(facts);
        }
        facts.measured(path, "", property::CAN_RUN_CODE, Value::Bool(true));
        if is_called_otherwise(&self.format, file_name(path)) {
            let message = format!("the name hides that it is a program: {}", self.format.name);
            facts.find("program-name", Severity::High, (path, ""), message);
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::CAN_RUN_CODE]
    }
}

/// Whether a name has an ending, and one that programs have not; a library may have its version behind.
fn is_called_otherwise(format: &Format, name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    let is_word =
        |ending: &str| ending.len() > 1 && ending.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_version = |ending: &str| ending.bytes().all(|b| b.is_ascii_digit());
    let is_usual = |ending: &str| {
        matches!(ending, "AppImage" | "com" | "elf" | "node" | "out" | "run" | "sys")
    };
    !format.claims_name(name)
        && ending.is_some_and(|end| is_word(end) && !is_version(end) && !is_usual(end))
}
