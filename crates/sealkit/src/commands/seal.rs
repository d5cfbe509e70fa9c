//! `sealkit seal`.

use std::fmt::Write as _;

use sealkit_oci::{Compression, KitFormat, LayerFormat};
use sealkit_ops::keys::SigningKey;
use sealkit_ops::pack::{Modes, PackOptions, layer_name};
use sealkit_ops::seal::{PartSummary, SealRequest, Sealed, seal};
use sealkit_ops::time::rfc3339;
use sealkit_report::{Finding, counted};
use serde::Serialize;

use super::inspection::{CodeRow, code_rows, inspection};
use super::pack::{kitfile_source, parse_name, source_date_epoch};
use super::password::signer;
use super::trust::json;
use super::verify::{Answer as Verified, exit, steps};
use crate::app::{App, Exit};
use crate::cli::SealArgs;
use crate::console::{Console, Failure, Table, escape, human_size};

/// Findings that the report repeats.
const SHOWN: usize = 10;

/// Seals a folder and prints a report of one page.
pub(crate) fn run(app: &App, args: &SealArgs) -> Result<Exit, Failure> {
    let epoch = source_date_epoch()?;
    let name = parse_name(args.tag.as_deref())?;
    let kitfile = kitfile_source(args.file.as_deref())?;
    if !args.dir.is_dir() {
        let what = if args.dir.exists() { "is not a folder" } else { "does not exist" };
        let message = format!("`{}` {what}", args.dir.display());
        return Err(sealkit_ops::OpsError::usage("not-a-folder", message).into());
    }
    let context = app.context(None)?;
    let key = signer(app, &args.signing)?;
    let request = SealRequest {
        dir: args.dir.clone(),
        kitfile,
        name,
        key: key.key.clone(),
        options: PackOptions {
            kit: KitFormat::ModelKit,
            format: LayerFormat::Tar,
            compression: Compression::None,
            modes: Modes::Keep,
            epoch,
            threads: None,
        },
        supplied: super::bom::supplied(&args.supplied, Some(&args.dir))?,
        created: epoch.and_then(rfc3339),
    };
    let Some(sealed) = app.block_on(seal(&context, request))? else {
        return Ok(Exit::Interrupted);
    };
    report(app, args, &sealed, &key)?;
    Ok(exit(&sealed.verification))
}

fn report(app: &App, args: &SealArgs, sealed: &Sealed, key: &SigningKey) -> Result<(), Failure> {
    let console = &app.console;
    if let Some(path) = &sealed.generated {
        console.info(format!("wrote `{}`", escape(&path.display().to_string())));
    }
    for warning in &sealed.warnings {
        console.warn(escape(warning));
    }
    if !sealed.outside.is_empty() {
        let names: Vec<String> = sealed.outside.iter().map(|name| format!("`{name}`")).collect();
        let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        let more = names.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        console.warn(escape(&format!(
            "not part of the kit: {shown}{more}: add it to the Kitfile or to `.kitignore`"
        )));
    }
    if console.is_brief(&args.format) {
        console.answer(sealed.digest.to_string());
    } else if args.format == "json" {
        console.answer(json(&Answer::of(sealed))?);
    } else {
        console.answer(page(console, args, sealed, key));
    }
    Ok(())
}

fn part_kind(part: &PartSummary) -> &'static str {
    if part.is_prompt { "prompt" } else { layer_name(KitFormat::ModelKit, part.role) }
}

fn page(console: &Console, args: &SealArgs, sealed: &Sealed, key: &SigningKey) -> String {
    let name = escape(&sealed.reference.to_string());
    let mut text = format!("Sealed {name}@{}\n\n", sealed.digest);
    let mut inside = Table::new(&["PART", "PATH", "FILES", "SIZE"]);
    for part in &sealed.parts {
        let (files, size) = (part.files.to_string(), human_size(part.size));
        inside.row([part_kind(part), &part.path, &files, &size]);
    }
    let _ = writeln!(text, "{}\n", inside.render());
    let _ = writeln!(text, "AIBOM: {}", counted(sealed.bom_components, "component"));
    let _ = writeln!(text, "Inspection: {}", inspection(&sealed.findings, &sealed.runs_code));
    for record in &sealed.records {
        let _ = writeln!(text, "Provenance: recorded run {record}");
    }
    for reason in &sealed.not_inspected {
        let _ = writeln!(text, "Not inspected: {}", escape(reason));
    }
    let _ = writeln!(
        text,
        "Signature: signed by you: unchanged since you sealed it, nothing more\n           key {} ({})\n",
        escape(&key.path.display().to_string()),
        sealkit_ops::keys::Signer::public_key(&key.key).fingerprint(),
    );
    text.push_str(&steps(console, &sealed.verification.report.steps));
    let trusted = if key.own { "" } else { " --key PUBLIC_KEY" };
    let dir = escape(&args.dir.display().to_string());
    let push = if sealed.reference.is_remote() {
        format!("sealkit push {name}")
    } else {
        format!("sealkit push {name} REGISTRY/REPOSITORY:TAG")
    };
    if exit(&sealed.verification) != Exit::Yes {
        // What can not be verified here would be refused where it is pushed to.
        let _ = write!(text, "\nNext:\n  sealkit verify {name}{trusted}");
        return text;
    }
    let _ = write!(
        text,
        "\nNext:\n  {push}\n  sealkit verify {name}{trusted}\n  sealkit verify {dir}{trusted}\n  sealkit bom {name}"
    );
    text
}

/// What `--format json` answers; `schemaVersion` 1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    schema_version: u32,
    reference: String,
    digest: String,
    generated_kitfile: bool,
    parts: Vec<PartRow<'a>>,
    bom: BomRow,
    findings: &'a [Finding],
    runs_code: Vec<CodeRow<'a>>,
    not_inspected: &'a [String],
    outside: &'a [String],
    records: Vec<String>,
    warnings: &'a [String],
    signer: &'static str,
    verification: Verified,
}

#[derive(Serialize)]
struct BomRow {
    components: usize,
}

#[derive(Serialize)]
struct PartRow<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    path: &'a str,
    files: u64,
    size: u64,
    digest: String,
}

impl<'a> Answer<'a> {
    fn of(sealed: &'a Sealed) -> Self {
        let parts = sealed.parts.iter().map(|part| PartRow {
            kind: part_kind(part),
            name: &part.name,
            path: &part.path,
            files: part.files,
            size: part.size,
            digest: part.digest.to_string(),
        });
        Self {
            schema_version: 1,
            reference: sealed.reference.to_string(),
            digest: sealed.digest.to_string(),
            generated_kitfile: sealed.generated.is_some(),
            parts: parts.collect(),
            bom: BomRow { components: sealed.bom_components },
            findings: &sealed.findings,
            runs_code: code_rows(&sealed.runs_code),
            not_inspected: &sealed.not_inspected,
            outside: &sealed.outside,
            records: sealed.records.iter().map(ToString::to_string).collect(),
            warnings: &sealed.warnings,
            signer: "signed by you: unchanged since you sealed it, nothing more",
            verification: Verified::of(&sealed.verification),
        }
    }
}
