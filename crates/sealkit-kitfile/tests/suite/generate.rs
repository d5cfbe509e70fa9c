//! Generation from a listing. The expected texts were written by `kit init` 1.15.0 for the same
//! folders, except where a test says that content decides.

use proptest::prelude::*;
use sealkit_kitfile::{Class, Facts, GenerateOptions, Listed, Value, generate};

fn file(path: &str, size: u64) -> Listed {
    Listed { path: path.to_owned(), size, ..Listed::default() }
}

fn is(path: &str, class: Class) -> Listed {
    Listed { class: Some(class), ..file(path, 10) }
}

fn folder(path: &str) -> Listed {
    Listed { is_dir: true, ..file(path, 0) }
}

fn yaml(listing: &[Listed]) -> String {
    generate(listing, &GenerateOptions::default()).kitfile.to_yaml()
}

const HEAD: &str = "manifestVersion: 1.0.0\n";

#[test]
fn names_decide_as_in_kit_init() {
    let names = [
        "AGENTS.md",
        "LICENSE",
        "README.md",
        "config.json",
        "d.csv",
        "doc.md",
        "m.onnx",
        "main.py",
        "t.mcpb",
        "x.Prompt.txt",
    ];
    let listing: Vec<Listed> = names.iter().rev().map(|name| file(name, 10)).collect();
    assert_eq!(
        yaml(&listing),
        format!(
            "{HEAD}model:\n  name: m\n  path: m.onnx\n  parts:\n    - path: config.json\n\
             code:\n  - path: main.py\ndatasets:\n  - path: d.csv\ndocs:\n  - path: LICENSE\n    \
             description: License file\n  - path: README.md\n    description: Readme file\n  \
             - path: doc.md\nprompts:\n  - path: AGENTS.md\n  - path: x.Prompt.txt\n\
             mcpServers:\n  - name: t\n    path: t.mcpb\n"
        )
    );
}

#[test]
fn folders_are_taken_as_a_whole() {
    let listing = [
        file("docs/x.py", 1),
        file("src/a.csv", 1),
        file("data/a.csv", 1),
        file("data/meta.json", 1),
        file("text/a.md", 1),
        file("mixed/a.csv", 1),
        file("mixed/b.onnx", 1),
        file("deep/er/a.csv", 1),
        file("mcp/a.mcpb", 1),
        folder("empty"),
    ];
    assert_eq!(
        yaml(&listing),
        format!(
            "{HEAD}model:\n  name: mixed/b\n  path: mixed/b.onnx\ncode:\n  - path: deep/\n  \
             - path: empty/\n  - path: mixed/\n  - path: src/\ndatasets:\n  - path: data/\n\
             docs:\n  - path: docs/\n  - path: text/\nmcpServers:\n  - name: mcp/a\n    \
             path: mcp/a.mcpb\n"
        )
    );
}

#[test]
fn depth_reads_folders_file_by_file() {
    let listing = [file("a/b/c.csv", 1), file("a/x.py", 1), file("a/README.md", 1)];
    let options = GenerateOptions { depth: 1, ..GenerateOptions::default() };
    assert_eq!(
        generate(&listing, &options).kitfile.to_yaml(),
        format!(
            "{HEAD}code:\n  - path: a/x.py\ndatasets:\n  - path: a/b/\ndocs:\n  \
             - path: a/README.md\n    description: Readme file\n"
        )
    );
}

#[test]
fn the_largest_model_leads_where_it_stands_out() {
    let adapter = [file("a.safetensors", 10), file("b.safetensors", 1000)];
    let kitfile = generate(&adapter, &GenerateOptions::default()).kitfile;
    let model = kitfile.model.unwrap_or_default();
    assert_eq!((model.name.as_str(), model.path.as_str()), ("b", "b.safetensors"));
    let shards = [file("m-1.safetensors", 100), file("m-2.safetensors", 101)];
    let kitfile = generate(&shards, &GenerateOptions::default()).kitfile;
    let model = kitfile.model.unwrap_or_default();
    assert_eq!((model.name.as_str(), model.path.as_str()), ("", "m-1.safetensors"));
    assert_eq!(model.parts.len(), 1);
    let huge = [file("a.onnx", u64::MAX), file("b.onnx", u64::MAX)];
    assert!(generate(&huge, &GenerateOptions::default()).kitfile.model.is_some());
}

#[test]
fn many_unknown_files_become_one_layer() {
    let few: Vec<Listed> = (0..5).map(|at| file(&format!("f{at}"), 1)).collect();
    assert_eq!(generate(&few, &GenerateOptions::default()).kitfile.code.len(), 5);
    let many: Vec<Listed> = (0..6).map(|at| file(&format!("f{at}"), 1)).collect();
    assert_eq!(yaml(&many), format!("{HEAD}code:\n  - path: .\n"));
}

#[test]
fn content_wins_over_the_name() {
    let listing = [
        is("weights.bin", Class::Model),
        is("notes.onnx", Class::Docs),
        is("tok.model", Class::Part),
        is("rows.dat", Class::Dataset),
        is("a.csv", Class::Unknown),
        is("run.txt", Class::Code),
    ];
    assert_eq!(
        yaml(&listing),
        format!(
            "{HEAD}model:\n  name: weights\n  path: weights.bin\n  parts:\n    - path: tok.model\n\
             code:\n  - path: run.txt\ndatasets:\n  - path: a.csv\n  - path: rows.dat\ndocs:\n  \
             - path: notes.onnx\n"
        )
    );
}

