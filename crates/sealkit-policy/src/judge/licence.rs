//! Licence expressions: whether the choices that they leave hold one that is accepted.

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
    let name = name.strip_prefix("licenseref-").unwrap_or(&name);
    name.contains("rail") || RESTRICTED.iter().any(|family| name.starts_with(family))
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
            // An exception only adds permissions: the licence itself is enough.
            return Some(
                (self.accepts)(name) || (self.accepts)(&format!("{name} WITH {exception}")),
            );
        }
        Some((self.accepts)(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(expression: &str) -> bool {
        is_met(expression, &|name| matches!(name, "MIT" | "Apache-2.0"))
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
    fn families_that_restrict_the_use_are_known_by_name() {
        for name in [
            "bigscience-bloom-rail-1.0",
            "OpenRAIL++",
            "creativeml-openrail-m",
            "llama3.1",
            "Gemma",
            "cc-by-nc-4.0",
            "LicenseRef-llama2",
        ] {
            assert!(is_restricted(name), "{name}");
        }
        for name in ["MIT", "apache-2.0", "cc-by-4.0", "gpl-3.0"] {
            assert!(!is_restricted(name), "{name}");
        }
    }
}
