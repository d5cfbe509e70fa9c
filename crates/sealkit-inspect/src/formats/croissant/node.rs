//! JSON-LD as Croissant files write it: the same property under a short or a full name, a value
//! plain, wrapped or in a list.

use serde_json::{Map, Value as Json};

use crate::pick::step;

/// What can stand before the name of a property.
const PREFIXES: &[&str] = &[
    "",
    "sc:",
    "schema:",
    "cr:",
    "rai:",
    "https://schema.org/",
    "http://schema.org/",
    "http://mlcommons.org/croissant/",
    "http://mlcommons.org/croissant/RAI/",
    "dct:",
    "http://purl.org/dc/terms/",
];

/// One object of the tree, with its place.
#[derive(Clone)]
pub(super) struct Node<'a> {
    map: &'a Map<String, Json>,
    pub(super) pointer: String,
}

/// A text with its place.
pub(super) struct Said {
    pub(super) text: String,
    pub(super) pointer: String,
}

impl<'a> Node<'a> {
    pub(super) fn new(map: &'a Map<String, Json>) -> Self {
        Self { map, pointer: String::new() }
    }

    /// The value of a property, under whatever name it stands.
    fn get(&self, name: &str) -> Option<(&'a Json, String)> {
        PREFIXES.iter().find_map(|prefix| {
            let key = format!("{prefix}{name}");
            let value = self.map.get(&key)?;
            Some((value, step(&self.pointer, &key)))
        })
    }

    /// The values of a property, a list taken apart.
    fn values(&self, name: &str) -> Vec<(&'a Json, String)> {
        match self.get(name) {
            Some((Json::Array(items), at)) => {
                items.iter().enumerate().map(|(i, item)| (item, format!("{at}/{i}"))).collect()
            }
            Some((value, at)) => vec![(value, at)],
            None => Vec::new(),
        }
    }

    /// The texts of a property. An object counts by its value, its identifier, its address or name.
    pub(super) fn texts(&self, name: &str) -> Vec<Said> {
        let said = |(value, pointer)| Some(Said { text: plain(value)?, pointer });
        self.values(name).into_iter().filter_map(said).collect()
    }

    /// The first text of a property.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.texts(name).into_iter().next().map(|said| said.text)
    }

    /// The objects of a property.
    pub(super) fn nodes(&self, name: &str) -> Vec<Self> {
        let node = |(value, pointer): (&'a Json, String)| {
            value.as_object().map(|map| Self { map, pointer })
        };
        self.values(name).into_iter().filter_map(node).collect()
    }

    /// The identifier.
    pub(super) fn id(&self) -> Option<&'a str> {
        self.map.get("@id").and_then(Json::as_str)
    }

    /// The type, without what stands before its name.
    pub(super) fn kind(&self) -> &'a str {
        let kind = self.map.get("@type");
        let kind = kind.and_then(|kind| kind.as_array().map_or(Some(kind), |all| all.first()));
        local(kind.and_then(Json::as_str).unwrap_or_default())
    }
}

/// The part of a name that says what it is: `sc:Text` and `https://schema.org/Text` are `Text`.
pub(super) fn local(name: &str) -> &str {
    name.rsplit(['/', ':', '#']).next().unwrap_or(name)
}

fn plain(value: &Json) -> Option<String> {
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Bool(yes) => yes.to_string(),
        Json::Object(map) => {
            let keys = ["@value", "url", "sc:url", "name", "sc:name", "@id"];
            keys.iter().find_map(|key| map.get(*key)?.as_str())?.to_owned()
        }
        Json::Array(_) | Json::Null => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}
