//! Putting it together: what logs, timestamps and authorities prove of one signature.

use serde_json::Value;

use super::certificate::SignerCertificate;
use super::chain::{self, CODE_SIGNING};
use super::entry::Entry;
use super::proof::Log;
use super::root::{Authority, RootLog, SigstoreRoot};
use super::{Signed, bad_certificate, bad_proof, bad_time, body, sct, timestamp};
use crate::trust::TrustedLog;
use crate::{AttestError, Bundle, Witnesses};

/// The trusted logs and timestamp authorities.
#[derive(Clone, Copy)]
pub(crate) struct LogSource<'a> {
    /// Sigstore instances.
    pub(crate) roots: &'a [&'a SigstoreRoot],
    /// Logs whose keys the user trusts.
    pub(crate) logs: &'a [TrustedLog],
    /// The time, unix seconds.
    pub(crate) now: i64,
}

/// What logs and timestamps prove of a signature.
#[derive(Debug, Default)]
pub(crate) struct KeyEvidence {
    /// What was verified.
    pub(crate) witnesses: Witnesses,
    /// Log entries of logs that nobody trusts.
    pub(crate) unknown_entries: usize,
    /// Timestamps of authorities that nobody trusts.
    pub(crate) unknown_timestamps: usize,
}

/// Verifies every entry and timestamp of `bundle` whose log or authority is trusted: one that does
/// not hold is an error. Those of strangers are counted and prove nothing.
pub(crate) fn key_evidence(
    source: &LogSource<'_>,
    bundle: &Bundle,
    signed: &Signed<'_>,
) -> Result<KeyEvidence, AttestError> {
    let mut evidence = KeyEvidence::default();
    let authorities = || source.roots.iter().flat_map(|root| root.timestampers.iter());
    for response in bundle.timestamps() {
        if authorities().next().is_none() {
            evidence.unknown_timestamps += 1;
            continue;
        }
        match timestamp::verify(response, signed.signature, authorities(), source.now)? {
            Some(time) => evidence.witnesses.timestamps.push(time),
            None => evidence.unknown_timestamps += 1,
        }
    }
    for value in bundle.log_entries() {
        match log_of(source, value) {
            Some(log) => add_entry(&mut evidence.witnesses, &log, value, signed, source.now)?,
            None => evidence.unknown_entries += 1,
        }
    }
    Ok(evidence)
}

/// The trusted log of an entry, found by its id alone: what can not be read further has to be an
/// error only where a trusted log is named.
fn log_of<'a>(source: &LogSource<'a>, value: &Value) -> Option<Log<'a>> {
    let id = value.pointer("/logId/keyId").and_then(Value::as_str)?;
    let id = crate::base64::decode(id, "keyId").ok()?;
    let own = source.logs.iter().filter(|log| log.key.id().as_slice() == id).map(Log::Own);
    let all = source.roots.iter().flat_map(|root| root.logs.iter());
    own.chain(all.filter(|log| log.id == id).map(Log::Instance)).next()
}

fn add_entry(
    witnesses: &mut Witnesses,
    log: &Log<'_>,
    value: &Value,
    signed: &Signed<'_>,
    now: i64,
) -> Result<(), AttestError> {
    let entry = Entry::parse(value)?;
    let stamped = witnesses.timestamps.iter().copied().min();
    let witness = log.verify(&entry, stamped, now)?;
    body::check(&entry, signed)?;
    // One log is one witness, however often it is asked (GHSA-9vcr-p3rj-q5q6).
    if !witnesses.logs.iter().any(|old| old.log == witness.log) {
        witnesses.logs.push(witness);
    }
    Ok(())
}

/// Verifies that a trusted Sigstore instance vouches for the signer: the certificate is of one of
/// its authorities at every proven time of the signature, its certificate log promised to show it,
/// and one of its logs has the signature. No time is taken from anything but a proof.
pub(crate) fn vouch(
    source: &LogSource<'_>,
    bundle: &Bundle,
    signed: &Signed<'_>,
    certificate: &SignerCertificate,
) -> Result<Witnesses, AttestError> {
    let issued = |authority: &Authority| is_issued_by(certificate, authority);
    let known = |root: &&&SigstoreRoot| root.authorities.iter().any(issued);
    let mut refused = None;
    for root in source.roots.iter().filter(known) {
        match vouch_by(root, source, bundle, signed, certificate) {
            Ok(witnesses) => return Ok(witnesses),
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    let subject = AttestError::quote(&certificate.subject.value);
    Err(refused.unwrap_or(AttestError::CertificateUntrusted { subject }))
}

/// Whether an authority, or an intermediate that the bundle brings, names itself as the issuer.
fn is_issued_by(certificate: &SignerCertificate, authority: &Authority) -> bool {
    let issuer = &certificate.parsed.tbs_certificate.issuer;
    let all = authority.chain.iter().chain(&certificate.intermediates);
    all.into_iter().any(|der| {
        super::certificate::parse(der).is_ok_and(|one| one.tbs_certificate.subject == *issuer)
    })
}

fn vouch_by(
    root: &SigstoreRoot,
    source: &LogSource<'_>,
    bundle: &Bundle,
    signed: &Signed<'_>,
    certificate: &SignerCertificate,
) -> Result<Witnesses, AttestError> {
    let only = LogSource { roots: &[root], logs: &[], now: source.now };
    let evidence = key_evidence(&only, bundle, signed)?;
    if evidence.unknown_timestamps > 0 && evidence.witnesses.timestamps.is_empty() {
        return bad_time("it is of no authority of the Sigstore instance");
    }
    if !root.logs.is_empty() && evidence.witnesses.logs.is_empty() {
        return bad_proof("no log of the Sigstore instance has the signature");
    }
    let witnesses = evidence.witnesses;
    let logged = witnesses.logs.iter().filter_map(|log| log.time);
    let times: Vec<i64> = witnesses.timestamps.iter().copied().chain(logged).collect();
    if times.is_empty() {
        return bad_time("nothing proves when the signature was made");
    }
    let mut issuer = None;
    for time in times {
        issuer = Some(chain_at(root, certificate, time)?);
    }
    if let Some(issuer) = issuer.filter(|_| !root.certificate_logs.is_empty()) {
        sct::verify(certificate, &issuer, &root.certificate_logs as &[RootLog])?;
    }
    // Logs that the user trusts beside the instance are further witnesses.
    let known = |log: &&TrustedLog| !root.logs.iter().any(|old| old.id == log.key.id());
    let others: Vec<TrustedLog> = source.logs.iter().filter(known).cloned().collect();
    let others = LogSource { roots: &[], logs: &others, now: source.now };
    let own = key_evidence(&others, bundle, signed)?.witnesses.logs;
    let logs = witnesses.logs.into_iter().chain(own).collect();
    Ok(Witnesses { logs, ..witnesses })
}

/// The issuer's SPKI, by the first of the instance's authorities that the certificate leads to.
fn chain_at(
    root: &SigstoreRoot,
    certificate: &SignerCertificate,
    time: i64,
) -> Result<Vec<u8>, AttestError> {
    let (leaf, others) = (&certificate.der, &certificate.intermediates);
    let mut refused = None;
    for authority in root.authorities.iter().filter(|one| is_issued_by(certificate, one)) {
        match chain::verify(leaf, others, authority, time, CODE_SIGNING) {
            Ok(issuer) => return Ok(issuer),
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    refused.map_or_else(|| bad_certificate("no authority of the instance issued it"), Err)
}
