//! One pattern of an ignore file, matched in time linear in pattern times path.

use std::iter::Peekable;
use std::str::Chars;

/// One pattern.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    negation: bool,
    matcher: Matcher,
}

#[derive(Clone, Debug)]
enum Matcher {
    Exact(String),
    /// `folder/**`: what starts so.
    Prefix(String),
    /// `**/name`: what ends so, or is all of it but the leading slash.
    Suffix(String),
    Tokens(Vec<Token>),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Literal(char),
    /// `?`: one character that is no slash.
    One,
    /// `*`: any number of characters that are no slash.
    Many,
    /// `**` at the end: anything.
    All,
    /// `**` before something: nothing, or anything that ends in a slash.
    Folders,
    /// `^`, which the peer's regular expressions take for the start of the path.
    Start,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Pattern {
    /// Reads a cleaned pattern; none where it is malformed.
    pub(super) fn new(rule: &str) -> Option<Self> {
        let (negation, text) = match rule.strip_prefix('!') {
            Some("") => return None,
            Some(rest) => (true, rest),
            None => (false, rule),
        };
        Some(Self { negation, matcher: Matcher::new(text)? })
    }

    /// Whether the pattern brings back what an earlier one ignored.
    pub(super) fn is_negation(&self) -> bool {
        self.negation
    }

    /// Whether the pattern fits the whole path.
    pub(super) fn matches(&self, path: &str) -> bool {
        match &self.matcher {
            Matcher::Exact(text) => path == text,
            Matcher::Prefix(text) => path.starts_with(text.as_str()),
            Matcher::Suffix(text) => {
                path.ends_with(text.as_str()) || text.strip_prefix('/') == Some(path)
            }
            Matcher::Tokens(tokens) => run(tokens, path),
        }
    }
}

impl Matcher {
    fn new(text: &str) -> Option<Self> {
        let tokens = tokens(text)?;
        let plain = |text: &str| !text.contains(['*', '?', '[', ']', '\\']);
        if plain(text) {
            return Some(Self::Exact(text.to_owned()));
        }
        if let Some(rest) = text.strip_prefix("**").filter(|rest| plain(rest)) {
            return Some(Self::Suffix(rest.to_owned()));
        }
        if let Some(rest) = text.strip_suffix("**").filter(|rest| plain(rest)) {
            return Some(Self::Prefix(rest.to_owned()));
        }
        Some(Self::Tokens(tokens))
    }
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut chars = text.chars().peekable();
    let mut tokens = Vec::new();
    while let Some(first) = chars.next() {
        tokens.push(match first {
            '*' if chars.next_if_eq(&'*').is_some() => {
                chars.next_if_eq(&'/');
                if chars.peek().is_some() { Token::Folders } else { Token::All }
            }
            '*' => Token::Many,
            '?' => Token::One,
            '^' => Token::Start,
            '[' => class(&mut chars)?,
            '\\' => Token::Literal(chars.next()?),
            other => Token::Literal(other),
        });
    }
    Some(tokens)
}

/// A class after its `[`, up to and with its `]`, by the rules of Go's `filepath.Match`.
fn class(chars: &mut Peekable<Chars<'_>>) -> Option<Token> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        if !ranges.is_empty() && chars.next_if_eq(&']').is_some() {
            return Some(Token::Class { negated, ranges });
        }
        let low = class_char(chars)?;
        let high = if chars.next_if_eq(&'-').is_some() { class_char(chars)? } else { low };
        if low > high {
            return None;
        }
        ranges.push((low, high));
    }
}

fn class_char(chars: &mut Peekable<Chars<'_>>) -> Option<char> {
    match chars.next()? {
        '-' | ']' => None,
        '\\' => chars.next(),
        other => Some(other),
    }
}

/// Runs the tokens over the path as a set of states, so that no pattern takes exponential time.
fn run(tokens: &[Token], path: &str) -> bool {
    let mut states = vec![false; tokens.len() + 1];
    enter(tokens, &mut states, 0, true);
    for c in path.chars() {
        let mut next = vec![false; tokens.len() + 1];
        for (at, token) in tokens.iter().enumerate() {
            if states.get(at) != Some(&true) {
                continue;
            }
            match token {
                Token::Many if c != '/' => enter(tokens, &mut next, at, false),
                Token::All => enter(tokens, &mut next, at, false),
                Token::Folders => {
                    // Stays inside `**` without the right to leave it before a slash.
                    mark(&mut next, at);
                    if c == '/' {
                        enter(tokens, &mut next, at + 1, false);
                    }
                }
                token if token.takes(c) => enter(tokens, &mut next, at + 1, false),
                _ => {}
            }
        }
        states = next;
    }
    states.last() == Some(&true)
}

/// Reaches the state before token `at`, and every state that is reached from it for nothing.
fn enter(tokens: &[Token], states: &mut [bool], at: usize, at_start: bool) {
    let mut at = at;
    loop {
        mark(states, at);
        match tokens.get(at) {
            Some(Token::Many | Token::All | Token::Folders) => at += 1,
            Some(Token::Start) if at_start => at += 1,
            _ => return,
        }
    }
}

fn mark(states: &mut [bool], at: usize) {
    if let Some(state) = states.get_mut(at) {
        *state = true;
    }
}

impl Token {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Literal(literal) => *literal == c,
            Self::One => c != '/',
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
            Self::Many | Self::All | Self::Folders | Self::Start => false,
        }
    }
}
