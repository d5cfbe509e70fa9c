//! Projects in memory, to be assembled.

pub(crate) mod any;

use std::collections::BTreeMap;

use sealkit_aibom::{
    Bom, Component, FileInput, Input, Kind, PartInput, Relation, RelationKind, Subject, Supplied,
    assemble,
};
use sealkit_inspect::{Facts, OriginInfo, PackageInfo, Value, property};
use sealkit_kitfile::{Code, Dataset, Docs, Kitfile, ModelPart, Part};
use sealkit_oci::{Descriptor, Digest, LayerRole, media_type};
use sealkit_report::{Evidence, Known};

/// One part with its files and their bytes.
#[derive(Clone, Debug)]
pub(crate) struct OwnedPart {
    pub(crate) role: LayerRole,
    pub(crate) element: Option<Part>,
    pub(crate) layer: Option<Descriptor>,
    pub(crate) files: Option<Vec<(String, u64, Option<Digest>)>>,
}

/// A project in memory.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub(crate) kitfile: Kitfile,
    pub(crate) kitfile_is_made: bool,
    pub(crate) config: Facts,
    pub(crate) references: BTreeMap<String, Digest>,
    pub(crate) manifest: Option<Descriptor>,
    pub(crate) repository: Option<String>,
    pub(crate) parts: Vec<OwnedPart>,
    pub(crate) facts: BTreeMap<String, Facts>,
    pub(crate) about: Facts,
    pub(crate) attested: Vec<Facts>,
    pub(crate) supplied: Supplied,
}

impl Project {
    /// A folder without anything.
    pub(crate) fn folder() -> Self {
        Self {
            kitfile: Kitfile { manifest_version: "1.0.0".into(), ..Kitfile::default() },
            kitfile_is_made: false,
            config: Facts::default(),
            references: BTreeMap::new(),
            manifest: None,
            repository: None,
            parts: Vec::new(),
            facts: BTreeMap::new(),
            about: Facts::default(),
            attested: Vec::new(),
            supplied: Supplied::default(),
        }
    }

    /// The same as a packed kit: every part a layer.
    pub(crate) fn packed(mut self) -> Self {
        self.manifest = Some(Descriptor::of(media_type::OCI_MANIFEST, b"the manifest"));
        for part in &mut self.parts {
            let listing = format!("{:?}", part.files);
            let media = format!("application/vnd.kitops.modelkit.{:?}.v1.tar", part.role);
            part.layer = Some(Descriptor::of(media.to_lowercase(), listing.as_bytes()));
        }
        self
    }

    /// Adds a part that the Kitfile lists; `files` are paths with their contents.
    pub(crate) fn part(&mut self, role: LayerRole, path: &str, files: &[(&str, &str)]) {
        self.named(role, path, "", files);
    }

    /// The same with a name.
    pub(crate) fn named(
        &mut self,
        role: LayerRole,
        path: &str,
        name: &str,
        files: &[(&str, &str)],
    ) {
        let kit = &mut self.kitfile;
        let (owned, called) = (path.to_owned(), name.to_owned());
        match role {
            LayerRole::Model => {
                let model = kit.model.get_or_insert_default();
                (model.path, model.name) = (owned, called);
            }
            LayerRole::ModelPart => {
                let model = kit.model.get_or_insert_default();
                model.parts.push(ModelPart { path: owned, name: called, ..ModelPart::default() });
            }
            LayerRole::Dataset => {
                kit.datasets.push(Dataset { path: owned, name: called, ..Dataset::default() });
            }
            LayerRole::Docs => kit.docs.push(Docs { path: owned, ..Docs::default() }),
            _ => kit.code.push(Code { path: owned, ..Code::default() }),
        }
        let is_it = |part: &Part| part.role == role && part.written_path == path;
        let element = self.kitfile.parts().into_iter().find(is_it);
        let file = |(path, text): &(&str, &str)| {
            ((*path).to_owned(), text.len() as u64, Some(Digest::of(text.as_bytes())))
        };
        let files = Some(files.iter().map(file).collect());
        self.parts.push(OwnedPart { role, element, layer: None, files });
    }

