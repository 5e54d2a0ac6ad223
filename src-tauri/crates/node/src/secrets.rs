//! Secrets: in the operating system's keychain, in a file for servers, or in this run's memory.
//!
//! A secret is named by what it belongs to, as `account/acme/token`; on the keychain the node's id stands before it,
//! so that two nodes of one user keep apart.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::SecretsKind;

const SERVICE: &str = "Twinline";
/// A locked keychain blocks behind the desktop's password prompt: a person gets this long.
const PROMPT: Duration = Duration::from_secs(60);

/// Where secrets are kept. Cheap to clone; no `Debug`.
#[derive(Clone)]
pub(crate) struct Secrets {
    kind: SecretsKind,
    vault: Arc<dyn Vault>,
}

trait Vault: Send + Sync {
    fn get(&self, name: &str) -> Result<Option<SecretString>, Trouble>;
    fn set(&self, name: &str, secret: &SecretString) -> Result<(), Trouble>;
    fn remove(&self, name: &str) -> Result<(), Trouble>;
}

impl Secrets {
    /// The keychain with this node's names; this run's memory where the computer has none.
    pub(crate) async fn keychain(node: &str) -> Self {
        let prefix = format!("{node}/");
        let opened = tokio::time::timeout(PROMPT, tokio::task::spawn_blocking(open_keychain)).await;
        match opened {
            Ok(Ok(Ok(()))) => Self { kind: SecretsKind::Keychain, vault: Arc::new(Keychain { prefix }) },
            other => {
                let why = match other {
                    Ok(Ok(Err(error))) => variant(&error).to_owned(),
                    _ => "no answer".to_owned(),
                };
                tracing::warn!(why, "no keychain: secrets are kept until the app quits");
                Self { kind: SecretsKind::Memory, vault: Arc::new(Memory::default()) }
            }
        }
    }

    /// `secrets.json` in the data folder.
    pub(crate) fn file(folder: &Path) -> Self {
        let path = folder.join("secrets.json");
        // A crash in the middle of a change left it; whoever holds the lock is writing it now.
        if private_file(&path.with_extension("lock")).is_ok_and(|guard| guard.try_lock().is_ok()) {
            std::fs::remove_file(path.with_extension("new")).ok();
        }
        Self { kind: SecretsKind::File, vault: Arc::new(FileVault { path }) }
    }

    /// Where they are kept.
    pub(crate) fn kind(&self) -> SecretsKind {
        self.kind
    }

    /// Reads one; `SecretMissing` where it is not there.
    pub(crate) async fn get(&self, name: &str) -> Result<SecretString, Trouble> {
        let owned = name.to_owned();
        let found = self.on_thread(move |vault| vault.get(&owned)).await?;
        found.ok_or_else(|| Trouble::new(ProblemCode::SecretMissing).with("what", name))
    }

    /// Writes one.
    pub(crate) async fn set(&self, name: &str, secret: SecretString) -> Result<(), Trouble> {
        let name = name.to_owned();
        self.on_thread(move |vault| vault.set(&name, &secret)).await
    }

    /// Removes one; it need not be there.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), Trouble> {
        let name = name.to_owned();
        self.on_thread(move |vault| vault.remove(&name)).await
    }

    async fn on_thread<T, F>(&self, work: F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Vault) -> Result<T, Trouble> + Send + 'static,
    {
        let vault = self.vault.clone();
        let done = tokio::task::spawn_blocking(move || work(vault.as_ref()));
        match tokio::time::timeout(PROMPT, done).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(Trouble::new(ProblemCode::KeychainLocked)),
        }
    }
}

struct Keychain {
    prefix: String,
}

fn open_keychain() -> keyring_core::Result<()> {
    if keyring_core::get_default_store().is_none() {
        #[cfg(target_os = "linux")]
        keyring_core::set_default_store(zbus_secret_service_keyring_store::Store::new()?);
        #[cfg(target_os = "macos")]
        keyring_core::set_default_store(apple_native_keyring_store::keychain::Store::new()?);
        #[cfg(windows)]
        keyring_core::set_default_store(windows_native_keyring_store::Store::new()?);
    }
    Ok(())
}

/// The error's kind alone: its text may hold what was looked up.
fn variant(error: &keyring_core::Error) -> &'static str {
    use keyring_core::Error as E;
    match error {
        E::NoEntry => "no entry",
        E::NoStorageAccess(_) => "no access",
        E::PlatformFailure(_) => "not available",
        _ => "refused",
    }
}

