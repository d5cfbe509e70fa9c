//! PEM, the strict form of RFC 7468: one block, base64 lines, nothing around it but white space.

use zeroize::Zeroizing;

use crate::{AttestError, base64};

/// Largest PEM text that is read, in bytes: far above any key.
const MAX_PEM_BYTES: usize = 64 << 10;

const LINE: usize = 64;

/// One block.
pub(crate) struct Pem {
    /// The words between `BEGIN` and the dashes.
    pub(crate) label: String,
    /// The decoded content, wiped when it is dropped, for it may be a secret.
    pub(crate) content: Zeroizing<Vec<u8>>,
}

/// Reads one block.
pub(crate) fn parse(text: &str) -> Result<Pem, AttestError> {
    let fault = |reason| AttestError::Pem { reason };
    if text.len() > MAX_PEM_BYTES {
        return Err(AttestError::Limit {
            document: "PEM file",
            what: "byte",
            limit: MAX_PEM_BYTES,
        });
    }
    let (first, rest) = text.trim().split_once('\n').ok_or(fault("it has no lines"))?;
    let label = first
        .trim_end()
        .strip_prefix("-----BEGIN ")
        .and_then(|line| line.strip_suffix("-----"))
        .ok_or(fault("the first line is no `-----BEGIN …-----`"))?;
    let (body, last) = rest.rsplit_once('\n').ok_or(fault("it has no content"))?;
    if last.trim_end() != format!("-----END {label}-----") {
        return Err(fault("the last line is not the `-----END …-----` of the first"));
    }
    let joined = Zeroizing::new(body.lines().map(str::trim_end).collect::<String>());
    let content = Zeroizing::new(base64::decode(&joined, "PEM content")?);
    Ok(Pem { label: label.to_owned(), content })
}

/// Writes one block with lines of 64 characters and a newline at the end, as OpenSSL and Go do.
pub(crate) fn emit(label: &str, content: &[u8]) -> String {
    let body = Zeroizing::new(base64::encode(content));
    let mut text = String::with_capacity(body.len() + body.len() / LINE + 2 * label.len() + 40);
    text.extend(["-----BEGIN ", label, "-----\n"]);
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.extend(["-----END ", label, "-----\n"]);
    text
}
