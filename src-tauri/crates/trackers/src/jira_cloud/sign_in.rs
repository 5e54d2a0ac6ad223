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
    /// The site knows no such pair of e-mail address and token.
    #[error("Jira did not accept the e-mail address or the API token")]
    Rejected,
}

/// Finds the site and asks it who we are; a token that the site refuses is tried at the gateway, where scoped tokens are
/// accepted. The site that is answered says which of the two it was.
pub async fn sign_in(
    address: &str,
    email: &str,
    token: SecretString,
) -> Result<(JiraSite, Identity), SignInError> {
    let site = JiraSite::parse(address).map_err(|_| SignInError::NotAnAddress)?;
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
        other => unreachable(other.to_string()),
    })?;
    if answer.status.is_server_error() {
        return Err(unreachable(format!("status {}", answer.status.as_u16())));
    }
    let is_jira = answer.status.is_success()
        && answer.json().is_ok_and(|info| info["deploymentType"] == "Cloud" || info["baseUrl"].is_string());
    if !is_jira {
        return Err(SignInError::NotJira { site: host });
    }

    match direct.myself().await {
        Ok(identity) => return Ok((site, identity)),
        Err(ReadError::SignIn | ReadError::Forbidden(_)) => {}
        Err(ReadError::NotFound) => return Err(SignInError::NotJira { site: host }),
        Err(other) => return Err(unreachable(other.to_string())),
    }
    let Some(site) = behind_gateway(&direct, &site).await.map_err(|error| unreachable(error.to_string()))?
    else {
        return Err(SignInError::Rejected);
    };
    match client(&site)?.myself().await {
        Ok(identity) => Ok((site, identity)),
        Err(ReadError::SignIn | ReadError::Forbidden(_) | ReadError::NotFound) => Err(SignInError::Rejected),
        Err(other) => Err(unreachable(other.to_string())),
    }
}

/// The site's place at the gateway; `None`: it does not say.
async fn behind_gateway(client: &Client, site: &JiraSite) -> Result<Option<JiraSite>, ReadError> {
    let url = format!("{}/_edge/tenant_info", site.base());
    let answer = client.fetch(client.bare(Method::GET, &url).timeout(PATIENCE)).await?;
    if answer.status.is_server_error() {
        return Err(ReadError::Unreachable(format!("status {}", answer.status.as_u16())));
    }
    let info = answer.json().ok().filter(|_| answer.status.is_success());
    Ok(info.and_then(|info| site.at_gateway(info["cloudId"].as_str()?)))
}
