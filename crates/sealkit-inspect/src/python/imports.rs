//! Import statements.

use super::token::{Kind, Token};

/// Longest list of modules in one statement, in tokens.
const MAX_LIST: usize = 512;
/// Longest name of a module, in tokens.
const MAX_NAME: usize = 64;

/// One module that is imported by its full name; what starts with a dot is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    /// Full name: `sklearn.metrics`.
    pub(crate) module: String,
    /// Line, from 1.
    pub(crate) line: usize,
}

/// Every `import a.b as c, d` and `from a.b import c`, wherever in the file it stands.
pub(crate) fn imports(tokens: &[Token]) -> Vec<Import> {
    let mut found = Vec::new();
    let mut starts = true;
    for (at, token) in tokens.iter().enumerate() {
        let rest = tokens.get(at + 1..).unwrap_or_default();
        // `if x: import y` starts a statement behind the colon.
        let first = std::mem::replace(&mut starts, false);
        match &token.kind {
            Kind::End => starts = true,
            Kind::Sign(':') => starts = true,
            Kind::Name(word) if first && word == "import" => {
                for part in statement(rest, MAX_LIST).split(|t| t.kind == Kind::Sign(',')) {
                    add(part, token.line, &mut found);
                }
            }
            Kind::Name(word) if first && word == "from" => {
                let statement = statement(rest, MAX_NAME);
                let end = statement.iter().position(|t| t.kind == Kind::Name("import".to_owned()));
                if let Some(module) = end.and_then(|end| statement.get(..end)) {
                    add(module, token.line, &mut found);
                }
            }
            _ => {}
        }
    }
    found
}

fn statement(tokens: &[Token], limit: usize) -> &[Token] {
    let tokens = tokens.get(..limit).unwrap_or(tokens);
    let end = tokens.iter().position(|token| token.kind == Kind::End).unwrap_or(tokens.len());
    tokens.get(..end).unwrap_or_default()
}

/// A dotted name, up to an `as`.
fn add(part: &[Token], line: usize, found: &mut Vec<Import>) {
    let mut module = String::new();
    let mut wants_name = true;
    for token in part {
        match &token.kind {
            Kind::Name(name) if wants_name => module.push_str(name),
            Kind::Sign('.') if !wants_name => module.push('.'),
            Kind::Name(word) if word == "as" => break,
            // A leading dot is a relative import; anything else is no import.
            _ => return,
        }
        wants_name = !wants_name;
    }
    if !module.is_empty() && !module.ends_with('.') {
        found.push(Import { module, line });
    }
}

#[cfg(test)]
mod tests {
    use sealkit_report::Budget;

    use super::*;

    fn found(source: &str) -> Vec<(String, usize)> {
        let tokens = super::super::tokens(source, &mut Budget::default()).unwrap();
        imports(&tokens).into_iter().map(|import| (import.module, import.line)).collect()
    }

    #[test]
    fn every_form_of_import() {
        let source = "import os, numpy as np\nfrom a.b import (c,\n d)\nfrom . import x\nfrom .y import z\n\
                      if q: import inner\ntry:\n  import tried\nexcept ImportError: pass\n\
                      import a.\nfrom b import *; import c\n";
        let expected =
            [("os", 1), ("numpy", 1), ("a.b", 2), ("inner", 6), ("tried", 8), ("b", 11), ("c", 11)];
        assert_eq!(found(source), expected.map(|(m, l)| (m.to_owned(), l)));
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        let source = "x = 'import a'\n# import b\n'''\nimport c\n'''\nyield from d\nraise E from f\nx.import_(g)\n\
                      import 'h'\nfrom 1 import i\nimport\nfrom\n";
        assert_eq!(found(source), []);
    }
}
