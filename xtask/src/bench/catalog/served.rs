//! A hub over a catalogue of many kits, asked over HTTP.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use sealkit_oci::Digest;

use super::{manifest, mark, ms, repository, times_row};
use crate::bench::hub::client::Client;
use crate::bench::hub::server::Subject;
use crate::run::Outcome;

/// How often each thing is asked for.
const TIMES: u64 = 200;
/// Bytes that an answer with kits in it has at least.
const LEAST: u64 = 500;
/// What a start may take, in milliseconds.
const START: u64 = 2_000;

/// Starts the hub of `folder` again, whose catalogue has `kits`, and asks it what a person would.
pub(super) fn measure(
    hub: &Subject,
    folder: &Path,
    client: &Client,
    kits: u64,
    page: &mut String,
) -> Outcome {
    hold(&folder.join("data/hub.db"), kits)?;
    // The first start logs what was pushed while no hub was there to see it.
    drop(hub.start_again(folder, client)?);
    crate::bench::settle();
    let (running, start) = hub.start_again(folder, client)?;
    let asked = [
        (
            "home page, over HTTP",
            100,
            "text/html",
            (|_, _| "/".to_owned()) as fn(u64, u64) -> String,
        ),
        ("search for a rare word, over HTTP", 50, "application/json", |at, kits| {
            format!("/api/v1/search?q=kit{}", at * 7919 % kits)
        }),
        ("search with two facets, over HTTP", 50, "application/json", |_, _| {
            "/api/v1/search?licence=mit&format=safetensors".to_owned()
        }),
    ];
    for (name, goal, accept, path) in asked {
        let times = (0..TIMES).map(|at| running.client.time(&path(at, kits), accept, LEAST));
        times_row(page, name, goal, times.collect::<Outcome<_>>()?);
    }
    let _ = writeln!(
        page,
        "\nA hub over them listens after {:.0} ms (goal: 2,000 {}).",
        ms(start),
        mark(start, START)
    );
    Ok(())
}

/// Lets a hub hold the versions that its catalogue knows, as if they had been pushed and looked at.
fn hold(database: &Path, kits: u64) -> Outcome {
    let mut rows = rusqlite::Connection::open(database)?;
    rows.busy_timeout(Duration::from_secs(10))?;
    let all = rows.transaction()?;
    {
        let mut body = all.prepare("INSERT INTO manifests (digest, body) VALUES (?1, ?2)")?;
        let mut listed = all.prepare(
            "INSERT INTO listed (repository, digest, media_type, at)
             VALUES (?1, ?2, 'application/vnd.oci.image.manifest.v1+json', ?3)",
        )?;
        let mut tag = all
            .prepare("INSERT INTO tags (repository, tag, digest, at) VALUES (?1, 'v1', ?2, ?3)")?;
        let mut look = all.prepare(
            "INSERT INTO aibom_looks (repository, kit, tool, is_held) VALUES (?1, ?2, ?3, 0)",
        )?;
        for at in 0..kits {
            let name = repository(at);
            let manifest = manifest(at);
            let digest = Digest::of(manifest.as_bytes()).to_string();
            let pushed = 1_700_000_000 + i64::try_from(at)?;
            body.execute((&digest, manifest.as_bytes()))?;
            listed.execute((&name, &digest, pushed))?;
            tag.execute((&name, &digest, pushed))?;
            look.execute([&name, &digest, env!("CARGO_PKG_VERSION")])?;
        }
    }
    all.commit()?;
    Ok(())
}
