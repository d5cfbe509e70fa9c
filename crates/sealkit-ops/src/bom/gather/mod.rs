//! What an AIBOM is made from: a kit, a folder or a repository of a hub, read once.

mod ahead;
mod aside;
mod bare;
mod blob_range;
mod cached;
mod doubled;
mod file;
mod folder;
mod git;
mod hashed;
mod hub;
mod kit;
mod left_out;
mod once;
mod packed;
#[cfg(test)]
mod ranges_tests;
mod room;
#[cfg(test)]
mod room_tests;
mod runs;
mod verified;
mod window;

use std::collections::BTreeMap;

use sealkit_aibom::{Bom, FileInput, Input, PartInput, Subject, Supplied, assemble};
use sealkit_inspect::{Fact, Facts, LocalModules, check_shards, property};
use sealkit_kitfile::{Kitfile, Part};
use sealkit_oci::{Descriptor, Digest, LayerRole};
use sealkit_report::Finding;

pub(crate) use bare::of_manifest;
pub(crate) use file::{Local, Whole, look};
pub(crate) use folder::of_folder;
pub(crate) use git::of_dir as git_of;
pub(crate) use hub::of_hub;
pub(crate) use kit::{MOST_FILES, of_kit};
pub(crate) use packed::of_packed;
pub use runs::RunsCode;

/// What was read, and how far it can be believed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Bytes that came over the network.
    pub fetched: u64,
    /// Bytes of all layers.
    pub total: u64,
    /// Whether ranges were read that nothing vouches for.
    pub unverified: bool,
    /// What could not be read, and what the person should know.
    pub warnings: Vec<String>,
    /// Those of the warnings by which something of the content is not known.
    pub gaps: Vec<String>,
    /// Whether nobody wrote the Kitfile: it was made to know the parts.
    pub kitfile_is_made: bool,
    /// What the config of a ModelPack without a Kitfile says.
    pub config: Facts,
    /// The kits that the Kitfile refers to, with the digests that they had when the kit was packed.
    pub references: BTreeMap<String, Digest>,
}

/// What the AIBOM will describe.
#[derive(Clone, Debug)]
pub(crate) enum Described {
    /// A kit.
    Kit {
        /// Descriptor of its manifest.
        manifest: Box<Descriptor>,
        /// Repository that it is named after.
        repository: Option<String>,
    },
    /// A folder, or a repository of a hub that is no kit.
    Folder {
        /// Its name.
        name: String,
        /// When its youngest file was written, in seconds since 1970, where that is known.
        newest: Option<i64>,
    },
}

/// One part with its files.
#[derive(Clone, Debug)]
pub(crate) struct GatheredPart {
    pub(crate) role: Option<LayerRole>,
    pub(crate) is_prompt: bool,
    pub(crate) element: Option<Part>,
    pub(crate) layer: Option<Descriptor>,
    /// None where they could not be listed.
    pub(crate) files: Option<Vec<GatheredFile>>,
}

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct GatheredFile {
    pub(crate) path: String,
    pub(crate) size: u64,
    /// None where nobody read the whole file and nobody vouches for a digest.
    pub(crate) digest: Option<Digest>,
}

/// All that an AIBOM is made from.
#[derive(Clone, Debug)]
pub(crate) struct Gathered {
    pub(crate) described: Described,
    pub(crate) kitfile: Kitfile,
    pub(crate) parts: Vec<GatheredPart>,
    /// What the files say, by path.
    pub(crate) facts: BTreeMap<String, Facts>,
    /// What is known of the whole: commit, remote, hub.
    pub(crate) project: Facts,
    /// The beginnings of the cards of a kit, as text; empty for what is none.
    pub(crate) cards: String,
    pub(crate) reading: Reading,
}

impl Gathered {
    /// Makes the AIBOM.
    pub(crate) fn assemble(&self, attested: &[Facts], supplied: &Supplied) -> Bom {
        let subject = match &self.described {
            Described::Kit { manifest, repository } => {
                Subject::Kit { manifest, repository: repository.as_deref() }
            }
            Described::Folder { name, .. } => Subject::Folder { name },
        };
        assemble(&Input {
            subject,
            kitfile: &self.kitfile,
            kitfile_is_made: self.reading.kitfile_is_made,
            config: &self.reading.config,
            references: &self.reading.references,
            parts: self.parts.iter().map(GatheredPart::input).collect(),
            facts: &self.facts,
            project: &self.project,
            attested,
            supplied,
        })
    }

    /// What inspection found, the worst first.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut all: Vec<Finding> =
            self.facts.values().flat_map(|facts| &facts.findings).cloned().collect();
        all.sort_by(|a, b| {
            b.severity.cmp(&a.severity).then_with(|| a.evidence.file.cmp(&b.evidence.file))
        });
        all
    }

    /// Does what needs all files: imports of the project's own modules are no packages, shards are
    /// held against their index, and each fact says which bytes it was read from.
    pub(crate) fn finish(&mut self) {
        let local = LocalModules::new(self.facts.keys().map(String::as_str));
        for (path, facts) in &mut self.facts {
            local.forget(path, facts);
        }
        let is_index = |facts: &Facts| facts.text(property::FORMAT) == Some("shard-index");
        let indexes: Vec<String> =
            self.facts.iter().filter(|(_, f)| is_index(f)).map(|(path, _)| path.clone()).collect();
        for path in indexes {
            let found = self.facts.get(&path).map(|own| check_shards(&path, own, &self.facts));
            if let (Some(found), Some(own)) = (found, self.facts.get_mut(&path)) {
                for finding in found {
                    own.note(finding);
                }
            }
        }
        self.name_digests();
    }

    /// Says for each fact which bytes it was read from, where their digest is known.
    fn name_digests(&mut self) {
        let files = self.parts.iter().filter_map(|part| part.files.as_ref()).flatten();
        for file in files {
            let (Some(digest), Some(facts)) = (&file.digest, self.facts.get_mut(&file.path)) else {
                continue;
            };
            // Where a path is there twice, each says already of which bytes it is.
            let is_open = |fact: &&mut Fact| {
                fact.evidence.file == file.path && fact.evidence.digest.is_none()
            };
            for fact in facts.facts.iter_mut().filter(is_open) {
                fact.evidence.digest = Some(digest.clone());
            }
        }
    }
}

impl GatheredPart {
    fn input(&self) -> PartInput<'_> {
        PartInput {
            role: self.role,
            is_prompt: self.is_prompt,
            element: self.element.clone(),
            layer: self.layer.as_ref(),
            files: self.files.as_ref().map(|files| files.iter().map(GatheredFile::input).collect()),
        }
    }
}

impl GatheredFile {
    fn input(&self) -> FileInput<'_> {
        FileInput { path: &self.path, size: self.size, digest: self.digest.as_ref() }
    }
}