#[test]
fn weights_that_content_knows_are_preferred_as_the_model() {
    let listing = [file("m/big.json", 100_000), Listed { size: 50, ..is("m/w.bin", Class::Model) }];
    let model = generate(&listing, &GenerateOptions::default()).kitfile.model.unwrap_or_default();
    assert_eq!((model.path.as_str(), model.parts.len()), ("m/w.bin", 1));
}

#[test]
fn facts_fill_the_model() {
    let facts = Facts {
        name: Some("churn".into()),
        version: Some("2".into()),
        licence: Some("MIT".into()),
        framework: Some("onnxruntime".into()),
        format: Some("onnx".into()),
        description: Some("d".into()),
        parameters: Some(Value::Int(3)),
    };
    let listing = [Listed { facts, ..is("m.onnx", Class::Model) }];
    assert_eq!(
        yaml(&listing),
        format!(
            "{HEAD}model:\n  name: churn\n  path: m.onnx\n  license: MIT\n  \
             framework: onnxruntime\n  format: onnx\n  version: \"2\"\n  description: d\n  \
             parameters: 3\n"
        )
    );
}

#[test]
fn a_licence_goes_where_it_is_plain_what_it_is_for() {
    let licence = || is("COPYING", Class::Licence("Apache-2.0".into()));
    let of = |others: &[&str]| {
        let mut listing: Vec<Listed> = others.iter().map(|name| file(name, 1)).collect();
        listing.push(licence());
        generate(&listing, &GenerateOptions::default()).kitfile
    };
    assert_eq!(of(&["m.onnx", "d.csv"]).model.unwrap_or_default().license, "Apache-2.0");
    assert_eq!(of(&["d.csv"]).datasets[0].license, "Apache-2.0");
    assert_eq!(of(&["d.csv", "e.csv", "x.py"]).code[0].license, "Apache-2.0");
    assert_eq!(of(&["d.csv", "e.csv"]).package.license, "Apache-2.0");
    assert_eq!(of(&[]).docs[0].description, "License file");
}

#[test]
fn skills_become_prompts() {
    let facts = || Facts {
        name: Some("greet".into()),
        description: Some("says hello".into()),
        licence: Some("MIT".into()),
        ..Facts::default()
    };
    let root = [Listed { facts: facts(), ..file("SKILL.md", 1) }, file("x.py", 1)];
    assert_eq!(
        yaml(&root),
        format!(
            "{HEAD}package:\n  name: greet\n  description: says hello\n  license: MIT\nprompts:\n  \
             - name: greet\n    path: .\n    description: says hello\n"
        )
    );
    let below = [Listed { facts: facts(), ..file("greet/SKILL.md", 1) }];
    let kitfile = generate(&below, &GenerateOptions::default()).kitfile;
    assert_eq!(kitfile.prompts[0].path, "greet/");
    assert_eq!((kitfile.package.name.as_str(), kitfile.package.license.as_str()), ("greet", "MIT"));
    let mixed = [below[0].clone(), file("d.csv", 1)];
    let kitfile = generate(&mixed, &GenerateOptions::default()).kitfile;
    assert_eq!((kitfile.package.name.as_str(), kitfile.package.license.as_str()), ("", "MIT"));
}

#[test]
fn hidden_files_are_left_out_but_told() {
    let listing = [
        file(".env", 1),
        file(".git/config", 1),
        file("data/.cache/x", 1),
        file("data/a.csv", 1),
        file("other/.x/y", 1),
        file(".kitignore", 1),
    ];
    let generated = generate(&listing, &GenerateOptions::default());
    assert_eq!(generated.kitfile.to_yaml(), format!("{HEAD}datasets:\n  - path: data/\n"));
    // What lies in `data` is packed with it.
    assert_eq!(generated.hidden, [".env", ".git/config", "other/.x/y"]);
    let options = GenerateOptions { include_hidden: true, ..GenerateOptions::default() };
    let generated = generate(&listing, &options);
    assert!(generated.hidden.is_empty());
    assert!(generated.kitfile.code.iter().any(|code| code.path == ".env"));
}

#[test]
fn what_the_rules_leave_out_is_told() {
    let listing = [file("m/a.json", 1), file("m/a.mcpb", 1), file("Kitfile", 1), file("d.csv", 1)];
    let generated = generate(&listing, &GenerateOptions::default());
    assert_eq!(generated.left_out, ["m/a.json"]);
    assert!(generated.hidden.is_empty());
}

#[test]
fn hostile_listings_do_no_harm() {
    let deep = "a/".repeat(10_000) + "x.csv";
    let listing = [file(&deep, 1), file("../up.csv", 1), file("", 1), file("a", 1)];
    let options = GenerateOptions { depth: usize::MAX, ..GenerateOptions::default() };
    let kitfile = generate(&listing, &options).kitfile;
    assert!(kitfile.parts().iter().all(|part| !part.path.starts_with("..")));
    assert!(!kitfile.parts().is_empty());
}

proptest! {
    #[test]
    fn every_visible_file_lies_in_a_part(
        names in prop::collection::btree_set("[ab]{1,2}(/[ab]{1,2}){0,3}\\.(csv|onnx|md|py|json|mcpb)", 1..12),
        depth in 0_usize..4,
    ) {
        let listing: Vec<Listed> = names.iter().map(|name| file(name, 1)).collect();
        let options = GenerateOptions { depth, ..GenerateOptions::default() };
        let generated = generate(&listing, &options);
        let parts = generated.kitfile.parts();
        for name in &names {
            let packed = parts.iter().any(|part| sealkit_kitfile::path::is_within(name, &part.path));
            prop_assert!(packed != generated.left_out.contains(name), "{name} {parts:?}");
        }
        prop_assert!(generated.kitfile.validate().is_ok() || depth == 0);
    }
}
