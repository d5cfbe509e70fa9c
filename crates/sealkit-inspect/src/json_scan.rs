//! JSON read piece by piece: values are named while they pass, and no tree is built, so that a
//! document of any size is read in little memory. `NaN` and `Infinity`, which Python writes, are
//! taken as words.

use std::collections::BTreeSet;

/// Deepest nesting that is followed.
const MAX_DEPTH: usize = 64;
/// Longest text that is kept, in bytes; a longer one is named as cut.
const MAX_TOKEN: usize = 64 << 10;
/// Most keys of the outermost map that are watched for doubles.
const MAX_ROOT_KEYS: usize = 4096;

/// A step from the root towards a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Key of a map.
    Key(String),
    /// Position in a list.
    Index(u64),
}

/// Who wants to know what passes.
pub(crate) trait Sink {
    /// A text, a number or a word at `path`. A text that is too long comes empty.
    fn scalar(&mut self, path: &[Step], text: &str, quoted: bool);

    /// The end of a list or map with so many members.
    fn end(&mut self, path: &[Step], members: u64) {
        let _ = (path, members);
    }
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Value,
    /// A value, or the end of a list that is still empty.
    First,
    Key,
    /// A key, or the end of a map that is still empty.
    FirstKey,
    Colon,
    /// A comma or an end.
    More,
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    None,
    Text { escaped: bool },
    Word,
}

/// Where the reading stands.
pub(crate) struct Scanner {
    next: Next,
    token: Token,
    held: Vec<u8>,
    cut: bool,
    open: Vec<bool>,
    path: Vec<Step>,
    counts: Vec<u64>,
    root_keys: BTreeSet<String>,
    at: u64,
    broken: Option<(&'static str, u64)>,
}

impl Scanner {
    /// Before the first byte.
    pub(crate) fn new() -> Self {
        Self {
            next: Next::Value,
            token: Token::None,
            held: Vec::new(),
            cut: false,
            open: Vec::new(),
            path: Vec::new(),
            counts: Vec::new(),
            root_keys: BTreeSet::new(),
            at: 0,
            broken: None,
        }
    }

    /// Takes the next bytes; after something that is no JSON nothing more is read.
    pub(crate) fn push(&mut self, bytes: &[u8], sink: &mut dyn Sink) {
        let bytes =
            if self.at == 0 { bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes) } else { bytes };
        for byte in bytes {
            if self.broken.is_some() {
                return;
            }
            if let Err(what) = self.byte(*byte, sink) {
                self.broken = Some((what, self.at));
            }
            self.at = self.at.saturating_add(1);
        }
    }

    /// What is wrong with the bytes so far, and at which byte; none as long as they are the start
    /// of a document.
    pub(crate) fn broken(&self) -> Option<(&'static str, u64)> {
        self.broken
    }

    /// What is wrong with the document, now that it has ended.
    pub(crate) fn finish(&mut self, sink: &mut dyn Sink) -> Option<(&'static str, u64)> {
        if self.broken.is_none() && self.token == Token::Word {
            self.token = Token::None;
            if let Err(what) = self.word(sink) {
                self.broken = Some((what, self.at));
            }
        }
        if self.broken.is_none() && self.next != Next::Nothing {
            self.broken = Some(("an end in the middle", self.at));
        }
        self.broken
    }

