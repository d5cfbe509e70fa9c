//! Libraries, containers and runs.

use crate::assembling::{
    Project, about, called, full, known, only, origin, package, text, tie, values,
};
use sealkit_aibom::{
    BomCodec as _, Completeness, CycloneDx, EncodeOptions, Kind, Property, RelationKind, name,
};
use sealkit_inspect::{PackageInfo, Scope, Value, property};
use sealkit_oci::LayerRole;
use sealkit_report::{Known, Severity};

#[test]
fn lock_files_become_libraries_with_hashes_and_edges() {
    let bom = full().bom();
    let (code, torch) = (only(&bom, Kind::Code), called(&bom, Kind::Library, "torch"));
    let numpy = called(&bom, Kind::Library, "num-py");
    assert_eq!(torch.purl.as_deref(), Some("pkg:pypi/torch@2.1.0"));
    assert_eq!(values(torch, property::VERSION), ["2.1.0"]);
    assert_eq!(torch.hashes[0].evidence.as_ref().unwrap().known, Known::Declared);
    assert!(tie(&bom, code, RelationKind::DependsOn, torch).is_some());
    assert!(tie(&bom, torch, RelationKind::DependsOn, numpy).is_some());
    assert!(tie(&bom, code, RelationKind::DependsOn, numpy).is_none(), "another brings it");
    let complete = |c: &&sealkit_aibom::Composition| {
        c.completeness == Completeness::Complete && c.origins.contains(&code.id)
    };
    assert!(bom.compositions.iter().any(|c| complete(&c)));
    let file = called(&bom, Kind::File, "src/uv.lock");
    assert_eq!(file.of(property::PACKAGE).count(), 0);
    assert_eq!(about(file, "left-out", property::PACKAGE).as_deref(), Some("2"));
}

#[test]
fn a_package_in_lock_manifest_and_import_is_one_and_the_lock_wins() {
    let mut project = full();
    project.parts[2].files.as_mut().unwrap().push(("src/pyproject.toml".into(), 1, None));
    project.says("src/pyproject.toml", "pyproject", |pen| {
        let wanted = PackageInfo {
            requirement: Some(">=2".into()),
            direct: true,
            ..package("pypi", "Torch", None)
        };
        pen.about("pypi:Torch", property::PACKAGE, Value::Package(wanted));
        pen.declared("/project/name", property::NAME, text("not the model"));
    });
    let bom = project.bom();
    let torch = called(&bom, Kind::Library, "torch");
    assert_eq!(torch.of(property::PACKAGE).count(), 2);
    let first = torch.first(property::PACKAGE).unwrap().evidence.as_ref().unwrap();
    assert_eq!(first.file, "src/uv.lock");
    assert_eq!(values(torch, property::IMPORT), ["torch"]);
    assert_eq!(torch.first(property::IMPORT).unwrap().known(), Known::Inferred);
    assert_eq!(
        bom.of_kind(Kind::Library).filter(|c| c.name.eq_ignore_ascii_case("torch")).count(),
        1
    );
    assert!(!values(only(&bom, Kind::Model), property::NAME).contains(&"not the model".into()));
}

#[test]
fn without_a_lock_file_the_list_is_known_to_lack_something() {
    let mut project = full();
    project.facts.remove("src/uv.lock");
    project.says("src/uv.lock", "pip-requirements", |pen| {
        let wanted = PackageInfo { requirement: Some(">1".into()), ..package("pypi", "x", None) };
        pen.about("pypi:x", property::PACKAGE, Value::Package(wanted));
    });
    let bom = project.bom();
    let code = only(&bom, Kind::Code);
    let of = |how| {
        let all = bom.compositions.iter().filter(move |c| c.completeness == how);
        all.flat_map(|c| &c.origins).any(|id| *id == code.id)
    };
    assert!(of(Completeness::Incomplete) && !of(Completeness::Complete));
    assert_eq!(called(&bom, Kind::Library, "x").purl.as_deref(), Some("pkg:pypi/x"));
}

