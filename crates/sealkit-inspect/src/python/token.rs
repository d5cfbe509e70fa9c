//! The tokens of a Python source.

use sealkit_report::{Budget, Exceeded};

use super::brackets::{Brackets, Fault};

/// Most tokens of one source: a program of some ten thousand lines has a tenth.
const MAX_TOKENS: usize = 1_000_000;

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or a keyword.
    Name(String),
    /// A plain string literal, escapes resolved; joined literals are several tokens.
    Text(String),
    /// A string whose value only running tells: an f-string, bytes, or one with escapes that are
    /// not resolved here.
    Opaque,
    /// A number.
    Number,
    /// One character of punctuation.
    Sign(char),
    /// The end of a statement: a line break outside of brackets, or a semicolon.
    End,
}

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    /// Line, from 1.
    pub(crate) line: usize,
    /// Whether the line that it stands in starts at the margin.
    pub(crate) at_margin: bool,
}

/// Splits a source into tokens. Spends one step of the budget for each. What is no Python becomes
/// punctuation.
pub(crate) fn tokens(source: &str, budget: &mut Budget) -> Result<Vec<Token>, Exceeded> {
    checked_tokens(source, budget).map(|(tokens, _)| tokens)
}

/// The tokens, and the first place that no Python interpreter would take, where there is one.
pub(crate) fn checked_tokens(
    source: &str,
    budget: &mut Budget,
) -> Result<(Vec<Token>, Option<Fault>), Exceeded> {
    let at_margin = !source.starts_with([' ', '\t']);
    let (brackets, found) = (Brackets::default(), Vec::new());
    let mut lexer = Lexer { rest: source, line: 1, at_margin, brackets, found };
    while !lexer.rest.is_empty() {
        budget.steps(1)?;
        if lexer.found.len() >= MAX_TOKENS {
            return Err(Exceeded { what: "token", limit: MAX_TOKENS as u64 });
        }
        lexer.step();
    }
    lexer.push(Kind::End, lexer.line);
    Ok((lexer.found, lexer.brackets.fault()))
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    at_margin: bool,
    brackets: Brackets,
    found: Vec<Token>,
}

