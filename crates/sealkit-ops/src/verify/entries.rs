//! Whether the entries of the layers are files and folders that stay where they are put.
//!
//! Right digests say nothing of this: a signer may have signed an archive that leaves its folder.

use std::collections::HashSet;
use std::io::Read;
use std::sync::{Mutex, PoisonError};

use sealkit_oci::{Digest, LayerTable};
use sealkit_pack::path::belongs_to;
use sealkit_pack::tar::{Streamed, TarError, TarKind, TarReader};
use sealkit_pack::{EntryNames, EntryProblem, Limits, PackError};
use sealkit_report::{Budget, Code, Hint as _, Report, Step};

use super::problem::{self, Problem};
use crate::KitLayer;
use crate::files::listing::unpack_layer;

const TITLE: &str = "entries of the layers stay inside the folder";
/// Most refused entries of all layers that are named.
const SHOWN: usize = 20;
/// Most bytes of extended headers in one layer.
const EXTENSION_BYTES: u64 = 128 << 20;

/// The entries of all layers, as they are met.
pub(super) struct Entries {
    names: EntryNames,
    limits: Limits,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    refused: Vec<Problem>,
    /// Where a limit ended the reading: what comes behind may be anything.
    unread_from: Option<Problem>,
    more: usize,
    layers: HashSet<(Digest, Option<String>)>,
    unread: usize,
}

impl Entries {
    /// Nothing was met yet.
    pub(super) fn new() -> Self {
        let limits = Limits::default();
        Self { names: EntryNames::new(limits), limits, found: Mutex::default() }
    }

    /// The layer's entries, if they are still to be looked at: a layer that is there twice brings
    /// its files once.
    pub(super) fn begin<'a>(&'a self, layer: &'a KitLayer) -> Option<LayerEntries<'a>> {
        let path = layer.descriptor.file_path().map(str::to_owned);
        let digest = &layer.descriptor.digest;
        let is_new = self.found().layers.insert((digest.clone(), path));
        let part = layer.part.as_ref().map(|part| part.path.as_str());
        is_new.then(|| LayerEntries { all: self, digest, base: unpack_layer(layer).base, part })
    }

    /// Notes that a layer could not be read this far.
    pub(super) fn unread(&self) {
        self.found().unread += 1;
    }

    /// Notes an entry that the reader of the layer refused by itself, or that a limit ended the reading;
    /// false for any other error.
    pub(super) fn refuse(&self, error: &PackError) -> bool {
        match error {
            PackError::Entry { path, .. } => {
                let code: Code = error.code();
                self.push(Problem::new(format!("`{path}`"), code, error.to_string()));
            }
            PackError::Limit { layer, source } => self.stop(layer, source.to_string()),
            _ => return false,
        }
        true
    }

    /// A limit says nothing against the entries: nobody looked at all of them.
    fn stop(&self, layer: &Digest, reason: String) {
        let problem = Problem::new(format!("layer {layer}"), "limit-exceeded", reason);
        self.found().unread_from.get_or_insert(problem);
    }

    /// Adds the step.
    pub(super) fn report(self, report: &mut Report) {
        let found = self.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let id = "safe-entries";
        report.push(if !found.refused.is_empty() {
            let more = match found.more {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            problem::step(&found.refused, |why| Step::fail(id, TITLE, why + &more))
        } else if let Some(problem) = found.unread_from {
            problem::step(&[problem], |why| Step::unknown(id, TITLE, why))
        } else if found.unread > 0 {
            Step::unknown(id, TITLE, "not every layer could be read").coded(["not-checked"])
        } else if found.layers.is_empty() {
            Step::skip(id, TITLE, "the kit has no layers")
        } else {
            Step::pass(id, TITLE)
        });
    }

    fn push(&self, problem: Problem) {
        let mut found = self.found();
        if found.refused.len() < SHOWN {
            found.refused.push(problem);
        } else {
            found.more += 1;
        }
    }

    fn found(&self) -> std::sync::MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The entries of one layer.
pub(super) struct LayerEntries<'a> {
    all: &'a Entries,
    digest: &'a Digest,
    /// The folder that the layer is unpacked into, for kits from before digests.
    base: Option<String>,
    /// The part that the Kitfile says it is.
    part: Option<&'a str>,
}

impl LayerEntries<'_> {
    /// Admits one entry or notes why not.
    pub(super) fn note(&self, name: &str, kind: TarKind) {
        let admitted = self.all.names.admit(self.digest, self.base.as_deref(), name, kind);
        if let Err(error) = admitted.and_then(|()| self.check_part(name, kind)) {
            self.all.refuse(&error);
        }
    }

    /// What the Kitfile calls another part is not what its layer may hold. Names of kits from before digests
    /// start elsewhere.
    fn check_part(&self, name: &str, kind: TarKind) -> Result<(), PackError> {
        let (Some(part), None) = (self.part, &self.base) else { return Ok(()) };
        let clean = sealkit_kitfile::path::clean(name);
        if clean == "." || belongs_to(&clean, kind == TarKind::Dir, part) {
            return Ok(());
        }
        let problem = EntryProblem::Outside(part.to_owned());
        let (path, layer) = (name.escape_debug().to_string(), self.digest.clone());
        Err(PackError::Entry { layer, path, problem })
    }

    /// Admits everything that a table lists.
    pub(super) fn note_table(&self, table: &LayerTable) {
        for entry in &table.files {
            let kind = match entry.kind {
                sealkit_oci::FileKind::File => TarKind::File,
                sealkit_oci::FileKind::Dir => TarKind::Dir,
            };
            self.note(&entry.path, kind);
        }
    }

    /// Reads the headers of an archive that no table describes.
    pub(super) fn note_tar(&self, archive: &mut dyn Read) -> std::io::Result<()> {
        let entries = self.all.limits.entries;
        let budget = Budget::new(EXTENSION_BYTES, entries.saturating_mul(4), 0, 0);
        let mut reader = TarReader::new(Streamed::new(archive), budget);
        let ended = loop {
            match reader.next_entry() {
                Ok(Some(entry)) => self.note(&entry.path, entry.kind),
                Ok(None) => break reader.finish().map(drop),
                Err(error) => break Err(error),
            }
        };
        let error = match ended {
            Ok(()) => return Ok(()),
            Err(TarError::Io(error)) => return Err(error),
            Err(error) => error,
        };
        let code = match error {
            TarError::Limit(source) => {
                self.all.stop(self.digest, source.to_string());
                return Ok(());
            }
            TarError::NotUtf8(_) => "unsafe-path",
            _ => "layer-malformed",
        };
        let name = format!("layer {}", self.digest);
        self.all.push(Problem::new(name, code, error.to_string()));
        Ok(())
    }
}
