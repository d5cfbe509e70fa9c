//! Licence expressions: whether the choices that they leave hold one that is accepted.

use crate::model::Text;

/// Deepest nesting of an expression.
const MAX_DEPTH: usize = 32;
/// Longest expression, in bytes.
const MAX_LENGTH: usize = 4096;

/// Families of licences that restrict what the model may be used for, by the beginning of their names
/// (without regard to case); names with `rail` in them too.
const RESTRICTED: &[&str] = &[
    "apple-amlr",
    "apple-ascl",
    "cc-by-nc",
    "cc-by-nd",
    "deepseek",
    "fair-noncommercial",
    "gemma",
    "intel-research",
    "llama",
    "stabilityai",
    "tongyi-qianwen",
];

/// Whether `name` is of a licence that restricts the use.
pub(super) fn is_restricted(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_family = |word: &str| {
        let word = word.strip_prefix("licenseref-").unwrap_or(word);
        RESTRICTED.iter().any(|family| word.starts_with(family))
    };
    name.contains("rail") || words(&name).any(is_family)
}

/// Whether one licence may be: a name, with its exception (`WITH`) where it has one. Neither an exception nor a
/// `+` takes a licence out of what is denied, nor does what stands beside it in a text that is no expression;
/// one that is allowed as it is written is.
pub(super) fn is_accepted(allow: &[Text], deny: &[Text], name: &str) -> bool {
    if is_named(deny, name) {
        return false;
    }
    let plain = name.split(" WITH ").next().unwrap_or(name);
    let bare = |word: &str| same(word).trim_end_matches('+').to_owned();
    let is_denied = |word: &str| is_named(deny, word) || is_named(deny, &bare(word));
    is_named(allow, name)
        || !words(name).any(is_denied)
            && (allow.is_empty() || is_named(allow, plain) || is_named(allow, &bare(plain)))
}

/// Whether `list` has this licence, by either of its names.
pub(super) fn is_named(list: &[Text], name: &str) -> bool {
    list.iter().any(|text| same(text.as_str()) == same(name))
}

/// One name for those that mean the same: without regard to case, and `GPL-3.0-only` is `GPL-3.0`,
/// `GPL-3.0-or-later` is `GPL-3.0+`.
fn same(name: &str) -> String {
    let mut name = name.to_ascii_lowercase();
    if ["gpl-", "lgpl-", "agpl-", "gfdl-"].iter().any(|family| name.starts_with(family)) {
        name = name.replace("-only", "").replace("-or-later", "+");
    }
    name
}

/// The words of a text that may hold names of licences.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|c: char| c.is_whitespace() || ",;/()|&".contains(c));
    parts.filter(|word| !word.is_empty())
}

/// Whether `expression` (SPDX: `AND`, `OR`, `WITH`, brackets) can be met by licences that `accepts`
/// takes. What is no expression is one name.
pub(super) fn is_met(expression: &str, accepts: &dyn Fn(&str) -> bool) -> bool {
    if expression.len() > MAX_LENGTH {
        return false;
    }
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, at: 0, accepts };
    match reader.either(0) {
        Some(met) if reader.at == words.len() => met,
        _ => accepts(expression.trim()),
    }
}

struct Reader<'a> {
    words: &'a [&'a str],
    at: usize,
    accepts: &'a dyn Fn(&str) -> bool,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.at).copied();
        self.at += 1;
        word
    }

    fn takes(&mut self, word: &str) -> bool {
        let is = self.words.get(self.at).is_some_and(|next| next.eq_ignore_ascii_case(word));
        self.at += usize::from(is);
        is
    }

    fn either(&mut self, depth: usize) -> Option<bool> {
        let mut met = self.both(depth)?;
        while self.takes("OR") {
            met |= self.both(depth)?;
        }
        Some(met)
    }

    fn both(&mut self, depth: usize) -> Option<bool> {
        let mut met = self.one(depth)?;
        while self.takes("AND") {
            met &= self.one(depth)?;
        }
        Some(met)
    }

    fn one(&mut self, depth: usize) -> Option<bool> {
        if depth > MAX_DEPTH {
            return None;
        }
        if self.takes("(") {
            let met = self.either(depth + 1)?;
            return self.takes(")").then_some(met);
        }
        let name = self.next().filter(|name| !matches!(*name, ")" | "("))?;
        if self.takes("WITH") {
            let exception = self.next()?;
            return Some((self.accepts)(&format!("{name} WITH {exception}")));
        }
        Some((self.accepts)(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(names: &[&str]) -> Vec<Text> {
        names.iter().map(|name| Text::try_from((*name).to_owned()).unwrap()).collect()
    }

    fn met(expression: &str) -> bool {
        is_met(expression, &|name| is_accepted(&texts(&["MIT", "Apache-2.0"]), &[], name))
    }

    #[test]
    fn a_choice_is_met_by_one_and_a_sum_by_all() {
        assert!(met("MIT") && met(" MIT ") && met("GPL-3.0 OR MIT") && met("MIT and Apache-2.0"));
        assert!(met("(GPL-3.0 OR MIT) AND Apache-2.0") && met("Apache-2.0 WITH LLVM-exception"));
        assert!(!met("GPL-3.0") && !met("GPL-3.0 AND MIT") && !met("GPL-2.0 WITH x OR BSD"));
        assert!(!met("MIT AND (GPL-3.0 OR BSD)"));
    }

    #[test]
    fn what_is_no_expression_is_not_met_by_its_parts() {
        for text in ["", "MIT OR", "OR MIT", "(MIT", "MIT)", "MIT Apache-2.0", "MIT, GPL-3.0", "()"]
        {
            assert!(!met(text), "{text}");
        }
        assert!(!met(&"(".repeat(10_000)));
        assert!(!met(&format!("{}MIT{}", "(".repeat(100), ")".repeat(100))));
    }

    #[test]
    fn what_is_denied_stays_denied_however_it_is_written() {
        let deny = texts(&["GPL-3.0", "AGPL-3.0-only"]);
        let denied = |text: &str| !is_met(text, &|name| is_accepted(&[], &deny, name));
        for text in [
            "gpl-3.0-only",
            "GPL-3.0-or-later",
            "GPL-3.0+",
            "GPL-3.0-only WITH GCC-exception-3.1",
            "GPL-3.0, MIT",
            "MIT/GPL-3.0",
            "MIT AND GPL-3.0+ with x",
            "agpl-3.0",
            "(MIT AND AGPL-3.0",
        ] {
            assert!(denied(text), "{text}");
        }
        for text in ["MIT", "LGPL-3.0", "GPL-3.0 OR MIT", "GPL-2.0-only", "Apache-2.0 WITH x"] {
            assert!(!denied(text), "{text}");
        }
        let allow = texts(&["GPL-3.0 WITH y"]);
        let may = |text: &str| is_met(text, &|name| is_accepted(&allow, &deny, name));
        assert!(may("GPL-3.0-only WITH y") && !may("GPL-3.0") && !may("GPL-3.0 WITH z"));
    }

    #[test]
    fn families_that_restrict_the_use_are_known_by_name() {
        for name in [
            "bigscience-bloom-rail-1.0",
            "OpenRAIL++",
            "creativeml-openrail-m",
            "llama3.1",
            "Gemma",
            "cc-by-nc-4.0",
            "LicenseRef-llama2",
            "MIT, llama3",
        ] {
            assert!(is_restricted(name), "{name}");
        }
        for name in ["MIT", "apache-2.0", "cc-by-4.0", "gpl-3.0"] {
            assert!(!is_restricted(name), "{name}");
        }
    }
}
