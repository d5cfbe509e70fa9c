//! The commands that pages show: whoever copies one gets an answer, on a machine that has nothing of the kit.
#![cfg(feature = "hub")]

use crate::common::Sandbox;
use crate::hub_common::{Hub, get};
use crate::seal_common::{project, run};

/// What the page has for copying, in its order, each once.
fn commands(page: &str) -> Vec<String> {
    let blocks = page.split("aria-label=\"command\">").skip(1);
    let texts = blocks.filter_map(|rest| rest.split_once("</pre>")).map(|(text, _)| text);
    let plain =
        |text: &str| text.replace("&quot;", "\"").replace("&gt;", ">").replace("&amp;", "&");
    let mut all: Vec<String> = Vec::new();
    for text in texts.map(plain).filter(|text| text.starts_with("sealkit ")) {
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

#[test]
fn every_command_of_a_page_works_where_the_kit_never_was() {
    let (server, author) = (Sandbox::new(), Sandbox::new());
    let hub = Hub::open(&server, &[]);
    project(&author);
    run(&author, &["init", "project"]).exits(0);
    for tag in ["v1", "v2"] {
        let name = format!("{}/org/demo:{tag}", hub.host);
        author.write("project/README.md", format!("# A model, {tag}\n"));
        run(&author, &["pack", "project", "-t", &name]).exits(0);
        run(&author, &["push", &name, "--plain-http"]).exits(0);
    }
    let tabs = ["", "/files", "/aibom", "/security", "/provenance", "/lineage", "/attached"];
    let mut pages: Vec<String> = tabs.map(|tab| format!("/kits/org%2Fdemo/v1{tab}")).to_vec();
    pages.push("/kits/org%2Fdemo/v1/preview?file=README.md".to_owned());
    pages.push("/kits/org%2Fdemo/-/history".to_owned());
    pages.push("/compare?a=org/demo:v1&b=org/demo:v2".to_owned());
    pages.push("/compare/tensors?a=org/demo:v1&b=org/demo:v2".to_owned());
    let mut tried = 0;
    for path in pages {
        let (status, page) = get(&hub.host, &path, None);
        assert_eq!(status, 200, "{path}: {page}");
        let stranger = Sandbox::new();
        for command in commands(&page) {
            let words: Vec<&str> = command.split_whitespace().skip(1).collect();
            // Words in capitals are for who copies it to fill in.
            let is_open = |word: &str| ["FILE", "PATH", "AIBOM.cdx.json"].contains(&word);
            let is_ours = !["hub", "seal", "quarantine", "revoke"].contains(&words[0]);
            if is_ours && !words.iter().any(|word| is_open(word.rsplit('=').next().unwrap())) {
                let run = stranger.run(words);
                assert!(!run.stderr.contains("error:"), "{path}: {command}\n{run}");
                tried += 1;
            }
        }
    }
    assert!(tried >= 15, "{tried}");
}
