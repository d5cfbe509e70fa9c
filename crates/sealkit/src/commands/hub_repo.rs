//! `sealkit hub repo set|list`.

use sealkit_hub::{Rule, RuleChange, Rules};
use sealkit_ops::OpsError;
use serde::Serialize;

use super::hub_store::{answer, open};
use crate::app::{App, Exit};
use crate::cli::{HubPlaceArgs, HubRepoCommand, HubRepoSetArgs};
use crate::console::{Failure, Table, human_size};

#[derive(Serialize)]
struct Changed {
    rule: Rule,
}

#[derive(Serialize)]
struct Listed {
    rules: Vec<Held>,
}

/// A rule, and what is held under it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Held {
    #[serde(flatten)]
    rule: Rule,
    bytes: u64,
    versions: u64,
}

/// Does one of them.
pub(super) fn run(app: &App, command: &HubRepoCommand) -> Result<Exit, Failure> {
    match command {
        HubRepoCommand::Set(args) => set(app, args),
        HubRepoCommand::List(args) => list(app, args),
    }
}

fn set(app: &App, args: &HubRepoSetArgs) -> Result<Exit, Failure> {
    let which = args.immutable_tags.as_deref();
    let change = RuleChange {
        // Other names were refused before; `default` takes what was said away.
        immutable_tags: which.map(|which| which.parse().ok()),
        max_bytes: args.quota.as_deref().map(|text| limit(text, size)).transpose()?,
        max_versions: args.max_versions.as_deref().map(|text| limit(text, count)).transpose()?,
    };
    let storage = open(&args.place.data)?;
    let rule =
        app.serve(async { Ok(Rules::of(&storage).await?.set(&args.prefix, change).await?) })?;
    let text = sentence(&rule);
    answer(app, &args.place, &Changed { rule }, text)?;
    Ok(Exit::Yes)
}

fn list(app: &App, args: &HubPlaceArgs) -> Result<Exit, Failure> {
    let storage = open(&args.data)?;
    let rules = app.serve(async {
        let (mut held, rules) = (Vec::new(), Rules::of(&storage).await?);
        for rule in rules.list().await? {
            let usage = rules.used(&rule.prefix).await.map_err(OpsError::from)?;
            held.push(Held { rule, bytes: usage.bytes, versions: usage.tags });
        }
        Ok::<_, Failure>(held)
    })?;
    let mut table = Table::new(&["PREFIX", "TAGS THAT STAY", "BYTES", "QUOTA", "VERSIONS", "MOST"]);
    for Held { rule, bytes, versions } in &rules {
        let tags = rule.immutable_tags.map_or("-", |tags| tags.name());
        let quota = rule.max_bytes.map_or("-".to_owned(), human_size);
        let most = rule.max_versions.map_or("-".to_owned(), |most| most.to_string());
        let (bytes, versions) = (human_size(*bytes), versions.to_string());
        table.row([rule.prefix.as_str(), tags, &bytes, &quota, &versions, &most]);
    }
    let text = table.render();
    answer(app, args, &Listed { rules }, text)?;
    Ok(Exit::Yes)
}

fn sentence(rule: &Rule) -> String {
    let tags = rule.immutable_tags.map_or("as above", |tags| tags.name());
    let quota = rule.max_bytes.map_or("no limit".to_owned(), human_size);
    let most = rule.max_versions.map_or("no limit".to_owned(), |most| most.to_string());
    format!("{}: tags that stay: {tags}; bytes: {quota}; versions: {most}", rule.prefix)
}

/// A limit, or none where the text says so.
fn limit(text: &str, read: impl Fn(&str) -> Option<u64>) -> Result<Option<u64>, Failure> {
    if text == "none" {
        return Ok(None);
    }
    read(text).map(Some).ok_or_else(|| {
        Failure::new("limit-malformed", format!("`{text}` is no limit"))
            .hint("give a number, e.g. `1000`, for bytes also `50GB` or `512MiB`, or `none`")
    })
}

// The database has no larger numbers than those of `i64`.
fn count(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number| i64::try_from(*number).is_ok())
}

/// A number of bytes with a decimal (`GB`) or binary (`GiB`) unit, or none.
fn size(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let factor: u64 = match unit.trim_start() {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor).filter(|bytes| i64::try_from(*bytes).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [
            ("0", Some(0)),
            ("50GB", Some(50_000_000_000)),
            ("512MiB", Some(512 << 20)),
            ("1 TiB", Some(1 << 40)),
            ("7B", Some(7)),
            ("", None),
            ("GB", None),
            ("1.5GB", None),
            ("-1", None),
            ("1gb", None),
            ("1GBx", None),
            ("9999999TiB", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(size(text), bytes, "{text}");
        }
    }
}
