//! Models whose tensors lie in several files: which of them there are, and the digest of all.

use crate::assembling::{Project, about, called, only, text, tie, values};
use sealkit_aibom::{Bom, Component, JudgeOptions, Kind, RelationKind, judge, name};
use sealkit_inspect::{FileInfo, Value, property};
use sealkit_oci::{Digest, LayerRole};
use sealkit_report::{Known, Outcome, Verdict};

const FIRST: &str = "model-00001-of-00003.safetensors";
const SECOND: &str = "model-00002-of-00003.safetensors";
const THIRD: &str = "model-00003-of-00003.safetensors";

fn shard(project: &mut Project, path: &str, parameters: u64) {
    project.says(path, "safetensors", |pen| {
        pen.measured(property::PARAMETERS, Value::Uint(parameters));
        pen.about("F16", property::PARAMETERS_OF_TYPE, Value::Uint(parameters));
        pen.measured(property::TENSORS, Value::Uint(1));
    });
}

/// A model whose shards are parts of their own, as the Kitfile of a folder of the hub has them.
fn apart(shards: &[(&str, &str)]) -> Project {
    let mut project = Project::folder();
    for (at, file) in shards.iter().enumerate() {
        let role = if at == 0 { LayerRole::Model } else { LayerRole::ModelPart };
        project.part(role, file.0, &[*file]);
        shard(&mut project, file.0, 10);
    }
    project
}

fn index(project: &mut Project, path: &str, shards: &[&str]) {
    project.says(path, "shard-index", |pen| {
        for shard in shards {
            let file = FileInfo { path: (*shard).to_owned(), ..FileInfo::default() };
            pen.declared("/weight_map", property::FILE_REFERENCE, Value::File(file));
        }
    });
}

fn model(bom: &Bom) -> &Component {
    only(bom, Kind::Model)
}

fn unknown<'a>(model: &'a Component, what: &str) -> Vec<&'a str> {
    model.of(name::UNKNOWN).filter(|p| p.subject == what).filter_map(|p| p.as_text()).collect()
}

fn tree(lines: &[(&str, &str)]) -> String {
    let lines = lines
        .iter()
        .map(|(path, bytes)| format!("{}  {path}\n", Digest::of(bytes.as_bytes()).hex()));
    Digest::of(lines.collect::<String>().as_bytes()).to_string()
}

#[test]
fn the_version_and_the_address_are_of_all_shards() {
    let files = [(FIRST, "1"), (SECOND, "2"), (THIRD, "3")];
    let bom = apart(&files).bom();
    let one = model(&bom);
    let version = one.first(property::VERSION).unwrap();
    assert_eq!((version.value.to_string(), version.known()), (tree(&files), Known::Inferred));
    assert_eq!(version.evidence.as_ref().unwrap().place, "tree of 3 files");
    assert!(one.purl.as_ref().unwrap().ends_with(&tree(&files)), "{:?}", one.purl);
    assert_eq!(values(one, property::PARAMETERS), ["30"]);
    // What is stated of the part are its own bytes.
    assert_eq!(one.sha256(), Some(Digest::of(b"1")));

    let other = apart(&[(FIRST, "1"), (SECOND, "2"), (THIRD, "x")]).bom();
    assert_ne!(model(&other).purl, one.purl, "one shard differs");
    let packed = apart(&files).packed().bom();
    assert_eq!(model(&packed).first(property::VERSION).unwrap().value, version.value);
}

/// The same where nobody read the files whole, as of a kit elsewhere without a trusted file table.
fn unread(mut project: Project) -> Project {
    for file in project.parts.iter_mut().filter_map(|part| part.files.as_mut()).flatten() {
        file.2 = None;
    }
    project
}

