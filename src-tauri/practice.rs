//! The practice in the window: two made-up companies that a person starts, leaves and removes.
//!
//! While it is open, the window alone shows it: its commands go to the practice's node and its title says so. The tray
//! always tells of the real node, which goes on syncing beside it. Practice lasts as long as the window that shows it, and no
//! longer than a person stays in it: nothing of it runs before it is asked for, nor in the tray.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tauri::async_runtime::JoinHandle;
use tauri::{AppHandle, Manager, State};
use tauri_specta::Event as _;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use twinline_model::ConnectionId;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::Status;
use twinline_node::Node;
use twinline_node::words::trouble_view;
use twinline_practice::World;

use crate::commands::{Answer, Changed};
use crate::shell::{CALM, STALE, Shell, tell_the_window};
use crate::windows;

/// How the practice stands.
#[derive(Serialize, Deserialize, Clone, Debug, specta::Type)]
pub struct PracticeView {
    /// The window shows it.
    pub open: bool,
    /// There is one to go on with.
    pub kept: bool,
    /// While it is open: both trackers, the person's own first.
    pub sites: Vec<PracticeSite>,
    /// While it is open: the connection of both companies.
    pub connection: Option<ConnectionId>,
    /// While it is open: a link brought an invitation, which is for the real node.
    pub invited: bool,
}

/// A tracker of the practice.
#[derive(Serialize, Deserialize, Clone, Debug, specta::Type)]
pub struct PracticeSite {
    /// Whose it is.
    pub company: String,
    /// Where its page is.
    pub url: String,
}

/// What the shell holds of it.
pub struct Practice {
    folder: PathBuf,
    /// Starting, leaving and removing happen one after the other.
    deed: Arc<AsyncMutex<()>>,
    shown: Mutex<Option<Shown>>,
}

/// The practice that the window shows.
struct Shown {
    world: Arc<World>,
    status: Option<Status>,
    follow: Vec<JoinHandle<()>>,
}

impl Practice {
    /// In the folder beside the real data; nothing is started or made.
    pub fn new(data: &std::path::Path) -> Self {
        Self { folder: data.join("practice"), deed: Arc::default(), shown: Mutex::new(None) }
    }

    /// The node that the window talks to while it practises.
    pub fn node(&self) -> Option<Arc<Node>> {
        self.world().map(|world| world.node().clone())
    }

    /// Whether an address is a page of the practice; `None`: nobody practises.
    pub fn owns(&self, url: &str) -> Option<bool> {
        self.world().map(|world| world.owns(url))
    }

    /// What the title shows; `None`: nobody practises. `Some(None)`: it is not known yet.
    pub fn status(&self) -> Option<Option<Status>> {
        self.lock().as_ref().map(|shown| shown.status.clone())
    }

    /// Something that is shown was said in another language until now.
    pub fn tell(&self) {
        if let Some(node) = self.node() {
            node.tell();
        }
    }

    /// Stops it, and waits for that.
    pub async fn close(&self) {
        let _one = self.deed.lock().await;
        if let Some(world) = self.hide() {
            world.stop().await;
        }
    }

    /// Stops it, and removes all of it from the disk.
    pub async fn forget(&self) -> Result<(), Trouble> {
        let _one = self.deed.lock().await;
        if let Some(world) = self.hide() {
            world.stop().await;
        }
        let folder = self.folder.clone();
        let removed = tauri::async_runtime::spawn_blocking(move || twinline_practice::remove(&folder)).await;
        removed.unwrap_or_else(|error| {
            Err(Trouble::new(ProblemCode::Internal).with("detail", error.to_string()))
        })
    }

