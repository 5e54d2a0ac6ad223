//! Inviting and accepting: how a connection begins.

use secrecy::{ExposeSecret, SecretString};
use twinline_link::address::check_address;
use twinline_link::carriers::CallError;
use twinline_link::carriers::http::client::HttpCaller;
use twinline_link::carriers::iroh;
use twinline_link::invitation::{Invitation, Issuer};
use twinline_link::keys::StaticKey;
use twinline_link::way::Way;
use twinline_model::ConnectionId;
use twinline_model::connection::{Connection, Mode, Role, Stage};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::text::clean_line;
use twinline_model::view::{
    AcceptRequest, AddressCheck, ConnectionView, InitiateRequest, InvitationPreview, InvitationView,
};
use twinline_store::{Invited, InvitedState};

use crate::node::Node;
use crate::time::{day_and_clock, now_ms, rfc3339};
use crate::words::say;
use crate::{keys, sync, trouble};

/// Open invitations at a time.
const MAX_OPEN: u32 = 20;
/// How long an invitation works.
const VALID_S: i64 = 7 * 24 * 3600;

impl Node {
    /// Makes our side of a private connection and its invitation.
    pub async fn initiate(&self, request: &InitiateRequest) -> Result<InvitationView, Trouble> {
        if request.mode != Mode::Basic {
            return Err(Trouble::new(ProblemCode::ModeUnavailable).with("address", ""));
        }
        let account = self.account(&request.account).await?;
        self.check_project(&account, &request.project).await?;
        self.check_filter(&account, &request.project, request.filter.as_deref()).await?;
        let way = match request.relay.as_deref().map(str::trim) {
            Some(relay) => self.relay_way(relay).await?,
            None => Way::Http(self.callable_address(request.address.as_deref()).await?),
        };
        if self.db.read(|tx| tx.open_invitations()).await? >= MAX_OPEN {
            return Err(Trouble::new(ProblemCode::TooManyInvitations).with("limit", MAX_OPEN.to_string()));
        }
        let key = StaticKey::generate().map_err(|e| internal(&e))?;
        let expires_s = now_ms() / 1000 + VALID_S;
        let company = self.company(&account).await?;
        let issuer = Issuer {
            company: company.clone(),
            person: account.display_name.clone(),
            project: request.project.to_string(),
        };
        let invitation = Invitation::issue(
            &key,
            &issuer,
            vec![way.carrier()],
            expires_s.unsigned_abs(),
            request.mode,
            request.approval,
        )
        .map_err(|e| internal(&e))?;
        let id = invitation.connection_id();
        // Secrets first: a row without its keys could never be used.
        keys::keep_key(&self.secrets, &id, &key).await?;
        keys::keep_code(&self.secrets, &id, invitation.encode()).await?;
        let name = clean_line(&request.partner_name, 80);
        let connection = Connection {
            id: id.clone(),
            role: Role::Public,
            mode: request.mode,
            rules: 0,
            stage: Stage::Invited,
            account: account.id.clone(),
            project: request.project.clone(),
            given_name: (!name.is_empty()).then_some(name),
            partner: None,
            address: way.to_string(),
            approval: request.approval,
            filter: crate::what::tidied(request.filter.as_deref()),
            default_type: request.default_type.clone(),
            above: None,
            existing: request.existing,
            name_authors: request.name_authors,
            internal_comments: request.internal_comments,
            paused: None,
            partner_paused: false,
            created_ms: now_ms(),
        };
        let invited = Invited {
            id: invitation.id().to_string(),
            connection: id.clone(),
            label: company,
            expires_s,
            state: InvitedState::Open,
        };
        let our_key = key.public().to_string();
        self.db
            .write(move |tx| {
                tx.insert_connection(&connection)?;
                let mut link = tx.link(&connection.id)?;
                link.our_key = our_key;
                tx.set_link(&connection.id, &link)?;
                // The next invitation is likely to go by the same relay.
                if let Some(relay) = way.relay() {
                    tx.set_setting("relay", relay)?;
                }
                tx.insert_invited(&invited)
            })
            .await?;
        self.wake();
        self.changed();
        self.invitation(&id).await
    }

