//! `sealkit revoke` and `sealkit advisories`.

use sealkit_ops::advisory::{
    Advised, AdvisoryEntry, AdvisorySeverity, Concern, NOTHING_TO_WITHDRAW, ResourceDescriptor,
    RevokeRequest, Revoked, Uri, advised_kits, advisories, csv, cyclonedx_vex, local_kits, openvex,
    revoke, select, select_hub,
};
use sealkit_ops::trust::Trusted;
use sealkit_ops::{Context, OpsError, Place};
use sealkit_report::Hint as _;
use serde::Serialize;

use super::inspect::kit_place;
use super::pack::source_date_epoch;
use super::password::signer;
use super::trust::json;
use super::verify::trusted;
use crate::app::{App, Exit, now};
use crate::cli::{AdvisoriesArgs, RevokeArgs, SeverityArg};
use crate::console::{Failure, Table, escape};

/// Says that kits must not be used, or takes that back.
pub(crate) fn run(app: &App, args: &RevokeArgs) -> Result<Exit, Failure> {
    let concerns = concerns(args)?;
    let context = app.context_at(args.network.clone(), args.hub.as_deref())?;
    let Some((places, whole)) = places(app, &context, args, &concerns)? else {
        return Ok(Exit::Interrupted);
    };
    if places.is_empty() {
        let place = if args.hub.is_some() { "the hub" } else { "the local store" };
        app.console.info(format!("No kit of {place} is affected, as far as is known"));
        return Ok(if whole { Exit::No } else { Exit::Unanswered });
    }
    if args.dry_run {
        for place in &places {
            app.console.answer(escape(&place.to_string()));
        }
        return Ok(if whole { Exit::Yes } else { Exit::Unanswered });
    }
    let key = signer(app, &args.signing)?.key;
    let time = source_date_epoch()?.unwrap_or_else(now);
    let (mut made, mut nothing) = (Vec::new(), None);
    let is_found = args.references.is_empty();
    for place in places {
        let request = RevokeRequest {
            place,
            id: args.id.clone(),
            withdraw: args.withdraw,
            reason: args.reason.clone(),
            severity: args.severity.map(severity),
            concerns: concerns.iter().map(Concern::descriptor).collect(),
            references: see(args)?,
            key: key.clone(),
            time,
        };
        let act = async {
            match revoke(&context, request).await {
                // Of kits that were found by what is in them, not of each the same was said.
                Err(error) if is_found && error.code() == NOTHING_TO_WITHDRAW => Ok(Err(error)),
                done => done.map(Ok),
            }
        };
        let one = match app.block_on(act)? {
            Some(Ok(one)) => one,
            Some(Err(error)) => {
                app.console.warn(escape(&error.to_string()));
                nothing = Some(error);
                continue;
            }
            None => return Ok(Exit::Interrupted),
        };
        tell(app, args, &one);
        made.push(one);
    }
    if let Some(error) = nothing.filter(|_| made.is_empty()) {
        return Err(error.into());
    }
    if args.format == "json" {
        let advisories = made.iter().map(Made::of).collect();
        app.console.answer(json(&Answer { schema_version: 1, advisories })?);
    }
    Ok(if whole { Exit::Yes } else { Exit::Unanswered })
}

/// Says of one kit that it was done, where the answer is for a person.
fn tell(app: &App, args: &RevokeArgs, one: &Revoked) {
    if args.format != "json" {
        let verb = if args.withdraw { "withdrew" } else { "revoked" };
        app.console.info(format!("{verb} {} ({})", one.attested.kit, escape(&one.advisory.id)));
        app.console.answer(one.attested.bundle.to_string());
    }
}

/// The kits that are meant; false where it is not known of every kit whether it is.
fn places(
    app: &App,
    context: &Context,
    args: &RevokeArgs,
    concerns: &[Concern],
) -> Result<Option<(Vec<Place>, bool)>, Failure> {
    if !args.references.is_empty() {
        let named = args.references.iter().map(|text| kit_place(text, args.remote));
        return Ok(Some((named.collect::<Result<_, _>>()?, true)));
    }
    let find = async {
        match &args.hub {
            Some(hub) => select_hub(context, hub, concerns, args.descendants).await,
            None => select(context, concerns, &Trusted::default()).await,
        }
    };
    let Some(found) = app.block_on(find)? else { return Ok(None) };
    for place in &found.unknown {
        let place = escape(&place.to_string());
        app.console.warn(match args.hub {
            Some(_) => {
                format!("whether {place} is affected is not certain: `sealkit impact` says why")
            }
            None => format!("what is in {place} is not known: it has no AIBOM that you trust"),
        });
    }
    if args.hub.is_some() && found.more {
        app.console.warn("there may be more: the hub has not looked at everything yet, or could not read all of it");
    }
    Ok(Some((found.kits, found.unknown.is_empty() && !found.more)))
}

fn concerns(args: &RevokeArgs) -> Result<Vec<Concern>, Failure> {
    let mut all: Vec<Concern> = args.dataset.iter().map(|text| Concern::dataset(text)).collect();
    all.extend(args.base.iter().cloned().map(Concern::Base));
    for purl in &args.purl {
        all.push(Concern::package(purl).map_err(|error| {
            OpsError::usage("purl-malformed", format!("`{purl}` is no package URL: {error}"))
        })?);
    }
    Ok(all)
}

fn see(args: &RevokeArgs) -> Result<Vec<Uri>, Failure> {
    let read = |text: &String| {
        Uri::try_from(text.as_str()).map_err(|error| {
            OpsError::usage("url-malformed", format!("`{text}` is no URL: {error}")).into()
        })
    };
    args.references_to.iter().map(read).collect()
}

