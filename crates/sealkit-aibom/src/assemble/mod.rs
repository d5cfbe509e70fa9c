//! Facts become an AIBOM.
//!
//! The order in which it is made: the parts and files; what each file speaks for; what is said of
//! each model, each dataset and the kit; what they come from; what they need; what ran; what of all
//! that is complete. Everything works on the input in one canonical order ([`world`]), so that
//! equal input gives an equal AIBOM.

mod absent;
mod claims;
mod compose;
mod datasets;
mod documents;
mod draft;
mod evidence;
mod files;
mod frameworks;
mod judge;
mod kitfile;
mod licences;
mod limits;
mod mentions;
mod models;
mod origins;
mod owners;
mod packages;
mod parts;
mod purls;
mod runs;
mod stages;
mod stated;
mod subject;
mod topics;
mod tree;
mod units;
mod weights;
mod world;

use crate::{Bom, Input};
use draft::Draft;
use owners::Owners;
use units::Units;
use world::World;

pub(crate) use datasets::plain;

/// Makes the AIBOM of a kit or a folder. Equal input gives an equal AIBOM, whatever its order: no
/// time, no machine, no tag is in it. Every value carries its evidence.
pub fn assemble(input: &Input<'_>) -> Bom {
    let world = World::new(input);
    let units = Units::new(&world);
    let owners = Owners::new(&world, &units);
    let speaking = owners.by_owner();
    let mut draft = Draft::new(subject::subject(&world));
    let ids = parts::add(&mut draft, &world, &units, &owners);
    models::describe(&mut draft, &world, &units, &ids, &speaking);
    parts::variants(&mut draft, &units, &ids);
    datasets::describe(&mut draft, &world, &owners, &ids, &speaking);
    subject::describe(&mut draft, &world, &speaking);
    mentions::tie_local(&mut draft, &world, &units, &owners, &ids);
    let mentions = mentions::collect(&draft, &world, &units, &owners, &ids);
    let own = mentions::own_names(&draft, &world, &units, &owners, &ids);
    origins::add(&mut draft, &world, mentions);
    mentions::name_own(&mut draft, own);
    origins::add_reference(&mut draft, &world, &units, &ids);
    packages::add(&mut draft, &world, &owners, &ids, units.main);
    packages::imports(&mut draft, &world, &ids);
    documents::add(&mut draft, &world, &owners, &ids);
    runs::add(&mut draft, &world, &units, &owners, &ids);
    licences::spread(&mut draft, &world);
    stated::contradictions(&mut draft, &world);
    datasets::versions(&mut draft);
    subject::conflicts(&mut draft);
    subject::of_itself(&mut draft, &world);
    compose::add(&mut draft, &world, &units, &ids);
    draft.finish()
}
