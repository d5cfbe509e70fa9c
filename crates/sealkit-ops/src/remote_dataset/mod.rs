//! Datasets that stay in S3 storage: a Kitfile names the object and its ETag. Packing checks that
//! they fit, unpacking with the person's consent fetches the object.

mod fetch;
mod object;

use sealkit_kitfile::{Dataset, Kitfile};
use sealkit_remote::Secret;
use sealkit_remote::web::WebReply;
use sealkit_report::Hint as _;

pub use fetch::fetch;
use object::Object;

use crate::{Context, OpsError};

/// How S3 storage is reached. The binary fills it from `S3_API_ENDPOINT`, `S3_REGION`,
/// `S3_ACCESS_KEY_ID` and `S3_SECRET_KEY`, as `kit` names them.
#[derive(Clone, Debug, Default)]
pub struct S3Settings {
    /// Address of the storage; none is Amazon's for the region.
    pub endpoint: Option<String>,
    /// Region; `us-east-1` where none is given.
    pub region: Option<String>,
    /// Access key and secret; none asks without a signature.
    pub credentials: Option<(String, Secret)>,
}

/// Whether a dataset is an object in S3 storage.
pub fn is_object(dataset: &Dataset) -> bool {
    dataset.remote_path.starts_with("s3://")
}

/// Asks for the head of the object and compares its ETag with the `remoteHash` of the Kitfile.
pub async fn check(context: &Context, dataset: &Dataset) -> Result<(), OpsError> {
    let object = Object::of(dataset)?;
    let what = format!("look at the object of dataset `{}`", dataset.path);
    let call = object.call(settings(context)?, true, what.clone())?;
    let reply = context.client.web(&call).await.map_err(|error| object.failed(error))?;
    match reply.status() {
        200 => object.compare(dataset, &reply),
        _ => Err(object.refused(&what, &reply)),
    }
}

/// Checks every object that a Kitfile names, before anything is packed. Gives what the person
/// should know: without settings nothing can be checked.
pub(crate) fn check_all(context: &Context, kitfile: &Kitfile) -> Result<Vec<String>, OpsError> {
    let objects: Vec<&Dataset> = kitfile.datasets.iter().filter(|d| is_object(d)).collect();
    if objects.is_empty() {
        return Ok(Vec::new());
    }
    if context.s3.is_none() {
        let unchecked = |dataset: &&Dataset| {
            format!(
                "remote dataset `{}` was not checked against its hash: S3_API_ENDPOINT, S3_REGION, S3_ACCESS_KEY_ID and S3_SECRET_KEY are not set",
                dataset.path
            )
        };
        return Ok(objects.iter().map(unchecked).collect());
    }
    let checks = async {
        for dataset in objects {
            check(context, dataset).await?;
        }
        Ok(Vec::new())
    };
    wait(checks)
}

/// Runs an async check from sync code, on a thread that no other runtime has entered.
fn wait<T: Send>(work: impl Future<Output = Result<T, OpsError>> + Send) -> Result<T, OpsError> {
    let failed = |error| OpsError::io("start", "a thread", error);
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(failed)?.block_on(work)
    };
    std::thread::scope(|scope| {
        let handle = std::thread::Builder::new().spawn_scoped(scope, run).map_err(failed)?;
        let ended = handle.join();
        ended.unwrap_or_else(|_| Err(failed(std::io::Error::other("the thread broke off"))))
    })
}

/// Fails where the object of a dataset is wanted and nothing says how its storage is reached: asked
/// before anything is unpacked.
pub(crate) fn require_settings(context: &Context, dataset: &Dataset) -> Result<(), OpsError> {
    match settings(context) {
        Ok(_) => Ok(()),
        Err(error) => {
            let (path, place) = (&dataset.path, &dataset.remote_path);
            let message = format!("dataset `{path}` is stored at `{place}`: {error}");
            let failed = OpsError::usage("s3-settings", message);
            Err(match error.hint() {
                Some(hint) => failed.with_hint(hint),
                None => failed,
            })
        }
    }
}

fn settings(context: &Context) -> Result<&S3Settings, OpsError> {
    context.s3.as_ref().ok_or_else(|| {
        let message = "nothing says how S3 storage is reached";
        OpsError::usage("s3-settings", message).with_hint(
            "set S3_API_ENDPOINT, S3_REGION, S3_ACCESS_KEY_ID and S3_SECRET_KEY as far as the storage needs them",
        )
    })
}

/// The ETag of an answer without its quotation marks.
fn etag(reply: &WebReply) -> Option<&str> {
    let text = reply.header("etag")?.trim();
    Some(text.strip_prefix("W/").unwrap_or(text).trim_matches('"'))
}
