//! An archive that is read member by member, with what is wrong about it.

use sealkit_report::{Budget, Severity};

use super::{Directory, Local, Member};
use crate::read_at::piece;
use crate::{Facts, InspectError, ReadAt, Slice, Value, property};

/// An opened archive.
pub(crate) struct Archive<'a> {
    source: &'a dyn ReadAt,
    path: &'a str,
    pub(crate) directory: Directory,
}

impl<'a> Archive<'a> {
    /// Reads the member list, and says how many there are and how large they claim to be.
    pub(crate) fn open(
        source: &'a dyn ReadAt,
        path: &'a str,
        facts: &mut Facts,
        budget: &mut Budget,
    ) -> Result<Self, InspectError> {
        let directory = Directory::read(source, budget)?;
        let place = "central directory";
        let count = directory.members.len() as u64;
        facts.measured(path, place, property::MEMBERS, Value::Uint(count));
        let size = Value::Uint(directory.unpacked_size());
        facts.declared(path, place, property::UNPACKED_SIZE, size);
        find_doubt(&directory, path, facts);
        Ok(Self { source, path, directory })
    }

    /// The packed bytes of a member. What its local header says otherwise becomes a finding.
    pub(crate) fn packed(
        &self,
        member: &Member,
        facts: &mut Facts,
        budget: &mut Budget,
    ) -> Result<(Local, Slice<&'a dyn ReadAt>), InspectError> {
        let local = member.local(self.source, budget)?;
        let at = (self.path, member.name.as_str());
        if local.name != member.name {
            let message =
                format!("the directory says `{}`, the member `{}`", member.name, local.name);
            facts.find("zip-names-differ", Severity::High, at, message);
            // Whoever reads the members one behind the other knows other names.
            facts.incomplete = true;
        }
        if local.encrypted {
            let message = "the member says that it is encrypted; it is read as if it were not";
            facts.find("zip-encrypted", Severity::Medium, at, message);
        }
        if member.method == 0 && member.packed != member.size {
            let message =
                format!("{} stored bytes are said to unpack to {}", member.packed, member.size);
            facts.find("zip-size", Severity::High, at, message);
        }
        let range = &local.range;
        let slice = Slice::new(self.source, range.start, range.end - range.start)?;
        Ok((local, slice))
    }

    /// The first bytes of a member, at most `limit`; none where it cannot be read.
    pub(crate) fn head(
        &self,
        member: &Member,
        limit: u64,
        facts: &mut Facts,
        budget: &mut Budget,
    ) -> Result<Vec<u8>, InspectError> {
        let (_, packed) = self.packed(member, facts, budget)?;
        let content = member.content(&packed, budget)?;
        piece(content.as_ref(), budget, 0, limit)
    }

    /// Says which members lie over each other, by the places of their bytes.
    pub(crate) fn find_overlaps(&self, mut ranges: Vec<(u64, u64, &str)>, facts: &mut Facts) {
        ranges.retain(|(start, end, _)| end > start);
        ranges.sort_unstable();
        for pair in ranges.windows(2) {
            if let [(_, end, first), (start, _, second)] = pair
                && start < end
            {
                let message = format!("`{first}` and `{second}` share bytes");
                facts.find("zip-overlap", Severity::High, (self.path, second), message);
                return;
            }
        }
    }
}

/// Says why other readers may see other members. What they see nobody has looked at.
pub(crate) fn find_doubt(directory: &Directory, path: &str, facts: &mut Facts) {
    let at = (path, "central directory");
    if let Some(name) = directory.duplicate() {
        let message = format!("two members are called `{name}`");
        facts.find("zip-duplicate-member", Severity::High, at, message);
    } else if let Some(doubt) = directory.doubt {
        let message = format!("readers see different members: {doubt}");
        facts.find("zip-ambiguous", Severity::High, at, message);
    }
    facts.incomplete |= directory.doubt.is_some();
}
