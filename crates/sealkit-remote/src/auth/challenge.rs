//! `WWW-Authenticate` headers (RFC 9110 §11.6.1): several challenges, quoted strings, commas inside
//! quotes.

/// One challenge: a scheme and its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// The scheme in lower case, e.g. `bearer`.
    pub(crate) scheme: String,
    params: Vec<(String, String)>,
}

impl Challenge {
    /// The value of a parameter; names ignore case.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let mut all = self.params.iter();
        all.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Most challenges and parameters that are read of one header.
const MAX_ITEMS: usize = 64;

/// The challenges of one header value. What can not be read ends the reading; what was read before
/// it counts.
pub(crate) fn parse(header: &str) -> Vec<Challenge> {
    let mut rest = Scanner { text: header };
    let mut challenges: Vec<Challenge> = Vec::new();
    for _ in 0..MAX_ITEMS {
        rest.skip_separators();
        let Some(word) = rest.token() else { break };
        rest.skip_spaces();
        if !rest.eat('=') {
            challenges.push(Challenge { scheme: word.to_ascii_lowercase(), params: Vec::new() });
            rest.skip_token68();
            continue;
        }
        rest.skip_spaces();
        let (Some(value), Some(current)) = (rest.value(), challenges.last_mut()) else { break };
        current.params.push((word, value));
    }
    challenges
}

struct Scanner<'a> {
    text: &'a str,
}

impl Scanner<'_> {
    fn skip_spaces(&mut self) {
        self.text = self.text.trim_start_matches([' ', '\t']);
    }

    fn skip_separators(&mut self) {
        self.text = self.text.trim_start_matches([' ', '\t', ',']);
    }

    fn eat(&mut self, c: char) -> bool {
        let stripped = self.text.strip_prefix(c);
        self.text = stripped.unwrap_or(self.text);
        stripped.is_some()
    }

    fn token(&mut self) -> Option<String> {
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let end = self.text.find(|c| !is_token(c)).unwrap_or(self.text.len());
        let (token, rest) = self.text.split_at(end);
        self.text = rest;
        (!token.is_empty()).then(|| token.to_owned())
    }

    /// `Scheme dGVzdA==`: credentials-like text in place of parameters, of no use here.
    fn skip_token68(&mut self) {
        self.skip_spaces();
        let end = self.text.find([',', ' ', '\t']).unwrap_or(self.text.len());
        let (word, rest) = self.text.split_at(end);
        let stem = word.trim_end_matches('=');
        if stem.len() != word.len() && !stem.contains(['=', '"']) {
            self.text = rest;
        }
    }

    fn value(&mut self) -> Option<String> {
        if self.eat('"') { self.quoted() } else { self.bare() }
    }

    /// Some registries leave the quotes away around URLs and scopes: all up to the comma counts.
    fn bare(&mut self) -> Option<String> {
        let end = self.text.find([',', ' ', '\t']).unwrap_or(self.text.len());
        let (value, rest) = self.text.split_at(end);
        self.text = rest;
        (!value.is_empty()).then(|| value.to_owned())
    }

    fn quoted(&mut self) -> Option<String> {
        let mut value = String::new();
        let mut chars = self.text.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.text = self.text.get(at + 1..).unwrap_or_default();
                    return Some(value);
                }
                '\\' => value.push(chars.next()?.1),
                _ => value.push(c),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bearer_challenge_keeps_commas_inside_quotes() {
        let header = r#"Bearer realm="https://auth.example/token",service="reg",scope="repository:a/b:pull,push""#;
        let all = parse(header);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].scheme, "bearer");
        assert_eq!(all[0].param("REALM"), Some("https://auth.example/token"));
        assert_eq!(all[0].param("scope"), Some("repository:a/b:pull,push"));
        assert_eq!(all[0].param("error"), None);
    }

    #[test]
    fn several_challenges_and_escapes() {
        let all =
            parse(r#"Negotiate, Basic realm="a \"b\", c" , Bearer realm=https://x/t, service=y"#);
        let schemes: Vec<_> = all.iter().map(|c| c.scheme.as_str()).collect();
        assert_eq!(schemes, ["negotiate", "basic", "bearer"]);
        assert_eq!(all[1].param("realm"), Some("a \"b\", c"));
        assert_eq!(all[2].param("realm"), Some("https://x/t"));
        assert_eq!(all[2].param("service"), Some("y"));
    }

    #[test]
    fn token68_is_passed_over() {
        let all = parse(r#"NTLM TlRMTVNTUAA=, Basic realm="r""#);
        assert_eq!(all.len(), 2, "{all:?}");
        assert_eq!(all[1].param("realm"), Some("r"));
    }

    #[test]
    fn broken_headers_give_what_was_readable() {
        assert!(parse("").is_empty());
        assert!(parse("=,=").is_empty());
        assert_eq!(parse(r#"Basic realm="open"#).len(), 1);
        assert!(parse(&"a, ".repeat(10_000)).len() <= MAX_ITEMS);
    }

    proptest! {
        #[test]
        fn what_is_quoted_comes_back(value in "[ -~]{0,40}") {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            let all = parse(&format!(r#"Bearer realm="{quoted}", service="s""#));
            prop_assert_eq!(all[0].param("realm"), Some(value.as_str()));
            prop_assert_eq!(all[0].param("service"), Some("s"));
        }

        #[test]
        fn nothing_panics(text in ".{0,200}") {
            parse(&text);
        }
    }
}
