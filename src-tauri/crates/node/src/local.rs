//! Connecting two projects that are both in this app: two sides of one node, made in one transaction, without an invitation.
//!
//! Each side is a row of its own, the first public and the second private, and the second asks the first as any private side
//! does ([`crate::sync`]). Sync rules, filters, problems and pairs are each side's; to pause and to end it is one connection.

use twinline_link::keys::Psk;
use twinline_model::connection::{Approval, Connection, Mode, Partner, Role, Stage};
use twinline_model::notification::Fact;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{ConnectionView, LocalRequest, LocalSide};
use twinline_model::{ConnectionId, NodeId, ProjectKey};
use twinline_store::{Account, StoreError, Tx};

use crate::inviting::internal;
use crate::keys::random_hex;
use crate::node::Node;
use crate::time::now_ms;
use crate::{keys, trouble};

/// A side that was checked.
struct Side {
    id: ConnectionId,
    account: Account,
    /// What people call the project.
    project_name: String,
    /// The issues of today stay: what has a higher number is synced.
    above: Option<u64>,
    chosen: LocalSide,
}

impl Node {
    /// Connects two projects of this app; answers how the first side sees it.
    ///
    /// # Errors
    /// Both are one project, they are connected already, or one of them cannot be synced.
    pub async fn connect_local(&self, request: &LocalRequest) -> Result<ConnectionView, Trouble> {
        let (from, to) =
            (self.account(&request.from.account).await?, self.account(&request.to.account).await?);
        if is_same_site(&from, &to) && request.from.project == request.to.project {
            return Err(Trouble::new(ProblemCode::SameProject)
                .with("project", request.from.project.as_str())
                .with("site", from.site));
        }
        let repeated = || {
            Trouble::new(ProblemCode::ConnectionRepeated)
                .with("project", request.from.project.as_str())
                .with("partner", request.to.project.as_str())
        };
        let ends = [(from.clone(), request.from.project.clone()), (to.clone(), request.to.project.clone())];
        let asked = ends.clone();
        if self.db.read(move |tx| are_connected(tx, &asked)).await? {
            return Err(repeated());
        }
        let from = self.checked(from, &request.from).await?;
        let to = self.checked(to, &request.to).await?;
        // The keys of what they leave in their trackers. Secrets first: a row without its keys could never be used.
        for side in [&from, &to] {
            keys::keep_psk(&self.secrets, &side.id, &Psk::generate().map_err(|e| internal(&e))?).await?;
        }
        let made_keys = [from.id.clone(), to.id.clone()];
        let now = now_ms();
        let first = row(&from, &to, Role::Public, now);
        // Listed behind the first.
        let second = row(&to, &from, Role::Private, now + 1);
        let id = first.id.clone();
        let made = self
            .db
            .write(move |tx| {
                // Meanwhile somebody may have connected them in another place.
                if are_connected(tx, &ends)? {
                    return Ok(false);
                }
                // A person needs not be told what they did themselves.
                tx.note_known(&Fact::Accepted(first.id.clone()), now)?;
                [&first, &second].into_iter().try_for_each(|row| insert(tx, row, now))?;
                Ok(true)
            })
            .await;
        if !matches!(made, Ok(true)) {
            for id in &made_keys {
                keys::forget(&self.secrets, id).await?;
            }
        }
        if !made? {
            return Err(repeated());
        }
        self.wake();
        self.changed();
        self.connection(&id).await
    }

    async fn checked(&self, account: Account, chosen: &LocalSide) -> Result<Side, Trouble> {
        let project_name = self.check_project(&account, &chosen.project).await?;
        self.check_filter(&account, &chosen.project, chosen.filter.as_deref()).await?;
        let above = match chosen.existing {
            true => None,
            // A number, because clocks differ.
            false => {
                let tracker = self.hub.tracker(&account, &self.secrets).await?;
                let highest = tracker.highest_number(&chosen.project).await;
                Some(highest.map_err(|e| trouble::from_read(&e, &account.site))?)
            }
        };
        let id = ConnectionId::new(random_hex());
        Ok(Side { id, account, project_name, above, chosen: chosen.clone() })
    }
}

/// Whether the two projects are connected within this app, either way round.
fn are_connected(tx: &Tx<'_>, [from, to]: &[(Account, ProjectKey); 2]) -> Result<bool, StoreError> {
    let (rows, accounts) = (tx.connections()?, tx.accounts()?);
    let is = |row: &Connection, (account, project): &(Account, ProjectKey)| {
        let of_row = accounts.iter().find(|a| a.id == row.account);
        row.project == *project && of_row.is_some_and(|of_row| is_same_site(of_row, account))
    };
    let between = |row: &&Connection| {
        let other = row.other_side().filter(|_| !row.stage.is_over());
        let other = other.and_then(|id| rows.iter().find(|c| c.id == id));
        other.is_some_and(|other| is(row, from) && is(other, to))
    };
    // Both sides are rows, so that each way round is found.
    Ok(rows.iter().any(|row| between(&row)))
}

/// A site that was renamed keeps its own id.
fn is_same_site(a: &Account, b: &Account) -> bool {
    a.site == b.site || (a.cloud.is_some() && a.cloud == b.cloud)
}

fn row(ours: &Side, theirs: &Side, role: Role, created_ms: i64) -> Connection {
    let chosen = &ours.chosen;
    Connection {
        id: ours.id.clone(),
        role,
        mode: Mode::Basic,
        rules: 0,
        stage: Stage::Connected,
        account: ours.account.id.clone(),
        project: chosen.project.clone(),
        given_name: None,
        partner: Some(Partner {
            node: NodeId::new(theirs.id.as_str()),
            name: name(theirs, ours),
            site: theirs.account.site.clone(),
            person: theirs.account.display_name.clone(),
            project: theirs.chosen.project.to_string(),
        }),
        address: Connection::local_address(&theirs.id),
        approval: Approval::CodeHolder,
        filter: crate::what::tidied(chosen.filter.as_deref()),
        default_type: chosen.default_type.clone(),
        above: ours.above,
        existing: chosen.existing,
        name_authors: chosen.name_authors,
        internal_comments: chosen.internal_comments,
        paused: None,
        partner_paused: false,
        created_ms,
    }
}

/// What one side calls the other: by its project, as far as that tells the two apart.
fn name(side: &Side, other: &Side) -> String {
    let Side { project_name, account, chosen, .. } = side;
    match project_name {
        empty if empty.is_empty() => chosen.project.to_string(),
        name if *name != other.project_name => name.clone(),
        name if !is_same_site(account, &other.account) => format!("{name} ({})", account.site),
        name => format!("{name} ({})", chosen.project),
    }
}

fn insert(tx: &mut Tx<'_>, row: &Connection, now: i64) -> Result<(), StoreError> {
    tx.insert_connection(row)?;
    let mut link = tx.link(&row.id)?;
    link.last_contact_ms = Some(now);
    link.statement_generation += 1;
    tx.set_link(&row.id, &link)
}
