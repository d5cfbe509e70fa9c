//! A folder that is not packed: its files are read once, hashed and inspected together.

use std::collections::BTreeMap;
use std::path::Path;

use sealkit_inspect::{Facts, TensorHash};
use sealkit_kitfile::Kitfile;
use sealkit_oci::FileKind;
use sealkit_pack::{Plan, PlanOptions, PlannedEntry, PlannedLayer};

use super::ahead::Ahead;
use super::file::{not_measured, unreadable};
use super::kit::is_below;
use super::left_out::LeftOut;
use super::once::Once;
use super::{Described, Gathered, GatheredFile, GatheredPart, Reading};
use crate::init::{InitOptions, Looker, Package, generate_from};
use crate::pack::{KitfileSource, find_kitfile, other_paths};
use crate::parallel::processors;
use crate::{Context, OpsError};

/// Reads the folder `dir` as the kit that it would become. Nothing is written into it.
pub(crate) fn of_folder(
    context: &Context,
    dir: &Path,
    tensors: Option<TensorHash>,
) -> Result<Gathered, OpsError> {
    let name = name_of(dir)?;
    let root = crate::seal::canonical(dir)?;
    let ahead = Ahead::default();
    let once = Once::new(context, dir, tensors, &ahead)?;
    // Files are looked at while both walks go on: the one that finds out what they are, and the one that plans.
    let look = |path: &str, len| once.ahead(path, &root, len);
    let walked = ahead.during(processors(), look, || walk(context, dir, &root, &once))?;
    let Walked { kitfile, kitfile_is_made, plan, warnings, left_out } = walked;
    let mut all = Gathered {
        described: Described::Folder { name, newest: plan.newest() },
        kitfile,
        parts: Vec::new(),
        facts: BTreeMap::new(),
        project: super::git::of_dir(&plan.root),
        cards: String::new(),
        reading: Reading { total: plan.size(), warnings, kitfile_is_made, ..Reading::default() },
    };
    let files: Vec<&PlannedEntry> = plan.layers.iter().flat_map(files_of).collect();
    let mut looked = once.of(&files, &plan.root).into_iter();
    let mut facts = Vec::with_capacity(files.len());
    for layer in &plan.layers {
        let mut listed = Vec::with_capacity(files_of(layer).count());
        for (entry, looked) in files_of(layer).zip(looked.by_ref()) {
            let (path, size) = (entry.path.clone(), entry.size);
            if looked.digest.is_none() {
                all.reading.warnings.push(warning(&path, &looked.facts));
            }
            facts.push((path.clone(), looked.facts));
            listed.push(GatheredFile { path, size, digest: looked.digest });
        }
        all.parts.push(GatheredPart {
            role: Some(layer.part.role),
            is_prompt: layer.part.is_prompt,
            element: Some(layer.part.clone()),
            layer: None,
            files: Some(listed),
        });
    }
    // Sorted once, and not file by file.
    all.facts = facts.into_iter().collect();
    context.progress.finish();
    name_left_out(left_out, &mut all);
    all.finish();
    Ok(all)
}

/// What both walks over a folder found.
struct Walked {
    kitfile: Kitfile,
    kitfile_is_made: bool,
    plan: Plan,
    warnings: Vec<String>,
    /// What can not be read as a file, and why.
    left_out: BTreeMap<String, String>,
}

/// Reads the folder's Kitfile, or makes one, and plans the kit; `once` is told of the files on the way.
fn walk(context: &Context, dir: &Path, root: &Path, once: &Once<'_>) -> Result<Walked, OpsError> {
    let (mut warnings, mut unlisted) = (Vec::new(), Vec::new());
    let source = kitfile_source(dir, once, &mut warnings, &mut unlisted)?;
    let parsed = source.read(dir)?;
    warnings.extend(parsed.warnings.iter().map(ToString::to_string));
    let kitfile = parsed.kitfile;
    let rules = source.rules(dir)?;
    let other_paths = other_paths(context, &kitfile, &mut warnings);
    let options = PlanOptions { other_paths, ..PlanOptions::default() };
    let left_out = LeftOut::new(root, &rules, once);
    let plan = sealkit_pack::plan(root, &kitfile.parts(), &left_out, &options)?;
    let kitfile_is_made = matches!(source, KitfileSource::Generated { .. });
    if !kitfile_is_made {
        // Files are still being read; one that was made has told it already.
        once.start(plan.size());
    }
    let mut left_out = left_out.into_found();
    left_out.extend(unlisted);
    Ok(Walked { kitfile, kitfile_is_made, plan, warnings, left_out })
}

fn files_of(layer: &PlannedLayer) -> impl Iterator<Item = &PlannedEntry> {
    layer.entries.iter().filter(|entry| entry.kind == FileKind::File)
}

fn warning(path: &str, facts: &Facts) -> String {
    let reason = facts.findings.last().map_or("unknown", |finding| finding.message.as_str());
    format!("`{path}` could not be read: {reason}")
}

/// Puts what is no file among the files of the part that it lies in, marked as unreadable.
fn name_left_out(found: BTreeMap<String, String>, all: &mut Gathered) {
    for (path, reason) in found {
        let facts = unreadable(&path, &reason);
        all.reading.warnings.push(warning(&path, &facts));
        let of = |part: &GatheredPart| part.element.as_ref().map(|part| part.path.clone());
        let above = all.parts.iter_mut().filter_map(|part| Some((of(part)?, part)));
        let inside = above.filter(|(dir, _)| is_below(&path, dir));
        let nearest = inside.max_by_key(|(dir, _)| if dir == "." { 0 } else { dir.len() });
        let Some((_, part)) = nearest else {
            not_measured(&mut all.project, "files", &warning(&path, &facts));
            continue;
        };
        let file = GatheredFile { path: path.clone(), size: 0, digest: None };
        part.files.get_or_insert_default().push(file);
        all.facts.insert(path, facts);
    }
}

/// The folder's Kitfile, or one made for it that is not written down.
fn kitfile_source(
    dir: &Path,
    looker: &dyn Looker,
    warnings: &mut Vec<String>,
    unlisted: &mut Vec<(String, String)>,
) -> Result<KitfileSource, OpsError> {
    if find_kitfile(dir)?.is_some() {
        return Ok(KitfileSource::Folder);
    }
    // Not named after the folder: a copy of it under another name is the same.
    let options = InitOptions { package: Package::default(), depth: Some(0) };
    let made = generate_from(dir, &options, true, looker)?;
    warnings.extend(made.warnings);
    unlisted.extend(made.unlisted);
    Ok(KitfileSource::Generated { yaml: made.yaml, ignore: made.ignore })
}

fn name_of(dir: &Path) -> Result<String, OpsError> {
    let canonical = crate::seal::canonical(dir)?;
    let name = canonical.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(name.unwrap_or_default())
}