    fn byte(&mut self, byte: u8, sink: &mut dyn Sink) -> Result<(), &'static str> {
        match self.token {
            Token::Text { escaped } => return self.text_byte(byte, escaped, sink),
            Token::Word => {
                if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.') {
                    return self.hold(byte, "a number that is too long");
                }
                self.token = Token::None;
                self.word(sink)?;
            }
            Token::None => {}
        }
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => Ok(()),
            b'"' if matches!(self.next, Next::Value | Next::First | Next::Key | Next::FirstKey) => {
                self.token = Token::Text { escaped: false };
                self.held.clear();
                self.held.push(b'"');
                self.cut = false;
                Ok(())
            }
            b'{' | b'[' if matches!(self.next, Next::Value | Next::First) => self.start(byte),
            b'}' | b']' => self.close(byte, sink),
            b':' if self.next == Next::Colon => {
                self.next = Next::Value;
                Ok(())
            }
            b',' if self.next == Next::More => {
                self.next = if self.open.last() == Some(&true) { Next::Key } else { Next::Value };
                if let (Some(Step::Index(at)), Some(count)) =
                    (self.path.last_mut(), self.counts.last())
                {
                    *at = *count;
                }
                Ok(())
            }
            _ if matches!(self.next, Next::Value | Next::First)
                && (byte.is_ascii_alphanumeric() || byte == b'-') =>
            {
                self.token = Token::Word;
                self.held.clear();
                self.held.push(byte);
                Ok(())
            }
            _ => Err("a character that cannot stand there"),
        }
    }

    fn hold(&mut self, byte: u8, too_long: &'static str) -> Result<(), &'static str> {
        if self.held.len() >= 64 && self.token == Token::Word {
            return Err(too_long);
        }
        self.held.push(byte);
        Ok(())
    }

    fn text_byte(
        &mut self,
        byte: u8,
        escaped: bool,
        sink: &mut dyn Sink,
    ) -> Result<(), &'static str> {
        if self.held.len() >= MAX_TOKEN {
            self.cut = true;
        } else {
            self.held.push(byte);
        }
        match byte {
            _ if escaped => self.token = Token::Text { escaped: false },
            b'\\' => self.token = Token::Text { escaped: true },
            b'"' => {
                self.token = Token::None;
                return self.text(sink);
            }
            0..0x20 => return Err("a control character in a text"),
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, sink: &mut dyn Sink) -> Result<(), &'static str> {
        let text = if self.cut {
            String::new()
        } else {
            serde_json::from_slice::<String>(&self.held).map_err(|_| "a text that is not one")?
        };
        if matches!(self.next, Next::Key | Next::FirstKey) {
            if self.open.len() == 1
                && self.root_keys.len() < MAX_ROOT_KEYS
                && !self.root_keys.insert(text.clone())
            {
                return Err("a key that stands twice");
            }
            if let Some(last) = self.path.last_mut() {
                *last = Step::Key(text);
            }
            self.next = Next::Colon;
            return Ok(());
        }
        sink.scalar(&self.path, &text, true);
        self.value_done();
        Ok(())
    }

    fn word(&mut self, sink: &mut dyn Sink) -> Result<(), &'static str> {
        let text = std::str::from_utf8(&self.held).map_err(|_| "a word that is none")?;
        let known = matches!(text, "true" | "false" | "null" | "NaN" | "Infinity" | "-Infinity");
        let is_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            && text.parse::<f64>().is_ok_and(f64::is_finite);
        if !known && !is_number {
            return Err("a word that JSON does not know");
        }
        sink.scalar(&self.path, text, false);
        self.value_done();
        Ok(())
    }

    fn start(&mut self, byte: u8) -> Result<(), &'static str> {
        if self.open.len() >= MAX_DEPTH {
            return Err("nesting that is too deep");
        }
        let is_map = byte == b'{';
        self.open.push(is_map);
        self.counts.push(0);
        self.path.push(if is_map { Step::Key(String::new()) } else { Step::Index(0) });
        self.next = if is_map { Next::FirstKey } else { Next::First };
        Ok(())
    }

    fn close(&mut self, byte: u8, sink: &mut dyn Sink) -> Result<(), &'static str> {
        let fits = match self.open.last() {
            Some(true) => byte == b'}' && matches!(self.next, Next::FirstKey | Next::More),
            Some(false) => byte == b']' && matches!(self.next, Next::First | Next::More),
            None => false,
        };
        if !fits {
            return Err("an end that does not fit");
        }
        self.open.pop();
        self.path.pop();
        let members = self.counts.pop().unwrap_or(0);
        sink.end(&self.path, members);
        self.value_done();
        Ok(())
    }

    fn value_done(&mut self) {
        self.next = if self.open.is_empty() { Next::Nothing } else { Next::More };
        if let Some(count) = self.counts.last_mut() {
            *count = count.saturating_add(1);
        }
    }
}

