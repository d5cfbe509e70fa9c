//! `sealkit pack`.

use std::io::Read as _;

use sealkit_oci::{Compression, KitFormat, LayerFormat, Reference};
use sealkit_ops::OpsError;
use sealkit_ops::pack::{
    KitfileSource, Modes, PackOptions, PackOutcome, PackRequest, Stamp, Symlinks, layer_name, pack,
};
use sealkit_ops::time::{parse_time, rfc3339};

use crate::app::{App, Exit};
use crate::cli::{CompressionArg, KitFormatArg, LayerFormatArg, PackArgs};
use crate::console::Failure;

/// Packs a folder into the local store.
pub(crate) fn run(app: &App, args: &PackArgs) -> Result<Exit, Failure> {
    let epoch = source_date_epoch()?;
    let created = match &args.created {
        Some(text) => Some(parse_time(text)?),
        None => epoch,
    };
    let modelpack = args.use_model_pack || args.format == KitFormatArg::Modelpack;
    let request = PackRequest {
        dir: args.dir.clone(),
        kitfile: kitfile_source(args.file.as_deref())?,
        name: parse_name(args.tag.as_deref())?,
        options: PackOptions {
            kit: if modelpack { KitFormat::ModelPack } else { KitFormat::ModelKit },
            format: match args.layer_format {
                LayerFormatArg::Tar => LayerFormat::Tar,
                LayerFormatArg::Raw => LayerFormat::Raw,
            },
            compression: match args.compression {
                CompressionArg::None => Compression::None,
                CompressionArg::Gzip => Compression::Gzip,
                CompressionArg::GzipFastest => Compression::GzipFastest,
                CompressionArg::Zstd => Compression::Zstd,
            },
            modes: if args.normalize_modes { Modes::Normalise } else { Modes::Keep },
            epoch,
            threads: None,
        },
        symlinks: if args.refuse_symlinks { Symlinks::Refuse } else { Symlinks::Follow },
        stamp: Stamp { kit_version: args.kit_version.clone(), created: created.and_then(rfc3339) },
    };
    let outcome = pack(&app.context(None)?, &request)?;
    report(app, request.options.kit, &outcome);
    Ok(Exit::Yes)
}

/// Says what was saved, in `kit`'s words: scripts look for `Model saved: `.
fn report(app: &App, format: KitFormat, outcome: &PackOutcome) {
    let console = &app.console;
    for warning in &outcome.warnings {
        console.warn(warning);
    }
    for (role, layer) in &outcome.layers {
        console.info(format!("Saved {} layer: {}", layer_name(format, *role), layer.digest));
    }
    let manifest = &outcome.manifest;
    console.info(format!("Saved configuration: {}", manifest.value().config.digest));
    console.info(format!("Saved manifest to storage: {}", manifest.digest()));
    if console.is_quiet() {
        console.answer(manifest.digest().to_string());
    } else {
        console.answer(format!("Model saved: {}", manifest.digest()));
    }
}

/// Which Kitfile `-f` means; `-` reads standard input.
pub(crate) fn kitfile_source(file: Option<&str>) -> Result<KitfileSource, Failure> {
    match file {
        None => Ok(KitfileSource::Folder),
        Some("-") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(|source| {
                Failure::new("io", "could not read the Kitfile from standard input")
                    .caused_by(&source)
            })?;
            Ok(KitfileSource::Text { text, origin: "standard input".to_owned() })
        }
        Some(path) => Ok(KitfileSource::File(path.into())),
    }
}

/// The name that `-t` gives.
pub(crate) fn parse_name(tag: Option<&str>) -> Result<Option<Reference>, Failure> {
    let parse = |text: &str| text.parse::<Reference>().map_err(OpsError::from);
    Ok(tag.map(parse).transpose()?)
}

/// `SOURCE_DATE_EPOCH`, seconds since 1970 (reproducible-builds.org).
pub(crate) fn source_date_epoch() -> Result<Option<i64>, Failure> {
    let Some(value) = std::env::var_os("SOURCE_DATE_EPOCH").filter(|value| !value.is_empty())
    else {
        return Ok(None);
    };
    let text = value.to_string_lossy();
    let seconds = text.trim().parse::<i64>().ok().filter(|&seconds| rfc3339(seconds).is_some());
    seconds.map(Some).ok_or_else(|| {
        Failure::new(
            "time-malformed",
            format!("SOURCE_DATE_EPOCH is `{text}`: no time before the year 10000"),
        )
        .hint("set it to seconds since 1970, or unset it")
    })
}
