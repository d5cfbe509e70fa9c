//! What a hub knows of its kits: search and impact, over the binary.
#![cfg(feature = "hub")]

use std::time::{Duration, Instant};

use crate::common::{Run, Sandbox};
use crate::hub_common::{Hub, log_in, token};

/// A folder with a model and a card that says what it comes from.
fn folder(client: &Sandbox, name: &str, base: &str, dataset: &str, weights: &str) {
    let dir = client.work().join(name);
    std::fs::create_dir_all(&dir).unwrap();
    let card = format!(
        "---\nlicense: apache-2.0\nbase_model: {base}\ndatasets:\n- {dataset}\n---\n# {name}\nReads invoices.\n"
    );
    std::fs::write(dir.join("README.md"), card).unwrap();
    let header = r#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(weights.as_bytes());
    std::fs::write(dir.join("model.safetensors"), file).unwrap();
    std::fs::write(dir.join("requirements.txt"), "torch==2.1.0\n").unwrap();
    client.run(["init", name]).exits(0);
}

fn push(client: &Sandbox, hub: &Hub, name: &str, reference: &str) {
    let full = format!("{}/{reference}", hub.host);
    client.run(["pack", name, "-t", &full]).exits(0);
    client.run(["push", &full, "--plain-http"]).exits(0);
}

