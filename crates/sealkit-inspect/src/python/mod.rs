//! Python sources, read and never run: imports, calls with literal arguments, plain constants.
//!
//! A tolerant reader over tokens, not a parser of the whole grammar: what it does not know it
//! passes over, so that a file with a syntax error still says what it imports; `checked_tokens` tells
//! of the errors that show without a grammar. It keeps one token list and no tree, so that nesting
//! costs nothing. Source: The Python Language Reference, §2
//! "Lexical analysis", §6.3.4 "Calls", §7.11 "The import statement".

mod brackets;
mod calls;
mod imports;
mod modules;
mod stdlib;
mod token;

pub(crate) use calls::{Argument, Call, calls};
pub(crate) use imports::{Import, imports};
pub(crate) use modules::distribution;
pub(crate) use stdlib::is_standard;
pub(crate) use token::{Kind, Token, checked_tokens, tokens};
