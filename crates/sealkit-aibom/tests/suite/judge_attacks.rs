//! One lie after the other is written into a document of each format: the step that is for it says no.

use crate::assembling::{Project, full, package};
use sealkit_aibom::{
    Bom, BomCodec, CODECS, Component, ComponentId, EncodeOptions, Hash, HashAlgorithm,
    JudgeOptions, Kind, Property, Relation, RelationKind, judge, name,
};
use sealkit_inspect::{Value, property};
use sealkit_oci::LayerRole;
use sealkit_report::{Known, Outcome, Verdict};

/// What is told otherwise, and the step that fails.
type Attack = (&'static str, fn(&mut Bom), &'static str);

/// The project with old weights beside, and a version of its data.
fn project() -> Project {
    let mut project = full();
    project.part(LayerRole::ModelPart, "old", &[("old/old.bin", "pickle")]);
    project.says("old/old.bin", "pytorch", |pen| {
        pen.measured(property::CAN_RUN_CODE, Value::Bool(true));
        pen.measured(property::CALLABLE, Value::Text("collections.OrderedDict".to_owned()));
        pen.measured(property::CALLABLE, Value::Text("os.system".to_owned()));
    });
    project.says("model/model.safetensors", "", |pen| {
        pen.measured(property::DTYPE, Value::Text("F32".to_owned()));
        pen.measured(property::CAN_RUN_CODE, Value::Bool(false));
    });
    project.says("model/config.json", "", |pen| {
        pen.declared("/max_position_embeddings", property::CONTEXT_LENGTH, Value::Uint(512));
    });
    project.says("src/uv.lock", "", |pen| {
        let more = Value::Package(package("pypi", "more", Some("3.0")));
        pen.about("pypi:more", property::PACKAGE, more);
    });
    project.packed()
}

fn of<'a>(bom: &'a mut Bom, kind: Kind, name: &str) -> &'a mut Component {
    let fits = |c: &&mut Component| c.kind == kind && (name.is_empty() || c.name == name);
    bom.components.iter_mut().find(fits).unwrap()
}

fn claim<'a>(component: &'a mut Component, name: &str) -> &'a mut Property {
    component.properties.iter_mut().find(|p| p.name == name).unwrap()
}

fn sha(digit: char) -> Hash {
    Hash::new(HashAlgorithm::Sha256, &digit.to_string().repeat(64), None).unwrap()
}

