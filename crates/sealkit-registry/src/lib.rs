//! The distribution protocol over any store (OCI distribution-spec 1.1).
//!
//! [`router`] turns a [`Namespace`](sealkit_store::Namespace) into an HTTP service: blobs with
//! ranges, streamed, chunked and monolithic uploads, mounts, manifests, tags, referrers, the
//! catalogue and the extension list. It knows no kits, users or pages: a [`Guard`] is asked before each
//! act, a [`Watch`] is told after it.
//!
//! Whether a blob that one repository holds can be read through another is the store's matter: in the
//! OCI layout it can, in the hub's own storage it has to be pushed or mounted there.

mod blobs;
mod body;
mod errors;
mod fallback;
mod guard;
mod listings;
mod manifests;
mod names;
mod query;
mod ranges;
mod referrers;
mod router;
mod sender;
mod spool;
mod uploads;
mod watch;
mod writers;

pub use errors::RegistryError;
pub use guard::{Act, AllowAll, Ask, Denial, Guard, Leave, TagChange};
pub use names::{Route, RouteError, is_repository, parse_route};
pub use ranges::{RangeAnswer, parse_range};
pub use router::{Options, Registry, mark_version, router, routes};
pub use sealkit_store::{Session, SessionError, UploadSessions};
pub use sender::FileSender;
pub use spool::{SpoolLimits, SpoolSessions};
pub use watch::{Deed, Event, Unwatched, Watch};
