//! The input in one order, with an index.

use std::collections::BTreeMap;

use sealkit_inspect::{Class, Fact, Facts, property};
use sealkit_kitfile::Part;
use sealkit_oci::{Descriptor, Digest, LayerRole};
use sealkit_report::Evidence;

use crate::input::{Input, PartInput, Subject};

/// One file of the kit with what it says.
#[derive(Clone, Copy, Debug)]
pub(super) struct File<'a> {
    /// Index of its part in [`World::parts`].
    pub(super) part: usize,
    pub(super) path: &'a str,
    pub(super) size: u64,
    pub(super) digest: Option<&'a Digest>,
    /// What it says; none where it was not inspected.
    pub(super) facts: Option<&'a Facts>,
    /// Identifier of its format; empty where none was found.
    pub(super) format: &'a str,
    pub(super) class: Class,
    /// Media type of the format; empty where none was found.
    pub(super) media_type: &'static str,
}

impl<'a> File<'a> {
    /// The folder that it lies in; empty for the top.
    pub(super) fn folder(&self) -> &'a str {
        folder(self.path)
    }

    /// The last part of its path.
    pub(super) fn name(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// What it says, fact by fact.
    pub(super) fn each(&self) -> impl Iterator<Item = &'a Fact> + use<'a> {
        self.facts.into_iter().flat_map(|facts| &facts.facts)
    }

    /// The facts of one name, about the file or about things inside.
    pub(super) fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a Fact> + use<'a, 'n> {
        self.each().filter(move |fact| fact.property == name)
    }

    /// Whether it was read to its end.
    pub(super) fn is_read(&self) -> bool {
        self.facts.is_some_and(|facts| !facts.incomplete)
    }
}

/// One part in the canonical order.
#[derive(Clone, Debug)]
pub(super) struct PartView<'a> {
    pub(super) input: &'a PartInput<'a>,
    /// Cleaned path; empty for the whole folder and where no element is known.
    pub(super) path: &'a str,
    /// Indices of its files.
    pub(super) files: Vec<usize>,
}

impl<'a> PartView<'a> {
    pub(super) fn role(&self) -> Option<LayerRole> {
        self.input.role.or(self.element().map(|element| element.role))
    }

    pub(super) fn element(&self) -> Option<&'a Part> {
        self.input.element.as_ref()
    }

    pub(super) fn layer(&self) -> Option<&'a Descriptor> {
        self.input.layer
    }

    /// Whether nothing but the Kitfile says that it is there.
    pub(super) fn is_absent(&self) -> bool {
        self.layer().is_none() && !self.is_listed()
    }

    /// Whether its files are listed.
    pub(super) fn is_listed(&self) -> bool {
        self.input.files.is_some()
    }
}

/// The whole input, whatever order it came in.
pub(super) struct World<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) parts: Vec<PartView<'a>>,
    /// By path, then by part.
    pub(super) files: Vec<File<'a>>,
}

