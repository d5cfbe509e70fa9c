//! NumPy `.npz`: a zip archive of arrays.

use std::collections::BTreeMap;

use sealkit_report::{Budget, Known, Severity};

use super::header::Header;
use super::npy::array;
use crate::format::ends_with;
use crate::formats::pickle::report::Place;
use crate::zip::{Archive, Member};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, TensorInfo, Value,
    property,
};

const FORMAT: Format =
    Format::new("npz", "NumPy archive", Class::Model, &[".npz"]).read_by("numpy");

pub(crate) struct Npz;

impl Inspector for Npz {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let arrays = probe.zip.is_some_and(|zip| {
            !zip.members.is_empty() && zip.members.iter().all(|m| ends_with(&m.name, ".npy"))
        });
        if arrays { Confidence::Magic } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        let archive = Archive::open(source, path, &mut facts, budget)?;
        let headers: Vec<_> = archive.directory.members.iter().map(Member::header_range).collect();
        source.prefetch(&headers);
        let mut sums = Sums::default();
        let mut ranges = Vec::new();
        for member in &archive.directory.members {
            match one(&archive, member, path, &mut facts, budget) {
                Ok((header, range)) => {
                    ranges.push((member.offset, range, member.name.as_str()));
                    sums.add(&header);
                }
                Err(error) => {
                    facts.incomplete = true;
                    sums.objects = true;
                    let at = (path, member.name.as_str());
                    facts.find("not-inspected", Severity::Medium, at, error.to_string());
                }
            }
        }
        archive.find_overlaps(ranges, &mut facts);
        sums.report(path, &mut facts);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::MEMBERS,
            property::UNPACKED_SIZE,
            property::TENSORS,
            property::TENSOR,
            property::PARAMETERS,
            property::PARAMETERS_OF_TYPE,
            property::DTYPE,
            property::CALLABLE,
            property::CAN_RUN_CODE,
            property::EMBEDDED_CODE,
        ]
    }
}

/// Reads one member. Gives its header and where its bytes end in the archive.
fn one(
    archive: &Archive<'_>,
    member: &Member,
    path: &str,
    facts: &mut Facts,
    budget: &mut Budget,
) -> Result<(Header, u64), InspectError> {
    budget.entries(1)?;
    let (local, packed) = archive.packed(member, facts, budget)?;
    let content = member.content(&packed, budget)?;
    let header = Header::read(&*content, budget)?;
    let place = Place { file: path, member: &member.name };
    array(&header, place, &*content, facts, budget);
    let name = member.name.get(..member.name.len() - ".npy".len()).unwrap_or(&member.name);
    let fits = header.size().filter(|size| header.data.end - header.data.start >= *size);
    let place = fits.filter(|_| member.method == 0);
    let offset = local.range.start.saturating_add(header.data.start);
    let (offset, size) = place.map_or((0, 0), |size| (offset, size));
    let (dtype, shape) = (header.dtype.name.clone(), header.shape.clone());
    let tensor = TensorInfo { name: name.to_owned(), dtype, shape, offset, size };
    let fact = (property::TENSOR, Value::Tensor(tensor));
    facts.about(name, Known::Measured, (path, &member.name), fact);
    Ok((header, local.range.end))
}

/// What the arrays come to.
#[derive(Default)]
struct Sums {
    arrays: u64,
    by_type: BTreeMap<String, u64>,
    objects: bool,
    beyond: bool,
}

impl Sums {
    fn add(&mut self, header: &Header) {
        self.arrays += 1;
        if header.dtype.objects {
            self.objects = true;
            return;
        }
        let of_type = self.by_type.entry(header.dtype.name.clone()).or_default();
        match header.count().and_then(|count| of_type.checked_add(count)) {
            Some(sum) => *of_type = sum,
            None => self.beyond = true,
        }
    }

    fn report(self, path: &str, facts: &mut Facts) {
        let place = "central directory";
        facts.measured(path, place, property::TENSORS, Value::Uint(self.arrays));
        facts.measured(path, place, property::CAN_RUN_CODE, Value::Bool(self.objects));
        let total = self.by_type.values().try_fold(0_u64, |sum, n| sum.checked_add(*n));
        let Some(total) = total.filter(|_| !self.beyond) else {
            facts.incomplete = true;
            return;
        };
        facts.measured(path, place, property::PARAMETERS, Value::Uint(total));
        if let Some((dtype, _)) = self.by_type.iter().max_by_key(|(_, n)| **n) {
            facts.measured(path, place, property::DTYPE, Value::Text(dtype.clone()));
        }
        for (dtype, n) in self.by_type {
            let fact = (property::PARAMETERS_OF_TYPE, Value::Uint(n));
            facts.about(&dtype, Known::Measured, (path, place), fact);
        }
    }
}
