//! The lineage engine: what it proves, and what strangers can not talk it into (reference §9.2, case
//! 32 and 36).

mod attacks;
mod forms;
mod proven;
mod world;
