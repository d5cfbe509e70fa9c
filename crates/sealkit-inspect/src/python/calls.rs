//! Calls with their literal arguments, and constants that are set once.

use std::collections::BTreeMap;

use super::token::{Kind, Token};

/// An argument of a call, as far as the source alone tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    /// A string literal, or a constant that is one.
    Text(String),
    /// `True` or `False`.
    Bool(bool),
    /// Anything else.
    Unknown,
}

impl Argument {
    /// The text, where it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The dotted name that is called: `AutoModel.from_pretrained`; what stands before a bracket
    /// in it is left out.
    pub(crate) name: String,
    /// Arguments without a name.
    pub(crate) positional: Vec<Argument>,
    /// Arguments with a name.
    pub(crate) named: BTreeMap<String, Argument>,
    /// Line of the name, from 1.
    pub(crate) line: usize,
}

impl Call {
    /// The argument with one of these names, or at this place.
    pub(crate) fn argument(&self, names: &[&str], place: Option<usize>) -> Option<&Argument> {
        let named = names.iter().find_map(|name| self.named.get(*name));
        named.or_else(|| self.positional.get(place?))
    }

    /// The same as text.
    pub(crate) fn text(&self, names: &[&str], place: Option<usize>) -> Option<&str> {
        self.argument(names, place)?.text()
    }
}

/// A call whose closing bracket has not come.
struct Open {
    /// Index of the call in the list; none for a bracket that calls nothing.
    call: Option<usize>,
    /// Tokens of the current argument, at most [`MAX_ARGUMENT`].
    argument: Vec<usize>,
}

/// Most arguments without a name that are kept.
const MAX_PLACES: usize = 8;
/// Longest argument that is looked at, in tokens: longer ones are no literals.
const MAX_ARGUMENT: usize = 64;
/// Longest head of a function that is looked at, in tokens.
const MAX_HEAD: usize = 256;
/// Most brackets that are open at once; what stands deeper is passed over.
const MAX_OPEN: usize = 256;

/// Every call in the order of their names. `constants` come from [`constants`].
pub(crate) fn calls(tokens: &[Token]) -> Vec<Call> {
    let constants = constants(tokens);
    let mut found: Vec<Call> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut deeper = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Sign('(' | '[' | '{') => {
                note(&mut open, at);
                if open.len() >= MAX_OPEN {
                    deeper += 1;
                    continue;
                }
                let name = if token.kind == Kind::Sign('(') { called(tokens, at) } else { None };
                let call = name.map(|(name, line)| {
                    found.push(Call { name, positional: vec![], named: BTreeMap::new(), line });
                    found.len() - 1
                });
                open.push(Open { call, argument: Vec::new() });
            }
            Kind::Sign(')' | ']' | '}') => {
                if deeper > 0 {
                    deeper -= 1;
                } else if let Some(mut closed) = open.pop() {
                    if closed.call.is_some() {
                        flush(&mut closed, tokens, &constants, &mut found);
                    } else {
                        // Brackets around a literal change nothing: it belongs to what is around.
                        closed.argument.iter().for_each(|inner| note(&mut open, *inner));
                    }
                    note(&mut open, at);
                }
            }
            Kind::Sign(',') if deeper == 0 => match open.last_mut() {
                Some(current) if current.call.is_some() => {
                    flush(current, tokens, &constants, &mut found);
                }
                _ => note(&mut open, at),
            },
            // What is still open here was never closed.
            Kind::End => {
                open.clear();
                deeper = 0;
            }
            _ => note(&mut open, at),
        }
    }
    found
}

fn note(open: &mut [Open], at: usize) {
    if let Some(current) = open.last_mut()
        && current.argument.len() <= MAX_ARGUMENT
    {
        current.argument.push(at);
    }
}

/// The dotted name before the bracket at `at`, and its line; none where no name stands there.
fn called(tokens: &[Token], at: usize) -> Option<(String, usize)> {
    let mut parts: Vec<&str> = Vec::new();
    let mut line = 0;
    let mut index = at;
    loop {
        index = index.checked_sub(1)?;
        let token = tokens.get(index)?;
        let Kind::Name(name) = &token.kind else { break };
        parts.push(name);
        line = token.line;
        let before = index.checked_sub(1).and_then(|i| tokens.get(i)).map(|t| &t.kind);
        match before {
            Some(Kind::Sign('.')) if parts.len() < 16 => index -= 1,
            // A definition is no call.
            Some(Kind::Name(word)) if word == "def" || word == "class" => return None,
            _ => break,
        }
        if index == 0 {
            break;
        }
    }
    parts.reverse();
    (!parts.is_empty()).then(|| (parts.join("."), line))
}

