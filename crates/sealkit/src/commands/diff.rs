//! `sealkit diff`.

use std::fmt::Write as _;
use std::sync::Arc;

use sealkit_oci::{Descriptor, Digest, KitFormat};
use sealkit_ops::diff::{
    Compared, Diff, FieldChange, FileChange, FileState, PartChange, diff, diff_tensors, layer_kind,
};
use sealkit_ops::files::TableTrust;
use sealkit_ops::verify::SealedTables;
use sealkit_ops::{OpsError, Place};
use serde_json::{Value, json};

use super::diff_tensors as shown;
use crate::app::{App, Exit};
use crate::cli::DiffArgs;
use crate::console::{Failure, escape, human_size};

const RULE: &str = "---------------------------------------";

/// Compares two kits or folders.
pub(crate) fn run(app: &App, args: &DiffArgs) -> Result<Exit, Failure> {
    match compare(app, args) {
        // The answer would be 1: what could not be asked must not look like it.
        Err(failure) if args.exit_code => Err(failure.exits(Exit::Unanswered)),
        result => result,
    }
}

fn compare(app: &App, args: &DiffArgs) -> Result<Exit, Failure> {
    let folders = !app.console.is_kit();
    let (a, b) = (Place::parse(&args.a, folders)?, Place::parse(&args.b, folders)?);
    let context = app.context(Some(&args.network))?;
    let trust: Arc<dyn TableTrust> = Arc::new(SealedTables::new(&context)?);
    let both = async {
        let found = diff(&context, a.clone(), b.clone(), &trust).await?;
        let Some(reading) = args.tensors else { return Ok((found, None)) };
        let tensors = diff_tensors(&context, (a, b), &trust, reading.into()).await?;
        Ok::<_, OpsError>((found, Some(tensors)))
    };
    let Some((found, tensors)) = app.block_on(both)? else {
        return Ok(Exit::Interrupted);
    };
    let tensors = tensors.as_ref();
    if args.format == "json" {
        let mut json = as_json(&found);
        if let (Some(tensors), Some(object)) = (tensors, json.as_object_mut()) {
            object.insert("tensors".to_owned(), json!(tensors));
        }
        app.console.answer(format!("{json:#}"));
    } else {
        let text = if found.is_identical() {
            "ModelKits are identical".to_owned()
        } else if app.console.is_kit() {
            as_kit(&found)
        } else {
            as_text(&found)
        };
        app.console.answer(text + &tensors.map(shown::as_text).unwrap_or_default());
    }
    Ok(if args.exit_code && !found.is_same() { Exit::No } else { Exit::Yes })
}

fn as_text(found: &Diff) -> String {
    let mut text = format!("A  {}\nB  {}", side(&found.a), side(&found.b));
    if found.is_same() {
        text.push_str("\n\nNothing differs");
        return text;
    }
    if found.a.format != found.b.format {
        let (a, b) = (format_name(found.a.format), format_name(found.b.format));
        section(&mut text, "Format", [format!("~ {a} → {b}")]);
    }
    section(&mut text, "Kitfile", found.kitfile.iter().map(field));
    section(&mut text, "Annotations", found.annotations.iter().map(field));
    section(&mut text, "Parts", found.parts.iter().map(part));
    let files = &found.files;
    let added = files.added.iter().map(|file| format!("+ {}{}", file.path, states(file)));
    let removed = files.removed.iter().map(|file| format!("- {}{}", file.path, states(file)));
    let changed = files.changed.iter().map(|file| format!("~ {}{}", file.path, states(file)));
    let moved = files
        .moved
        .iter()
        .map(|file| format!("> {} → {}", file.path, file.moved_to.as_deref().unwrap_or_default()));
    section(&mut text, "Files", added.chain(removed).chain(changed).chain(moved));
    if found.unproven_files && !files.is_empty() {
        text.push_str(
            "\n\nThe files are told from a file table that nobody you trust vouches for.",
        );
    }
    text
}

pub(super) fn section(text: &mut String, title: &str, lines: impl IntoIterator<Item = String>) {
    for (number, line) in lines.into_iter().enumerate() {
        if number == 0 {
            let _ = write!(text, "\n\n{title}");
        }
        let _ = write!(text, "\n  {}", escape(&line));
    }
}

fn side(compared: &Compared) -> String {
    let digest = compared.digest.as_ref().map(|digest| format!(" ({digest})"));
    let (reference, place) = (escape(&compared.reference), escape(&compared.place));
    format!("{reference}{} in {place}", digest.unwrap_or_default())
}

fn format_name(format: KitFormat) -> &'static str {
    match format {
        KitFormat::ModelKit => "ModelKit",
        KitFormat::ModelPack => "ModelPack",
    }
}

fn field(change: &FieldChange) -> String {
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => format!("~ {}: {old} → {new}", change.path),
        (Some(old), None) => format!("- {}: {old}", change.path),
        (None, Some(new)) => format!("+ {}: {new}", change.path),
        (None, None) => change.path.clone(),
    }
}

fn part(change: &PartChange) -> String {
    let (kind, path) = (change.kind, &change.path);
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => format!("~ {kind} {path}: {} → {}", old.short(), new.short()),
        (Some(old), None) => format!("- {kind} {path}: {}", old.short()),
        (None, Some(new)) => format!("+ {kind} {path}: {}", new.short()),
        (None, None) => format!("{kind} {path}"),
    }
}

