//! The tokens that a hub knows, in its database. Of each only the hash is kept.

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use sealkit_hubstore::{Database, Fault, Seen, Storage};
use sealkit_report::{Code, Hint};
use sealkit_store::StoreError;
use serde::Serialize;

use super::level::{Level, Scope};
use super::uses::Uses;
use super::{now, text};
use crate::events::{self, ANYONE, HUB, NewEvent, OPERATOR};

/// Whose tables these are in the database.
const OWNER: &str = "access";
/// What makes each version of them of the one before.
const STEPS: &[&str] = &["
-- The first hubs had this table without a version.
CREATE TABLE IF NOT EXISTS access_tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL UNIQUE, user TEXT NOT NULL,
  name TEXT NOT NULL, scopes TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER, revoked INTEGER
)", "
ALTER TABLE access_tokens ADD COLUMN used INTEGER"];
/// Room in bytes for tokens that are used again and again.
const SEEN: usize = 1 << 18;
const COLUMNS: &str = "id, user, name, scopes, created, expires, revoked, used";
/// Longest name of a user or token in bytes.
const MAX_NAME: usize = 64;

/// Why the tokens could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,
    /// The keys that sign short-lived tokens can not be used. The reason holds nothing of them.
    #[error("the keys in `{}` can not be used: {reason}", path.display())]
    Keys {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A name has characters that it may not have.
    #[error("`{0}` is no name of a user or token")]
    Name(String),
    /// The name is what the events call somebody who has no token.
    #[error("the name `{0}` is not for users")]
    Reserved(String),
    /// A token without scope would allow nothing.
    #[error("the token would have no scope")]
    NoScope,
}

impl Hint for AccessError {
    fn code(&self) -> Code {
        match self {
            Self::Store(source) => source.code(),
            Self::Random => "no-random",
            Self::Keys { .. } => "token-keys",
            Self::Name(_) => "name-malformed",
            Self::Reserved(_) => "name-reserved",
            Self::NoScope => "no-scope",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Store(source) => source.hint(),
            Self::Random => None,
            Self::Keys { path, .. } => Some(format!(
                "remove `{}`: new keys are made, and clients fetch new tokens by themselves",
                path.display()
            )),
            Self::Name(_) => Some("use letters, digits, `-`, `_`, `.` and `@`, at most 64".into()),
            Self::Reserved(_) => Some(format!(
                "choose another: `{OPERATOR}`, `{HUB}` and `{ANYONE}` are who acts without a token"
            )),
            Self::NoScope => Some("pass `--scope read:PREFIX`, e.g. `--scope write:team`".into()),
        }
    }
}

/// A token to make.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Whose it is: the user name that goes with it.
    pub user: String,
    /// What it is for.
    pub name: String,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// When it ends, in seconds since 1970.
    pub expires: Option<i64>,
}

/// What is known of a token. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub user: String,
    /// What it is for.
    pub name: String,
    /// What it allows, e.g. `write:team`.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created: i64,
    /// When it ends.
    pub expires: Option<i64>,
    /// When it was revoked.
    pub revoked: Option<i64>,
    /// When it was used last, to the minute; none where it never was, or not since hubs note it.
    pub used: Option<i64>,
}

impl Token {
    /// Whether it allows `level` on `repository`. A scope that can not be read allows nothing.
    pub(crate) fn allows(&self, level: Level, repository: &str) -> bool {
        self.scopes().any(|scope| scope.allows(level, repository))
    }

    pub(crate) fn allows_everywhere(&self, level: Level) -> bool {
        self.scopes().any(|scope| scope.allows_everywhere(level))
    }

    /// Whether it has neither ended nor been revoked.
    fn is_good(&self, now: i64) -> bool {
        self.expires.is_none_or(|end| now < end) && self.revoked.is_none()
    }

    fn scopes(&self) -> impl Iterator<Item = Scope> + '_ {
        self.scopes.iter().filter_map(|scope| scope.parse().ok())
    }

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let scopes: String = row.get(3)?;
        Ok(Self {
            id: row.get(0)?,
            user: row.get(1)?,
            name: row.get(2)?,
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            created: row.get(4)?,
            expires: row.get(5)?,
            revoked: row.get(6)?,
            used: row.get(7)?,
        })
    }
}

