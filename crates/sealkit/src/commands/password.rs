//! Where passwords come from: an option, standard input, the environment, a prompt.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use sealkit_ops::OpsError;
use sealkit_ops::keys::{Password, PasswordFor, SigningKey, signing_key};

use crate::app::App;
use crate::cli::SigningArgs;
use crate::console::Failure;

/// Variable with the password of the signing key.
const VARIABLE: &str = "SEALKIT_PASSWORD";
/// Longest password that is read, in bytes.
const MAX_PASSWORD: u64 = 4096;

/// What the person chose on the command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PasswordSource {
    pub(crate) stdin: bool,
    pub(crate) insecure_empty: bool,
}

impl PasswordSource {
    /// Gets a password.
    pub(crate) fn ask(self, what: PasswordFor<'_>) -> Result<Password, OpsError> {
        if self.insecure_empty {
            return Ok(Password::default());
        }
        let password = if self.stdin {
            from_stdin()?
        } else if let Some(value) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
            Password::new(value.into_encoded_bytes())
        } else if std::io::stdin().is_terminal() {
            prompt(what)?
        } else {
            return Err(none(what));
        };
        if password.is_empty() && matches!(what, PasswordFor::New(_)) {
            let message = "an empty password protects nothing";
            return Err(OpsError::usage("password-empty", message)
                .with_hint("give a password, or mean it: `--insecure-empty-password`"));
        }
        Ok(password)
    }
}

/// The key that signs, with what the person should know of it said.
pub(crate) fn signer(app: &App, args: &SigningArgs) -> Result<SigningKey, Failure> {
    let source =
        PasswordSource { stdin: args.password_stdin, insecure_empty: args.insecure_empty_password };
    let found = signing_key(&app.home, args.key.as_deref(), &mut |what| source.ask(what))?;
    found.warnings.iter().for_each(|warning| app.console.warn(warning));
    if found.made {
        app.console.info(format!("made your signing key `{}`", found.path.display()));
    }
    Ok(found)
}

fn none(what: PasswordFor<'_>) -> OpsError {
    let (PasswordFor::New(path) | PasswordFor::Existing(path)) = what;
    let message = format!("there is no password for key `{}`", path.display());
    OpsError::usage("password-needed", message).with_hint(format!(
        "give it with `--password-stdin` or in {VARIABLE}, or use `--insecure-empty-password`"
    ))
}

fn from_stdin() -> Result<Password, OpsError> {
    let mut bytes = Password::default();
    let read = std::io::stdin().lock().take(MAX_PASSWORD + 1).read_to_end(&mut bytes);
    read.map_err(|source| OpsError::io("read", Path::new("standard input"), source))?;
    if bytes.len() as u64 > MAX_PASSWORD {
        let message = format!("the password is longer than {MAX_PASSWORD} bytes");
        return Err(OpsError::usage("password-too-long", message));
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    Ok(bytes)
}

fn prompt(what: PasswordFor<'_>) -> Result<Password, OpsError> {
    let ask = |text: String| {
        let typed = rpassword::prompt_password(text);
        let typed = typed.map_err(|source| OpsError::io("read", Path::new("terminal"), source))?;
        Ok::<_, OpsError>(Password::new(typed.into_bytes()))
    };
    match what {
        PasswordFor::Existing(path) => ask(format!("Password of key {}: ", path.display())),
        PasswordFor::New(path) => {
            let first = ask(format!("Password for the new key {}: ", path.display()))?;
            if *first == *ask("The same again: ".to_owned())? {
                return Ok(first);
            }
            Err(OpsError::usage("password-differs", "the two passwords are not the same")
                .with_hint("run the command again"))
        }
    }
}
