//! `sealkit record`.

use std::path::PathBuf;
use std::process::Stdio;

use sealkit_ops::OpsError;
use sealkit_ops::keys::PrivateKey;
use sealkit_ops::output;
use sealkit_ops::record::{
    Approval, BuildType, KeptRecord, PythonPlaces, Ran, Record, RecordRequest, approve, keep,
    record, waiting,
};

use super::password::signer;
use super::record_answer::Answer;
use super::record_preview::preview;
use super::trust::json;
use crate::app::{App, Exit};
use crate::cli::{BuildTypeArg, PreviewArg, RecordArgs};
use crate::console::{Failure, escape};

/// Variables that are recorded without being asked for: they change results and hold no secret.
const SAFE: &[&str] = &[
    "CUBLAS_WORKSPACE_CONFIG",
    "CUDA_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
    "LOCAL_WORLD_SIZE",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "PYTHONHASHSEED",
    "SOURCE_DATE_EPOCH",
    "TOKENIZERS_PARALLELISM",
    "WORLD_SIZE",
];
/// Digits of a digest that people type.
const SHORT: usize = 12;

/// Runs a command and records it, or approves a record that waits.
pub(crate) fn run(app: &App, args: &RecordArgs) -> Result<Exit, Failure> {
    if let Some(named) = &args.approve {
        return let_go(app, args, named);
    }
    // The key first: who waits days for a result must not fail at the password.
    let key = signer(app, &args.signing)?.key;
    let request = request(app, args, key)?;
    let context = app.context(None)?;
    // The answer has standard output for itself.
    let stdout =
        if args.format == "json" { app.console.errors_of_child() } else { Stdio::inherit() };
    let Ran { ended, record } = app.follow(record(&context, request, stdout))?;
    let exit = if ended.is_success() { Exit::Yes } else { Exit::Command(ended.code()) };
    let answer = if let Some(record) = record {
        let kept = finish(app, args, &record)?;
        Answer::of(&kept, &record.statement).ended(ended).noting(&record)
    } else {
        app.console.warn(format!(
            "the command ended with exit code {}: nothing was recorded (`--even-if-failed` records it)",
            ended.code()
        ));
        Answer::default().ended(ended)
    };
    if args.format == "json" {
        app.console.answer(json(&answer)?);
    }
    Ok(exit)
}

fn request(app: &App, args: &RecordArgs, key: PrivateKey) -> Result<RecordRequest, Failure> {
    let here = std::env::current_dir().and_then(std::fs::canonicalize);
    let folder = here.map_err(|source| OpsError::io("open", ".", source))?;
    let names = SAFE.iter().copied().chain(args.env.iter().map(String::as_str));
    let mut environment: Vec<(String, String)> = names
        .filter_map(|name| Some((name.to_owned(), std::env::var_os(name)?)))
        .map(|(name, value)| (name, value.to_string_lossy().into_owned()))
        .collect();
    environment.sort();
    environment.dedup();
    let path = std::env::var_os("PATH").unwrap_or_default();
    Ok(RecordRequest {
        command: args.command.clone(),
        folder,
        inputs: args.input.clone(),
        outputs: args.output.clone(),
        bases: args.base.clone(),
        datasets: args.dataset.clone(),
        parameters: args.param.clone(),
        build_type: args.build_type.map(BuildTypeArg::kind),
        environment,
        private: private(),
        python: PythonPlaces {
            virtual_env: std::env::var_os("VIRTUAL_ENV").map(PathBuf::from),
            path: std::env::split_paths(&path).collect(),
        },
        key,
        terminal: app.console.is_at_a_terminal(),
        even_if_failed: args.even_if_failed,
    })
}

/// What the user and the machine are called.
fn private() -> Vec<String> {
    let variables = ["USER", "LOGNAME", "USERNAME", "HOSTNAME", "COMPUTERNAME"];
    let mut names: Vec<String> =
        variables.iter().filter_map(|name| std::env::var(name).ok()).collect();
    let home = std::env::home_dir();
    names.extend(home.and_then(|home| Some(home.file_name()?.to_string_lossy().into_owned())));
    for file in ["/proc/sys/kernel/hostname", "/etc/hostname"] {
        let host = std::fs::read_to_string(file).unwrap_or_default();
        let host = host.trim();
        names.push(host.to_owned());
        names.extend(host.split('.').next().map(str::to_owned));
    }
    names
}

/// Shows the record, asks, and keeps it.
fn finish(app: &App, args: &RecordArgs, record: &Record) -> Result<KeptRecord, Failure> {
    let console = &app.console;
    for line in preview(&record.statement, &record.redacted, args.preview == PreviewArg::Full) {
        console.info(line);
    }
    record.warnings.iter().for_each(|warning| console.warn(escape(warning)));
    let approval = if args.yes || asked(app)? { Approval::Given } else { Approval::Missing };
    let kept = keep(&app.home, record, approval)?;
    let short = short(&kept);
    if approval == Approval::Missing {
        console.warn(format!(
            "record {short} is kept here alone and will not be attached: run `sealkit record --approve {short}`"
        ));
        if args.out.is_some() {
            console.warn("`-o` was not written: the record is not approved");
        }
        return Ok(kept);
    }
    console.info(format!("Recorded {}", kept.id));
    console.info("`sealkit seal DIR` attaches it to the kit that has these outputs");
    write_out(args, &record.bundle)?;
    Ok(kept)
}

fn asked(app: &App) -> Result<bool, Failure> {
    if app.console.is_quiet() {
        return Ok(false);
    }
    let answer = app.console.ask("Sign off this record, which will be public? [y/N] ");
    let answer = answer.map_err(|source| OpsError::io("read", "terminal", source))?;
    Ok(answer.is_some_and(|answer| matches!(answer.to_lowercase().as_str(), "y" | "yes")))
}

/// Approves a record that waits.
fn let_go(app: &App, args: &RecordArgs, named: &str) -> Result<Exit, Failure> {
    let (found, statement) = waiting(&app.home, named)?;
    for line in preview(&statement, &[], args.preview == PreviewArg::Full) {
        app.console.info(line);
    }
    if !args.yes && !asked(app)? {
        let message = format!("record {} was not approved", short(&found));
        return Err(Failure::new("record-not-approved", message)
            .hint("answer `y`, or give `--yes` where nobody can answer"));
    }
    let kept = approve(&app.home, &found)?;
    if let Some(path) = &args.out {
        let bytes = std::fs::read(&kept.path);
        let bytes = bytes.map_err(|source| OpsError::io("read", &kept.path, source))?;
        output::write(path, &bytes)?;
    }
    if args.format == "json" {
        app.console.answer(json(&Answer::of(&kept, &statement))?);
    } else {
        app.console.answer(kept.id.to_string());
    }
    Ok(Exit::Yes)
}

fn write_out(args: &RecordArgs, bundle: &[u8]) -> Result<(), Failure> {
    match &args.out {
        Some(path) => Ok(output::write(path, bundle)?),
        None => Ok(()),
    }
}

fn short(kept: &KeptRecord) -> &str {
    kept.id.hex().get(..SHORT).unwrap_or(kept.id.hex())
}

impl BuildTypeArg {
    fn kind(self) -> BuildType {
        match self {
            Self::Train => BuildType::Train,
            Self::Finetune => BuildType::Finetune,
            Self::Quantize => BuildType::Quantize,
            Self::Merge => BuildType::Merge,
            Self::Distill => BuildType::Distill,
            Self::Convert => BuildType::Convert,
            Self::DataPrep => BuildType::DataPrep,
        }
    }
}