    /// The invitation of a connection that nobody has accepted yet.
    pub async fn invitation(&self, id: &ConnectionId) -> Result<InvitationView, Trouble> {
        let connection = self.connection_row(id).await?;
        let wanted = id.clone();
        let invited = self.db.read(move |tx| tx.invited_of(&wanted)).await?;
        let Some(invited) = invited.filter(|i| i.state == InvitedState::Open) else {
            return Err(
                Trouble::new(ProblemCode::InvitationUsed).with("partner", self.partner_words(&connection))
            );
        };
        let code = keys::code(&self.secrets, id).await?;
        let until = day_and_clock(invited.expires_s * 1000);
        let link = zeroize::Zeroizing::new(link(code.expose_secret()));
        let facts = [
            ("company", invited.label.as_str()),
            ("code", code.expose_secret()),
            ("link", &link),
            ("until", &until),
        ];
        let way = Way::parse(&connection.address, true).ok();
        let relay = way.as_ref().and_then(Way::relay);
        let listening = match relay {
            Some(relay) => self.at_relay(relay) == Some(true),
            None => matches!(self.listening_view(), Some(Ok(_))),
        };
        Ok(InvitationView {
            connection: id.clone(),
            message: say("invitation-message", &facts),
            code: code.expose_secret().to_owned(),
            expires_at: rfc3339(invited.expires_s * 1000),
            address: sync::shown(&connection),
            relay: relay.is_some(),
            listening,
        })
    }

    /// Reads whatever was pasted; nothing happens.
    pub async fn read_invitation(&self, text: &str) -> Result<InvitationPreview, Trouble> {
        let invitation = Invitation::read(text).map_err(|e| trouble::from_invitation(&e))?;
        self.judge_invitation(&invitation).await?;
        let way = self.way_to(&invitation)?;
        Ok(InvitationPreview {
            partner_name: invitation.issuer.company.clone(),
            person: said(&invitation.issuer.person),
            project: said(&invitation.issuer.project),
            mode: invitation.mode,
            expires_at: rfc3339(i64::try_from(invitation.expires_s).unwrap_or(0) * 1000),
            address: way.shown().to_owned(),
            relay: way.relay().is_some(),
        })
    }

    /// Accepts an invitation: keeps our side, then asks the partner's node. If that cannot be reached, the code is kept
    /// and asked for again.
    pub async fn accept(&self, request: &AcceptRequest) -> Result<ConnectionView, Trouble> {
        let invitation = Invitation::read(&request.invitation).map_err(|e| trouble::from_invitation(&e))?;
        self.judge_invitation(&invitation).await?;
        let way = self.way_to(&invitation)?;
        let account = self.account(&request.account).await?;
        self.check_project(&account, &request.project).await?;
        self.check_filter(&account, &request.project, request.filter.as_deref()).await?;
        let id = invitation.connection_id();
        let above = match request.existing {
            true => None,
            // Issues of today stay; what is created from now on is synced. A number, because clocks differ.
            false => {
                let tracker = self.hub.tracker(&account, &self.secrets).await?;
                let highest = tracker.highest_number(&request.project).await;
                Some(highest.map_err(|e| trouble::from_read(&e, &account.site))?)
            }
        };
        let key = StaticKey::generate().map_err(|e| internal(&e))?;
        keys::keep_key(&self.secrets, &id, &key).await?;
        keys::keep_code(&self.secrets, &id, invitation.encode()).await?;
        let connection = Connection {
            id: id.clone(),
            role: Role::Private,
            mode: invitation.mode,
            rules: 0,
            stage: Stage::Invited,
            account: account.id,
            project: request.project.clone(),
            given_name: said(&invitation.issuer.company),
            partner: None,
            address: way.to_string(),
            approval: invitation.approval,
            filter: crate::what::tidied(request.filter.as_deref()),
            default_type: request.default_type.clone(),
            above,
            existing: request.existing,
            name_authors: request.name_authors,
            internal_comments: request.internal_comments,
            paused: None,
            partner_paused: false,
            created_ms: now_ms(),
        };
        let (row, our_key) = (connection.clone(), key.public().to_string());
        let invitation_id = invitation.id().to_string();
        self.db
            .write(move |tx| {
                tx.insert_connection(&row)?;
                let mut link = tx.link(&row.id)?;
                link.our_key = our_key;
                tx.set_link(&row.id, &link)?;
                tx.insert_accepted(&invitation_id, &row.id)
            })
            .await?;
        match sync::pair(self, &connection).await {
            Ok(()) => {}
            Err(trouble) if is_refusal(trouble.code) => {
                self.forget_connection(&id).await?;
                return Err(trouble.with("partner", invitation.issuer.company));
            }
            // The caller loop goes on asking with the same key; the row says so.
            Err(trouble) => {
                tracing::warn!(%trouble, "pairing is tried again");
                twinline_sync::rows::note_contact_failure(self, &id, trouble.code).await?;
            }
        }
        self.wake();
        self.changed();
        self.connection(&id).await
    }

