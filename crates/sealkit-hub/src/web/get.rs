//! How to get a version: the commands of one tool, by digest, and how to run what is in it.

use maud::{Markup, html};
use sealkit_api::{KitDetail, KitFacts};
use sealkit_report::is_deceptive;

use super::text::{command, quoted};

/// Where the commands unpack to.
const FOLDER: &str = "kit";

/// One tool, and what to do with it.
struct Way {
    tool: &'static str,
    about: &'static str,
    commands: Vec<String>,
}

/// The commands, one tool open at a time, without a script.
pub(super) fn ways(pinned: &str, detail: &KitDetail, known: Option<&KitFacts>) -> Markup {
    let mut ways = tools(pinned);
    ways.extend(library(detail, known, pinned));
    html! {
        div.ways { @for (at, way) in ways.iter().enumerate() {
            details name="get" open[at == 0] {
                summary { (way.tool) }
                @if !way.about.is_empty() { p.quiet { (way.about) } }
                @for text in &way.commands { (command(text)) }
            }
        } }
    }
}

fn tools(pinned: &str) -> Vec<Way> {
    let unpack = format!("sealkit unpack {pinned} -d {FOLDER}");
    let python = format!(
        "import subprocess\n\nfor verb in ([\"check\", \"--remote\"], [\"unpack\", \"-d\", \"{FOLDER}\"]):\n    \
         subprocess.run([\"sealkit\", *verb, \"{pinned}\"], check=True)"
    );
    let way = |tool, about, commands| Way { tool, about, commands };
    vec![
        way(
            "SealKit",
            "",
            vec![
                format!("sealkit check --remote {pinned}"),
                format!("sealkit pull {pinned}"),
                unpack.clone(),
            ],
        ),
        way(
            "One file",
            "Reads its bytes out of the layer; the rest is not pulled.",
            vec![
                format!("sealkit files --remote {pinned}"),
                format!("sealkit files --remote --output=FILE {pinned} -- PATH"),
            ],
        ),
        way(
            "Docker",
            "A kit is files and no image: it is unpacked, and mounted where it can only be read. The same for podman.",
            vec![
                unpack,
                format!(
                    "docker run --rm --mount type=bind,src=\"$PWD/{FOLDER}\",dst=/{FOLDER},readonly IMAGE"
                ),
            ],
        ),
        way(
            "Kubernetes",
            "Init containers check it and unpack it; the pod does not start where the check does not say yes. \
             SEALKIT is an image with sealkit as its entry point, APP your own.",
            vec![pod(pinned)],
        ),
        way("Kit", "", vec![format!("kit unpack {pinned} -d {FOLDER}")]),
        way("skopeo", "", vec![format!("skopeo copy docker://{pinned} oci:{FOLDER}")]),
        way("oras", "", vec![format!("oras copy {pinned} --to-oci-layout {FOLDER}:kit")]),
        way("Python", "", vec![python]),
    ]
}

/// The part of a pod's specification that brings the kit.
fn pod(pinned: &str) -> String {
    format!(
        "initContainers:\n  - name: check\n    image: SEALKIT\n    args: [\"check\", \"--remote\", \"{pinned}\"]\n  \
         - name: unpack\n    image: SEALKIT\n    args: [\"unpack\", \"{pinned}\", \"-d\", \"/{FOLDER}\"]\n    \
         volumeMounts: [{{name: kit, mountPath: /{FOLDER}}}]\ncontainers:\n  - name: app\n    image: APP\n    \
         volumeMounts: [{{name: kit, mountPath: /{FOLDER}, readOnly: true}}]\nvolumes:\n  \
         - name: kit\n    emptyDir: {{}}"
    )
}