    fn world(&self) -> Option<Arc<World>> {
        self.lock().as_ref().map(|shown| shown.world.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Shown>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn view(&self) -> PracticeView {
        let world = self.world();
        let site =
            |site: twinline_practice::Site| PracticeSite { company: site.company.into(), url: site.url };
        PracticeView {
            open: world.is_some(),
            kept: world.is_some() || twinline_practice::is_kept(&self.folder),
            sites: world.iter().flat_map(|world| world.sites()).map(site).collect(),
            connection: world.map(|world| world.connection().clone()),
            invited: false,
        }
    }

    /// From now on the window shows the real node.
    fn hide(&self) -> Option<Arc<World>> {
        let shown = self.lock().take()?;
        shown.follow.iter().for_each(JoinHandle::abort);
        Some(shown.world)
    }
}

/// Lets the window show the real node from this moment on; the practice stops behind it. One that is just starting is left as
/// soon as it has started.
pub fn leave_at_once(app: &AppHandle) {
    let practice = app.state::<Shell>().practice().clone();
    match practice.deed.clone().try_lock_owned() {
        Ok(one) => {
            if let Some(world) = practice.hide() {
                tell(app);
                tauri::async_runtime::spawn(finish(world, one));
            }
        }
        Err(_) => {
            let app = app.clone();
            tauri::async_runtime::spawn(async move { left(&app).await });
        }
    }
}

async fn finish(world: Arc<World>, one: OwnedMutexGuard<()>) {
    world.stop().await;
    drop(one);
}

/// Title and window say anew whom they show.
pub(crate) fn tell(app: &AppHandle) {
    if let Err(error) = (Changed {}).emit(app) {
        tracing::debug!(%error, "the window was not told");
    }
    refresh_title(app);
}

fn refresh_title(app: &AppHandle) {
    let main = app.clone();
    if let Err(error) = app.run_on_main_thread(move || windows::refresh_title(&main)) {
        tracing::debug!(%error, "the app is ending");
    }
}

/// Keeps the title in step with the practice, until that is left.
async fn follow(app: AppHandle, world: Arc<World>) {
    let mut changes = world.node().changes();
    loop {
        changes.borrow_and_update();
        let status = world.node().status().await;
        if let Some(shown) = app.state::<Shell>().practice().lock().as_mut() {
            shown.status = Some(status);
        }
        refresh_title(&app);
        tokio::time::sleep(CALM).await;
        if let Ok(Err(_ended)) = tokio::time::timeout(STALE, changes.changed()).await {
            return;
        }
    }
}

async fn left(app: &AppHandle) {
    let practice = app.state::<Shell>().practice().clone();
    let _one = practice.deed.lock().await;
    if let Some(world) = practice.hide() {
        tell(app);
        world.stop().await;
    }
}

fn view(shell: &Shell) -> PracticeView {
    let view = shell.practice().view();
    PracticeView { invited: view.open && shell.link().is_there(), ..view }
}

/// How the practice stands.
#[tauri::command]
#[specta::specta]
pub async fn practice(shell: State<'_, Shell>) -> Answer<PracticeView> {
    Ok(view(&shell))
}

/// Starts the practice, or goes on with it, and lets the window show it; starting twice is starting once.
#[tauri::command]
#[specta::specta]
pub async fn start_practice(app: AppHandle, shell: State<'_, Shell>) -> Answer<PracticeView> {
    let practice = shell.practice().clone();
    let _one = practice.deed.lock().await;
    if practice.world().is_none() {
        let started = World::start(&practice.folder).await;
        let world = Arc::new(started.map_err(|trouble| trouble_view(&trouble))?);
        tracing::info!("practice started");
        // Before the followers: they fill in the status of what is shown.
        *practice.lock() = Some(Shown { world: world.clone(), status: None, follow: Vec::new() });
        let changes = world.node().changes();
        let following = vec![
            tauri::async_runtime::spawn(follow(app.clone(), world)),
            tauri::async_runtime::spawn(tell_the_window(app.clone(), changes)),
        ];
        if let Some(shown) = practice.lock().as_mut() {
            shown.follow = following;
        }
        tell(&app);
    }
    Ok(view(&shell))
}

/// Lets the window show the real node again, and stops the practice; all of it is kept.
#[tauri::command]
#[specta::specta]
pub async fn leave_practice(app: AppHandle, shell: State<'_, Shell>) -> Answer<PracticeView> {
    left(&app).await;
    Ok(view(&shell))
}

/// Leaves the practice and removes all of it from the disk.
#[tauri::command]
#[specta::specta]
pub async fn remove_practice(app: AppHandle, shell: State<'_, Shell>) -> Answer<PracticeView> {
    let practice = shell.practice().clone();
    if practice.world().is_some() {
        left(&app).await;
    }
    practice.forget().await.map_err(|trouble| trouble_view(&trouble))?;
    tracing::info!("practice removed");
    tell(&app);
    Ok(view(&shell))
}
