//! Names, as the system resolves them, and as HTTP does: what the partner's name must not lead to is left out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::Pin;

use iroh::dns::{BoxIter, DnsError, Resolver, TxtRecordData};
use url::Url;

use crate::address::{is_loopback, may_connect};

/// Names of proxies, which our own settings name, pass.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    host: String,
    loopback: bool,
    plain: bool,
}

type Answer<T> = Pin<Box<dyn Future<Output = Result<BoxIter<T>, DnsError>> + Send>>;

impl Guard {
    pub(super) fn of(relay: &Url) -> Self {
        Self {
            host: relay.host_str().unwrap_or_default().to_owned(),
            loopback: is_loopback(relay),
            plain: relay.scheme() == "http",
        }
    }

    /// A name that leads nowhere, or only where it must not, has no addresses.
    fn resolve<T: Send + 'static>(&self, name: String, pick: fn(IpAddr) -> Option<T>) -> Answer<T> {
        let ours = name.trim_end_matches('.') != self.host.trim_end_matches('.');
        let (loopback, plain) = (self.loopback, self.plain);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map(Vec::from_iter);
            let fit = found.unwrap_or_default().into_iter().map(|to| to.ip());
            let fit = fit.filter(move |to| ours || may_connect(*to, loopback, plain)).filter_map(pick);
            let all: BoxIter<T> = Box::new(fit.collect::<Vec<_>>().into_iter());
            Ok(all)
        })
    }
}

impl Resolver for Guard {
    fn lookup_ipv4(&self, host: String) -> Answer<Ipv4Addr> {
        self.resolve(host, |ip| match ip {
            IpAddr::V4(ip) => Some(ip),
            IpAddr::V6(_) => None,
        })
    }
    fn lookup_ipv6(&self, host: String) -> Answer<Ipv6Addr> {
        self.resolve(host, |ip| match ip {
            IpAddr::V6(ip) => Some(ip),
            IpAddr::V4(_) => None,
        })
    }
    /// Only discovery would ask for them.
    fn lookup_txt(&self, _: String) -> Answer<TxtRecordData> {
        Box::pin(async {
            let none: BoxIter<TxtRecordData> = Box::new(std::iter::empty());
            Ok(none)
        })
    }
    fn clear_cache(&self) {}
    fn reset(&self) -> Box<dyn Resolver> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn f106_a_relays_name_leads_only_where_it_may() {
        let guard = |relay: &str| Guard::of(&Url::parse(relay).unwrap());
        let count = async |guard: &Guard, name: &str| {
            guard.lookup_ipv4(name.to_owned()).await.unwrap().count()
                + guard.lookup_ipv6(name.to_owned()).await.unwrap().count()
        };
        assert!(count(&guard("http://localhost:1"), "localhost").await > 0, "this computer, as it says");
        let mut hidden = guard("https://relay.example");
        hidden.host = "localhost".to_owned();
        assert_eq!(count(&hidden, "localhost").await, 0, "a name that leads to this computer");
        assert_eq!(count(&hidden, "localhost.").await, 0);
        hidden.host = "relay.example".to_owned();
        assert!(count(&hidden, "localhost").await > 0, "a proxy of our own");
    }
}
