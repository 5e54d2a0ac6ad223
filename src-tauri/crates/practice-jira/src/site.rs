//! Starting and stopping a site.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use rusqlite::{OptionalExtension, params};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::error::{ApiError, Error};
use crate::options::{Options, projects_of};
use crate::state::{Site as State, SiteParts, User};
use crate::wire::{Wire, Wires};
use crate::{api, control, db, files, ledger, record, seed, ui};

/// A practice site, before it runs.
#[derive(Debug)]
pub struct Site;

/// A site that answers until it is shut down or dropped.
pub struct Running {
    /// Name of the site.
    pub site: String,
    /// Where it answers, such as `http://127.0.0.1:7801`.
    pub url: String,
    /// Where signed addresses of attachments lead: another port, so another origin.
    pub files_url: String,
    /// Port of `url`.
    pub port: u16,
    /// Port of `files_url`.
    pub second_port: u16,
    /// Ana's e-mail address, the usual one to sign in with.
    pub email: String,
    /// The API token that belongs to it.
    pub token: String,
    state: Arc<State>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
    /// A folder for attachments that goes away with the site.
    temporary: Option<PathBuf>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("site", &self.site).field("url", &self.url).finish_non_exhaustive()
    }
}

async fn bind(port: u16) -> Result<TcpListener, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|source| Error::Port { port, source })
}

fn port_of(listener: &TcpListener) -> Result<u16, Error> {
    listener.local_addr().map(|a| a.port()).map_err(|e| Error::Data(e.to_string()))
}

fn random_token() -> Result<String, Error> {
    let mut bytes = [0u8; 12];
    getrandom::fill(&mut bytes).map_err(|e| Error::Data(e.to_string()))?;
    Ok(format!("practice-{}", hex::encode(bytes)))
}

impl Site {
    /// Starts a site; several may run in one process.
    pub async fn start(options: Options) -> Result<Running, Error> {
        let named = !options.site.is_empty()
            && options.site.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !named {
            return Err(Error::Option(format!(
                "'{}' is no name for a site: use small letters, digits and hyphens.",
                options.site
            )));
        }
        let listener = bind(options.port).await?;
        let second = bind(0).await?;
        let (port, second_port) = (port_of(&listener)?, port_of(&second)?);
        let data_error = Error::from_io;
        let (folder, temporary) = match &options.data {
            Some(path) => {
                let mut name = path.clone().into_os_string();
                name.push(".files");
                (PathBuf::from(name), false)
            }
            None => {
                let unique = files::uuid().map_err(|_| Error::Data("no randomness".to_owned()))?;
                (std::env::temp_dir().join(format!("practice-jira-{unique}")), true)
            }
        };
        std::fs::create_dir_all(&folder).map_err(data_error)?;
        let conn = db::open(options.data.as_deref())?;
        let failed = Error::from_sql;
        let ana = User::new(&options.site, "ana", "", "");
        let projects = options.projects.clone().unwrap_or_else(|| projects_of(&options.site));
        let fresh = db::prepare(&conn, &options.site, &projects, &ana.account_id).map_err(failed)?;
        let stored: Option<String> = conn
            .query_row("SELECT value FROM meta WHERE key = 'token'", [], |r| r.get(0))
            .optional()
            .map_err(failed)?;
        let token = match options.token.clone().or(stored) {
            Some(token) => token,
            None => random_token()?,
        };
        conn.execute("INSERT OR REPLACE INTO meta(key, value) VALUES ('token', ?1)", params![token])
            .map_err(failed)?;
        let (url, files_url) =
            (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{second_port}"));
        let state = State::new(SiteParts {
            name: options.site.clone(),
            url: url.clone(),
            files_url: files_url.clone(),
            folder: folder.clone(),
            token: token.clone(),
            latency_ms: options.latency_ms,
            limits: options.limits,
            upload_limit: options.upload_limit.unwrap_or(1_000_000_000),
            db: conn,
        });
        if fresh && options.seed_issues > 0 {
            seed::seed(&state, options.seed_after, options.seed_issues)
                .map_err(|e| Error::Data(e.messages.join(" ")))?;
        }
        let stop = CancellationToken::new();
        let folder_of_records =
            options.record.clone().or_else(|| std::env::var_os(record::VARIABLE).map(PathBuf::from));
        let recorder = folder_of_records.as_deref().map(record::recorder);
        let main = api::router(&state, recorder.as_ref())
            .merge(control::router(state.clone()))
            .merge(ui::router(state.clone(), stop.clone()));
        let tasks = vec![
            serve(listener, main.layer(axum::middleware::from_fn(ui::same_origin)), stop.clone()),
            serve(second, files::router(state.clone()), stop.clone()),
        ];
        Ok(Running {
            site: options.site,
            url,
            files_url,
            port,
            second_port,
            email: ana.email,
            token,
            state,
            stop,
            tasks,
            temporary: temporary.then_some(folder),
        })
    }
}

fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        let service = router.into_make_service_with_connect_info::<Wire>();
        let served =
            axum::serve(Wires(listener), service).with_graceful_shutdown(stop.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(%error, "the practice site stopped answering");
        }
    })
}

fn sentence(error: ApiError) -> Error {
    let fields = error.errors.values().filter_map(Value::as_str).map(str::to_owned);
    Error::Option(error.messages.into_iter().chain(fields).collect::<Vec<_>>().join(" "))
}

impl Running {
    /// Sets the fault switches, as `PUT /practice/faults` does; `{}` clears them.
    pub fn set_faults(&self, switches: &Value) -> Result<Value, Error> {
        control::set_faults(&self.state, switches).map_err(sentence)
    }

    /// The counted calls, as `GET /practice/calls` answers.
    pub fn calls(&self) -> Value {
        self.state.calls()
    }

    /// How many calls changed something since start or the last reset.
    pub fn writes(&self) -> u64 {
        self.state.calls()["writes"].as_u64().unwrap_or(0)
    }

    /// What Ana wrote through the API, issue by issue, and what carries the marker of which origin, as
    /// `GET /practice/writes` answers.
    pub fn writes_by_issue(&self) -> Result<Value, Error> {
        ledger::report(&self.state, &self.email, control::MARKER).map_err(sentence)
    }

    /// Waits until `condition` holds; it is asked now, and again after each write and each call.
    pub async fn until(&self, mut condition: impl FnMut(&Self) -> bool) {
        let mut events = self.state.events();
        while !condition(self) {
            // The sender lives as long as the site does.
            let _ = events.changed().await;
        }
    }

    /// Starts counting calls from zero.
    pub fn reset_calls(&self) {
        self.state.reset_calls();
    }

    /// All the site holds, as `GET /practice/state` answers.
    pub fn state(&self) -> Result<Value, Error> {
        control::everything(&self.state).map_err(sentence)
    }

    /// Answers when the site is told to stop.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Stops answering and waits until both ports are closed.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        for task in self.tasks.drain(..) {
            // Calls under way get a moment; a client that holds on does not keep the site alive.
            let abort = task.abort_handle();
            if tokio::time::timeout(std::time::Duration::from_millis(500), task).await.is_err() {
                abort.abort();
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
        for task in &self.tasks {
            task.abort();
        }
        if let Some(folder) = &self.temporary {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
