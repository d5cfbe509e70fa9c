//! `sealkit sign`, and `sealkit verify` of a folder with a signature file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sealkit_ops::keys::{ExternalSigner, SigningIdentity, read_certificates, read_chain};
use sealkit_ops::model::{
    GitPaths, Legacy, ModelSignRequest, ModelVerifyRequest, SignedModel, sign_model, verify_model,
};
use sealkit_ops::sign::{SignRequest, SignedKit, sign_kit};
use sealkit_ops::time::rfc3339;
use sealkit_ops::trust::{
    Role, SubjectKind, SubjectRule, Trusted, TrustedAuthority, read_public_key,
};
use sealkit_ops::verify::Verification;
use sealkit_ops::{Context, OpsError, Place};
use sealkit_report::counted;
use serde::Serialize;

use super::pack::source_date_epoch;
use super::password::signer;
use super::trust::json;
use crate::app::{App, Exit};
use crate::cli::{ModelVerifyArgs, NetworkArgs, SignArgs};
use crate::console::{Failure, escape, human_size};

/// Signs a kit or a folder.
pub(crate) fn run(app: &App, args: &SignArgs) -> Result<Exit, Failure> {
    let place = Place::parse(&args.subject, true)?;
    let network = NetworkArgs::from(args.network.clone());
    let context = app.context(Some(&network))?;
    if let Place::Folder(dir) = place {
        return folder(app, &context, args, dir);
    }
    if !args.ignore_paths.is_empty() || args.no_ignore_git_paths {
        let message = "what a kit holds was chosen when it was packed";
        return Err(OpsError::usage("sign-kit", message)
            .with_hint("use `--ignore-paths` with a folder")
            .into());
    }
    let place = match place {
        place if args.remote => place.at_registry()?,
        Place::Local(reference) => Place::Local(reference.or_latest()),
        other => other,
    };
    let identity = identity(app, args)?;
    let created = source_date_epoch()?.and_then(rfc3339);
    let request = SignRequest { place, identity, created };
    let Some(signed) = app.block_on(sign_kit(&context, request))? else {
        return Ok(Exit::Interrupted);
    };
    signed.warnings.iter().for_each(|warning| app.console.warn(escape(warning)));
    answer_kit(app, args, &signed)
}

fn folder(app: &App, context: &Context, args: &SignArgs, dir: PathBuf) -> Result<Exit, Failure> {
    if args.remote {
        let message = "a folder is not at a registry";
        return Err(OpsError::usage("sign-folder", message)
            .with_hint("leave out `--remote`, or give a reference")
            .into());
    }
    let request = ModelSignRequest {
        dir,
        signature: args.signature.clone(),
        identity: identity(app, args)?,
        ignore: args.ignore_paths.clone(),
        git: git(args.no_ignore_git_paths),
    };
    let Some(signed) = app.block_on(sign_model(context, request))? else {
        return Ok(Exit::Interrupted);
    };
    answer_model(app, args, &signed)
}

fn git(check: bool) -> GitPaths {
    if check { GitPaths::Check } else { GitPaths::Ignore }
}

/// As whom the options say.
fn identity(app: &App, args: &SignArgs) -> Result<SigningIdentity, Failure> {
    let own = &args.identity;
    let chain = match &own.certificate {
        Some(certificate) => read_chain(certificate, &own.chain)?,
        None => Vec::new(),
    };
    let identity = if let Some(program) = &own.signer {
        let key = match (&own.public_key, chain.first()) {
            (Some(path), _) => read_public_key(path)?,
            (None, Some(leaf)) => leaf.public_key().map_err(OpsError::from)?,
            (None, None) => {
                let message = "nothing says which key the program signs with";
                return Err(OpsError::usage("public-key-needed", message)
                    .with_hint("give `--public-key PATH`, or `--certificate PATH`")
                    .into());
            }
        };
        let timeout = Duration::from_secs(own.signer_timeout);
        let arguments = own.signer_arg.clone();
        SigningIdentity::of_key(ExternalSigner::new(program.clone(), arguments, key, timeout))
    } else {
        SigningIdentity::of_key(signer(app, &args.signing)?.key)
    };
    Ok(identity.with_chain(chain)?)
}

/// What `--format json` answers for a kit; `schemaVersion` 1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KitAnswer {
    schema_version: u32,
    reference: String,
    digest: String,
    signature: String,
    model_signature: String,
    seal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    bom: Option<String>,
    root: String,
    files: usize,
    key: String,
}