impl<'a> World<'a> {
    pub(super) fn new(input: &'a Input<'a>) -> Self {
        let mut parts: Vec<PartView<'a>> = input.parts.iter().map(part).collect();
        parts.sort_by_cached_key(|part| {
            let element = part.element();
            let written = element.map(|e| (e.name.clone(), e.written_path.clone()));
            let layer = part.layer().map(|layer| layer.digest.to_string());
            // One layer may stand twice; its files are the same then.
            (part.role(), part.input.is_prompt, part.path.to_owned(), written, layer)
        });
        let known: BTreeMap<_, _> = sealkit_inspect::capabilities()
            .map(|row| (row.format.id, (row.format.class, row.format.media_type)))
            .collect();
        let listed = parts.iter().filter_map(|part| part.input.files.as_ref()).map(Vec::len);
        let mut files = Vec::with_capacity(listed.sum());
        for (part, view) in parts.iter().enumerate() {
            files.extend(view.input.files.iter().flatten().map(|file| File {
                part,
                path: file.path,
                size: file.size,
                digest: file.digest,
                facts: None,
                format: "",
                class: Class::Unknown,
                media_type: "",
            }));
        }
        files.sort_by(|a, b| (a.path, a.part, a.digest).cmp(&(b.path, b.part, b.digest)));
        // Both are in the order of their paths: they are walked along together.
        let mut facts = input.facts.iter().peekable();
        for file in &mut files {
            while facts.next_if(|(path, _)| path.as_str() < file.path).is_some() {}
            let found = facts.peek().filter(|(path, _)| path.as_str() == file.path);
            file.facts = found.map(|(_, facts)| *facts);
            let format = file.facts.and_then(|facts| facts.text(property::FORMAT));
            if let Some(format) = format {
                file.format = format;
                (file.class, file.media_type) =
                    known.get(format).copied().unwrap_or((Class::Unknown, ""));
            }
        }
        for (at, file) in files.iter().enumerate() {
            if let Some(part) = parts.get_mut(file.part) {
                part.files.push(at);
            }
        }
        Self { input, parts, files }
    }

    /// What a part is.
    pub(super) fn role(&self, part: usize) -> Option<LayerRole> {
        self.parts.get(part).and_then(PartView::role)
    }

    /// The Kitfile's element of a part.
    pub(super) fn element(&self, part: usize) -> Option<&'a Part> {
        self.parts.get(part).and_then(PartView::element)
    }

    /// The files of a part.
    pub(super) fn files_of(&self, part: usize) -> impl Iterator<Item = (usize, &File<'a>)> {
        let all = self.parts.get(part).into_iter().flat_map(|part| &part.files);
        all.filter_map(|&at| Some((at, self.files.get(at)?)))
    }

    /// The files of these indices.
    pub(super) fn pick<'s>(&'s self, at: &'s [usize]) -> impl Iterator<Item = &'s File<'a>> {
        at.iter().filter_map(|&at| self.files.get(at))
    }

    /// Whether there is a file of this path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.find(path).is_some()
    }

    /// Index of the file of this path.
    pub(super) fn find(&self, path: &str) -> Option<usize> {
        let at = self.files.partition_point(|file| file.path < path);
        self.files.get(at).filter(|file| file.path == path).map(|_| at)
    }

    /// Indices of the files whose paths start so.
    pub(super) fn below(&self, start: String) -> impl Iterator<Item = usize> {
        let at = self.files.partition_point(|file| file.path < start.as_str());
        let rest = self.files.iter().enumerate().skip(at);
        rest.take_while(move |(_, file)| file.path.starts_with(&start)).map(|(at, _)| at)
    }

    /// The same evidence with the digest of the file that it names, where the kit has that file.
    pub(super) fn proved(&self, evidence: &Evidence) -> Evidence {
        let mut evidence = evidence.clone();
        if evidence.digest.is_none() {
            let file = self.find(&evidence.file).and_then(|at| self.files.get(at));
            evidence.digest = file.and_then(|file| file.digest.cloned());
        }
        evidence
    }

    /// Name of the folder, where the subject is one.
    pub(super) fn folder_name(&self) -> Option<&'a str> {
        match self.input.subject {
            Subject::Folder { name } => Some(name).filter(|name| !name.is_empty()),
            Subject::Kit { .. } => None,
        }
    }
}

fn part<'a>(input: &'a PartInput<'a>) -> PartView<'a> {
    let path = input.element.as_ref().map_or("", |element| element.path.as_str());
    PartView { input, path: if path == "." { "" } else { path }, files: Vec::new() }
}

/// The folder of a path; empty for the top.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A folder and those above it, the nearest first, the top (empty) last.
pub(super) fn upwards(start: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(start), |at| (!at.is_empty()).then(|| folder(at)))
}

/// A path that a file in `folder` names, as seen from the top.
pub(super) fn beside(folder: &str, path: &str) -> String {
    let path = path.trim_start_matches("./").trim_end_matches('/');
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}
