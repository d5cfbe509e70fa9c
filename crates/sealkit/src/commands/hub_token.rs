//! `sealkit hub token add|list|revoke`.

use std::path::Path;

use sealkit_hub::{AccessError, NewToken, Token, Tokens};
use sealkit_ops::time::rfc3339;
use serde::Serialize;

use super::hub_store::{answer, open};
use crate::app::{App, Exit, now};
use crate::cli::{HubPlaceArgs, HubTokenAddArgs, HubTokenCommand, HubTokenRevokeArgs};
use crate::console::{Failure, Table};

const DAY: i64 = 24 * 60 * 60;

/// A new token: the only answer that holds its text.
#[derive(Serialize)]
struct Made {
    text: String,
    token: Token,
}

#[derive(Serialize)]
struct Listed {
    tokens: Vec<Token>,
}

#[derive(Serialize)]
struct Revoked {
    id: i64,
    revoked: bool,
}

/// Does one of them.
pub(super) fn run(app: &App, command: &HubTokenCommand) -> Result<Exit, Failure> {
    match command {
        HubTokenCommand::Add(args) => add(app, args),
        HubTokenCommand::List(args) => list(app, args),
        HubTokenCommand::Revoke(args) => revoke(app, args),
    }
}

fn add(app: &App, args: &HubTokenAddArgs) -> Result<Exit, Failure> {
    let expires = args.expires_days.map(|days| now().saturating_add(i64::from(days) * DAY));
    let new = NewToken {
        user: args.user.clone(),
        name: args.name.clone(),
        scopes: args.scopes.clone(),
        expires,
    };
    let (text, token) = with(app, &args.place.data, async |tokens| tokens.add(new).await)?;
    app.console.info("The token is shown this once; clients log in with the user and it");
    let line = text.clone();
    answer(app, &args.place, &Made { text, token }, line)?;
    Ok(Exit::Yes)
}

fn list(app: &App, args: &HubPlaceArgs) -> Result<Exit, Failure> {
    let tokens = with(app, &args.data, async |tokens| tokens.list().await)?;
    let mut table = Table::new(&["ID", "USER", "NAME", "SCOPES", "CREATED", "USED", "STATE"]);
    for token in &tokens {
        let (id, created) = (token.id.to_string(), when(token.created));
        let scopes = token.scopes.join(" ");
        let used = token.used.map_or_else(|| "-".to_owned(), when);
        table.row([&id, &token.user, &token.name, &scopes, &created, &used, &state(token)]);
    }
    let text = table.render();
    answer(app, args, &Listed { tokens }, text)?;
    Ok(Exit::Yes)
}

fn revoke(app: &App, args: &HubTokenRevokeArgs) -> Result<Exit, Failure> {
    let id = args.id;
    let revoked = with(app, &args.place.data, async |tokens| tokens.revoke(id).await)?;
    let text = if revoked {
        format!("revoked token {id}")
    } else {
        format!("there is no token {id} that still holds")
    };
    answer(app, &args.place, &Revoked { id, revoked }, text)?;
    Ok(if revoked { Exit::Yes } else { Exit::No })
}

/// Does an act on the tokens of the storage in `folder`.
fn with<T>(
    app: &App,
    folder: &Path,
    act: impl AsyncFnOnce(Tokens) -> Result<T, AccessError>,
) -> Result<T, Failure> {
    let storage = open(folder)?;
    // Interrupted, a new token would be made and not shown.
    app.serve(async { Ok(act(Tokens::of(&storage).await?).await?) })
}

fn state(token: &Token) -> String {
    match (token.revoked, token.expires) {
        (Some(at), _) => format!("revoked {}", when(at)),
        (None, Some(at)) if at <= now() => format!("expired {}", when(at)),
        (None, Some(at)) => format!("until {}", when(at)),
        (None, None) => "good".to_owned(),
    }
}

fn when(seconds: i64) -> String {
    rfc3339(seconds).unwrap_or_else(|| seconds.to_string())
}
