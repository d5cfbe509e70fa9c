//! Secrets inside texts that are about to be signed: found by shape, by the name before them, or by
//! how random they look. When in doubt a text is taken for a secret: a redacted word can be told
//! again, a published key cannot.

use std::ops::Range;

/// Longest text that is searched, in bytes; a longer one is not signed at all.
pub(super) const MAX_TEXT: usize = 64 << 10;

/// A token that begins with `prefix`, followed by at least `rest` characters of a token.
struct Shape {
    kind: &'static str,
    prefix: &'static str,
    rest: usize,
}

const fn shape(kind: &'static str, prefix: &'static str, rest: usize) -> Shape {
    Shape { kind, prefix, rest }
}

/// What tokens of services look like. Lengths are a little below what is given out today.
const SHAPES: &[Shape] = &[
    shape("AWS key", "AKIA", 16),
    shape("AWS key", "ASIA", 16),
    shape("GCP key", "AIza", 30),
    shape("GCP token", "ya29.", 20),
    shape("GitHub token", "ghp_", 30),
    shape("GitHub token", "gho_", 30),
    shape("GitHub token", "ghu_", 30),
    shape("GitHub token", "ghs_", 30),
    shape("GitHub token", "ghr_", 30),
    shape("GitHub token", "github_pat_", 20),
    shape("GitLab token", "glpat-", 16),
    shape("Hugging Face token", "hf_", 28),
    shape("Hugging Face token", "api_org_", 20),
    shape("API key", "sk-", 16),
    shape("API key", "sk_live_", 16),
    shape("API key", "rk_live_", 16),
    shape("Slack token", "xoxb-", 10),
    shape("Slack token", "xoxa-", 10),
    shape("Slack token", "xoxp-", 10),
    shape("Slack token", "xoxr-", 10),
    shape("Slack token", "xoxs-", 10),
    shape("Slack token", "xapp-", 10),
    shape("npm token", "npm_", 30),
    shape("PyPI token", "pypi-", 30),
    shape("key", "AGE-SECRET-KEY-", 30),
];

/// Words of a name whose value is a secret whatever it looks like.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "secrets",
    "credential",
    "credentials",
    "apikey",
    "auth",
    "authorization",
    "bearer",
    "signature",
    "sig",
    "cookie",
];

/// Pairs of such words, joined.
const SECRET_PAIRS: &[&str] = &[
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
    "signingkey",
    "dbpass",
    "userpass",
    "rootpass",
    "adminpass",
    "sshpass",
];

/// Words of a name whose value is a secret where it looks random: `--token`, `--hf-key`. Many names of
/// models have them too (`--max-tokens 512`).
const HINTING_WORDS: &[&str] = &["token", "tokens", "key", "pass", "pat", "session"];

/// One secret: where, and of what kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Bytes of the text.
    pub(super) at: Range<usize>,
    /// What it is, for the note.
    pub(super) kind: &'static str,
}

/// How much a name says about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameSays {
    /// The value is a secret.
    Secret,
    /// It is one where it looks random.
    Perhaps,
    /// Nothing.
    Nothing,
}

/// What `name` says about its value: `--hf_token`, `DB_PASSWORD`, `apiKey`.
pub(super) fn name_says(name: &str) -> NameSays {
    let words = words(name);
    let is = |list: &[&str], word: &str| list.contains(&word);
    let pairs = words.windows(2).map(<[String]>::concat);
    if words.iter().any(|word| is(SECRET_WORDS, word))
        || words.iter().any(|word| is(SECRET_PAIRS, word))
        || pairs.into_iter().any(|pair| is(SECRET_PAIRS, &pair))
    {
        return NameSays::Secret;
    }
    let hints = words.iter().any(|word| is(HINTING_WORDS, word));
    if hints { NameSays::Perhaps } else { NameSays::Nothing }
}

/// The words of a name in lower case: parted by what is no letter, and where small letters end.
fn words(name: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        let parts = !c.is_ascii_alphabetic() || (was_small && c.is_ascii_uppercase());
        if parts {
            all.push(String::new());
        }
        was_small = c.is_ascii_lowercase();
        if let Some(word) = all.last_mut().filter(|_| c.is_ascii_alphabetic()) {
            word.push(c.to_ascii_lowercase());
        }
    }
    all.retain(|word| !word.is_empty());
    all
}

