//! The files of the kits that a kit refers to: whoever uses the kit uses them too, so rules about files are
//! about them as well.

use sealkit_policy::FileFact;

use super::{CheckRequest, facts, files};
use crate::references::{State, walk};
use crate::verify::SealedTables;
use crate::{Context, Kit, OpsError, Place};

/// Adds the files of every kit to which the kit at `at` refers. Of one that is not pinned, or not here, nothing
/// is known: it stands as a file that nobody read, so no rule about files holds. False where the files of one
/// that is here could not be listed.
pub(super) async fn add(
    context: &Context,
    at: &Place,
    kit: &Kit,
    request: &CheckRequest,
    all: &mut Vec<FileFact>,
) -> Result<bool, OpsError> {
    let trust = request.verify.trusted.root(context)?;
    for link in walk(context, at, kit, &SealedTables::under(trust, context)).await? {
        let State::Found(found) = link.state else {
            let path = link.reference.to_string();
            all.push(FileFact { path, digest: None, formats: None, traits: Vec::new() });
            continue;
        };
        let gathered = facts::read_files(context, &found.0, request).await?;
        let Some(more) = files::facts(&gathered, Some(link.used)) else { return Ok(false) };
        all.extend(more);
    }
    Ok(true)
}
