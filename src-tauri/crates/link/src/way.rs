//! How the public side is called, as a connection keeps it: an address, or a key and the relay where whoever holds it is found.
//!
//! As text it is the address itself, or `relay:KEY@https://relay.acme.example`, the key as 64 hexadecimal digits.

use std::fmt;

use crate::address::{AddressError, check_address};
use crate::invitation::Carrier;

const RELAY: &str = "relay:";

/// A way to the public side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Way {
    /// HTTP or HTTPS to an address.
    Http(String),
    /// By key, through a relay that both sides reach.
    Relay {
        /// The public side's endpoint there.
        endpoint: [u8; 32],
        /// The relay's address.
        relay: String,
    },
}

impl Way {
    /// Reads and checks it, as [`check_address`] does.
    pub fn parse(text: &str, practice: bool) -> Result<Self, AddressError> {
        let Some(rest) = text.strip_prefix(RELAY) else {
            return Ok(Self::Http(check_address(text, practice)?));
        };
        let (key, relay) = rest.split_once('@').ok_or(AddressError::Invalid)?;
        let key = hex::decode(key).map_err(|_| AddressError::Invalid)?;
        let endpoint = key.try_into().map_err(|_| AddressError::Invalid)?;
        Ok(Self::Relay { endpoint, relay: check_address(relay, practice)? })
    }

    /// The best way that an invitation names and this version knows; `None`: it names no such way.
    pub fn of(carriers: &[Carrier], practice: bool) -> Option<Result<Self, (AddressError, String)>> {
        let found = carriers.iter().find_map(|carrier| match carrier {
            Carrier::Http { url, .. } => Some((url, None)),
            // Whoever names no relay can be found by none.
            Carrier::Iroh { endpoint, relay } => relay.as_ref().map(|relay| (relay, Some(*endpoint))),
        });
        let (address, endpoint) = found?;
        let checked = check_address(address, practice).map_err(|error| (error, address.clone()));
        Some(checked.map(|address| match endpoint {
            None => Self::Http(address),
            Some(endpoint) => Self::Relay { endpoint, relay: address },
        }))
    }

    /// As an invitation says it.
    pub fn carrier(&self) -> Carrier {
        match self.clone() {
            Self::Http(url) => Carrier::Http { url, certificate: None },
            Self::Relay { endpoint, relay } => Carrier::Iroh { endpoint, relay: Some(relay) },
        }
    }

    /// What people know it by: the address, or the relay's.
    pub fn shown(&self) -> &str {
        match self {
            Self::Http(address) => address,
            Self::Relay { relay, .. } => relay,
        }
    }

    /// The relay, where one is used.
    pub fn relay(&self) -> Option<&str> {
        match self {
            Self::Http(_) => None,
            Self::Relay { relay, .. } => Some(relay),
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(address) => f.write_str(address),
            Self::Relay { endpoint, relay } => write!(f, "{RELAY}{}@{relay}", hex::encode(endpoint)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_comes_back_from_its_text_and_from_an_invitation() {
        let relay = Way::Relay { endpoint: [7; 32], relay: "https://relay.acme.example".into() };
        for way in [Way::Http("https://acme.example/x".into()), relay] {
            assert_eq!(Way::parse(&way.to_string(), false), Ok(way.clone()));
            assert_eq!(Way::of(&[way.carrier()], false), Some(Ok(way)));
        }
    }

    #[test]
    fn f106_a_relay_is_checked_like_any_address_that_a_stranger_names() {
        let key = "07".repeat(32);
        let parse = |relay: &str| Way::parse(&format!("relay:{key}@{relay}"), false);
        assert_eq!(parse("http://169.254.169.254"), Err(AddressError::Forbidden));
        assert_eq!(parse("http://relay.example"), Err(AddressError::NeedsHttps));
        assert_eq!(parse("http://127.0.0.1:3340"), Err(AddressError::Loopback));
        assert_eq!(Way::parse("relay:07@https://relay.example", false), Err(AddressError::Invalid));
        assert_eq!(Way::parse("relay:https://relay.example", false), Err(AddressError::Invalid));
        let own = Carrier::Iroh { endpoint: [7; 32], relay: Some("http://localhost:1".into()) };
        assert_eq!(Way::of(&[own], false), Some(Err((AddressError::Loopback, "http://localhost:1".into()))));
    }

    #[test]
    fn what_no_way_leads_to_is_said() {
        let lost = Carrier::Iroh { endpoint: [7; 32], relay: None };
        assert_eq!(Way::of(&[], false), None);
        assert_eq!(Way::of(std::slice::from_ref(&lost), false), None);
        let second = Carrier::Http { url: "https://acme.example".into(), certificate: None };
        assert_eq!(Way::of(&[lost, second], false), Some(Ok(Way::Http("https://acme.example".into()))));
    }
}