#[test]
fn scopes_two_versions_and_images_keep_apart() {
    let mut project = full();
    project.says("src/uv.lock", "", |pen| {
        for (version, direct) in [("1.0.0", true), ("2.0.0", false)] {
            let info = PackageInfo {
                direct,
                scope: Scope::Development,
                ..package("npm", "@a/b", Some(version))
            };
            pen.about("npm:@a/b", property::PACKAGE, Value::Package(info));
        }
        let image = PackageInfo { direct: true, ..package("docker", "python", Some("3.12")) };
        pen.about("docker:python", property::PACKAGE, Value::Package(image));
    });
    project.says("src/train.py", "", |pen| {
        pen.about("npm:@a/b", property::PACKAGE, Value::Package(package("npm", "@a/b", None)));
    });
    let bom = project.bom();
    let all: Vec<_> = bom.of_kind(Kind::Library).filter(|c| c.name == "@a/b").collect();
    assert_eq!(all.len(), 2);
    let asked = all.iter().find(|c| c.text(property::VERSION) == Some("1.0.0")).unwrap();
    assert_eq!(asked.of(property::PACKAGE).count(), 2, "what has no version is the direct one");
    let tied = tie(&bom, only(&bom, Kind::Code), RelationKind::DependsOn, asked).unwrap();
    assert_eq!(tied.role.as_deref(), Some("development"));
    assert_eq!(only(&bom, Kind::Container).purl.as_deref(), Some("pkg:docker/python@3.12"));
}

#[test]
fn settings_name_libraries_that_the_model_needs() {
    let mut project = full();
    project.says("model/model.safetensors", "", |pen| {
        pen.declared("p", property::PRODUCER, text("pytorch"));
        pen.declared("v", property::PRODUCER_VERSION, text("2.1.0"));
    });
    let bom = project.bom();
    let model = only(&bom, Kind::Model);
    let transformers = called(&bom, Kind::Library, "transformers");
    assert_eq!(transformers.purl.as_deref(), Some("pkg:pypi/transformers@4.40.0"));
    let tied = tie(&bom, model, RelationKind::DependsOn, transformers);
    assert_eq!(known(tied), Some(Known::Declared));
    // The version that weights name is the one that the lock file has: one component.
    let torch = called(&bom, Kind::Library, "torch");
    assert!(tie(&bom, model, RelationKind::DependsOn, torch).is_some());
    assert_eq!(torch.of(property::PACKAGE).count(), 2);
}

#[test]
fn records_of_a_trainer_are_a_run_and_settings_of_the_model() {
    let mut project = full();
    project.parts[0].files.as_mut().unwrap().push(("model/run/trainer_state.json".into(), 1, None));
    project.says("model/run/trainer_state.json", "trainer-state", |pen| {
        pen.about("learning_rate", property::HYPERPARAMETER, Value::Float(2e-5));
        pen.declared("/total_flos", property::TRAINING_FLOPS, Value::Float(1e9));
    });
    let bom = project.bom();
    let model = only(&bom, Kind::Model);
    let rate = about(model, property::HYPERPARAMETER, "learning_rate");
    assert_eq!(rate.as_deref(), Some("0.00002"));
    let [run] = bom.runs.as_slice() else { panic!("{:?}", bom.runs) };
    assert_eq!((run.activity.as_str(), run.name.as_str()), ("fine-tuning", "fine-tuning of mini"));
    assert_eq!(run.outputs, std::slice::from_ref(&model.id));
    let base = only(&bom, Kind::BaseModel);
    let data = called(&bom, Kind::ExternalDataset, "s2orc");
    assert!(run.inputs.contains(&base.id) && run.inputs.contains(&data.id));
    assert!(run.inputs.contains(&only(&bom, Kind::Dataset).id));
    assert_eq!(run.properties.len(), 2);
}

#[test]
fn a_verified_statement_is_a_run_and_counts_most() {
    let mut project = full();
    project.says("model/README.md", "", |pen| {
        pen.about("epochs", property::HYPERPARAMETER, Value::Uint(1));
    });
    let base = crate::assembling::origin("org/base", None);
    let mut said = crate::assembling::statement(&[
        (property::BASE_MODEL, base),
        (property::HYPERPARAMETER, Value::Uint(3)),
        (property::COMMIT, text("abc")),
        (property::PACKAGE, Value::Package(package("pypi", "trainer", Some("9")))),
    ]);
    said.facts[1].subject = "epochs".into();
    project.attested = vec![said];
    let bom = project.bom();
    let model = only(&bom, Kind::Model);
    let epochs: Vec<&Property> =
        model.of(property::HYPERPARAMETER).filter(|p| p.subject == "epochs").collect();
    assert_eq!(epochs[0].known(), Known::Attested);
    assert_eq!(epochs[0].value, Value::Uint(3));
    assert_eq!(epochs.len(), 2);
    assert_eq!(values(&bom.subject, property::COMMIT), ["abc"]);
    let trainer = called(&bom, Kind::Library, "trainer");
    assert_eq!(known(tie(&bom, model, RelationKind::DependsOn, trainer)), Some(Known::Attested));
    let base = only(&bom, Kind::BaseModel);
    assert_eq!(known(tie(&bom, model, RelationKind::DerivedFrom, base)), Some(Known::Attested));
    let [run] = bom.runs.as_slice() else { panic!("{:?}", bom.runs) };
    assert!(run.inputs.contains(&base.id));
    assert!(run.properties.iter().all(|p| p.known() == Known::Attested));
}

