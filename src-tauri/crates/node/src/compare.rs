//! An issue and its twin side by side: our side read from our tracker now, the partner's as far as they told us.

use std::time::Duration;

use twinline_engine::compare::{CommentFinding, FieldFinding, FileFinding, Finding};
use twinline_engine::{Underway, compare};
use twinline_link::exchange::{Body, Message};
use twinline_model::compare::{
    CompareView, ComparedComment, ComparedField, ComparedFile, Excerpt, LONGEST_COMMENT, LONGEST_TEXT, MOST,
    Way, Why,
};
use twinline_model::connection::{Connection, Mode};
use twinline_model::observed::ObservedIssue;
use twinline_model::pair::{Pair, Side};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{PairView, TextOf};
use twinline_model::{ConnectionId, PairId};
use twinline_store::{Account, StoreError, Tx};

use crate::node::Node;
use crate::time::{now_ms, rfc3339};
use crate::trouble;
use crate::words::trouble_view;
use words::Words;

mod words;

/// How long a person waits for our tracker before what is stored is shown.
const PATIENCE: Duration = Duration::from_secs(15);

/// Characters of differing comments that are shown whole; later ones are cut as those that are equal.
const BUDGET: usize = 400_000;

/// What the store knows of a pair.
struct Known {
    pair: Pair,
    row: PairView,
    underway: Underway,
    checked_ms: Option<i64>,
    company: String,
}

impl Node {
    /// Compares the two sides of a pair: by its id here, by our key, or by theirs. Our side is read now; where that cannot
    /// be, what is stored is shown, and why.
    pub async fn compare(&self, connection: &ConnectionId, issue: &str) -> Result<CompareView, Trouble> {
        let row = self.connection_row(connection).await?;
        let view = self.connection(connection).await?;
        let unknown = || {
            Trouble::new(ProblemCode::PairUnknown)
                .with("issue", issue.trim())
                .with("partner", &view.partner_name)
        };
        let (id, typed) = (connection.clone(), issue.trim().to_owned());
        let found = self.db.read(move |tx| find(tx, &id, &typed)).await?.ok_or_else(unknown)?;
        let read = self.read_now(&row, &found).await;
        let read_ms = now_ms();
        // What was stored meanwhile counts.
        let (pair, own) = (found.id, row.clone());
        let known = self.db.read(move |tx| known(tx, &own, pair)).await?.ok_or_else(unknown)?;
        // What is stored of an issue that is gone is no comparison.
        let gone = matches!(&read, Err(trouble) if trouble.code == ProblemCode::IssueGone);
        let (now, trouble) = match read {
            Ok(now) => (now, None),
            Err(trouble) => (None, Some(trouble_view(&trouble))),
        };
        let newer = |now: &ObservedIssue| {
            known.pair.local.as_ref().is_none_or(|local| now.updated_ms >= local.updated_ms)
        };
        let now = match now.filter(newer) {
            Some(now) if row.mode == Mode::Script => Some(self.by_the_rules(&row, now).await?),
            now => now,
        };
        let script = (row.mode == Mode::Script).then_some(row.rules);
        let rules = twinline_sync::rows::rules_of(&row, script);
        let compared = compare(&known.pair, now.as_ref(), &rules, &known.underway);
        let words = Words { company: known.company.clone(), partner: view.partner_name.clone() };
        let findings = || {
            let fields = compared.fields.iter().map(|f| f.finding);
            fields
                .chain(compared.comments.iter().map(|c| c.finding))
                .chain(compared.files.iter().map(|f| f.finding))
        };
        let count =
            |of: fn(&Finding) -> bool| u32::try_from(findings().filter(of).count()).unwrap_or(u32::MAX);
        let differences = count(|f| f.likeness.differs());
        let staying = count(|f| {
            // What waits for a person stays only until then.
            let waits = matches!(f.why, Why::Refused | Why::Drift);
            f.likeness.differs() && f.way == Way::Stays && !waits
        });
        let total = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let comments_alike = total(compared.comments.iter().filter(|c| c.finding == Finding::SAME).count());
        let files_alike = total(compared.files.iter().filter(|f| f.finding == Finding::SAME).count());
        let (comments_total, files_total) = (total(compared.comments.len()), total(compared.files.len()));
        let read_now = now.is_some();
        let at = if read_now { Some(read_ms) } else { known.checked_ms };
        Ok(CompareView {
            pair: known.pair.id.0.to_string(),
            connection: connection.clone(),
            company: known.company,
            partner_name: view.partner_name,
            ours: known.row.ours.clone(),
            ours_url: known.row.ours_url,
            theirs: known.row.theirs,
            theirs_url: known.row.theirs_url,
            notes: words.notes(known.row.state, row.partner_paused),
            state: known.row.state,
            connection_sentence: view.sentence,
            ours_at: at.filter(|_| known.pair.ours.is_some()).map(rfc3339),
            read_now,
            trouble,
            theirs_at: view.last_partner_contact_at,
            differences,
            staying,
            sentence: match known.row.ours.as_deref() {
                Some(ours) if gone => words.gone(ours),
                _ => words.all(differences, staying),
            },
            fields: compared.fields.into_iter().map(|field| shown_field(&words, field)).collect(),
            comments: shown_comments(&words, compared.comments),
            comments_total,
            comments_alike,
            files: bounded(compared.files, |f| f.finding)
                .into_iter()
                .map(|f| shown_file(&words, f))
                .collect(),
            files_total,
            files_alike,
            records: known.row.records,
        })
    }