    /// Adds facts about a file: what `fill` writes, after its format.
    pub(crate) fn says(&mut self, path: &str, format: &str, fill: impl FnOnce(&mut Pen<'_>)) {
        let facts = self.facts.entry(path.to_owned()).or_default();
        if !format.is_empty() {
            facts.measured(path, "", property::FORMAT, Value::Text(format.to_owned()));
        }
        fill(&mut Pen { path, facts });
    }

    pub(crate) fn bom(&self) -> Bom {
        let parts = self.parts.iter().map(|part| PartInput {
            role: Some(part.role),
            is_prompt: false,
            element: part.element.clone(),
            layer: part.layer.as_ref(),
            files: part.files.as_ref().map(|files| {
                files
                    .iter()
                    .map(|(path, size, digest)| FileInput {
                        path,
                        size: *size,
                        digest: digest.as_ref(),
                    })
                    .collect()
            }),
        });
        let subject = match &self.manifest {
            Some(manifest) => Subject::Kit { manifest, repository: self.repository.as_deref() },
            None => Subject::Folder { name: "project" },
        };
        assemble(&Input {
            subject,
            kitfile: &self.kitfile,
            kitfile_is_made: self.kitfile_is_made,
            config: &self.config,
            references: &self.references,
            parts: parts.collect(),
            facts: &self.facts,
            project: &self.about,
            attested: &self.attested,
            supplied: &self.supplied,
        })
    }
}

/// Writes facts about one file.
pub(crate) struct Pen<'a> {
    path: &'a str,
    pub(crate) facts: &'a mut Facts,
}

impl Pen<'_> {
    pub(crate) fn declared(
        &mut self,
        place: &str,
        property: &'static str,
        value: Value,
    ) -> &mut Self {
        self.facts.declared(self.path, place, property, value);
        self
    }

    pub(crate) fn measured(&mut self, property: &'static str, value: Value) -> &mut Self {
        self.facts.measured(self.path, "", property, value);
        self
    }

    pub(crate) fn inferred(
        &mut self,
        place: &str,
        property: &'static str,
        value: Value,
    ) -> &mut Self {
        self.facts.inferred(self.path, place, property, value);
        self
    }

    pub(crate) fn about(
        &mut self,
        subject: &str,
        property: &'static str,
        value: Value,
    ) -> &mut Self {
        let at = (self.path, subject);
        self.facts.about(subject, Known::Declared, at, (property, value));
        self
    }
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(crate) fn origin(name: &str, role: Option<&str>) -> Value {
    Value::Origin(OriginInfo { role: role.map(str::to_owned), ..OriginInfo::named(name) })
}

pub(crate) fn package(ecosystem: &str, name: &str, version: Option<&str>) -> PackageInfo {
    PackageInfo {
        ecosystem: ecosystem.into(),
        name: name.into(),
        version: version.map(str::to_owned),
        ..PackageInfo::default()
    }
}

/// Facts that a verified statement says.
pub(crate) fn statement(facts: &[(&'static str, Value)]) -> Facts {
    let mut all = Facts::default();
    for (property, value) in facts {
        all.declared("provenance.json", "/predicate", property, value.clone());
    }
    for fact in &mut all.facts {
        fact.evidence = Evidence {
            known: Known::Attested,
            digest: Some(Digest::of(b"statement")),
            ..fact.evidence.clone()
        };
    }
    all
}

pub(crate) fn only(bom: &Bom, kind: Kind) -> &Component {
    let all: Vec<_> = bom.of_kind(kind).collect();
    assert_eq!(all.len(), 1, "{kind:?}: {:?}", all.iter().map(|c| &c.name).collect::<Vec<_>>());
    all[0]
}

pub(crate) fn called<'b>(bom: &'b Bom, kind: Kind, name: &str) -> &'b Component {
    let names: Vec<_> = bom.of_kind(kind).map(|c| c.name.as_str()).collect();
    bom.of_kind(kind).find(|c| c.name == name).unwrap_or_else(|| panic!("{name} in {names:?}"))
}

/// The values of a property about the whole component, as texts, the first first.
pub(crate) fn values(component: &Component, name: &str) -> Vec<String> {
    let whole = component.of(name).filter(|p| p.subject.is_empty());
    whole.map(|p| p.value.to_string()).collect()
}

/// The value of a property about something inside.
pub(crate) fn about(component: &Component, name: &str, subject: &str) -> Option<String> {
    component.of(name).find(|p| p.subject == subject).map(|p| p.value.to_string())
}

