//! How an operation of the API is described.
//!
//! The words here are those of OpenAPI 3.1; [`AREAS`](crate::AREAS) lists what there is.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use sealkit_oci::Digest;

/// Adds a type to a generator's definitions and gives a reference to it.
pub(crate) type Form = fn(&mut SchemaGenerator) -> Schema;

/// What a request does (RFC 9110 §9). Where there is `GET`, there is `HEAD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Adds, or asks for what changes nothing that others see.
    Post,
    /// Sets.
    Put,
    /// Removes.
    Delete,
}

impl Method {
    /// Its name in a request.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// Largest number of a parameter: the largest that every JSON reader knows exactly (RFC 8259 §6).
pub(crate) const MAX_NUMBER: u64 = (1 << 53) - 1;

/// What a parameter looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number from 0 to 2⁵³ − 1.
    Number,
    /// A time: seconds since 1970, RFC 3339, or a day, which begins at midnight UTC.
    Time,
    /// `1` or `true`; `0`, `false` or nothing for no.
    Flag,
    /// A digest, `sha256:…`.
    Digest,
    /// `name:tag` or `name@digest`.
    Reference,
    /// Text that this regular expression matches somewhere (ECMA-262).
    Matching(&'static str),
    /// One of these words.
    OneOf(&'static [&'static str]),
}

impl Kind {
    /// What a value looks like, for whoever gave another.
    pub fn form(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Number => format!("a whole number from 0 to {MAX_NUMBER}"),
            Self::Time => {
                "a time: seconds since 1970, RFC 3339, or a day such as `2026-11-25`".to_owned()
            }
            Self::Flag => "`1`, `true`, `0` or `false`".to_owned(),
            Self::Digest => {
                "a digest: `sha256:` and 64 hexadecimal digits, or `sha512:` and 128".to_owned()
            }
            Self::Reference => "`name:tag` or `name@digest`".to_owned(),
            Self::Matching(pattern) => format!("text that `{pattern}` matches"),
            Self::OneOf(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                format!("one of {}", words.join(", "))
            }
        }
    }
}

/// A parameter behind the `?` of an address.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it says, for people.
    pub about: &'static str,
    /// What it looks like.
    pub kind: Kind,
    /// Whether the request is malformed without it.
    pub required: bool,
    /// Whether it may stand several times.
    pub repeats: bool,
}

impl Parameter {
    /// A parameter that can be left out.
    pub const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, about, kind, required: false, repeats: false }
    }

    /// Whether a value has the form of the parameter, as far as that can be told without looking anything up.
    pub fn admits(&self, value: &str) -> bool {
        match self.kind {
            Kind::Number => is_number(value),
            // What is no number begins with a day; its handler reads the rest.
            Kind::Time => is_number(value) || (value.len() >= 10 && value.get(4..5) == Some("-")),
            Kind::Flag => matches!(value, "1" | "true" | "0" | "false"),
            Kind::Digest => value.parse::<Digest>().is_ok(),
            Kind::OneOf(words) => words.contains(&value),
            // Their handlers read them, and say more of what is wrong.
            Kind::Text | Kind::Reference | Kind::Matching(_) => true,
        }
    }

    /// The same, needed.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same, any number of times.
    #[must_use]
    pub const fn repeated(mut self) -> Self {
        self.repeats = true;
        self
    }
}

/// One operation: a method and a path.
#[derive(Clone, Copy)]
pub struct Operation {
    /// The method.
    pub method: Method,
    /// The path, with parameters as `{name}`; `{*path}` goes on over slashes.
    pub path: &'static str,
    /// Stable name for generated clients, `listKits`.
    pub id: &'static str,
    /// What it does, one line for people.
    pub about: &'static str,
    /// Parameters behind the `?`, without those of pages.
    pub query: &'static [Parameter],
    /// The parameter that takes `next` of an answer for the page behind it; none where the answer is no
    /// list in pages.
    pub next: Option<&'static str>,
    /// Media types of an answer that is no JSON; empty where it is JSON, or nothing.
    pub media: &'static [&'static str],
    /// Whether `Range` asks for a part of the answer (RFC 9110 §14).
    pub ranges: bool,
    /// Whether the answer says that it will be done (202), and nothing else.
    pub later: bool,
    pub(crate) body: Option<Form>,
    pub(crate) answer: Option<Form>,
}

