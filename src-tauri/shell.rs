//! What the shell holds while it runs: the node (opened beside the first paint, never before it) and the status that
//! tray and title show.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tauri::{AppHandle, Manager};
use tauri_specta::Event as _;
use tokio::sync::{Notify, watch};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{LanguageChoice, LanguageView, OverallStatus, Status, TroubleView};
use twinline_node::{Node, Options, words};

use crate::args::Args;
use crate::autostart::Autostart;
use crate::commands::{Answer, Changed};
use crate::link::Waiting;
use crate::notify::Notifier;
use crate::practice::Practice;
use crate::preferences::Preferences;
use crate::{language, panel, tray, windows};

/// Icon, menu and title change at most this often.
pub(crate) const CALM: Duration = Duration::from_secs(1);
/// A status can also grow old: the last check is no longer recent, though nothing has happened.
pub(crate) const STALE: Duration = Duration::from_secs(15);
/// The window fetches again at most this often.
const BURST: Duration = Duration::from_millis(100);
/// How long quitting waits for the node, which itself gives its work five seconds.
const PATIENCE: Duration = Duration::from_secs(6);

/// A node, or why there is none.
pub type Opened = Result<Arc<Node>, Trouble>;

/// The app's own state.
pub struct Shell {
    started: Instant,
    folder: PathBuf,
    opened: watch::Receiver<Option<Opened>>,
    status: Mutex<Option<Status>>,
    practice: Arc<Practice>,
    link: Waiting,
    /// The node has done its work, and another one is to be opened.
    anew: Arc<Notify>,
    preferences: Preferences,
    autostart: Autostart,
}

impl Shell {
    /// Begins to open the node and returns at once.
    pub fn open(app: &AppHandle, args: &Args, started: Instant) -> Self {
        // Until the node is open nobody knows what was chosen.
        words::speak(language::of_the_system());
        let (tell, opened) = watch::channel(None);
        let anew = Arc::new(Notify::new());
        tauri::async_runtime::spawn(open(app.clone(), args.options(), tell, anew.clone()));
        tauri::async_runtime::spawn(quit_when_asked(app.clone()));
        let folder = args.folder();
        let practice = Arc::new(Practice::new(&folder));
        let preferences = Preferences::open(&folder);
        let autostart = Autostart::of(args, &args.instance_id("twinline"));
        let link = Waiting::default();
        Self {
            started,
            folder,
            opened,
            status: Mutex::new(None),
            practice,
            link,
            anew,
            preferences,
            autostart,
        }
    }

    /// The node, once it is open; the trouble in the way, if it could not be opened.
    ///
    /// # Errors
    /// The same trouble for every command, in words.
    pub async fn node(&self) -> Result<Arc<Node>, TroubleView> {
        self.opened().await.map_err(|trouble| words::trouble_view(&trouble))
    }

    /// The same, with the trouble as it is.
    ///
    /// # Errors
    /// As [`Self::node`].
    pub async fn opened(&self) -> Opened {
        let mut opened = self.opened.clone();
        let opened = match opened.wait_for(Option::is_some).await {
            Ok(opened) => opened.clone(),
            Err(_) => None,
        };
        opened.unwrap_or_else(|| {
            Err(Trouble::new(ProblemCode::Internal).with("detail", "the node did not open"))
        })
    }

    /// The node that the window shows: the practice's while a person practises, else the real one. What concerns this
    /// computer and not a company (language, tray) asks [`Self::node`].
    ///
    /// # Errors
    /// As [`Self::node`].
    pub async fn shown(&self) -> Result<Arc<Node>, TroubleView> {
        match self.practice.node() {
            Some(node) => Ok(node),
            None => self.node().await,
        }
    }

    /// The real node, for what brings in a real account or partner.
    ///
    /// # Errors
    /// While a person practises: nothing real gets into the practice, and nothing of it out.
    pub async fn outside_practice(&self) -> Result<Arc<Node>, TroubleView> {
        match self.practice.node() {
            Some(_) => Err(words::trouble_view(&Trouble::new(ProblemCode::PracticeOnly))),
            None => self.node().await,
        }
    }

    /// Whether a link may be opened in the browser.
    ///
    /// # Errors
    /// As [`Self::node`].
    pub async fn allows_link(&self, url: &str) -> Answer<bool> {
        match self.practice.owns(url) {
            Some(owned) => Ok(owned),
            None => Ok(self.node().await?.allowed_link(url).await),
        }
    }

    /// The practice.
    pub fn practice(&self) -> &Arc<Practice> {
        &self.practice
    }

    /// The invitation that a link brought.
    pub fn link(&self) -> &Waiting {
        &self.link
    }

    /// What was chosen for this computer.
    pub(crate) fn preferences(&self) -> &Preferences {
        &self.preferences
    }

    /// Whether the app starts at login.
    pub(crate) fn autostart(&self) -> &Autostart {
        &self.autostart
    }

    /// What was shown last.
    pub fn status(&self) -> Option<Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was chosen, and what is spoken; waits for the node. One that cannot be opened knows of no choice.
    pub async fn language(&self) -> LanguageView {
        let choice = match self.node().await {
            Ok(node) => chosen(&node).await,
            Err(_) => LanguageChoice::default(),
        };
        LanguageView { choice, spoken: words::spoken() }
    }

