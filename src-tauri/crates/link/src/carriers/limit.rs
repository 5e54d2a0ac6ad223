//! How often one address may try to pair: a bucket of tries that fills slowly.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Tries that an address has at once.
const BURST: u32 = 20;
/// How long one more takes.
const REFILL: Duration = Duration::from_secs(3);
/// Addresses that are remembered.
const MAX_ADDRESSES: usize = 10_000;

/// A bucket for each address; IPv6 by its /64, which one customer owns.
pub(crate) struct Limit {
    buckets: Mutex<HashMap<IpAddr, Instant>>,
}

impl Limit {
    pub(crate) fn new() -> Self {
        Self { buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes a try; `false` when there is none left.
    ///
    /// A bucket is the moment at which it will be full again, so a full one needs no memory.
    pub(crate) fn take(&self, from: IpAddr, now: Instant) -> bool {
        let from = network(from);
        // A poisoned lock only means that a take panicked; the map itself is whole.
        let mut buckets = self.buckets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if buckets.len() >= MAX_ADDRESSES && !buckets.contains_key(&from) {
            buckets.retain(|_, full| *full > now);
            if buckets.len() >= MAX_ADDRESSES {
                return false;
            }
        }
        let full = buckets.entry(from).or_insert(now);
        let after = (*full).max(now) + REFILL;
        if after > now + REFILL * BURST {
            return false;
        }
        *full = after;
        true
    }
}

fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            IpAddr::V6(std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f111_an_address_runs_out_of_tries_and_gets_new_ones() {
        let (limit, now) = (Limit::new(), Instant::now());
        let from = "192.0.2.1".parse().unwrap();
        let granted = (0..100).filter(|_| limit.take(from, now)).count();
        assert_eq!(granted, BURST as usize);
        assert!(limit.take("192.0.2.2".parse().unwrap(), now), "others are not touched");
        assert!(limit.take(from, now + REFILL) && !limit.take(from, now + REFILL));
        let later = now + REFILL * 1000;
        assert_eq!((0..100).filter(|_| limit.take(from, later)).count(), BURST as usize);
    }

    #[test]
    fn f111_a_network_of_many_addresses_counts_once_and_memory_is_bounded() {
        let (limit, now) = (Limit::new(), Instant::now());
        let granted =
            (0..100u16).filter(|i| limit.take(format!("2001:db8::{i:x}").parse().unwrap(), now)).count();
        assert_eq!(granted, BURST as usize);
        for i in 0..20_000u32 {
            limit.take(IpAddr::V4((0x0b00_0000 + i).into()), now);
        }
        assert!(limit.buckets.lock().unwrap().len() <= MAX_ADDRESSES);
        assert!(limit.take("192.0.2.9".parse().unwrap(), now + REFILL * 2), "stale ones make room");
    }
}
