//! How to report a security problem: `security.txt` (RFC 9116) and `SECURITY.md`.

use sealkit_report::Budget;

use crate::pick::{Pen, head};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, LinkInfo, Probe, ReadAt, Value,
    property,
};

const FORMAT: Format =
    Format::new("security-policy", "security policy", Class::Docs, &[]).media("text/plain");
/// Longest text that is read, in bytes.
const MAX_TEXT: u64 = 256 << 10;
/// Most contacts of one file.
const MAX_CONTACTS: usize = 32;
/// What the address of a page has in it where problems are reported.
const PAGES: &[&str] =
    &["security", "advisor", "vulnerab", "bounty", "hackerone", "huntr", "report"];

pub(crate) struct SecurityPolicy;

impl Inspector for SecurityPolicy {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = probe.is_named(&["security.txt", "security.md", "security.rst"]);
        if named && probe.text().is_some() { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let (text, _) = head(source, budget, MAX_TEXT)?;
        let mut facts = Facts::default();
        let mut pen = Pen { path, facts: &mut facts };
        let is_fields = crate::format::ends_with(path, ".txt");
        let mut seen: Vec<String> = Vec::new();
        for (number, line) in (1_u64..).zip(text.lines()) {
            let place = format!("line {number}");
            let found = if is_fields { field(&mut pen, &place, line) } else { contacts(line) };
            for contact in found {
                if seen.len() < MAX_CONTACTS && !seen.contains(&contact) {
                    let value = Value::Text(contact.clone());
                    pen.declared(&place, property::SECURITY_CONTACT, value);
                    seen.push(contact);
                }
            }
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::SECURITY_CONTACT, property::LINK, property::METADATA]
    }
}

/// `Contact: mailto:a@b.org`; the other fields are links, or the day on which the file ends.
fn field(pen: &mut Pen<'_>, place: &str, line: &str) -> Vec<String> {
    let Some((name, value)) = line.split_once(':') else { return Vec::new() };
    let value = value.trim();
    if value.is_empty() || value.len() > 1024 {
        return Vec::new();
    }
    match name.trim().to_ascii_lowercase().as_str() {
        "contact" => return vec![value.trim_start_matches("mailto:").to_owned()],
        "policy" | "canonical" => {
            let link = LinkInfo { kind: "rfc-9116".to_owned(), url: value.to_owned() };
            pen.declared(place, property::LINK, Value::Link(link));
        }
        "expires" => {
            pen.about("expires", place, property::METADATA, Value::Text(value.to_owned()));
        }
        _ => {}
    }
    Vec::new()
}

/// Addresses for mail, and pages that are about reporting.
fn contacts(line: &str) -> Vec<String> {
    let ends = |c: char| c.is_whitespace() || "()<>[]\"'`,;|*".contains(c);
    let words = line.split(ends).filter(|word| word.len() <= 512);
    words
        .filter_map(|word| {
            let word = word.trim_matches(|c: char| ".:!?_".contains(c));
            let lower = word.to_ascii_lowercase();
            if let Some((scheme, rest)) = lower.split_once("://") {
                let is_page =
                    matches!(scheme, "http" | "https") && PAGES.iter().any(|p| rest.contains(p));
                return is_page.then(|| word.to_owned());
            }
            let word = word.strip_prefix("mailto:").unwrap_or(word);
            let (user, host) = word.split_once('@')?;
            let is_mail = !user.is_empty() && host.contains('.') && !host.contains(['@', '/', ':']);
            is_mail.then(|| word.to_owned())
        })
        .collect()
}