    /// What answers at an address: for *I have a URL*.
    pub async fn check_address(&self, address: &str) -> Result<AddressCheck, Trouble> {
        let with_scheme =
            if address.contains("://") { address.to_owned() } else { format!("https://{address}") };
        let bad = |code| move |e| trouble::from_address(&e, &clean_line(address, 200), code);
        let address =
            check_address(&with_scheme, self.options.practice).map_err(bad(ProblemCode::AddressInvalid))?;
        let caller = HttpCaller::new(&address).map_err(|e| internal(&e))?;
        let answer = caller.probe().await;
        let twinline = matches!(answer, Ok(true));
        let id = match answer {
            Ok(true) => "address-twinline",
            Ok(false) | Err(CallError::NotTwinline) => "address-other",
            Err(CallError::NameUnknown) => "address-nameless",
            Err(_) => "address-silent",
        };
        let sentence = say(id, &[("address", &address)]);
        Ok(AddressCheck {
            address,
            twinline,
            sentence,
            modes: if twinline { vec![Mode::Basic] } else { vec![] },
        })
    }

    /// Whether a relay takes this computer in: asked before an invitation promises it. Nothing is kept.
    pub async fn check_relay(&self, address: &str) -> Result<AddressCheck, Trouble> {
        let relay = self.relay_address(address)?;
        let (reached, id) = match iroh::probe(&relay).await {
            Ok(()) => (true, "relay-answers"),
            Err(error) => {
                tracing::info!(%error, "a relay was tried");
                (false, "relay-silent")
            }
        };
        let sentence = say(id, &[("relay", &relay)]);
        let modes = if reached { vec![Mode::Basic] } else { vec![] };
        // No Twinline answers there: the relay only lets two of them meet.
        Ok(AddressCheck { address: relay, twinline: false, sentence, modes })
    }

    /// Where partners find us at a relay that was tried.
    async fn relay_way(&self, address: &str) -> Result<Way, Trouble> {
        let relay = self.relay_address(address)?;
        if let Err(error) = iroh::probe(&relay).await {
            tracing::info!(%error, "a relay was tried");
            return Err(Trouble::new(ProblemCode::RelayUnreachable).with("relay", relay));
        }
        Ok(Way::Relay { endpoint: keys::endpoint_or_new(&self.secrets).await?.id(), relay })
    }

    fn relay_address(&self, address: &str) -> Result<String, Trouble> {
        let with_scheme =
            if address.contains("://") { address.to_owned() } else { format!("https://{address}") };
        check_address(&with_scheme, self.options.practice)
            .map_err(|e| trouble::from_address(&e, &clean_line(address, 200), ProblemCode::AddressInvalid))
    }

    pub(crate) async fn judge_invitation(&self, invitation: &Invitation) -> Result<(), Trouble> {
        let id = invitation.id().to_string();
        let (own, accepted) = self.db.read(move |tx| Ok((tx.invited(&id)?, tx.accepted(&id)?))).await?;
        let connection = invitation.connection_id();
        let mine = self.db.read(move |tx| tx.connection(&connection)).await?;
        if own.is_some() {
            return Err(Trouble::new(ProblemCode::InvitationOwn));
        }
        if accepted.is_some() && mine.is_some() {
            return Err(
                Trouble::new(ProblemCode::InvitationRepeated).with("partner", &invitation.issuer.company)
            );
        }
        Ok(())
    }

    /// How the inviter is called. An invitation that names only ways of a later version asks for an update.
    pub(crate) fn way_to(&self, invitation: &Invitation) -> Result<Way, Trouble> {
        let way = Way::of(&invitation.carriers, self.options.practice);
        let way = way.ok_or_else(|| Trouble::new(ProblemCode::InvitationTooNew))?;
        way.map_err(|(e, url)| trouble::from_address(&e, &url, ProblemCode::InvitationAddressRefused))
    }

