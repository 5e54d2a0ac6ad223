//! The first conversation with a site: is it one, and does it know us?

use std::time::Duration;

use reqwest::Method;
use secrecy::SecretString;
use twinline_model::observed::Identity;

use super::client::{Client, SetupError};
use super::site::JiraSite;
use crate::ReadError;

/// For an answer that needs no work.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a sign-in did not work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// What was typed is no address.
    #[error("this is not the address of a Jira site")]
    NotAnAddress,
    /// Something answers there, but it is no Jira Cloud site.
    #[error("there is no Jira site at {site}")]
    NotJira {
        /// The host that was asked.
        site: String,
    },
    /// No answer, or a temporary failure.
    #[error("{site} cannot be reached: {reason}")]
    Unreachable {
        /// The host that was asked.
        site: String,
        /// Words for the log and the details.
        reason: String,
    },
    /// The site's certificate does not fit the time that this computer's clock shows.
    #[error("the certificate of {site} does not fit this computer's clock")]
    Clock {
        /// The host that was asked.
        site: String,
    },
    /// The proxy of our network asks for a sign-in.
    #[error("the network's proxy asks for a sign-in on the way to {site}")]
    ProxySignIn {
        /// The host that was asked.
        site: String,
    },
    /// Whoever answers shows a certificate that this computer does not trust.
    #[error("the certificate of {site} is not trusted")]
    Untrusted {
        /// The host that was asked.
        site: String,
    },
    /// The site knows no such pair of e-mail address and token.
    #[error("Jira did not accept the e-mail address or the API token")]
    Rejected,
}

/// Finds the site and asks it who we are; a token that the site refuses is tried at the gateway, where scoped tokens are
/// accepted. The site that is answered says which of the two it was. A site that was renamed is found under its new name (F81).
pub async fn sign_in(
    address: &str,
    email: &str,
    token: SecretString,
) -> Result<(JiraSite, Identity), SignInError> {
    let typed = JiraSite::parse(address).map_err(|_| SignInError::NotAnAddress)?;
    // Twice: a site may have been renamed more than once.
    let first = at(typed, email, &token).await?;
    let Found::Renamed(second) = first else { return first.signed_in() };
    match at(second, email, &token).await? {
        Found::Renamed(third) => at(third, email, &token).await?.signed_in(),
        found => found.signed_in(),
    }
}

/// What stands at an address.
enum Found {
    Site(JiraSite, Identity),
    /// The site has another name now. It said so before any sign-in was sent.
    Renamed(JiraSite),
}

impl Found {
    fn signed_in(self) -> Result<(JiraSite, Identity), SignInError> {
        match self {
            Self::Site(site, identity) => Ok((site, identity)),
            Self::Renamed(site) => Err(SignInError::NotJira { site: site.host().to_owned() }),
        }
    }
}

async fn at(site: JiraSite, email: &str, token: &SecretString) -> Result<Found, SignInError> {
    let host = site.host().to_owned();
    let unreachable = |reason: String| SignInError::Unreachable { site: host.clone(), reason };
    let client = |site: &JiraSite| {
        Client::new(site.clone(), email, token.clone(), None).map_err(|error| match error {
            SetupError::Credentials => SignInError::Rejected,
            SetupError::Client(reason) => unreachable(reason),
        })
    };
    let direct = client(&site)?;

    // Without our sign-in: no token goes to something that is not Jira.
    let url = format!("{}/rest/api/3/serverInfo", site.base());
    let request = direct.bare(Method::GET, &url).timeout(PATIENCE);
    let answer = direct.fetch(request).await.map_err(|error| match error {
        ReadError::Clock(_) => SignInError::Clock { site: host.clone() },
        ReadError::ProxySignIn => SignInError::ProxySignIn { site: host.clone() },
        ReadError::Untrusted(_) => SignInError::Untrusted { site: host.clone() },
        other => unreachable(other.to_string()),
    })?;
    if answer.status.is_server_error() {
        return Err(unreachable(format!("status {}", answer.status.as_u16())));
    }
    if let Some(site) = direct.renamed(&answer) {
        return Ok(Found::Renamed(site));
    }
    let is_jira = answer.status.is_success()
        && answer.json().is_ok_and(|info| info["deploymentType"] == "Cloud" || info["baseUrl"].is_string());
    if !is_jira {
        return Err(SignInError::NotJira { site: host });
    }

    match direct.myself().await {
        Ok(identity) => return Ok(Found::Site(site, identity)),
        Err(ReadError::SignIn | ReadError::Forbidden(_)) => {}
        Err(ReadError::NotFound) => return Err(SignInError::NotJira { site: host }),
        Err(other) => return Err(unreachable(other.to_string())),
    }
    let Some(site) = behind_gateway(&direct, &site).await.map_err(|error| unreachable(error.to_string()))?
    else {
        return Err(SignInError::Rejected);
    };
    match client(&site)?.myself().await {
        Ok(identity) => Ok(Found::Site(site, identity)),
        Err(ReadError::SignIn | ReadError::Forbidden(_) | ReadError::NotFound) => Err(SignInError::Rejected),
        Err(other) => Err(unreachable(other.to_string())),
    }
}

/// Atlassian's own id of a site, which a new name does not change; `None`: it does not say. Asked without a sign-in.
pub async fn cloud_id(site: &JiraSite) -> Option<String> {
    // Credentials that are not sent: `bare` calls carry none.
    let client = Client::new(site.clone(), "nobody", SecretString::from("none"), None).ok()?;
    let id = tenant(&client, site).await.ok()??;
    site.at_gateway(&id).map(|_| id)
}

/// The site's place at the gateway; `None`: it does not say.
async fn behind_gateway(client: &Client, site: &JiraSite) -> Result<Option<JiraSite>, ReadError> {
    Ok(tenant(client, site).await?.and_then(|id| site.at_gateway(&id)))
}

async fn tenant(client: &Client, site: &JiraSite) -> Result<Option<String>, ReadError> {
    let url = format!("{}/_edge/tenant_info", site.base());
    let answer = client.fetch(client.bare(Method::GET, &url).timeout(PATIENCE)).await?;
    if answer.status.is_server_error() {
        return Err(ReadError::Unreachable(format!("status {}", answer.status.as_u16())));
    }
    let info = answer.json().ok().filter(|_| answer.status.is_success());
    Ok(info.and_then(|info| Some(info["cloudId"].as_str()?.to_owned())))
}
