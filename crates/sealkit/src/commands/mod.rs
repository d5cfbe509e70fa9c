//! One file for each command: arguments to a verb, its outcome to the console.

mod advisory;
mod archive;
mod attest;
mod bom;
mod check;
mod diff;
mod diff_tensors;
mod files;
#[cfg(feature = "hub")]
mod hub;
#[cfg(feature = "hub")]
mod hub_catalog;
#[cfg(feature = "hub")]
mod hub_events;
#[cfg(feature = "hub")]
mod hub_gate;
#[cfg(feature = "hub")]
mod hub_health;
#[cfg(feature = "hub")]
mod hub_issuer;
#[cfg(feature = "hub")]
mod hub_quarantine;
#[cfg(feature = "hub")]
mod hub_repo;
#[cfg(feature = "hub")]
mod hub_serve;
#[cfg(feature = "hub")]
mod hub_store;
#[cfg(feature = "hub")]
mod hub_token;
#[cfg(feature = "hub")]
mod hub_webhook;
mod impact;
mod import;
mod info;
mod init;
mod inspect;
mod inspection;
mod keys;
mod lineage;
mod list;
mod log;
mod login;
mod maintenance;
mod misc;
pub(crate) mod network;
mod pack;
mod password;
mod policy;
mod policy_trial;
mod quarantine;
mod record;
mod record_answer;
mod record_preview;
mod seal;
mod search;
mod sign;
mod tags;
mod transfer;
mod trust;
mod trust_add;
mod trust_carry;
mod unpack;
mod verify;
mod verify_keyless;

use crate::app::{App, Exit};
use crate::cli::{Command, KeysCommand};
use crate::console::Failure;

/// Carries a command out.
pub(crate) fn run(app: &App, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Seal(args) => seal::run(app, &args),
        Command::Sign(args) => sign::run(app, &args),
        Command::Record(args) => record::run(app, &args),
        Command::Verify(args) => verify::run(app, &args),
        Command::Check(args) => check::run(app, &args),
        Command::Policy(command) => policy::run(app, &command),
        Command::Bom(args) => bom::run(app, &args),
        Command::Attest(args) => attest::run(app, &args),
        Command::Lineage(args) => lineage::run(app, &args),
        Command::Keys(KeysCommand::Generate(args)) => keys::generate(app, &args),
        Command::Trust(command) => trust::run(app, &command),
        Command::Init(args) => init::run(app, &args),
        Command::Pack(args) => pack::run(app, &args),
        Command::Unpack(args) => unpack::run(app, &args),
        Command::List(args) => list::run(app, &args),
        Command::Inspect(args) => inspect::run(app, &args),
        Command::Info(args) => info::run(app, &args),
        Command::Files(args) => files::run(app, &args),
        Command::Diff(args) => diff::run(app, &args),
        Command::Tag(args) => tags::tag(app, &args),
        Command::Remove(args) => tags::remove(app, &args),
        Command::History(args) => tags::history(app, &args),
        Command::Push(args) => transfer::push(app, &args),
        Command::Pull(args) => transfer::pull(app, &args),
        Command::Copy(args) => transfer::copy(app, &args),
        Command::Save(args) => transfer::save(app, &args),
        Command::Load(args) => transfer::load(app, &args),
        Command::Import(args) => import::run(app, &args),
        Command::Login(args) => login::login(app, &args),
        Command::Logout(args) => login::logout(app, &args),
        Command::Log(command) => log::run(app, &command),
        Command::Revoke(args) => advisory::run(app, &args),
        Command::Advisories(args) => advisory::list(app, &args),
        Command::Quarantine(args) => quarantine::run(app, &args),
        Command::Search(args) => search::run(app, &args),
        Command::Impact(args) => impact::run(app, &args),
        #[cfg(feature = "hub")]
        Command::Hub(args) => hub::run(app, &args),
        Command::Gc(args) => maintenance::gc(app, &args),
        Command::Fsck(args) => maintenance::fsck(app, &args),
        Command::Cache(command) => maintenance::cache(app, &command),
        Command::Dev(_) => misc::dev(),
        Command::Completion(args) => Ok(misc::completion(app, &args)),
        Command::Version(args) => Ok(misc::version(app, &args)),
        Command::GenerateDocs(args) => misc::generate_docs(&args),
    }
}

/// Whether a command is one of `kit`'s: those fail with 1, as scripts expect.
pub(crate) fn is_kit_verb(command: &Command) -> bool {
    matches!(
        command,
        Command::Init(_)
            | Command::Pack(_)
            | Command::Unpack(_)
            | Command::List(_)
            | Command::Inspect(_)
            | Command::Info(_)
            | Command::Diff(_)
            | Command::Tag(_)
            | Command::Remove(_)
            | Command::Push(_)
            | Command::Pull(_)
            | Command::Import(_)
            | Command::Login(_)
            | Command::Logout(_)
            | Command::Cache(_)
            | Command::Dev(_)
            | Command::Completion(_)
            | Command::Version(_)
    )
}
