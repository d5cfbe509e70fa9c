//! Text with separators, cut into cells as the bytes pass by.
//!
//! Source: RFC 4180; where files stray from it, as Python's `csv` and pandas read them: a quote
//! inside a cell without quotes stands for itself, and a lone carriage return ends a row.

/// Most bytes of a cell of the first row, and of any other, that are kept.
const KEPT_OF_NAME: usize = 1024;
const KEPT_OF_CELL: usize = 64;

/// Takes cells and rows.
pub(super) trait Rows {
    /// The next cell of the row: its first bytes and whether it stood in quotes.
    fn cell(&mut self, kept: &[u8], line: u64);

    /// The end of a row that began in `line`. Rows that hold nothing at all are passed over.
    fn end_row(&mut self, line: u64);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first byte of a cell.
    Start,
    Plain,
    Quoted,
    /// After a quote in a quoted cell: its end, or half of a quote that is meant.
    Closing,
}

/// Cuts bytes into cells.
pub(super) struct Splitter<R> {
    pub(super) rows: R,
    separator: u8,
    state: State,
    kept: Vec<u8>,
    limit: usize,
    /// Line of the next byte, and the line in which the row began.
    line: u64,
    row_line: u64,
    /// Whether the row has a separator, a quote or any byte.
    blank: bool,
    after_return: bool,
    stray_quotes: u64,
}

impl<R: Rows> Splitter<R> {
    pub(super) fn new(separator: u8, rows: R) -> Self {
        Self {
            rows,
            separator,
            state: State::Start,
            kept: Vec::new(),
            limit: KEPT_OF_NAME,
            line: 1,
            row_line: 1,
            blank: true,
            after_return: false,
            stray_quotes: 0,
        }
    }

    /// The same behind a first line that is no row, and whose end may have passed by half.
    pub(super) fn after_line(mut self) -> Self {
        (self.line, self.row_line, self.after_return) = (2, 2, true);
        self
    }

    /// The next bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((&byte, tail)) = rest.split_first() {
            if std::mem::take(&mut self.after_return) && byte == b'\n' {
                rest = tail;
                continue;
            }
            rest = match self.state {
                State::Start if byte == b'"' => {
                    (self.state, self.blank) = (State::Quoted, false);
                    tail
                }
                State::Start | State::Plain => self.plain(rest),
                State::Quoted => self.quoted(rest),
                State::Closing => self.closing(byte, rest, tail),
            };
        }
    }

    /// After the last byte: the last row, which needs no line end. Says whether a quote stayed open
    /// and how many quotes stood where none may.
    pub(super) fn finish(mut self) -> (R, bool, u64) {
        let is_open = self.state == State::Quoted;
        self.end_row();
        (self.rows, is_open, self.stray_quotes)
    }

    /// Up to the next separator or line end, and over it.
    fn plain<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        self.state = State::Plain;
        let separator = self.separator;
        let ends = |byte: &u8| *byte == separator || *byte == b'\n' || *byte == b'\r';
        let end = rest.iter().position(ends).unwrap_or(rest.len());
        let (content, after) = rest.split_at(end);
        self.blank &= content.is_empty();
        self.keep(content);
        let Some((&stop, after)) = after.split_first() else { return after };
        if stop == separator {
            self.blank = false;
            self.end_cell();
        } else {
            self.after_return = stop == b'\r';
            self.line += 1;
            self.end_row();
        }
        after
    }

    /// Up to the next quote, and over it.
    fn quoted<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let end = rest.iter().position(|byte| *byte == b'"').unwrap_or(rest.len());
        let (content, after) = rest.split_at(end);
        self.line += content.split(|byte| *byte == b'\n').skip(1).count() as u64;
        self.keep(content);
        match after.split_first() {
            Some((_, after)) => {
                self.state = State::Closing;
                after
            }
            None => after,
        }
    }

    fn closing<'a>(&mut self, byte: u8, rest: &'a [u8], tail: &'a [u8]) -> &'a [u8] {
        if byte == b'"' {
            self.keep(b"\"");
            self.state = State::Quoted;
            return tail;
        }
        if byte != self.separator && byte != b'\n' && byte != b'\r' {
            self.stray_quotes += 1;
        }
        self.plain(rest)
    }

    fn keep(&mut self, content: &[u8]) {
        let room = self.limit.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(content.get(..room).unwrap_or(content));
    }

    fn end_cell(&mut self) {
        self.rows.cell(&self.kept, self.row_line);
        self.kept.clear();
        self.state = State::Start;
    }

    fn end_row(&mut self) {
        if !self.blank {
            self.end_cell();
            self.rows.end_row(self.row_line);
            self.limit = KEPT_OF_CELL;
        }
        (self.state, self.row_line, self.blank) = (State::Start, self.line, true);
    }
}
