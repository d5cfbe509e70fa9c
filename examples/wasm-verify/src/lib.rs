//! The verifier of SealKit as a WebAssembly module without imports: no file, no socket, no clock.
//! Whoever embeds it gives the bytes of a bundle, the trust root, the digest that the bundle should
//! be about, and the time; and gets every step with its outcome.
//!
//! How to call it: write a question as JSON to the address that `input(length)` gives, call `verify()`, and
//! read the answer, JSON too, of `output_length()` bytes at `output()`. `verify` gives 0 for yes, 1
//! for no, 2 for "could not answer". `verify.mjs` does it under Node.

use std::cell::RefCell;

use sealkit_attest::{TrustRoot, Verifier};
use sealkit_oci::Digest;
use sealkit_report::{Report, Step, Verdict};
use serde::{Deserialize, Serialize};

/// Longest question, in bytes. A bundle may have 32 MiB.
const MAX_INPUT: usize = 48 << 20;

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What is asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    /// The Sigstore bundle, as text.
    bundle: String,
    /// The trust root file of SealKit, as text.
    trust: String,
    /// Digest of the manifest that the bundle should be about, `sha256:…`.
    subject: String,
    /// The time, in seconds since 1970.
    now: i64,
}

/// What is answered.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    verdict: Verdict,
    /// Who signed, as the trust root calls them.
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    predicate_type: Option<String>,
    steps: Vec<Step>,
}

/// Makes room for a question of `length` bytes, and gives its address; 0 where it is too long.
#[expect(
    unsafe_code,
    reason = "the attribute is how a function is exported; nothing else is unsafe"
)]
#[unsafe(no_mangle)]
pub extern "C" fn input(length: usize) -> *mut u8 {
    if length > MAX_INPUT {
        return std::ptr::null_mut();
    }
    INPUT.with_borrow_mut(|input| {
        *input = vec![0; length];
        input.as_mut_ptr()
    })
}

/// Answers the question: 0 yes, 1 no, 2 could not answer.
#[expect(unsafe_code, reason = "see `input`")]
#[unsafe(no_mangle)]
pub extern "C" fn verify() -> i32 {
    let answer = INPUT.with_borrow(|input| answer(input));
    let code = match answer.verdict {
        Verdict::Yes => 0,
        Verdict::No => 1,
        Verdict::Unknown => 2,
    };
    // The answer is plain data: it always has a JSON form.
    let text = serde_json::to_vec(&answer).unwrap_or_default();
    OUTPUT.with_borrow_mut(|output| *output = text);
    code
}

/// Address of the answer.
#[expect(unsafe_code, reason = "see `input`")]
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    OUTPUT.with_borrow(|output| output.as_ptr())
}

/// Length of the answer, in bytes.
#[expect(unsafe_code, reason = "see `input`")]
#[unsafe(no_mangle)]
pub extern "C" fn output_length() -> usize {
    OUTPUT.with_borrow(Vec::len)
}

fn answer(input: &[u8]) -> Answer {
    match judged(input) {
        Ok(answer) => answer,
        Err(reason) => {
            let steps = vec![Step::unknown("question", "question can be understood", reason)];
            Answer { verdict: Verdict::Unknown, signer: None, predicate_type: None, steps }
        }
    }
}

fn judged(input: &[u8]) -> Result<Answer, String> {
    let question: Question = serde_json::from_slice(input).map_err(|error| error.to_string())?;
    let subject: Digest = question.subject.parse().map_err(|_| "`subject` is no digest")?;
    let trust = TrustRoot::parse(question.trust.as_bytes()).map_err(|e| e.full_message())?;
    let found = Verifier::new(&trust, question.now).check(question.bundle.as_bytes(), &subject);
    let Report { steps } = found.report();
    let verified = found.verified();
    Ok(Answer {
        verdict: match verified {
            Some(_) => Verdict::Yes,
            // Steps that pass are not enough: only a verified statement is a yes.
            None if found.report().verdict() == Verdict::No => Verdict::No,
            None => Verdict::Unknown,
        },
        signer: verified.map(|statement| statement.signer().name().to_owned()),
        predicate_type: verified.map(|statement| statement.value().predicate_type().to_owned()),
        steps,
    })
}
