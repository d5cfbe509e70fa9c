//! `Dockerfile` and `Containerfile`.
//!
//! Source: Docker documentation, "Dockerfile reference", `FROM`, `ARG` and `RUN`.

use std::collections::BTreeMap;

use super::out::Packages;
use super::pep508::{digest_of, requirement};
use crate::{InspectError, PackageInfo, Scope};

/// Longest text that variables may grow into, in bytes.
const MAX_TEXT: usize = 4096;

/// Reads the images that the file starts from; a stage named earlier is none.
pub(super) fn images(text: &str, out: &mut Packages<'_>) -> Result<(), InspectError> {
    let mut arguments: BTreeMap<String, String> = BTreeMap::new();
    let mut stages: Vec<Stage> = Vec::new();
    let mut images: Vec<(usize, PackageInfo)> = Vec::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((at, line)) = lines.next() {
        out.budget.steps(1)?;
        let mut whole = line.trim().to_owned();
        let mut last = at;
        while whole.ends_with('\\') && !whole.starts_with('#') {
            let Some((next, more)) = lines.next() else { break };
            out.budget.steps(1)?;
            // Comments and blank lines do not end what goes on; the space before a word parts it from the last.
            let is_nothing = more.trim().is_empty() || more.trim_start().starts_with('#');
            if !is_nothing {
                whole.pop();
                whole.push_str(more.trim_end());
                last = next;
            }
        }
        let (word, rest) = whole.split_once(char::is_whitespace).unwrap_or((&whole, ""));
        match word.to_ascii_uppercase().as_str() {
            // Only what stands before the first stage counts in `FROM`.
            "ARG" if stages.is_empty() && images.is_empty() => {
                for pair in rest.split_whitespace() {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    let value = fill(value.trim_matches(['"', '\'']), &arguments);
                    arguments.insert(name.to_owned(), value.unwrap_or_default());
                }
            }
            "FROM" => from(rest, at, &arguments, &mut stages, &mut images),
            "COPY" | "ADD" => {
                let image = rest.split_whitespace().find_map(|w| w.strip_prefix("--from="));
                let is_stage = |name: &str| {
                    stages.iter().any(|stage| stage.name.eq_ignore_ascii_case(name))
                        || name.parse::<u32>().is_ok()
                };
                let name = image.filter(|name| !is_stage(name)).and_then(|i| fill(i, &arguments));
                let found = name.as_deref().and_then(self::image);
                images.extend(found.map(|i| (at, PackageInfo { scope: Scope::Build, ..i })));
            }
            "RUN" => {
                let place = match last {
                    last if last == at => format!("line {at}"),
                    last => format!("lines {at}-{last}"),
                };
                installs(rest, &place, out)?;
            }
            _ => {}
        }
    }
    // The last stage is what runs, from the image that its chain of stages begins with; others only build.
    let last = stages.last().and_then(|stage| stage.base);
    for (at, (line, mut image)) in images.into_iter().enumerate() {
        if Some(at) != last {
            image.scope = Scope::Build;
        }
        out.add(format!("line {line}"), image)?;
    }
    Ok(())
}

/// One stage.
struct Stage {
    /// Empty for one without a name.
    name: String,
    /// Place of the image that it starts from, through the stages that it is made of, in the list of images.
    base: Option<usize>,
}

fn from(
    rest: &str,
    line: usize,
    arguments: &BTreeMap<String, String>,
    stages: &mut Vec<Stage>,
    images: &mut Vec<(usize, PackageInfo)>,
) {
    let mut words = rest.split_whitespace().filter(|word| !word.starts_with("--"));
    let image = words.next().and_then(|image| fill(image, arguments)).unwrap_or_default();
    let is_named = words.next().is_some_and(|word| word.eq_ignore_ascii_case("as"));
    let is_it = |stage: &&Stage| !image.is_empty() && stage.name.eq_ignore_ascii_case(&image);
    let base = match stages.iter().rev().find(is_it) {
        Some(stage) => stage.base,
        None => {
            self::image(&image).filter(|_| !image.is_empty() && image != "scratch").map(|found| {
                images.push((line, found));
                images.len() - 1
            })
        }
    };
    let name = words.next().filter(|_| is_named).unwrap_or_default().to_owned();
    stages.push(Stage { name, base });
}

