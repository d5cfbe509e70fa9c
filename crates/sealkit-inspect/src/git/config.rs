//! The settings of a repository, as far as its remotes and its form need them.
//!
//! Source: git documentation, "git-config", "Configuration file" (syntax). Files that `include`
//! names are not read.

use sealkit_report::{Budget, Exceeded};

/// The settings in their order: section, subsection, key, value.
pub(super) struct Config(Vec<(String, String, String, String)>);

impl Config {
    pub(super) fn parse(text: &str, budget: &mut Budget) -> Result<Self, Exceeded> {
        let mut found = Vec::new();
        let (mut section, mut sub) = (String::new(), String::new());
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            budget.steps(1)?;
            let mut line = line.trim().to_owned();
            while line.ends_with('\\') {
                line.pop();
                budget.steps(1)?;
                line.push_str(lines.next().unwrap_or_default().trim());
            }
            let mut rest = line.as_str();
            if let Some(head) = rest.strip_prefix('[') {
                let Some((head, after)) = head.split_once(']') else { continue };
                let (name, quoted) = head.split_once([' ', '\t']).unwrap_or((head, ""));
                section = name.trim().to_ascii_lowercase();
                sub = quoted.trim().trim_matches('"').replace("\\\"", "\"").replace("\\\\", "\\");
                rest = after.trim();
            }
            if rest.is_empty() || rest.starts_with(['#', ';']) {
                continue;
            }
            let (key, value) = rest.split_once('=').unwrap_or((rest, "true"));
            let key = key.trim().to_ascii_lowercase();
            found.push((section.clone(), sub.clone(), key, unquote(value)));
        }
        Ok(Self(found))
    }

    /// The last value of a key.
    pub(super) fn value(&self, section: &str, sub: &str, key: &str) -> Option<&str> {
        let matches = |entry: &&(String, String, String, String)| {
            entry.0 == section && entry.1 == sub && entry.2 == key
        };
        self.0.iter().rev().find(matches).map(|entry| entry.3.as_str())
    }

    /// Name and address of each remote; `origin` first.
    pub(super) fn remotes(&self) -> Vec<(&str, &str)> {
        let is_url = |entry: &&(String, String, String, String)| {
            entry.0 == "remote" && entry.2 == "url" && !entry.3.is_empty()
        };
        let all = self.0.iter().filter(is_url).map(|entry| (entry.1.as_str(), entry.3.as_str()));
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|(name, _)| *name != "origin");
        all
    }
}

/// A value without quotes, escapes and the comment behind it.
fn unquote(text: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    let mut chars = text.trim().chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '#' | ';' if !quoted => break,
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(c) => out.push(c),
                None => {}
            },
            c => out.push(c),
        }
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_values_and_comments() {
        let text = "[core]\n\tbare = false ; no\n[remote \"up\\\"s\"]\n url = \"a#b\" # c\n\
                    [Remote \"origin\"] URL = git@h:o/r\n[extensions]\nobjectFormat=sha256\nbroken\n";
        let config = Config::parse(text, &mut Budget::default()).unwrap();
        assert_eq!(config.value("core", "", "bare"), Some("false"));
        assert_eq!(config.value("extensions", "", "objectformat"), Some("sha256"));
        assert_eq!(config.value("extensions", "", "broken"), Some("true"));
        assert_eq!(config.remotes(), [("origin", "git@h:o/r"), ("up\"s", "a#b")]);
    }
}
