//! Requests to addresses that somebody wrote down: they reach the public internet and nothing else, unless it is
//! said otherwise.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::client::tls_config;
use crate::{ClientOptions, RemoteError};

/// How long one may take.
const TIMEOUT: Duration = Duration::from_secs(10);

const NOT_PUBLIC: &str = "its address is not a public one";

/// A client with the system's authorities that follows no redirect and no proxy. It connects to public addresses
/// alone; with `anywhere`, to all.
pub(crate) fn client(user_agent: &str, anywhere: bool) -> Result<reqwest::Client, RemoteError> {
    let http = reqwest::Client::builder()
        .tls_backend_preconfigured(tls_config(&ClientOptions::default())?)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .http1_only()
        .referer(false)
        .user_agent(user_agent)
        .timeout(TIMEOUT)
        .pool_max_idle_per_host(0)
        .dns_resolver(Arc::new(Resolver { anywhere }));
    http.build().map_err(|error| RemoteError::Option {
        option: "client",
        reason: error.without_url().to_string(),
    })
}

/// Whether an address may be asked: TLS, and as far as it shows, a public one.
pub(crate) fn check(url: &Url, anywhere: bool) -> Result<(), String> {
    let is_web = match url.scheme() {
        "https" => true,
        "http" => anywhere,
        _ => false,
    };
    if !is_web {
        return Err("it is not an `https` address".to_owned());
    }
    let may_be_public = match url.host() {
        Some(Host::Ipv4(address)) => is_public(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => is_public(IpAddr::V6(address)),
        // Any other name is judged when it is resolved, by what is then connected to.
        Some(Host::Domain(name)) => name != "localhost" && !name.ends_with(".localhost"),
        None => return Err("it names no host".to_owned()),
    };
    if !anywhere && !may_be_public {
        return Err(NOT_PUBLIC.to_owned());
    }
    Ok(())
}

/// The innermost cause: the outer ones name the address.
pub(crate) fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer came in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if std::ptr::eq(cause, error as &dyn std::error::Error) {
        return "it could not be sent".to_owned();
    }
    crate::redact::foreign(&cause.to_string())
}

struct Resolver {
    anywhere: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let anywhere = self.anywhere;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let all: Vec<SocketAddr> = found.filter(|at| anywhere || is_public(at.ip())).collect();
            if all.is_empty() {
                return Err(NOT_PUBLIC.into());
            }
            Ok(Box::new(all.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public internet (IANA special-purpose address registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b));
    !special
}

/// Global unicast (2000::/3) without what tunnels to other addresses, and documentation.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let is_global = (a & 0xe000) == 0x2000;
    let special = match a {
        0x2001 => b < 0x0200 || b == 0x0db8,
        0x2002 => true,
        0x3fff => b < 0x1000,
        _ => false,
    };
    is_global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for public in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00:1450::1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for other in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:1.1.1.1",
            "fe80::1",
            "fc00::1",
            "fd00::1",
            "ff02::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
            "2001::1",
            "::127.0.0.1",
        ] {
            assert!(!is_public(other.parse().unwrap()), "{other}");
        }
    }
}
