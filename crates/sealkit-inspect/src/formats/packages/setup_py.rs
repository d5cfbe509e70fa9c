//! `setup.py`: what it hands to `setup()`, as far as literals tell it. Nothing of it runs.
//!
//! Source: setuptools documentation, "Keywords", and its dependency management.

use sealkit_report::Severity;

use super::out::Packages;
use super::pep508::requirement;
use crate::python::{Kind, Token};
use crate::{InspectError, Scope};

/// Arguments that are lists of requirements, or lists by names of extras.
const LISTS: &[(&str, Scope)] = &[
    ("install_requires", Scope::Runtime),
    ("setup_requires", Scope::Build),
    ("tests_require", Scope::Development),
    ("extras_require", Scope::Optional),
];

/// Reads the lists of requirements. One that a name stands for is looked up where that is set once, to a list. What only
/// running tells is said to be unread.
pub(crate) fn setup(tokens: &[Token], out: &mut Packages<'_>) -> Result<(), InspectError> {
    for (at, token) in tokens.iter().enumerate() {
        out.budget.steps(1)?;
        let Kind::Name(name) = &token.kind else { continue };
        let Some((_, scope)) = LISTS.iter().find(|(key, _)| key == name) else { continue };
        let Some(value) = value(tokens, at) else { continue };
        // At the margin it is a name that is set, which the call gives.
        if token.at_margin && at.checked_sub(1).is_none_or(|at| is_end(tokens, at)) {
            continue;
        }
        // Every token is passed to find what a name stands for.
        out.budget.steps(tokens.len() as u64)?;
        let value = named(tokens, value).unwrap_or(value);
        if !list(value, *scope, out)? {
            let message = format!("`{name}` is not all written as literals");
            let place = format!("line {}", token.line);
            out.find("requirement-unread", Severity::Low, &place, message);
        }
    }
    Ok(())
}

fn is_end(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| token.kind == Kind::End)
}

/// What stands behind `NAME =`, `NAME: TYPE =` left out.
fn value(tokens: &[Token], at: usize) -> Option<&[Token]> {
    let rest = tokens.get(at + 1..)?;
    let [first, value @ ..] = rest else { return None };
    let is_set = first.kind == Kind::Sign('=');
    let is_compared = value.first().is_some_and(|token| token.kind == Kind::Sign('='));
    (is_set && !is_compared).then_some(value)
}

/// The value of the name that stands here alone, where one statement at the margin sets it.
fn named<'t>(tokens: &'t [Token], here: &[Token]) -> Option<&'t [Token]> {
    let [Token { kind: Kind::Name(name), .. }, Token { kind: Kind::Sign(',' | ')'), .. }, ..] =
        here
    else {
        return None;
    };
    let sets = |at: &usize| {
        let is_it = tokens.get(*at).is_some_and(|token| {
            token.at_margin && matches!(&token.kind, Kind::Name(other) if other == name)
        });
        is_it && at.checked_sub(1).is_none_or(|before| is_end(tokens, before))
    };
    let mut all = (0..tokens.len()).filter(sets).filter_map(|at| value(tokens, at));
    let first = all.next();
    first.filter(|_| all.next().is_none())
}

/// Adds the requirements of a list, a tuple or a dictionary of lists; false where some of it is no literal.
fn list(value: &[Token], scope: Scope, out: &mut Packages<'_>) -> Result<bool, InspectError> {
    let (mut depth, mut is_whole) = (0_usize, true);
    let mut parts: Vec<&str> = Vec::new();
    for (at, token) in value.iter().enumerate() {
        out.budget.steps(1)?;
        match &token.kind {
            Kind::Sign('[' | '(' | '{') => depth += 1,
            Kind::Text(text) if depth > 0 => {
                let next = value.get(at + 1).map(|token| &token.kind);
                // The name of an extra is no requirement; literals side by side are one.
                if next == Some(&Kind::Sign(':')) {
                    parts.clear();
                    continue;
                }
                parts.push(text);
                if matches!(next, Some(Kind::Text(_))) {
                    continue;
                }
                let is_item = matches!(next, Some(Kind::Sign(',' | ']' | ')' | '}')));
                let text = std::mem::take(&mut parts).concat();
                match requirement(&text).filter(|_| is_item) {
                    Some(mut package) => {
                        (package.direct, package.scope) = (true, scope);
                        out.add(format!("line {}", token.line), package)?;
                    }
                    None => is_whole = false,
                }
            }
            Kind::Sign(']' | ')' | '}') if depth > 0 => {
                depth -= 1;
                let next = value.get(at + 1).map(|token| &token.kind);
                if depth == 0 {
                    // What is put to the list is not in it.
                    let ends = matches!(next, None | Some(Kind::Sign(',' | ')') | Kind::End));
                    return Ok(is_whole && ends);
                }
            }
            Kind::Sign(',' | ':') if depth > 0 => {}
            _ if depth == 0 => return Ok(false),
            _ => is_whole = false,
        }
    }
    Ok(false)
}