/// The tokens of one hub. Clones share them; several processes may change them at once.
#[derive(Clone)]
pub struct Tokens {
    database: Database,
    clock: fn() -> i64,
    /// By their hash. A token that was revoked anywhere is looked up again at once.
    seen: Arc<Seen<Arc<Token>>>,
    uses: Arc<Uses>,
}

impl Tokens {
    /// The tokens beside what `storage` holds.
    pub async fn of(storage: &Storage) -> Result<Self, AccessError> {
        Self::with_clock(storage.database().clone(), now).await
    }

    /// The tokens in `database`, with a clock in seconds since 1970.
    pub async fn with_clock(database: Database, clock: fn() -> i64) -> Result<Self, AccessError> {
        database.own_tables(OWNER, STEPS).await?;
        events::own_tables(&database).await?;
        Ok(Self { database, clock, seen: Arc::new(Seen::new(SEEN)), uses: Arc::default() })
    }

    /// Makes a token; gives its text, which nobody can be told again, and what is known of it.
    pub async fn add(&self, new: NewToken) -> Result<(String, Token), AccessError> {
        self.add_for(OPERATOR, new).await
    }

    /// The same, where `actor` asked for it.
    pub(super) async fn add_for(
        &self,
        actor: &str,
        new: NewToken,
    ) -> Result<(String, Token), AccessError> {
        check(&new)?;
        let (text, actor) = (random()?, actor.to_owned());
        let (hash, now) = (text::hash(&text), (self.clock)());
        let act = move |sql: &Connection| insert(sql, &new, &hash, (&actor, now));
        let token = self.database.write(act).await?;
        Ok((text, token))
    }

    /// Makes a token for everything, of the user `admin`, where there was never any token.
    pub async fn first(&self) -> Result<Option<String>, AccessError> {
        let text = random()?;
        let (hash, now) = (text::hash(&text), (self.clock)());
        let (user, name) = ("admin".to_owned(), "first start".to_owned());
        let new = NewToken { user, name, scopes: vec![Scope::everything()], expires: None };
        let act = move |sql: &Connection| {
            let query = "SELECT EXISTS (SELECT 1 FROM access_tokens)";
            if sql.query_row(query, [], |row| row.get::<_, bool>(0))? {
                return Ok(false);
            }
            insert(sql, &new, &hash, (HUB, now)).map(|_| true)
        };
        Ok(self.database.write(act).await?.then_some(text))
    }

    /// All of them, oldest first, those that ended too.
    pub async fn list(&self) -> Result<Vec<Token>, AccessError> {
        let query = format!("SELECT {COLUMNS} FROM access_tokens ORDER BY id");
        let act = move |sql: &Connection| {
            let mut rows = sql.prepare(&query)?;
            let tokens = rows.query_map([], Token::of)?.collect::<Result<_, _>>()?;
            Ok(tokens)
        };
        Ok(self.database.read(act).await?)
    }

    /// Ends a token at once; false where there is none with this number that has not been revoked.
    pub async fn revoke(&self, id: i64) -> Result<bool, AccessError> {
        self.revoke_for(OPERATOR, id).await
    }

    /// The same, where `actor` asked for it.
    pub(crate) async fn revoke_for(&self, actor: &str, id: i64) -> Result<bool, AccessError> {
        let (now, actor) = ((self.clock)(), actor.to_owned());
        let query = "UPDATE access_tokens SET revoked = ?2 WHERE id = ?1 AND revoked IS NULL";
        let act = move |sql: &Connection| {
            let is_revoked = sql.execute(query, params![id, now])? == 1;
            if is_revoked {
                let event = NewEvent::new(&actor, "token.revoke").about(id);
                events::insert(sql, &event, now, 1)?;
            }
            Ok(is_revoked)
        };
        Ok(self.database.write(act).await?)
    }

    /// The token with this number, where it is good now.
    pub(crate) async fn by_id(&self, id: i64) -> Result<Option<Arc<Token>>, AccessError> {
        let stamp = self.database.stamp();
        let key = id.to_string();
        let found = match self.seen.get(stamp, &key) {
            Some(found) => Some(found),
            None => self.look_up("id", key, stamp).await?,
        };
        Ok(self.shown(found.filter(|token| token.is_good((self.clock)()))).await)
    }

