//! Ports that will be free again at the next start.

use std::net::{Ipv4Addr, TcpListener};

use twinline_model::problem::{ProblemCode, Trouble};

/// Below the ports that systems hand out by themselves (Linux from 32768, Windows and macOS from 49152): nobody gets one of
/// these by chance while the app does not run.
const FIRST: u16 = 20_000;
const HOW_MANY: u16 = 10_000;
const TRIES: usize = 100;

/// So many different ports of this computer that are free now.
pub(crate) fn free<const N: usize>() -> Result<[u16; N], Trouble> {
    let mut found = Vec::with_capacity(N);
    let internal = |detail: String| Trouble::new(ProblemCode::Internal).with("detail", detail);
    for _ in 0..TRIES {
        let mut chance = [0u8; 2];
        getrandom::fill(&mut chance).map_err(|e| internal(e.to_string()))?;
        let port = FIRST + u16::from_le_bytes(chance) % HOW_MANY;
        if !found.contains(&port) && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            found.push(port);
        }
        if found.len() == N {
            break;
        }
    }
    found.try_into().map_err(|_| taken(FIRST))
}

/// Whether a port is free.
///
/// # Errors
/// Somebody else uses it.
pub(crate) fn look(port: u16) -> Result<(), Trouble> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(drop).map_err(|_| taken(port))
}

/// A port that is needed is used by somebody else, or may not be used.
pub(crate) fn taken(port: u16) -> Trouble {
    Trouble::new(ProblemCode::PracticePort).with("address", format!("127.0.0.1:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_differ_and_are_none_that_the_system_hands_out() {
        let ports: [u16; 3] = free().unwrap();
        assert!(ports[0] != ports[1] && ports[1] != ports[2] && ports[0] != ports[2]);
        assert!(ports.iter().all(|port| (FIRST..FIRST + HOW_MANY).contains(port)), "{ports:?}");
    }
}
