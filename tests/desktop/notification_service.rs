//! The desktop's side of notifications: stands in as org.freedesktop.Notifications, keeps what is shown, and clicks.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::mpsc;
use zbus::zvariant::OwnedValue;
use zbus::{Connection, interface};

use crate::desktop::{Desktop, LONG};

const PATH: &str = "/org/freedesktop/Notifications";
const NAME: &str = "org.freedesktop.Notifications";

struct Service {
    last: u32,
    tell: mpsc::UnboundedSender<Shown>,
}

/// What was shown.
#[derive(Debug)]
pub struct Shown {
    id: u32,
    /// The first line.
    pub title: String,
    /// What follows.
    pub body: String,
    /// Names and labels of what can be clicked.
    pub actions: Vec<String>,
    /// 2 would break through a focus mode.
    pub urgency: u8,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Service {
    #[allow(clippy::too_many_arguments)]
    fn notify(
        &mut self,
        _app_name: String,
        _replaces_id: u32,
        _app_icon: String,
        title: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _expire_timeout: i32,
    ) -> u32 {
        self.last += 1;
        let urgency = u8::try_from(&hints["urgency"]).unwrap();
        let _ = self.tell.send(Shown { id: self.last, title, body, actions, urgency });
        self.last
    }
    fn get_capabilities(&self) -> Vec<String> {
        ["actions", "body", "body-markup"].map(str::to_owned).into()
    }
}

/// A desktop that shows notifications.
pub struct Notifications {
    bus: Connection,
    shown: mpsc::UnboundedReceiver<Shown>,
}

impl Notifications {
    /// From now on they are shown.
    pub async fn start(desktop: &Desktop) -> Self {
        let (tell, shown) = mpsc::unbounded_channel();
        let bus = zbus::connection::Builder::address(desktop.bus())
            .unwrap()
            .serve_at(PATH, Service { last: 0, tell })
            .unwrap()
            .name(NAME)
            .unwrap()
            .build()
            .await
            .unwrap();
        Self { bus, shown }
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Shown {
        self.next_within(LONG).await
    }

    /// The same, with the patience that two sides need.
    pub async fn next_within(&mut self, patience: Duration) -> Shown {
        tokio::time::timeout(patience, self.shown.recv()).await.expect("a notification in time").unwrap()
    }

    /// Whether all that was shown was taken by [`Self::next`].
    pub fn is_quiet(&self) -> bool {
        self.shown.is_empty()
    }

    /// A person clicks one, and it goes.
    pub async fn click(&self, shown: &Shown) {
        let tell = async |signal: &str, body: (u32, &str)| {
            self.bus.emit_signal(None::<&str>, PATH, NAME, signal, &body).await.unwrap();
        };
        tell("ActionInvoked", (shown.id, "default")).await;
        self.bus
            .emit_signal(None::<&str>, PATH, NAME, "NotificationClosed", &(shown.id, 2_u32))
            .await
            .unwrap();
    }
}
