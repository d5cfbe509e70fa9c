//! `sealkit import` of Hugging Face repositories and folders, from outside.

use std::fs;

use crate::common::{Run, Sandbox};
use crate::hf_hub::{COMMIT, Conduct, FakeHub, LATER, Stored, large, small};
use sealkit_oci::Digest;
use serde_json::json;

fn weights() -> Vec<u8> {
    (0..300_000_u32).map(|number| (number % 251) as u8).collect()
}

fn model() -> Vec<(&'static str, Stored)> {
    vec![
        ("model.safetensors", large(weights())),
        ("config.json", small(r#"{"model_type":"bert","architectures":["BertModel"]}"#)),
        ("README.md", small("---\nlicense: mit\n---\n# Card\n")),
        (".gitattributes", small("*.safetensors filter=lfs\n")),
        ("onnx/model.onnx", large("onnx bytes")),
    ]
}

fn import(sandbox: &Sandbox, hub: &FakeHub, args: &[&str]) -> Run {
    let args = [&["import"], args, &["--endpoint", hub.endpoint()]].concat();
    sandbox.run_with(args, &[("NO_PROXY", "127.0.0.1")], "")
}

fn unpacked(sandbox: &Sandbox, path: &str, reference: &str) -> Vec<u8> {
    let run = sandbox.run(["inspect", reference]).exits(0);
    let layers = run.json()["manifest"]["layers"].as_array().unwrap().clone();
    let layer = layers
        .iter()
        .find(|layer| layer["annotations"]["org.cncf.model.filepath"] == path)
        .unwrap_or_else(|| panic!("no layer {path}: {run}"));
    let digest = layer["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
    fs::read(sandbox.home().join("store/blobs/sha256").join(digest)).unwrap()
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn a_repository_becomes_a_kit() {
    let sandbox = Sandbox::new();
    let conduct = Conduct { page: Some(2), busy: 1, ..Conduct::default() };
    let hub = FakeHub::new("models/Org/Tiny", &model(), conduct);
    let run = import(&sandbox, &hub, &["Org/Tiny"]).exits(0);
    assert!(run.stderr.contains("Using tag org/tiny:latest. Use flag --tag to override"), "{run}");
    assert!(run.stderr.contains("Model is packed as org/tiny:latest"), "{run}");
    let info = sandbox.run(["info", "org/tiny:latest"]).exits(0).stdout;
    for line in [
        "  name: Tiny\n",
        "  authors: [Org]\n",
        "  path: model.safetensors\n",
        "  license: MIT\n",
        "    architecture: bert\n",
    ] {
        assert!(info.contains(line), "{line} in {info}");
    }
    assert!(!info.contains("gitattributes"), "{info}");
    let layer = unpacked(&sandbox, "model.safetensors", "org/tiny:latest");
    assert!(holds(&layer, &weights()), "the bytes are those of the hub");
    let left = fs::read_dir(sandbox.home().join("imports/models/Org--Tiny")).unwrap();
    assert!(left.map(|e| e.unwrap().path()).all(|path| !path.is_dir()), "what was fetched is gone");
}

#[test]
fn a_token_stays_with_the_hub() {
    let sandbox = Sandbox::new();
    let conduct = Conduct { token: Some("hf_secret".to_owned()), ..Conduct::default() };
    let hub = FakeHub::new("models/org/tiny", &model(), conduct);
    let run = import(&sandbox, &hub, &["org/tiny"]).exits(1);
    assert!(run.stderr.contains("HTTP 401: Invalid username or password."), "{run}");
    assert!(run.stderr.contains("HF_TOKEN"), "{run}");
    import(&sandbox, &hub, &["org/tiny", "--token", "hf_secret"]).exits(0);
    let endpoint = hub.endpoint().to_owned();
    let environment = [("HF_TOKEN", "hf_secret"), ("HF_ENDPOINT", &endpoint), ("NO_PROXY", "*")];
    sandbox.run_with(["import", "org/tiny", "-t", "x:1"], &environment, "").exits(0);
    let (storage, api): (Vec<_>, Vec<_>) = hub.seen().into_iter().partition(|s| s.on_storage);
    assert!(storage.len() >= 4, "large files come from storage");
    assert!(storage.iter().all(|seen| seen.authorization.is_none()), "{storage:?}");
    assert!(api.iter().any(|seen| seen.authorization.as_deref() == Some("Bearer hf_secret")));
}

#[test]
fn a_wrong_large_file_is_named_and_nothing_is_packed() {
    for name in ["model.safetensors", "config.json"] {
        let sandbox = Sandbox::new();
        let conduct = Conduct { corrupt: vec![name.to_owned()], ..Conduct::default() };
        let hub = FakeHub::new("models/org/tiny", &model(), conduct);
        let run = import(&sandbox, &hub, &["org/tiny"]).exits(1);
        assert!(
            run.stderr.contains(&format!("file `{name}` is not what the repository says")),
            "{run}"
        );
        assert!(!sandbox.run(["list"]).exits(0).stdout.contains("tiny"));
        // Once the hub gives the right bytes, the same command succeeds.
        hub.conduct(|conduct| conduct.corrupt.clear());
        import(&sandbox, &hub, &["org/tiny"]).exits(0);
    }
}

#[test]
fn a_cut_connection_goes_on_where_it_broke() {
    let sandbox = Sandbox::new();
    let cut = [("model.safetensors".to_owned(), (100_000, 1))];
    let hub = FakeHub::new(
        "models/org/tiny",
        &model(),
        Conduct { cut: cut.into(), ..Conduct::default() },
    );
    import(&sandbox, &hub, &["org/tiny"]).exits(0);
    let ranges: Vec<_> =
        hub.seen().into_iter().filter(|s| s.on_storage).filter_map(|s| s.range).collect();
    assert_eq!(ranges, ["bytes=100000-"]);
    let layer = unpacked(&sandbox, "model.safetensors", "org/tiny:latest");
    assert!(holds(&layer, &weights()));
}

#[test]
fn a_second_run_goes_on_where_the_first_ended() {
    let sandbox = Sandbox::new();
    let hub = FakeHub::new("models/org/tiny", &model(), Conduct::default());
    // The first run ends at a wrong file; what came before it is whole.
    hub.conduct(|conduct| conduct.corrupt = vec!["config.json".to_owned()]);
    import(&sandbox, &hub, &["org/tiny", "--concurrency", "1"]).exits(1);
    let before = hub.seen().len();
    hub.conduct(|conduct| conduct.corrupt.clear());
    import(&sandbox, &hub, &["org/tiny"]).exits(0);
    let again = hub.seen().split_off(before);
    let readme = again.iter().filter(|seen| seen.path.contains("README.md")).count();
    assert_eq!(readme, 0, "what was whole is not fetched again: {again:?}");
}

#[test]
fn a_partial_file_of_an_earlier_run_is_gone_on_with() {
    let sandbox = Sandbox::new();
    let hub = FakeHub::new("models/org/tiny", &model(), Conduct::default());
    let partial = sandbox.home().join("imports/models/org--tiny").join(COMMIT).join("partial");
    let digest = Digest::of(&weights()).to_string();
    let key = Digest::of(format!("model.safetensors\0{digest}").as_bytes());
    fs::create_dir_all(&partial).unwrap();
    fs::write(partial.join(key.hex()), &weights()[..250_000]).unwrap();
    import(&sandbox, &hub, &["org/tiny"]).exits(0);
    let of_model: Vec<_> =
        hub.seen().into_iter().filter(|s| s.on_storage && s.path.contains("model.saf")).collect();
    assert_eq!(of_model.len(), 1);
    assert_eq!(of_model[0].range.as_deref(), Some("bytes=250000-"));
    let layer = unpacked(&sandbox, "model.safetensors", "org/tiny:latest");
    assert!(holds(&layer, &weights()));
}

#[test]
fn a_damaged_partial_file_is_fetched_anew() {
    let sandbox = Sandbox::new();
    let hub = FakeHub::new("models/org/tiny", &model(), Conduct::default());
    let stage = sandbox.home().join("imports/models/org--tiny").join(COMMIT);
    let digest = Digest::of(&weights()).to_string();
    let key = Digest::of(format!("model.safetensors\0{digest}").as_bytes());
    fs::create_dir_all(stage.join("partial")).unwrap();
    fs::create_dir_all(stage.join("files")).unwrap();
    fs::write(stage.join("partial").join(key.hex()), "not these bytes").unwrap();
    fs::write(stage.join("files/README.md"), "not this card either").unwrap();
    fs::write(stage.join("files/planted.md"), "not of the repository").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(sandbox.work(), stage.join("files/onnx")).unwrap();
    import(&sandbox, &hub, &["org/tiny"]).exits(0);
    let layer = unpacked(&sandbox, "model.safetensors", "org/tiny:latest");
    assert!(holds(&layer, &weights()));
    let info = sandbox.run(["info", "org/tiny:latest"]).exits(0).stdout;
    assert!(!info.contains("planted"), "what was left there is not packed: {info}");
    assert_eq!(fs::read_dir(sandbox.work()).unwrap().count(), 0, "no link was followed");
    let ranges: Vec<_> = hub.seen().into_iter().filter_map(|seen| seen.range).collect();
    assert!(!ranges.is_empty(), "it first tried to go on");
}

#[test]
fn the_commit_is_pinned_at_the_first_look() {
    let sandbox = Sandbox::new();
    let hub =
        FakeHub::new("models/org/tiny", &model(), Conduct { moves: true, ..Conduct::default() });
    import(&sandbox, &hub, &["org/tiny"]).exits(0);
    let later: Vec<_> = hub.seen().into_iter().skip(1).collect();
    assert!(later.iter().all(|seen| seen.path.contains(COMMIT)), "{later:?}");
    let layer = unpacked(&sandbox, "model.safetensors", "org/tiny:latest");
    assert!(holds(&layer, &weights()), "the bytes of the first commit");
}

#[test]
fn another_revision_is_asked_for_by_name() {
    let sandbox = Sandbox::new();
    let hub = FakeHub::new("models/org/tiny", &model(), Conduct::default());
    import(&sandbox, &hub, &["org/tiny", "--ref", "later"]).exits(0);
    assert!(hub.seen().iter().skip(1).all(|seen| seen.path.contains(LATER)));
    let run = import(&sandbox, &hub, &["org/tiny", "--ref", "nope"]).exits(1);
    assert!(run.stderr.contains("HTTP 404: Invalid rev id: nope"), "{run}");
}

#[test]
fn unsafe_names_are_refused_before_anything_is_fetched() {
    for path in ["../x", "/etc/x", "a/../../x", "a\\..\\x", "./x", "a//b", "C:/x", ""] {
        let sandbox = Sandbox::new();
        let oid = crate::hf_hub::git_oid(b"x");
        let extra = vec![json!({ "type": "file", "oid": oid, "size": 1, "path": path })];
        let hub =
            FakeHub::new("models/org/tiny", &model(), Conduct { extra, ..Conduct::default() });
        let run = import(&sandbox, &hub, &["org/tiny"]).exits(1);
        assert!(run.stderr.contains("unsafe name"), "{path}: {run}");
        assert!(hub.seen().iter().all(|seen| !seen.path.contains("resolve")), "{path}");
    }
}

#[test]
fn a_hub_that_lies_about_its_listing_is_refused() {
    let oid = crate::hf_hub::git_oid(b"x");
    for (extra, said) in [
        (
            json!({ "type": "file", "oid": oid, "size": 1, "path": "config.json" }),
            "one name for two files",
        ),
        (json!({ "type": "link", "oid": oid, "size": 1, "path": "y" }), "neither file nor folder"),
        (
            json!({ "type": "file", "oid": "zz", "size": 1, "path": "y" }),
            "an object id that is none",
        ),
        (
            json!({ "type": "file", "oid": oid, "path": "y", "lfs": { "oid": "ab", "size": 1 } }),
            "a digest that is none",
        ),
    ] {
        let sandbox = Sandbox::new();
        let conduct = Conduct { extra: vec![extra], ..Conduct::default() };
        let hub = FakeHub::new("models/org/tiny", &model(), conduct);
        let run = import(&sandbox, &hub, &["org/tiny"]).exits(1);
        assert!(run.stderr.contains(said), "{said}: {run}");
    }
}

#[test]
fn datasets_have_their_own_addresses() {
    let sandbox = Sandbox::new();
    let files =
        [("train.csv", small("a,b\n1,2\n")), ("README.md", small("---\nlicense: cc0-1.0\n---\n"))];
    let hub = FakeHub::new("datasets/org/rows", &files, Conduct::default());
    import(&sandbox, &hub, &["datasets/org/rows"]).exits(0);
    let info = sandbox.run(["info", "org/rows:latest"]).exits(0).stdout;
    assert!(info.contains("  - path: train.csv\n    license: CC0-1.0\n"), "{info}");
}

#[test]
fn a_kitfile_says_what_is_fetched() {
    let sandbox = Sandbox::new();
    let kitfile = "manifestVersion: 1.0.0\nmodel:\n  name: own\n  path: onnx/model.onnx\n";
    let mut files = model();
    files.push(("Kitfile", small(kitfile)));
    let hub = FakeHub::new("models/org/tiny", &files, Conduct::default());
    import(&sandbox, &hub, &["org/tiny"]).exits(0);
    assert!(sandbox.run(["info", "org/tiny:latest"]).exits(0).stdout.contains("name: own"));
    assert!(hub.seen().iter().all(|seen| !seen.path.contains("model.safetensors")), "not needed");
    let given = "manifestVersion: 1.0.0\ndocs:\n  - path: README.md\n";
    let args = ["import", "org/tiny", "-t", "given:1", "-f", "-", "--endpoint", hub.endpoint()];
    sandbox.run_with(args, &[("NO_PROXY", "*")], given).exits(0);
    assert!(sandbox.run(["info", "given:1"]).exits(0).stdout.contains("README.md"));
}

#[test]
fn the_provenance_names_the_commit_and_every_file() {
    let sandbox = Sandbox::new();
    let hub = FakeHub::new("models/org/tiny", &model(), Conduct::default());
    let run = import(&sandbox, &hub, &["org/tiny", "--attestation-output", "-"]).exits(0);
    let predicate = run.json();
    let build = &predicate["buildDefinition"];
    assert_eq!(build["buildType"], "https://sealkit.dev/import/v1");
    let resolved = build["resolvedDependencies"].as_array().unwrap();
    assert_eq!(resolved[0]["digest"]["gitCommit"], COMMIT);
    let file = resolved.iter().find(|entry| entry["name"] == "model.safetensors").unwrap();
    assert_eq!(file["digest"]["sha256"], Digest::of(&weights()).hex());
    assert!(
        file["uri"].as_str().unwrap().ends_with(&format!("/resolve/{COMMIT}/model.safetensors"))
    );
    let listed = sandbox.run(["inspect", "org/tiny:latest"]).exits(0).json();
    let digest = listed["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap().to_owned();
    assert_eq!(predicate["runDetails"]["byproducts"][0]["digest"]["sha256"], digest);
    import(&sandbox, &hub, &["org/tiny", "--attestation-output", "p.json"]).exits(0);
    assert!(sandbox.work().join("p.json").is_file());
}

#[test]
fn offline_opens_no_connection() {
    let sandbox = Sandbox::new();
    let hub = FakeHub::new("models/org/tiny", &model(), Conduct::default());
    let run = import(&sandbox, &hub, &["org/tiny", "--offline"]).exits(1);
    assert!(
        run.stderr.contains("offline: would have to look up revision `main` of `org/tiny`"),
        "{run}"
    );
    assert!(hub.seen().is_empty());
}

#[test]
fn a_folder_is_packed_and_left_as_it_is() {
    let sandbox = Sandbox::new();
    for index in 0..6 {
        sandbox.write(&format!("My-Model/file{index}"), "x");
    }
    sandbox.write("My-Model/.env", "SECRET=1\n");
    let run = sandbox.run(["import", "./My-Model"]).exits(0);
    assert!(run.stderr.contains("hidden files stay out of the kit: `.env`"), "{run}");
    let names = fs::read_dir(sandbox.work().join("My-Model")).unwrap().count();
    assert_eq!(names, 7, "nothing was written into the folder");
    let layer = unpacked(&sandbox, ".", "my-model:latest");
    assert!(holds(&layer, b"file3") && !holds(&layer, b"SECRET"));
    let run = sandbox.run(["import", "./nothing"]).exits(1);
    assert!(run.stderr.contains("`./nothing` is not a folder"), "{run}");
}