/// `registry/name:tag@digest`.
/// None for what is no name of an image, such as an address.
pub(super) fn image(image: &str) -> Option<PackageInfo> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._/:@-".contains(c);
    if image.contains("//") || !image.chars().all(fits) {
        return None;
    }
    let (rest, digest) = match image.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest_of(digest)?)),
        None => (image, None),
    };
    // A colon before the last slash belongs to the port of the registry.
    let name_at = rest.rfind('/').map_or(0, |at| at + 1);
    let colon = rest.get(name_at..).and_then(|name| name.find(':')).map(|at| at + name_at);
    let name = colon.and_then(|at| rest.get(..at)).unwrap_or(rest);
    let tag = colon.and_then(|at| rest.get(at + 1..)).filter(|tag| !tag.is_empty());
    Some(PackageInfo {
        ecosystem: "docker".to_owned(),
        name: name.to_owned(),
        version: tag.map(str::to_owned),
        digests: digest.into_iter().collect(),
        direct: true,
        ..PackageInfo::default()
    })
}

/// Puts defaults of `ARG` in for `$NAME`, `${NAME}` and `${NAME:-value}`; none where one is
/// unknown.
fn fill(text: &str, arguments: &BTreeMap<String, String>) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, default, left) = if let Some(inner) = after.strip_prefix('{') {
            let (inner, left) = inner.split_once('}')?;
            let (name, default) = inner.split_once(":-").unwrap_or((inner, ""));
            (name, default, left)
        } else {
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let end = after.find(|c| !is_word(c)).unwrap_or(after.len());
            (after.get(..end)?, "", after.get(end..)?)
        };
        let value = arguments.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let value = value.unwrap_or(default);
        if value.is_empty() || out.len() + value.len() > MAX_TEXT {
            return None;
        }
        out.push_str(value);
        rest = left;
    }
    out.push_str(rest);
    Some(out)
}

/// The packages with one version that `pip install` in a `RUN` names, in the form of a shell or as a list of words.
fn installs(command: &str, place: &str, out: &mut Packages<'_>) -> Result<(), InspectError> {
    let words = command.trim_start().starts_with('[');
    let words = words.then(|| serde_json::from_str::<Vec<String>>(command.trim()).ok()).flatten();
    let command = words.map_or_else(|| command.to_owned(), |words| words.join(" "));
    for package in pip_install(&command) {
        out.add(place.to_owned(), package)?;
    }
    Ok(())
}

/// Options of `pip install` that take the next word.
const TAKE_NEXT: &[&str] = &[
    "-b",
    "-c",
    "-e",
    "-f",
    "-i",
    "-r",
    "-t",
    "--abi",
    "--build",
    "--cache-dir",
    "--cert",
    "--client-cert",
    "--config-settings",
    "--constraint",
    "--editable",
    "--exists-action",
    "--extra-index-url",
    "--find-links",
    "--global-option",
    "--implementation",
    "--index-url",
    "--log",
    "--no-binary",
    "--only-binary",
    "--platform",
    "--prefix",
    "--progress-bar",
    "--proxy",
    "--python-version",
    "--report",
    "--requirement",
    "--retries",
    "--root",
    "--root-user-action",
    "--src",
    "--target",
    "--timeout",
    "--trusted-host",
    "--upgrade-strategy",
];

/// The requirements that a shell command hands to `pip install`.
pub(crate) fn pip_install(command: &str) -> Vec<PackageInfo> {
    let mut found = Vec::new();
    for part in command.split(['&', ';', '|']) {
        let mut words = part.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
        let is_pip = words.any(|word| matches!(word, "pip" | "pip3" | "%pip" | "!pip" | "!pip3"));
        if !is_pip || words.next() != Some("install") {
            continue;
        }
        let mut skip = false;
        for word in words {
            if std::mem::take(&mut skip) || word.starts_with('-') {
                skip = TAKE_NEXT.contains(&word);
                continue;
            }
            if let Some(mut package) = requirement(word) {
                package.direct = true;
                found.push(package);
            }
        }
    }
    found
}
