//! Paths of certificates, from a signer's to an authority (RFC 5280 §6.1). What this does not judge
//! (name constraints, policies, revocation lists that a certificate makes mandatory) it refuses.

use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};

use super::{Certificate, signature};
use crate::AttestError;

/// Longest path, in certificates, the authority's counted.
const MAX_PATH: usize = 8;
/// Most signatures that are verified to find a path: a hostile bundle has many that lead nowhere.
const MAX_SIGNATURES: usize = 64;

const KEY_USAGE: &str = "2.5.29.15";
const ALTERNATIVE_NAME: &str = "2.5.29.17";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const NAME_CONSTRAINTS: &str = "2.5.29.30";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";

const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
const ANY_USAGE: &str = "2.5.29.37.0";

/// How a chain is judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChainRules {
    /// When it must be valid, unix seconds.
    pub(crate) now: i64,
    /// Whether the signer's own certificate may be one of an authority, as those of some old
    /// bundles are.
    pub(crate) ca_signer: bool,
}

/// Checks that `leaf` was certified by `authority` for signing, through any of the certificates in
/// `pool`. False where no path leads there; an error where one does that breaks a rule.
pub(crate) fn certify(
    leaf: &Certificate,
    pool: &[Certificate],
    authority: &Certificate,
    rules: ChainRules,
) -> Result<bool, AttestError> {
    let mut search = Search { pool, authority, rules, left: MAX_SIGNATURES, fault: None };
    if search.extend(&mut vec![leaf])? {
        return Ok(true);
    }
    search.fault.map_or(Ok(false), Err)
}

struct Search<'a> {
    pool: &'a [Certificate],
    authority: &'a Certificate,
    rules: ChainRules,
    left: usize,
    /// What was wrong with the first path that reached the authority.
    fault: Option<AttestError>,
}

impl<'a> Search<'a> {
    /// Goes on from the last certificate of `path`; true once a good path is found.
    fn extend(&mut self, path: &mut Vec<&'a Certificate>) -> Result<bool, AttestError> {
        let Some(&last) = path.last() else { return Ok(false) };
        let (authority, pool) = (self.authority, self.pool);
        if self.issued(last, authority)? {
            match check(path, authority, self.rules) {
                Ok(()) => return Ok(true),
                Err(error) => self.fault = self.fault.take().or(Some(error)),
            }
        }
        if path.len() + 1 >= MAX_PATH {
            return Ok(false);
        }
        for next in pool {
            if !path.contains(&next) && next != authority && self.issued(last, next)? {
                path.push(next);
                if self.extend(path)? {
                    return Ok(true);
                }
                path.pop();
            }
        }
        Ok(false)
    }

    fn issued(&mut self, certificate: &Certificate, by: &Certificate) -> Result<bool, AttestError> {
        if certificate.parsed.tbs_certificate.issuer != by.parsed.tbs_certificate.subject {
            return Ok(false);
        }
        let out = || certificate.fault("its chain has too many ways to its authority");
        self.left = self.left.checked_sub(1).ok_or_else(out)?;
        Ok(signature::is_signed_by(certificate, by))
    }
}

/// Checks every rule on a path whose signatures are good.
fn check(
    path: &[&Certificate],
    authority: &Certificate,
    rules: ChainRules,
) -> Result<(), AttestError> {
    let Some((leaf, above)) = path.split_first() else { return Ok(()) };
    check_common(leaf, rules.now)?;
    check_signer(leaf, rules)?;
    let mut below = 0;
    for certificate in above.iter().chain([&authority]) {
        check_common(certificate, rules.now)?;
        check_authority(certificate, below)?;
        let tbs = &certificate.parsed.tbs_certificate;
        // One that an authority issued to itself does not count.
        below += usize::from(tbs.subject != tbs.issuer);
    }
    Ok(())
}

/// What holds for every certificate: its window, and no extension that is not understood.
fn check_common(certificate: &Certificate, now: i64) -> Result<(), AttestError> {
    let validity = &certificate.parsed.tbs_certificate.validity;
    let seconds = |time: x509_cert::time::Time| time.to_unix_duration().as_secs() as i64;
    let (from, until) = (seconds(validity.not_before), seconds(validity.not_after));
    if now < from {
        return Err(certificate.fault(format!("it is valid from {from} (unix seconds), not yet")));
    }
    if now > until {
        return Err(certificate.fault(format!("it expired at {until} (unix seconds)")));
    }
    for extension in certificate.extensions() {
        let id = extension.extn_id.to_string();
        match id.as_str() {
            KEY_USAGE | BASIC_CONSTRAINTS | EXTENDED_KEY_USAGE | ALTERNATIVE_NAME => {}
            NAME_CONSTRAINTS => {
                return Err(certificate.fault("it has name constraints, which are not supported"));
            }
            _ if extension.critical => {
                return Err(certificate.fault(format!("its critical extension {id} is not known")));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What a signer's certificate must say: that it may sign, and that it is no authority's.
fn check_signer(leaf: &Certificate, rules: ChainRules) -> Result<(), AttestError> {
    let basic = leaf.extension::<BasicConstraints>(BASIC_CONSTRAINTS)?;
    if basic.is_some_and(|basic| basic.ca) && !rules.ca_signer {
        return Err(
            leaf.fault("it is the certificate of an authority, which signs certificates only")
        );
    }
    let usage = leaf.extension::<KeyUsage>(KEY_USAGE)?;
    let extended = leaf.extension::<ExtendedKeyUsage>(EXTENDED_KEY_USAGE)?;
    if usage.as_ref().is_some_and(|usage| !usage.digital_signature()) {
        return Err(leaf.fault("its key usage has no digital signature"));
    }
    let has =
        |extended: &ExtendedKeyUsage| extended.0.iter().any(|id| id.to_string() == CODE_SIGNING);
    if extended.as_ref().is_some_and(|extended| !has(extended)) {
        return Err(leaf.fault("its extended key usage has no code signing"));
    }
    if usage.is_none() && extended.is_none() {
        return Err(leaf.fault("it does not say that its key may sign"));
    }
    Ok(())
}

/// What an authority's certificate must say; `below` is the number of authorities between it and the
/// signer.
fn check_authority(certificate: &Certificate, below: usize) -> Result<(), AttestError> {
    let basic = certificate.extension::<BasicConstraints>(BASIC_CONSTRAINTS)?;
    let Some(basic) = basic.filter(|basic| basic.ca) else {
        return Err(certificate.fault("it is not the certificate of an authority"));
    };
    if basic.path_len_constraint.is_some_and(|most| below > usize::from(most)) {
        return Err(certificate.fault("more authorities are below it than it allows"));
    }
    let usage = certificate.extension::<KeyUsage>(KEY_USAGE)?;
    if usage.is_some_and(|usage| !usage.key_cert_sign()) {
        return Err(certificate.fault("its key usage has no certificate signing"));
    }
    let extended = certificate.extension::<ExtendedKeyUsage>(EXTENDED_KEY_USAGE)?;
    let fits = |id: &String| id == CODE_SIGNING || id == ANY_USAGE;
    let has = |extended: &ExtendedKeyUsage| {
        extended.0.iter().map(ToString::to_string).any(|id| fits(&id))
    };
    if extended.is_some_and(|extended| !has(&extended)) {
        return Err(certificate.fault("its extended key usage has no code signing"));
    }
    Ok(())
}
