//! `cargo xtask bench catalog`: how long a catalogue of many kits takes to answer.

mod served;

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use sealkit_aibom::{Kind, RelationKind};
use sealkit_catalog::{Catalog, Entry, Facet, ImpactLimits, Search, Thing, Tie, Visible};
use sealkit_oci::Digest;

use super::hub::server::Subject;
use crate::run::{Outcome, capture, cargo, fail, has_flag, number_after, root, run, target_dir};

/// Kits of a full run.
const KITS: u64 = 100_000;
/// Questions of each kind.
const QUESTIONS: u64 = 400;

const HEAD: &str = "# Benchmark of the catalogue

Written by `cargo xtask bench catalog --write`: a catalogue with one version of each kit, fifteen components each. Times are of
single questions one after the other, on the machine's page cache: first in one process, then asked of a hub over HTTP, a
connection for each. That hub knows the versions and their tags; the bytes of the kits are not there.

";

/// `cargo xtask bench catalog [--kits N] [--write] [--no-build]`.
pub(super) fn task(args: &[String]) -> Outcome {
    let kits = number_after(args, "--kits", KITS)?;
    if !has_flag(args, "--no-build") {
        run(cargo().args(["build", "--release", "--package", "sealkit", "--package", "xtask"]))?;
    }
    let mut measured = Command::new(target_dir().join("release").join("xtask"));
    let page = HEAD.to_owned() + &capture(measured.args(["measure-catalog", &kits.to_string()]))?;
    println!("{page}");
    if has_flag(args, "--write") {
        std::fs::write(root().join("docs/reference/catalog-benchmark.md"), page)?;
    }
    Ok(())
}

/// `xtask measure-catalog KITS`: fills a catalogue and asks it, in a process of its own.
pub(crate) fn measure_task(args: &[String]) -> Outcome {
    let Some(kits) = args.first().and_then(|kits| kits.parse().ok()) else {
        return fail("usage: measure-catalog KITS");
    };
    let dir = tempfile::Builder::new().prefix("catalog-").tempdir_in(target_dir())?;
    let hub = Subject::hub();
    let client = hub.start(dir.path())?.client.clone();
    let path = dir.path().join("data/catalog.db");
    let begun = Instant::now();
    fill(&path, kits)?;
    let filled = begun.elapsed();
    let size = std::fs::metadata(&path)?.len() >> 20;
    let begun = Instant::now();
    let (catalog, _) = Catalog::open(&path)?;
    let opened = begun.elapsed();

    let mut page = format!(
        "{kits} kits, {size} MiB; filled in {:.1} s ({:.0} a second), opened in {} ms.\n\n\
         | question | median ms | p99 ms | goal |\n|---|--:|--:|---|\n",
        filled.as_secs_f64(),
        kits as f64 / filled.as_secs_f64(),
        opened.as_millis(),
    );
    for (name, search) in searches() {
        row(&mut page, name, 50, |at| catalog.search(&search(at, kits)).map(drop))?;
    }
    row(&mut page, "impact of a dataset of ten kits", 50, |at| {
        let question = format!("dataset:data-{}", at * 37 % (kits / 10)).parse();
        let Ok(question) = question else { return Ok(()) };
        catalog.impact(&question, ImpactLimits::default(), None).map(drop)
    })?;
    drop(catalog);
    served::measure(&hub, dir.path(), &client, kits, &mut page)?;
    print!("{page}");
    Ok(())
}

type Asked = fn(u64, u64) -> Search;

/// Kinds of searches.
fn searches() -> [(&'static str, Asked); 7] {
    [
        ("first page", |_, _| Search::default()),
        ("what is new", |_, _| Search { brief: true, limit: 8, ..Search::default() }),
        ("the newest that nobody signed, of a hundredth", |at, _| Search {
            facets: vec![(Facet::Signer, "nobody".to_owned())],
            visible: Some(vec![Visible::Below(format!("team-{}", at % 100))]),
            brief: true,
            limit: 5,
            ..Search::default()
        }),
        ("a rare word", |at, kits| text(format!("kit{}", at * 7919 % kits))),
        ("a word that all have", |_, _| text("invoices".to_owned())),
        ("two facets", |at, _| Search {
            facets: vec![
                (Facet::Licence, ["mit", "apache-2.0", "llama3"][at as usize % 3].to_owned()),
                (Facet::Format, "safetensors".to_owned()),
            ],
            ..Search::default()
        }),
        ("a word, a facet and a scope", |at, _| Search {
            text: "invoi".to_owned(),
            facets: vec![(Facet::Licence, "mit".to_owned())],
            visible: Some(vec![Visible::Below(format!("team-{}", at % 100))]),
            ..Search::default()
        }),
    ]
}

fn text(text: String) -> Search {
    Search { text, ..Search::default() }
}

fn row<E: std::error::Error + 'static>(
    page: &mut String,
    name: &str,
    goal: u64,
    ask: impl Fn(u64) -> Result<(), E>,
) -> Outcome {
    let mut times = Vec::new();
    for at in 0..QUESTIONS {
        let begun = Instant::now();
        ask(at)?;
        times.push(begun.elapsed());
    }
    times_row(page, name, goal, times);
    Ok(())
}