/// Whether `value`, behind a name that hints at a secret, looks like one.
pub(super) fn looks_secret(value: &str) -> bool {
    let value = value.trim();
    let numeric = value.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e'));
    value.len() >= 8 && !numeric && !value.contains(char::is_whitespace) && entropy(value) >= 2.75
}

/// Every secret of `text`, in order and without overlap.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut all = Vec::new();
    pem(text, &mut all);
    userinfo(text, &mut all);
    assignments(text, &mut all);
    for at in runs(text, is_token) {
        tokens(text, at, &mut all);
    }
    merge(all)
}

/// A private key in PEM, up to its end or the end of the text.
fn pem(text: &str, all: &mut Vec<Found>) {
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find("-----BEGIN ")) {
        let start = from + start;
        let rest = text.get(start..).unwrap_or_default();
        let label = rest.split("-----").nth(1).unwrap_or_default();
        from = start + "-----BEGIN ".len();
        if label.contains("PRIVATE KEY") {
            let end = rest.find("-----END ").map_or(text.len(), |end| {
                let tail = rest.get(end + 9..).and_then(|tail| tail.find("-----"));
                tail.map_or(text.len(), |tail| start + end + 9 + tail + 5)
            });
            all.push(Found { at: start..end, kind: "private key" });
            from = end;
        }
    }
}

/// User and password of a URL: all between `//` and the last `@` before the path.
fn userinfo(text: &str, all: &mut Vec<Found>) {
    for (at, _) in text.match_indices("://") {
        let start = at + 3;
        let rest = text.get(start..).unwrap_or_default();
        let end = rest.find(|c: char| matches!(c, '/' | '?' | '#') || c.is_whitespace());
        let authority = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        // A password that nobody escaped may hold what ends an authority: no port is anything but digits.
        let is_cut = authority
            .split_once(':')
            .is_some_and(|(_, port)| !port.bytes().all(|byte| byte.is_ascii_digit()));
        let whole = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
        let whole = rest.get(..whole.unwrap_or(rest.len())).unwrap_or_default();
        let within = if authority.contains('@') || !is_cut { authority } else { whole };
        if let Some(end) = within.rfind('@').filter(|&end| end > 0) {
            all.push(Found { at: start..start + end, kind: "credentials of a URL" });
        }
    }
}

/// Values behind a name: `name=value`, `name: value`, `"name": "value"`, also inside URLs, JSON and shell
/// commands.
fn assignments(text: &str, all: &mut Vec<Found>) {
    for (at, mark) in text.match_indices(['=', ':']) {
        if text.get(at..).is_some_and(|rest| rest.starts_with("://")) {
            continue;
        }
        let before = text.get(..at).unwrap_or_default().trim_end_matches(['"', '\'', ' ', '\\']);
        let start = before.rfind(|c: char| !is_name(c)).map_or(0, |end| {
            end + before.get(end..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
        });
        let name = before.get(start..).unwrap_or_default();
        let from = at + mark.len();
        add_named(text, name, from, all);
    }
    // `--token VALUE` and `Bearer VALUE` inside one text, as in `sh -c "…"`.
    let mut previous = "";
    for at in runs(text, |c| !c.is_whitespace()) {
        let word = text.get(at.clone()).unwrap_or_default();
        let is_flag = previous.starts_with('-') || previous.eq_ignore_ascii_case("bearer");
        if is_flag && !word.starts_with('-') && !previous.contains('=') {
            add_named(text, previous, at.start, all);
        }
        previous = word.trim_matches(['"', '\'']);
    }
}

fn add_named(text: &str, name: &str, from: usize, all: &mut Vec<Found>) {
    let says = name_says(name);
    let at = value_at(text, from, says);
    let value = text.get(at.clone()).unwrap_or_default();
    let secret = match says {
        NameSays::Secret => !value.is_empty(),
        NameSays::Perhaps => looks_secret(value),
        NameSays::Nothing => false,
    };
    if secret {
        all.push(Found { at, kind: "value behind a secret's name" });
    }
}

/// The value that begins at `from`: in quotes, or up to white space or a separator. A password may hold what separates:
/// behind a name that says so, all up to white space is one.
fn value_at(text: &str, from: usize, says: NameSays) -> Range<usize> {
    let rest = text.get(from..).unwrap_or_default();
    let trimmed = rest.trim_start_matches([' ', '\\']);
    let start = from + rest.len() - trimmed.len();
    if let Some(quote) = trimmed.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let inner = trimmed.get(1..).unwrap_or_default();
        // Where the first is escaped, as in JSON within a string, so is the last.
        let is_escaped = rest.get(..start - from).is_some_and(|skipped| skipped.ends_with('\\'));
        let end = closing(inner, quote, is_escaped);
        return start + 1..start + 1 + end;
    }
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'');
    let parts = |c: char| says != NameSays::Secret && matches!(c, '&' | ',' | ';' | '}' | ')');
    let stop = |c: char| ends(c) || parts(c);
    let end = trimmed.find(stop).unwrap_or(trimmed.len());
    start..start + end
}

