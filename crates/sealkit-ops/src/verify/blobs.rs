//! Every layer, read once: its digest, its diffId, and what is in it.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use sealkit_oci::{Algorithm, Compression, Descriptor, Digest, FileTable, LayerFormat, LayerTable};
use sealkit_pack::tar::TarKind;
use sealkit_pack::{LayerSource, Limits, UnpackLayer, index_layer};
use sealkit_report::{Code, Hint as _, Report, Step, counted};
use sealkit_store::StoreError;

use super::entries::Entries;
use super::name_of;
use super::pipe::{Pipe, feed};
use super::problem::{self, Problem};
use super::walk::{Fault, walk_raw, walk_tar};
use crate::{Context, Kit, KitLayer, OpsError};

const BLOBS: &str = "layers are what their digests say";
const FILES: &str = "files inside the layers are those of the file table";
const DIFF_IDS: &str = "uncompressed layers are what their diffIds say";

#[derive(Default)]
struct Tally {
    damaged: Vec<Problem>,
    missing: Vec<Problem>,
    faults: Vec<Fault>,
    unread: Vec<String>,
    wrong_diff_ids: Vec<String>,
    diff_ids: usize,
}

/// What reading one layer gave.
enum Outcome {
    Read {
        digest: Option<Digest>,
        faults: Vec<Fault>,
        diff_id: Option<Digest>,
    },
    Broken {
        code: Code,
        reason: String,
    },
    /// Reading ended at an entry that is refused.
    Refused,
}

/// Reads every layer and adds the steps about them.
pub(super) async fn check(
    context: &Context,
    kit: &Kit,
    table: Option<&FileTable>,
    report: &mut Report,
) -> Result<(), OpsError> {
    let mut tally = Tally::default();
    let entries = Arc::new(Entries::new());
    let total = kit.layers.iter().fold(0_u64, |sum, l| sum.saturating_add(l.descriptor.size));
    context.progress.start("verifying", Some(total));
    for (at, layer) in kit.layers.iter().enumerate() {
        let files = table.and_then(|table| table.layers.get(at));
        let checked = check_layer(kit, layer, files, &entries, &mut tally).await;
        context.progress.advance(layer.descriptor.size);
        if checked.is_err() {
            context.progress.finish();
        }
        checked?;
    }
    context.progress.finish();
    tally.report(kit, table, report);
    if let Some(entries) = Arc::into_inner(entries) {
        entries.report(report);
    }
    Ok(())
}

async fn check_layer(
    kit: &Kit,
    layer: &KitLayer,
    files: Option<&LayerTable>,
    entries: &Arc<Entries>,
    tally: &mut Tally,
) -> Result<(), OpsError> {
    let blob = &layer.descriptor;
    let name = match &layer.part {
        Some(part) => format!("layer {} (`{}`)", blob.digest, part.path),
        None => name_of("layer", blob),
    };
    if blob.digest.algorithm() != Algorithm::Sha256 {
        let reason = "digests of its algorithm are not computed";
        entries.unread();
        tally.missing.push(Problem::new(name, "unsupported-algorithm", reason));
        return Ok(());
    }
    match kit.repository.stat(&blob.digest).await? {
        None => {
            entries.unread();
            tally.missing.push(Problem::new(name, "not-found", "it is not there"));
            return Ok(());
        }
        Some(size) if size < blob.size => {
            let reason = format!("it has {size} bytes, not {}", blob.size);
            entries.unread();
            tally.damaged.push(Problem::new(name, "size-mismatch", reason));
            return Ok(());
        }
        Some(size) if size > blob.size => {
            let reason = format!("it has {size} bytes, not {}", blob.size);
            tally.damaged.push(Problem::new(&name, "size-mismatch", reason));
        }
        Some(_) => {}
    }
    let (sender, pipe) = Pipe::new();
    let (own, table, names) = (layer.clone(), files.cloned(), Arc::clone(entries));
    let reader = tokio::task::spawn_blocking(move || read(&own, table.as_ref(), &names, pipe));
    let fed = feed(&*kit.repository, blob, sender).await;
    let outcome = reader.await.map_err(io::Error::other);
    fed?;
    let failed = |source| OpsError::io("read", blob.digest.to_string(), source);
    tally.add(name, layer, files, outcome.map_err(failed)?.map_err(failed)?);
    Ok(())
}

/// Reads one layer to its end on a thread that may block.
fn read(
    layer: &KitLayer,
    table: Option<&LayerTable>,
    entries: &Entries,
    mut pipe: Pipe,
) -> io::Result<Outcome> {
    let kind = layer.layer_type;
    let new = entries.begin(layer);
    if let (Some(table), Some(new)) = (table, &new) {
        new.note_table(table);
    }
    if kind.is_none_or(|kind| kind.compression == Compression::None) {
        let faults = match (table, kind.map(|kind| kind.format), &new) {
            (Some(table), Some(LayerFormat::Tar), new) => {
                walk_tar(table, &mut pipe, &mut |folder| {
                    if let Some(new) = new {
                        new.note(folder, TarKind::Dir);
                    }
                })?
            }
            (None, Some(LayerFormat::Tar), Some(new)) => {
                new.note_tar(&mut pipe)?;
                Vec::new()
            }
            (None, Some(LayerFormat::Raw), Some(new)) => {
                new.note(layer.descriptor.file_path().unwrap_or_default(), TarKind::File);
                Vec::new()
            }
            (Some(table), Some(LayerFormat::Raw), _) => walk_raw(table, &mut pipe)?,
            _ => Vec::new(),
        };
        let (digest, _) = pipe.finish()?;
        return Ok(Outcome::Read { diff_id: Some(digest.clone()), digest: Some(digest), faults });
    }
    let source = Once(Mutex::new(Some(pipe)));
    let blob = UnpackLayer { descriptor: layer.descriptor.clone(), diff_id: None, base: None };
    match index_layer(&blob, &source, &Limits::default(), &|_| {}) {
        Ok(found) => {
            if let (None, Some(new)) = (table, &new) {
                new.note_table(&found);
            }
            Ok(Outcome::Read {
                digest: Some(layer.descriptor.digest.clone()),
                faults: table.map(|table| compare(table, &found)).unwrap_or_default(),
                diff_id: Some(found.diff_id),
            })
        }
        Err(error) if entries.refuse(&error) => Ok(Outcome::Refused),
        Err(error) => Ok(Outcome::Broken { code: error.code(), reason: error.to_string() }),
    }
}

