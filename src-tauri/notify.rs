//! Notifications: shows what the node says, and opens the right screen when one is clicked.
//!
//! On Linux it speaks org.freedesktop.Notifications itself. `tauri-plugin-notification` does report clicks there, but it
//! can say neither how urgent a notification is nor whether it was shown at all; what it would do is the page below. On
//! Windows and macOS it is what is used.
//!
//! Focus modes are kept by whoever shows notifications: none of ours is urgent enough to break through one. On Linux
//! nobody has to permit them, so nobody is asked; the plugin does not ask either (its `request_permission` on the desktop
//! always says yes), and macOS itself asks at the first notification, which is the one after the first connection is made.

#[cfg(target_os = "linux")]
pub use freedesktop::Notifier;
#[cfg(not(target_os = "linux"))]
pub use plugin::Notifier;

#[cfg(target_os = "linux")]
mod freedesktop {
    use std::collections::{BTreeMap, HashMap};
    use std::sync::Arc;
    use std::time::Duration;

    use futures_util::StreamExt;
    use tauri::AppHandle;
    use tokio::sync::Mutex;
    use twinline_model::notification::{Kind, Shown};
    use twinline_node::words::say;
    use zbus::zvariant::Value;

    use crate::windows;

    /// A service that has to be started first may take its time.
    const PATIENCE: Duration = Duration::from_secs(5);
    /// What the specification calls a click on the notification itself.
    const CLICK: &str = "default";