/// `GET path`, called `id`.
pub const fn get(path: &'static str, id: &'static str, about: &'static str) -> Operation {
    operation(Method::Get, path, id, about)
}

/// `POST path`, called `id`.
pub const fn post(path: &'static str, id: &'static str, about: &'static str) -> Operation {
    operation(Method::Post, path, id, about)
}

/// `PUT path`, called `id`.
pub const fn put(path: &'static str, id: &'static str, about: &'static str) -> Operation {
    operation(Method::Put, path, id, about)
}

/// `DELETE path`, called `id`.
pub const fn delete(path: &'static str, id: &'static str, about: &'static str) -> Operation {
    operation(Method::Delete, path, id, about)
}

const fn operation(
    method: Method,
    path: &'static str,
    id: &'static str,
    about: &'static str,
) -> Operation {
    Operation {
        method,
        path,
        id,
        about,
        query: &[],
        next: None,
        media: &[],
        ranges: false,
        later: false,
        body: None,
        answer: None,
    }
}

impl Operation {
    /// With these parameters behind the `?`.
    #[must_use]
    pub const fn query(mut self, query: &'static [Parameter]) -> Self {
        self.query = query;
        self
    }

    /// A list in pages: `limit` bounds one, and `next` of the answer is given as `parameter` for the next.
    #[must_use]
    pub const fn pages(mut self, parameter: &'static str) -> Self {
        self.next = Some(parameter);
        self
    }

    /// Takes `T` as JSON.
    #[must_use]
    pub const fn takes<T: JsonSchema>(mut self) -> Self {
        self.body = Some(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Answers `T` as JSON.
    #[must_use]
    pub const fn gives<T: JsonSchema>(mut self) -> Self {
        self.answer = Some(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Answers in these media types.
    #[must_use]
    pub const fn gives_media(mut self, media: &'static [&'static str]) -> Self {
        self.media = media;
        self
    }

    /// Answers a part of it where one is asked for.
    #[must_use]
    pub const fn in_ranges(mut self) -> Self {
        self.ranges = true;
        self
    }

    /// Answers that it will be done.
    #[must_use]
    pub const fn done_later(mut self) -> Self {
        self.later = true;
        self
    }

    /// Every parameter behind the `?`, those of pages last.
    pub fn parameters(&self) -> impl Iterator<Item = Parameter> {
        let pages = self.next.into_iter().flat_map(|next| [place(next), LIMIT]);
        let known = |name: &str| self.query.iter().any(|own| own.name == name);
        self.query.iter().copied().chain(pages.filter(move |page| !known(page.name)))
    }

    /// Names of the parameters in the path, in their order.
    pub fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|segment| {
            let name = segment.strip_prefix('{')?.strip_suffix('}')?;
            Some(name.strip_prefix('*').unwrap_or(name))
        })
    }

    /// The path with a parameter over several segments written as OpenAPI has it: `{path}`.
    pub fn template(&self) -> String {
        self.path.replace("{*", "{")
    }

    /// Whether a path of a request is one of this operation.
    pub(crate) fn fits(&self, path: &str) -> bool {
        let mut segments = path.split('/');
        for wanted in self.path.split('/') {
            if wanted.starts_with("{*") {
                return segments.next().is_some_and(|first| !first.is_empty());
            }
            let Some(segment) = segments.next() else { return false };
            let is_parameter = wanted.starts_with('{') && !segment.is_empty();
            if !is_parameter && wanted != segment {
                return false;
            }
        }
        segments.next().is_none()
    }

    /// Whether a body is sent with the request.
    pub fn takes_body(&self) -> bool {
        self.body.is_some()
    }

    /// Whether it only reads.
    pub fn is_read(&self) -> bool {
        self.method == Method::Get
    }
}

fn is_number(value: &str) -> bool {
    value.parse::<u64>().is_ok_and(|number| number <= MAX_NUMBER)
}

const LIMIT: Parameter = Parameter::new(
    "limit",
    Kind::Number,
    "Most entries of one page; the hub has a bound of its own.",
);

/// What says where a page begins.
fn place(name: &'static str) -> Parameter {
    let numbers = matches!(name, "offset" | "from" | "before");
    let kind = if numbers { Kind::Number } else { Kind::Text };
    Parameter::new(name, kind, "Where the page begins: `next` of the page before it.")
}