fn say(bom: &mut Bom, kind: Kind, of_name: &str, property: &str, value: Value) {
    let component = of(bom, kind, of_name);
    let mut found = false;
    for claim in component.properties.iter_mut().filter(|p| p.name == property) {
        claim.value = value.clone();
        found = true;
    }
    assert!(found, "{of_name} has no {property}");
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

const WEIGHTS: &str = "model/model.safetensors";

fn of_bytes() -> Vec<Attack> {
    vec![
        ("another kit", |bom| bom.subject.hashes = vec![sha('f')], "subject"),
        (
            "other bytes of the weights",
            |bom| of(bom, Kind::File, WEIGHTS).hashes = vec![sha('f')],
            "file-hashes",
        ),
        ("another size", |bom| of(bom, Kind::File, WEIGHTS).size = Some(1), "file-hashes"),
        (
            "a file less",
            |bom| {
                let gone = of(bom, Kind::File, "src/train.py").id.clone();
                bom.components.retain(|component| component.id != gone);
                bom.relations.retain(|tie| tie.to != gone && tie.from != gone);
            },
            "files-listed",
        ),
        (
            "a file more",
            |bom| {
                let mut more = of(bom, Kind::File, "src/train.py").clone();
                more.id = ComponentId("file:more".to_owned());
                "src/more.py".clone_into(&mut more.name);
                more.path = Some("src/more.py".to_owned());
                more.hashes = vec![sha('f')];
                bom.components.push(more);
            },
            "files-listed",
        ),
        (
            "a file elsewhere",
            |bom| {
                let file = of(bom, Kind::File, "src/train.py");
                file.path = Some("src/serve.py".to_owned());
                "src/serve.py".clone_into(&mut file.name);
            },
            "files-listed",
        ),
        (
            "another layer",
            |bom| of(bom, Kind::Model, "mini").hashes = vec![sha('f')],
            "part-digests",
        ),
    ]
}

fn of_weights() -> Vec<Attack> {
    vec![
        (
            "fewer parameters",
            |bom| say(bom, Kind::Model, "mini", property::PARAMETERS, Value::Uint(7)),
            "claims-parameters",
        ),
        (
            "another type of number",
            |bom| say(bom, Kind::File, WEIGHTS, property::DTYPE, text("BF16")),
            "claims-parameters",
        ),
        (
            "another format",
            |bom| say(bom, Kind::File, "old/old.bin", property::FORMAT, text("safetensors")),
            "claims-format",
        ),
        (
            "weights that run nothing",
            |bom| say(bom, Kind::File, "old/old.bin", property::CAN_RUN_CODE, Value::Bool(false)),
            "claims-code",
        ),
        (
            "a function less",
            |bom| {
                let old = of(bom, Kind::File, "old/old.bin");
                old.properties.retain(|p| p.as_text() != Some("os.system"));
            },
            "claims-code",
        ),
        (
            "another licence",
            |bom| say(bom, Kind::Model, "mini", property::LICENCE, text("MIT")),
            "declared-values",
        ),
    ]
}

fn of_words() -> Vec<Attack> {
    vec![
        (
            "fewer rows",
            |bom| say(bom, Kind::Dataset, "pairs", property::ROWS, Value::Uint(7)),
            "claims-data",
        ),
        (
            "another version of the data",
            |bom| say(bom, Kind::Dataset, "pairs", name::DATA_VERSION, text(&sha('f').to_string())),
            "claims-data",
        ),
        (
            "another task",
            |bom| claim(of(bom, Kind::Model, "mini"), property::TASK).value = text("chat"),
            "declared-values",
        ),
        (
            "another name",
            |bom| "great".clone_into(&mut of(bom, Kind::Model, "mini").name),
            "declared-values",
        ),
    ]
}

fn of_origins() -> Vec<Attack> {
    vec![
        (
            "another base model",
            |bom| {
                let base = of(bom, Kind::BaseModel, "org/base");
                "org/better".clone_into(&mut base.name);
                base.purl = Some("pkg:huggingface/org/better".to_owned());
                base.properties.retain(|p| p.name != property::BASE_MODEL);
            },
            "declared-values",
        ),
        (
            "no base model",
            |bom| bom.relations.retain(|tie| tie.kind != RelationKind::DerivedFrom),
            "lineage",
        ),
        (
            "trained on nothing",
            |bom| bom.relations.retain(|tie| tie.kind != RelationKind::TrainedOn),
            "lineage",
        ),
        (
            "a library less",
            |bom| {
                let gone = of(bom, Kind::Library, "more").id.clone();
                bom.components.retain(|component| component.id != gone);
                bom.relations.retain(|tie| tie.to != gone && tie.from != gone);
            },
            "dependencies",
        ),
        (
            "another version of a library",
            |bom| {
                let library = of(bom, Kind::Library, "more");
                library.purl = Some("pkg:pypi/more@4.0".to_owned());
                claim(library, property::VERSION).value = text("4.0");
            },
            "declared-values",
        ),
    ]
}

fn of_evidence() -> Vec<Attack> {
    vec![
        (
            "a model that comes from itself",
            |bom| {
                let model = of(bom, Kind::Model, "mini").id.clone();
                let base = of(bom, Kind::BaseModel, "org/base").id.clone();
                let tie = Relation::new(&base, RelationKind::DerivedFrom, &model);
                let known = bom.relations.iter().find(|tie| tie.from == model).unwrap();
                bom.relations.push(tie.because(known.evidence.clone()));
            },
            "graph",
        ),
        (
            "a value that nobody said",
            |bom| claim(of(bom, Kind::Model, "mini"), property::TASK).evidence = None,
            "evidence",
        ),
        (
            "a declared value that is called measured",
            |bom| {
                let task = claim(of(bom, Kind::Model, "mini"), property::TASK);
                task.evidence.as_mut().unwrap().known = Known::Measured;
            },
            "declared-values",
        ),
    ]
}

fn attacks() -> Vec<Attack> {
    [of_bytes(), of_weights(), of_words(), of_origins(), of_evidence()].concat()
}

fn judged(codec: &dyn BomCodec, stated: &Bom, made: &Bom) -> sealkit_report::Report {
    let bytes = codec.encode(stated, &EncodeOptions::default()).unwrap();
    let read = codec.decode(&bytes).unwrap();
    judge(&read, made, &JudgeOptions::default())
}

#[test]
fn every_lie_is_told_by_the_step_that_is_for_it() {
    let made = project().bom();
    for codec in CODECS {
        let honest = judged(*codec, &made, &made);
        assert_eq!(honest.verdict(), Verdict::Yes, "{}: {honest:#?}", codec.name());
        for (what, attack, wanted) in attacks() {
            let mut stated = made.clone();
            attack(&mut stated);
            let report = judged(*codec, &stated, &made);
            let at = format!("{} {what}", codec.name());
            assert_ne!(report.verdict(), Verdict::Yes, "{at}");
            let told = |step: &&sealkit_report::Step| {
                matches!(step.outcome, Outcome::Fail | Outcome::Unknown)
            };
            let ids: Vec<_> =
                report.steps.iter().filter(told).map(|step| step.id.as_str()).collect();
            assert!(ids.contains(&wanted), "{at}: {ids:?} {report:#?}");
            let step = report.steps.iter().find(|step| step.id == wanted && told(step)).unwrap();
            assert!(!step.reason.is_empty() && !step.subjects.is_empty(), "{at}: {step:?}");
        }
    }
}

#[test]
fn a_document_that_two_readers_could_read_in_two_ways_is_none() {
    let made = project().bom();
    for codec in CODECS {
        let bytes = codec.encode(&made, &EncodeOptions::default()).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        for key in ["name", "bom-ref", "hashes", "components", "spdxId", "verifiedUsing", "@graph"]
        {
            let field = format!("\"{key}\": ");
            if !text.contains(&field) {
                continue;
            }
            let twice = text.replacen(&field, &format!("\"{key}\": null, \"{key}\": "), 1);
            assert!(codec.decode(twice.as_bytes()).is_err(), "{} {key}", codec.name());
        }
    }
}
