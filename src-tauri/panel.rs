//! What the desktop's panel offers: whether it shows tray icons, and which ink can be seen on it.

use std::sync::OnceLock;

/// The colour of a tray glyph.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ink {
    /// For a light panel; also the macOS template, which the system colours.
    Dark,
    /// For a dark panel.
    Light,
}

static INK: OnceLock<Ink> = OnceLock::new();

/// The ink for this panel. Light until the desktop was asked: most panels are dark.
pub fn ink() -> Ink {
    if cfg!(target_os = "macos") { Ink::Dark } else { INK.get().copied().unwrap_or(Ink::Light) }
}

/// Asks the desktop, once.
pub async fn read_ink() {
    #[cfg(target_os = "linux")]
    if INK.get().is_none() {
        let _ = INK.set(linux::ink().await);
    }
}

/// Whether a tray icon would be seen, so that a closed window can be opened again.
pub fn shows_tray_icons() -> bool {
    #[cfg(target_os = "linux")]
    return tauri::async_runtime::block_on(linux::has_tray_host());
    #[cfg(not(target_os = "linux"))]
    true
}

/// Whether a tray icon can be made at all. On Linux making one panics the whole app where the library is missing.
pub fn can_make_tray_icons() -> bool {
    #[cfg(target_os = "linux")]
    return linux::has_indicator_library();
    #[cfg(not(target_os = "linux"))]
    true
}

/// Starts this program again with WebKit's plain rendering, unless the user has said otherwise: with NVIDIA's driver
/// the other one shows an empty window, and it takes more memory everywhere.
#[cfg(target_os = "linux")]
pub fn prefer_plain_rendering() {
    use std::os::unix::process::CommandExt;
    const SWITCH: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if std::env::var_os(SWITCH).is_some() {
        return;
    }
    // The environment of a running program cannot be changed safely; the process itself stays the same one.
    if let Ok(program) = std::env::current_exe() {
        let error =
            std::process::Command::new(program).args(std::env::args_os().skip(1)).env(SWITCH, "1").exec();
        eprintln!("twinline: {error}");
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    use super::Ink;

    /// The names that `libappindicator-sys` tries.
    const LIBRARIES: [&str; 2] = ["libayatana-appindicator3.so.1", "libappindicator3.so.1"];
    /// A service that has to be started first may take its time.
    const PATIENCE: Duration = Duration::from_secs(2);

    #[zbus::proxy(
        interface = "org.kde.StatusNotifierWatcher",
        default_service = "org.kde.StatusNotifierWatcher",
        default_path = "/StatusNotifierWatcher"
    )]
    trait StatusNotifierWatcher {
        #[zbus(property)]
        fn is_status_notifier_host_registered(&self) -> zbus::Result<bool>;
    }

    #[zbus::proxy(
        interface = "org.freedesktop.portal.Settings",
        default_service = "org.freedesktop.portal.Desktop",
        default_path = "/org/freedesktop/portal/desktop"
    )]
    trait PortalSettings {
        fn read(&self, namespace: &str, key: &str) -> zbus::Result<zbus::zvariant::OwnedValue>;
    }

    /// A panel that shows tray icons has registered with the watcher.
    pub async fn has_tray_host() -> bool {
        let asked = tokio::time::timeout(PATIENCE, async {
            let bus = zbus::Connection::session().await?;
            StatusNotifierWatcherProxy::new(&bus).await?.is_status_notifier_host_registered().await
        });
        matches!(asked.await, Ok(Ok(true)))
    }

    /// GNOME's panel is dark in either theme; the others follow the theme.
    pub async fn ink() -> Ink {
        let desktop = std::env::var("XDG_CURRENT_DESKTOP").unwrap_or_default();
        if desktop.split(':').any(|name| ["GNOME", "Unity", "Budgie"].contains(&name)) {
            return Ink::Light;
        }
        let asked = tokio::time::timeout(PATIENCE, async {
            let bus = zbus::Connection::session().await?;
            PortalSettingsProxy::new(&bus).await?.read("org.freedesktop.appearance", "color-scheme").await
        });
        match asked.await {
            Ok(Ok(scheme)) => ink_for(&scheme),
            _ => Ink::Light,
        }
    }

    /// 1 is "prefers dark", 0 and 2 are light; the portal wraps the number in one or two variants.
    fn ink_for(scheme: &zbus::zvariant::Value<'_>) -> Ink {
        match scheme {
            zbus::zvariant::Value::Value(inner) => ink_for(inner),
            zbus::zvariant::Value::U32(0 | 2) => Ink::Dark,
            _ => Ink::Light,
        }
    }

    /// Looks where the dynamic loader looks: its cache, `LD_LIBRARY_PATH`, and the usual folders.
    pub fn has_indicator_library() -> bool {
        let cache = std::fs::read("/etc/ld.so.cache").unwrap_or_default();
        let asked = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        let arch = std::env::consts::ARCH;
        let usual = ["/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib"].map(PathBuf::from);
        let multi = ["/lib", "/usr/lib", "/usr/local/lib"]
            .map(|dir| Path::new(dir).join(format!("{arch}-linux-gnu")));
        let folders: Vec<PathBuf> = std::env::split_paths(&asked).chain(usual).chain(multi).collect();
        is_listed(&cache) || is_in(&folders)
    }

    fn is_listed(cache: &[u8]) -> bool {
        LIBRARIES.iter().any(|name| cache.windows(name.len()).any(|part| part == name.as_bytes()))
    }

    fn is_in(folders: &[PathBuf]) -> bool {
        folders.iter().any(|folder| LIBRARIES.iter().any(|name| folder.join(name).exists()))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_library_is_found_in_the_cache_and_in_folders_only_if_it_is_there() {
            assert!(!is_listed(b"libgtk-3.so.0\0/usr/lib/libgtk-3.so.0\0"));
            assert!(is_listed(b"x\0libayatana-appindicator3.so.1\0y"));
            let folder = tempfile::tempdir().unwrap();
            let folders = [folder.path().join("absent"), folder.path().to_owned()];
            assert!(!is_in(&folders));
            std::fs::write(folder.path().join(LIBRARIES[1]), "").unwrap();
            assert!(is_in(&folders));
        }

        #[test]
        fn the_portals_number_is_read_through_its_wrappings() {
            use zbus::zvariant::Value;
            assert_eq!(ink_for(&Value::U32(1)), Ink::Light);
            assert_eq!(ink_for(&Value::Value(Box::new(Value::U32(2)))), Ink::Dark);
            assert_eq!(ink_for(&Value::from("odd")), Ink::Light);
        }
    }
}