/// The tie of this kind between two components.
pub(crate) fn tie<'b>(
    bom: &'b Bom,
    from: &Component,
    kind: RelationKind,
    to: &Component,
) -> Option<&'b Relation> {
    bom.relations.iter().find(|r| r.from == from.id && r.to == to.id && r.kind == kind)
}

/// How a tie is known.
pub(crate) fn known(tie: Option<&Relation>) -> Option<Known> {
    tie.and_then(|tie| tie.evidence.as_ref()).map(|evidence| evidence.known)
}

/// A model with weights, settings and a card, its data, code with a lock file, a licence.
pub(crate) fn full() -> Project {
    let mut project = Project::folder();
    project.kitfile.package.name = "mini lm".into();
    project.kitfile.package.version = "1.2.0".into();
    project.kitfile.package.license = "Apache-2.0".into();
    project.kitfile.package.authors = vec!["A. Writer".into()];
    project.named(
        LayerRole::Model,
        "model",
        "mini",
        &[
            ("model/model.safetensors", "weights"),
            ("model/config.json", "{}"),
            ("model/README.md", "---\n---"),
        ],
    );
    project.named(LayerRole::Dataset, "data", "pairs", &[("data/train.csv", "a,b\n1,2\n")]);
    project.part(LayerRole::Code, "src", &[("src/train.py", "x"), ("src/uv.lock", "y")]);
    project.part(LayerRole::Docs, "LICENSE", &[("LICENSE", "Apache")]);
    fill(&mut project);
    project
}

fn fill(project: &mut Project) {
    project.says("model/model.safetensors", "safetensors", |pen| {
        pen.measured(property::PARAMETERS, Value::Uint(100));
        pen.measured(property::TENSORS, Value::Uint(2));
        pen.about("F32", property::PARAMETERS_OF_TYPE, Value::Uint(100));
    });
    project.says("model/config.json", "hf-config", |pen| {
        pen.declared("/model_type", property::ARCHITECTURE, text("bert"));
        pen.declared("/transformers_version", property::FRAMEWORK, text("transformers"));
        pen.declared("/transformers_version", property::FRAMEWORK_VERSION, text("4.40.0"));
        pen.inferred("/_name_or_path", property::BASE_MODEL, origin("org/mini", None));
    });
    project.says("model/README.md", "model-card", |pen| {
        pen.declared("/model_name", property::NAME, text("card name"));
        pen.declared("/model-index/0/name", property::NAME, text("mini-card"));
        pen.declared("/license", property::LICENCE, text("apache-2.0"));
        pen.declared("/pipeline_tag", property::TASK, text("sentence-similarity"));
        pen.declared("/base_model", property::BASE_MODEL, origin("org/base", Some("finetune")));
        pen.declared("/datasets/0", property::TRAINED_ON, origin("s2orc", Some("train")));
        pen.declared("lines 3-9", property::INTENDED_USE, text("to compare sentences"));
    });
    project.says("data/train.csv", "csv", |pen| {
        pen.measured(property::ROWS, Value::Uint(1));
        pen.measured(property::COLUMNS, Value::Uint(2));
    });
    project.says("src/train.py", "source-code", |pen| {
        pen.declared("line 1", property::IMPORT, text("torch.nn"));
        pen.declared("line 2", property::LOADS_MODEL, origin("org/base", None));
        pen.declared("line 3", property::LOADS_DATASET, origin("org/loaded", None));
    });
    project.says("src/uv.lock", "uv-lock", |pen| {
        let digests = vec![format!("sha256:{}", "a".repeat(64))];
        let torch = PackageInfo {
            direct: true,
            digests,
            needs: vec!["Num_Py".into()],
            ..package("pypi", "torch", Some("2.1.0"))
        };
        pen.about("pypi:torch", property::PACKAGE, Value::Package(torch));
        let numpy = package("pypi", "num-py", Some("1.0"));
        pen.about("pypi:num-py", property::PACKAGE, Value::Package(numpy));
    });
    project.says("LICENSE", "licence", |pen| {
        pen.inferred("", property::LICENCE, text("Apache-2.0"));
        pen.inferred("", property::LICENCE_CONFIDENCE, Value::Float(1.0));
    });
}
