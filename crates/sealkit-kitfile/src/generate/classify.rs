//! Which part of the Kitfile each file and folder becomes.

use super::folder::{Folder, base, trimmed};
use super::names::{self, Kind};
use super::{Class, Facts, Listed, model};
use crate::validate::FORMAT_VERSION;
use crate::{Code, Dataset, Docs, Kitfile, McpServer, ModelPart, Package, Prompt};

/// More unknown files than this in the root become one code layer.
const MAX_UNKNOWN: usize = 5;

pub(super) struct Builder {
    pub(super) kitfile: Kitfile,
}

/// Files whose place depends on the others.
#[derive(Default)]
struct Found<'a> {
    models: Vec<&'a Listed>,
    metadata: Vec<&'a Listed>,
    unknown: Vec<&'a Listed>,
    licence: Option<String>,
}

impl Builder {
    pub(super) fn new(package: Package) -> Self {
        let manifest_version = FORMAT_VERSION.to_owned();
        Self { kitfile: Kitfile { manifest_version, package, ..Kitfile::default() } }
    }

    /// Fills the Kitfile from the root folder.
    pub(super) fn root(&mut self, root: &Folder<'_>, depth: usize) {
        if let Some(skill) = skill(root) {
            self.skill(root, skill);
            let package = &mut self.kitfile.package;
            fill(&mut package.name, skill.name.as_ref());
            fill(&mut package.description, skill.description.as_ref());
            fill(&mut package.license, skill.licence.as_ref());
            return;
        }
        let found = self.folder(root, depth);
        if found.unknown.len() > MAX_UNKNOWN {
            self.code(".");
        } else {
            found.unknown.iter().for_each(|file| self.code(trimmed(&file.path)));
        }
        self.place_metadata(&found);
        self.place_licence(found.licence.unwrap_or_default());
        self.package_from_skills(root);
    }

    fn place_metadata(&mut self, found: &Found<'_>) {
        self.kitfile.model = model::of(&found.models);
        let metadata = found.metadata.iter().map(|file| trimmed(&file.path).to_owned());
        if let Some(model) = &mut self.kitfile.model {
            model.parts.extend(metadata.map(|path| ModelPart { path, ..ModelPart::default() }));
        } else {
            let datasets = metadata.map(|path| Dataset { path, ..Dataset::default() });
            self.kitfile.datasets.extend(datasets);
        }
    }

    /// A licence goes where it is plain what it is for.
    fn place_licence(&mut self, licence: String) {
        if licence.is_empty() {
            return;
        }
        let kitfile = &mut self.kitfile;
        if let Some(model) = &mut kitfile.model {
            model.license = licence;
        } else if let [dataset] = kitfile.datasets.as_mut_slice() {
            dataset.license = licence;
        } else if let [code] = kitfile.code.as_mut_slice() {
            code.license = licence;
        } else {
            kitfile.package.license = licence;
        }
    }

