//! Which of several model files is the model, and which are its parts.

use super::folder::{base, trimmed};
use super::{Class, Listed};
use crate::{Model, ModelPart};

/// The model of these files; none where there are none.
pub(super) fn of(files: &[&Listed]) -> Option<Model> {
    let (main, is_named) = main(files)?;
    let file = files.get(main)?;
    let path = trimmed(&file.path).to_owned();
    let name = if is_named { without_extension(&path).to_owned() } else { String::new() };
    let others = files.iter().enumerate().filter(|(at, _)| *at != main);
    let part =
        |file: &Listed| ModelPart { path: trimmed(&file.path).to_owned(), ..ModelPart::default() };
    let facts = file.facts.clone();
    Some(Model {
        name: facts.name.unwrap_or(name),
        path,
        license: facts.licence.unwrap_or_default(),
        framework: facts.framework.unwrap_or_default(),
        format: facts.format.unwrap_or_default(),
        version: facts.version.unwrap_or_default(),
        description: facts.description.unwrap_or_default(),
        parts: others.map(|(_, file)| part(file)).collect(),
        parameters: facts.parameters,
        layer: crate::LayerInfo::default(),
    })
}

/// Index of the main file, and whether the model is named after it. The largest is the model where
/// it is more than half again as large as the average; else the first, which stands for all.
fn main(files: &[&Listed]) -> Option<(usize, bool)> {
    if files.len() == 1 {
        return Some((0, true));
    }
    // Where content tells weights from the files beside them, only weights can be the model.
    let by_content = |file: &Listed| file.class == Some(Class::Model);
    let any_by_content = files.iter().any(|file| by_content(file));
    let can_be = |file: &Listed| !any_by_content || by_content(file);
    let candidates = || files.iter().enumerate().filter(|(_, file)| can_be(file));
    let (first, _) = candidates().next()?;
    let mut largest = (first, 0);
    for (at, file) in candidates() {
        if file.size > largest.1 {
            largest = (at, file.size);
        }
    }
    let total: u128 = files.iter().map(|file| u128::from(file.size)).sum();
    let average = total / files.len() as u128;
    if u128::from(largest.1) > average + average / 2 {
        Some((largest.0, true))
    } else {
        Some((first, false))
    }
}

/// The path without the extension of its last name. A name that is all extension is dropped, as
/// `kit` does.
fn without_extension(path: &str) -> &str {
    match base(path).rfind('.') {
        Some(dot) => path.get(..path.len() - base(path).len() + dot).unwrap_or(path),
        None => path,
    }
}