#[test]
fn packages_beside_a_model_are_what_it_needs() {
    let mut project = full();
    let file = ("model/requirements.txt".to_owned(), 1, None);
    project.parts[0].files.as_mut().unwrap().push(file);
    project.says("model/requirements.txt", "pip-requirements", |pen| {
        let info = PackageInfo { direct: true, ..package("pypi", "mlflow", Some("2.9")) };
        pen.about("pypi:mlflow", property::PACKAGE, Value::Package(info));
    });
    project.part(LayerRole::Docs, "requirements.txt", &[("requirements.txt", "x")]);
    project.says("requirements.txt", "pip-requirements", |pen| {
        let info = PackageInfo { direct: true, ..package("pypi", "rich", Some("1")) };
        pen.about("pypi:rich", property::PACKAGE, Value::Package(info));
    });
    let bom = project.bom();
    let mlflow = called(&bom, Kind::Library, "mlflow");
    assert!(tie(&bom, only(&bom, Kind::Model), RelationKind::DependsOn, mlflow).is_some());
    let rich = called(&bom, Kind::Library, "rich");
    assert!(tie(&bom, &bom.subject, RelationKind::DependsOn, rich).is_some());
}

#[test]
fn a_pipeline_tells_what_each_stage_read_and_wrote() {
    let mut project = full();
    project.part(LayerRole::Code, "dvc.lock", &[("dvc.lock", "stages")]);
    let file = |path: &str| {
        Value::File(sealkit_inspect::FileInfo { path: path.into(), ..Default::default() })
    };
    project.says("dvc.lock", "dvc", |pen| {
        let stage = |pen: &mut crate::assembling::Pen<'_>, place: &str, property, value| {
            pen.declared(&format!("/stages/fit/{place}"), property, value);
        };
        stage(pen, "cmd", property::TRAINING_PROCEDURE, text("python train.py"));
        stage(pen, "deps/0", property::FILE_REFERENCE, file("data"));
        stage(pen, "deps/1", property::FILE_REFERENCE, file("src/train.py"));
        stage(pen, "outs/0", property::FILE_REFERENCE, file("./model"));
        stage(pen, "params/params.yaml/lr", property::HYPERPARAMETER, Value::Float(0.1));
        pen.declared("/stages/check/deps/0", property::FILE_REFERENCE, file("nowhere"));
    });
    let bom = project.bom();
    let [check, fit] = [1, 0].map(|at| &bom.runs[at]);
    let (fit, check) = if fit.name == "fit" { (fit, check) } else { (check, fit) };
    assert_eq!((fit.activity.as_str(), check.activity.as_str()), ("training", "other"));
    let script = called(&bom, Kind::File, "src/train.py");
    assert!(fit.inputs.contains(&only(&bom, Kind::Dataset).id) && fit.inputs.contains(&script.id));
    assert_eq!(fit.outputs, std::slice::from_ref(&only(&bom, Kind::Model).id));
    assert!(fit.properties.iter().any(|p| p.as_text() == Some("python train.py")));
    assert!(check.inputs.is_empty());
}

#[test]
fn the_folders_of_one_tracked_run_are_one_run() {
    let mut project = full();
    let id = "0123456789abcdef0123456789abcdef";
    let paths = ["meta.yaml", "params/lr", "metrics/acc"].map(|p| format!("src/mlruns/0/{id}/{p}"));
    for path in &paths {
        project.parts[2].files.as_mut().unwrap().push((path.clone(), 1, None));
    }
    project.says(&paths[0], "mlflow-run", |pen| {
        pen.declared("/run_name", property::NAME, text("brave-cat-7"));
    });
    project.says(&paths[1], "mlflow-run", |pen| {
        pen.about("lr", property::HYPERPARAMETER, text("0.1"));
    });
    project.says(&paths[2], "mlflow-run", |pen| {
        let metric = sealkit_inspect::MetricInfo { name: "acc".into(), ..Default::default() };
        pen.declared("line 1", property::METRIC, Value::Metric(metric));
    });
    let bom = project.bom();
    let [run] = bom.runs.as_slice() else { panic!("{:?}", bom.runs) };
    assert_eq!(run.name, "brave-cat-7");
    assert_eq!(run.properties.len(), 2);
    let model = only(&bom, Kind::Model);
    assert!(!values(model, property::NAME).contains(&"brave-cat-7".to_owned()));
    assert_eq!(about(model, property::HYPERPARAMETER, "lr").as_deref(), Some("0.1"));
}

