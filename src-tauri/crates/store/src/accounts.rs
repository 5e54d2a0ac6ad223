//! Sign-ins to tracker sites, how far each was polled, and which issues were seen in which form.

use rusqlite::{Row, params};
use twinline_model::{AccountId, IssueId};

use crate::codec::{Columns, sum_of};
use crate::{Result, Tx};

/// A sign-in to a tracker site. Its token is in the keychain, under its id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Local to this node.
    pub id: AccountId,
    /// As `acme.atlassian.net`: its name when it was first signed in to. Origins are made of it, so it stays when the site is
    /// renamed.
    pub site: String,
    /// Where its API is called: at a site that was renamed, its new address.
    pub base_url: String,
    /// The sign-in's e-mail address.
    pub email: String,
    /// The tracker's id of the person.
    pub user: String,
    /// As the tracker calls the person.
    pub display_name: String,
    /// How many projects it may create issues in, as last seen.
    pub projects: u32,
    /// The tracker accepted it when it was last used.
    pub signed_in: bool,
    /// The poll's cursor: the newest `updated` that was read, on the tracker's clock.
    pub since_ms: Option<i64>,
    /// The last successful poll, on our clock, for people.
    pub checked_ms: Option<i64>,
    /// The day on which its token ends, as `2027-03-01`, where a person entered one.
    pub token_ends: Option<String>,
    /// The tracker's own id of the site, which a new name does not change; `None`: it was not told yet.
    pub cloud: Option<String>,
}

impl Account {
    /// How our company is called: as in the settings, else the site's first word, else (a site without a name) the first word of
    /// the sign-in's mail domain.
    pub fn company(&self, named: Option<String>) -> String {
        if let Some(name) = named.filter(|name| !name.trim().is_empty()) {
            return name;
        }
        let first = |host: &str| host.split(['.', ':']).next().unwrap_or(host).to_owned();
        let word = first(&self.site);
        if word.chars().any(char::is_alphabetic) && word != "localhost" {
            return word;
        }
        self.email.split_once('@').map_or(word, |(_, domain)| first(domain))
    }
}

const COLUMNS: &str = "id, site, base_url, email, user, display_name, projects, signed_in, since_ms, checked_ms, token_ends, cloud, sum";

/// What an account is, as SQL: the text that its checksum is made of.
pub(crate) const IDENTITY: &str =
    "id || char(10) || site || char(10) || base_url || char(10) || email || char(10) || user";

fn read(row: &Row<'_>) -> rusqlite::Result<Account> {
    let mut column = Columns::of(row);
    let account = Account {
        id: column.id()?,
        site: column.next()?,
        base_url: column.next()?,
        email: column.next()?,
        user: column.next()?,
        display_name: column.next()?,
        projects: column.next()?,
        signed_in: column.next()?,
        since_ms: column.next()?,
        checked_ms: column.next()?,
        token_ends: column.next()?,
        cloud: column.next()?,
    };
    // As `check_sum` does: one without a sum fits.
    let sum: Option<i64> = column.next()?;
    match sum.is_none_or(|sum| sum == sum_of_account(&account)) {
        true => Ok(account),
        false => Err(rusqlite::Error::FromSqlConversionFailure(
            0,
            rusqlite::types::Type::Text,
            "it does not fit its checksum".into(),
        )),
    }
}

/// The sum of [`IDENTITY`].
fn sum_of_account(a: &Account) -> i64 {
    let parts = [a.id.as_str(), &a.site, &a.base_url, &a.email, &a.user];
    sum_of(parts.join("\n").as_bytes())
}

fn calls(account: &AccountId) -> String {
    format!("calls {account}")
}

