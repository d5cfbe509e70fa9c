//! Where the Kitfile of a folder comes from.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use sealkit_kitfile::{IgnoreRules, Kitfile, Parsed};
use sealkit_oci::Digest;
use sealkit_pack::Ignore;

use crate::OpsError;

/// Names under which a Kitfile is looked for, in `kit`'s order.
pub(crate) const KITFILE_NAMES: [&str; 3] = ["Kitfile", "kitfile", ".kitfile"];
/// The file that says what is left out.
pub(crate) const IGNORE_FILE: &str = ".kitignore";
/// Largest Kitfile or ignore file that is read, in bytes.
const MAX_TEXT: u64 = 4 << 20;

/// Which Kitfile to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KitfileSource {
    /// The one in the folder.
    #[default]
    Folder,
    /// This file.
    File(PathBuf),
    /// This text, with the name that errors call it by: what came through standard input.
    Text {
        /// The text.
        text: String,
        /// Its name in errors.
        origin: String,
    },
    /// One that was generated and not written down, with the ignore rules that go with it.
    Generated {
        /// The text.
        yaml: String,
        /// Text of a `.kitignore`, for a folder that has none.
        ignore: Option<String>,
    },
}

impl KitfileSource {
    /// Reads and checks the Kitfile for the folder `dir`.
    pub(crate) fn read(&self, dir: &Path) -> Result<Parsed, OpsError> {
        let (path, text) = match self {
            Self::Text { text, origin } => return Ok(Kitfile::parse(text, origin)?),
            Self::Generated { yaml, .. } => {
                return Ok(Kitfile::parse(yaml, "the generated Kitfile")?);
            }
            Self::File(path) => (path.clone(), read_text(path)?),
            Self::Folder => {
                let path = find(dir)?.ok_or_else(|| no_kitfile(dir))?;
                let text = read_found_text(&path)?;
                (path, text)
            }
        };
        Ok(Kitfile::parse(&text, &path.display().to_string())?)
    }
}

impl KitfileSource {
    /// The ignore rules of the folder `dir`.
    pub(crate) fn rules(&self, dir: &Path) -> Result<FolderRules, OpsError> {
        let rules = FolderRules::read(dir)?;
        match self {
            Self::Generated { ignore: Some(text), .. } if rules.digest.is_none() => {
                FolderRules::parse(Some(text), &dir.join(IGNORE_FILE), None)
            }
            _ => Ok(rules),
        }
    }
}

/// The Kitfile in a folder, none where there is none.
pub(crate) fn find(dir: &Path) -> Result<Option<PathBuf>, OpsError> {
    if !dir.is_dir() {
        let what = if dir.exists() { "is not a folder" } else { "does not exist" };
        let message = format!("`{}` {what}", dir.display());
        return Err(OpsError::usage("not-a-folder", message));
    }
    Ok(KITFILE_NAMES.iter().map(|name| dir.join(name)).find(|path| path.exists()))
}

fn no_kitfile(dir: &Path) -> OpsError {
    let shown = dir.display();
    OpsError::usage("kitfile-not-found", format!("there is no Kitfile in `{shown}`"))
        .with_hint(format!("run `sealkit init {shown}` to make one"))
}

/// Reads a text file of bounded size.
pub(crate) fn read_text(path: &Path) -> Result<String, OpsError> {
    let failed = |source| OpsError::io("read", path, source);
    if path.is_dir() {
        let message = format!("`{}` is a folder, not a file", path.display());
        return Err(OpsError::usage("is-a-folder", message));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(failed)?;
    file.take(MAX_TEXT + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_TEXT {
        let message = format!("`{}` is larger than {MAX_TEXT} bytes", path.display());
        return Err(OpsError::usage("file-too-large", message));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let message = format!("`{}` is not UTF-8: byte {at} is not text", path.display());
        OpsError::usage("not-utf-8", message)
    })
}

/// Reads a text file that was found in a folder and that nobody named: a pipe there would never end.
pub(crate) fn read_found_text(path: &Path) -> Result<String, OpsError> {
    if fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
        let message = format!("`{}` is neither a file nor a folder", path.display());
        return Err(OpsError::usage("special-file", message));
    }
    read_text(path)
}

/// The ignore rules of a folder, with the digest of the file that they came from.
pub(crate) struct FolderRules {
    rules: IgnoreRules,
    /// Digest of `.kitignore`; none where there is none.
    pub(crate) digest: Option<Digest>,
}

impl FolderRules {
    /// Reads `.kitignore`. What `kit` leaves out always is left out always.
    pub(crate) fn read(dir: &Path) -> Result<Self, OpsError> {
        let path = dir.join(IGNORE_FILE);
        let text = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            _ => Some(read_found_text(&path)?),
        };
        let digest = text.as_deref().map(|text| Digest::of(text.as_bytes()));
        Self::parse(text.as_deref(), &path, digest)
    }

    fn parse(text: Option<&str>, path: &Path, digest: Option<Digest>) -> Result<Self, OpsError> {
        let rules = IgnoreRules::parse(text.unwrap_or_default()).map_err(|error| {
            OpsError::usage("kitignore-malformed", format!("`{}`: {error}", path.display()))
        })?;
        Ok(Self { rules, digest })
    }
}

impl Ignore for FolderRules {
    fn ignores(&self, path: &str) -> bool {
        self.rules.matches(path)
    }

    fn prunes(&self, dir: &str) -> bool {
        self.rules.may_skip_dir(dir)
    }
}
