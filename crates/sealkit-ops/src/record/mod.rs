//! `record`: runs a command and makes signed SLSA provenance of it. What is signed is public for ever, so
//! every text goes through [`Redactor`] first, and nothing is written before it is complete.

mod attach;
mod hardware;
mod keep;
mod materials;
mod observed;
mod predicate;
mod process;
mod python;
mod redact;
#[cfg(test)]
mod redact_tests;
mod secrets;
mod tree;
pub(crate) mod used;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub use sealkit_attest::{BuildType, Provenance, Statement, Timestamp};
use sealkit_attest::{Bundle, HintStyle, PrivateKey, Subject};
use sealkit_oci::Digest;
use serde_json::{Map, Value as Json};

pub(crate) use attach::attach_records;
pub use keep::{Approval, KeptRecord, approve, keep, waiting};
use materials::Material;
use observed::Observed;
pub use process::Ended;
pub use python::{
    Environment as PythonEnvironment, Package as PythonPackage, Places as PythonPlaces,
};
pub use redact::{REDACTED, Redactor};
pub use tree::{FileState, MAX_FILES, Tree};

use crate::{Context, OpsError};

/// Most files of the outputs that are subjects one by one; the digest of their folder covers all.
const MAX_SUBJECTS: usize = 10_000;
/// Most bytes of their names: a statement that is too large would be found out after days of training.
const MAX_NAMES: usize = 4 << 20;

/// What to run, and what to record of it.
#[derive(Clone, Debug)]
pub struct RecordRequest {
    /// The command and its arguments.
    pub command: Vec<String>,
    /// The folder that it runs in, absolute.
    pub folder: PathBuf,
    /// What it reads.
    pub inputs: Vec<PathBuf>,
    /// What it writes; at least one.
    pub outputs: Vec<PathBuf>,
    /// Base models: a path, `NAME=PATH`, `NAME@sha256:DIGEST` or a kit of the local store.
    pub bases: Vec<String>,
    /// Datasets, `NAME@VERSION=PATH`.
    pub datasets: Vec<String>,
    /// Settings, `NAME=VALUE`.
    pub parameters: Vec<String>,
    /// What kind of run it is; none calls it training, and fine-tuning where there is a base model.
    pub build_type: Option<BuildType>,
    /// The variables of the environment that are recorded, with their values.
    pub environment: Vec<(String, String)>,
    /// Names of user, home folder and host, which are taken out of every text.
    pub private: Vec<String>,
    /// Where Python is looked for.
    pub python: PythonPlaces,
    /// The key that signs.
    pub key: PrivateKey,
    /// Whether the command runs at a terminal, which interrupts it by itself.
    pub terminal: bool,
    /// Whether a command that failed is recorded too.
    pub even_if_failed: bool,
}

/// A run that was recorded and is not kept yet.
#[derive(Clone, Debug)]
pub struct Record {
    /// The signed statement: a Sigstore bundle, byte for byte.
    pub bundle: Vec<u8>,
    /// What it says.
    pub statement: Statement,
    /// What was taken out of it.
    pub redacted: Vec<String>,
    /// What the person should know before it is public.
    pub warnings: Vec<String>,
}

/// How a run went.
#[derive(Clone, Debug)]
pub struct Ran {
    /// How the command ended.
    pub ended: Ended,
    /// Its record; none where the command failed and that was not to be recorded.
    pub record: Option<Record>,
}

/// What is known of a run once it has ended.
struct Run {
    request: RecordRequest,
    materials: Vec<Material>,
    inputs: Vec<Option<Tree>>,
    outputs: Vec<Tree>,
    code: Option<observed::Code>,
    started: SystemTime,
    finished: SystemTime,
    ended: Ended,
}

