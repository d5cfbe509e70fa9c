//! Python literals, as far as the header of an array needs them. Nothing is evaluated.

use std::fmt;

/// Deepest nesting; a structured type needs two levels for each structure inside.
const MAX_DEPTH: u32 = 32;

/// A literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Literal {
    None,
    Bool(bool),
    Int(i64),
    Text(String),
    Tuple(Vec<Literal>),
    List(Vec<Literal>),
    Dict(Vec<(Literal, Literal)>),
}

impl Literal {
    /// Reads a text that is one literal and nothing else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parser = Parser { rest: text };
        let value = parser.value(0)?;
        parser.space();
        parser.rest.is_empty().then_some(value)
    }

    /// The value of a text key; none where it stands twice.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Dict(pairs) = self else { return None };
        let mut found = pairs.iter().filter(|(k, _)| matches!(k, Self::Text(text) if text == key));
        let value = found.next().map(|(_, value)| value);
        if found.next().is_some() { None } else { value }
    }

    /// The elements of a tuple or list.
    pub(super) fn elements(&self) -> Option<&[Self]> {
        match self {
            Self::Tuple(items) | Self::List(items) => Some(items),
            _ => None,
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined =
            |items: &[Self]| items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Tuple(items) if items.len() == 1 => write!(f, "({},)", joined(items)),
            Self::Tuple(items) => write!(f, "({})", joined(items)),
            Self::List(items) => write!(f, "[{}]", joined(items)),
            Self::Dict(pairs) => {
                let pairs: Vec<_> = pairs.iter().map(|(k, v)| format!("{k}: {v}")).collect();
                write!(f, "{{{}}}", pairs.join(", "))
            }
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, word: &str) -> bool {
        self.space();
        let after = self.rest.strip_prefix(word);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn value(&mut self, depth: u32) -> Option<Literal> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.space();
        match self.rest.chars().next()? {
            '\'' | '"' => self.text().map(Literal::Text),
            '(' => {
                self.take("(");
                let (mut items, comma) = self.items(")", depth)?;
                if items.len() == 1 && !comma { items.pop() } else { Some(Literal::Tuple(items)) }
            }
            '[' => {
                self.take("[");
                self.items("]", depth).map(|(items, _)| Literal::List(items))
            }
            '{' => self.dict(depth),
            '-' | '0'..='9' => self.number(),
            _ if self.take("True") => Some(Literal::Bool(true)),
            _ if self.take("False") => Some(Literal::Bool(false)),
            _ if self.take("None") => Some(Literal::None),
            'u' | 'b' => {
                // Prefixes of Python 2.
                self.rest = self.rest.get(1..)?;
                self.text().map(Literal::Text)
            }
            _ => None,
        }
    }

    /// Values up to `end`, and whether a comma stands behind the last.
    fn items(&mut self, end: &str, depth: u32) -> Option<(Vec<Literal>, bool)> {
        let (mut items, mut comma) = (Vec::new(), false);
        loop {
            if self.take(end) {
                return Some((items, comma));
            }
            if !items.is_empty() && !comma {
                return None;
            }
            items.push(self.value(depth + 1)?);
            comma = self.take(",");
        }
    }

    fn dict(&mut self, depth: u32) -> Option<Literal> {
        self.take("{");
        let (mut pairs, mut comma) = (Vec::new(), true);
        loop {
            if self.take("}") {
                return Some(Literal::Dict(pairs));
            }
            if !comma {
                return None;
            }
            let key = self.value(depth + 1)?;
            if !self.take(":") {
                return None;
            }
            pairs.push((key, self.value(depth + 1)?));
            comma = self.take(",");
        }
    }

    fn text(&mut self) -> Option<String> {
        let quote = self.rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.rest = self.rest.get(at + 1..)?;
                    return Some(text);
                }
                '\\' => match chars.next()?.1 {
                    c @ ('\\' | '\'' | '"') => text.push(c),
                    c => text.extend(['\\', c]),
                },
                c => text.push(c),
            }
        }
        None
    }

    fn number(&mut self) -> Option<Literal> {
        let digits = self.rest.strip_prefix('-').unwrap_or(self.rest);
        let sign = self.rest.len() - digits.len();
        let len = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let number = self.rest.get(..sign + len)?.parse().ok()?;
        self.rest = self.rest.get(sign + len..)?;
        // Long numbers of Python 2.
        self.rest = self.rest.strip_prefix('L').unwrap_or(self.rest);
        Some(Literal::Int(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_and_written() {
        for text in [
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)}",
            "[('a', '<i4'), ('b', [('c', '|O')], (2,))]",
            "(None, True, -5, 'it\"s')",
            "()",
            "(1,)",
        ] {
            assert_eq!(Literal::parse(text).map(|l| l.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Literal::parse("(3L, )"), Some(Literal::Tuple(vec![Literal::Int(3)])));
        assert_eq!(Literal::parse("(3)"), Some(Literal::Int(3)));
    }

    #[test]
    fn what_is_no_literal_is_refused() {
        for text in [
            "",
            "(",
            "{'a' 1}",
            "__import__('os')",
            "1 2",
            "'a",
            "[1 2]",
            "{1:2 3:4}",
            "(,)",
            "'\\",
        ] {
            assert_eq!(Literal::parse(text), None, "{text}");
        }
        assert_eq!(Literal::parse(&"[".repeat(100_000)), None);
        let twice = Literal::parse("{'a': 1, 'a': 2}");
        assert_eq!(twice.as_ref().and_then(|twice| twice.get("a")), None);
    }
}
