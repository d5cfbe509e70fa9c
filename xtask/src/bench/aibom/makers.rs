//! Who makes AIBOMs: SealKit, and the peers that are there.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::inputs::Input;
use super::tools::Tools;
use crate::bench::measure::{Sample, measure};
use crate::run::Outcome;

/// What is said of every input, and nothing else.
const SAID: [&str; 4] = ["--author", "Ada Example", "--supplier", "Example Lab"];
/// Time that documents name, in seconds since 1970: the second of January 2026.
const TIME: &str = "1767323045";

/// A document, and what making it took.
pub(super) struct Made {
    /// Who made it.
    pub(super) maker: &'static str,
    /// Of which input.
    pub(super) input: &'static str,
    /// The document; CycloneDX but for a maker that has none.
    pub(super) path: PathBuf,
    /// What it took.
    pub(super) sample: Sample,
}

/// A peer: its name and version, its program, its arguments, and the name of what it writes.
struct Peer {
    name: &'static str,
    program: &'static str,
    arguments: fn(&mut Command, &Path, &Path),
    format: &'static str,
}

const PEERS: &[Peer] = &[
    Peer {
        name: "aisbom 1.7.0",
        program: "aisbom",
        arguments: |command, folder, out| {
            command.arg("scan").arg(folder).args(["--no-fail-on-risk", "--output"]).arg(out);
        },
        format: "cdx.json",
    },
    Peer {
        name: "cdxgen 12.8.4",
        program: "aibom",
        arguments: |command, folder, out| {
            command.args(["--no-install-deps", "--output"]).arg(out).arg(folder);
        },
        format: "cdx.json",
    },
    Peer {
        name: "toolkit 1.0.0",
        program: "toolkit-mlsbom",
        arguments: |command, folder, out| {
            command.args(["generate", "--format", "cyclonedx", "--include", "**/*", "--root"]);
            command.arg(folder).arg("--out").arg(out);
        },
        format: "cdx.json",
    },
];

/// SealKit's documents of one input, all formats in one run.
pub(super) fn sealkit(program: &Path, input: &Input, out: &Path) -> Outcome<(Made, Vec<PathBuf>)> {
    let stem = out.join(format!("sealkit-{}", input.name));
    let path = |end: &str| stem.with_extension(end);
    let formats = [
        ("cyclonedx-json", "cdx.json"),
        ("cyclonedx-json@1.7", "1.7.cdx.json"),
        ("spdx3-json", "spdx3.json"),
        ("table", "txt"),
        ("markdown", "md"),
        ("html", "html"),
    ];
    let mut command = bom(program, &input.folder);
    for (format, end) in formats {
        command.arg("--output").arg(format!("{format}={}", path(end).display()));
    }
    let all = measure(&mut command)?;
    let documents = formats[..3].iter().map(|(_, end)| path(end)).collect();
    let made = Made { maker: "sealkit", input: input.name, path: path("cdx.json"), sample: all };
    Ok((made, documents))
}

/// `sealkit bom` of a folder, with what is said of every input.
pub(super) fn bom(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("SOURCE_DATE_EPOCH", TIME).arg("bom").arg(folder).args(SAID);
    command
}

/// The documents of the peers that are there, and why the others have none.
pub(super) fn peers(tools: &Tools, input: &Input, out: &Path) -> (Vec<Made>, Vec<String>) {
    let (mut made, mut skipped) = (Vec::new(), Vec::new());
    for peer in PEERS {
        let Some(program) = tools.find(peer.program) else {
            skipped.push(format!("SKIPPED {}: `{}` is not installed", peer.name, peer.program));
            continue;
        };
        let first = peer.program;
        let path = out.join(format!("{first}-{}.{}", input.name, peer.format));
        let mut command = tools.bare(&program);
        command.current_dir(out);
        (peer.arguments)(&mut command, &input.folder, &path);
        match measure(&mut command) {
            Ok(sample) if path.is_file() => {
                made.push(Made { maker: peer.name, input: input.name, path, sample });
            }
            Ok(_) => skipped.push(format!("SKIPPED {} on {}: no document", peer.name, input.name)),
            Err(error) => {
                let reason = error.to_string().lines().next().unwrap_or_default().to_owned();
                skipped.push(format!("SKIPPED {} on {}: {reason}", peer.name, input.name));
            }
        }
    }
    (made, skipped)
}