#[test]
fn each_run_of_a_tracker_s_database_is_a_run_and_speaks_for_no_model() {
    let mut project = full();
    project.part(LayerRole::Code, "mlflow.db", &[("mlflow.db", "db")]);
    project.says("mlflow.db", "mlflow-store", |pen| {
        for (run, rate) in [("a", 1), ("b", 2)] {
            let at = |key: &str| format!("runs/{run}/{key}");
            pen.declared(&at("run_uuid"), property::RUN_ID, text(run));
            pen.declared(&at("name"), property::NAME, text(&format!("run {run}")));
            pen.facts.about(
                "tracked-rate",
                Known::Declared,
                ("mlflow.db", &at("params/tracked-rate")),
                (property::HYPERPARAMETER, Value::Uint(rate)),
            );
        }
    });
    let bom = project.bom();
    let rates = |name: &str| -> Vec<String> {
        let runs: Vec<_> = bom.runs.iter().filter(|run| run.name == name).collect();
        assert_eq!(runs.len(), 1, "{name}");
        assert!(runs[0].outputs.is_empty() && runs[0].inputs.is_empty());
        let all = runs[0].properties.iter().filter(|p| p.subject == "tracked-rate");
        all.map(|p| p.value.to_string()).collect()
    };
    assert_eq!(rates("run a"), ["1"]);
    assert_eq!(rates("run b"), ["2"]);
    let model = only(&bom, Kind::Model);
    assert_eq!(about(model, property::HYPERPARAMETER, "tracked-rate"), None);
    assert!(!values(model, property::NAME).iter().any(|name| name.starts_with("run ")));
}

#[test]
fn why_a_file_was_not_read_to_its_end_is_said() {
    let mut project = full();
    let facts = project.facts.entry("model/README.md".to_owned()).or_default();
    facts.find("card-link", Severity::Low, ("model/README.md", "line 9"), "an odd link");
    facts.find(
        "front-matter",
        Severity::Medium,
        ("model/README.md", "line 1"),
        "a key stands twice",
    );
    facts.incomplete = true;
    let bom = project.bom();
    let card = called(&bom, Kind::File, "model/README.md");
    let why = card.first(name::UNREADABLE).unwrap();
    assert_eq!(why.as_text(), Some("a key stands twice"));
    assert_eq!(why.evidence.as_ref().unwrap().place, "line 1");
}

#[test]
fn a_package_is_needed_as_much_as_who_needs_it_most() {
    let mut project = Project::folder();
    project.part(LayerRole::Code, "src", &[("src/a.py", "x"), ("src/b.txt", "y")]);
    for (path, scope) in [("src/a.py", Scope::Development), ("src/b.txt", Scope::Runtime)] {
        project.says(path, "pip-requirements", |pen| {
            let info = PackageInfo { direct: true, scope, ..package("pypi", "x", Some("1")) };
            pen.about("pypi:x", property::PACKAGE, Value::Package(info));
        });
    }
    let bom = project.bom();
    let bytes = CycloneDx::V1_6.encode(&bom, &EncodeOptions::default()).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let all = json["components"].as_array().unwrap();
    let library = all.iter().find(|component| component["name"] == "x").unwrap();
    assert_eq!(library["scope"], "required");
    assert_eq!(only(&bom, Kind::Library).of(property::PACKAGE).count(), 2);
}

#[test]
fn a_commit_of_git_stands_beside_the_version_in_the_package_url() {
    let mut project = Project::folder();
    project.part(LayerRole::Code, "src", &[("src/uv.lock", "y")]);
    project.says("src/uv.lock", "uv-lock", |pen| {
        let source = Some("git+https://h.example/o/x@0123".to_owned());
        let info = PackageInfo { source, ..package("pypi", "x", Some("1.2.3")) };
        pen.about("pypi:x", property::PACKAGE, Value::Package(info));
    });
    let bom = project.bom();
    let library = only(&bom, Kind::Library);
    assert_eq!(values(library, property::VERSION), ["1.2.3"]);
    let purl = "pkg:pypi/x@1.2.3?vcs_url=git%2Bhttps:%2F%2Fh.example%2Fo%2Fx%400123";
    assert_eq!(library.purl.as_deref(), Some(purl));
}

#[test]
fn a_repository_of_github_is_none_of_a_hub() {
    let mut project = full();
    project.says("src/train.py", "", |pen| {
        let name = "https://github.com/Ultralytics/yolov5";
        pen.declared("line 4", property::LOADS_MODEL, origin(name, None));
    });
    let bom = project.bom();
    let model = only(&bom, Kind::ExternalModel);
    assert_eq!(model.purl.as_deref(), Some("pkg:github/ultralytics/yolov5"));
    assert!(model.first(name::HUB_ID).is_none());
}
