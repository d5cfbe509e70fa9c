//! Chat templates in the language of Jinja: whether one reaches for more than a chat. A library that renders it outside
//! of a sandbox runs what it reaches.

use sealkit_report::{Known, Severity};

use crate::{Facts, FileInfo, Value, property};

/// Statements that load another template.
const LOADS: &[&str] = &["import", "from", "include", "extends"];

/// Adds a finding where a template reaches for Python, or for other files.
pub(crate) fn check(template: &str, at: (&str, &str), facts: &mut Facts) {
    let Some(what) = reaches(template) else { return };
    let message =
        format!("the chat template {what}: rendered outside of a sandbox it can run code");
    facts.find("chat-template-code", Severity::High, at, message);
    let size = Some(template.len() as u64);
    let file = FileInfo { path: "chat_template".to_owned(), size, digests: Vec::new() };
    facts.about("", Known::Measured, at, (property::EMBEDDED_CODE, Value::File(file)));
}

/// What a template reaches for that no chat needs.
fn reaches(template: &str) -> Option<String> {
    let mut rest = template;
    while let Some((start, end)) = next(rest) {
        let inside = rest.get(start..).unwrap_or_default();
        let (mark, inside) = inside.split_at_checked(2)?;
        let code = Code { rest: inside, end, is_statement: mark == "{%" };
        let (found, after) = code.read();
        if found.is_some() {
            return found;
        }
        rest = after;
    }
    None
}

/// Where code begins, and how it ends. Comments are passed over.
fn next(text: &str) -> Option<(usize, &'static str)> {
    let mut from = 0;
    loop {
        let tail = text.get(from..)?;
        let at = tail.find('{')?;
        match tail.as_bytes().get(at + 1) {
            Some(b'{') => return Some((from + at, "}}")),
            Some(b'%') => return Some((from + at, "%}")),
            Some(b'#') => {
                let close = tail.get(at + 2..)?.find("#}")?;
                from += at + 2 + close + 2;
            }
            _ => from += at + 1,
        }
    }
}

struct Code<'a> {
    rest: &'a str,
    end: &'static str,
    is_statement: bool,
}

impl<'a> Code<'a> {
    /// Reads up to the end of the code; gives what it reaches for, and the text behind.
    fn read(mut self) -> (Option<String>, &'a str) {
        let (mut before, mut is_first) = ('\0', true);
        while let Some(c) = self.rest.chars().next() {
            if self.rest.starts_with(self.end) {
                return (None, self.rest.get(2..).unwrap_or_default());
            }
            if c == '"' || c == '\'' {
                let text = self.string(c);
                if is_special(&text) {
                    return (Some(format!("names `{text}`")), self.rest);
                }
                before = c;
                continue;
            }
            if c == '_' || c.is_alphabetic() {
                let word = self.word();
                if is_special(word) {
                    return (Some(format!("reaches for `{word}`")), self.rest);
                }
                if before == '|' && word == "attr" {
                    return (Some("takes attributes by name, with `attr`".to_owned()), self.rest);
                }
                if is_first && self.is_statement && LOADS.contains(&word) {
                    return (Some(format!("loads another template, with `{word}`")), self.rest);
                }
                (before, is_first) = ('a', false);
                continue;
            }
            if !(c.is_whitespace() || matches!(c, '-' | '+')) {
                before = c;
            }
            self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
        }
        (None, "")
    }

    fn word(&mut self) -> &'a str {
        let is_part = |c: char| c == '_' || c.is_alphanumeric();
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        word
    }

    /// A text, with the escapes resolved that letters can hide behind.
    fn string(&mut self, quote: char) -> String {
        let mut text = String::new();
        let mut chars = self.rest.chars();
        chars.next();
        while let Some(c) = chars.next() {
            match c {
                c if c == quote => break,
                '\\' => match chars.next() {
                    Some('x') => text.extend(hex(&mut chars, 2)),
                    Some('u') => text.extend(hex(&mut chars, 4)),
                    Some('U') => text.extend(hex(&mut chars, 8)),
                    // `\137` is an underscore too.
                    Some(c @ '0'..='7') => text.extend(octal(c, &mut chars)),
                    Some(c) => text.push(c),
                    None => {}
                },
                c => text.push(c),
            }
        }
        self.rest = chars.as_str();
        text
    }
}

fn hex(chars: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let number: String = chars.by_ref().take(digits).collect();
    char::from_u32(u32::from_str_radix(&number, 16).ok()?)
}

fn octal(first: char, chars: &mut std::str::Chars<'_>) -> Option<char> {
    let mut number = first.to_digit(8)?;
    for _ in 0..2 {
        let Some(digit) = chars.clone().next().and_then(|c| c.to_digit(8)) else { break };
        number = number * 8 + digit;
        chars.next();
    }
    char::from_u32(number)
}

/// Whether a name is one of Python's own, `__class__`.
fn is_special(name: &str) -> bool {
    let inner = name.strip_prefix("__").and_then(|name| name.strip_suffix("__"));
    inner.is_some_and(|inner| {
        !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_for_python_or_other_files_is_found() {
        for template in [
            "{{ ''.__class__.__mro__[1].__subclasses__() }}",
            "{{ x['__class__'] }}",
            "{{ x[\"\\x5f_class_\\137\"] }}",
            "{{ x|attr('a' ~ 'b') }}",
            "{% set y = x | attr(z) %}",
            "{%- import 'other' as o -%}",
            "{% include x %}",
            "{# {{ a }} #}{% if cycler.__init__ %}{% endif %}",
            "{ {{{ {'a': x.__globals__} }}}",
        ] {
            assert!(reaches(template).is_some(), "{template}");
        }
    }

    #[test]
    fn ordinary_templates_are_quiet() {
        for template in [
            "",
            "{{ bos_token }}{% for m in messages %}{{ m['role'] + ': ' + m.content | trim }}{% endfor %}",
            "{# __class__ is not used #}{{ raise_exception('no __dunder__ in a sentence') }}",
            "say __init__ and import x from y",
            "{%- macro import_all(x) %}{{ x.import }}{% endmacro %}{{ '%}' }}",
            "{% set ns = namespace(from=1) %}{{ messages | map(attribute='content') | list }}",
            "{{",
            "{%",
        ] {
            assert_eq!(reaches(template), None, "{template}");
        }
    }
}