/// Files of a compressed layer against the table.
fn compare(expected: &LayerTable, found: &LayerTable) -> Vec<Fault> {
    let differs = |a: &LayerTable, b: &LayerTable, reason| -> Vec<Fault> {
        a.files
            .iter()
            .filter(|file| {
                !b.files.iter().any(|other| {
                    (&other.path, other.kind, &other.digest)
                        == (&file.path, file.kind, &file.digest)
                })
            })
            .map(|file| Fault { subject: file.path.clone(), reason })
            .collect()
    };
    let mut faults = differs(expected, found, "its bytes are not those that were sealed");
    faults.extend(differs(found, expected, "the file table does not list it so"));
    faults
}

impl Tally {
    fn add(&mut self, name: String, layer: &KitLayer, files: Option<&LayerTable>, out: Outcome) {
        let (digest, faults, diff_id) = match out {
            Outcome::Read { digest, faults, diff_id } => (digest, faults, diff_id),
            Outcome::Refused => {
                let reason = "it was not read to its end: an entry is refused";
                self.missing.push(Problem::new(name, "not-checked", reason));
                return;
            }
            Outcome::Broken { code, reason } => {
                self.damaged.push(Problem::new(name, code, reason));
                return;
            }
        };
        let is_right = digest.as_ref() == Some(&layer.descriptor.digest);
        if !is_right && !self.damaged.iter().any(|damaged| damaged.name == name) {
            let named = match faults.as_slice() {
                [] if files.is_some() => {
                    "no file differs: a part of the archive itself does".into()
                }
                [] => "there is no sealed file table that says which file".to_owned(),
                all => all.iter().map(describe).collect::<Vec<_>>().join(", "),
            };
            self.damaged.push(Problem::new(&name, "digest-mismatch", named));
        }
        if files.is_none() && is_right {
            self.unread.push(name.clone());
        }
        self.faults.extend(faults);
        let said = layer.part.as_ref().and_then(|part| part.layer.diff_id.as_ref());
        let said = [said, files.map(|table| &table.diff_id)];
        for said in said.into_iter().flatten() {
            self.diff_ids += 1;
            if Some(said) != diff_id.as_ref() && !self.wrong_diff_ids.contains(&name) {
                self.wrong_diff_ids.push(name.clone());
            }
        }
    }

    fn report(self, kit: &Kit, table: Option<&FileTable>, report: &mut Report) {
        let count = kit.layers.len();
        report.push(if !self.damaged.is_empty() {
            problem::step(&self.damaged, |why| Step::fail("blob-digests", BLOBS, why))
        } else if !self.missing.is_empty() {
            problem::step(&self.missing, |why| Step::unknown("blob-digests", BLOBS, why))
        } else if count == 0 {
            Step::skip("blob-digests", BLOBS, "the kit has no layers")
        } else {
            Step::pass("blob-digests", BLOBS).because(counted(count, "layer"))
        });
        let id = "diff-ids";
        report.push(if !self.wrong_diff_ids.is_empty() {
            let step = Step::fail(id, DIFF_IDS, "they differ").coded(["digest-mismatch"]);
            step.about(self.wrong_diff_ids)
        } else if self.diff_ids == 0 {
            Step::skip(id, DIFF_IDS, "the kit names none")
        } else if !self.missing.is_empty() {
            Step::unknown(id, DIFF_IDS, "not every layer could be read").coded(["not-checked"])
        } else {
            Step::pass(id, DIFF_IDS)
        });
        let id = "files";
        report.push(match table {
            _ if !self.faults.is_empty() => {
                let texts: Vec<_> = self.faults.iter().map(describe).collect();
                let names = self.faults.into_iter().map(|fault| fault.subject);
                let step = Step::fail(id, FILES, texts.join("; ")).coded(["digest-mismatch"]);
                step.about(names)
            }
            None => {
                Step::skip(id, FILES, "there is no sealed file table; the layers' digests count")
            }
            Some(_) if !self.missing.is_empty() => {
                Step::unknown(id, FILES, "not every layer could be read").coded(["not-checked"])
            }
            Some(table) => {
                let files = table.entries().count();
                Step::pass(id, FILES).because(counted(files, "entry"))
            }
        });
    }
}

fn describe(fault: &Fault) -> String {
    let subject = &fault.subject;
    if subject.contains('`') {
        format!("{subject}: {}", fault.reason)
    } else {
        format!("`{subject}`: {}", fault.reason)
    }
}

/// Gives a pipe away once.
struct Once(Mutex<Option<Pipe>>);

impl LayerSource for Once {
    fn open(&self, layer: &Descriptor) -> Result<Box<dyn Read + Send>, StoreError> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let gone = || io::Error::other("the layer was read already");
        let pipe = taken.ok_or_else(|| StoreError::io("read", layer.digest.to_string(), gone()))?;
        Ok(Box::new(pipe))
    }
}
