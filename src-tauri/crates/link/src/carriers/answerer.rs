//! Who answers, whatever carries.

use async_trait::async_trait;
use bytes::Bytes;
use twinline_model::ConnectionId;

use crate::invitation::InvitationId;

/// Who answers. A future may be dropped at any `await` when the caller hangs up: commit in one step.
#[async_trait]
pub trait Answerer: Send + Sync + 'static {
    /// A pairing's frame. `None`: unknown, or not proved.
    async fn pair(&self, id: InvitationId, frame: Bytes) -> Option<Vec<u8>>;
    /// An exchange's frame. `None`: unknown, or not proved.
    async fn exchange(&self, id: ConnectionId, frame: Bytes) -> Option<Vec<u8>>;
}