/// Where a quoted value ends: at the quote that no backslash is before, or, where quotes are `escaped`, at the first.
fn closing(inner: &str, quote: char, escaped: bool) -> usize {
    let mut skips = false;
    for (at, c) in inner.char_indices() {
        if c == quote && !skips {
            return at;
        }
        skips = c == '\\' && !skips && !escaped;
    }
    inner.len()
}

/// Secrets inside one run of characters that tokens are made of.
fn tokens(text: &str, run: Range<usize>, all: &mut Vec<Found>) {
    let word = text.get(run.clone()).unwrap_or_default();
    for shape in SHAPES {
        for (at, _) in word.match_indices(shape.prefix) {
            let starts = word.get(..at).unwrap_or_default().chars().next_back();
            let rest = word.get(at + shape.prefix.len()..).unwrap_or_default();
            let taken = rest.find(|c: char| !is_key(c)).unwrap_or(rest.len());
            if starts.is_none_or(|c| !c.is_ascii_alphanumeric()) && taken >= shape.rest {
                let start = run.start + at;
                let end = start + shape.prefix.len() + taken;
                all.push(Found { at: start..end, kind: shape.kind });
            }
        }
    }
    if let Some(at) = word.find("eyJ") {
        let token = word.get(at..).unwrap_or_default();
        let parts: Vec<&str> = token.split('.').collect();
        if parts.len() >= 2 && parts.iter().take(2).all(|part| part.len() >= 8) {
            all.push(Found { at: run.start + at..run.end, kind: "JSON web token" });
        }
    }
    if word.len() == 40 && is_random(word) {
        all.push(Found { at: run.clone(), kind: "random text" });
    }
    let mut start = run.start;
    for part in word.split(['/', '.']) {
        let at = start..start + part.len();
        if part.len() >= 28 && is_random(part) {
            all.push(Found { at: at.clone(), kind: "random text" });
        }
        start = at.end + 1;
    }
}

/// Whether a token mixes both cases and digits at random; a digest in hex does not.
fn is_random(word: &str) -> bool {
    let has = |test: fn(&char) -> bool| word.chars().any(|c| test(&c));
    has(char::is_ascii_lowercase)
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_digit)
        && entropy(word) >= 4.0
}

/// Shannon entropy in bits for each character.
fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let total = text.len() as f64;
    let parts = counts.iter().filter(|&&count| count > 0).map(|&count| f64::from(count) / total);
    parts.map(|part| -part * part.log2()).sum()
}

pub(super) fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn is_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn is_token(c: char) -> bool {
    is_key(c) || matches!(c, '+' | '/' | '.' | '~')
}

/// The longest pieces of `text` whose characters pass `test`.
fn runs(text: &str, test: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices().filter(|&(_, c)| test(c)) {
        let end = at + c.len_utf8();
        match all.last_mut().filter(|last| last.end == at) {
            Some(last) => last.end = end,
            None => all.push(at..end),
        }
    }
    all
}

fn merge(mut all: Vec<Found>) -> Vec<Found> {
    all.sort_by_key(|found| (found.at.start, found.at.end));
    let mut merged: Vec<Found> = Vec::new();
    for found in all {
        match merged.last_mut().filter(|last| found.at.start < last.at.end) {
            Some(last) => last.at.end = last.at.end.max(found.at.end),
            None => merged.push(found),
        }
    }
    merged
}