    /// Our issue as it stands now; `None`: there is none yet.
    async fn read_now(&self, connection: &Connection, pair: &Pair) -> Result<Option<ObservedIssue>, Trouble> {
        let Some(ours) = &pair.ours else { return Ok(None) };
        let wanted = connection.account.clone();
        let stored = self.db.read(move |tx| tx.account(&wanted)).await?;
        let Some(account) = stored else { return Ok(None) };
        let asked = async {
            let tracker = self.hub.tracker(&account, &self.secrets).await?;
            let read = tracker.issues_by_id(std::slice::from_ref(&ours.id)).await;
            read.map_err(|error| trouble::from_read(&error, &account.site))
        };
        let silent = |_| unreachable(&account);
        let found = tokio::time::timeout(PATIENCE, asked).await.map_err(silent)??;
        let gone = || Trouble::new(ProblemCode::IssueGone).with("issue", ours.key.as_str());
        found.into_iter().find(|issue| issue.id == ours.id).map(Some).ok_or_else(gone)
    }
}

fn unreachable(account: &Account) -> Trouble {
    let detail = twinline_trackers::ReadError::Unreachable(String::new());
    trouble::from_read(&detail, &account.site)
}

/// A pair by its id here, by our key, or by theirs. Keys are never digits alone.
pub(crate) fn find(tx: &Tx<'_>, connection: &ConnectionId, typed: &str) -> Result<Option<Pair>, StoreError> {
    match typed.parse().map(PairId) {
        Ok(id) => Ok(tx.pair(id)?.filter(|pair| pair.connection == *connection)),
        Err(_) => tx.pair_of_key(connection, &typed.to_uppercase()),
    }
}

fn known(tx: &Tx<'_>, connection: &Connection, id: PairId) -> Result<Option<Known>, StoreError> {
    let Some(pair) = tx.pair(id)? else { return Ok(None) };
    // The list is read from the newest back: the first one before the next number is this one.
    let page = tx.pairs_page(&connection.id, "", Some(PairId(id.0.saturating_add(1))), 1)?;
    let Some(row) = page.into_iter().next().filter(|row| row.id == id.0.to_string()) else { return Ok(None) };
    let underway = underway(tx, &connection.id, &pair)?;
    let checked_ms = tx.account(&connection.account)?.and_then(|account| account.checked_ms);
    let company = tx.setting("company")?.unwrap_or_default();
    Ok(Some(Known { pair, row, underway, checked_ms, company }))
}

