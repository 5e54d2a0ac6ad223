//! What an admin can do with a connection, and the node's settings.

use twinline_model::ConnectionId;
use twinline_model::connection::{Connection, Role, Stage};
use twinline_model::notification::Fact;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::text::clean_line;
use twinline_model::view::Settings;
use twinline_store::{InvitedState, StoreError, Tx};

use crate::node::Node;
use crate::sync::doubled;
use crate::time::now_ms;
use crate::words::say;
use crate::{keys, trouble};

impl Node {
    /// Lets the partner who accepted in: from now on issues are synced.
    pub async fn approve(&self, id: &ConnectionId) -> Result<(), Trouble> {
        self.decide(id, Stage::Connected).await
    }

    /// Turns the partner who accepted away.
    pub async fn reject(&self, id: &ConnectionId) -> Result<(), Trouble> {
        self.decide(id, Stage::Ended).await
    }

    async fn decide(&self, id: &ConnectionId, stage: Stage) -> Result<(), Trouble> {
        let connection = self.connection_row(id).await?;
        let waits = |c: &Connection| c.role == Role::Public && c.stage == Stage::AwaitingApproval;
        if !waits(&connection) {
            return Err(Trouble::new(ProblemCode::ConnectionNotWaiting)
                .with("partner", self.partner_words(&connection)));
        }
        // Issues of today stay; what is created from now on is synced. Unread now, it is read at the next poll.
        let above = match (stage, connection.existing) {
            (Stage::Connected, false) => self.highest_number(&connection).await.ok(),
            _ => None,
        };
        self.change(id, move |c| {
            if waits(c) {
                c.stage = stage;
                c.above = c.above.or(above);
            }
        })
        .await
    }

    async fn highest_number(&self, connection: &Connection) -> Result<u64, Trouble> {
        let account = self.account(&connection.account).await?;
        let tracker = self.hub.tracker(&account, &self.secrets).await?;
        tracker.highest_number(&connection.project).await.map_err(|e| trouble::from_read(&e, &account.site))
    }

    /// Lets the internal comments of our service project leave as well, or keeps them at home. Every issue is looked at again,
    /// so that what was written before leaves too, or is taken back.
    pub async fn set_internal_comments(&self, id: &ConnectionId, leave: bool) -> Result<(), Trouble> {
        self.connection_row(id).await?;
        let id = id.clone();
        self.db
            .write(move |tx| {
                let Some(mut connection) = tx.connection(&id)? else { return Ok(()) };
                if connection.internal_comments == leave {
                    return Ok(());
                }
                connection.internal_comments = leave;
                tx.update_connection(&connection)?;
                // As if it had last been done at the beginning of time.
                tx.set_census_ms(&id, 0)
            })
            .await?;
        self.wake();
        self.changed();
        Ok(())
    }

    /// Withdraws an invitation, or ends a connection; the issues of both sides stay. A connection that has ended already
    /// goes from the list.
    pub async fn remove(&self, id: &ConnectionId) -> Result<(), Trouble> {
        let connection = self.connection_row(id).await?;
        match connection.stage {
            Stage::Invited | Stage::Declined | Stage::Ended => self.forget_connection(id).await,
            // The partner is told at the next contact; the keys are needed for that.
            Stage::AwaitingApproval | Stage::Connected => self.change(id, |c| c.stage = Stage::Ended).await,
        }
    }

    pub(crate) async fn forget_connection(&self, id: &ConnectionId) -> Result<(), Trouble> {
        let sides = self.sides_of(id).await?;
        let gone = sides.clone();
        self.db
            .write(move |tx| {
                for gone in &gone {
                    if let Some(invited) = tx.invited_of(gone)?
                        && invited.state == InvitedState::Open
                    {
                        tx.set_invited_state(&invited.id, &InvitedState::Withdrawn)?;
                    }
                    tx.delete_connection(gone)?;
                }
                doubled::settle(tx)
            })
            .await?;
        for id in sides {
            // The secret of a withdrawn invitation stays: whoever proves it is told that it was withdrawn.
            let wanted = id.clone();
            if self.db.read(move |tx| tx.invited_of(&wanted)).await?.is_none() {
                keys::forget(&self.secrets, &id).await?;
            }
        }
        self.wake();
        self.changed();
        Ok(())
    }

    /// Changes a connection and makes a new statement of it for the partner. Where both projects are in this app it is one
    /// connection for people: both sides change at once.
    pub(crate) async fn change(
        &self,
        id: &ConnectionId,
        change: impl Fn(&mut Connection) + Send + 'static,
    ) -> Result<(), Trouble> {
        let sides = self.sides_of(id).await?;
        self.db.write(move |tx| sides.iter().try_for_each(|id| change_one(tx, id, &change))).await?;
        self.wake();
        self.changed();
        Ok(())
    }

    /// The connection, and the other side's row where both projects are in this app.
    pub(crate) async fn sides_of(&self, id: &ConnectionId) -> Result<Vec<ConnectionId>, Trouble> {
        let row = self.connection_row(id).await?;
        Ok(std::iter::once(row.id.clone()).chain(row.other_side()).collect())
    }

