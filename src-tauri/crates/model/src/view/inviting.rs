//! How a connection comes to be: what an admin chose, and what an invitation says.

use serde::{Deserialize, Serialize};

use crate::connection::{Approval, Mode};
use crate::{AccountId, ConnectionId, ProjectKey};

view! {
    /// What an admin chose in the wizard *Initiate connection*.
    pub struct InitiateRequest {
        /// Our sign-in.
        account: AccountId,
        /// Our project for incoming issues.
        project: ProjectKey,
        /// A name for the partner; empty: shown as unknown until they accept.
        partner_name: String,
        /// Where the partner can call this computer; `None`: as the settings say.
        address: Option<String>,
        /// A relay where both meet, because neither can be called; the address is not needed then.
        relay: Option<String>,
        /// Which rules.
        mode: Mode,
        /// Whether we ask before the partner is connected.
        approval: Approval,
        /// For types that our project lacks.
        default_type: Option<String>,
        /// Narrows what is synced.
        filter: Option<String>,
        /// The existing issues as well.
        existing: bool,
        /// A line above each comment that arrives: who wrote it, and when.
        name_authors: bool,
        /// Internal comments of our service project leave too, and arrive as public ones.
        internal_comments: bool,
    }

    /// An invitation that is ready to be sent.
    pub struct InvitationView {
        /// The connection it makes.
        connection: ConnectionId,
        /// The code in groups of five characters.
        code: String,
        /// A message around it, for the partner.
        message: String,
        /// Until when it works.
        expires_at: String,
        /// Where the partner will call.
        address: String,
        /// It is a relay's, where both meet.
        relay: bool,
        /// This computer answers there.
        listening: bool,
    }

    /// What an invitation says, before anything is accepted.
    pub struct InvitationPreview {
        /// The inviting company, as it calls itself.
        partner_name: String,
        /// Who invites, and for which project of theirs, where the code says so.
        person: Option<String>,
        /// The key of that project.
        project: Option<String>,
        /// Which rules.
        mode: Mode,
        /// Until when it works.
        expires_at: String,
        /// Where we would call.
        address: String,
        /// It is a relay's, where both meet.
        relay: bool,
    }

    /// What an admin chose in the wizard *Accept invitation*.
    pub struct AcceptRequest {
        /// Whatever was pasted.
        invitation: String,
        /// Our sign-in.
        account: AccountId,
        /// Our project for incoming issues.
        project: ProjectKey,
        /// For types that our project lacks.
        default_type: Option<String>,
        /// Narrows what is synced.
        filter: Option<String>,
        /// The existing issues as well.
        existing: bool,
        /// A line above each comment that arrives: who wrote it, and when.
        name_authors: bool,
        /// Internal comments of our service project leave too, and arrive as public ones.
        internal_comments: bool,
    }

    /// What an admin chose to connect two projects that are both in this app.
    pub struct LocalRequest {
        /// The one that is shown first.
        from: LocalSide,
        /// The other.
        to: LocalSide,
    }

    /// One of two projects that are both in this app.
    pub struct LocalSide {
        /// The sign-in.
        account: AccountId,
        /// The project.
        project: ProjectKey,
        /// For types that this project lacks.
        default_type: Option<String>,
        /// Narrows which of its issues are synced.
        filter: Option<String>,
        /// Its existing issues as well.
        existing: bool,
        /// A line above each comment that arrives in it: who wrote it, and when.
        name_authors: bool,
        /// Its internal comments leave too, and arrive as public ones.
        internal_comments: bool,
    }

    /// What answers at an address.
    pub struct AddressCheck {
        /// The address as we understood it.
        address: String,
        /// A Twinline node answers there.
        twinline: bool,
        /// One sentence.
        sentence: String,
        /// The connection types that are possible with it.
        modes: Vec<Mode>,
    }
}
