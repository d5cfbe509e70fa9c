//! `sealkit login` and `sealkit logout`.

use std::io::{IsTerminal as _, Read as _};

use sealkit_ops::login::{self, Credential, registry_of};

use super::network;
use crate::app::{App, Exit};
use crate::cli::{LoginArgs, LogoutArgs};
use crate::console::Failure;

/// Largest password or token that is read, in bytes.
const MAX_SECRET: u64 = 64 << 10;

/// Checks credentials and stores them.
pub(crate) fn login(app: &App, args: &LoginArgs) -> Result<Exit, Failure> {
    let registry = registry_of(&args.registry);
    if args.password.is_some() {
        app.console.warn(
            "a password on the command line can be read by other users: use `--password-stdin`",
        );
    }
    let user = user(app, args)?;
    let credential = Credential::Basic { password: secret(args, &user)?.into(), user };
    let context = app.context_at(args.network.clone(), Some(&args.registry))?;
    let credentials = network::credentials(app);
    let login = login::login(&context, &credentials, registry, credential);
    let Some(done) = app.block_on(login)? else { return Ok(Exit::Interrupted) };
    if !done.checked {
        app.console
            .warn(format!("`{registry}` asks nobody for credentials: they were not checked"));
    }
    app.console.info(format!("Stored in {}", done.stored));
    app.console.answer("Log in successful");
    Ok(Exit::Yes)
}

/// Removes stored credentials.
pub(crate) fn logout(app: &App, args: &LogoutArgs) -> Result<Exit, Failure> {
    let registry = registry_of(&args.registry);
    let credentials = network::credentials(app);
    let Some(origin) = app.block_on(login::logout(&credentials, registry))? else {
        return Ok(Exit::Interrupted);
    };
    match origin {
        Some(origin) => app.console.info(format!("Removed from {origin}")),
        None => app.console.warn(format!("no credentials for `{registry}` are stored")),
    }
    app.console.answer(format!("Successfully logged out from {registry}"));
    Ok(Exit::Yes)
}

fn user(app: &App, args: &LoginArgs) -> Result<String, Failure> {
    if let Some(user) = &args.username {
        return Ok(user.clone());
    }
    let asked = if args.password_stdin { Ok(None) } else { app.console.ask("Username: ") };
    let name = asked
        .map_err(|source| Failure::new("io", "could not read the user name").caused_by(&source))?;
    match name {
        Some(name) if !name.is_empty() => Ok(name),
        Some(_) => Err(Failure::new("no-username", "the user name is empty")),
        None => Err(Failure::new("no-username", "there is no user name and nobody to ask")
            .hint(format!("run `sealkit login {} -u NAME --password-stdin`", args.registry))),
    }
}

fn secret(args: &LoginArgs, user: &str) -> Result<String, Failure> {
    let unreadable = |source: std::io::Error| {
        Failure::new("io", "could not read the password").caused_by(&source)
    };
    let secret = if let Some(password) = &args.password {
        password.clone()
    } else if args.password_stdin {
        let mut text = String::new();
        let limit = MAX_SECRET;
        std::io::stdin().take(limit).read_to_string(&mut text).map_err(unreadable)?;
        text.trim_end_matches(['\r', '\n']).to_owned()
    } else if std::io::stdin().is_terminal() {
        rpassword::prompt_password(format!("Password for {user}: ")).map_err(unreadable)?
    } else {
        return Err(Failure::new("no-password", "there is no password and nobody to ask")
            .hint("give it with `--password-stdin`"));
    };
    if secret.is_empty() {
        return Err(Failure::new("no-password", "the password is empty")
            .hint("give it with `--password-stdin`"));
    }
    Ok(secret)
}