    /// Reads a folder file by file, and the folders below it, to `depth`.
    fn folder<'a>(&mut self, folder: &Folder<'a>, depth: usize) -> Found<'a> {
        let mut found = Found::default();
        if let Some(facts) = skill(folder) {
            self.skill(folder, facts);
            return found;
        }
        let files = folder.files.iter().filter(|file| !names::is_kitfile(file));
        files.for_each(|file| self.file(file, &mut found));
        for below in &folder.folders {
            if depth == 0 {
                found.models.extend(self.whole_folder(below));
                continue;
            }
            // A licence below the root may be for anything.
            let deeper = self.folder(below, depth - 1);
            found.models.extend(deeper.models);
            found.metadata.extend(deeper.metadata);
            deeper.unknown.iter().for_each(|file| self.code(trimmed(&file.path)));
        }
        found
    }

    fn file<'a>(&mut self, file: &'a Listed, found: &mut Found<'a>) {
        let path = trimmed(&file.path);
        if names::starts(file, "readme") {
            self.docs(path, "Readme file");
            return;
        }
        if names::starts(file, "license") || matches!(file.class, Some(Class::Licence(_))) {
            self.docs(path, "License file");
            if let Some(Class::Licence(id)) = &file.class {
                found.licence = Some(id.clone());
            }
            return;
        }
        match names::kind(file, path) {
            Kind::Model => found.models.push(file),
            Kind::Metadata => found.metadata.push(file),
            Kind::Docs => self.docs(path, ""),
            Kind::Dataset => self.dataset(path),
            Kind::Prompt => self.prompt(path),
            Kind::Mcpb => self.mcp_server(path),
            Kind::Code => self.code(path),
            Kind::Unknown => found.unknown.push(file),
        }
    }

    /// Takes a folder as a whole, and returns its model files.
    fn whole_folder<'a>(&mut self, folder: &Folder<'a>) -> Vec<&'a Listed> {
        if let Some(facts) = skill(folder) {
            self.skill(folder, facts);
            return Vec::new();
        }
        let path = format!("{}/", folder.path);
        match folder.name {
            "docs" => {
                self.docs(&path, "");
                return Vec::new();
            }
            "src" | "pkg" | "lib" | "build" => {
                self.code(&path);
                return Vec::new();
            }
            _ => {}
        }
        let kinds: Vec<(Kind, &'a Listed)> = folder
            .files
            .iter()
            .map(|file| (names::kind(file, base(trimmed(&file.path))), *file))
            .collect();
        let of = |kind| kinds.iter().filter(move |(it, _)| *it == kind).map(|(_, file)| *file);
        let mut models: Vec<&'a Listed> = of(Kind::Model).collect();
        match overall(&kinds, !folder.folders.is_empty()) {
            Some(Kind::Model) => models.extend(of(Kind::Metadata)),
            Some(Kind::Dataset) => self.dataset(&path),
            Some(Kind::Docs) => self.docs(&path, ""),
            Some(Kind::Prompt) => self.prompt(&path),
            Some(Kind::Mcpb) => {
                of(Kind::Mcpb).for_each(|file| self.mcp_server(trimmed(&file.path)));
            }
            _ => self.code(&path),
        }
        models
    }

    /// What skills say about themselves describes the kit, where it is nothing else.
    fn package_from_skills(&mut self, root: &Folder<'_>) {
        let skills: Vec<&Facts> = root.folders.iter().filter_map(skill).collect();
        let told: Vec<&&Facts> =
            skills.iter().filter(|facts| ***facts != Facts::default()).collect();
        let Some(first) = told.first() else { return };
        let kitfile = &self.kitfile;
        let only_prompts = kitfile.model.is_none()
            && kitfile.code.is_empty()
            && kitfile.datasets.is_empty()
            && kitfile.docs.is_empty();
        let package = &mut self.kitfile.package;
        if only_prompts && told.len() == 1 {
            fill(&mut package.name, first.name.as_ref());
            fill(&mut package.description, first.description.as_ref());
        }
        fill(&mut package.license, first.licence.as_ref());
    }

    fn skill(&mut self, folder: &Folder<'_>, facts: &Facts) {
        let path = if folder.path == "." { ".".to_owned() } else { format!("{}/", folder.path) };
        let (name, description) = (facts.name.clone(), facts.description.clone());
        self.kitfile.prompts.push(Prompt {
            path,
            name: name.unwrap_or_default(),
            description: description.unwrap_or_default(),
            ..Prompt::default()
        });
    }

    fn code(&mut self, path: &str) {
        self.kitfile.code.push(Code { path: path.to_owned(), ..Code::default() });
    }

    fn docs(&mut self, path: &str, description: &str) {
        let (path, description) = (path.to_owned(), description.to_owned());
        self.kitfile.docs.push(Docs { path, description, ..Docs::default() });
    }

    fn dataset(&mut self, path: &str) {
        self.kitfile.datasets.push(Dataset { path: path.to_owned(), ..Dataset::default() });
    }

    fn prompt(&mut self, path: &str) {
        self.kitfile.prompts.push(Prompt { path: path.to_owned(), ..Prompt::default() });
    }

    fn mcp_server(&mut self, path: &str) {
        let name = path.strip_suffix(".mcpb").unwrap_or(path).to_owned();
        let path = path.to_owned();
        self.kitfile.mcp_servers.push(McpServer { name, path, ..McpServer::default() });
    }
}

/// The one kind of everything in a folder but metadata; none where it is mixed or not known.
fn overall(kinds: &[(Kind, &Listed)], has_folders: bool) -> Option<Kind> {
    let mut telling = kinds.iter().map(|(kind, _)| *kind).filter(|kind| *kind != Kind::Metadata);
    let first = telling.next()?;
    (!has_folders && first != Kind::Unknown && telling.all(|kind| kind == first)).then_some(first)
}

/// What `SKILL.md` of a folder says, where there is one.
fn skill<'a>(folder: &Folder<'a>) -> Option<&'a Facts> {
    let mut files = folder.files.iter();
    files.find(|file| base(trimmed(&file.path)) == "SKILL.md").map(|file| &file.facts)
}

fn fill(field: &mut String, value: Option<&String>) {
    if let (true, Some(value)) = (field.is_empty(), value) {
        field.clone_from(value);
    }
}
