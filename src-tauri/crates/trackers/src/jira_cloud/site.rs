//! Whatever a person pastes as the address of a Jira site.

use std::net::IpAddr;

use url::{Host, Url};

/// The address of a Jira Cloud site.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct JiraSite {
    /// `https://acme.atlassian.net`, no slash at the end.
    base: String,
    /// `acme.atlassian.net`, with the port unless it is the scheme's own.
    host: String,
    /// Where its API is called, no slash at the end: `base`, or the site's place at the gateway.
    api: String,
    /// A site on this very machine (practice): never asked through a proxy.
    loopback: bool,
}

/// The text is no address of a site.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("this is not the address of a Jira site")]
pub struct NotAnAddress;

/// Hosts of Atlassian that people copy by mistake; no site lives there.
const NOT_SITES: [&str; 8] = [
    "id.atlassian.com",
    "api.atlassian.com",
    "admin.atlassian.com",
    "home.atlassian.com",
    "start.atlassian.com",
    "www.atlassian.com",
    "atlassian.com",
    "atlassian.net",
];

/// Where scoped API tokens are accepted, and only there (Atlassian, *Manage API tokens*: "API tokens with scopes").
const GATEWAY: &str = "https://api.atlassian.com";
const PLACE: &str = "/ex/jira/";

impl JiraSite {
    /// Understands a site's name alone, its host, and the address of any page of it.
    pub fn parse(text: &str) -> Result<Self, NotAnAddress> {
        let text = text
            .trim()
            .trim_matches(|c| matches!(c, '"' | '\'' | '<' | '>' | '`') || c.is_control())
            .trim()
            .trim_start_matches('/');
        if text.is_empty() || text.contains(char::is_whitespace) {
            return Err(NotAnAddress);
        }
        let with_scheme = text.contains("://");
        let url = if with_scheme { text.to_owned() } else { format!("https://{text}") };
        let mut url = Url::parse(&url).map_err(|_| NotAnAddress)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(NotAnAddress);
        }

        let host = url.host().ok_or(NotAnAddress)?.to_owned();
        let name = match &host {
            Host::Domain(domain) => domain.trim_end_matches('.').to_owned(),
            other => other.to_string(),
        };
        let near = nearness(&host, &name);
        let alone = matches!(host, Host::Domain(_)) && !name.contains('.') && near == Nearness::Far;
        let name = if alone {
            // A name alone stands for a site of Atlassian's; with a scheme or port it is some other machine.
            if with_scheme || url.port().is_some() || !is_label(&name) {
                return Err(NotAnAddress);
            }
            format!("{name}.atlassian.net")
        } else {
            name
        };
        if name.is_empty() || NOT_SITES.contains(&name.as_str()) {
            return Err(NotAnAddress);
        }

        let plain = match (with_scheme, near) {
            // Nobody runs a certificate on loopback.
            (false, Nearness::Loopback) => true,
            (_, Nearness::Far) => false,
            _ => url.scheme() == "http",
        };
        let (scheme, own_port) = if plain { ("http", 80) } else { ("https", 443) };
        // A port typed as such is kept; the default of the scheme that we replace is not.
        let port = match typed_port(text).or(url.port()) {
            Some(port) if port != own_port && !(url.scheme() == "http" && !plain && port == 80) => Some(port),
            _ => None,
        };
        url.set_path("");
        let host = match port {
            Some(port) => format!("{name}:{port}"),
            None => name,
        };
        let base = format!("{scheme}://{host}");
        Ok(Self { api: base.clone(), base, host, loopback: near == Nearness::Loopback })
    }

    /// A site again from what was kept of a sign-in: its host, and where its API was called.
    pub fn kept(host: &str, api: &str) -> Result<Self, NotAnAddress> {
        let Some((gateway, cloud_id)) = api.split_once(PLACE) else { return Self::parse(api) };
        let site = Self::parse(host)?;
        if gateway != site.gateway() {
            return Err(NotAnAddress);
        }
        site.at_gateway(cloud_id).ok_or(NotAnAddress)
    }

    /// The same site with its API called at the gateway; `None`: no cloud id could look so.
    pub(crate) fn at_gateway(&self, cloud_id: &str) -> Option<Self> {
        let sane = (1..=64).contains(&cloud_id.len())
            && cloud_id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        sane.then(|| Self { api: format!("{}{PLACE}{cloud_id}", self.gateway()), ..self.clone() })
    }

    /// The site behind another name that ours says it has now. Only a site of Atlassian's names another one of Atlassian's:
    /// whatever else an answer leads to is a sign-in page, or a proxy's.
    pub(crate) fn renamed(&self, location: &str) -> Option<Self> {
        let url = Url::parse(&self.base).ok()?.join(location).ok()?;
        let site = Self::parse(url.as_str()).ok()?;
        let cloud = |site: &Self| site.base.starts_with("https://") && site.host.ends_with(".atlassian.net");
        let alike = (self.loopback && site.loopback) || (cloud(self) && cloud(&site));
        (alike && site.host != self.host).then_some(site)
    }

    /// A site on this machine is its own gateway: its token has no business at Atlassian.
    fn gateway(&self) -> &str {
        if self.loopback { &self.base } else { GATEWAY }
    }

    /// Where its API is called, no slash at the end.
    pub fn api(&self) -> &str {
        &self.api
    }

    /// `https://acme.atlassian.net`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// `acme.atlassian.net`, with the port unless it is the usual one.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the site is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Where a person reads an issue.
    pub(crate) fn browse(&self, key: &str) -> String {
        format!("{}/browse/{key}", self.base)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Nearness {
    Loopback,
    Private,
    Far,
}

fn nearness(host: &Host<String>, name: &str) -> Nearness {
    let ip = match host {
        Host::Domain(_) if name == "localhost" || name.ends_with(".localhost") => return Nearness::Loopback,
        Host::Domain(_) => return Nearness::Far,
        Host::Ipv4(ip) => IpAddr::V4(*ip),
        Host::Ipv6(ip) => IpAddr::V6(*ip),
    };
    let private = match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    match (ip.is_loopback(), private) {
        (true, _) => Nearness::Loopback,
        (_, true) => Nearness::Private,
        _ => Nearness::Far,
    }
}

/// `Url` forgets a port that is its scheme's own, which matters when the scheme changes.
fn typed_port(text: &str) -> Option<u16> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let (_, port) = authority.rsplit_once(':')?;
    port.parse().ok()
}

