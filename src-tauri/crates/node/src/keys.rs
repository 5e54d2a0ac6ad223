//! The secrets of a connection by name, and random ids.

use secrecy::ExposeSecret;
use twinline_link::carriers::iroh::EndpointKey;
use twinline_link::invitation::InvitationSecret;
use twinline_link::keys::{Psk, StaticKey};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::{AccountId, ConnectionId};

use crate::secrets::Secrets;

/// 32 hexadecimal digits from the operating system's generator.
pub(crate) fn random_hex() -> String {
    let mut bytes = [0_u8; 16];
    // Without randomness there are no keys either; the operating systems we run on always have it.
    if getrandom::fill(&mut bytes).is_err() {
        tracing::error!("the operating system gives no random bytes");
    }
    hex::encode(bytes)
}

/// Names of secrets. The connection's id is the same on both sides; the node's id stands before it in the keychain.
pub(crate) fn token_name(account: &AccountId) -> String {
    format!("account/{account}/token")
}
fn key_name(connection: &ConnectionId) -> String {
    format!("connection/{connection}/key")
}
/// Where the key stands by which this node is found at relays.
pub(crate) const ENDPOINT: &str = "node/endpoint";
fn psk_name(connection: &ConnectionId) -> String {
    format!("connection/{connection}/psk")
}
fn invitation_name(connection: &ConnectionId) -> String {
    format!("connection/{connection}/invitation")
}

/// Keeps our static key of a connection.
pub(crate) async fn keep_key(secrets: &Secrets, id: &ConnectionId, key: &StaticKey) -> Result<(), Trouble> {
    secrets.set(&key_name(id), key.to_secret_string()).await
}
/// Our static key of a connection.
pub(crate) async fn key(secrets: &Secrets, id: &ConnectionId) -> Result<StaticKey, Trouble> {
    let text = secrets.get(&key_name(id)).await?;
    StaticKey::from_secret_str(text.expose_secret()).map_err(|_| missing("key"))
}
/// Keeps the connection's shared key.
pub(crate) async fn keep_psk(secrets: &Secrets, id: &ConnectionId, psk: &Psk) -> Result<(), Trouble> {
    secrets.set(&psk_name(id), psk.to_secret_string()).await
}
/// The connection's shared key.
pub(crate) async fn psk(secrets: &Secrets, id: &ConnectionId) -> Result<Psk, Trouble> {
    let text = secrets.get(&psk_name(id)).await?;
    Psk::from_secret_str(text.expose_secret()).map_err(|_| missing("psk"))
}
/// The key by which this node is found at relays.
pub(crate) async fn endpoint(secrets: &Secrets) -> Result<EndpointKey, Trouble> {
    let text = secrets.get(ENDPOINT).await?;
    EndpointKey::from_secret_str(text.expose_secret()).map_err(|_| missing("endpoint"))
}
/// The same; made when it is first needed.
pub(crate) async fn endpoint_or_new(secrets: &Secrets) -> Result<EndpointKey, Trouble> {
    match endpoint(secrets).await {
        Err(trouble) if trouble.code == ProblemCode::SecretMissing => {
            let key = EndpointKey::generate()
                .map_err(|e| Trouble::new(ProblemCode::Internal).with("detail", e.to_string()))?;
            secrets.set(ENDPOINT, key.to_secret_string()).await?;
            Ok(key)
        }
        found => found,
    }
}
/// Keeps an invitation's whole code while it is out (public side) or not answered yet (private side).
pub(crate) async fn keep_code(
    secrets: &Secrets,
    id: &ConnectionId,
    code: secrecy::SecretString,
) -> Result<(), Trouble> {
    secrets.set(&invitation_name(id), code).await
}
/// The invitation's code.
pub(crate) async fn code(secrets: &Secrets, id: &ConnectionId) -> Result<secrecy::SecretString, Trouble> {
    secrets.get(&invitation_name(id)).await
}
/// The one-time secret in the code.
pub(crate) async fn invitation_secret(
    secrets: &Secrets,
    id: &ConnectionId,
) -> Result<InvitationSecret, Trouble> {
    let code = code(secrets, id).await?;
    let invitation = twinline_link::invitation::Invitation::read(code.expose_secret());
    invitation.map(|i| i.secret).map_err(|_| missing("invitation"))
}
/// Removes all secrets of a connection that is no more.
pub(crate) async fn forget(secrets: &Secrets, id: &ConnectionId) -> Result<(), Trouble> {
    for name in [key_name(id), psk_name(id), invitation_name(id)] {
        secrets.remove(&name).await?;
    }
    Ok(())
}

fn missing(what: &str) -> Trouble {
    Trouble::new(ProblemCode::SecretMissing).with("what", what)
}