fn severity(given: SeverityArg) -> AdvisorySeverity {
    match given {
        SeverityArg::Low => AdvisorySeverity::Low,
        SeverityArg::Moderate => AdvisorySeverity::Moderate,
        SeverityArg::High => AdvisorySeverity::High,
        SeverityArg::Critical => AdvisorySeverity::Critical,
    }
}

/// Lists the advisories about a kit, or about all of the local store.
pub(crate) fn list(app: &App, args: &AdvisoriesArgs) -> Result<Exit, Failure> {
    let context = app.context_at(args.network.clone(), args.hub.as_deref())?;
    let trusted = trusted(&args.key, &args.signers)?;
    let (places, mut more) = match (&args.reference, &args.hub) {
        (Some(text), _) => (vec![kit_place(text, args.remote)?], false),
        (None, Some(hub)) => match app.block_on(advised_kits(&context, hub))? {
            Some(found) => found,
            None => return Ok(Exit::Interrupted),
        },
        (None, None) => local_kits(&context)?,
    };
    let reading = async {
        let (mut all, mut unread) = (Vec::new(), Vec::new());
        for place in places {
            match advisories(&context, &place, &trusted).await {
                Ok(found) => all.push(found),
                // Of everything that is there, what is no kit has none.
                Err(OpsError::NotAKit { .. }) if args.reference.is_none() => {}
                // One that the hub does not give out, as under quarantine, does not hide the others.
                Err(error) if args.hub.is_some() => unread.push((place, error)),
                Err(error) => return Err(error),
            }
        }
        Ok((all, unread))
    };
    let Some((all, unread)) = app.block_on(reading)? else { return Ok(Exit::Interrupted) };
    for (place, error) in &unread {
        let (place, why) = (escape(&place.to_string()), escape(&error.to_string()));
        app.console.warn(format!("{place} could not be looked at: {why}"));
    }
    more |= !unread.is_empty();
    if more || all.iter().any(|kit| kit.more) {
        app.console.warn("there is more than is looked at");
    }
    let entries = || all.iter().flat_map(|kit| kit.found.iter().map(move |one| (kit, one)));
    match args.format.as_str() {
        "json" => {
            let advisories = entries().map(|(kit, one)| Listed::of(kit, one)).collect();
            app.console.answer(json(&Answer { schema_version: 1, advisories })?);
        }
        "vex" => {
            let time = source_date_epoch()?.unwrap_or_else(now);
            app.console.answer(format!("{:#}", openvex(&all, "sealkit", time)));
        }
        "cyclonedx" => {
            let time = source_date_epoch()?.unwrap_or_else(now);
            app.console.answer(format!("{:#}", cyclonedx_vex(&all, time)));
        }
        "csv" => app.console.answer(csv(&all)),
        _ => app.console.answer(table(entries())),
    }
    let revoked = entries().any(|(_, one)| one.holds);
    let whole = !more && all.iter().all(|kit| !kit.more);
    Ok(match (revoked, whole) {
        (true, _) => Exit::No,
        (false, true) => Exit::Yes,
        (false, false) => Exit::Unanswered,
    })
}

fn table<'a>(entries: impl Iterator<Item = (&'a Advised, &'a AdvisoryEntry)>) -> String {
    let mut table = Table::new(&["", "KIT", "ID", "STATE", "SEVERITY", "SIGNER", "REASON"]);
    for (kit, one) in entries {
        let said = &one.advisory;
        let mark = match (one.holds, one.counts) {
            (true, _) => "\u{2717}",
            (false, true) => "\u{2013}",
            (false, false) => "?",
        };
        table.row([
            mark,
            &kit.reference,
            &said.id,
            said.state.name(),
            said.severity.map_or("-", AdvisorySeverity::name),
            one.signer.as_deref().unwrap_or("nobody you trust"),
            &said.reason,
        ]);
    }
    table.render()
}

/// What `--format json` answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<T> {
    schema_version: u32,
    advisories: Vec<T>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made<'a> {
    kit: &'a sealkit_oci::Digest,
    id: &'a str,
    state: &'a str,
    bundle: &'a sealkit_oci::Digest,
    referrer: &'a sealkit_oci::Digest,
}

impl<'a> Made<'a> {
    fn of(made: &'a Revoked) -> Self {
        Self {
            kit: &made.attested.kit,
            id: &made.advisory.id,
            state: made.advisory.state.name(),
            bundle: &made.attested.bundle,
            referrer: &made.attested.referrer,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    reference: &'a str,
    kit: &'a sealkit_oci::Digest,
    id: &'a str,
    state: &'a str,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'a str>,
    issued_on: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    concerns: &'a [ResourceDescriptor],
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<&'a str>,
    counts: bool,
    holds: bool,
    bundle: &'a sealkit_oci::Digest,
}

impl<'a> Listed<'a> {
    fn of(kit: &'a Advised, one: &'a AdvisoryEntry) -> Self {
        let said = &one.advisory;
        Self {
            reference: &kit.reference,
            kit: &kit.digest,
            id: &said.id,
            state: said.state.name(),
            reason: &said.reason,
            severity: said.severity.map(AdvisorySeverity::name),
            issued_on: said.issued_on.as_str(),
            concerns: &said.concerns,
            signer: one.signer.as_deref(),
            counts: one.counts,
            holds: one.holds,
            bundle: &one.bundle,
        }
    }
}