    pub(crate) async fn connection_row(&self, id: &ConnectionId) -> Result<Connection, Trouble> {
        let wanted = id.clone();
        let found = self.db.read(move |tx| tx.connection(&wanted)).await?;
        found.ok_or_else(|| Trouble::new(ProblemCode::ConnectionUnknown).with("connection", id.as_str()))
    }

    /// What people call the partner.
    pub(crate) fn partner_words(&self, connection: &Connection) -> String {
        connection.partner_name().map_or_else(|| say("partner-unknown", &[]), str::to_owned)
    }

    /// Asks all trackers and partners now, for a while also outside working hours.
    pub async fn sync_now(&self) -> Result<(), Trouble> {
        self.lift_hours(false).await?;
        self.wake();
        Ok(())
    }

    /// Has both sides of a connection compared as soon as nothing is on its way: [`ConnectionView::compared_at`] tells when that
    /// was done. Nothing is compared while a side is paused or away.
    ///
    /// [`ConnectionView::compared_at`]: twinline_model::view::ConnectionView
    pub async fn compare_sides(&self, id: &ConnectionId) -> Result<(), Trouble> {
        for side in self.sides_of(id).await? {
            self.hub.room(&side).compare_anew();
        }
        Ok(())
    }

    /// What this node says of itself.
    pub async fn settings(&self) -> Settings {
        let read = self
            .db
            .read(|tx| {
                let suggested = tx.accounts()?.first().map(|account| account.company(None));
                Ok((
                    tx.setting("company")?,
                    tx.setting("address")?,
                    tx.setting("relay")?,
                    suggested.unwrap_or_default(),
                ))
            })
            .await;
        let (company, address, relay, suggested_company) = read.unwrap_or_default();
        let listen = self.options.listen;
        let suggested_address = match listen {
            Some(listen) if !listen.ip().is_unspecified() => format!("http://{listen}"),
            _ => match our_address() {
                Some(ip) => {
                    format!("http://{}", std::net::SocketAddr::new(ip, listen.map_or(7700, |l| l.port())))
                }
                None => String::new(),
            },
        };
        // One that no partner may call is no suggestion: a public address needs TLS in front of it.
        let may_be_called = twinline_link::address::check_address(&suggested_address, self.options.practice);
        let suggested_address = if may_be_called.is_ok() { suggested_address } else { String::new() };
        Settings {
            company: company.unwrap_or_default(),
            suggested_company,
            address: address.unwrap_or_default(),
            suggested_address,
            relay: relay.unwrap_or_default(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            folder: self.options.data.display().to_string(),
            secrets: self.secrets.kind(),
            practice: self.options.practice,
        }
    }

    /// Changes the company's name and the address where partners can call this computer; empty leaves it open.
    pub async fn set_settings(&self, company: &str, address: &str) -> Result<Settings, Trouble> {
        let (company, address) = (clean_line(company, 40), address.trim().to_owned());
        let address = match address.is_empty() {
            true => address,
            false => twinline_link::address::check_address(&address, self.options.practice).map_err(|e| {
                trouble::from_address(&e, &clean_line(&address, 200), ProblemCode::AddressInvalid)
            })?,
        };
        self.db
            .write(move |tx| {
                tx.set_setting("company", &company)?;
                tx.set_setting("address", &address)
            })
            .await?;
        self.changed();
        Ok(self.settings().await)
    }

    /// Whether a link may be opened in the browser: it leads to one of our own sites, or to a partner's site as their
    /// issues name it, over http or https.
    pub async fn allowed_link(&self, url: &str) -> bool {
        let Ok(url) = url::Url::parse(url) else { return false };
        if !matches!(url.scheme(), "https" | "http") {
            return false;
        }
        let Some(host) = url.host_str() else { return false };
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let known = self.db.read(|tx| Ok((tx.accounts()?, tx.connections()?))).await;
        let Ok((accounts, connections)) = known else { return false };
        let help = host == "id.atlassian.com";
        help || accounts.iter().any(|a| a.site == host)
            || connections.iter().any(|c| c.partner.as_ref().is_some_and(|p| p.site == host))
    }
}

fn change_one(
    tx: &mut Tx<'_>,
    id: &ConnectionId,
    change: &impl Fn(&mut Connection),
) -> Result<(), StoreError> {
    // Read in the same transaction: a loop may have changed the row a moment ago.
    let Some(mut connection) = tx.connection(id)? else { return Ok(()) };
    let before = connection.clone();
    change(&mut connection);
    if connection == before {
        return Ok(());
    }
    tx.update_connection(&connection)?;
    // Nobody is told what they did themselves: that a connection ended, or whom they approved.
    match connection.stage {
        Stage::Ended => {
            tx.note_known(&Fact::Left(connection.id.clone()), now_ms())?;
            doubled::settle(tx)?;
            twinline_sync::questions::end(tx, &connection)?;
        }
        Stage::Connected if before.stage == Stage::AwaitingApproval => {
            tx.note_known(&Fact::Accepted(connection.id.clone()), now_ms())?;
        }
        _ => {}
    }
    let mut link = tx.link(&connection.id)?;
    link.statement_generation += 1;
    tx.set_link(&connection.id, &link)
}

/// The address that this computer has in its own network, found without sending anything: connecting a UDP socket only
/// chooses a route (RFC 5737's documentation range is never answered).
fn our_address() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
}
