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
        "import subprocess\n\nfor verb in ([\"check\"], [\"unpack\", \"-d\", \"{FOLDER}\"]):\n    \
         subprocess.run([\"sealkit\", *verb, \"{pinned}\"], check=True)"
    );
    let way = |tool, about, commands| Way { tool, about, commands };
    vec![
        way(
            "SealKit",
            "",
            vec![
                format!("sealkit check {pinned}"),
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
        "initContainers:\n  - name: check\n    image: SEALKIT\n    args: [\"check\", \"{pinned}\"]\n  \
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
    let is_known = known.is_some_and(|known| !known.architectures.is_empty());
    let path = ending(".safetensors").filter(|_| is_known)?;
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let load = format!(
        "from transformers import AutoModel\n\nmodel = AutoModel.from_pretrained(\n    {}, local_files_only=True, \
         trust_remote_code=False, use_safetensors=True\n)",
        literal(folder)
    );
    let about = "Reads safetensors and runs no code that the kit brought.";
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
        library(&detail(role, path), None, "h/k@d").map(|way| way.commands.join("\n"))
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
    fn every_tool_names_the_version_by_digest() {
        for way in tools("h/k@sha256:0") {
            assert!(way.commands.iter().any(|text| text.contains("h/k@sha256:0")), "{}", way.tool);
        }
    }
}
