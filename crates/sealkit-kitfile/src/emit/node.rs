//! One node of a Kitfile as YAML: what `kit info --filter` prints.

use super::out::Out;
use super::style::Style;
use super::tree::{self, Yaml};
use super::{flow, map, node};
use crate::Kitfile;

impl Kitfile {
    /// The value at a path of keys, e.g. `["model", "name"]`, as YAML; none where there is none. A
    /// single text is given as it is, without quotes.
    pub fn node_to_yaml(&self, path: &[&str]) -> Option<String> {
        let mut found = Yaml::Map(tree::of(self));
        for key in path {
            let Yaml::Map(pairs) = found else { return None };
            found = pairs.into_iter().find(|(name, _)| name == key)?.1;
        }
        let mut out = Out::default();
        match &found {
            Yaml::Text(text) => return Some(format!("{text}\n")),
            Yaml::Plain(text) => out.scalar(text, Style::Plain, 0),
            Yaml::Map(pairs) if !pairs.is_empty() => map(&mut out, pairs, 0),
            Yaml::Map(_) => return Some("{}\n".to_owned()),
            Yaml::List(items) if items.is_empty() => flow(&mut out, &[], 0),
            Yaml::List(items) => items.iter().for_each(|item| entry(&mut out, item)),
            // At the top, `kit` writes authors below each other.
            Yaml::Flow(items) => items.iter().for_each(|item| entry(&mut out, &Yaml::Text(item))),
        }
        out.indent(0);
        Some(out.into_text())
    }
}

fn entry(out: &mut Out, item: &Yaml<'_>) {
    out.indent(0);
    out.indicator("-", true, false, true);
    node(out, item, 0);
}

#[cfg(test)]
mod tests {
    use crate::Kitfile;

    const TEXT: &str = "manifestVersion: 1.0.0\npackage: {name: g, authors: [A & B]}\nmodel: {path: m, parameters: {lr: 0.001, tags: [x, y]}}\ndocs: [{path: R.md}, {path: S.md}]\n";

    #[test]
    fn nodes_print_as_kit_prints_them() {
        let kitfile = Kitfile::parse(TEXT, "Kitfile").unwrap().kitfile;
        for (path, expected) in [
            (&["package", "name"][..], "g\n"),
            (&["package"], "name: g\nauthors: [A & B]\n"),
            (&["package", "authors"], "- A & B\n"),
            (&["model", "parameters"], "lr: 0.001\ntags:\n  - x\n  - \"y\"\n"),
            (&["model", "parameters", "lr"], "0.001\n"),
            (&["docs"], "- path: R.md\n- path: S.md\n"),
        ] {
            assert_eq!(kitfile.node_to_yaml(path).as_deref(), Some(expected), "{path:?}");
        }
        assert_eq!(kitfile.node_to_yaml(&["model", "nope"]), None);
        assert_eq!(kitfile.node_to_yaml(&["package", "name", "x"]), None);
    }
}
