//! A program that signs: the way to keys in an HSM or a KMS, without a library of theirs.
//!
//! The program gets the exact bytes to sign on its standard input and answers with the signature on
//! its standard output: DER, or base64 of it. The signature is verified with the public key before
//! anything is made of it.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use sealkit_attest::{AttestError, PublicKey, Signer, base64};

/// Longest answer that is read, in bytes; a signature has at most 141.
const MAX_ANSWER: u64 = 4096;
/// How often a program is looked at that has answered and has not ended.
const POLL: Duration = Duration::from_millis(10);
/// How much of what a program complains of is repeated, in bytes.
const MAX_COMPLAINT: u64 = 2000;

/// How long a program may take where nothing else is said: a person may have to touch a token.
pub const DEFAULT_SIGNER_TIMEOUT: Duration = Duration::from_mins(2);

/// A program that signs.
#[derive(Clone, Debug)]
pub struct ExternalSigner {
    program: PathBuf,
    arguments: Vec<String>,
    key: PublicKey,
    timeout: Duration,
}

impl ExternalSigner {
    /// A signer that runs `program` with `arguments`. What it gives counts only under `key`.
    pub fn new(
        program: PathBuf,
        arguments: Vec<String>,
        key: PublicKey,
        timeout: Duration,
    ) -> Self {
        Self { program, arguments, key, timeout }
    }

