//! Every verb that reads a kit, behind one face: what it answers at a place.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sealkit_ops::attest::{AttestationFilter, attestations};
use sealkit_ops::bom::aibom::Supplied;
use sealkit_ops::bom::{BomRequest, BomSubject, bom, download_bom, stored_boms};
use sealkit_ops::check::{CheckRequest, check_kit};
use sealkit_ops::diff::diff;
use sealkit_ops::files::{ReadRequest, list_files, read_file};
use sealkit_ops::inspect::{InfoFormat, info, inspect};
use sealkit_ops::lineage::{LineageRequest, lineage};
use sealkit_ops::transfer::{CopyRequest, copy};
use sealkit_ops::trust::Trusted;
use sealkit_ops::unpack::{Existing, Limits, UnpackRequest, unpack};
use sealkit_ops::verify::{SealedTables, VerifyRequest, verify_kit};
use sealkit_ops::{OpsError, Place};
use sealkit_report::{Hint as _, Verdict};

use crate::common::{Stage, whole};

/// What a verb says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It did its work, or its answer is yes.
    Yes,
    /// Its answer is no.
    No,
    /// It could not tell.
    Unknown,
    /// It could not be carried out: code, text, next command.
    Error(&'static str, String, Option<String>),
}

impl Said {
    fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Yes => Self::Yes,
            Verdict::No => Self::No,
            Verdict::Unknown => Self::Unknown,
        }
    }

    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
            Self::Error(code, ..) => code,
        }
    }
}

/// The verbs, in the order of [`every`].
pub(crate) const VERBS: [&str; 14] = [
    "inspect", "info", "files", "file", "bom", "download", "boms", "attest", "diff", "lineage",
    "copy", "unpack", "verify", "check",
];

type Job<'a> = BoxFuture<'a, Result<Verdict, OpsError>>;

/// What every verb says of the kit at `place`, in the order of [`VERBS`].
pub(crate) async fn every(stage: &Stage, place: &Place) -> Vec<Said> {
    let mut all = Vec::new();
    for verb in VERBS {
        all.push(one(stage, place, verb).await);
    }
    all
}

/// What one verb says.
pub(crate) async fn one(stage: &Stage, place: &Place, verb: &str) -> Said {
    match run(stage, place, verb).await {
        Ok(verdict) => Said::of(verdict),
        Err(error) => Said::Error(error.code(), whole(&error), error.hint()),
    }
}

fn run<'a>(stage: &'a Stage, place: &'a Place, verb: &str) -> Job<'a> {
    let context = &stage.context;
    match verb {
        "inspect" => yes(inspect(context, place)),
        "info" => yes(info(context, place, None, InfoFormat::Json)),
        "files" => async {
            let trust: Arc<dyn sealkit_ops::files::TableTrust> =
                Arc::new(SealedTables::new(context)?);
            list_files(context, place.clone(), &trust).await.map(|_| Verdict::Yes)
        }
        .boxed(),
        "file" => read_one(stage, place),
        "bom" => yes(made_bom(stage, place)),
        "download" => yes(download_bom(context, place)),
        "boms" => yes(stored_boms(context, place, None)),
        "attest" => async {
            let found = attestations(context, place, &AttestationFilter::default()).await?;
            let good = found.found.iter().filter(|one| one.verified).count();
            // Signature, seal, AIBOM and model signature.
            Ok(if good == 4 { Verdict::Yes } else { Verdict::Unknown })
        }
        .boxed(),
        "diff" => async {
            let trust: Arc<dyn sealkit_ops::files::TableTrust> =
                Arc::new(SealedTables::new(context)?);
            let other = Place::Folder(stage.path("project"));
            let found = diff(context, place.clone(), other, &trust).await?;
            Ok(if found.is_same() { Verdict::Yes } else { Verdict::No })
        }
        .boxed(),
        "lineage" => async {
            let (place, trusted) = (place.clone(), Trusted::default());
            let request = LineageRequest { place, trusted, down: false, depth: 3 };
            lineage(context, &request).await.map(|_| Verdict::Yes)
        }
        .boxed(),
        "copy" => yes(copied(stage, place)),
        "unpack" => yes(unpacked(stage, place)),
        "verify" => async {
            let found = verify_kit(context, place, &VerifyRequest::default()).await?;
            Ok(found.report.verdict())
        }
        .boxed(),
        "check" => {
            async { Ok(check_kit(context, place, &CheckRequest::default()).await?.verdict()) }
                .boxed()
        }
        other => panic!("{other}"),
    }
}

fn yes<'a, T: Send + 'a>(work: impl Future<Output = Result<T, OpsError>> + Send + 'a) -> Job<'a> {
    work.map(|result| result.map(|_| Verdict::Yes)).boxed()
}

fn read_one<'a>(stage: &'a Stage, place: &'a Place) -> Job<'a> {
    async {
        let trust = Arc::new(SealedTables::new(&stage.context)?);
        let (place, path) = (place.clone(), "data/train.csv".to_owned());
        let request = ReadRequest { place, path, trust, unverified: false };
        let given = Given::default();
        let result = read_file(&stage.context, request, Box::new(given.clone())).await;
        // What was given away is what was sealed, or nothing is.
        let expected: &[u8] = if result.is_ok() { b"a,b\n1,2\n" } else { b"" };
        assert_eq!(*given.0.lock().unwrap(), expected);
        result.map(|_| Verdict::Yes)
    }
    .boxed()
}

#[derive(Clone, Default)]
struct Given(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Given {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn made_bom(stage: &Stage, place: &Place) -> Result<(), OpsError> {
    let request = BomRequest {
        subject: BomSubject::Kit(place.clone()),
        supplied: Supplied::default(),
        fresh: true,
        tensors: None,
        trust: Arc::new(SealedTables::new(&stage.context)?),
    };
    bom(&stage.context, &request).await.map(drop)
}

async fn copied(stage: &Stage, place: &Place) -> Result<(), OpsError> {
    let dir = tempfile::tempdir().unwrap();
    let destination = Place::Layout { dir: dir.path().join("layout"), target: None };
    let source = place.clone();
    let request = CopyRequest { source, destination, recursive: true, format: None };
    copy(&stage.context, &request).await.map(drop)
}

async fn unpacked(stage: &Stage, place: &Place) -> Result<(), OpsError> {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let request = UnpackRequest {
        place: place.clone(),
        dir: out.clone(),
        filters: Vec::new(),
        existing: Existing::Refuse,
        limits: Limits::default(),
        include_remote: false,
        unverified_ranges: false,
        unpinned: false,
        trust: Arc::new(SealedTables::new(&stage.context)?),
    };
    let result = unpack(&stage.context, &request, &|_| {}).await.map(drop);
    assert_eq!(result.is_ok(), out.exists(), "all of it or nothing: {result:?}");
    if result.is_ok() {
        // A whole file of other bytes would be worse than none.
        for path in
            ["models/m.safetensors", "data/train.csv", "data/test.csv", "train.py", "README.md"]
        {
            let (got, sealed) = (out.join(path), stage.path("project").join(path));
            assert_eq!(std::fs::read(got).unwrap(), std::fs::read(sealed).unwrap(), "{path}");
        }
    }
    result
}