    /// The address that goes into an invitation: as given, else as in the settings.
    async fn callable_address(&self, given: Option<&str>) -> Result<String, Trouble> {
        let settings = self.settings().await;
        let address = match given.map(str::trim).filter(|a| !a.is_empty()) {
            Some(given) if given.contains("://") => given.to_owned(),
            // A word alone is a slip: a name inside a network is written as a URL or with its port.
            Some(given) if !given.contains(['.', ':']) => {
                return Err(Trouble::new(ProblemCode::AddressInvalid).with("address", clean_line(given, 200)));
            }
            Some(given) => format!("https://{given}"),
            None if !settings.address.is_empty() => settings.address,
            None if self.options.practice => settings.suggested_address,
            None => return Err(Trouble::new(ProblemCode::AddressNeeded)),
        };
        check_address(&address, self.options.practice)
            .map_err(|e| trouble::from_address(&e, &clean_line(&address, 200), ProblemCode::AddressInvalid))
    }

    /// How our company is called.
    pub(crate) async fn company(&self, account: &twinline_store::Account) -> Result<String, Trouble> {
        Ok(account.company(self.db.read(|tx| tx.setting("company")).await?))
    }
}

/// What an invitation says, if anything.
fn said(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| name.to_owned())
}

/// What opens the partner's Twinline at the code, where that is installed.
fn link(code: &str) -> String {
    format!("twinline://accept?code={}", code.split_whitespace().collect::<String>())
}

/// The partner's node answered, and does not let us in: asking again changes nothing.
fn is_refusal(code: ProblemCode) -> bool {
    use ProblemCode as P;
    matches!(
        code,
        P::InvitationExpired
            | P::InvitationUsed
            | P::InvitationWithdrawn
            | P::InvitationDeclined
            | P::InvitationUnknown
            | P::InvitationOwn
            | P::PartnerRejected
            | P::PartnerOlder
            | P::PartnerNewer
    )
}

pub(crate) fn internal(error: &dyn std::fmt::Display) -> Trouble {
    Trouble::new(ProblemCode::Internal).with("detail", error.to_string())
}

/// Reads the code kept for a connection.
pub(crate) fn kept_invitation(code: &SecretString) -> Result<Invitation, Trouble> {
    Invitation::read(code.expose_secret()).map_err(|e| trouble::from_invitation(&e))
}

#[cfg(test)]
mod tests {
    use twinline_link::invitation::Carrier;
    use twinline_model::connection::Approval;

    use super::*;
    use crate::samples::open;

    fn code(carriers: Vec<Carrier>) -> String {
        let key = StaticKey::generate().expect("randomness");
        let issuer = Issuer { company: "ACME".to_owned(), ..Issuer::default() };
        let made = Invitation::issue(&key, &issuer, carriers, 4_000_000_000, Mode::Basic, Approval::Ask);
        made.expect("randomness").encode().expose_secret().to_owned()
    }

    /// What is left of the ways of a later version are none; so it is with this relay for a version that knows no relays.
    #[tokio::test]
    async fn an_invitation_whose_ways_are_all_unknown_asks_for_an_update() {
        let folder = tempfile::tempdir().expect("a folder");
        let node = open(folder.path()).await;
        let nowhere = Carrier::Iroh { endpoint: [7; 32], relay: None };
        for carriers in [vec![], vec![nowhere]] {
            let refused = node.read_invitation(&code(carriers)).await.expect_err("no way");
            assert_eq!(refused.code, ProblemCode::InvitationTooNew);
        }
    }

    #[tokio::test]
    async fn an_invitation_through_a_relay_says_where_both_meet() {
        let folder = tempfile::tempdir().expect("a folder");
        let node = open(folder.path()).await;
        let at = |relay: &str| vec![Carrier::Iroh { endpoint: [7; 32], relay: Some(relay.to_owned()) }];
        let seen = node.read_invitation(&code(at("https://relay.acme.example"))).await.expect("read");
        assert_eq!((seen.address.as_str(), seen.relay), ("https://relay.acme.example", true));
        let inside = node.read_invitation(&code(at("http://169.254.169.254"))).await.expect_err("never");
        assert_eq!(inside.code, ProblemCode::InvitationAddressRefused);
    }
}
