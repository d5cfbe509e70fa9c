//! What a git repository says of the working copy around it: commit, branch, author, remotes.
//!
//! No program is run and no hook, filter or setting of the repository takes effect: its files are
//! read as data. Source: git documentation, "gitrepository-layout", "gitformat-index",
//! "gitformat-pack", "git-config".

mod commit;
mod config;
mod id;
mod index;
mod object;
mod pack;
mod refs;
mod reftable;
mod status;

use sealkit_report::{Budget, Severity};

pub use commit::{Commit, Signature};
pub use id::{BlobHasher, ObjectHash, ObjectId};
pub use index::{Index, IndexEntry};
pub use status::{Stat, Status, TreeEntry, status, tree};

use crate::address::without_credentials;
use crate::read_at;
use crate::{Facts, InspectError, LinkInfo, PartyInfo, ReadAt, Value, property};

/// The files of one `.git` folder. Paths are `/`-separated and lie below it; for a linked working
/// copy they may start with `../`, as its `commondir` file says.
pub trait GitFiles {
    /// Opens a file; none where there is none.
    fn open(&self, path: &str) -> Option<Box<dyn ReadAt + '_>>;

    /// The names of the files in a folder, in any order; none where there is no folder.
    fn list(&self, folder: &str) -> Vec<String>;
}

/// Longest text file of a repository that is read, in bytes.
const MAX_TEXT: u64 = 16 << 20;

/// The folder that a `.git` file of a linked working copy or a submodule names.
pub fn gitdir(text: &str) -> Option<&str> {
    text.strip_prefix("gitdir:").map(str::trim).filter(|path| !path.is_empty())
}

/// A repository that is looked at.
pub struct Repository<'a> {
    files: &'a dyn GitFiles,
    /// Where what all working copies share lies: empty, or a path that ends in `/`.
    common: String,
    config: config::Config,
}

impl<'a> Repository<'a> {
    /// Opens the repository behind `files`.
    pub fn open(files: &'a dyn GitFiles, budget: &mut Budget) -> Result<Self, InspectError> {
        let common = match read_text(files, "commondir", budget)? {
            Some(path) if !path.trim().is_empty() => format!("{}/", path.trim()),
            _ => String::new(),
        };
        let text = read_text(files, &format!("{common}config"), budget)?.unwrap_or_default();
        Ok(Self { files, common, config: config::Config::parse(&text, budget)? })
    }

    /// The hash that names the objects.
    pub fn hash(&self) -> ObjectHash {
        let format = self.config.value("extensions", "", "objectformat");
        if format == Some("sha256") { ObjectHash::Sha256 } else { ObjectHash::Sha1 }
    }

    /// The index of the working copy; none where there is none yet.
    pub fn index(&self, budget: &mut Budget) -> Result<Option<Index>, InspectError> {
        let Some(source) = self.files.open("index") else { return Ok(None) };
        Index::parse(&*source, self.hash(), budget).map(Some)
    }

    /// The commit that the working copy stands on.
    pub fn head(&self, budget: &mut Budget) -> Result<Option<(ObjectId, Commit)>, InspectError> {
        let Some(id) = refs::resolve(self, budget)?.id else { return Ok(None) };
        let object = object::read(self, &id, budget)?;
        Ok(object.and_then(|object| Some((id, Commit::parse(&object, self.hash())?))))
    }

    /// Everything that the repository says of itself.
    pub fn facts(&self, budget: &mut Budget) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        for (remote, url) in self.config.remotes() {
            let link = LinkInfo { kind: "vcs".to_owned(), url: without_credentials(url) };
            let place = format!("remote.{remote}.url");
            facts.declared(".git/config", &place, property::LINK, Value::Link(link));
        }
        let head = refs::resolve(self, budget)?;
        if let Some(branch) = head.branch() {
            let (file, place) = &head.named;
            let branch = Value::Text(branch.to_owned());
            facts.measured(&format!(".git/{file}"), place, property::BRANCH, branch);
        }
        let Some(id) = head.id else {
            facts.incomplete = head.unreadable;
            if head.unreadable {
                let message = "the references are kept in a form that is not read";
                facts.find("git-references", Severity::Low, (".git/HEAD", "line 1"), message);
            }
            return Ok(facts);
        };
        let at = format!(".git/{}", head.file);
        facts.measured(&at, &head.place, property::COMMIT, Value::Text(id.to_string()));
        match object::read(self, &id, budget) {
            Ok(Some(object)) => match Commit::parse(&object, self.hash()) {
                Some(commit) => describe(&commit, &mut facts),
                None => missing(&mut facts, "the commit is no valid commit".to_owned()),
            },
            Ok(None) => missing(&mut facts, "the commit is not in the repository".to_owned()),
            Err(error) => missing(&mut facts, error.to_string()),
        }
        Ok(facts)
    }

    fn read_text(&self, path: &str, budget: &mut Budget) -> Result<Option<String>, InspectError> {
        read_text(self.files, path, budget)
    }
}

fn missing(facts: &mut Facts, message: String) {
    facts.incomplete = true;
    facts.find("git-commit-unread", Severity::Low, (".git/objects", ""), message);
}

/// Adds who wrote the commit and when it was made.
fn describe(commit: &Commit, facts: &mut Facts) {
    let at = (".git/objects", "commit");
    let author = PartyInfo {
        name: commit.author.name.clone(),
        email: Some(commit.author.email.clone()).filter(|mail| !mail.is_empty()),
        role: Some("git-author".to_owned()),
        ..PartyInfo::default()
    };
    facts.declared(at.0, "commit author", property::PARTY, Value::Party(author));
    let when = Value::Text(commit.committer.date());
    facts.declared(at.0, "commit committer", property::CREATED, when);
}

fn read_text(
    files: &dyn GitFiles,
    path: &str,
    budget: &mut Budget,
) -> Result<Option<String>, InspectError> {
    let Some(source) = files.open(path) else { return Ok(None) };
    if source.len() > MAX_TEXT {
        return Err(InspectError::malformed("git", "a text file above the limit of 16 MiB", 0));
    }
    let bytes = read_at::whole(source.as_ref(), budget)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