fn keychain_trouble(error: &keyring_core::Error) -> Trouble {
    tracing::warn!(why = variant(error), "keychain");
    Trouble::new(match error {
        keyring_core::Error::PlatformFailure(_) => ProblemCode::KeychainMissing,
        _ => ProblemCode::KeychainLocked,
    })
}

impl Keychain {
    fn entry(&self, name: &str) -> Result<keyring_core::Entry, Trouble> {
        let user = format!("{}{name}", self.prefix);
        keyring_core::Entry::new(SERVICE, &user).map_err(|e| keychain_trouble(&e))
    }
}

impl Vault for Keychain {
    fn get(&self, name: &str) -> Result<Option<SecretString>, Trouble> {
        match self.entry(name)?.get_password() {
            Ok(text) => Ok(Some(text.into())),
            Err(keyring_core::Error::NoEntry) => Ok(None),
            Err(e) => Err(keychain_trouble(&e)),
        }
    }
    fn set(&self, name: &str, secret: &SecretString) -> Result<(), Trouble> {
        self.entry(name)?.set_password(secret.expose_secret()).map_err(|e| keychain_trouble(&e))
    }
    fn remove(&self, name: &str) -> Result<(), Trouble> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(keyring_core::Error::NoEntry) => Ok(()),
            Err(e) => Err(keychain_trouble(&e)),
        }
    }
}

#[derive(Default)]
struct Memory(Mutex<BTreeMap<String, SecretString>>);

impl Memory {
    fn map(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, SecretString>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Vault for Memory {
    fn get(&self, name: &str) -> Result<Option<SecretString>, Trouble> {
        Ok(self.map().get(name).cloned())
    }
    fn set(&self, name: &str, secret: &SecretString) -> Result<(), Trouble> {
        self.map().insert(name.to_owned(), secret.clone());
        Ok(())
    }
    fn remove(&self, name: &str) -> Result<(), Trouble> {
        self.map().remove(name);
        Ok(())
    }
}

/// A JSON object in a file that only this user can read. Another process of the same user may change it, so it is
/// locked and read anew each time.
struct FileVault {
    path: PathBuf,
}

impl FileVault {
    fn load(&self) -> Result<BTreeMap<String, String>, Trouble> {
        match std::fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| self.unusable("not readable as JSON")),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(e) => Err(self.unusable(&e.to_string())),
        }
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<String, String>)) -> Result<(), Trouble> {
        let unusable = |e: std::io::Error| self.unusable(&e.to_string());
        let guard = private_file(&self.path.with_extension("lock")).map_err(unusable)?;
        guard.lock().map_err(unusable)?;
        let mut all = self.load()?;
        change(&mut all);
        let bytes = serde_json::to_vec_pretty(&all).map_err(|e| self.unusable(&e.to_string()))?;
        let fresh = self.path.with_extension("new");
        let mut file = private_file(&fresh).map_err(unusable)?;
        file.set_len(0)
            .and_then(|()| file.write_all(&bytes))
            .and_then(|()| file.sync_all())
            .map_err(unusable)?;
        std::fs::rename(&fresh, &self.path).map_err(unusable)
    }

    fn unusable(&self, detail: &str) -> Trouble {
        let folder = self.path.parent().unwrap_or(&self.path).display().to_string();
        Trouble::new(ProblemCode::FolderUnusable).with("folder", folder).with("detail", detail)
    }
}

fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl Vault for FileVault {
    fn get(&self, name: &str) -> Result<Option<SecretString>, Trouble> {
        Ok(self.load()?.remove(name).map(SecretString::from))
    }
    fn set(&self, name: &str, secret: &SecretString) -> Result<(), Trouble> {
        self.change(|all| {
            all.insert(name.to_owned(), secret.expose_secret().to_owned());
        })
    }
    fn remove(&self, name: &str) -> Result<(), Trouble> {
        self.change(|all| {
            all.remove(name);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_keeps_secrets_for_its_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::file(folder.path());
        secrets.set("a", "one".to_owned().into()).await.unwrap();
        secrets.set("b", "two".to_owned().into()).await.unwrap();
        secrets.remove("a").await.unwrap();
        let again = Secrets::file(folder.path());
        assert_eq!(again.get("b").await.unwrap().expose_secret(), "two");
        assert_eq!(again.get("a").await.unwrap_err().code, ProblemCode::SecretMissing);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.path().join("secrets.json")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
