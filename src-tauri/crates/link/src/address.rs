//! Which addresses we call at all: a code comes from a stranger, and must not make us knock at our own network's doors.
//!
//! A name is judged by its text here and, by [`may_connect`], by what it resolves to when it is called.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Characters of an address that fit an invitation.
const MAX_ADDRESS: usize = 200;

/// Why an address is not called.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AddressError {
    /// No URL of a server, or with more than a path (user, query, fragment).
    #[error("not an address that can be called")]
    Invalid,
    /// http to the public internet.
    #[error("https is needed")]
    NeedsHttps,
    /// This very computer; allowed in practice mode.
    #[error("the address is this computer")]
    Loopback,
    /// Link-local, metadata services, broadcast and the like: never.
    #[error("the address must not be called")]
    Forbidden,
}

/// Checks and normalises an address: without a slash at the end.
///
/// https to anywhere public or private; http to private ranges and to names of a local network only; this computer only
/// in practice mode; link-local, metadata, multicast and unspecified addresses never.
pub fn check_address(url: &str, practice: bool) -> Result<String, AddressError> {
    let text = url.trim();
    let url = Url::parse(text).map_err(|_| AddressError::Invalid)?;
    let plain = match url.scheme() {
        "https" => false,
        "http" => true,
        _ => return Err(AddressError::Invalid),
    };
    // The same text as it is kept and called: what stands in a URL may be longer than what was typed.
    let length = url.as_str().len().max(text.chars().count());
    let extra = url.query().is_some() || url.fragment().is_some();
    let user = !url.username().is_empty() || url.password().is_some();
    let host = url.host().ok_or(AddressError::Invalid)?;
    if extra || user || length > MAX_ADDRESS || url.port() == Some(0) {
        return Err(AddressError::Invalid);
    }
    match (place(&host), plain) {
        (Place::Forbidden, _) => return Err(AddressError::Forbidden),
        (Place::Loopback, _) if !practice => return Err(AddressError::Loopback),
        (Place::Public, true) => return Err(AddressError::NeedsHttps),
        _ => {}
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Public,
    Private,
    Loopback,
    Forbidden,
}

/// Whether an address that a name resolved to may be connected to; `loopback`: the name itself says this computer.
#[cfg_attr(not(feature = "http"), allow(dead_code))]
pub(crate) fn may_connect(ip: IpAddr, loopback: bool, plain: bool) -> bool {
    match place_of_ip(ip) {
        Place::Public => !plain && !loopback,
        Place::Private => !loopback,
        Place::Loopback => loopback,
        Place::Forbidden => false,
    }
}

/// Whether the address names this computer.
#[cfg_attr(not(feature = "http"), allow(dead_code))]
pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host().is_some_and(|host| place(&host) == Place::Loopback)
}

fn place(host: &Host<&str>) -> Place {
    match host {
        Host::Ipv4(ip) => place_of_ip(IpAddr::V4(*ip)),
        Host::Ipv6(ip) => place_of_ip(IpAddr::V6(*ip)),
        Host::Domain(name) => place_of_name(name.trim_end_matches('.')),
    }
}

fn place_of_name(name: &str) -> Place {
    const LOCAL: [&str; 6] = [".local", ".lan", ".internal", ".home.arpa", ".intranet", ".corp"];
    if name.is_empty() || name == "metadata" || name.starts_with("metadata.") || name.ends_with(".metadata") {
        Place::Forbidden
    } else if name == "localhost" || name.ends_with(".localhost") {
        Place::Loopback
    } else if !name.contains('.') || LOCAL.iter().any(|end| name.ends_with(end)) {
        Place::Private
    } else {
        Place::Public
    }
}

fn place_of_ip(ip: IpAddr) -> Place {
    match ip {
        IpAddr::V4(ip) => place_of_v4(ip),
        IpAddr::V6(ip) => place_of_v6(ip),
    }
}

fn place_of_v4(ip: Ipv4Addr) -> Place {
    // Alibaba's and Azure's metadata services, which are not link-local.
    const METADATA: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];
    let [a, b, ..] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b); // carrier-grade NAT and Tailscale
    if ip.is_link_local() || ip.is_multicast() || a == 0 || a >= 240 || METADATA.contains(&ip) {
        Place::Forbidden
    } else if ip.is_loopback() {
        Place::Loopback
    } else if ip.is_private() || shared {
        Place::Private
    } else {
        Place::Public
    }
}

