//! `sealkit files`.

use std::io::{self, Write};
use std::sync::Arc;

use sealkit_oci::FileKind;
use sealkit_ops::files::{
    FileRead, Listing, Proof, ReadRequest, TableTrust, list_files, read_file,
};
use sealkit_ops::output::{self, Output};
use sealkit_ops::verify::SealedTables;
use sealkit_ops::{Context, Place};

use crate::app::{App, Exit};
use crate::cli::FilesArgs;
use crate::console::{Failure, Table};

/// Lists the files of a kit, or prints one of them.
pub(crate) fn run(app: &App, args: &FilesArgs) -> Result<Exit, Failure> {
    let place = Place::parse(&args.reference, false)?;
    let place = if args.remote { place.at_registry()? } else { place };
    let context = app.context(Some(&args.network))?;
    let trust: Arc<dyn TableTrust> = Arc::new(SealedTables::new(&context)?);
    match &args.path {
        Some(path) => {
            let unverified = args.insecure_unverified_range;
            let request = ReadRequest { place, path: path.clone(), trust, unverified };
            print(app, &context, args, request)
        }
        None => list(app, &context, args, place, &trust),
    }
}

fn list(
    app: &App,
    context: &Context,
    args: &FilesArgs,
    place: Place,
    trust: &Arc<dyn TableTrust>,
) -> Result<Exit, Failure> {
    let Some(listing) = app.block_on(list_files(context, place, trust))? else {
        return Ok(Exit::Interrupted);
    };
    let text = if args.format == "json" {
        format!("{:#}", json(&args.reference, &listing))
    } else if app.console.is_quiet() {
        let paths = listing.files.iter().map(|file| crate::console::escape(&file.path));
        paths.collect::<Vec<_>>().join("\n")
    } else {
        table(&listing)
    };
    match &args.output {
        Some(path) => output::write(path, format!("{text}\n").as_bytes())?,
        None => app.console.answer(text),
    }
    if args.format != "json" {
        app.console.info(match listing.proof {
            Proof::TrustedTable => "This listing is proven by a signed file table.",
            Proof::UnprovenTable => {
                "This listing comes from an attached file table that nobody you trust vouches for."
            }
            _ => "This listing comes from the layers' headers; their bytes were not checked.",
        });
    }
    Ok(Exit::Yes)
}

fn table(listing: &Listing) -> String {
    let mut table = Table::new(&["MODE", "SIZE", "SHA256", "PART", "PATH"]);
    for file in &listing.files {
        let is_dir = file.kind == FileKind::Dir;
        let letter = if is_dir { 'd' } else { '-' };
        let digest = file.digest.as_ref().map_or("-", |digest| digest.short());
        let path = if is_dir { format!("{}/", file.path) } else { file.path.clone() };
        table.row([
            format!("{letter}{:04o}", file.mode),
            if is_dir { "-".to_owned() } else { file.size.to_string() },
            digest.to_owned(),
            file.part.clone().unwrap_or_else(|| "-".to_owned()),
            path,
        ]);
    }
    table.render()
}

fn json(reference: &str, listing: &Listing) -> serde_json::Value {
    let files: Vec<_> = listing
        .files
        .iter()
        .map(|file| {
            serde_json::json!({
                "path": file.path,
                "kind": file.kind,
                "size": file.size,
                "mode": file.mode,
                "digest": file.digest,
                "part": file.part,
                "layer": file.layer,
            })
        })
        .collect();
    serde_json::json!({
        "schemaVersion": 1,
        "reference": reference,
        "digest": listing.kit,
        "source": listing.proof.name(),
        "proven": listing.proof.is_proven(),
        "files": files,
    })
}

fn print(
    app: &App,
    context: &Context,
    args: &FilesArgs,
    request: ReadRequest,
) -> Result<Exit, Failure> {
    let read = if let Some(path) = &args.output {
        let output = Output::begin(path)?;
        let read = app.block_on(read_file(context, request, Box::new(output.writer())))?;
        if read.is_some() {
            output.finish()?;
        }
        read
    } else {
        let out = Answer(app.console.clone());
        app.block_on(read_file(context, request, Box::new(out)))?
    };
    match read {
        Some(read) => {
            tell(app, &read);
            Ok(Exit::Yes)
        }
        None => Ok(Exit::Interrupted),
    }
}

fn tell(app: &App, read: &FileRead) {
    match read.proof {
        Proof::TrustedTable => app.console.info("Verified against a signed file table."),
        Proof::UnverifiedRange => {
            app.console.warn("nothing vouches for these bytes: they were not verified");
        }
        _ => app.console.info(format!(
            "Verified: the whole layer was read and is the one that {} names.",
            read.kit
        )),
    }
}

/// Standard output through the console.
struct Answer(crate::console::Console);

impl Write for Answer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.answer_bytes(bytes) {
            // A reader that has seen enough is a normal end.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
