//! `twinline-node connection …`.

use std::io;

use serde::Serialize;
use twinline_model::connection::{Approval, Mode};
use twinline_model::pause::PauseUntil;
use twinline_model::view::{
    AcceptRequest, ConnectionState, ConnectionView, InitiateRequest, LocalRequest, LocalSide,
};
use twinline_model::{ConnectionId, ProjectKey};
use twinline_node::Node;
use twinline_node::words::say;

use super::show;
use crate::args::{self, Accept, Connection, Initiate, Local, Switch};
use crate::{Failure, input, print};

/// What `initiate --json` answers. The code is the only secret that this program ever prints.
#[derive(Serialize)]
struct Initiated {
    connection: ConnectionId,
    code: String,
    expires_at: String,
    address: String,
    relay: bool,
    listening: bool,
}

/// Makes, shows and changes connections.
pub async fn run(node: &Node, command: Connection, json: bool) -> Result<(), Failure> {
    match command {
        Connection::Initiate(what) => initiate(node, what, json).await?,
        Connection::Accept(what) => accept(node, what, json).await?,
        Connection::Local(what) => local(node, what, json).await?,
        Connection::Decline => {
            let text = input::invitation(node).await?;
            let partner = node.decline(&text).await?;
            eprintln!("{}", print::plain(&say("cli-declined", &[("partner", &partner)])));
        }
        Connection::List => {
            let connections = node.connections().await?;
            let mut out = io::stdout().lock();
            if json {
                print::json(&mut out, &connections)?;
            } else {
                show::connections(&mut out, &connections)?;
            }
        }
        Connection::Show(which) => {
            let connection = node.connection(&show::connection_of(node, &which.id).await?).await?;
            if json {
                print::json(&mut io::stdout().lock(), &connection)?;
            } else {
                one(&connection)?;
            }
        }
        Connection::Approve(which) => {
            let id = show::connection_of(node, &which.id).await?;
            node.approve(&id).await?;
            let partner = node.connection(&id).await?.partner_name;
            eprintln!("{}", print::plain(&say("cli-approved", &[("partner", &partner)])));
        }
        Connection::Reject(which) => {
            let id = show::connection_of(node, &which.id).await?;
            node.reject(&id).await?;
            tell(node, &id).await?;
        }
        Connection::Pause(what) => {
            let id = show::connection_of(node, &what.id).await?;
            let until = match (what.time, what.until_tomorrow) {
                (Some(seconds), _) => PauseUntil::Seconds(seconds),
                (None, true) => PauseUntil::Tomorrow,
                (None, false) => PauseUntil::Resumed,
            };
            node.pause(&id, until).await?;
            changed(node, &id, json).await?;
        }
        Connection::Resume(which) => {
            let id = show::connection_of(node, &which.id).await?;
            node.resume(&id).await?;
            changed(node, &id, json).await?;
        }
        Connection::InternalComments(what) => {
            let id = show::connection_of(node, &what.id).await?;
            let before = node.connection(&id).await?;
            let leave = what.leave == Switch::On;
            let facts = [("partner", before.partner_name.as_str()), ("project", before.project.as_str())];
            if leave && !before.internal_comments && !what.yes && !input::agrees("cli-ask-internal", &facts)?
            {
                return Err(Failure::Usage(say("cli-internal-yes", &facts)));
            }
            node.set_internal_comments(&id, leave).await?;
            match json {
                true => changed(node, &id, json).await?,
                false => {
                    let sentence = if leave { "cli-internal-leave" } else { "cli-internal-stay" };
                    eprintln!("{}", print::plain(&say(sentence, &facts)));
                }
            }
        }
        Connection::What(what) => super::what::run(node, what, json).await?,
        Connection::Remove(which) => {
            let id = show::connection_of(node, &which.id).await?;
            node.remove(&id).await?;
            eprintln!("{}", say("cli-removed", &[]));
        }
    }
    Ok(())
}

/// How the connection stands now is no answer for a script, so it goes where people read.
async fn tell(node: &Node, id: &ConnectionId) -> Result<(), Failure> {
    eprintln!("{}", print::plain(&node.connection(id).await?.sentence));
    Ok(())
}

/// As [`tell`]; with `--json`, the connection as it stands now.
async fn changed(node: &Node, id: &ConnectionId, json: bool) -> Result<(), Failure> {
    if json {
        let connection = node.connection(id).await?;
        print::json(&mut io::stdout().lock(), &connection)?;
        return Ok(());
    }
    tell(node, id).await
}

