//! XML as a tree under a budget. No entity but the five of the standard is known, and no document type is read.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use sealkit_report::Budget;

use crate::InspectError;

/// An element: its name and those of its attributes without prefixes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    /// The text in it, not that of elements inside.
    pub(crate) text: String,
    pub(crate) inside: Vec<Element>,
}

impl Element {
    /// The value of an attribute.
    pub(crate) fn attribute(&self, key: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(own, _)| own == key);
        found.map(|(_, value)| value.as_str())
    }

    /// The elements of a name inside.
    pub(crate) fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.inside.iter().filter(move |element| element.name == name)
    }
}

/// Parses the root element of `text`. Spends one entry of the budget for each element and attribute.
pub(crate) fn parse(text: &str, budget: &mut Budget) -> Result<Element, InspectError> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    loop {
        let at = reader.buffer_position();
        let broken = |what| InspectError::malformed("XML", what, at);
        let event = reader.read_event().map_err(|_| broken("a text that is no XML"))?;
        budget.steps(1)?;
        let done = match event {
            Event::Start(tag) => {
                open.push(element(&tag, at, budget)?);
                budget.depth(u32::try_from(open.len()).unwrap_or(u32::MAX))?;
                continue;
            }
            Event::Empty(tag) => element(&tag, at, budget)?,
            Event::End(_) => open.pop().ok_or(broken("an end without a start"))?,
            Event::Text(text) => {
                add(&mut open, &text.xml10_content());
                continue;
            }
            Event::CData(text) => {
                add(&mut open, &text.xml10_content());
                continue;
            }
            Event::GeneralRef(name) => {
                let named = name.into_inner();
                let one = format!("&{named};");
                let text = quick_xml::escape::unescape(&one);
                add(&mut open, &text.map_err(|_| broken("an entity that is not known"))?);
                continue;
            }
            Event::DocType(_) => return Err(broken("a document type, which is not read")),
            Event::Eof => return Err(broken("no element that is whole")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => continue,
        };
        match open.last_mut() {
            Some(parent) => parent.inside.push(done),
            None => return Ok(done),
        }
    }
}

/// Calls `visit` with the opening tag of every element. What is no element that is whole, with nothing but comments
/// around it, is an error; what was visited before it is not all there is.
pub(crate) fn tags(
    text: &str,
    budget: &mut Budget,
    visit: &mut dyn FnMut(&Tag<'_>, &mut Budget) -> Result<(), InspectError>,
) -> Result<(), InspectError> {
    let mut reader = Reader::from_str(text);
    let (mut depth, mut is_whole) = (0_u32, false);
    loop {
        let at = reader.buffer_position();
        let broken = |what| InspectError::malformed("XML", what, at);
        let event = reader.read_event().map_err(|_| broken("a text that is no XML"))?;
        budget.steps(1)?;
        match event {
            Event::Start(_) | Event::Empty(_) if is_whole => {
                return Err(broken("a second root element"));
            }
            Event::Start(tag) => {
                visit(&Tag { depth, at, start: tag }, budget)?;
                depth += 1;
                budget.depth(depth)?;
            }
            Event::Empty(tag) => {
                visit(&Tag { depth, at, start: tag }, budget)?;
                is_whole = depth == 0;
            }
            Event::End(_) => {
                depth = depth.checked_sub(1).ok_or(broken("an end without a start"))?;
                is_whole = depth == 0;
            }
            Event::DocType(_) => return Err(broken("a document type, which is not read")),
            Event::Eof if is_whole => return Ok(()),
            Event::Eof => return Err(broken("no element that is whole")),
            _ => {}
        }
    }
}

/// An opening tag.
pub(crate) struct Tag<'t> {
    /// Number of elements around it.
    pub(crate) depth: u32,
    at: u64,
    start: BytesStart<'t>,
}

impl Tag<'_> {
    /// Whether the element has this name, without its prefix.
    pub(crate) fn is(&self, wanted: &str) -> bool {
        name(self.start.local_name().as_ref()) == wanted
    }

    /// The element with its attributes and nothing inside.
    pub(crate) fn element(&self, budget: &mut Budget) -> Result<Element, InspectError> {
        element(&self.start, self.at, budget)
    }
}

fn element(tag: &BytesStart<'_>, at: u64, budget: &mut Budget) -> Result<Element, InspectError> {
    budget.entries(1)?;
    let broken = || InspectError::malformed("XML", "an attribute that is none", at);
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        budget.entries(1)?;
        let attribute = attribute.map_err(|_| broken())?;
        let value =
            attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| broken())?.into_owned();
        attributes.push((name(attribute.key.local_name().as_ref()), value));
    }
    let name = name(tag.local_name().as_ref());
    Ok(Element { name, attributes, ..Element::default() })
}

fn name(text: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(text.as_ref()).into_owned()
}

fn add(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Result<Element, InspectError> {
        parse(text, &mut Budget::default())
    }

    #[test]
    fn elements_attributes_texts_and_references_are_read() {
        let text = "<?xml version=\"1.0\"?><!-- c --><x:a xmlns:x=\"u\" k=\"1 &lt; 2\">t &amp; &#228;\
                    <b/><![CDATA[<raw>]]><b l=\"&#x41;\">in</b></x:a>";
        let root = tree(text).unwrap();
        assert_eq!((root.name.as_str(), root.text.as_str()), ("a", "t & ä<raw>"));
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(root.attributes, [pair("x", "u"), pair("k", "1 < 2")]);
        let inside: Vec<_> =
            root.all("b").map(|b| (b.attributes.clone(), b.text.as_str())).collect();
        assert_eq!(inside, [(vec![], ""), (vec![pair("l", "A")], "in")]);
    }

    #[test]
    fn what_is_no_tree_or_too_large_a_one_is_an_error() {
        for text in [
            "",
            "x",
            "<a>",
            "<a></b>",
            "<a b></a>",
            "<a b='1' b='2'/>",
            "<a>&unknown;</a>",
            "<!DOCTYPE a [<!ENTITY e \"eeee\">]><a>&e;</a>",
            "<a",
        ] {
            tree(text).unwrap_err();
        }
        for text in ["<a>", "<a><b/>", "<a></b>", "<a/><b/>", "</a>", "x", "", "<a"] {
            tags(text, &mut Budget::default(), &mut |_, _| Ok(())).unwrap_err();
        }
        tags(
            "<?xml version='1.0'?><a><b/></a>\n<!-- c -->",
            &mut Budget::default(),
            &mut |_, _| Ok(()),
        )
        .unwrap();
        let deep = "<a>".repeat(100_000);
        assert!(tree(&deep).unwrap_err().to_string().contains("depth"));
        let many = format!("<a>{}</a>", "<b/>".repeat(100));
        parse(&many, &mut Budget::new(1 << 20, 50, 1 << 20, 9)).unwrap_err();
    }
}