#[test]
fn a_version_that_could_not_be_computed_contradicts_none() {
    let mut whole = apart(&[(FIRST, "1"), (SECOND, "2"), (THIRD, "3")]);
    whole.part(LayerRole::Code, "src", &[("src/d/a.parquet", "a"), ("src/d/b.parquet", "b")]);
    for path in ["src/d/a.parquet", "src/d/b.parquet"] {
        whole.says(path, "parquet", |_| {});
    }
    let whole = whole.packed();
    let (stated, made) = (whole.bom(), unread(whole).bom());
    for kind in [Kind::Model, Kind::Dataset] {
        let one = only(&made, kind);
        assert_eq!(unknown(one, property::VERSION), ["not every file of it was read whole"]);
        assert!(
            one.first(property::VERSION).is_none()
                && only(&stated, kind).first(property::VERSION).is_some()
        );
    }
    for (stated, made) in [(&stated, &made), (&made, &stated)] {
        let report = judge(stated, made, &JudgeOptions::default());
        assert_eq!(report.verdict(), Verdict::Unknown, "{report:#?}");
        assert!(report.steps.iter().all(|step| step.outcome != Outcome::Fail));
    }
}

#[test]
fn networks_of_a_pipeline_are_models_of_their_own() {
    let files = [
        ("p/model_index.json", "{}"),
        ("p/unet/diffusion_pytorch_model.safetensors", "1"),
        ("p/unet/diffusion_pytorch_model.bin", "1b"),
        ("p/vae/diffusion_pytorch_model.safetensors", "2"),
        ("p/text_encoder/model.safetensors", "3"),
        ("p/README.md", "x"),
    ];
    let mut project = Project::folder();
    project.named(LayerRole::Model, "p", "sd", &files);
    for (at, parameters) in [(1, 8600), (3, 840), (4, 70)] {
        shard(&mut project, files[at].0, parameters);
    }
    project.says(files[2].0, "pytorch", |_| {});
    project.says("p/README.md", "model-card", |pen| {
        pen.declared("/license", property::LICENCE, text("MIT"));
    });
    let bom = project.bom();
    for (name, parameters) in [("unet", "8600"), ("vae", "840"), ("text_encoder", "70")] {
        let network = called(&bom, Kind::Model, name);
        assert_eq!(values(network, property::PARAMETERS), [parameters], "{name}");
        assert!(network.first(property::SHARDS).is_none(), "{name}");
        assert_eq!(network.of(name::VARIANT_OF).count(), 0, "{name}");
        let whole = called(&bom, Kind::Model, "sd");
        assert!(tie(&bom, whole, RelationKind::Contains, network).is_some());
    }
    let whole = called(&bom, Kind::Model, "sd");
    assert_eq!(values(whole, property::LICENCE), ["MIT"]);
    // Another format of a network is a variant of that one.
    let variants: Vec<_> = bom.of_kind(Kind::Model).flat_map(|m| m.of(name::VARIANT_OF)).collect();
    assert_eq!(variants.len(), 1);
    assert_eq!(variants[0].value.to_string(), "unet");
}

#[test]
fn numbered_checkpoints_are_models_of_their_own() {
    let mut project = Project::folder();
    let files = [("epoch.01.safetensors", "1"), ("epoch.02.safetensors", "2")];
    project.part(LayerRole::Model, ".", &files);
    for (path, _) in files {
        shard(&mut project, path, 100);
    }
    let bom = project.bom();
    let parameters: Vec<_> =
        bom.of_kind(Kind::Model).flat_map(|model| values(model, property::PARAMETERS)).collect();
    assert_eq!(parameters, ["100", "100"]);
    assert!(bom.of_kind(Kind::Model).all(|model| model.uint(property::SHARDS).is_none()));
}

#[test]
fn a_model_in_one_file_has_its_digest() {
    let mut project = Project::folder();
    project.part(LayerRole::Model, "model.safetensors", &[("model.safetensors", "w")]);
    project.part(LayerRole::Docs, "README.md", &[("README.md", "# T")]);
    shard(&mut project, "model.safetensors", 1);
    let bom = project.bom();
    let version = model(&bom).first(property::VERSION).unwrap();
    assert_eq!(version.value.to_string(), Digest::of(b"w").to_string());
    assert_eq!(version.evidence.as_ref().unwrap().file, "model.safetensors");
}