/// The row of a question that took these times.
fn times_row(page: &mut String, name: &str, goal: u64, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let (median, last) = (at(0.5), at(0.99));
    let _ = writeln!(
        page,
        "| {name} | {:.2} | {:.2} | {goal} ms {} |",
        ms(median),
        ms(last),
        mark(last, goal)
    );
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn mark(time: Duration, goal: u64) -> &'static str {
    if time <= Duration::from_millis(goal) { "✓" } else { "✗" }
}

fn fill(path: &std::path::Path, kits: u64) -> Outcome {
    let (catalog, _) = Catalog::open(path)?;
    for at in 0..kits {
        let entry = entry(at);
        catalog.put(&entry)?;
        catalog.set_tag(&entry.repository, "v1", &entry.digest)?;
    }
    Ok(())
}

/// The manifest of a kit whose bytes nobody has.
fn manifest(at: u64) -> String {
    format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.kitops.modelkit.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2}},"layers":[],"annotations":{{"name":"{}"}}}}"#,
        repository(at)
    )
}

/// The name of a kit.
fn repository(at: u64) -> String {
    format!("team-{}/kit{at}", at % 100)
}

/// A kit with a model, a base model, a dataset that nine others have too, packages and files.
fn entry(at: u64) -> Entry {
    let (repository, digest) = (repository(at), Digest::of(manifest(at).as_bytes()));
    let thing = |kind, name: String| Thing {
        version: Some("1.0".to_owned()),
        digests: vec![Digest::of(format!("{at}{name}").as_bytes()).to_string()],
        licences: vec!["MIT".to_owned()],
        source: "README.md".to_owned(),
        ..Thing::named(kind, name)
    };
    let mut things =
        vec![Thing { digests: vec![digest.to_string()], ..thing(Kind::Kit, repository.clone()) }];
    things.push(thing(Kind::Model, format!("model-{at}")));
    things.push(thing(Kind::BaseModel, format!("org/base-{}", at % 1_000)));
    things.push(thing(Kind::ExternalDataset, format!("data-{}", at / 10)));
    things.extend((0..6).map(|n| thing(Kind::Library, format!("package-{n}"))));
    things.extend((0..5).map(|n| thing(Kind::File, format!("dir/file-{n}.json"))));
    let ties = (1..things.len()).map(|to| Tie {
        from: 0,
        to,
        kind: RelationKind::Contains,
        role: None,
        known: sealkit_report::Known::Declared,
        source: "README.md".to_owned(),
    });
    let facet = |facet, values: &[&str]| (facet, values[at as usize % values.len()].to_owned());
    Entry {
        ties: ties.collect(),
        repository,
        digest,
        pushed: 1_700_000_000 + i64::try_from(at).unwrap_or(0),
        size: at << 20,
        artifact_type: "application/vnd.kitops.modelkit.manifest.v1+json".to_owned(),
        title: Some(format!("kit {at}")),
        description: Some("Reads invoices in several languages.".to_owned()),
        version: None,
        parameters: Some(at * 1_000),
        facets: vec![
            facet(Facet::Licence, &["mit", "apache-2.0", "llama3"]),
            facet(Facet::Format, &["safetensors", "gguf"]),
            facet(Facet::Architecture, &["bert", "llama", "t5", "resnet", "mistral"]),
            facet(Facet::Kind, &["modelkit"]),
            facet(Facet::Signer, &["nobody", "ci"]),
        ],
        notes: Vec::new(),
        code: Vec::new(),
        trust: String::new(),
        signers: Vec::new(),
        text: format!(
            "kit{at} team {} reads invoices in several languages base {}",
            at % 100,
            at % 1_000
        ),
        problem: None,
        things,
    }
}
