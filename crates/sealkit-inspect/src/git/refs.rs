//! `HEAD` and what it points to.

use sealkit_report::Budget;

use super::reftable::{self, Found, Value};
use super::{ObjectId, Repository};
use crate::InspectError;

/// Most references that lead from one to the next.
const MAX_CHAIN: usize = 5;

/// Where `HEAD` leads.
#[derive(Default)]
pub(super) struct Head {
    /// The commit; none before the first one.
    pub(super) id: Option<ObjectId>,
    /// The full name of the reference that `HEAD` names; none where it names a commit itself.
    reference: Option<String>,
    /// The file below `.git` that names the branch, and the place in it.
    pub(super) named: (String, String),
    /// The file below `.git` that the commit stands in.
    pub(super) file: String,
    /// The line of it.
    pub(super) place: String,
    /// Whether the references are kept in a form that is not read.
    pub(super) unreadable: bool,
}

impl Head {
    /// The branch, without `refs/heads/`.
    pub(super) fn branch(&self) -> Option<&str> {
        self.reference.as_deref()?.strip_prefix("refs/heads/").filter(|_| !self.unreadable)
    }
}

/// Follows `HEAD` to a commit.
pub(super) fn resolve(
    repository: &Repository<'_>,
    budget: &mut Budget,
) -> Result<Head, InspectError> {
    let mut head = Head::default();
    let Some(mut text) = repository.read_text("HEAD", budget)? else { return Ok(head) };
    "HEAD".clone_into(&mut head.file);
    "line 1".clone_into(&mut head.place);
    for _ in 0..MAX_CHAIN {
        let Some(name) = text.trim().strip_prefix("ref:").map(str::trim).map(str::to_owned) else {
            head.id = ObjectId::parse(&text);
            return Ok(head);
        };
        if head.reference.is_none() {
            head.named = (head.file.clone(), head.place.clone());
        }
        head.reference = Some(name.clone());
        // With reftables `HEAD` holds this, for programs that do not know them.
        if name == "refs/heads/.invalid" {
            return in_tables(repository, budget);
        }
        if !is_safe(&name) {
            return Ok(head);
        }
        head.file = format!("{}{name}", repository.common);
        match repository.read_text(&head.file, budget)? {
            Some(next) => text = next,
            None => return packed(repository, &name, head, budget),
        }
    }
    Ok(head)
}

/// Follows `HEAD` through tables of references. That of a linked working copy stands in its own.
fn in_tables(repository: &Repository<'_>, budget: &mut Budget) -> Result<Head, InspectError> {
    let mut head = Head { unreadable: true, file: "HEAD".to_owned(), ..Head::default() };
    let mut name = "HEAD".to_owned();
    for _ in 0..MAX_CHAIN {
        let folder = if name == "HEAD" { "" } else { &repository.common };
        let (value, file) = match reftable::find(repository, folder, &name, budget)? {
            Found::NoTables => return Ok(head),
            Found::Nothing => (Value::Gone, head.file.clone()),
            Found::Is(value, file) => (value, file),
        };
        head.unreadable = false;
        (head.file, head.place) = (file, format!("record `{name}`"));
        match value {
            Value::Id(id) => {
                head.id = Some(id);
                return Ok(head);
            }
            Value::Gone => return Ok(head),
            Value::Reference(next) => {
                if head.reference.is_none() {
                    head.named = (head.file.clone(), head.place.clone());
                }
                head.reference = Some(next.clone());
                name = next;
            }
        }
    }
    Ok(head)
}

/// A name that stays below `refs/`: it becomes part of a path.
fn is_safe(name: &str) -> bool {
    name.starts_with("refs/") && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Looks for a reference in `packed-refs`.
fn packed(
    repository: &Repository<'_>,
    name: &str,
    mut head: Head,
    budget: &mut Budget,
) -> Result<Head, InspectError> {
    let file = format!("{}packed-refs", repository.common);
    let text = repository.read_text(&file, budget)?.unwrap_or_default();
    for (line, content) in (1..).zip(text.lines()) {
        budget.steps(1)?;
        if let Some((id, found)) = content.split_once(' ')
            && found.trim_end() == name
        {
            head.id = ObjectId::parse(id);
            head.place = format!("line {line}");
            break;
        }
    }
    head.file = file;
    Ok(head)
}