#[test]
fn where_a_shard_is_not_there_no_sum_is_said() {
    let bom = apart(&[(FIRST, "1"), (THIRD, "3")]).bom();
    let one = model(&bom);
    assert_eq!(unknown(one, property::PARAMETERS), ["1 of 3 files with weights are not there"]);
    for said in [property::PARAMETERS, property::TENSORS, property::PARAMETERS_OF_TYPE] {
        assert_eq!(values(one, said), [""; 0], "{said}");
    }
    assert_eq!(about(one, property::PARAMETERS_OF_TYPE, "F16"), None);
}

#[test]
fn an_index_tells_of_shards_whose_names_do_not() {
    let mut project = apart(&[("a.safetensors", "1")]);
    project.part(LayerRole::ModelPart, "i.json", &[("i.json", "{}"), ("b.bin", "b")]);
    index(&mut project, "i.json", &["a.safetensors", "gone.safetensors"]);
    let bom = project.bom();
    assert_eq!(
        unknown(model(&bom), property::PARAMETERS),
        ["1 of 2 files with weights are not there"]
    );
    // An index of other files says nothing of this model.
    project.facts.remove("i.json");
    index(&mut project, "i.json", &["other-1.safetensors", "b.bin"]);
    let bom = project.bom();
    assert_eq!(values(model(&bom), property::PARAMETERS), ["10"]);
}

#[test]
fn what_is_not_listed_may_be_there() {
    let mut project = apart(&[(FIRST, "1"), (THIRD, "3")]);
    project.part(LayerRole::Code, "src", &[]);
    project.parts.last_mut().unwrap().files = None;
    assert_eq!(values(model(&project.bom()), property::PARAMETERS), ["20"]);
}

fn onnx(project: &mut Project, outside: &str) {
    project.says("m.onnx", "onnx", |pen| {
        pen.measured(property::PARAMETERS, Value::Uint(512));
        pen.about("w", property::EXTERNAL_DATA, text(outside));
        pen.declared("graph/initializer", property::EXTERNAL_DATA, text(outside));
    });
}

#[test]
fn tensors_in_another_file_are_content_of_the_model() {
    let make = |weights: &str| {
        let mut project = Project::folder();
        project.part(LayerRole::Model, "m.onnx", &[("m.onnx", "graph")]);
        project.part(LayerRole::ModelPart, "m.onnx.data", &[("m.onnx.data", weights)]);
        onnx(&mut project, "m.onnx.data");
        project.bom()
    };
    let bom = make("weights");
    let one = model(&bom);
    let expected = tree(&[("m.onnx", "graph"), ("m.onnx.data", "weights")]);
    assert_eq!(one.first(property::VERSION).unwrap().value.to_string(), expected);
    assert_eq!(values(one, property::PARAMETERS), ["512"]);
    assert_eq!(one.uint(property::SHARDS), None, "it is no shard");
    assert_eq!(unknown(one, property::EXTERNAL_DATA), [""; 0]);
    assert_ne!(model(&make("other")).purl, one.purl);
}

#[test]
fn tensors_in_a_file_that_is_not_there_are_named() {
    let mut project = Project::folder();
    project.part(LayerRole::Model, "m.onnx", &[("m.onnx", "graph")]);
    onnx(&mut project, "../../etc/weights");
    let bom = project.bom();
    let expected = "`../../etc/weights`, which holds tensors, is not there";
    assert_eq!(unknown(model(&bom), property::EXTERNAL_DATA), [expected]);
}

#[test]
fn variables_of_a_saved_model_are_content_of_it() {
    let make = |weights: &str| {
        let files = [
            ("s/saved_model.pb", "graph"),
            ("s/variables/variables.data-00000-of-00001", weights),
            ("s/variables/variables.index", "i"),
        ];
        let mut project = Project::folder();
        project.part(LayerRole::Code, "s", &files);
        project.says(files[0].0, "tensorflow-saved-model", |_| {});
        project.bom()
    };
    let (bom, other) = (make("a"), make("b"));
    let expected = tree(&[
        ("saved_model.pb", "graph"),
        ("variables/variables.data-00000-of-00001", "a"),
        ("variables/variables.index", "i"),
    ]);
    assert_eq!(model(&bom).first(property::VERSION).unwrap().value.to_string(), expected);
    assert_ne!(model(&bom).sha256(), model(&other).sha256());
}