/// Runs the command and makes its record. Inputs are read before and after: one that changed
/// meanwhile is an error that names it. The command's standard output goes to `stdout`.
pub async fn record(
    context: &Context,
    request: RecordRequest,
    stdout: Stdio,
) -> Result<Ran, OpsError> {
    let context = Arc::new(context.clone());
    let (own, asked) = (Arc::clone(&context), request.clone());
    let before = crate::files::blob::blocking(move || Before::read(&own, &asked)).await?;
    let started = now(&context);
    let began = SystemTime::now();
    let ended = process::run(&request.command, &request.folder, request.terminal, stdout).await?;
    if !ended.is_success() && !request.even_if_failed {
        return Ok(Ran { ended, record: None });
    }
    // The interrupt of the person is caught for good by now: it ends the reading here.
    let work = crate::files::blob::blocking(move || {
        let finished = now(&context);
        after(&context, before, request, (started, began, finished), ended)
    });
    let record = tokio::select! {
        record = work => record?,
        _ = tokio::signal::ctrl_c() => {
            let message = "interrupted while the outputs were read: nothing was recorded";
            return Err(OpsError::usage("record-interrupted", message));
        }
    };
    Ok(Ran { ended, record: Some(record) })
}

fn now(context: &Context) -> SystemTime {
    let seconds = u64::try_from((context.clock)()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// What was read before the command began.
struct Before {
    materials: Vec<Material>,
    inputs: Vec<Option<Tree>>,
    outputs: BTreeSet<PathBuf>,
    code: Option<observed::Code>,
}

impl Before {
    fn read(context: &Context, request: &RecordRequest) -> Result<Self, OpsError> {
        let folder = &request.folder;
        let outputs: BTreeSet<PathBuf> =
            request.outputs.iter().map(|path| materials::absolute(folder, path)).collect();
        if outputs.is_empty() {
            return Err(OpsError::usage("record-no-output", "no output is named")
                .with_hint("name what the command writes: `--output PATH`"));
        }
        predicate::parameters(&request.parameters)?;
        let (inputs, bases) = (&request.inputs, &request.bases);
        let materials = materials::named(context, folder, inputs, bases, &request.datasets)?;
        let paths = materials.iter().filter_map(Material::path);
        if let Some(both) = paths.into_iter().find(|path| outputs.contains(*path)) {
            let message = format!("`{}` is named as input and as output", both.display());
            return Err(OpsError::usage("record-input-is-output", message).with_hint(
                "let the command write to another place, or name it as `--output` alone",
            ));
        }
        context.progress.start("reading the inputs", None);
        let inputs = materials::read(&materials, &outputs, &*context.progress);
        context.progress.finish();
        Ok(Self { inputs: inputs?, materials, outputs, code: observed::code(folder) })
    }
}

impl Material {
    fn path(&self) -> Option<&PathBuf> {
        match &self.source {
            materials::Source::Path(path) => Some(path),
            materials::Source::Digest(_) => None,
        }
    }
}

fn after(
    context: &Context,
    before: Before,
    request: RecordRequest,
    (started, began, finished): (SystemTime, SystemTime, SystemTime),
    ended: Ended,
) -> Result<Record, OpsError> {
    let Before { materials, inputs, outputs: named, code } = before;
    context.progress.start("reading inputs and outputs", None);
    let read = (|| {
        let again = materials::read(&materials, &named, &*context.progress)?;
        materials::check_unchanged(&inputs, &again)?;
        let but: BTreeSet<PathBuf> = materials.iter().filter_map(Material::path).cloned().collect();
        let read = |path: &PathBuf| tree::read(path, &but, &*context.progress);
        named.iter().map(read).collect::<Result<Vec<_>, _>>()
    })();
    context.progress.finish();
    let outputs = read?;
    if outputs.iter().all(|tree| tree.files.is_empty()) {
        return Err(OpsError::usage("record-nothing-written", "the outputs hold no file")
            .with_hint("name as `--output` what the command writes"));
    }
    let run = Run { request, materials, inputs, outputs, code, started, finished, ended };
    let mut warnings = stale(&run.outputs, began);
    let now_at = observed::code(&run.request.folder).map(|code| code.commit);
    if now_at != run.code.as_ref().map(|code| code.commit.clone()) {
        warnings.push("the commit of the folder changed while the command ran".to_owned());
    }
    sign(&run, warnings)
}

/// Outputs that are older than the run: the command did not write them.
fn stale(outputs: &[Tree], began: SystemTime) -> Vec<String> {
    // File systems count time in coarse steps.
    let since = began.checked_sub(Duration::from_secs(2)).unwrap_or(began);
    let is_old = |file: &FileState| file.written.is_some_and(|written| written < since);
    let old =
        outputs.iter().filter(|tree| !tree.files.is_empty() && tree.files.values().all(is_old));
    old.map(|tree| format!("output `{}` was not written by this run", tree.root.display()))
        .collect()
}

fn sign(run: &Run, mut warnings: Vec<String>) -> Result<Record, OpsError> {
    let mut redactor = Redactor::new(&run.request.folder, &run.request.private);
    let observed = observed::of_outputs(&run.outputs, &|tree, file| {
        let mut own = Redactor::new(&run.request.folder, &run.request.private);
        output_name(&mut own, tree, file)
    });
    let subjects = subjects(&run.outputs, &mut redactor)?;
    let made: Provenance = predicate::make(run, &observed, &mut redactor, &mut warnings)?;
    warnings.extend(contradictions(run, &observed, &mut redactor)?);
    let statement = Statement::new(subjects, &made)?;
    let bundle = Bundle::sign(&statement, &run.request.key, HintStyle::Cosign)?;
    Ok(Record { bundle: bundle.into_bytes(), statement, redacted: redactor.notes(), warnings })
}

fn contradictions(
    run: &Run,
    observed: &Observed,
    redactor: &mut Redactor,
) -> Result<Vec<String>, OpsError> {
    use sealkit_attest::DependencyRole::{BaseModel, Dataset};
    let mut names = |role| -> Vec<String> {
        let of_role = run.materials.iter().filter(|material| material.role == Some(role));
        let named = of_role.filter_map(|material| {
            material.name.clone().or_else(|| Some(redactor.path(material.path()?)))
        });
        named.collect()
    };
    let (bases, datasets) = (names(BaseModel), names(Dataset));
    let parameters: Map<String, Json> = predicate::parameters(&run.request.parameters)?;
    let told = observed.contradictions(&bases, &datasets, &parameters);
    Ok(told.iter().map(|text| redactor.text(text, "contradiction")).collect())
}

/// What the run is about: each output, and each file of a folder as far as the bound goes, the largest
/// first.
fn subjects(outputs: &[Tree], redactor: &mut Redactor) -> Result<Vec<Subject>, OpsError> {
    let mut all = Vec::new();
    let mut files: Vec<(&Tree, &String, &FileState)> = Vec::new();
    for tree in outputs.iter().filter(|tree| !tree.files.is_empty()) {
        files.extend(tree.files.iter().map(|(path, state)| (tree, path, state)));
        if tree.folder {
            let set = materials::folder_digest(&tree.digest())?;
            let digest = set.iter().map(|(name, hex)| (name.to_owned(), hex.to_owned())).collect();
            let name = Some(redactor.path(&tree.root));
            all.push(Subject { name, digest, annotations: None });
        }
    }
    files.sort_by(|a, b| b.2.size.cmp(&a.2.size).then_with(|| a.1.cmp(b.1)));
    let mut names = 0;
    for (tree, path, state) in files.into_iter().take(MAX_SUBJECTS) {
        let name = output_name(redactor, tree, path);
        names += name.len();
        if names > MAX_NAMES {
            break;
        }
        let name = Some(name);
        all.push(Subject { name, ..Subject::of(&state.digest) });
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// The public name of a file of an output.
fn output_name(redactor: &mut Redactor, tree: &Tree, file: &str) -> String {
    let root = redactor.path(&tree.root);
    if file.is_empty() {
        return root;
    }
    let file = redactor.text(file, "name of an output file");
    if root == "." { file } else { format!("{root}/{file}") }
}

/// The digest that a record is called by.
fn id(bundle: &[u8]) -> Digest {
    Digest::of(bundle)
}
