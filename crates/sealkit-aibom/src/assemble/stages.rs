//! Stages of a DVC pipeline: what each read, ran and wrote.

use std::collections::BTreeMap;

use sealkit_inspect::{Fact, Value, property};

use super::draft::Draft;
use super::world::{File, World, beside};
use crate::identity::component_id;
use crate::{ComponentId, Kind, Property, Run};

/// The runs of all pipelines. Several files of one folder (`dvc.yaml`, `dvc.lock`) tell of the
/// same stages.
pub(super) fn runs(draft: &Draft, world: &World<'_>) -> Vec<Run> {
    let mut stages: BTreeMap<(&str, String), Vec<(&File<'_>, &Fact)>> = BTreeMap::new();
    for file in world.files.iter().filter(|file| file.format == "dvc") {
        for fact in file.each() {
            if let Some(stage) = stage(&fact.evidence.place) {
                stages.entry((file.folder(), stage)).or_default().push((file, fact));
            }
        }
    }
    if stages.is_empty() {
        return Vec::new();
    }
    let paths = Paths::new(draft);
    let all = stages.into_iter();
    all.map(|((folder, name), facts)| run(draft, world, &paths, (folder, &name), &facts)).collect()
}

fn run(
    draft: &Draft,
    world: &World<'_>,
    paths: &Paths,
    (folder, stage): (&str, &str),
    facts: &[(&File<'_>, &Fact)],
) -> Run {
    let id = component_id(Kind::Other, &["run", "dvc", folder, stage]);
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    let mut properties: Vec<Property> = Vec::new();
    for (file, fact) in facts {
        let evidence = Some(world.proved(&fact.evidence));
        match (&*fact.property, &fact.value) {
            (property::FILE_REFERENCE, Value::File(named)) => {
                let is_input = fact.evidence.place.contains("/deps/");
                let found = paths.find(&beside(file.folder(), &named.path));
                if is_input { &mut inputs } else { &mut outputs }.extend(found.cloned());
                let role = if is_input { "input" } else { "output" };
                let said = Property { evidence, ..Property::from(*fact) };
                properties.push(said.about(role));
            }
            (property::TRAINING_PROCEDURE, Value::Text(command)) => {
                properties.push(Property::text("command", command, evidence));
            }
            _ => properties.push(Property { evidence, ..Property::from(*fact) }),
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    properties.retain(|p| seen.insert((p.name.clone(), p.subject.clone(), p.value.to_string())));
    let activity = activity(draft, stage, (&inputs, &outputs));
    Run { id, name: stage.to_owned(), activity: activity.to_owned(), inputs, outputs, properties }
}

/// What a stage did, by what came out of it.
fn activity(
    draft: &Draft,
    stage: &str,
    (inputs, outputs): (&[ComponentId], &[ComponentId]),
) -> &'static str {
    let is = |ids: &[ComponentId], fits: fn(Kind) -> bool| {
        ids.iter().filter_map(|id| draft.get(id)).any(|component| fits(component.kind))
    };
    if is(outputs, Kind::is_model) {
        if is(inputs, Kind::is_model) { "fine-tuning" } else { "training" }
    } else if is(outputs, Kind::is_data) {
        "data-preparation"
    } else if stage.contains("eval") || stage.contains("test") {
        "evaluation"
    } else {
        "other"
    }
}

/// The stage that a place in a pipeline's file belongs to: `/stages/NAME/…`.
fn stage(place: &str) -> Option<String> {
    let name = place.strip_prefix("/stages/")?.split('/').next()?;
    (!name.is_empty()).then(|| name.replace("~1", "/").replace("~0", "~"))
}

/// What lies in the kit, by path.
struct Paths {
    all: BTreeMap<String, ComponentId>,
}

impl Paths {
    /// Models and data before files: a model that is one file is the model.
    fn new(draft: &Draft) -> Self {
        let mut all = BTreeMap::new();
        let of = |is_file: bool| {
            let fits = move |kind: Kind| kind.is_inside() && (kind == Kind::File) == is_file;
            draft.components().filter(move |component| fits(component.kind))
        };
        for component in of(false).chain(of(true)) {
            if let Some(path) = &component.path {
                all.entry(path.clone()).or_insert_with(|| component.id.clone());
            }
        }
        Self { all }
    }

    fn find(&self, path: &str) -> Option<&ComponentId> {
        self.all.get(path)
    }
}

#[cfg(test)]
mod tests {
    use super::stage;

    #[test]
    fn the_stage_stands_in_the_place() {
        assert_eq!(stage("/stages/train/deps/0").as_deref(), Some("train"));
        assert_eq!(stage("/stages/a~1b/cmd").as_deref(), Some("a/b"));
        assert_eq!(stage("/outs/0"), None);
        assert_eq!(stage("/stages/"), None);
    }
}