    /// Speaks the chosen language from now on, and says anew what is shown.
    pub async fn speak(&self, app: &AppHandle, choice: LanguageChoice) -> LanguageView {
        let spoken = choice.resolve(language::of_the_system());
        words::speak(spoken);
        if let Ok(node) = self.node().await {
            let status = node.status().await;
            // Some sentences are the same in both; the menu is not.
            *self.status.lock().unwrap_or_else(PoisonError::into_inner) = None;
            show(app, status);
            // Whatever was said meanwhile in the former language is said anew as well.
            node.tell();
            self.practice.tell();
        }
        LanguageView { choice, spoken }
    }

    /// Opens the data folder once more, whose node has stopped, and waits for that: commands are answered by the new node
    /// from then on.
    pub async fn open_anew(&self) {
        let mut opened = self.opened.clone();
        opened.borrow_and_update();
        self.anew.notify_one();
        // First there is none. A closed channel means that the app ends.
        if opened.changed().await.is_ok() {
            let _ = opened.wait_for(Option::is_some).await;
        }
    }

    /// How long the app has been running.
    pub fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Where the data lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stops the node and the practice cleanly; called when the app is about to end.
    pub fn close(&self) {
        let node = match self.opened.borrow().clone() {
            Some(Ok(node)) => Some(node),
            _ => None,
        };
        tauri::async_runtime::block_on(async {
            let real = async {
                if let Some(node) = node {
                    node.stop().await;
                }
            };
            let both = async { tokio::join!(real, self.practice.close()) };
            if tokio::time::timeout(PATIENCE, both).await.is_err() {
                tracing::warn!("the node did not stop in time");
            }
        });
    }
}

async fn open(app: AppHandle, options: Options, tell: watch::Sender<Option<Opened>>, anew: Arc<Notify>) {
    loop {
        let opened = open_node(options.clone()).await;
        // The shell waits in this channel, so a closed one means that the app ends.
        let _ = tell.send(Some(opened.clone()));
        panel::read_ink().await;
        match opened {
            Ok(node) => {
                let window = tauri::async_runtime::spawn(tell_the_window(app.clone(), node.changes()));
                tokio::select! {
                    () = follow(app.clone(), node) => return,
                    () = anew.notified() => {}
                }
                window.abort();
            }
            Err(trouble) => {
                tracing::error!(%trouble, "the node could not be opened");
                let sentence = words::trouble_view(&trouble).sentence;
                let overall = OverallStatus::NeedsAttention;
                show(
                    &app,
                    Status {
                        overall,
                        sentence,
                        checked_at: None,
                        attention: 0,
                        connections: Vec::new(),
                        notes: Vec::new(),
                    },
                );
                anew.notified().await;
            }
        }
        let _ = tell.send(None);
    }
}

async fn open_node(options: Options) -> Opened {
    let node = Node::open(options).await?;
    words::speak(chosen(&node).await.resolve(language::of_the_system()));
    node.start().await?;
    Ok(node)
}

/// What a person chose; what cannot be read counts as no choice.
async fn chosen(node: &Node) -> LanguageChoice {
    node.language().await.unwrap_or_else(|trouble| {
        tracing::warn!(%trouble, "the language was not read");
        LanguageChoice::default()
    })
}

/// Keeps tray and title in step with the node's status, and tells the desktop what it is to be told.
async fn follow(app: AppHandle, node: Arc<Node>) {
    let mut changes = node.changes();
    let notifier = Arc::new(tokio::sync::Mutex::new(Notifier::new(&app)));
    loop {
        changes.borrow_and_update();
        let status = node.status().await;
        let news = node.notifications(&status).await;
        show(&app, status);
        if !news.is_empty() {
            // A desktop that does not answer must not hold up the tray.
            let notifier = notifier.clone();
            tauri::async_runtime::spawn(async move {
                let mut notifier = notifier.lock().await;
                for one in &news {
                    notifier.show(one).await;
                }
            });
        }
        tokio::time::sleep(CALM).await;
        if let Ok(Err(_ended)) = tokio::time::timeout(STALE, changes.changed()).await {
            return;
        }
    }
}

/// The window fetches again what it shows, once for a burst of changes.
pub(crate) async fn tell_the_window(app: AppHandle, mut changes: watch::Receiver<u64>) {
    while changes.changed().await.is_ok() {
        if let Err(error) = (Changed {}).emit(&app) {
            tracing::debug!(%error, "the window was not told");
        }
        tokio::time::sleep(BURST).await;
    }
}

fn show(app: &AppHandle, status: Status) {
    let shell = app.state::<Shell>();
    let mut last = shell.status.lock().unwrap_or_else(PoisonError::into_inner);
    if last.as_ref() == Some(&status) {
        return;
    }
    *last = Some(status);
    drop(last);
    // Menus and titles belong to the main thread.
    let main = app.clone();
    let asked = app.run_on_main_thread(move || {
        tray::refresh(&main);
        windows::refresh_title(&main);
    });
    if let Err(error) = asked {
        tracing::debug!(%error, "the app is ending");
    }
}

/// A service manager or a terminal asks with a signal: quit as cleanly as by the menu.
async fn quit_when_asked(app: AppHandle) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            return;
        };
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
        app.exit(0);
    }
    #[cfg(not(unix))]
    drop(app);
}