/// Takes the collected argument into its call.
fn flush(open: &mut Open, tokens: &[Token], constants: &BTreeMap<&str, &str>, found: &mut [Call]) {
    let argument = std::mem::take(&mut open.argument);
    let Some(call) = open.call.and_then(|at| found.get_mut(at)) else { return };
    let kinds: Vec<&Kind> = argument.iter().filter_map(|i| Some(&tokens.get(*i)?.kind)).collect();
    match kinds.as_slice() {
        [] => {}
        // `==` has two signs; a name with one `=` behind it is that of an argument.
        [Kind::Name(name), Kind::Sign('='), value @ ..]
            if value.first() != Some(&&Kind::Sign('=')) =>
        {
            call.named.insert(name.clone(), literal(value, constants));
        }
        // What a `*` unpacks may be any number of arguments: the places behind it are unknown.
        [Kind::Sign('*'), Kind::Sign('*'), ..] => {}
        [Kind::Sign('*'), ..] => call.positional.resize(MAX_PLACES, Argument::Unknown),
        _ if call.positional.len() >= MAX_PLACES => {}
        value => call.positional.push(literal(value, constants)),
    }
}

fn literal(kinds: &[&Kind], constants: &BTreeMap<&str, &str>) -> Argument {
    let kinds = match kinds {
        [Kind::Sign('('), inner @ .., Kind::Sign(')')] => inner,
        kinds => kinds,
    };
    match kinds {
        [Kind::Name(word)] if word == "True" => Argument::Bool(true),
        [Kind::Name(word)] if word == "False" => Argument::Bool(false),
        [Kind::Name(name)] => constants
            .get(name.as_str())
            .map_or(Argument::Unknown, |text| Argument::Text((*text).to_owned())),
        [] => Argument::Unknown,
        several => {
            // Literals side by side are one.
            let texts = several.iter().map(|kind| match kind {
                Kind::Text(text) => Some(text.as_str()),
                _ => None,
            });
            texts.collect::<Option<String>>().map_or(Argument::Unknown, Argument::Text)
        }
    }
}

/// Names that one plain statement at the margin sets to a string, and that nothing sets again.
fn constants(tokens: &[Token]) -> BTreeMap<&str, &str> {
    let mut values: BTreeMap<&str, &str> = BTreeMap::new();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    let mut depth = 0_usize;
    let mut starts = true;
    for (at, token) in tokens.iter().enumerate() {
        let first = std::mem::replace(&mut starts, token.kind == Kind::End);
        let next = |n: usize| tokens.get(at + n).map(|token| &token.kind);
        match &token.kind {
            Kind::Sign('(' | '[' | '{') => depth += 1,
            Kind::Sign(')' | ']' | '}') => depth = depth.saturating_sub(1),
            Kind::Name(word) if word == "def" || word == "lambda" => {
                for name in parameters(tokens.get(at + 1..).unwrap_or_default()) {
                    *times.entry(name).or_default() += 2;
                }
            }
            Kind::Name(name) => {
                let bound = match next(1) {
                    // `=`, and `:=`, `+=` and the like; a keyword argument binds nothing.
                    Some(Kind::Sign('=')) => depth == 0 && next(2) != Some(&Kind::Sign('=')),
                    Some(Kind::Sign(':' | '+' | '|' | '*' | '%' | '/' | '-')) => {
                        next(2) == Some(&Kind::Sign('='))
                            || (first && next(1) == Some(&Kind::Sign(':')))
                    }
                    _ => false,
                };
                // `for NAME in`, `as NAME`, `global NAME`, `import NAME`, `a, NAME = …`.
                let before = at.checked_sub(1).and_then(|i| tokens.get(i)).map(|t| &t.kind);
                let other = match before {
                    Some(Kind::Name(word)) => matches!(
                        word.as_str(),
                        "for" | "as" | "global" | "nonlocal" | "import" | "def" | "class" | "del"
                    ),
                    _ => next(1) == Some(&Kind::Sign(',')) && depth == 0,
                };
                if bound || other {
                    *times.entry(name).or_default() += 1;
                }
                if bound
                    && first
                    && token.at_margin
                    && next(1) == Some(&Kind::Sign('='))
                    && let (Some(Kind::Text(text)), Some(Kind::End)) = (next(2), next(3))
                {
                    values.insert(name, text);
                }
            }
            _ => {}
        }
    }
    values.retain(|name, _| times.get(name) == Some(&1));
    values
}

