//! `sealkit hub trust-issuer add|list|remove`.

use std::io::Read as _;
use std::path::Path;

use sealkit_hub::{
    Fetcher, IssuerError, Issuers, KeySource, MAX_TTL, NewIssuer, Storage, TrustedIssuer,
};
use serde::Serialize;

use super::hub_store::{answer, open};
use crate::app::{App, Exit};
use crate::cli::{HubIssuerAddArgs, HubIssuerCommand, HubPlaceArgs, HubTokenRevokeArgs};
use crate::console::{Failure, Table};

/// Largest file of keys that is read, in bytes.
const MAX_KEYS: u64 = 1 << 20;

#[derive(Serialize)]
struct Added {
    issuer: TrustedIssuer,
}

#[derive(Serialize)]
struct Listed {
    issuers: Vec<TrustedIssuer>,
}

#[derive(Serialize)]
struct Removed {
    id: i64,
    removed: bool,
}

/// Does one of them.
pub(super) fn run(app: &App, command: &HubIssuerCommand) -> Result<Exit, Failure> {
    match command {
        HubIssuerCommand::Add(args) => add(app, args),
        HubIssuerCommand::List(args) => list(app, args),
        HubIssuerCommand::Remove(args) => remove(app, args),
    }
}

fn add(app: &App, args: &HubIssuerAddArgs) -> Result<Exit, Failure> {
    let claims: Result<_, Failure> = args.claims.iter().map(|text| claim(text)).collect();
    let (keys, source) = match &args.jwks {
        Some(path) => (read(path)?, KeySource::Given),
        None if app.is_offline() => {
            return Err(Failure::new(
                "offline",
                "offline: would have to ask the issuer for its keys",
            )
            .hint("give them with `--jwks FILE`"));
        }
        None if args.insecure_issuer_anywhere => (String::new(), KeySource::FetchedAnywhere),
        None => (String::new(), KeySource::Fetched),
    };
    let new = NewIssuer {
        issuer: args.issuer.clone(),
        audience: args.audience.clone(),
        claims: claims?,
        scopes: args.scopes.clone(),
        ttl: seconds(&args.ttl)?,
        keys,
        source,
        user: args.user.clone(),
    };
    let issuer = with(app, &args.place.data, async |issuers| issuers.add(new).await)?;
    let text = format!("issuer {}: {} is trusted", issuer.id, issuer.issuer);
    answer(app, &args.place, &Added { issuer }, text)?;
    Ok(Exit::Yes)
}

fn list(app: &App, args: &HubPlaceArgs) -> Result<Exit, Failure> {
    let issuers = with(app, &args.data, async |issuers| issuers.list().await)?;
    let mut table =
        Table::new(&["ID", "ISSUER", "AUDIENCE", "CLAIMS", "SCOPES", "USER", "SECONDS", "KEYS"]);
    for issuer in &issuers {
        let claim = |claim: &sealkit_hub::Claim| format!("{}={}", claim.name, claim.value);
        let claims: Vec<String> = issuer.claims.iter().map(claim).collect();
        let (id, ttl) = (issuer.id.to_string(), issuer.ttl.to_string());
        let (claims, scopes) = (claims.join(" "), issuer.scopes.join(" "));
        let keys = match issuer.source {
            KeySource::Given => "given",
            KeySource::Fetched => "fetched",
            KeySource::FetchedAnywhere => "fetched anywhere",
        };
        let TrustedIssuer { issuer, audience, user, .. } = issuer;
        table.row([&id, issuer, audience, &claims, &scopes, user, &ttl, keys]);
    }
    let text = table.render();
    answer(app, args, &Listed { issuers }, text)?;
    Ok(Exit::Yes)
}

fn remove(app: &App, args: &HubTokenRevokeArgs) -> Result<Exit, Failure> {
    let id = args.id;
    let removed = with(app, &args.place.data, async |issuers| issuers.remove(id).await)?;
    let text = if removed {
        format!("issuer {id} is trusted no more")
    } else {
        format!("there is no issuer {id} that is trusted")
    };
    answer(app, &args.place, &Removed { id, removed }, text)?;
    Ok(if removed { Exit::Yes } else { Exit::No })
}

/// Does an act on the issuers of the storage in `folder`.
fn with<T>(
    app: &App,
    folder: &Path,
    act: impl AsyncFnOnce(Issuers) -> Result<T, IssuerError>,
) -> Result<T, Failure> {
    let storage = open(folder)?;
    app.serve(async { Ok(act(fetching(&storage).await?).await?) })
}

/// The issuers of a storage, which are asked for their keys.
pub(super) async fn fetching(storage: &Storage) -> Result<Issuers, Failure> {
    let agent = concat!("sealkit/", env!("CARGO_PKG_VERSION"));
    Ok(Issuers::of(storage).await?.fetching(Fetcher::new(agent)))
}

fn claim(text: &str) -> Result<(String, String), Failure> {
    let (name, value) = text.split_once('=').ok_or_else(|| {
        Failure::new("claim-malformed", format!("`{text}` is no claim"))
            .hint("give a name and a value, e.g. `--claim repository=org/app`")
    })?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Seconds of `900`, `900s`, `15m` or `1h`.
fn seconds(text: &str) -> Result<u32, Failure> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) => (number, text.chars().last()),
        None => (text, None),
    };
    let factor = match unit {
        Some('h') => 3_600,
        Some('m') => 60,
        _ => 1,
    };
    let seconds = number.parse::<u32>().ok().and_then(|number| number.checked_mul(factor));
    seconds.filter(|seconds| (1..=MAX_TTL).contains(seconds)).ok_or_else(|| {
        Failure::new("time-malformed", format!("`{text}` is no time for a token to live"))
            .hint("give seconds, minutes or an hour, e.g. `15m`; an hour at most")
    })
}

fn read(path: &Path) -> Result<String, Failure> {
    let failed = |source| {
        Failure::new("io", format!("could not read `{}`", path.display())).caused_by(&source)
    };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(MAX_KEYS).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_and_an_end() {
        for (text, expected) in [("900", 900), ("900s", 900), ("15m", 900), ("1h", 3_600)] {
            assert_eq!(seconds(text).ok(), Some(expected), "{text}");
        }
        for text in ["", "0", "m", "61m", "2h", "-1", "1d", "99999999999h", "1.5h"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