    #[zbus::proxy(
        interface = "org.freedesktop.Notifications",
        default_service = "org.freedesktop.Notifications",
        default_path = "/org/freedesktop/Notifications"
    )]
    trait Notifications {
        #[allow(clippy::too_many_arguments)]
        fn notify(
            &self,
            app_name: &str,
            replaces_id: u32,
            app_icon: &str,
            summary: &str,
            body: &str,
            actions: &[&str],
            hints: HashMap<&str, Value<'_>>,
            expire_timeout: i32,
        ) -> zbus::Result<u32>;
        fn get_capabilities(&self) -> zbus::Result<Vec<String>>;
        #[zbus(signal)]
        fn action_invoked(&self, id: u32, action_key: String) -> zbus::Result<()>;
        #[zbus(signal)]
        fn notification_closed(&self, id: u32, reason: u32) -> zbus::Result<()>;
    }

    /// Where a click on what is shown leads.
    type Routes = Arc<Mutex<BTreeMap<u32, String>>>;

    /// The desktop's notifications.
    pub struct Notifier {
        app: AppHandle,
        desk: Option<NotificationsProxy<'static>>,
        routes: Routes,
        complained: bool,
    }

    impl Notifier {
        /// Asks nothing of the desktop until there is something to show.
        pub fn new(app: &AppHandle) -> Self {
            Self { app: app.clone(), desk: None, routes: Routes::default(), complained: false }
        }

        /// Shows one. Where nobody shows notifications, the log says so once, and window and tray have to do.
        pub async fn show(&mut self, shown: &Shown) {
            let asked = tokio::time::timeout(PATIENCE, self.try_show(shown)).await;
            let trouble = match asked {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer in time".to_owned(),
            };
            if !std::mem::replace(&mut self.complained, true) {
                tracing::warn!(trouble, "this desktop shows no notifications");
            }
        }

        async fn try_show(&mut self, shown: &Shown) -> zbus::Result<()> {
            let desk = match &self.desk {
                Some(desk) => desk.clone(),
                None => self.connect().await?,
            };
            let can = desk.get_capabilities().await?;
            let body = match can.iter().any(|can| can == "body-markup") {
                true => escaped(&shown.body),
                false => shown.body.clone(),
            };
            let open = say("notification-open", &[]);
            // Held until the number is known: a click may come before the answer is read.
            let mut routes = self.routes.lock().await;
            let id = desk
                .notify(
                    "Twinline",
                    0,
                    "twinline",
                    &shown.title,
                    &body,
                    &[CLICK, &open],
                    hints(shown.kind),
                    -1,
                )
                .await?;
            routes.insert(id, shown.route.clone());
            Ok(())
        }

        /// Listens before anything is shown, so that no click is missed.
        async fn connect(&mut self) -> zbus::Result<NotificationsProxy<'static>> {
            let bus = zbus::Connection::session().await?;
            let desk = NotificationsProxy::new(&bus).await?;
            let mut clicks = desk.receive_action_invoked().await?;
            let mut closed = desk.receive_notification_closed().await?;
            let (app, routes) = (self.app.clone(), self.routes.clone());
            tauri::async_runtime::spawn(async move {
                loop {
                    tokio::select! {
                        Some(click) = clicks.next() => {
                            let Ok(click) = click.args() else { continue };
                            let route = routes.lock().await.get(&click.id).cloned();
                            if let Some(route) = route.filter(|_| click.action_key == CLICK) {
                                windows::show_from_anywhere(&app, Some(&route));
                            }
                        }
                        // A click and its closing come on two streams, in any order. Closed ones go with the next, by
                        // which time the click was heard.
                        Some(_closed) = closed.next() => forget_oldest(&mut *routes.lock().await),
                        else => return,
                    }
                }
            });
            self.desk = Some(desk.clone());
            Ok(desk)
        }
    }

    /// At most one of a kind is shown in an hour: what lies further back than this many is on no screen any more.
    fn forget_oldest(routes: &mut BTreeMap<u32, String>) {
        while routes.len() > 32 {
            routes.pop_first();
        }
    }

    /// How much it may disturb: never so much that it breaks through a focus mode.
    fn hints(kind: Kind) -> HashMap<&'static str, Value<'static>> {
        let (urgency, category) = match kind {
            Kind::Accepted => (1_u8, "network.connected"),
            Kind::FirstSync => (0, "transfer.complete"),
            Kind::Attention => (1, "transfer.error"),
            Kind::Partner => (0, "network.disconnected"),
        };
        HashMap::from([
            ("urgency", Value::from(urgency)),
            ("category", Value::from(category)),
            // The name of our file among the system's applications.
            ("desktop-entry", Value::from("Twinline")),
        ])
    }

    /// As text where markup would be read.
    fn escaped(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_companys_name_is_never_markup() {
            assert_eq!(escaped("<b>R&D</b>"), "&lt;b&gt;R&amp;D&lt;/b&gt;");
        }

        #[test]
        fn none_breaks_through_a_focus_mode() {
            for kind in Kind::ALL {
                assert!(matches!(hints(kind)["urgency"], Value::U8(0 | 1)), "{kind:?}");
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod plugin {
    use tauri::AppHandle;
    use tauri_plugin_notification::NotificationExt;
    use twinline_model::notification::Shown;

    use crate::windows;

    /// The name under which the screen travels with a notification.
    const ROUTE: &str = "route";

    /// The desktop's notifications.
    pub struct Notifier {
        app: AppHandle,
    }

    impl Notifier {
        /// Follows clicks from now on.
        pub fn new(app: &AppHandle) -> Self {
            let main = app.clone();
            let followed = app.notification().on_action(move |action| {
                let route = action.notification().and_then(|n| n.extra().get(ROUTE)?.as_str());
                if let Some(route) = route {
                    windows::show_from_anywhere(&main, Some(route));
                }
            });
            if let Err(error) = followed {
                tracing::warn!(%error, "clicks on notifications are not heard");
            }
            Self { app: app.clone() }
        }

        /// Shows one.
        pub async fn show(&mut self, shown: &Shown) {
            let asked = self.app.notification().builder();
            let asked = asked.title(&shown.title).body(&shown.body).extra(ROUTE, &shown.route).show();
            if let Err(error) = asked {
                tracing::warn!(%error, "a notification was not shown");
            }
        }
    }
}