/// The names that a function, whose head follows here, binds.
fn parameters(head: &[Token]) -> Vec<&str> {
    let mut names = Vec::new();
    let mut starts = true;
    for token in head.iter().take(MAX_HEAD) {
        match &token.kind {
            Kind::Sign(')') | Kind::End => break,
            Kind::Name(name) if starts => names.push(name.as_str()),
            _ => {}
        }
        starts = matches!(token.kind, Kind::Sign('(' | ',' | '*'));
    }
    names
}

#[cfg(test)]
mod tests {
    use sealkit_report::Budget;

    use super::*;

    fn found(source: &str) -> Vec<Call> {
        calls(&super::super::tokens(source, &mut Budget::default()).unwrap())
    }

    fn first(source: &str) -> Argument {
        let calls = found(source);
        let call = calls.iter().rfind(|call| call.name == "f");
        call.and_then(|call| call.positional.first().cloned()).unwrap()
    }

    #[test]
    fn names_arguments_and_lines() {
        let all = found("a.b.C(\n 'x', y='z', n=3, t=True, *rest, **more)\ndef f(x='no'): g()()\n");
        assert_eq!(
            all.iter().map(|c| (c.name.as_str(), c.line)).collect::<Vec<_>>(),
            [("a.b.C", 1), ("g", 3)]
        );
        assert_eq!(all[0].text(&[], Some(0)), Some("x"));
        assert_eq!(all[0].text(&["y"], None), Some("z"));
        assert_eq!(all[0].named["t"], Argument::Bool(true));
        assert_eq!(all[0].named["n"], Argument::Unknown);
        assert_eq!(all[0].positional.len(), 8);
    }

    #[test]
    fn only_what_the_source_tells_is_a_value() {
        assert_eq!(first("f('a' 'b')"), Argument::Text("ab".into()));
        assert_eq!(first("f(('a'\n'b'))"), Argument::Text("ab".into()));
        for source in [
            "f(f'a')",
            "f('a' + x)",
            "f(x)",
            "f('a'.lower())",
            "f('%s' % x)",
            "f(['a'])",
            "f(x == 'a')",
            "f(*a)",
        ] {
            assert_eq!(first(source), Argument::Unknown, "{source}");
        }
    }

    #[test]
    fn constants_are_set_once_at_the_margin() {
        assert_eq!(first("N = 'a'\nf(N)"), Argument::Text("a".into()));
        let not = [
            "N = 'a'\nN = 'b'\nf(N)",
            "N = 'a'\nN += 'b'\nf(N)",
            "if x:\n  N = 'a'\nf(N)",
            "N = 'a'\nfor N in y: pass\nf(N)",
            "N = 'a'\nwith y as N: pass\nf(N)",
            "N = 'a' + x\nf(N)",
            "N = 'a'\nN, M = y\nf(N)",
            "N = 'a'\ndef g():\n  global N\nf(N)",
            "N = 'a'\nif (N := y): pass\nf(N)",
            "N: str = 'a'\nN = y\nf(N)",
            "N = 'a'\ndef g(x, *, N=1): f(N)",
            "N = 'a'\ndef g(x: int, N): f(N)",
            "N = 'a'\ng = lambda N: f(N)",
        ];
        for source in not {
            assert_eq!(first(source), Argument::Unknown, "{source}");
        }
        assert_eq!(first("N = 'a'\ng(N='b')\nf(N)"), Argument::Text("a".into()));
    }

    #[test]
    fn deep_and_broken_brackets_cost_nothing() {
        let deep = format!("{}f('a'){}", "(".repeat(100_000), ")".repeat(100_000));
        assert_eq!(found(&deep).len(), 0);
        assert_eq!(found("f('a'").len(), 1);
        assert_eq!(found(")))f('a')").len(), 1);
    }
}
