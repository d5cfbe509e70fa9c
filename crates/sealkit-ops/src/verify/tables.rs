//! The file table of a kit: what a trusted seal names. One that no trusted seal names counts for nothing,
//! for anybody may attach it.

use std::collections::BTreeSet;

use sealkit_oci::FileTable;
use sealkit_report::{Report, Step};

use super::attached::{Attached, Attachment, bytes, table};
use super::signatures::Signed;
use crate::{Kit, OpsError};

const ID: &str = "file-table";
const TITLE: &str = "file table is the one that was sealed";

/// The file table that trusted seals name. Where there are more seals than one, what each of them names
/// must be there: whoever takes the table of one away is not helped by that of another.
pub(super) async fn file_table(
    kit: &Kit,
    attached: &Attached,
    signed: &Signed<'_>,
    report: &mut Report,
) -> Result<Option<FileTable>, OpsError> {
    let named: BTreeSet<_> = signed.seals.iter().map(|seal| &seal.file_table.digest).collect();
    let (mut first, mut missing) = (None, None);
    for digest in named {
        let Some(attachment) = table(attached, digest) else {
            missing.get_or_insert(digest);
            continue;
        };
        let Some(table) = parse(kit, attachment).await? else {
            let reason = "it does not speak of the layers of this kit";
            let name = super::name_of("file table", &attachment.blob);
            report.push(Step::fail(ID, TITLE, reason).coded(["file-table-mismatch"]).about([name]));
            return Ok(None);
        };
        first.get_or_insert((digest, table));
    }
    report.push(match (missing, &first) {
        (Some(digest), _) => {
            let reason = format!("the sealed one, {digest}, is not attached or is damaged");
            Step::unknown(ID, TITLE, reason).coded(["no-file-table"])
        }
        (None, Some((digest, _))) => Step::pass(ID, TITLE).proven_by((*digest).clone()),
        (None, None) => unnamed(signed.wants_seal(kit), attached),
    });
    Ok(first.map(|(_, table)| table))
}

/// The step where no trusted seal names a table.
fn unnamed(is_wanted: bool, attached: &Attached) -> Step {
    let is_there = !attached.tables.is_empty();
    match (is_wanted, is_there) {
        (true, true) => Step::unknown(ID, TITLE, "no trusted seal names the one that is attached")
            .coded(["no-seal"]),
        (true, false) => {
            Step::unknown(ID, TITLE, "no file table is attached").coded(["no-file-table"])
        }
        (false, true) => {
            Step::skip(ID, TITLE, "not counted: no trusted seal names the one that is attached")
        }
        (false, false) => Step::skip(ID, TITLE, "none is attached: the manifest is signed"),
    }
}

/// An attached table, where it can be read and speaks of the layers of the kit.
pub(super) async fn parse(
    kit: &Kit,
    attachment: &Attachment,
) -> Result<Option<FileTable>, OpsError> {
    let found = bytes(kit, attachment, crate::kit::MAX_FILE_TABLE).await?;
    Ok(found.and_then(|bytes| kit.parse_file_table(&bytes)))
}
