//! What shows that a source is no Python, whatever its grammar: brackets that do not match and
//! strings that do not end. Source: The Python Language Reference, §2.1.6 "Implicit line joining"
//! and §2.5 "String and Bytes literals".

/// Deepest nesting that is followed. CPython's own limit is 200 (`MAXLEVEL` of its tokenizer).
const MAX_DEPTH: usize = 200;

/// Where a source stops being Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Line, from 1.
    pub(crate) line: usize,
    /// What stands there.
    pub(crate) what: &'static str,
}

/// The brackets that are open.
#[derive(Debug, Default)]
pub(super) struct Brackets {
    open: Vec<(char, usize)>,
    /// Brackets that are open above [`MAX_DEPTH`].
    deeper: usize,
    fault: Option<Fault>,
    doubtful: bool,
}

impl Brackets {
    /// Whether none is open, so that a line break ends the statement.
    pub(super) fn are_closed(&self) -> bool {
        self.open.is_empty()
    }

    /// Takes a sign of the source.
    pub(super) fn see(&mut self, sign: char, line: usize) {
        let close = match sign {
            '(' => ')',
            '[' => ']',
            '{' => '}',
            ')' | ']' | '}' => return self.close(sign, line),
            _ => return,
        };
        if self.open.len() < MAX_DEPTH {
            self.open.push((close, line));
        } else {
            self.deeper = self.deeper.saturating_add(1);
            self.find(line, "more than 200 brackets inside each other");
        }
    }

    fn close(&mut self, sign: char, line: usize) {
        if let Some(deeper) = self.deeper.checked_sub(1) {
            self.deeper = deeper;
        } else if self.open.pop().is_none_or(|(expected, _)| expected != sign) {
            self.find(line, "a bracket that closes none");
        }
    }

    /// Takes all that are open as never closed: a statement that can stand in none begins.
    pub(super) fn give_up(&mut self) {
        if let Some(&(_, line)) = self.open.first() {
            self.find(line, "a bracket that is never closed");
        }
        self.open.clear();
        self.deeper = 0;
    }

    /// Notes a fault, unless there was one before.
    pub(super) fn find(&mut self, line: usize, what: &'static str) {
        if !self.doubtful {
            self.fault.get_or_insert(Fault { line, what });
        }
    }

    /// From here on it can not be told what is a string: nothing more is found.
    pub(super) fn doubt(&mut self) {
        self.doubtful = true;
    }

    /// The first fault of the whole source.
    pub(super) fn fault(mut self) -> Option<Fault> {
        self.give_up();
        self.fault
    }
}
