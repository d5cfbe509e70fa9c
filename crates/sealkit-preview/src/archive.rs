//! The members of a zip archive, from its directory.

use sealkit_api::{ArchiveList, ArchiveMember};
use sealkit_inspect::zip::Directory;
use sealkit_inspect::{InspectError, ReadAt};
use sealkit_report::Budget;

use crate::text::line;

/// Most members that are listed, and most characters of a name.
const MAX_MEMBERS: usize = 1_000;
const MAX_NAME: usize = 500;

/// Lists the members. Nothing is unpacked.
pub(crate) fn list(source: &dyn ReadAt, budget: &mut Budget) -> Result<ArchiveList, InspectError> {
    let directory = Directory::read(source, budget)?;
    let members = directory.members.iter().take(MAX_MEMBERS).map(|member| ArchiveMember {
        name: line(&member.name, MAX_NAME),
        size: member.size,
        packed: member.packed,
    });
    Ok(ArchiveList {
        members: members.collect(),
        more_members: directory.members.len().saturating_sub(MAX_MEMBERS) as u64,
        unpacked_size: directory.unpacked_size(),
    })
}