    fn run(&self, message: &[u8]) -> Result<Vec<u8>, AttestError> {
        let started = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = started.map_err(|error| {
            let program = AttestError::quote(&self.program.display().to_string());
            failed(format!("`{program}` did not start: {error}"))
        })?;
        let answer = self.talk(&mut child, message);
        if answer.is_err() {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
        answer
    }

    /// Gives the bytes, takes the answer and waits for the end, all before the time is out.
    fn talk(&self, child: &mut Child, message: &[u8]) -> Result<Vec<u8>, AttestError> {
        let until = Instant::now() + self.timeout;
        let (mut input, message) = (child.stdin.take(), message.to_vec());
        // Threads of their own: a program may answer before it has read all, or never read.
        thread::spawn(move || {
            // One that does not read all of it can not have signed it, which its signature shows.
            input.as_mut().map(|pipe| pipe.write_all(&message))
        });
        let answer = collect(child.stdout.take(), MAX_ANSWER + 1);
        let complaint = collect(child.stderr.take(), MAX_COMPLAINT);
        let left = || until.saturating_duration_since(Instant::now());
        let late = || failed(format!("it took longer than {} seconds", self.timeout.as_secs()));
        let bytes = answer.recv_timeout(left()).map_err(|_| late())?;
        if bytes.len() as u64 > MAX_ANSWER {
            return Err(failed(format!("its answer is longer than {MAX_ANSWER} bytes")));
        }
        let status = loop {
            let ended = child.try_wait().map_err(|error| failed(error.to_string()))?;
            match ended {
                Some(status) => break status,
                None if left().is_zero() => return Err(late()),
                None => thread::sleep(POLL.min(left())),
            }
        };
        if !status.success() {
            let said = complaint.recv_timeout(POLL * 10).unwrap_or_default();
            let said = AttestError::quote(String::from_utf8_lossy(&said).trim());
            return Err(failed(format!("it ended with {status}: {said}")));
        }
        Ok(bytes)
    }
}

impl Signer for ExternalSigner {
    fn public_key(&self) -> PublicKey {
        self.key.clone()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, AttestError> {
        let answer = self.run(message)?;
        let signature = decode(&answer)?;
        let wrong = "its signature is not by the given public key over these bytes";
        self.key.verify(message, &signature).map_err(|_| failed(wrong.to_owned()))?;
        Ok(signature)
    }
}

/// DER as it is, or base64 of it with white space around.
fn decode(answer: &[u8]) -> Result<Vec<u8>, AttestError> {
    if answer.is_empty() {
        return Err(failed("it answered nothing".to_owned()));
    }
    // A DER sequence begins with 0x30. That is `0` as text, but base64 of 0x30 begins with `M`, so
    // the two are never taken for each other.
    if answer.first() == Some(&0x30) {
        return Ok(answer.to_vec());
    }
    let text = std::str::from_utf8(answer).map(|text| text.split_whitespace().collect::<String>());
    let bytes = text.ok().and_then(|text| base64::decode(&text, "signature").ok());
    bytes.ok_or_else(|| failed("its answer is neither DER nor base64".to_owned()))
}

fn failed(reason: String) -> AttestError {
    AttestError::SignerFailed { reason }
}

/// Reads a pipe to its end, or to `limit`, on a thread of its own.
fn collect(
    pipe: Option<impl std::io::Read + Send + 'static>,
    limit: u64,
) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let Some(pipe) = pipe else { return };
        let mut pipe = pipe.take(limit);
        // What was read before a failure is all there is.
        let _ = pipe.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
        // A program that says more is not broken off in the middle.
        let _ = std::io::copy(&mut pipe.into_inner(), &mut std::io::sink());
    });
    receiver
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use sealkit_report::Hint as _;

    fn signer(script: &str, seconds: u64) -> (ExternalSigner, crate::keys::PrivateKey) {
        let key = crate::keys::new_key().unwrap();
        let arguments = vec!["-c".to_owned(), script.to_owned()];
        let timeout = Duration::from_secs(seconds);
        let made = ExternalSigner::new("/bin/sh".into(), arguments, key.public_key(), timeout);
        (made, key)
    }

    fn answering(answer: &[u8], key: &crate::keys::PrivateKey) -> ExternalSigner {
        let octal: Vec<_> = answer.iter().map(|byte| format!("\\{byte:03o}")).collect();
        let octal = octal.concat();
        let script = format!("cat >/dev/null; printf '{octal}'");
        let arguments = vec!["-c".to_owned(), script];
        ExternalSigner::new("/bin/sh".into(), arguments, key.public_key(), Duration::from_secs(20))
    }

    #[test]
    fn der_and_base64_are_taken_and_verified() {
        let key = crate::keys::new_key().unwrap();
        let der = key.sign(b"message").unwrap();
        assert_eq!(answering(&der, &key).sign(b"message").unwrap(), der);
        let text = format!(" {}\n", base64::encode(&der));
        assert_eq!(answering(text.as_bytes(), &key).sign(b"message").unwrap(), der);
        // Of other bytes, or by another key, it is no signature.
        for (signer, bytes) in [
            (answering(&der, &key), b"massage"),
            (answering(&der, &crate::keys::new_key().unwrap()), b"message"),
        ] {
            assert_eq!(signer.sign(bytes).unwrap_err().code(), "signer-failed");
        }
    }

    #[test]
    fn programs_that_do_not_sign_are_told_apart() {
        for (script, word) in [
            ("cat >/dev/null", "nothing"),
            ("cat >/dev/null; echo '*'", "neither"),
            ("echo no token >&2; exit 3", "no token"),
            ("cat >/dev/null; head -c 10000 /dev/zero", "longer"),
            ("cat >/dev/null; printf 0", "not by the given"),
        ] {
            let error = signer(script, 20).0.sign(b"x").unwrap_err();
            assert_eq!(error.code(), "signer-failed");
            assert!(error.to_string().contains(word), "{script}: {error}");
        }
        let (gone, _) = signer("", 1);
        let gone = ExternalSigner { program: "/nowhere/program".into(), ..gone };
        assert!(gone.sign(b"x").unwrap_err().to_string().contains("did not start"));
    }

    #[test]
    fn a_program_may_complain_at_length_and_still_sign() {
        let key = crate::keys::new_key().unwrap();
        let text = base64::encode(&key.sign(b"x").unwrap());
        let script = format!("cat >/dev/null; head -c 200000 /dev/zero >&2; echo {text}");
        let (signer, _) = signer(&script, 20);
        let signer = ExternalSigner { key: key.public_key(), ..signer };
        signer.sign(b"x").unwrap();
    }

    #[test]
    fn a_program_that_never_ends_is_ended() {
        let start = Instant::now();
        for script in ["exec sleep 60", "exec 1>&-; exec sleep 60"] {
            let error = signer(script, 1).0.sign(&vec![0; 1 << 20]).unwrap_err();
            assert_eq!(error.code(), "signer-failed", "{script}: {error}");
        }
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}