    /// The token with this text, where it is good now and, where a user is named, that user's.
    pub(crate) async fn find(
        &self,
        text: &str,
        user: Option<&str>,
    ) -> Result<Option<Arc<Token>>, AccessError> {
        if !text::is_token(text) {
            return Ok(None);
        }
        let hash = text::hash(text);
        let stamp = self.database.stamp();
        let found = match self.seen.get(stamp, &hash) {
            Some(found) => Some(found),
            None => self.look_up("hash", hash, stamp).await?,
        };
        let now = (self.clock)();
        let is_theirs = |token: &Token| user.is_none_or(|user| user == token.user);
        Ok(self.shown(found.filter(|token| token.is_good(now) && is_theirs(token))).await)
    }

    /// Notes that somebody showed a token that is good. What can not be written is written the next time.
    async fn shown(&self, token: Option<Arc<Token>>) -> Option<Arc<Token>> {
        let (now, id) = ((self.clock)(), token.as_ref()?.id);
        if self.uses.are_due(id, now) {
            let query = "UPDATE access_tokens SET used = max(coalesce(used, 0), ?2) WHERE id = ?1";
            let act = move |sql: &Connection| {
                sql.prepare_cached(query)?.execute(params![id, now])?;
                Ok(())
            };
            self.database.write_later(act).await;
        }
        token
    }

    /// The token whose `column`, its hash or its number, is `key`. No hash looks like a number.
    async fn look_up(
        &self,
        column: &'static str,
        key: String,
        stamp: Option<u64>,
    ) -> Result<Option<Arc<Token>>, AccessError> {
        let asked = key.clone();
        let query = format!("SELECT {COLUMNS} FROM access_tokens WHERE {column} = ?1");
        let act = move |sql: &Connection| {
            Ok(sql.prepare_cached(&query)?.query_row([&asked], Token::of).optional()?)
        };
        let found = self.database.read(act).await?.map(Arc::new);
        if let Some(token) = &found {
            let size = token.scopes.iter().map(String::len).sum();
            self.seen.put(stamp, key, Arc::clone(token), size);
        }
        Ok(found)
    }
}

/// Adds the row, and the event of whoever makes the token.
fn insert(
    sql: &Connection,
    new: &NewToken,
    hash: &str,
    (actor, now): (&str, i64),
) -> Result<Token, Fault> {
    let scopes: Vec<String> = new.scopes.iter().map(ToString::to_string).collect();
    let query = "INSERT INTO access_tokens (hash, user, name, scopes, created, expires) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    sql.execute(query, params![hash, new.user, new.name, scopes.join(" "), now, new.expires])?;
    let id = sql.last_insert_rowid();
    let detail = format!("{} ({}): {}", new.user, new.name, scopes.join(" "));
    let event = NewEvent::new(actor, "token.add").about(id).saying(detail);
    events::insert(sql, &event, now, 1)?;
    Ok(Token {
        id,
        user: new.user.clone(),
        name: new.name.clone(),
        scopes,
        created: now,
        expires: new.expires,
        revoked: None,
        used: None,
    })
}

/// Whether a user or a token may have this name.
pub(super) fn is_name(name: &str) -> bool {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
    !name.is_empty() && name.len() <= MAX_NAME && name.chars().all(is_fine)
}

fn check(new: &NewToken) -> Result<(), AccessError> {
    for name in [&new.user, &new.name] {
        if !is_name(name) {
            return Err(AccessError::Name(name.clone()));
        }
    }
    if [OPERATOR, HUB, ANYONE].iter().any(|name| name.eq_ignore_ascii_case(&new.user)) {
        return Err(AccessError::Reserved(new.user.clone()));
    }
    if new.scopes.is_empty() { Err(AccessError::NoScope) } else { Ok(()) }
}

fn random() -> Result<String, AccessError> {
    text::new(|bytes| getrandom::fill(bytes).is_ok()).ok_or(AccessError::Random)
}