fn place_of_v6(ip: Ipv6Addr) -> Place {
    // Amazon's metadata service.
    const METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    let parts = ip.segments();
    // IPv4 in disguise: mapped, compatible, NAT64 and 6to4.
    let inner = match parts {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] if high != 0 => Some((high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some((high, low)),
        _ => None,
    };
    if let Some((high, low)) = inner {
        return place_of_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    }
    if ip.is_unspecified() || ip.is_multicast() || ip.is_unicast_link_local() || ip == METADATA {
        Place::Forbidden
    } else if ip.is_loopback() {
        Place::Loopback
    } else if ip.is_unique_local() {
        Place::Private
    } else {
        Place::Public
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f106_addresses_that_may_be_called() {
        for (given, practice, normal) in [
            ("https://twinline.acme.com", false, "https://twinline.acme.com"),
            (" https://ACME.com:443/twinline/ ", false, "https://acme.com/twinline"),
            ("https://10.1.2.3:8443", false, "https://10.1.2.3:8443"),
            ("http://192.168.1.5:7700/", false, "http://192.168.1.5:7700"),
            ("http://100.101.1.1:7700", false, "http://100.101.1.1:7700"),
            ("http://[fd12::1]:7700", false, "http://[fd12::1]:7700"),
            ("http://buildbox.local:7700", false, "http://buildbox.local:7700"),
            ("http://127.0.0.1:7700", true, "http://127.0.0.1:7700"),
            ("https://localhost:1", true, "https://localhost:1"),
        ] {
            assert_eq!(check_address(given, practice).as_deref(), Ok(normal), "{given}");
        }
    }

    #[test]
    fn f106_addresses_that_are_refused() {
        use AddressError::*;
        for (given, error) in [
            ("acme.com", Invalid),
            ("ftp://acme.com", Invalid),
            ("javascript:alert(1)", Invalid),
            ("https://user:pw@acme.com", Invalid),
            ("https://acme.com/?x=1", Invalid),
            ("https://acme.com/#x", Invalid),
            ("https://acme.com:0", Invalid),
            ("http://acme.com", NeedsHttps),
            ("http://8.8.8.8", NeedsHttps),
            ("http://localhost:7700", Loopback),
            ("https://127.0.0.1", Loopback),
            ("https://2130706433", Loopback),
            ("https://0x7f.1", Loopback),
            ("https://[::1]", Loopback),
            ("https://[::ffff:127.0.0.1]", Loopback),
            ("https://app.localhost.", Loopback),
            ("http://169.254.169.254/latest", Forbidden),
            ("https://[::ffff:169.254.169.254]", Forbidden),
            ("https://[64:ff9b::a9fe:a9fe]", Forbidden),
            ("https://[2002:a9fe:a9fe::]", Forbidden),
            ("https://[fe80::1]", Forbidden),
            ("https://[fd00:ec2::254]", Forbidden),
            ("http://100.100.100.200", Forbidden),
            ("https://metadata.google.internal", Forbidden),
            ("https://0.0.0.0", Forbidden),
            ("https://224.0.0.1", Forbidden),
            ("https://255.255.255.255", Forbidden),
        ] {
            assert_eq!(check_address(given, false), Err(error), "{given}");
        }
        assert_eq!(check_address("http://169.254.169.254", true), Err(Forbidden));
        for long in ["x".repeat(200), "ä".repeat(40)] {
            assert_eq!(check_address(&format!("https://acme.com/{long}"), true), Err(Invalid));
        }
    }

    #[test]
    fn f106_what_a_name_resolves_to_is_judged_again() {
        let may = |ip: &str, loopback, plain| may_connect(ip.parse().unwrap(), loopback, plain);
        assert!(may("1.2.3.4", false, false) && may("10.0.0.1", false, true) && may("127.0.0.1", true, true));
        assert!(
            !may("127.0.0.1", false, false) && !may("1.2.3.4", false, true) && !may("1.2.3.4", true, false)
        );
        assert!(!may("169.254.169.254", false, false) && !may("fe80::1", true, true));
    }
}