/// How the library that reads this model loads what was unpacked; none where no file of it is of such a kind, or its
/// path should not be copied.
fn library(detail: &KitDetail, known: Option<&KitFacts>, pinned: &str) -> Option<Way> {
    let models =
        detail.layers.iter().filter(|layer| matches!(layer.role.as_str(), "model" | "modelpart"));
    let paths = models.filter_map(|layer| layer.path.as_deref());
    let paths: Vec<&str> = paths.filter(|path| !path.contains(is_deceptive)).collect();
    let ending =
        |end: &str| paths.iter().copied().find(|path| path.to_ascii_lowercase().ends_with(end));
    let unpack = format!("sealkit unpack {pinned} -d {FOLDER}");
    if let Some(path) = ending(".gguf") {
        let run = format!("llama-cli -m {}", quoted(&format!("{FOLDER}/{path}")));
        return Some(Way { tool: "llama.cpp", about: "", commands: vec![unpack, run] });
    }
    if let Some(path) = ending(".onnx") {
        let load = format!(
            "import onnxruntime\n\nsession = onnxruntime.InferenceSession({})",
            literal(path)
        );
        return Some(Way { tool: "ONNX Runtime", about: "", commands: vec![unpack, load] });
    }
    let known = known.filter(|known| !known.architectures.is_empty())?;
    known.formats.iter().find(|format| format.eq_ignore_ascii_case("safetensors"))?;
    // A part is a folder, or a file in one.
    let path = *paths.first()?;
    let folder = match path.rsplit_once('/') {
        Some((folder, file)) if file.contains('.') => folder,
        None if path.contains('.') => "",
        _ => path,
    };
    let load = format!(
        "from transformers import AutoModel\n\nmodel = AutoModel.from_pretrained(\n    {}, local_files_only=True, \
         trust_remote_code=False, use_safetensors=True\n)",
        literal(folder)
    );
    let about = "It reads safetensors alone, and runs no code that the kit brought.";
    Some(Way { tool: "transformers", about, commands: vec![unpack, load] })
}

/// A path below the folder as a literal of Python: what JSON escapes Python reads alike.
fn literal(path: &str) -> String {
    let path = if path.is_empty() { FOLDER.to_owned() } else { format!("{FOLDER}/{path}") };
    serde_json::Value::String(path).to_string()
}

#[cfg(test)]
mod tests {
    use sealkit_api::{Layer, SCHEMA_VERSION};
    use sealkit_oci::{Annotations, Digest};

    use super::*;

    fn detail(role: &str, path: &str) -> KitDetail {
        let digest = Digest::of(b"x");
        let (role, path) = (role.to_owned(), Some(path.to_owned()));
        let layer =
            Layer { digest: digest.clone(), media_type: String::new(), size: 1, role, path };
        KitDetail {
            schema_version: SCHEMA_VERSION,
            name: "k".to_owned(),
            digest,
            artifact_type: String::new(),
            size: 1,
            quarantine: None,
            kitfile: serde_json::Value::Null,
            layers: vec![layer],
            annotations: Annotations::default(),
        }
    }

    fn commands(role: &str, path: &str) -> Option<String> {
        with(role, path, None)
    }

    fn with(role: &str, path: &str, known: Option<&KitFacts>) -> Option<String> {
        library(&detail(role, path), known, "h/k@d").map(|way| way.commands.join("\n"))
    }

    #[test]
    fn a_path_is_one_word_whatever_it_holds() {
        let gguf = commands("model", "a b/$(rm).gguf").unwrap();
        assert!(gguf.ends_with("llama-cli -m 'kit/a b/$(rm).gguf'"), "{gguf}");
        let onnx = commands("modelpart", "m\"); import os #.ONNX").unwrap();
        assert!(onnx.ends_with("InferenceSession(\"kit/m\\\"); import os #.ONNX\")"), "{onnx}");
        assert_eq!(commands("model", "a\u{202e}.gguf"), None);
        assert_eq!(commands("dataset", "a.gguf"), None);
        assert_eq!(commands("model", "m.safetensors"), None, "nobody knows what it is");
    }

    #[test]
    fn a_model_of_a_known_family_is_loaded_from_its_folder() {
        let known = |formats: &[&str], architectures: &[&str]| KitFacts {
            schema_version: SCHEMA_VERSION,
            name: "k".to_owned(),
            digest: Digest::of(b"x"),
            cataloged: true,
            parameters: None,
            dtypes: Vec::new(),
            architectures: architectures.iter().map(|&name| name.to_owned()).collect(),
            formats: formats.iter().map(|&name| name.to_owned()).collect(),
            licences: Vec::new(),
            base_models: Vec::new(),
            datasets: Vec::new(),
            context_length: None,
            problem: None,
        };
        let vit = known(&["safetensors"], &["vit"]);
        for (path, folder) in [
            ("model", "\"kit/model\","),
            ("m.safetensors", "\"kit\","),
            ("a/b/m.safetensors", "\"kit/a/b\","),
            ("a/b", "\"kit/a/b\","),
        ] {
            assert!(with("model", path, Some(&vit)).unwrap().contains(folder), "{path}");
        }
        assert_eq!(with("model", "model", Some(&known(&["pickle"], &["vit"]))), None);
        assert_eq!(with("model", "model", Some(&known(&["safetensors"], &[]))), None);
    }

    #[test]
    fn every_tool_names_the_version_by_digest() {
        for way in tools("h/k@sha256:0") {
            assert!(way.commands.iter().any(|text| text.contains("h/k@sha256:0")), "{}", way.tool);
        }
    }
}
