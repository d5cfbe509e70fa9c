//! What is known before an AIBOM is made: bytes, facts, statements, and what people supply.

use std::collections::BTreeMap;

use sealkit_inspect::{Facts, PartyInfo, property};
use sealkit_kitfile::{Kitfile, Part};
use sealkit_oci::{Descriptor, Digest, LayerRole};

use crate::assemble::plain;
use crate::{Bom, Kind, Property};

/// What the AIBOM describes.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A packed kit.
    Kit {
        /// Descriptor of its manifest.
        manifest: &'a Descriptor,
        /// Repository that it is named after, `host/path` without tag; none where it has no name.
        repository: Option<&'a str>,
    },
    /// A folder that is not packed.
    Folder {
        /// Name of the folder, without its path.
        name: &'a str,
    },
}

/// One file of a part.
#[derive(Clone, Copy, Debug)]
pub struct FileInput<'a> {
    /// Path inside the kit, `/`-separated.
    pub path: &'a str,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of the content; none where nobody read the whole file. The AIBOM says so then.
    pub digest: Option<&'a Digest>,
}

/// One part: a layer of a kit, or what would become one.
#[derive(Clone, Debug)]
pub struct PartInput<'a> {
    /// What it is; none for a layer of an unknown type.
    pub role: Option<LayerRole>,
    /// Whether it is a prompt.
    pub is_prompt: bool,
    /// The Kitfile's element; none where no element fits the layer.
    pub element: Option<Part>,
    /// The layer; none in a folder.
    pub layer: Option<&'a Descriptor>,
    /// The regular files; none where they could not be listed.
    pub files: Option<Vec<FileInput<'a>>>,
}

/// What people say that the bytes cannot: flags and the overlay file, each as declared facts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Supplied {
    /// Who answers for the AIBOM.
    pub authors: Vec<PartyInfo>,
    /// Who supplies the kit and its models.
    pub supplier: Option<PartyInfo>,
    /// The overlay: facts about the kit as a whole.
    pub kit: Facts,
    /// The overlay: facts about the models of the kit.
    pub model: Facts,
    /// The overlay: facts about datasets, by their names or paths.
    pub datasets: BTreeMap<String, Facts>,
}

impl Supplied {
    /// The keys of the overlay's datasets that no dataset of the AIBOM made with it goes by: what is said under them
    /// is said of nothing.
    pub fn unknown_datasets<'s>(&'s self, bom: &Bom) -> Vec<&'s str> {
        let goes_by = |key: &str| {
            bom.of_kind(Kind::Dataset).any(|data| {
                let mut names = data.of(property::NAME).filter_map(Property::as_text);
                data.name == key
                    || data.path.as_deref().is_some_and(|path| plain(path) == key)
                    || names.any(|name| name.trim() == key)
            })
        };
        self.datasets.keys().map(String::as_str).filter(|key| !goes_by(plain(key))).collect()
    }
}

/// All that an AIBOM is made from. Equal inputs give equal AIBOMs, whatever their order.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// What it describes.
    pub subject: Subject<'a>,
    /// The Kitfile: the kit's, the folder's, or one generated for it.
    pub kitfile: &'a Kitfile,
    /// Whether nobody wrote it: it was generated to know the parts. What it says is then nobody's word, and comes from
    /// files that say it themselves.
    pub kitfile_is_made: bool,
    /// What the config of a ModelPack without a Kitfile says of it and of its model.
    pub config: &'a Facts,
    /// The kits that the Kitfile refers to, as it writes them, with the digests that they had when the kit was packed.
    pub references: &'a BTreeMap<String, Digest>,
    /// The parts in the Kitfile's order.
    pub parts: Vec<PartInput<'a>>,
    /// What the files say, by path. A file that was not inspected is missing here, and the AIBOM
    /// says so.
    pub facts: &'a BTreeMap<String, Facts>,
    /// What is known of the folder as a whole: commit, remote, hub.
    pub project: &'a Facts,
    /// Verified statements about the kit, one each, with `Known::Attested` evidence whose digest is
    /// the statement's.
    pub attested: &'a [Facts],
    /// What people supply.
    pub supplied: &'a Supplied,
}
