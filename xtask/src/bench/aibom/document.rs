//! A CycloneDX document, as far as the benchmark looks into it.

use serde_json::Value;

/// A document with all its components.
pub(super) struct Document<'a> {
    root: &'a Value,
    all: Vec<&'a Value>,
}

impl<'a> Document<'a> {
    /// Finds the components: the subject, those of the list and of the formulation, and those inside.
    pub(super) fn new(root: &'a Value) -> Self {
        let mut open: Vec<&Value> = root.pointer("/metadata/component").into_iter().collect();
        let formulas = root.get("formulation").and_then(Value::as_array).into_iter().flatten();
        let lists = formulas.map(|formula| &formula["components"]);
        for list in std::iter::once(&root["components"]).chain(lists) {
            open.extend(list.as_array().into_iter().flatten());
        }
        let mut all = Vec::new();
        while let Some(component) = open.pop() {
            open.extend(component["components"].as_array().into_iter().flatten());
            all.push(component);
        }
        Self { root, all }
    }

    /// The whole document.
    pub(super) fn root(&self) -> &'a Value {
        self.root
    }

    /// Every component.
    pub(super) fn all(&self) -> impl Iterator<Item = &'a Value> {
        self.all.iter().copied()
    }

    /// The component whose own property `path` is this.
    pub(super) fn at(&self, path: &str) -> &'a Value {
        let of = |kind: &str| {
            let mut all = self.all().filter(|component| component["type"] == kind);
            all.find(|component| said(component, "path").contains(&path))
        };
        let kinds = ["machine-learning-model", "data", "file"];
        kinds.into_iter().find_map(of).unwrap_or(&Value::Null)
    }
}

/// Values of our property `name`, wherever in the component the property stands.
pub(super) fn said<'a>(component: &'a Value, name: &str) -> Vec<&'a str> {
    let homes = [
        "/properties",
        "/modelCard/properties",
        "/modelCard/considerations/environmentalConsiderations/properties",
        "/data/0/contents/properties",
    ];
    let lists = homes.iter().filter_map(|home| component.pointer(home)?.as_array());
    let wanted = format!("sealkit:{name}");
    lists.flatten().filter(|p| p["name"] == wanted).filter_map(|p| p["value"].as_str()).collect()
}

/// Every text of a document with the name of the member that it is.
pub(super) fn texts(root: &Value) -> Vec<(&str, &str)> {
    let (mut open, mut all) = (vec![("", root)], Vec::new());
    while let Some((key, value)) = open.pop() {
        match value {
            Value::String(text) => all.push((key, text.as_str())),
            Value::Array(list) => open.extend(list.iter().map(|value| (key, value))),
            Value::Object(map) => open.extend(map.iter().map(|(key, value)| (key.as_str(), value))),
            _ => {}
        }
    }
    all
}
