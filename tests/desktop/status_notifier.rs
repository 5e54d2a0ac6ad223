//! The panel's side of the tray: registers as the desktop's StatusNotifierWatcher, reads icon and menu, and clicks.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, Proxy, interface, message::Header, proxy::CacheProperties};

use crate::desktop::{Desktop, LONG, POLL};

struct Watcher {
    tell: mpsc::UnboundedSender<(String, String)>,
}

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, #[zbus(header)] header: Header<'_>, service: String) {
        // libayatana-appindicator passes an object's path, KDE's items the name of a bus.
        let place = match header.sender() {
            Some(sender) if service.starts_with('/') => (sender.to_string(), service),
            _ => (service, "/StatusNotifierItem".to_owned()),
        };
        let _ = self.tell.send(place);
    }
    fn register_status_notifier_host(&self, _service: String) {}
    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        Vec::new()
    }
    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }
    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

/// A panel that shows tray icons.
pub struct Panel {
    bus: Connection,
    items: mpsc::UnboundedReceiver<(String, String)>,
}

/// The app's icon in it.
pub struct Icon {
    item: Proxy<'static>,
    menu: Proxy<'static>,
}

/// A line of the menu; lines of a submenu follow their head, indented.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    id: i32,
    /// As a person reads it; a rule is "—".
    pub text: String,
    /// Whether it can be clicked.
    pub enabled: bool,
}

type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

impl Panel {
    /// Must be there before the app starts.
    pub async fn start(desktop: &Desktop) -> Self {
        let (tell, items) = mpsc::unbounded_channel();
        let bus = zbus::connection::Builder::address(desktop.bus())
            .unwrap()
            .serve_at("/StatusNotifierWatcher", Watcher { tell })
            .unwrap()
            .name("org.kde.StatusNotifierWatcher")
            .unwrap()
            .build()
            .await
            .unwrap();
        Self { bus, items }
    }

    /// Forgets icons that nobody waited for: an app may register its own twice.
    pub fn forget(&mut self) {
        while self.items.try_recv().is_ok() {}
    }

    /// Waits for the next icon.
    pub async fn icon(&mut self) -> Icon {
        let (name, path) =
            tokio::time::timeout(LONG, self.items.recv()).await.expect("a tray icon in time").unwrap();
        let item = proxy(&self.bus, name.clone(), path, "org.kde.StatusNotifierItem").await;
        let menu: OwnedObjectPath = item.get_property("Menu").await.unwrap();
        let menu = proxy(&self.bus, name, menu.to_string(), "com.canonical.dbusmenu").await;
        Icon { item, menu }
    }
}

/// Values change without notice, so none is kept.
async fn proxy(bus: &Connection, name: String, path: String, interface: &'static str) -> Proxy<'static> {
    zbus::proxy::Builder::new(bus)
        .destination(name)
        .unwrap()
        .path(path)
        .unwrap()
        .interface(interface)
        .unwrap()
        .cache_properties(CacheProperties::No)
        .build()
        .await
        .unwrap()
}

impl Icon {
    /// A property of the icon, as `IconName`.
    pub async fn property(&self, name: &str) -> String {
        self.item.get_property(name).await.unwrap()
    }

    /// The menu.
    pub async fn lines(&self) -> Vec<Line> {
        let asked = (0i32, -1i32, Vec::<String>::new());
        let start = Instant::now();
        let (_, root): (u32, Layout) = loop {
            match self.menu.call("GetLayout", &asked).await {
                Ok(layout) => break layout,
                // The icon registers a moment before its menu does.
                Err(error) => assert!(start.elapsed() < LONG, "no menu: {error}"),
            }
            tokio::time::sleep(POLL).await;
        };
        let mut lines = Vec::new();
        for child in &root.2 {
            read(child, 0, &mut lines);
        }
        lines
    }

    /// Only the menu's texts.
    pub async fn texts(&self) -> Vec<String> {
        self.lines().await.into_iter().map(|line| line.text).collect()
    }

    /// Waits until the menu is accepted.
    pub async fn texts_when(&self, patience: Duration, accept: impl Fn(&[String]) -> bool) -> Vec<String> {
        let start = Instant::now();
        loop {
            let texts = self.texts().await;
            if accept(&texts) {
                return texts;
            }
            assert!(start.elapsed() < patience, "the menu: {texts:?}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Clicks a line.
    pub async fn click(&self, text: &str) {
        let lines = self.lines().await;
        let line =
            lines.iter().find(|line| line.text == text).unwrap_or_else(|| panic!("no {text}: {lines:?}"));
        assert!(line.enabled, "{text} cannot be clicked");
        self.menu.call_method("Event", &(line.id, "clicked", Value::from(0i32), 0u32)).await.unwrap();
    }
}

fn read(value: &Value<'_>, depth: usize, lines: &mut Vec<Line>) {
    let value = match value {
        Value::Value(inner) => inner,
        other => other,
    };
    let Value::Structure(parts) = value else { panic!("{value:?}") };
    let parts = parts.fields();
    let properties: HashMap<String, OwnedValue> = parts[1].try_clone().unwrap().try_into().unwrap();
    let text = properties.get("label").map(|v| String::try_from(v.try_clone().unwrap()).unwrap());
    lines.push(Line {
        id: i32::try_from(&parts[0]).unwrap(),
        text: format!("{}{}", "  ".repeat(depth), text.as_deref().unwrap_or("—").replace("__", "_")),
        enabled: properties.get("enabled").is_none_or(|v| bool::try_from(v).unwrap()),
    });
    if let Value::Array(children) = &parts[2] {
        for child in children.iter() {
            read(child, depth + 1, lines);
        }
    }
}