async fn initiate(node: &Node, what: Initiate, json: bool) -> Result<(), Failure> {
    let request = InitiateRequest {
        account: show::account_of(node, &what.account).await?,
        project: ProjectKey::new(what.project),
        partner_name: what.partner_name.unwrap_or_default(),
        address: what.address,
        relay: what.relay,
        mode: match what.mode {
            args::Mode::Basic => Mode::Basic,
            args::Mode::Script => Mode::Script,
        },
        approval: match what.approve {
            args::Approve::Ask => Approval::Ask,
            args::Approve::CodeHolder => Approval::CodeHolder,
        },
        default_type: what.scope.default_type,
        filter: what.scope.filter,
        existing: what.scope.existing,
        name_authors: !what.scope.no_authors,
        internal_comments: what.scope.internal_comments,
    };
    let made = node.initiate(&request).await?;
    let mut out = io::stdout().lock();
    if json {
        let answer = Initiated {
            connection: made.connection,
            code: made.code,
            expires_at: made.expires_at,
            address: made.address,
            relay: made.relay,
            listening: made.listening,
        };
        print::json(&mut out, &answer)?;
    } else {
        print::line(&mut out, &made.code)?;
    }
    Ok(())
}

async fn accept(node: &Node, what: Accept, json: bool) -> Result<(), Failure> {
    let invitation = input::invitation(node).await?;
    let request = AcceptRequest {
        invitation,
        account: show::account_of(node, &what.account).await?,
        project: ProjectKey::new(what.project),
        default_type: what.scope.default_type,
        filter: what.scope.filter,
        existing: what.scope.existing,
        name_authors: !what.scope.no_authors,
        internal_comments: what.scope.internal_comments,
    };
    let connection = node.accept(&request).await?;
    if connection.state != ConnectionState::UpToDate {
        // Accepted, but not there yet: who is waited for is no answer, and no failure either.
        eprintln!("{}", print::plain(&connection.sentence));
    }
    let mut out = io::stdout().lock();
    if json {
        print::json(&mut out, &connection)?;
    } else {
        print::line(&mut out, connection.id.as_str())?;
    }
    Ok(())
}

async fn local(node: &Node, what: Local, json: bool) -> Result<(), Failure> {
    let account = show::account_of(node, &what.account).await?;
    let to_account = match &what.to_account {
        Some(typed) => show::account_of(node, typed).await?,
        None => account.clone(),
    };
    let request = LocalRequest {
        from: LocalSide {
            account,
            project: ProjectKey::new(what.project),
            default_type: what.scope.default_type,
            filter: what.scope.filter,
            existing: what.scope.existing,
            name_authors: !what.scope.no_authors,
            internal_comments: what.scope.internal_comments,
        },
        to: LocalSide {
            account: to_account,
            project: ProjectKey::new(what.to_project),
            default_type: what.to.to_default_type,
            filter: what.to.to_filter,
            existing: what.to.to_existing,
            name_authors: !what.to.to_no_authors,
            internal_comments: what.to.to_internal_comments,
        },
    };
    let connection = node.connect_local(&request).await?;
    let mut out = io::stdout().lock();
    match json {
        true => print::json(&mut out, &connection)?,
        false => print::line(&mut out, connection.id.as_str())?,
    }
    Ok(())
}

/// Every fact of one connection, one a line.
fn one(c: &ConnectionView) -> io::Result<()> {
    let role = say("cli-role", &[("role", &show::word(&c.role))]);
    let mode = say("cli-mode", &[("mode", &show::word(&c.mode))]);
    let maybe = |text: &Option<String>| text.clone().unwrap_or_default();
    print::facts(
        &mut io::stdout().lock(),
        &[
            ("cli-col-id", c.id.to_string()),
            ("cli-col-partner", c.partner_name.clone()),
            ("cli-col-partner-site", maybe(&c.partner_site)),
            ("cli-col-partner-project", maybe(&c.partner_project)),
            ("cli-col-partner-person", maybe(&c.partner_person)),
            ("cli-col-comparison", maybe(&c.comparison_number)),
            ("cli-col-role", role),
            ("cli-col-other-side", c.other_side.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("cli-col-mode", mode),
            ("cli-col-site", c.site.clone()),
            ("cli-col-project", c.project.to_string()),
            ("cli-col-internal", say(if c.internal_comments { "cli-yes" } else { "cli-no" }, &[])),
            ("cli-col-state", c.sentence.clone()),
            ("cli-col-resumes", maybe(&c.resumes_at)),
            ("cli-col-pairs", c.pairs.to_string()),
            ("cli-col-out", c.waiting.out.to_string()),
            ("cli-col-in", c.waiting.r#in.to_string()),
            ("cli-col-problems", c.problems.to_string()),
            ("cli-col-address", c.address.clone()),
            ("cli-col-invitation-until", maybe(&c.invitation_expires_at)),
            ("cli-col-checked", maybe(&c.last_checked_at)),
            ("cli-col-compared", maybe(&c.compared_at)),
            ("cli-col-healed", if c.healed > 0 { c.healed.to_string() } else { String::new() }),
            ("cli-col-contact", maybe(&c.last_partner_contact_at)),
            ("cli-col-activity", maybe(&c.last_activity)),
        ],
    )
}
