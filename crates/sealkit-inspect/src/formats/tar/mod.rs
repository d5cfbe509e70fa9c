//! Tar archives: members by number and type, and the samples of a WebDataset. Only headers are
//! read; bodies are jumped over or pass by.

pub(crate) mod header;
mod samples;

use sealkit_report::{Budget, Known, Severity};

use self::header::{BLOCK, Header, Kind, padded, pax_value, text};
use self::samples::Samples;
use crate::hops::{self, End, Hop, Hops, Passing};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Stream, Value,
    partial, property,
};

const FORMAT: Format =
    Format::new("tar", "tar archive", Class::Dataset, &[".tar"]).media("application/x-tar");
/// Most headers that are looked at by jumps; whoever reads the whole file sees them all.
const MAX_JUMPS: u64 = 4096;
/// Longest name or records before a member, in bytes.
const MAX_EXTRA: u64 = 64 << 10;

pub(crate) struct Tar;

impl Inspector for Tar {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let has_magic = probe.has(257, b"ustar\0") || probe.has(257, b"ustar ");
        let first = probe.head.get(..BLOCK).and_then(Header::read);
        match (has_magic, FORMAT.claims_name(probe.file_name())) {
            (true, _) => Confidence::Magic,
            // Before POSIX there was no magic, but a checksum.
            (false, true) if first.is_some() => Confidence::Content,
            (false, true) if probe.text().is_none() => Confidence::Name,
            _ => Confidence::No,
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut members = Members::new(path);
        match hops::walk(&mut members, source, budget, MAX_JUMPS) {
            Ok(end) => Ok(members.finish(end)),
            Err(error) => partial::keep(members.finish(End::Bounded), path, Err(error)),
        }
    }

    fn stream(&self, path: &str) -> Option<Box<dyn Stream>> {
        Some(Box::new(Passing::new(Members::new(path))))
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::MEMBERS,
            property::UNPACKED_SIZE,
            property::FILES_OF_TYPE,
            property::LAYOUT,
            property::ROWS,
            property::MODALITY,
            property::NOT_MEASURED,
        ]
    }
}

/// What the next head is.
enum Awaits {
    Header,
    /// The name of the next member, or records about it, of this size.
    Extra(Kind, u64),
}

/// Something odd about members: how many, and the first of them.
#[derive(Default)]
struct Odd {
    count: u64,
    first: String,
    offset: u64,
}

impl Odd {
    fn add(&mut self, name: &str, offset: u64) {
        if self.count == 0 {
            (self.first, self.offset) = (name.chars().take(200).collect(), offset);
        }
        self.count += 1;
    }
}

/// Walks the members.
struct Members {
    path: String,
    awaits: Awaits,
    /// Name and size that stand before the header they belong to.
    name: Option<String>,
    size: Option<u64>,
    samples: Samples,
    count: u64,
    unpacked: u64,
    escapes: Odd,
    links: Odd,
    devices: Odd,
    problem: Option<(&'static str, u64)>,
    ended: bool,
}

impl Members {
    fn new(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            awaits: Awaits::Header,
            name: None,
            size: None,
            samples: Samples::default(),
            count: 0,
            unpacked: 0,
            escapes: Odd::default(),
            links: Odd::default(),
            devices: Odd::default(),
            problem: None,
            ended: false,
        }
    }

    fn fail(&mut self, what: &'static str, offset: u64) -> Hop {
        self.problem = Some((what, offset));
        Hop::Stop
    }

    fn header(&mut self, offset: u64, block: &[u8]) -> Hop {
        if block.iter().all(|byte| *byte == 0) {
            self.ended = true;
            return Hop::Stop;
        }
        let Some(header) = Header::read(block) else {
            return self.fail("a header whose checksum or size is wrong", offset);
        };
        if matches!(header.kind, Kind::LongName | Kind::Pax) {
            let Some(len) = padded(header.size).filter(|len| (1..=MAX_EXTRA).contains(len)) else {
                return self.fail("a name or records of a size that none have", offset);
            };
            self.awaits = Awaits::Extra(header.kind, header.size);
            return Hop::Next { skip: 0, len: len as usize };
        }
        if header.kind == Kind::Other {
            // It describes other members, or nothing that is known; a name before it is not its.
            return self.jump(header.size, offset);
        }
        let name = self.name.take().unwrap_or(header.name);
        let size = self.size.take().unwrap_or(header.size);
        // Links and devices state a size and have no body.
        let body = if matches!(header.kind, Kind::Link | Kind::Device) { 0 } else { size };
        self.member(&name, header.kind, body, offset);
        self.jump(body, offset)
    }

    /// Over a body to the next header.
    fn jump(&mut self, size: u64, offset: u64) -> Hop {
        match padded(size) {
            Some(skip) => Hop::Next { skip, len: BLOCK },
            None => self.fail("a member beyond 64 bits", offset),
        }
    }