/// Whether `path` is these keys.
pub(crate) fn is(path: &[Step], keys: &[&str]) -> bool {
    path.len() == keys.len()
        && path.iter().zip(keys).all(|(step, key)| matches!(step, Step::Key(text) if text == key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Log(Vec<String>);

    fn shown(path: &[Step]) -> String {
        let steps = path.iter().map(|step| match step {
            Step::Key(key) => format!("/{key}"),
            Step::Index(at) => format!("/{at}"),
        });
        steps.collect()
    }

    impl Sink for Log {
        fn scalar(&mut self, path: &[Step], text: &str, quoted: bool) {
            self.0.push(format!("{}={text}{}", shown(path), if quoted { "'" } else { "" }));
        }

        fn end(&mut self, path: &[Step], members: u64) {
            self.0.push(format!("{}#{members}", shown(path)));
        }
    }

    fn scan(text: &[u8], piece: usize) -> (Vec<String>, Option<&'static str>) {
        let (mut scanner, mut log) = (Scanner::new(), Log::default());
        for bytes in text.chunks(piece) {
            scanner.push(bytes, &mut log);
        }
        let broken = scanner.finish(&mut log).map(|(what, _)| what);
        (log.0, broken)
    }

    #[test]
    fn values_are_named_however_the_bytes_are_cut() {
        let text = br#" {"a":[1,-2.5e3,{"b":"x\"\u00e4"}], "c":{}, "d":[], "e":NaN,"f":null} "#;
        let expected = [
            "/a/0=1",
            "/a/1=-2.5e3",
            "/a/2/b=x\"ä'",
            "/a/2#1",
            "/a#3",
            "/c#0",
            "/d#0",
            "/e=NaN",
            "/f=null",
            "#5",
        ];
        for piece in 1..text.len() {
            assert_eq!(scan(text, piece), (expected.map(str::to_owned).to_vec(), None), "{piece}");
        }
        assert_eq!(scan(b"\xEF\xBB\xBF12", 64).0, ["=12"]);
    }

    #[test]
    fn what_is_no_json_is_refused_and_said_where() {
        let deep = "[".repeat(100);
        let cases: &[&str] = &[
            "",
            "{",
            "[1,]",
            "{\"a\"}",
            "{\"a\":1,}",
            "{,}",
            "[1 2]",
            "]",
            "{]",
            "\"a",
            "tru",
            "1x",
            "01a",
            "{1:2}",
            "{\"a\":1,\"a\":2}",
            "\"\\x\"",
            "\"a\nb\"",
            "1e999",
            "[] []",
            "--1",
            &deep,
        ];
        for case in cases {
            assert!(scan(case.as_bytes(), 3).1.is_some(), "{case}");
        }
        let mut scanner = Scanner::new();
        scanner.push(b"[1, x]", &mut Log::default());
        assert_eq!(scanner.broken(), Some(("a word that JSON does not know", 5)));
    }

    #[test]
    fn memory_is_bounded_by_the_longest_text_that_is_kept() {
        let (mut scanner, mut log) = (Scanner::new(), Log::default());
        scanner.push(b"[\"", &mut log);
        for _ in 0..100 {
            scanner.push(&[b'a'; 10_000], &mut log);
        }
        scanner.push(b"\", 1]", &mut log);
        assert!(scanner.held.capacity() <= 2 * MAX_TOKEN);
        assert_eq!(scanner.finish(&mut log), None);
        assert_eq!(log.0, ["/0='", "/1=1", "#2"]);
    }
}