fn answer_kit(app: &App, args: &SignArgs, signed: &SignedKit) -> Result<Exit, Failure> {
    let console = &app.console;
    if console.is_brief(&args.format) {
        console.answer(signed.digest.to_string());
        console.answer(signed.model_signature.to_string());
    } else if args.format == "json" {
        console.answer(json(&KitAnswer {
            schema_version: 1,
            reference: signed.reference.clone(),
            digest: signed.digest.to_string(),
            signature: signed.signature.to_string(),
            model_signature: signed.model_signature.to_string(),
            seal: signed.seal.to_string(),
            bom: signed.bom.as_ref().map(ToString::to_string),
            root: signed.root.to_string(),
            files: signed.files,
            key: signed.key.clone(),
        })?);
    } else {
        let name = escape(&signed.reference);
        let mut text = format!("Signed {name}@{}\n\n", signed.digest);
        let _ = writeln!(text, "Manifest: {}", signed.signature);
        let _ = writeln!(
            text,
            "Files:    {} ({})",
            signed.model_signature,
            counted(signed.files, "file")
        );
        let _ = writeln!(text, "Seal:     {}", signed.seal);
        if let Some(bom) = &signed.bom {
            let _ = writeln!(text, "AIBOM:    {bom}");
        }
        let remote = if args.remote { " --remote" } else { "" };
        let _ = write!(text, "Key:      {}\n\nNext:\n  sealkit verify {name}{remote}", signed.key);
        console.answer(text);
    }
    Ok(Exit::Yes)
}

/// What `--format json` answers for a folder; `schemaVersion` 1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelAnswer<'a> {
    schema_version: u32,
    signature: String,
    root: String,
    files: usize,
    bytes: u64,
    ignored: &'a [String],
}

fn answer_model(app: &App, args: &SignArgs, signed: &SignedModel) -> Result<Exit, Failure> {
    let console = &app.console;
    let signature = signed.signature.display().to_string();
    if console.is_brief(&args.format) {
        console.answer(signed.root.to_string());
    } else if args.format == "json" {
        console.answer(json(&ModelAnswer {
            schema_version: 1,
            signature,
            root: signed.root.to_string(),
            files: signed.files,
            bytes: signed.bytes,
            ignored: &signed.ignored,
        })?);
    } else {
        let size = human_size(signed.bytes);
        let mut text =
            format!("Signed {}, {size}: {}\n", counted(signed.files, "file"), signed.root);
        if !signed.ignored.is_empty() {
            let names: Vec<_> = signed.ignored.iter().map(|name| escape(name)).collect();
            let _ = writeln!(text, "Not signed: {}", names.join(", "));
        }
        let (dir, file) = (escape(&args.subject), escape(&signature));
        let trust =
            if args.identity.certificate.is_some() { "--ca CA" } else { "--key PUBLIC_KEY" };
        let _ = write!(
            text,
            "Signature: {file}\n\nNext:\n  sealkit verify {dir} --signature {file} {trust}"
        );
        console.answer(text);
    }
    Ok(Exit::Yes)
}

/// Verifies a folder, or one file, against a model signature.
pub(crate) fn verify(
    app: &App,
    context: &Context,
    subject: &str,
    args: &ModelVerifyArgs,
    signature: &Path,
    trusted: Trusted,
) -> Result<Option<Verification>, Failure> {
    let request = ModelVerifyRequest {
        model: subject.into(),
        signature: signature.to_owned(),
        trusted,
        ignore: args.ignore_paths.clone(),
        git: git(args.no_ignore_git_paths),
        unsigned_ok: args.insecure_ignore_unsigned_files,
        legacy: Legacy {
            format: args.insecure_allow_legacy_format,
            ca_signer: args.insecure_allow_ca_signer,
            shards: args.insecure_allow_shards,
        },
    };
    app.block_on(verify_model(context, request))
}

/// The authorities of certificate files, each a root by itself, for signers of these names; for all
/// whom they certify where there are none.
pub(crate) fn authorities(
    files: &[PathBuf],
    subjects: &[String],
) -> Result<Vec<TrustedAuthority>, Failure> {
    let subjects = subjects.iter().map(|text| subject(text)).collect::<Result<Vec<_>, _>>()?;
    let mut all = Vec::new();
    for path in files {
        for (at, root) in read_certificates(path)?.iter().enumerate() {
            let number = if at > 0 { format!(" ({})", at + 1) } else { String::new() };
            all.push(TrustedAuthority {
                name: format!("{}{number}", path.display()),
                role: Role::Signer,
                certificate: root.to_pem(),
                subjects: subjects.clone(),
                valid_from: None,
                valid_until: None,
            });
        }
    }
    Ok(all)
}

/// Reads `KIND=NAME`; a name with `*` is a pattern.
fn subject(text: &str) -> Result<SubjectRule, OpsError> {
    let kinds = [SubjectKind::Email, SubjectKind::Uri, SubjectKind::Dns, SubjectKind::Name];
    let found = text.split_once('=').and_then(|(kind, name)| {
        let kind = kinds.into_iter().find(|one| one.name() == kind)?;
        (!name.is_empty()).then_some((kind, name))
    });
    match found {
        Some((kind, name)) if name.contains('*') => Ok(SubjectRule::fitting(kind, name)),
        Some((kind, name)) => Ok(SubjectRule::exactly(kind, name)),
        None => {
            let message = format!("`{text}` is not a kind and a name");
            Err(OpsError::usage("subject-malformed", message)
                .with_hint("write it as `email=dev@example.com`, `uri=…`, `dns=…` or `name=CN=…`"))
        }
    }
}
