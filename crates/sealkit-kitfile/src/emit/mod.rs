//! The Kitfile as YAML, byte for byte as `kit` prints it: yaml.v3's encoder with indent 2.

mod node;
mod order;
mod out;
mod style;
mod tree;

use out::Out;
use tree::Yaml;

use crate::Kitfile;

/// Steps of indentation.
const STEP: usize = 2;
/// Longest key that stands before its `:`, in bytes; a longer one takes the `? ` form.
const MAX_SIMPLE_KEY: usize = 128;

impl Kitfile {
    /// The Kitfile as YAML, as `kit info` and `kit unpack` write it. Layer digests are left out.
    pub fn to_yaml(&self) -> String {
        let mut out = Out::default();
        map(&mut out, &tree::of(self), 0);
        out.indent(0);
        out.into_text()
    }
}

fn map(out: &mut Out, pairs: &[(&str, Yaml<'_>)], indent: usize) {
    for (key, value) in pairs {
        out.indent(indent);
        self::key(out, key, indent);
        node(out, value, indent);
    }
}

fn key(out: &mut Out, key: &str, indent: usize) {
    let analysis = style::analyze(key);
    if key.len() <= MAX_SIMPLE_KEY && !analysis.multiline {
        let style = style::choose(key, &analysis, style::Place::Key);
        out.scalar(key, style, indent + STEP);
        out.indicator(":", false, false, false);
    } else {
        out.indicator("?", true, false, true);
        out.scalar(key, style::choose(key, &analysis, style::Place::Block), indent + STEP);
        out.indent(indent);
        out.indicator(":", true, false, true);
    }
}

/// Writes a value inside a container that stands at `indent`.
fn node(out: &mut Out, value: &Yaml<'_>, indent: usize) {
    match value {
        Yaml::Plain(text) => out.scalar(text, style::Style::Plain, indent + STEP),
        Yaml::Text(text) => text_in(out, text, style::Place::Block, indent),
        Yaml::Flow(items) => flow(out, items, indent),
        Yaml::List(items) if items.is_empty() => flow(out, &[], indent),
        Yaml::List(items) => {
            for item in items {
                out.indent(indent + STEP);
                out.indicator("-", true, false, true);
                node(out, item, indent + STEP);
            }
        }
        Yaml::Map(pairs) if pairs.is_empty() => {
            out.indicator("{", true, true, false);
            out.indicator("}", false, false, false);
        }
        Yaml::Map(pairs) => map(out, pairs, indent + STEP),
    }
}

fn flow(out: &mut Out, items: &[&str], indent: usize) {
    out.indicator("[", true, true, false);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.indicator(",", false, false, false);
        }
        text_in(out, item, style::Place::Flow, indent + STEP);
    }
    out.indicator("]", false, false, false);
}

fn text_in(out: &mut Out, text: &str, place: style::Place, indent: usize) {
    let style = style::choose(text, &style::analyze(text), place);
    out.scalar(text, style, indent + STEP);
}