impl Lexer<'_> {
    fn step(&mut self) {
        let Some(c) = self.rest.chars().next() else { return };
        let line = self.line;
        match c {
            '\n' => {
                self.take(1);
                self.line += 1;
                // A statement at the margin inside of brackets: one of them was never closed.
                let breaks = ["import ", "from ", "def ", "class "];
                if breaks.iter().any(|word| self.rest.starts_with(word)) {
                    self.brackets.give_up();
                }
                if self.brackets.are_closed() {
                    self.push(Kind::End, line);
                    self.at_margin = !self.rest.starts_with([' ', '\t']);
                }
            }
            '\\' if self.rest.starts_with("\\\n") || self.rest.starts_with("\\\r\n") => {
                let len = self.rest.find('\n').unwrap_or(0) + 1;
                self.take(len);
                self.line += 1;
            }
            '#' => self.take(self.rest.find('\n').unwrap_or(self.rest.len())),
            ' ' | '\t' | '\r' | '\u{c}' => self.take(1),
            '"' | '\'' => self.string(""),
            c if c.is_ascii_digit() => {
                let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
                self.take(self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len()));
                self.push(Kind::Number, line);
            }
            c if c == '_' || c.is_alphabetic() => self.word(),
            ';' => {
                self.take(1);
                self.push(Kind::End, line);
            }
            _ => {
                self.brackets.see(c, line);
                self.take(c.len_utf8());
                self.push(Kind::Sign(c), line);
            }
        }
    }

    /// A name, or the prefix of a string.
    fn word(&mut self) {
        let is_part = |c: char| c == '_' || c.is_alphanumeric();
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        let prefix = word.to_ascii_lowercase();
        let is_prefix = matches!(
            prefix.as_str(),
            "r" | "u" | "b" | "f" | "t" | "br" | "rb" | "fr" | "rf" | "tr" | "rt"
        );
        if is_prefix && after.starts_with(['"', '\'']) {
            self.take(end);
            self.string(&prefix);
        } else {
            let name = Kind::Name(word.to_owned());
            self.take(end);
            self.push(name, self.line);
        }
    }

    /// A string that starts here, behind its prefix.
    fn string(&mut self, prefix: &str) {
        let line = self.line;
        let quote = self.rest.chars().next().unwrap_or('"');
        let triple: String = std::iter::repeat_n(quote, 3).collect();
        let is_triple = self.rest.starts_with(&triple);
        let close = if is_triple { triple } else { quote.to_string() };
        self.take(close.len());
        let mut end = None;
        let mut escaped = false;
        for (at, c) in self.rest.char_indices() {
            if std::mem::take(&mut escaped) {
                continue;
            }
            match c {
                '\\' => escaped = true,
                // A string in one line that does not end in it is a mistake; the line goes on.
                '\n' if !is_triple => break,
                _ if c == quote && self.rest.get(at..).is_some_and(|r| r.starts_with(&close)) => {
                    end = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let Some(end) = end else {
            let len = if is_triple {
                self.rest.len()
            } else {
                self.rest.find('\n').unwrap_or(self.rest.len())
            };
            self.line += self.rest.get(..len).map_or(0, |text| text.matches('\n').count());
            self.take(len);
            self.brackets.find(line, "a string that does not end");
            self.push(Kind::Opaque, line);
            return;
        };
        let body = self.rest.get(..end).unwrap_or_default();
        let is_raw = prefix.contains('r');
        if prefix.contains(['f', 't']) && body.matches('{').count() != body.matches('}').count() {
            // Since Python 3.12 a field may hold the quote that seemed to end the string.
            self.brackets.doubt();
        }
        let kind = match () {
            () if prefix.contains(['b', 'f', 't']) => Kind::Opaque,
            () if is_raw => Kind::Text(body.to_owned()),
            () => unescape(body).map_or(Kind::Opaque, Kind::Text),
        };
        self.line += body.matches('\n').count();
        self.take(end + close.len());
        self.push(kind, line);
    }

    fn take(&mut self, len: usize) {
        self.rest = self.rest.get(len..).unwrap_or("");
    }

    fn push(&mut self, kind: Kind, line: usize) {
        // One end is enough: empty lines say nothing.
        let again = kind == Kind::End && self.found.last().is_none_or(|t| t.kind == Kind::End);
        if !again {
            self.found.push(Token { kind, line, at_margin: self.at_margin });
        }
    }
}

/// Resolves the escapes that names and paths have; none where there is another.
fn unescape(body: &str) -> Option<String> {
    let mut out = String::with_capacity(body.len());
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            '\n' => {}
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            c @ ('\\' | '\'' | '"') => out.push(c),
            _ => return None,
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> String {
        let tokens = tokens(source, &mut Budget::default()).unwrap();
        let one = |token: &Token| match &token.kind {
            Kind::Name(name) => name.clone(),
            Kind::Text(text) => format!("<{text}>"),
            Kind::Opaque => "?".to_owned(),
            Kind::Number => "0".to_owned(),
            Kind::Sign(c) => c.to_string(),
            Kind::End => "|".to_owned(),
        };
        tokens.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn strings_of_every_kind() {
        assert_eq!(shown("'a' \"b\" r'c\\d' u'e' '''f\ng'''"), "<a> <b> <c\\d> <e> <f\ng> |");
        assert_eq!(shown("f'a' b'b' rb'c' Rf\"d\" '\\x41'"), "? ? ? ? ? |");
        assert_eq!(shown(r#"'it\'s' "a\\" '' "#), "<it's> <a\\> <> |");
        assert_eq!(shown("'open\nx"), "? | x |");
        assert_eq!(shown("'''open\nx"), "? |");
    }

    #[test]
    fn lines_end_outside_of_brackets_alone() {
        assert_eq!(shown("a(\n1,\n)\nb; c # d\n\n\ne \\\n f"), "a ( 0 , ) | b | c | e f |");
        assert_eq!(shown("a)\nb"), "a ) | b |");
        assert_eq!(shown("ünïcode = 1"), "ünïcode = 0 |");
        assert_eq!(shown(""), "");
    }

    #[test]
    fn tokens_know_their_line_and_margin() {
        let found = tokens("'''a\nb'''\nif x:\n  y\nz", &mut Budget::default()).unwrap();
        let places: Vec<_> = found
            .iter()
            .filter(|t| matches!(t.kind, Kind::Name(_) | Kind::Text(_)))
            .map(|t| (t.line, t.at_margin))
            .collect();
        assert_eq!(places, [(1, true), (3, true), (3, true), (4, false), (5, true)]);
    }
}
