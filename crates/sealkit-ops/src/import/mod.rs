//! `import`: a Hugging Face repository, a git repository or a folder becomes a kit.

mod fetched;
mod git;
pub(crate) mod hf;
mod lfs;
mod provenance;
mod source;

use std::collections::BTreeMap;
use std::path::Path;

use sealkit_kitfile::Package;
use sealkit_oci::{FileKind, Reference};
use sealkit_remote::Secret;

pub use hf::{HubRepository, RepositoryKind};
pub use provenance::BUILD_TYPE;
pub(crate) use source::owner_and_name;
pub use source::{Source, Tool, default_name, parse_source};

use crate::init::{InitOptions, generate_for};
use crate::pack::{KitfileSource, PackOutcome, PackRequest, Stamp, find_kitfile, pack};
use crate::{Context, OpsError};
use fetched::Fetched;

/// What to import, and as what.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// Where it comes from.
    pub source: Source,
    /// Branch, tag or commit.
    pub revision: String,
    /// Token that the person gave for this repository; sent to its own host only.
    pub token: Option<Secret>,
    /// Token for the endpoint, used where `token` is none, and for nothing but the endpoint.
    pub hub_token: Option<Secret>,
    /// Address of the Hugging Face API.
    pub endpoint: String,
    /// Kitfile to use; none takes the repository's own, or makes one.
    pub kitfile: Option<KitfileSource>,
    /// Name of the kit.
    pub name: Reference,
    /// How a Kitfile is made.
    pub init: InitOptions,
    /// When and by what the kit was made.
    pub stamp: Stamp,
}

/// A kit that was made from somewhere else.
#[derive(Clone, Debug)]
pub struct ImportOutcome {
    /// The kit.
    pub packed: PackOutcome,
    /// The Kitfile that was made for it; none where there was one.
    pub generated: Option<String>,
    /// Commit that was imported; none for a folder.
    pub commit: Option<String>,
    /// What the person should know.
    pub warnings: Vec<String>,
    /// SLSA provenance v1 predicate of the import, not signed; none for a folder, which has no
    /// source that could be named.
    pub provenance: Option<serde_json::Value>,
}

/// Fetches the source, checks what was fetched, and packs it.
pub async fn import(context: &Context, request: ImportRequest) -> Result<ImportOutcome, OpsError> {
    let started = (context.clock)();
    let fetched = match &request.source {
        Source::Hub(repository) => hf::fetch(context, &request, repository).await?,
        Source::Git(url) => {
            let (context, url, request) = (context.clone(), url.clone(), request.clone());
            blocking(move || git::fetch(&context, &url, &request)).await?
        }
        Source::Folder(dir) => Fetched::folder(dir.clone()),
    };
    let context = context.clone();
    blocking(move || finish(&context, &request, fetched, started)).await
}

/// Packs what was fetched.
fn finish(
    context: &Context,
    request: &ImportRequest,
    fetched: Fetched,
    started: i64,
) -> Result<ImportOutcome, OpsError> {
    let mut warnings = fetched.warnings.clone();
    let mut generated = None;
    let kitfile = match &request.kitfile {
        Some(given) => given.clone(),
        None if find_kitfile(&fetched.dir)?.is_some() => KitfileSource::Folder,
        None => {
            let made = generate_for(&fetched.dir, &init_options(request))?;
            warnings.extend(made.warnings);
            if !made.kept_out.is_empty() {
                let names = made.kept_out.join("`, `");
                warnings.push(format!("hidden files stay out of the kit: `{names}`"));
            }
            generated = Some(made.yaml.clone());
            KitfileSource::Generated { yaml: made.yaml, ignore: made.ignore }
        }
    };
    let packed = pack(
        context,
        &PackRequest {
            dir: fetched.dir.clone(),
            kitfile,
            name: Some(request.name.clone()),
            options: crate::pack::PackOptions::default(),
            symlinks: crate::pack::Symlinks::Follow,
            stamp: request.stamp.clone(),
        },
    )?;
    let files = packed_files(&packed);
    fetched.check(&files)?;
    let finished = (context.clock)();
    let provenance = provenance::predicate(request, &fetched, &packed, &files, (started, finished));
    let commit = fetched.commit.clone();
    fetched.clean();
    Ok(ImportOutcome { packed, generated, commit, warnings, provenance })
}

/// What the person says goes first; name and author of a repository are better than none.
fn init_options(request: &ImportRequest) -> InitOptions {
    let mut options = request.init.clone();
    let Some((owner, name)) = request.source.owner_and_name() else { return options };
    let Package { name: own, authors, .. } = &mut options.package;
    if own.is_empty() {
        *own = name;
    }
    if authors.is_empty() {
        authors.extend(owner);
    }
    options
}

/// SHA-256 of every file that was packed, by its path.
fn packed_files(packed: &PackOutcome) -> BTreeMap<String, String> {
    let entries = packed.file_table.entries().filter(|(_, entry)| entry.kind == FileKind::File);
    entries
        .filter_map(|(_, entry)| Some((entry.path.clone(), entry.digest.as_ref()?.to_string())))
        .collect()
}

/// Runs work that blocks on a thread of its own.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OpsError> + Send + 'static,
) -> Result<T, OpsError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(OpsError::io("finish the work on", Path::new("."), error.into())),
    }
}
