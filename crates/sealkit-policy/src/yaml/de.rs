//! The tree as serde sees it: types are exact, and every error knows its place.

use std::fmt;

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::{Kind, Node, Place, shown};
use crate::PolicyError;

/// Reads a `T` from `node`.
pub(crate) fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, PolicyError> {
    T::deserialize(De(node)).map_err(|error| {
        let place = error.place.unwrap_or(node.place);
        PolicyError::Invalid { line: place.line, column: place.column, reason: error.reason }
    })
}

/// Whether a plain scalar says nothing.
pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Whether a plain scalar is text: neither nothing, a truth value nor a number, in any spelling that
/// some YAML reader takes for one.
fn is_text(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
        && (text.parse::<f64>().is_ok() || text.parse::<i128>().is_ok());
    let is_word =
        matches!(word.as_str(), "true" | "false" | "yes" | "no" | "on" | "off" | ".nan" | ".inf");
    !(is_null(text) || is_word || is_number)
}

#[derive(Debug)]
struct Error {
    place: Option<Place>,
    reason: String,
}

impl Error {
    fn at(mut self, place: Place) -> Self {
        self.place.get_or_insert(place);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let text = message.to_string();
        let reason = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
        Self { place: None, reason: reason.take(1000).collect() }
    }
}

#[derive(Clone, Copy)]
struct De<'a>(&'a Node);

impl De<'_> {
    fn wrong(self, wanted: &str) -> Error {
        let found = match &self.0.kind {
            Kind::Scalar(text, false) if is_null(text) => "nothing".to_owned(),
            Kind::Scalar(text, true) => format!("the text `{}`", shown(text)),
            Kind::Scalar(text, false) => format!("`{}`", shown(text)),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a map".to_owned(),
        };
        let reason = format!("{found} stands where {wanted} is needed");
        Error { place: Some(self.0.place), reason }
    }

    fn plain(&self) -> Option<&str> {
        match &self.0.kind {
            Kind::Scalar(text, false) => Some(text),
            _ => None,
        }
    }

    fn text(self) -> Result<String, Error> {
        match &self.0.kind {
            Kind::Scalar(text, true) => Ok(text.clone()),
            Kind::Scalar(text, false) if is_text(text) => Ok(text.clone()),
            Kind::Scalar(text, false) if !is_null(text) => {
                Err(self.wrong("text (put it in quotes)"))
            }
            _ => Err(self.wrong("text")),
        }
    }
}

macro_rules! whole {
    ($($method:ident $visit:ident $type:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let digits = self.plain().filter(|t| t.bytes().all(|b| b.is_ascii_digit() || b == b'-'));
            let number = digits.and_then(|text| text.parse::<$type>().ok());
            visitor.$visit(number.ok_or_else(|| self.wrong("a whole number in range"))?)
                .map_err(|error: Error| error.at(self.0.place))
        }
    )*};
}

impl<'de> de::Deserializer<'de> for De<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.0.kind {
            Kind::List(_) => self.deserialize_seq(visitor),
            Kind::Map(_) => self.deserialize_map(visitor),
            Kind::Scalar(text, false) if is_null(text) => visitor.visit_unit(),
            Kind::Scalar(text, false) if matches!(text.as_str(), "true" | "false") => {
                self.deserialize_bool(visitor)
            }
            Kind::Scalar(..) => self.deserialize_str(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.plain() {
            Some("true") => visitor.visit_bool(true),
            Some("false") => visitor.visit_bool(false),
            _ => Err(self.wrong("`true` or `false`")),
        }
    }

    whole!(deserialize_i64 visit_i64 i64, deserialize_u64 visit_u64 u64,
        deserialize_u32 visit_u32 u32, deserialize_i32 visit_i32 i32, deserialize_u8 visit_u8 u8,
        deserialize_i8 visit_i8 i8, deserialize_u16 visit_u16 u16, deserialize_i16 visit_i16 i16);

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let number = self.plain().and_then(|text| text.parse::<f64>().ok());
        let number = number.filter(|number| number.is_finite());
        visitor.visit_f64(number.ok_or_else(|| self.wrong("a number"))?)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.text()?).map_err(|error: Error| error.at(self.0.place))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    /// A field that is written has a value: `key:` alone is a slip, not a default.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.0.kind {
            Kind::List(items) => {
                visitor.visit_seq(Items(items.iter())).map_err(|error| error.at(self.0.place))
            }
            _ => Err(self.wrong("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.0.kind {
            Kind::Map(entries) => visitor
                .visit_map(Entries { rest: entries.iter(), value: None })
                .map_err(|error| error.at(self.0.place)),
            _ => Err(self.wrong("a map")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.0.kind {
            Kind::Scalar(..) => visitor
                .visit_enum(Variant { name: self.text()?, place: self.0.place, value: None })
                .map_err(|error| error.at(self.0.place)),
            Kind::Map(entries) => match entries.as_slice() {
                [(name, place, value)] => visitor
                    .visit_enum(Variant { name: name.clone(), place: *place, value: Some(value) })
                    .map_err(|error| error.at(*place)),
                _ => Err(self.wrong("a map with one key")),
            },
            Kind::List(_) => Err(self.wrong("a name")),
        }
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct ignored_any
    }
}

struct Items<'a>(std::slice::Iter<'a, Node>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(node) = self.0.next() else { return Ok(None) };
        seed.deserialize(De(node)).map(Some).map_err(|error| error.at(node.place))
    }
}

struct Entries<'a> {
    rest: std::slice::Iter<'a, (String, Place, Node)>,
    value: Option<&'a Node>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((name, place, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(value);
        let name: de::value::StringDeserializer<Error> = name.clone().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|error| error.at(*place))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let missing = || Error { place: None, reason: "a key without a value".to_owned() };
        let node = self.value.take().ok_or_else(missing)?;
        seed.deserialize(De(node)).map_err(|error| error.at(node.place))
    }
}

struct Variant<'a> {
    name: String,
    place: Place,
    value: Option<&'a Node>,
}

impl<'de, 'a> EnumAccess<'de> for Variant<'a> {
    type Error = Error;
    type Variant = Body<'a>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Body<'a>), Error> {
        let name: de::value::StringDeserializer<Error> = self.name.into_deserializer();
        let value = seed.deserialize(name).map_err(|error| error.at(self.place))?;
        Ok((value, Body { place: self.place, value: self.value }))
    }
}

struct Body<'a> {
    place: Place,
    value: Option<&'a Node>,
}

impl Body<'_> {
    fn needed(&self) -> Result<&Node, Error> {
        let reason = "it needs settings: write a map behind it".to_owned();
        self.value.ok_or(Error { place: Some(self.place), reason })
    }
}

impl<'de> VariantAccess<'de> for Body<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.value {
            None => Ok(()),
            Some(node) => Err(De(node).wrong("no setting (write the name alone)")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        let node = self.needed()?;
        seed.deserialize(De(node)).map_err(|error| error.at(node.place))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        de::Deserializer::deserialize_seq(De(self.needed()?), visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        de::Deserializer::deserialize_map(De(self.needed()?), visitor)
    }
}
