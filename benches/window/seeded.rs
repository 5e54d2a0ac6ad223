//! A data folder as large as the design has in mind: 50 connections, 10,000 pairs, and what happened to each of them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::SecretString;
use twinline_model::connection::{Approval, Connection, Mode, Partner, Role, Stage};
use twinline_model::observed::ObservedIssue;
use twinline_model::pair::{OurIssue, Pair, Side, TheirIssue};
use twinline_model::replica::Version;
use twinline_model::view::{ActivityKind, Direction, PairStanding};
use twinline_model::{
    AccountId, ConnectionId, Document, IssueId, IssueKey, NodeId, Origin, PairId, ProjectKey,
};
use twinline_node::{Node, Options, SecretsChoice};
use twinline_store::{ActivityRow, Fresh, PairFlags, Result, Store, Tx};

use crate::desktop::{Desktop, free_port};
use crate::sites::Company;

const CONNECTIONS: usize = 50;
const PAIRS: usize = 10_000;
/// On each connection but the first, which has the rest.
const FEW: usize = 10;
const WORDS: &str = "The printer on the second floor reports an empty tray although it was filled this morning; \
    the display goes dark after a minute, and the queue has to be cleared by hand before anybody can print again. ";

/// The folder, and the practice Jira that its account is signed in to.
pub struct Seeded {
    /// Where the data lies.
    pub data: PathBuf,
    /// The connection with most of the pairs.
    pub large: ConnectionId,
    _jira: Company,
}

impl Seeded {
    /// Signs in as the window does, and writes the rest through the store.
    pub async fn make(desktop: &Desktop) -> Self {
        let data = desktop.home().join("seeded");
        let jira = Company::start("acme", "token-of-acme-for-the-bench").await;
        let options = Options { secrets: SecretsChoice::File, practice: true, ..Options::new(data.clone()) };
        let node = Node::open(options).await.unwrap();
        let token = SecretString::from(jira.token());
        let account = node.add_account(jira.url(), jira.email(), token).await.unwrap().id;
        node.stop().await;
        drop(node);
        // The database is there: it keeps the names that the node gave it.
        let fresh = Fresh { node: NodeId::new("a".repeat(32)), incarnation: "bench".to_owned() };
        let store = Store::open(&data.join("twinline.db"), fresh).unwrap();
        let port = free_port();
        let now_ms = jiff::Timestamp::now().as_millisecond();
        store.write(|tx| (0..CONNECTIONS).try_for_each(|n| connect(tx, n, &account, port, now_ms))).unwrap();
        Self { data, large: id(0), _jira: jira }
    }

    /// With what the app is started.
    pub fn args(&self) -> [&str; 7] {
        let data = self.data.to_str().unwrap();
        // So seldom that no look at the tracker falls into a measurement.
        ["--data", data, "--secrets", "file", "--practice", "--check-every", "1h"]
    }
}

fn id(number: usize) -> ConnectionId {
    ConnectionId::new(format!("{number:032x}"))
}

fn connect(tx: &mut Tx<'_>, number: usize, account: &AccountId, port: u16, now_ms: i64) -> Result<()> {
    let id = id(number);
    let partner = Partner {
        node: NodeId::new(format!("{number:032x}")),
        name: format!("Partner {number:02} & Sons"),
        site: format!("partner{number}.atlassian.net"),
        person: "Pat".to_owned(),
        project: "GX".to_owned(),
    };
    tx.insert_connection(&Connection {
        id: id.clone(),
        role: Role::Public,
        mode: Mode::Basic,
        rules: 0,
        stage: Stage::Connected,
        account: account.clone(),
        project: ProjectKey::new("SUP"),
        given_name: None,
        partner: Some(partner),
        address: format!("http://127.0.0.1:{port}"),
        approval: Approval::Ask,
        filter: None,
        default_type: None,
        above: Some(0),
        existing: false,
        name_authors: true,
        internal_comments: false,
        paused: None,
        partner_paused: false,
        created_ms: now_ms,
    })?;
    let mut link = tx.link(&id)?;
    (link.last_contact_ms, link.partner_checked_ms, link.first_synced_ms) =
        (Some(now_ms), Some(now_ms), Some(now_ms));
    tx.set_link(&id, &link)?;
    tx.set_census_ms(&id, now_ms)?;
    let many = if number == 0 { PAIRS - FEW * (CONNECTIONS - 1) } else { FEW };
    (1..=many).try_for_each(|n| pair(tx, &id, number * PAIRS + n, now_ms))
}

/// A pair with its three trees, as one looks after a first sync and a few edits.
fn pair(tx: &mut Tx<'_>, connection: &ConnectionId, number: usize, now_ms: i64) -> Result<()> {
    let (key, theirs) = (format!("SUP-{number}"), format!("GX-{number}"));
    let summary = format!("Printer {number} reports an empty tray");
    let text = Document::plain(&WORDS.repeat(2));
    let origin = Origin { node: NodeId::new("b".repeat(32)), item: number.to_string() };
    let mut pair: Pair = tx.new_pair(connection, &origin, Side::Theirs)?;
    let (issue, url) =
        (IssueId::new((10_000 + number).to_string()), format!("http://127.0.0.1/browse/{key}"));
    pair.ours = Some(OurIssue { id: issue.clone(), key: IssueKey::new(&*key), url: url.clone() });
    let link = format!("https://globex.example/browse/{theirs}");
    pair.theirs = Some(TheirIssue { key: theirs.clone(), link });
    pair.local = Some(ObservedIssue {
        id: issue,
        key: IssueKey::new(&*key),
        project: ProjectKey::new("SUP"),
        url,
        created_ms: now_ms,
        updated_ms: now_ms,
        issue_type: "Bug".to_owned(),
        is_subtask: false,
        restricted: false,
        summary: summary.clone(),
        description: text.clone(),
        comments: Vec::new(),
        attachments: Vec::new(),
        marker: None,
        extras: Default::default(),
        history: Vec::new(),
        leaving: None,
    });
    for (field, value) in [(&mut pair.summary, &summary), (&mut pair.issue_type, &"Bug".to_owned())] {
        (field.base_local, field.base_remote) = (Some(value.clone()), Some(value.clone()));
        field.version = Version::default();
    }
    (pair.description.base_local, pair.description.base_remote) = (Some(text.clone()), Some(text));
    let flags = PairFlags {
        to_send: false,
        to_do: false,
        standing: PairStanding::InStep,
        urgent: false,
        place: format!("{number:032x}"),
        digest: format!("{number:064x}"),
    };
    let PairId(row) = pair.id;
    tx.save_pair(&pair, flags, Some(now_ms - row))?;
    let facts = BTreeMap::from([("type".to_owned(), "Bug".to_owned())]);
    tx.add_activity(&ActivityRow {
        id: 0,
        at_ms: now_ms,
        connection: connection.clone(),
        direction: Direction::In,
        kind: ActivityKind::Issue,
        ours: Some(key),
        theirs: Some(theirs),
        message: "activity-in-created".to_owned(),
        facts,
    })?;
    Ok(())
}
