//! The keys of many JSON objects, with the types of their values. Nothing of a value is kept.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::kinds::{Kind, Kinds};

/// Most keys that are told apart.
const MAX_KEYS: usize = 10_000;
/// Longest key that is told, in bytes.
const MAX_KEY: usize = 1024;

/// What one line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// An object.
    Object,
    /// An object with one key twice.
    Twice,
    /// Another JSON value.
    Plain,
    /// No JSON.
    Broken,
}

/// Every key that was seen, in the order of first appearance.
#[derive(Debug, Default)]
pub(super) struct Keys {
    by_name: BTreeMap<String, usize>,
    list: Vec<Key>,
    objects: u64,
    is_full: bool,
}

#[derive(Debug)]
struct Key {
    name: String,
    kinds: Kinds,
    /// Number of objects that give it a value which is not null.
    given: u64,
    /// The last object that has it, counted from 1.
    last: u64,
}

impl Keys {
    /// Takes in one line. The keys of a line that breaks in its middle are not undone: they stand
    /// there.
    pub(super) fn read(&mut self, line: &[u8]) -> Shape {
        self.objects += 1;
        let mut parser = serde_json::Deserializer::from_slice(line);
        match Line(self).deserialize(&mut parser) {
            Ok(shape) if parser.end().is_ok() => shape,
            _ => Shape::Broken,
        }
    }

    /// Number of keys.
    pub(super) fn len(&self) -> u64 {
        self.list.len() as u64
    }

    /// Whether there were more keys than are told apart.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// The names.
    pub(super) fn names(&self) -> Vec<String> {
        self.list.iter().map(|key| key.name.clone()).collect()
    }

    /// Name, types and number of values of every key.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, Kinds, u64)> {
        self.list.iter().map(|key| (key.name.as_str(), key.kinds, key.given))
    }

    /// Notes a value. False where this object had the key before.
    fn note(&mut self, name: &str, kind: Kind) -> bool {
        let index = match self.by_name.get(name) {
            Some(index) => *index,
            None if self.list.len() >= MAX_KEYS || name.len() > MAX_KEY => {
                self.is_full = true;
                return true;
            }
            None => {
                let name = name.to_owned();
                self.by_name.insert(name.clone(), self.list.len());
                self.list.push(Key { name, kinds: Kinds::default(), given: 0, last: 0 });
                self.list.len() - 1
            }
        };
        let Some(key) = self.list.get_mut(index) else { return true };
        let is_first = key.last != self.objects;
        if is_first && kind != Kind::Missing {
            key.given += 1;
        }
        key.kinds.add(kind);
        key.last = self.objects;
        is_first
    }
}

/// Reads one line into the keys.
struct Line<'a>(&'a mut Keys);

impl<'de> DeserializeSeed<'de> for Line<'_> {
    type Value = Shape;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Line<'_> {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut shape = Shape::Object;
        while let Some(Name(name)) = map.next_key()? {
            let TypeOf(kind) = map.next_value()?;
            if !self.0.note(&name, kind) {
                shape = Shape::Twice;
            }
        }
        Ok(shape)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Shape, A::Error> {
        IgnoredAny.visit_seq(seq).map(|_| Shape::Plain)
    }

    fn visit_unit<E: Error>(self) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }
}

/// A key, not copied where it holds no escape.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The type of a value that is passed over.
struct TypeOf(Kind);

impl<'de> Deserialize<'de> for TypeOf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TypeVisitor).map(Self)
    }
}

struct TypeVisitor;

impl<'de> Visitor<'de> for TypeVisitor {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Kind, E> {
        Ok(Kind::Missing)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Kind, E> {
        Ok(Kind::Boolean)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Kind, E> {
        Ok(Kind::Integer)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Kind, E> {
        Ok(Kind::Integer)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Kind, E> {
        Ok(Kind::Number)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Kind, E> {
        Ok(Kind::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Kind, A::Error> {
        IgnoredAny.visit_seq(seq).map(|_| Kind::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Kind, A::Error> {
        IgnoredAny.visit_map(map).map(|_| Kind::Object)
    }
}
