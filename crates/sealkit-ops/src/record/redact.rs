//! Makes texts fit to be public for ever: no secret, no path of this machine, no name of user or host.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::secrets::{MAX_TEXT, NameSays, find, is_name, looks_secret, name_says};

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";
/// What stands where the name of the user or of the host stood.
const PRIVATE: &str = "[private]";
/// Names that tell nothing about anyone.
const COMMON: &[&str] = &["root", "user", "localhost", "admin", "runner", "ubuntu"];

/// Rewrites texts, and notes what it took out.
#[derive(Clone, Debug)]
pub struct Redactor {
    folder: PathBuf,
    words: Vec<String>,
    notes: BTreeSet<String>,
}

impl Redactor {
    /// One for a run in `folder` (absolute). `private` are the names of user, home folder and host.
    pub fn new(folder: &Path, private: &[String]) -> Self {
        let keep = |word: &&String| word.len() >= 3 && !COMMON.contains(&word.as_str());
        let mut words: Vec<String> = private.iter().filter(keep).cloned().collect();
        // The longer first: a host name may hold the user's.
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.dedup();
        Self { folder: folder.to_owned(), words, notes: BTreeSet::new() }
    }

    /// What was taken out so far, one sentence each; never the secret itself.
    pub fn notes(&self) -> Vec<String> {
        self.notes.iter().cloned().collect()
    }

    /// A text without secrets. `of` says in the note where it stood.
    pub fn text(&mut self, text: &str, of: &str) -> String {
        if text.len() > MAX_TEXT {
            self.notes.insert(format!("{of}: a text of {} bytes was left out", text.len()));
            return REDACTED.to_owned();
        }
        let mut clean = String::with_capacity(text.len());
        let mut from = 0;
        for found in find(text) {
            clean.push_str(text.get(from..found.at.start).unwrap_or_default());
            clean.push_str(REDACTED);
            from = found.at.end;
            self.notes.insert(format!("{of}: {} was redacted", found.kind));
        }
        clean.push_str(text.get(from..).unwrap_or_default());
        let local = self.paths(&clean);
        self.private(&local, of)
    }

    /// The value that belongs to `name`, without secrets.
    pub fn value(&mut self, name: &str, value: &str, of: &str) -> String {
        let secret = match name_says(name) {
            NameSays::Secret => !value.is_empty(),
            NameSays::Perhaps => looks_secret(value),
            NameSays::Nothing => false,
        };
        if secret {
            let name = self.text(name, of);
            self.notes.insert(format!("{of}: the value of `{name}` was redacted"));
            return REDACTED.to_owned();
        }
        self.text(value, of)
    }

    /// The words of a command: a value that stands behind its flag is seen together with it.
    pub fn command(&mut self, words: &[String]) -> Vec<String> {
        let mut previous: Option<&str> = None;
        let mut clean = Vec::with_capacity(words.len());
        for word in words {
            let flag = previous.filter(|flag| flag.starts_with('-') && !flag.contains('='));
            clean.push(match flag.filter(|_| !word.starts_with("--")) {
                Some(flag) => self.value(flag, word, "command"),
                None => self.word(word),
            });
            previous = Some(word);
        }
        clean
    }

    /// One word of a command. What stands behind `NAME=` belongs to the name as a whole, whatever is in it.
    fn word(&mut self, word: &str) -> String {
        match word.split_once('=') {
            Some((name, value)) if !name.is_empty() && name.chars().all(is_name) => {
                format!("{}={}", self.text(name, "command"), self.value(name, value, "command"))
            }
            _ => self.text(word, "command"),
        }
    }

    /// How a path is called in the record: relative to the folder, outside of it by its last name.
    pub fn path(&mut self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.folder).ok();
        let name = match inside {
            Some(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
            Some(inside) => slashed(inside),
            None => {
                path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
            }
        };
        self.text(&name, "path")
    }

    /// Rewrites absolute paths inside a text.
    fn paths(&self, text: &str) -> String {
        let folder = self.folder.to_string_lossy();
        // White space ends a path below, unless it is known to belong to one.
        let spaced = text.replace(&format!("{folder}/"), "").replace(folder.as_ref(), ".");
        let text = if folder.contains(char::is_whitespace) { spaced.as_str() } else { text };
        let mut clean = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = absolute(rest) {
            let (before, from) = rest.split_at(at);
            clean.push_str(before);
            let end = from.find(ends_path).unwrap_or(from.len());
            let (path, after) = from.split_at(end);
            let inside = path.strip_prefix(folder.as_ref()).filter(|_| folder.len() > 1);
            match inside.map(|inside| (inside, inside.trim_start_matches('/'))) {
                Some((inside, "")) if inside.is_empty() || inside == "/" => clean.push('.'),
                Some((inside, name)) if inside.starts_with('/') => clean.push_str(name),
                _ => clean
                    .push_str(path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()),
            }
            rest = after;
        }
        clean.push_str(rest);
        clean
    }

    /// Takes out names of user and host where they stand as words.
    fn private(&mut self, text: &str, of: &str) -> String {
        let mut text = text.to_owned();
        for word in &self.words {
            let mut clean = String::with_capacity(text.len());
            let mut from = 0;
            let lower = text.to_ascii_lowercase();
            for (at, _) in lower.match_indices(&word.to_ascii_lowercase()) {
                let end = at + word.len();
                let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
                let before = text.get(..at).unwrap_or_default().chars().next_back();
                let after = text.get(end..).unwrap_or_default().chars().next();
                if at >= from && edge(before) && edge(after) {
                    clean.push_str(text.get(from..at).unwrap_or_default());
                    clean.push_str(PRIVATE);
                    from = end;
                    self.notes.insert(format!("{of}: a name of the user or the host was redacted"));
                }
            }
            clean.push_str(text.get(from..).unwrap_or_default());
            text = clean;
        }
        text
    }
}

/// Where an absolute path begins in `text`: a `/` with a name behind it, which no name or URL is before.
fn absolute(text: &str) -> Option<usize> {
    text.match_indices('/').map(|(at, _)| at).find(|&at| {
        let before = text.get(..at).unwrap_or_default().chars().next_back();
        let after = text.get(at + 1..).unwrap_or_default().chars().next();
        let begins = before.is_none_or(|c| {
            c.is_whitespace()
                || matches!(
                    c,
                    '=' | '"' | '\'' | '(' | '[' | ',' | ';' | ':' | '@' | '<' | '>' | '|'
                )
        });
        let is_file_url = text.get(..at).is_some_and(|before| before.ends_with("file://"));
        let is_name =
            after.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '~'));
        (begins || is_file_url) && is_name
    })
}

fn ends_path(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | ')' | ']' | ',' | ';' | ':' | '<' | '>' | '|')
}

/// A relative path with `/` between its names.
pub(super) fn slashed(path: &Path) -> String {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        Component::ParentDir => Some("..".to_owned()),
        _ => None,
    });
    names.collect::<Vec<_>>().join("/")
}