/// Asks until nothing waits to be looked at any more.
fn settled(client: &Sandbox, args: &[&str]) -> Run {
    let begun = Instant::now();
    loop {
        let run = client.run(args.iter().copied());
        let waits = run.stdout.contains("\"waiting\": 0") || run.stdout.contains("\"waiting\":0");
        // What can not be asked has no answer; what waits still is an answer that leaves something open.
        if waits || run.stdout.is_empty() || begun.elapsed() > Duration::from_mins(1) {
            return run;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn affected(run: &Run) -> Vec<(String, u64)> {
    let impact: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let one = |one: &serde_json::Value| {
        (one["repository"].as_str().unwrap().to_owned(), one["distance"].as_u64().unwrap())
    };
    impact["affected"].as_array().unwrap().iter().map(one).collect()
}

fn stage() -> (Sandbox, Sandbox, Hub) {
    let (server, client) = (Sandbox::new(), Sandbox::new());
    let hub = Hub::open(&server, &[]);
    folder(&client, "base", "google/bert", "leaked/mails", "weights1");
    folder(&client, "tuned", &format!("{}/team/base:v1", hub.host), "own/notes", "weights2");
    folder(&client, "other", "google/t5", "own/notes", "weights3");
    push(&client, &hub, "base", "team/base:v1");
    push(&client, &hub, "tuned", "team/tuned:v1");
    push(&client, &hub, "other", "x/other:v1");
    (server, client, hub)
}

#[test]
fn who_is_concerned_is_found_with_the_path_and_can_be_acted_on() {
    let (server, client, hub) = stage();
    let ask = |question: &str| {
        let args = ["impact", question, "--hub", &hub.host, "--plain-http", "--format", "json"];
        settled(&client, &args)
    };
    let found = ask("dataset:leaked/mails").exits(1);
    assert_eq!(affected(&found), [("team/base".to_owned(), 0), ("team/tuned".to_owned(), 1)]);
    assert_eq!(affected(&ask("model:google/bert")).len(), 2);
    assert_eq!(affected(&ask("pkg:pypi/torch@2.1.0")).len(), 3);
    assert_eq!(affected(&ask("licence:apache-2.0")).len(), 3);
    ask("dataset:nobody/has").exits(0);
    ask("sha256:nothing").exits(2);
    let shown = ["impact", "dataset:leaked/mails", "--hub", &hub.host, "--plain-http"];
    let table = client.run(shown).exits(1).stdout;
    assert!(table.contains("1 version contains it, 1 descends from those, of 3"), "{table}");
    assert!(table.contains("trained-on") && table.contains("README.md"), "{table}");
    let brief = client.run(shown.iter().copied().chain(["-q"])).exits(1).stdout;
    let lines: Vec<&str> = brief.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("team/base@sha256:"), "{brief}");
    let address = format!("http://{}", hub.host);
    let named_so =
        client.run(["impact", "dataset:leaked/mails", "--hub", &address]).exits(1).stdout;
    assert_eq!(named_so, table, "an address says how it is reached");
    let csv = client.run(shown.iter().copied().chain(["--format", "csv"])).exits(1).stdout;
    assert_eq!(csv.trim_end().lines().count(), 3, "{csv}");
    let (_, same) = crate::hub_common::get(
        &hub.host,
        "/api/v1/impact?of=dataset:leaked/mails&format=csv",
        None,
    );
    assert_eq!(same, csv, "the hub gives the same bytes");

    // What was made from the stored rows is what was made while they came.
    let data = ["--data", "data"];
    server.run(["hub", "reindex"].iter().chain(&data).copied()).exits(0);
    assert_eq!(affected(&ask("dataset:leaked/mails")), affected(&found));

    let base = format!("{}/team/base:v1", hub.host);
    let placed =
        client.run(["quarantine", &base, "--reason", "leaked mails", "--plain-http"]).exits(0);
    assert!(placed.stderr.contains("/team/tuned@sha256:"), "what descends is named: {placed}");
    let act = format!("{}/team/tuned:v1", hub.host);
    let placed =
        ["quarantine", &act, "--reason", "leaked mails", "--plain-http", "--format", "json"];
    let placed = client.run(placed).exits(0);
    assert_eq!(placed.json()["concerned"], serde_json::json!([]), "{placed}");
    let refused = Sandbox::new().run(["pull", &act, "--plain-http"]);
    assert!(refused.stderr.contains("leaked mails"), "{refused}");
}

#[test]
fn kits_are_found_by_words_and_facets() {
    let (_server, client, hub) = stage();
    let wait = ["impact", "x", "--hub", &hub.host, "--plain-http", "--format", "json"];
    settled(&client, &wait);
    let search = |args: &[&str]| {
        let ends = ["--hub", &hub.host, "--plain-http", "--format", "json"];
        client.run(["search"].iter().chain(args).chain(&ends).copied())
    };
    let names = |run: &Run| {
        let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let hits = found["hits"].as_array().unwrap();
        let mut names: Vec<String> =
            hits.iter().map(|hit| hit["repository"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&search(&[]).exits(0)), ["team/base", "team/tuned", "x/other"]);
    assert_eq!(names(&search(&["invoices", "tuned"]).exits(0)), ["team/tuned"]);
    assert_eq!(names(&search(&["--facet", "dataset=own/notes"])), ["team/tuned", "x/other"]);
    assert_eq!(names(&search(&["--below", "team", "--facet", "format=safetensors"])).len(), 2);
    search(&["nothing"]).exits(1);
    let brief =
        |word| client.run(["search", word, "--hub", &hub.host, "--plain-http", "--quiet"]).stdout;
    assert!(brief("tuned").trim_end().starts_with("team/tuned@sha256:"), "{}", brief("tuned"));
    assert_eq!(brief("nothing"), "");
    let table =
        ["search", "--hub", &hub.host, "--plain-http", "--below", "team", "--format", "csv"];
    let table = client.run(table).exits(0).stdout;
    let (_, same) = crate::hub_common::get(&hub.host, "/api/v1/search?below=team&as=csv", None);
    assert_eq!((&same, table.lines().count()), (&table, 3), "{table}");
    let wrong = client.run(["search", "--facet", "colour=red"]).exits(2);
    assert!(wrong.stderr.contains("architecture"), "{wrong}");
}

#[test]
fn tensors_of_compressed_layers_are_compared() {
    let (server, client) = (Sandbox::new(), Sandbox::new());
    let hub = Hub::open(&server, &[]);
    for (tag, compression, weights) in
        [("plain", "none", "weights1"), ("gzip", "gzip", "weights1"), ("zstd", "zstd", "weights2")]
    {
        folder(&client, tag, "google/bert", "own/notes", weights);
        let full = format!("{}/k:{tag}", hub.host);
        client.run(["pack", tag, "-t", &full, "--compression", compression]).exits(0);
        client.run(["push", &full, "--plain-http"]).exits(0);
    }
    let compared = |a: &str, b: &str| -> serde_json::Value {
        let path = format!("/api/v1/compare/tensors?a=k:{a}&b=k:{b}");
        let begun = Instant::now();
        loop {
            let found: serde_json::Value =
                serde_json::from_str(&crate::hub_common::get(&hub.host, &path, None).1).unwrap();
            let sides = [&found["a"], &found["b"]];
            let done = |side: &&serde_json::Value| side["waiting"] != true && side["count"] == 1;
            if sides.iter().all(|side| done(side) && side["unhashed"] == 0)
                || begun.elapsed() > Duration::from_mins(1)
            {
                return found;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    let same = compared("plain", "gzip");
    assert_eq!(
        (&same["tally"]["unchanged"], &same["b"]["incomplete"]),
        (&1.into(), &false.into()),
        "{same:#}"
    );
    let changed = compared("gzip", "zstd");
    assert_eq!(changed["tally"]["changed"], 1, "{changed:#}");
    // What this machine holds is hashed for the question.
    let table = "/api/v1/kits/k/versions/gzip/tensors";
    let table: serde_json::Value =
        serde_json::from_str(&crate::hub_common::get(&hub.host, table, None).1).unwrap();
    assert_eq!(table["files"][0]["hashed"], "whole", "{table:#}");
    let digest = table["tensors"][0]["digest"].as_str().unwrap().to_owned();
    let asked = |more: &[&str]| {
        let args = ["impact", digest.as_str(), "--format", "json"];
        let found = client.run(args.iter().chain(more).copied()).exits(1).json();
        let affected = found["affected"].as_array().unwrap().clone();
        let held = |one: &serde_json::Value| {
            assert_eq!(one["tensors"][0]["name"], "w", "{one:#}");
            assert!(one["tensors"][0]["layer"].as_str().unwrap().starts_with("sha256:"));
            one["tags"][0].as_str().unwrap().to_owned()
        };
        let mut tags: Vec<_> = affected.iter().map(held).collect();
        tags.sort();
        tags
    };
    assert_eq!(asked(&["--hub", &hub.host, "--plain-http"]), ["gzip", "plain"]);
    assert_eq!(asked(&[]), ["gzip", "plain"]);
    let nobody = format!("tensor:blake3:{}", "0".repeat(64));
    client.run(["impact", &nobody]).exits(0);
    let wrong = client.run(["impact", "tensor:w"]).exits(2);
    assert!(wrong.stderr.contains("blake3:"), "{wrong}");
    // One file alone out of a compressed layer.
    let file = "/api/v1/kits/k/versions/zstd/files/requirements.txt";
    assert_eq!(crate::hub_common::get(&hub.host, file, None), (200, "torch==2.1.0\n".to_owned()));
}

#[test]
fn a_policy_is_tried_on_what_a_hub_holds() {
    let (_server, client, hub) = stage();
    settled(&client, &["impact", "x", "--hub", &hub.host, "--plain-http", "--format", "json"]);
    client.write(
        "strict.yaml",
        "schemaVersion: 1\nname: strict\nrules:\n  - {id: signed, check: {signers: {}}}\n",
    );
    let tried = |more: &[&str]| {
        let args = ["policy", "test", "strict.yaml", "--hub", &hub.host, "--plain-http"];
        client.run(args.iter().chain(more).copied())
    };
    let shown = tried(&[]).exits(1);
    assert!(
        shown.stderr.contains("would refuse 3 of 3 versions; allowed now of those: 3"),
        "{shown}"
    );
    let found = tried(&["--below", "x", "--format", "json"]).exits(1).json();
    assert_eq!(found["versions"].as_array().unwrap().len(), 1);
    assert_eq!(found["versions"][0]["repository"], "x/other");
    client.write("open.yaml", "schemaVersion: 1\nname: open\nmode: warn\nrules:\n  - {id: signed, check: {signers: {}}}\n");
    client.run(["policy", "test", "open.yaml", "--hub", &hub.host, "--plain-http"]).exits(0);
    tried(&["--facts", "x.json"]).exits(2);
    client.write("broken.yaml", "rules: [");
    client.run(["policy", "test", "broken.yaml", "--hub", &hub.host, "--plain-http"]).exits(2);
}

#[test]
fn the_catalogue_outlives_the_hub_and_is_made_again_where_it_is_lost() {
    let (server, client) = (Sandbox::new(), Sandbox::new());
    let first = Hub::open(&server, &[]);
    folder(&client, "base", "google/bert", "leaked/mails", "weights1");
    push(&client, &first, "base", "team/base:v1");
    // Killed at once: what was not looked at yet is looked at by the next.
    drop(first);
    let ask = |hub: &Hub| {
        let args = [
            "impact",
            "dataset:leaked/mails",
            "--hub",
            &hub.host,
            "--plain-http",
            "--format",
            "json",
        ];
        let begun = Instant::now();
        loop {
            let found = affected(&settled(&client, &args));
            if !found.is_empty() || begun.elapsed() > Duration::from_mins(1) {
                return found;
            }
        }
    };
    let wanted = [("team/base".to_owned(), 0)];
    let second = Hub::open(&server, &[]);
    assert_eq!(ask(&second), wanted);
    drop(second);
    for damage in [None, Some("no database")] {
        let file = server.work().join("data").join("catalog.db");
        match damage {
            None => std::fs::remove_file(&file).unwrap(),
            Some(text) => std::fs::write(&file, text).unwrap(),
        }
        assert_eq!(ask(&Hub::open(&server, &[])), wanted);
    }
}

#[test]
fn nobody_learns_of_what_they_may_not_read() {
    let (server, client) = (Sandbox::new(), Sandbox::new());
    let hub = Hub::start(&server, &[]);
    let all = token(&server, "ci", "write:*");
    log_in(&client, &hub.host, "ci", &all).exits(0);
    folder(&client, "base", "google/bert", "leaked/mails", "weights1");
    push(&client, &hub, "base", "team/secret:v1");
    push(&client, &hub, "base", "open/base:v1");
    let question =
        ["impact", "dataset:leaked/mails", "--hub", &hub.host, "--plain-http", "--format", "json"];
    let begun = Instant::now();
    while affected(&settled(&client, &question)).len() < 2 && begun.elapsed().as_secs() < 60 {}
    assert_eq!(affected(&client.run(question)).len(), 2);
    let reader = Sandbox::new();
    log_in(&reader, &hub.host, "guest", &token(&server, "guest", "read:open")).exits(0);
    let found = reader.run(question);
    assert_eq!(affected(&found), [("open/base".to_owned(), 0)]);
    let listed = ["search", "--hub", &hub.host, "--plain-http", "--format", "json"];
    let listed = reader.run(listed).exits(0);
    for text in [&found.stdout, &listed.stdout] {
        assert!(!text.contains("secret"), "{text}");
    }
    Sandbox::new().run(question).exits(2);
}

#[test]
fn without_a_hub_the_local_store_is_looked_through() {
    let client = Sandbox::new();
    folder(&client, "base", "google/bert", "leaked/mails", "weights1");
    client.run(["pack", "base", "-t", "base:v1"]).exits(0);
    folder(&client, "tuned", "base", "own/notes", "weights2");
    client.run(["pack", "tuned", "-t", "tuned:v1"]).exits(0);
    let found = client.run(["impact", "dataset:leaked/mails", "--format", "json"]).exits(1);
    assert_eq!(affected(&found), [("base".to_owned(), 0), ("tuned".to_owned(), 1)]);
    let named = ["impact", "dataset:leaked/mails", "tuned:v1", "--format", "json"];
    client.run(named).exits(0);
    client.run(["impact", "dataset:leaked/mails", "gone:v1"]).exits(2);
    let shown = client.run(["search", "invoices"]).exits(0);
    assert!(shown.stdout.contains("tuned") && shown.stdout.contains("Apache-2.0"), "{shown}");
}

#[test]
fn a_question_is_read_as_people_type_it_and_what_nobody_knows_is_no_no() {
    let client = Sandbox::new();
    folder(&client, "base", "google/bert", "leaked/mails", "weights1");
    client.run(["pack", "base", "-t", "base:v1"]).exits(0);
    for question in [
        "package:torch@2.1",
        "torch==2.1.0+cpu",
        "https://huggingface.co/google/bert/tree/main",
        "pkg:huggingface/datasets/leaked/mails",
        "licence:Apache License 2.0",
        "base:v1",
    ] {
        let found = client.run(["impact", question, "--format", "json"]).exits(1);
        assert_eq!(affected(&found), [("base".to_owned(), 0)], "{question}");
    }
    for (question, reason) in [
        ("kit:bose:v1", "no kit `bose` is known; did you mean `base`?"),
        ("kit:base:v2", "no version `v2` of `base` is known; did you mean `v1`?"),
        ("finding:pickle-trunkated", "did you mean `pickle-truncated`?"),
        ("package:torch>=2", "write one version"),
        ("0123456789abcdef0123456789abcdef", "write `md5:…`"),
    ] {
        let open = client.run(["impact", question]).exits(2);
        assert!(open.stderr.contains(reason), "{open}");
    }
    for question in ["package:torch@2.10", "finding:pickle-truncated", "dataset:nobody/has"] {
        client.run(["impact", question]).exits(0);
    }
}
