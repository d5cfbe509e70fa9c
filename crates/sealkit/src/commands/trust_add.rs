//! `sealkit trust add`, and the identities that `verify` takes.

use std::path::Path;

use sealkit_ops::OpsError;
use sealkit_ops::time::parse_time;
use sealkit_ops::trust::{
    self, Role, SigstoreInstance, SubjectKind, SubjectRule, TrustedAuthority, TrustedIdentity,
    TrustedKey, TrustedLog,
};
use sealkit_ops::verify::Keyless;

use crate::app::{App, Exit};
use crate::cli::{KeylessArgs, SubjectKindArg, TrustAddArgs};
use crate::console::{Failure, escape};

/// Trusts whatever the arguments name.
pub(super) fn add(app: &App, args: &TrustAddArgs) -> Result<Exit, Failure> {
    let window = Window {
        from: args.valid_from.as_deref().map(parse_time).transpose()?,
        until: args.valid_until.as_deref().map(parse_time).transpose()?,
    };
    let (name, what, id) = if let Some(path) = &args.key {
        key(app, args, path, &window)?
    } else if let (Some(subject), Some(issuer)) = (&args.identity, &args.issuer) {
        identity(app, args, (subject, issuer), &window)?
    } else if let Some(path) = &args.ca {
        authority(app, args, path, &window)?
    } else if let Some(path) = &args.trusted_root {
        let root = trust::read_trusted_root(path)?;
        let name = name(args, &stem(path));
        let what = root.authority_urls().next().unwrap_or("no authority").to_owned();
        trust::add_sigstore(&app.home, SigstoreInstance { name: name.clone(), root })?;
        (name.clone(), what, name)
    } else {
        log(app, args, &window)?
    };
    if app.console.is_quiet() {
        app.console.answer(escape(&id));
    } else {
        app.console.answer(format!("Trusted: {} {}", escape(&name), escape(&what)));
    }
    Ok(Exit::Yes)
}

/// Name, description and id of what is trusted now.
type Added = (String, String, String);

struct Window {
    from: Option<i64>,
    until: Option<i64>,
}

fn key(app: &App, args: &TrustAddArgs, path: &Path, window: &Window) -> Result<Added, Failure> {
    let key = trust::read_public_key(path)?;
    let name = name(args, &stem(path));
    let (id, fingerprint) = (key.id(), key.fingerprint());
    let mut trusted = TrustedKey::new(key, name.clone(), role(args)?);
    (trusted.valid_from, trusted.valid_until) = (window.from, window.until);
    trust::add(&app.home, trusted)?;
    Ok((name, fingerprint, id))
}

fn identity(
    app: &App,
    args: &TrustAddArgs,
    (subject, issuer): (&str, &str),
    window: &Window,
) -> Result<Added, Failure> {
    let name = name(args, subject);
    let identity = TrustedIdentity {
        name: name.clone(),
        role: role(args)?,
        issuer: issuer.to_owned(),
        subject: rule(subject, args.identity_kind, args.pattern),
        valid_from: window.from,
        valid_until: window.until,
    };
    let what = format!("{} {subject} by {issuer}", identity.subject.kind.name());
    trust::add_identity(&app.home, identity)?;
    if trust::load(&app.home)?.sigstore().is_empty() {
        app.console.warn(
            "no Sigstore instance is trusted yet, so that nobody can vouch for it: \
             run `sealkit trust add --trusted-root FILE`",
        );
    }
    Ok((name.clone(), what, name))
}

fn authority(
    app: &App,
    args: &TrustAddArgs,
    path: &Path,
    window: &Window,
) -> Result<Added, Failure> {
    let name = name(args, &stem(path));
    let rule = |subject: &String| rule(subject, args.identity_kind, args.pattern);
    let authority = TrustedAuthority {
        name: name.clone(),
        role: role(args)?,
        certificate: trust::read_authority(path)?,
        subjects: args.subject.iter().map(rule).collect(),
        valid_from: window.from,
        valid_until: window.until,
    };
    let what = match authority.subjects.len() {
        0 => "for everybody whom it certifies".to_owned(),
        count => format!("for {count} subjects"),
    };
    trust::add_authority(&app.home, authority)?;
    Ok((name.clone(), what, name))
}

fn log(app: &App, args: &TrustAddArgs, window: &Window) -> Result<Added, Failure> {
    let key = trust::read_log_key(args.log_key.as_deref().unwrap_or_default())?;
    let (origin, text) = (key.name().to_owned(), key.to_string());
    let name = name(args, &origin);
    let (valid_from, valid_until) = (window.from, window.until);
    trust::add_log(&app.home, TrustedLog { name: name.clone(), key, valid_from, valid_until })?;
    Ok((name.clone(), text, name))
}

fn role(args: &TrustAddArgs) -> Result<Role, Failure> {
    let role: Role = args.role.parse().map_err(OpsError::from)?;
    if role == Role::Own {
        let message = "the role `self` is that of your own key alone";
        return Err(OpsError::usage("role-refused", message)
            .with_hint("use `signer`, or a name of your own such as `ci`")
            .into());
    }
    Ok(role)
}

fn name(args: &TrustAddArgs, otherwise: &str) -> String {
    args.name.clone().unwrap_or_else(|| otherwise.to_owned())
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

/// A rule for a subject, whose kind is seen from its form where it is not given.
fn rule(subject: &str, kind: Option<SubjectKindArg>, pattern: bool) -> SubjectRule {
    let kind = match kind {
        Some(SubjectKindArg::Email) => SubjectKind::Email,
        Some(SubjectKindArg::Uri) => SubjectKind::Uri,
        Some(SubjectKindArg::Dns) => SubjectKind::Dns,
        Some(SubjectKindArg::Other) => SubjectKind::Other,
        None if subject.contains("://") => SubjectKind::Uri,
        None if subject.contains('@') => SubjectKind::Email,
        None => SubjectKind::Dns,
    };
    if pattern { SubjectRule::fitting(kind, subject) } else { SubjectRule::exactly(kind, subject) }
}

/// What `verify` is told to trust for one run.
pub(super) fn keyless(args: &KeylessArgs) -> Result<Keyless, Failure> {
    let roots = args.trusted_root.iter().map(|path| trust::read_trusted_root(path));
    let identity = args.certificate_identity.as_deref().zip(args.certificate_oidc_issuer.clone());
    let identities = identity
        .into_iter()
        .map(|(subject, issuer)| (rule(subject, args.certificate_identity_kind, false), issuer));
    Ok(Keyless { roots: roots.collect::<Result<_, _>>()?, identities: identities.collect() })
}