fn is_label(name: &str) -> bool {
    !name.starts_with('-')
        && !name.ends_with('-')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> Option<String> {
        JiraSite::parse(text).ok().map(|site| site.base)
    }

    #[test]
    fn j01_any_pasted_address_finds_the_site() {
        for text in [
            "acme",
            "ACME",
            "acme.atlassian.net",
            "Acme.Atlassian.NET.",
            " https://acme.atlassian.net/ ",
            "http://acme.atlassian.net",
            "acme.atlassian.net/jira/software/c/projects/SUP/boards/1?selectedIssue=SUP-17",
            "https://acme.atlassian.net/browse/SUP-17#comment",
            "https://ACME.atlassian.net/jira/servicedesk/projects/SUP/queues/custom/1",
            "<https://acme.atlassian.net>",
            "//acme.atlassian.net/wiki",
            "https://ana@acme.atlassian.net:443/x",
            "http://acme.atlassian.net:80",
        ] {
            assert_eq!(base(text).as_deref(), Some("https://acme.atlassian.net"), "{text}");
        }
    }

    #[test]
    fn plain_http_only_near_by() {
        assert_eq!(base("http://127.0.0.1:7801").as_deref(), Some("http://127.0.0.1:7801"));
        assert_eq!(base("127.0.0.1:7801").as_deref(), Some("http://127.0.0.1:7801"));
        assert_eq!(base("http://localhost:7801/browse/X-1").as_deref(), Some("http://localhost:7801"));
        assert_eq!(base("http://[::1]:7801").as_deref(), Some("http://[::1]:7801"));
        assert_eq!(base("http://192.168.1.4:8080").as_deref(), Some("http://192.168.1.4:8080"));
        assert_eq!(base("192.168.1.4:8080").as_deref(), Some("https://192.168.1.4:8080"));
        assert_eq!(base("http://8.8.8.8:8080").as_deref(), Some("https://8.8.8.8:8080"));
        assert_eq!(base("http://jira.acme.example:8080").as_deref(), Some("https://jira.acme.example:8080"));
        assert_eq!(JiraSite::parse("http://127.0.0.1:80").map(|s| s.host), Ok("127.0.0.1".to_owned()));
    }

    #[test]
    fn j03_the_gateway_is_atlassians_or_this_machines() {
        let api = |text: &str, cloud: &str| Some(JiraSite::parse(text).ok()?.at_gateway(cloud)?.api);
        let far = "https://api.atlassian.com/ex/jira/11223344-a1b2";
        assert_eq!(api("acme", "11223344-a1b2").as_deref(), Some(far));
        assert_eq!(api("127.0.0.1:7801", "c").as_deref(), Some("http://127.0.0.1:7801/ex/jira/c"));
        for odd in ["", "..", "a/b", "a?b", "a%2fb", &"a".repeat(65)] {
            assert_eq!(api("acme", odd), None, "{odd}");
        }
    }

    #[test]
    fn j03_what_was_kept_is_found_again() {
        for text in ["acme", "127.0.0.1:7801", "http://192.168.1.4:8080"] {
            let site = JiraSite::parse(text).expect("a site");
            assert_eq!(JiraSite::kept(site.host(), site.api()).as_ref(), Ok(&site));
        }
        let site = JiraSite::parse("acme").expect("a site").at_gateway("c").expect("an id");
        assert_eq!(JiraSite::kept(site.host(), site.api()), Ok(site));
        assert_eq!(JiraSite::kept("acme", "https://evil.example/ex/jira/c"), Err(NotAnAddress));
    }

    #[test]
    fn f81_only_a_site_of_atlassians_is_another_name_of_one() {
        let named = |from: &str, location: &str| {
            JiraSite::parse(from).expect("a site").renamed(location).map(|site| site.host)
        };
        let new = "https://new-acme.atlassian.net/rest/api/3/myself";
        assert_eq!(named("acme", new).as_deref(), Some("new-acme.atlassian.net"));
        assert_eq!(named("127.0.0.1:7801", "http://localhost:7801/x").as_deref(), Some("localhost:7801"));
        for elsewhere in [
            "/login.jsp",
            "https://acme.atlassian.net/elsewhere",
            "https://id.atlassian.com/login?continue=https://acme.atlassian.net",
            "https://evil.example/acme.atlassian.net",
            "https://evil-atlassian.net/",
            "https://acme.atlassian.net.evil.example/",
            "http://127.0.0.1:7801/",
            "http://",
        ] {
            assert_eq!(named("acme", elsewhere), None, "{elsewhere}");
        }
        assert_eq!(named("127.0.0.1:7801", new), None, "from practice into the world");
        assert_eq!(named("jira.acme.example", new), None);
    }

    #[test]
    fn what_is_no_site() {
        for text in [
            "",
            "  ",
            "my site",
            "ftp://acme.atlassian.net",
            "https://acme",
            "acme:8080",
            "id.atlassian.com",
            "https://",
            "javascript:alert(1)",
            "a_b",
            "https://admin.atlassian.com/o/1",
        ] {
            assert_eq!(base(text), None, "{text}");
        }
    }
}