/// What changed of a file, in brackets.
fn states(change: &FileChange) -> String {
    let size = |state: &FileState| human_size(state.size);
    match (&change.old, &change.new) {
        (Some(old), Some(new)) if old.digest == new.digest => {
            format!(" (mode {:04o} → {:04o})", old.mode, new.mode)
        }
        (Some(old), Some(new)) => format!(" ({} → {})", size(old), size(new)),
        (Some(one), None) | (None, Some(one)) => format!(" ({})", size(one)),
        (None, None) => String::new(),
    }
}

fn as_json(found: &Diff) -> Value {
    let fields = |changes: &[FieldChange]| -> Vec<Value> {
        let field = |c: &FieldChange| json!({ "path": c.path, "old": c.old, "new": c.new });
        changes.iter().map(field).collect()
    };
    let parts = found.parts.iter().map(
        |part| json!({ "kind": part.kind, "path": part.path, "old": part.old, "new": part.new }),
    );
    json!({
        "schemaVersion": 1,
        "a": compared_json(&found.a),
        "b": compared_json(&found.b),
        "identical": found.is_identical(),
        "same": found.is_same(),
        "kitfile": fields(&found.kitfile),
        "annotations": fields(&found.annotations),
        "parts": parts.collect::<Vec<_>>(),
        "files": {
            "proven": !found.unproven_files,
            "added": files_json(&found.files.added),
            "removed": files_json(&found.files.removed),
            "changed": files_json(&found.files.changed),
            "moved": files_json(&found.files.moved),
        },
    })
}

fn compared_json(compared: &Compared) -> Value {
    json!({
        "reference": compared.reference,
        "place": compared.place,
        "digest": compared.digest,
        "format": format_name(compared.format).to_lowercase(),
    })
}

fn files_json(changes: &[FileChange]) -> Vec<Value> {
    let state = |state: &Option<FileState>| {
        state.as_ref().map(|s| json!({ "size": s.size, "mode": s.mode, "digest": s.digest }))
    };
    let file = |change: &FileChange| {
        let (old, new) = (state(&change.old), state(&change.new));
        let mut value = json!({ "path": change.path, "old": old, "new": new });
        if let (Some(to), Some(object)) = (&change.moved_to, value.as_object_mut()) {
            object.insert("movedTo".to_owned(), Value::from(to.as_str()));
        }
        value
    };
    changes.iter().map(file).collect()
}

/// The comparison in `kit`'s layout, which scripts read.
fn as_kit(found: &Diff) -> String {
    let (a, b) = (&found.a, &found.b);
    let mut text = format!(
        "Comparing:\n  ModelKit1: {}\n  ModelKit2: {}\n\nConfigurations:\n{RULE}\n",
        escape(&a.full_reference),
        escape(&b.full_reference)
    );
    let (old, new) = (short(a.config.as_ref()), short(b.config.as_ref()));
    if a.config == b.config {
        let _ = write!(text, "  Configs are identical (Digest: {old})\n\n");
    } else {
        let _ = write!(
            text,
            "Configs differ:\n  ModelKit1 Config Digest: {old}\n  ModelKit2 Config Digest: {new}\n\n"
        );
    }
    let same = found.annotations.is_empty();
    let annotations = if same { "are identical " } else { "does not match" };
    let _ = write!(text, "Annotations:\n{RULE}\n  Annotations {annotations}\n\n");
    let has = |side: &Compared, layer: &&Descriptor| {
        side.layers.iter().any(|other| other.digest == layer.digest)
    };
    let shared: Vec<_> = b.layers.iter().filter(|layer| has(a, layer)).collect();
    let only_a: Vec<_> = a.layers.iter().filter(|layer| !has(b, layer)).collect();
    let only_b: Vec<_> = b.layers.iter().filter(|layer| !has(a, layer)).collect();
    layers(&mut text, "Shared Layers", shared);
    let title = |number: u8, side: &Compared| {
        format!("Unique Layers to ModelKit{number} ({})", escape(&side.full_reference))
    };
    layers(&mut text, &title(1, a), only_a);
    layers(&mut text, &title(2, b), only_b);
    text.pop();
    text
}

fn layers(text: &mut String, title: &str, mut layers: Vec<&Descriptor>) {
    layers.sort_by(|a, b| a.media_type.cmp(&b.media_type));
    let _ = write!(text, "{title}\n{RULE}\n");
    if layers.is_empty() {
        text.push_str("<none>\n");
    } else {
        text.push_str("Type    | Digest             | Size\n");
    }
    for layer in layers {
        let (kind, digest) = (layer_kind(layer), short(Some(&layer.digest)));
        let (first, rest) = kind.split_at_checked(1).unwrap_or(("", kind));
        let kind = format!("{}{rest}", first.to_uppercase());
        let _ = writeln!(text, "{kind:<7} | {digest:<18} | {}", human_size(layer.size));
    }
    text.push('\n');
}

/// The start of a digest, as long as `kit` shows it.
fn short(digest: Option<&Digest>) -> String {
    digest.map(|digest| digest.to_string().chars().take(17).collect()).unwrap_or_default()
}
