//! `sealkit keys`.

use sealkit_ops::keys::generate as generate_keys;

use super::password::PasswordSource;
use crate::app::{App, Exit};
use crate::cli::KeysGenerateArgs;
use crate::console::{Failure, escape};

/// Makes a key pair.
pub(crate) fn generate(app: &App, args: &KeysGenerateArgs) -> Result<Exit, Failure> {
    let source =
        PasswordSource { stdin: args.password_stdin, insecure_empty: args.insecure_empty_password };
    let made = generate_keys(&args.output_prefix, args.force, &mut |what| source.ask(what))?;
    let show = |path: &std::path::Path| escape(&path.display().to_string());
    if app.console.is_quiet() {
        app.console.answer(made.key.id());
        return Ok(Exit::Yes);
    }
    app.console.answer(format!("Private key: {}", show(&made.private)));
    app.console.answer(format!("Public key:  {}", show(&made.public)));
    app.console.answer(format!("Fingerprint: {}", made.key.fingerprint()));
    app.console.info(format!(
        "sign with `sealkit seal DIR --key {}`; others trust it with `sealkit trust add {}`",
        show(&made.private),
        show(&made.public)
    ));
    Ok(Exit::Yes)
}