/// What of the pair was told and may not have got there.
fn underway(tx: &Tx<'_>, connection: &ConnectionId, pair: &Pair) -> Result<Underway, StoreError> {
    let mut underway = Underway::default();
    let mut after = tx.link(connection)?.acked;
    loop {
        let page = tx.out_from(connection, after, 1024 * 1024, 50)?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for row in page {
            let message = Message { seq: row.seq, critical: row.critical, kind: row.kind, body: row.body };
            // Our own words; what cannot be read is told by nobody here.
            if let Ok(Some(Body::Replica(replica))) = message.decode()
                && replica.origin == pair.origin
            {
                underway.add(&replica);
            }
        }
    }
    for file in pair.attachments.iter().filter(|file| file.born == Side::Ours && file.sent) {
        if let Some(sha256) = &file.sha256
            && tx.is_offered(connection, sha256)?
        {
            underway.offer(file.origin.clone());
        }
    }
    Ok(underway)
}

fn side(side: Side) -> TextOf {
    match side {
        Side::Ours => TextOf::Ours,
        Side::Theirs => TextOf::Theirs,
    }
}

fn shown_field(words: &Words, field: FieldFinding) -> ComparedField {
    let cut = |text: &String| Excerpt::of(text, LONGEST_TEXT);
    ComparedField {
        part: field.part,
        field: words.part(field.part),
        ours: field.ours.as_ref().map(cut),
        theirs: field.theirs.as_ref().map(cut),
        likeness: field.finding.likeness,
        way: field.finding.way,
        why: field.finding.why,
        label: words.label(field.finding.likeness),
        sentence: words.field(&field),
    }
}

fn shown_comments(words: &Words, comments: Vec<CommentFinding>) -> Vec<ComparedComment> {
    let mut left = BUDGET;
    let mut shown = Vec::new();
    for comment in bounded(comments, |c| c.finding) {
        let texts = [&comment.ours, &comment.theirs].map(|text| text.as_ref().map_or(0, String::len));
        let whole = comment.finding.likeness.differs() && texts.iter().sum::<usize>() <= left;
        if whole {
            left -= texts.iter().sum::<usize>();
        }
        let most = if whole { LONGEST_TEXT } else { LONGEST_COMMENT };
        shown.push(ComparedComment {
            by: side(comment.by),
            author: comment.author,
            at: comment.at_ms.map(rfc3339),
            ours: comment.ours.map(|text| Excerpt::of(&text, most)),
            theirs: comment.theirs.map(|text| Excerpt::of(&text, most)),
            likeness: comment.finding.likeness,
            way: comment.finding.way,
            why: comment.finding.why,
            label: words.label(comment.finding.likeness),
            sentence: words.finding(comment.finding, comment.by),
        });
    }
    shown
}

fn shown_file(words: &Words, file: FileFinding) -> ComparedFile {
    ComparedFile {
        by: side(file.by),
        file_name: file.file_name,
        kilobytes: u32::try_from(file.size.div_ceil(1_000)).unwrap_or(u32::MAX),
        likeness: file.finding.likeness,
        way: file.finding.way,
        why: file.finding.why,
        label: words.label(file.finding.likeness),
        sentence: words.finding(file.finding, file.by),
    }
}

/// What differs or is on its way, and the newest of the others, as many as are shown, in their order.
fn bounded<T>(all: Vec<T>, finding: impl Fn(&T) -> Finding) -> Vec<T> {
    let telling = |item: &T| finding(item) != Finding::SAME;
    let mut plain = MOST.saturating_sub(all.iter().filter(|item| telling(item)).count());
    let mut told = MOST;
    let mut kept: Vec<T> = Vec::new();
    for item in all.into_iter().rev() {
        let left = if telling(&item) { &mut told } else { &mut plain };
        if *left > 0 {
            *left -= 1;
            kept.push(item);
        }
    }
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests;
