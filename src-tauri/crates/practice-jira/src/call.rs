//! The call of the API that is being answered: which switches were decided for it, and the wire it came by.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::state::lock;
use crate::wire::Wire;

tokio::task_local! {
    // None while the site itself does something (automation, a deed) in the course of a call.
    static CURRENT: Option<Arc<Call>>;
}

/// A call, as the switches see it.
pub(crate) struct Call {
    /// `POST /rest/api/3/issue`.
    pub operation: String,
    /// Key and id of the issue it is about.
    pub issue: Option<(String, String)>,
    wire: Option<Wire>,
    /// Rule -> whether it strikes: a call meets the same rule in several places, but it counts once.
    decided: Mutex<HashMap<u64, bool>>,
}

impl Call {
    pub fn new(operation: String, issue: Option<(String, String)>, wire: Option<Wire>) -> Arc<Self> {
        Arc::new(Self { operation, issue, wire, decided: Mutex::default() })
    }

    /// Resets the connection: no further byte of an answer reaches the client.
    pub fn cut(&self) {
        if let Some(wire) = &self.wire {
            wire.cut();
        }
    }

    /// Whether this rule strikes this call; `decide` is asked the first time.
    pub fn decided(&self, rule: u64, decide: impl FnOnce() -> bool) -> bool {
        *lock(&self.decided).entry(rule).or_insert_with(decide)
    }
}

/// The call in whose course this runs; none for the web page, the seed, and the site itself.
pub(crate) fn current() -> Option<Arc<Call>> {
    CURRENT.try_with(Clone::clone).ok().flatten()
}

/// Answers the call: what runs inside finds it by [`current`].
pub(crate) async fn during<T>(call: Arc<Call>, work: impl Future<Output = T>) -> T {
    CURRENT.scope(Some(call), work).await
}

/// Does something that is not the caller's doing.
pub(crate) fn aside<T>(work: impl FnOnce() -> T) -> T {
    CURRENT.sync_scope(None, work)
}