    fn member(&mut self, name: &str, kind: Kind, size: u64, offset: u64) {
        match kind {
            Kind::File => {
                self.unpacked = self.unpacked.saturating_add(size);
                self.samples.add(name.trim_start_matches("./"));
            }
            Kind::Link => self.links.add(name, offset),
            Kind::Device => self.devices.add(name, offset),
            _ => {}
        }
        self.count += 1;
        let leaves = name.starts_with('/') || name.split(['/', '\\']).any(|part| part == "..");
        if leaves {
            self.escapes.add(name, offset);
        }
    }

    /// A long name or pax records: they are about the next member.
    fn extra(&mut self, kind: Kind, content: &[u8], offset: u64) -> Hop {
        self.awaits = Awaits::Header;
        if kind == Kind::LongName {
            self.name = Some(text(content));
        } else {
            if let Some(name) = pax_value(content, "path") {
                self.name = Some(name);
            }
            if let Some(size) = pax_value(content, "size") {
                match size.parse() {
                    Ok(size) => self.size = Some(size),
                    Err(_) => return self.fail("a size that is no number", offset),
                }
            }
        }
        Hop::Next { skip: 0, len: BLOCK }
    }

    fn say(&self, counted: bool, facts: &mut Facts) {
        let (path, at) = (self.path.as_str(), "members");
        let samples = &self.samples;
        if !counted {
            let why = "not every header was looked at";
            facts.not_measured(path, at, property::MEMBERS, why);
            if samples.are_samples() {
                facts.not_measured(path, at, property::ROWS, why);
            }
        }
        if samples.are_samples() {
            let layout = Value::Text("webdataset".to_owned());
            facts.inferred(path, at, property::LAYOUT, layout);
            for media in samples.media.keys() {
                let modality = Value::Text(media.modality().to_owned());
                facts.inferred(path, at, property::MODALITY, modality);
            }
        }
        if !counted {
            return;
        }
        facts.measured(path, at, property::MEMBERS, Value::Uint(self.count));
        facts.measured(path, at, property::UNPACKED_SIZE, Value::Uint(self.unpacked));
        for (ending, count) in &samples.types {
            let subject = if ending.is_empty() { "(none)" } else { ending };
            let fact = (property::FILES_OF_TYPE, Value::Uint(*count));
            facts.about(subject, Known::Measured, (path, at), fact);
        }
        if samples.are_samples() {
            facts.measured(path, at, property::ROWS, Value::Uint(samples.count));
        }
    }

    fn find(&self, facts: &mut Facts) {
        let odd = [
            (&self.escapes, "tar-path", Severity::High, "members lead out of the folder"),
            (&self.devices, "tar-device", Severity::High, "members are devices or pipes"),
            (&self.links, "tar-link", Severity::Low, "members are links"),
        ];
        for (Odd { count, first, offset }, rule, severity, what) in odd {
            if *count > 0 {
                let at = format!("bytes {offset}-{}", offset.saturating_add(BLOCK as u64));
                let message = format!("{count} {what}, the first is `{first}`");
                facts.find(rule, severity, (&self.path, &at), message);
            }
        }
    }
}

impl Hops for Members {
    fn first(&self) -> usize {
        BLOCK
    }

    fn head(&mut self, offset: u64, head: &[u8]) -> Hop {
        match self.awaits {
            Awaits::Header => self.header(offset, head),
            Awaits::Extra(kind, size) => {
                let content = usize::try_from(size).ok().and_then(|size| head.get(..size));
                self.extra(kind, content.unwrap_or(head), offset)
            }
        }
    }

    fn finish(self, end: End) -> Facts {
        let mut facts = Facts::default();
        let waits = matches!(self.awaits, Awaits::Extra(..)) && !self.ended;
        let is_cut = end == End::Cut || end == End::Whole && waits && self.problem.is_none();
        self.say(end == End::Whole && !is_cut && self.problem.is_none(), &mut facts);
        self.find(&mut facts);
        if is_cut {
            facts.incomplete = true;
            let message = "the archive ends inside a member";
            facts.find("tar-cut", Severity::Medium, (&self.path, "members"), message);
        } else if end == End::Whole && !self.ended && self.problem.is_none() {
            // Readers take it all the same: whether there was more nobody can tell.
            let message = "the archive has no end mark: it may be cut between two members";
            facts.find("tar-end", Severity::Low, (&self.path, "members"), message);
        }
        if let Some((what, offset)) = self.problem {
            facts.incomplete = true;
            let at = format!("bytes {offset}-{}", offset.saturating_add(BLOCK as u64));
            facts.find("not-inspected", Severity::Medium, (&self.path, &at), what);
        }
        facts
    }
}
