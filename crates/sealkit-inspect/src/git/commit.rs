//! Commit objects.

use super::object::{Kind, Object};
use super::{ObjectHash, ObjectId};
use crate::moment;

/// What a commit says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The tree of its files.
    pub tree: ObjectId,
    /// The commits before it.
    pub parents: Vec<ObjectId>,
    /// Who wrote the change.
    pub author: Signature,
    /// Who made the commit.
    pub committer: Signature,
}

/// A person and a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// Name.
    pub name: String,
    /// Address for mail.
    pub email: String,
    /// Seconds since 1970.
    pub seconds: i64,
    /// Difference of the local time from UTC in minutes.
    pub offset: i32,
}

impl Commit {
    pub(super) fn parse(object: &Object, hash: ObjectHash) -> Option<Self> {
        if object.kind != Kind::Commit {
            return None;
        }
        let text = String::from_utf8_lossy(&object.content);
        let mut commit = (None, Vec::new(), None, None);
        for line in text.lines().take_while(|line| !line.is_empty()) {
            let Some((key, value)) = line.split_once(' ') else { continue };
            let id = || ObjectId::parse(value).filter(|id| id.as_bytes().len() == hash.bytes());
            match key {
                "tree" => commit.0 = id(),
                "parent" => commit.1.extend(id()),
                "author" => commit.2 = Signature::parse(value),
                "committer" => commit.3 = Signature::parse(value),
                _ => {}
            }
        }
        Some(Self { tree: commit.0?, parents: commit.1, author: commit.2?, committer: commit.3? })
    }
}

impl Signature {
    /// `Name <mail> SECONDS +HHMM`.
    fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('<')?;
        let (email, when) = rest.rsplit_once('>')?;
        let mut when = when.split_whitespace();
        let seconds = when.next()?.parse().ok()?;
        let zone: i32 = when.next()?.parse().ok()?;
        let offset = zone / 100 * 60 + zone % 100;
        let (name, email) = (name.trim().to_owned(), email.trim().to_owned());
        Some(Self { name, email, seconds, offset })
    }

    /// The moment in its own time zone, RFC 3339.
    pub fn date(&self) -> String {
        let limited = self.seconds.clamp(-62_135_596_800, 253_402_300_799 - 86_400);
        let offset = self.offset.clamp(-1439, 1439);
        let local = limited + i64::from(offset) * 60;
        let (days, seconds) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let (hour, minute) = (seconds / 3600, seconds / 60 % 60);
        let sign = if offset < 0 { '-' } else { '+' };
        let zone = if offset == 0 {
            "Z".to_owned()
        } else {
            format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
        };
        let date = moment::date(days);
        format!("{date}T{hour:02}:{minute:02}:{:02}{zone}", seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_shown_in_their_zone() {
        let shown = |seconds, offset| Signature { seconds, offset, ..Signature::default() }.date();
        assert_eq!(shown(0, 0), "1970-01-01T00:00:00Z");
        assert_eq!(shown(951_782_400, 0), "2000-02-29T00:00:00Z");
        assert_eq!(shown(1_700_000_000, 330), "2023-11-15T03:43:20+05:30");
        assert_eq!(shown(1_700_000_000, -210), "2023-11-14T18:43:20-03:30");
        assert_eq!(shown(-1, 0), "1969-12-31T23:59:59Z");
        // Out of what four digits of a year can say: the nearest.
        assert!(shown(i64::MAX, 9999).starts_with("9999-12-3"));
        assert!(shown(i64::MIN, 0).starts_with("0001-01-01"));
    }

    #[test]
    fn signatures_of_odd_people() {
        let parsed = Signature::parse("A <B> C <a@b> 12 -0130").unwrap();
        assert_eq!((parsed.name.as_str(), parsed.seconds, parsed.offset), ("A", 12, -90));
        assert_eq!(Signature::parse("no mail 1 +0000"), None);
        assert_eq!(Signature::parse("a <b> x +0000"), None);
    }
}