impl Tx<'_> {
    /// All of them, by site and e-mail.
    pub fn accounts(&self) -> Result<Vec<Account>> {
        self.rows("account", &format!("SELECT {COLUMNS} FROM account ORDER BY site, email, id"), [], read)
    }

    /// One.
    pub fn account(&self, account: &AccountId) -> Result<Option<Account>> {
        let sql = format!("SELECT {COLUMNS} FROM account WHERE id = ?1");
        self.row("account", &sql, [account.as_str()], read)
    }

    /// Adds one.
    pub fn insert_account(&mut self, account: &Account) -> Result<()> {
        let a = account;
        self.run(
            "INSERT INTO account (id, site, base_url, email, user, display_name, projects, signed_in, since_ms,
                 checked_ms, token_ends, cloud, sum)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                a.id.as_str(),
                a.site,
                a.base_url,
                a.email,
                a.user,
                a.display_name,
                a.projects,
                a.signed_in,
                a.since_ms,
                a.checked_ms,
                a.token_ends,
                a.cloud,
                sum_of_account(a)
            ],
        )?;
        Ok(())
    }

    /// Replaces all that is known of one.
    pub fn update_account(&mut self, account: &Account) -> Result<()> {
        let a = account;
        self.must(
            "account",
            "UPDATE account SET site = ?2, base_url = ?3, email = ?4, user = ?5, display_name = ?6, projects = ?7,
                 signed_in = ?8, since_ms = ?9, checked_ms = ?10, token_ends = ?11, cloud = ?12, sum = ?13
             WHERE id = ?1",
            params![
                a.id.as_str(),
                a.site,
                a.base_url,
                a.email,
                a.user,
                a.display_name,
                a.projects,
                a.signed_in,
                a.since_ms,
                a.checked_ms,
                a.token_ends,
                a.cloud,
                sum_of_account(a)
            ],
        )
    }

    /// A poll is through.
    pub fn set_cursor(&mut self, account: &AccountId, since_ms: i64, checked_ms: i64) -> Result<()> {
        self.must(
            "account",
            "UPDATE account SET since_ms = ?2, checked_ms = ?3 WHERE id = ?1",
            params![account.as_str(), since_ms, checked_ms],
        )
    }

    /// How many calls were made with it lately, as the process that makes them writes it.
    pub fn calls(&self, account: &AccountId) -> Result<Option<String>> {
        self.setting(&calls(account))
    }

    /// Keeps how many calls were made with it.
    pub fn keep_calls(&mut self, account: &AccountId, counted: &str) -> Result<()> {
        self.set_setting(&calls(account), counted)
    }

    /// Removes one; a `Constraint` error while a connection uses it.
    pub fn remove_account(&mut self, account: &AccountId) -> Result<()> {
        self.run("DELETE FROM account WHERE id = ?1", [account.as_str()])?;
        self.forget_setting(&calls(account))?;
        Ok(())
    }

    /// The form in which an issue was last seen by this account's poll.
    pub fn seen(&self, account: &AccountId, issue: &IssueId) -> Result<Option<String>> {
        self.row(
            "seen",
            "SELECT fingerprint FROM seen WHERE account = ?1 AND issue = ?2",
            [account.as_str(), issue.as_str()],
            |r| r.get(0),
        )
    }

    /// Notes the form in which an issue was seen.
    pub fn set_seen(&mut self, account: &AccountId, issue: &IssueId, fingerprint: &str) -> Result<()> {
        self.run(
            "INSERT INTO seen (account, issue, fingerprint) VALUES (?1, ?2, ?3)
             ON CONFLICT (account, issue) DO UPDATE SET fingerprint = excluded.fingerprint",
            [account.as_str(), issue.as_str(), fingerprint],
        )?;
        Ok(())
    }

    /// The next look takes this issue for new.
    pub fn forget_seen_issue(&mut self, account: &AccountId, issue: &IssueId) -> Result<()> {
        self.run("DELETE FROM seen WHERE account = ?1 AND issue = ?2", [account.as_str(), issue.as_str()])?;
        Ok(())
    }

    /// The next poll takes every issue for new.
    pub fn forget_seen(&mut self, account: &AccountId) -> Result<()> {
        self.run("DELETE FROM seen WHERE account = ?1", [account.as_str()])?;
        Ok(())
    }
}
