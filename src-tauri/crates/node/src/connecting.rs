//! Two issues that exist already become a pair: our people ask, and answer what the partner's people ask.

use twinline_model::connection::{Connection, Stage};
use twinline_model::observed::ObservedIssue;
use twinline_model::pair::Side;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::question::{DECLINED, Kept, QuestionState};
use twinline_model::text::clean_line;
use twinline_model::view::{QuestionPreview, QuestionStanding, QuestionView, QuestionsView, TextOf};
use twinline_model::{ConnectionId, IssueKey};
use twinline_store::{Account, LinkState};
use twinline_sync::Machine;
use twinline_sync::questions::{agree, ask, decline, leaves, why_not_connected, withdraw};
use twinline_sync::scripted::Source;

use crate::keys::random_hex;
use crate::node::Node;
use crate::status::Runs;
use crate::time::{now_ms, rfc3339};
use crate::trouble;
use crate::words::say;

/// What a question, or an answer, came to.
#[derive(Clone, PartialEq, Debug)]
pub struct Asked {
    /// As it stands now.
    pub question: QuestionView,
    /// Somebody runs the node, so that it goes now.
    pub running: bool,
}

/// An issue of ours that was just read, and whose it is.
struct Ours {
    connection: Connection,
    account: Account,
    issue: ObservedIssue,
}

impl Node {
    /// What becomes known of our issue, named by its key or any address of it, before the partner says yes. Nobody is asked.
    ///
    /// # Errors
    /// There is no such issue, it cannot be connected, or the partner's is no key.
    pub async fn preview_question(
        &self,
        connection: &ConnectionId,
        typed: &str,
        theirs: &str,
    ) -> Result<QuestionPreview, Trouble> {
        let wanted = self.wanted(&self.connection_row(connection).await?, theirs)?;
        let ours = self.read_ours(connection, typed).await?;
        let source = self.rules_source(&ours).await?;
        let (issue, url, title) =
            (ours.issue.key.to_string(), ours.issue.url.clone(), ours.issue.summary.clone());
        let facts = self.facts(&ours.connection, &issue);
        let left = self
            .db
            .read(move |tx| {
                let Ours { connection, account, issue } = &ours;
                match why_not_connected(tx, connection, &account.site, issue, None)? {
                    Some(code) => Ok(Err(Trouble::new(code))),
                    None => leaves(tx, &source, connection, issue),
                }
            })
            .await?;
        let left = left.map_err(|trouble| with(trouble, &facts))?;
        Ok(QuestionPreview { issue, url, title, told: left.summary, theirs: wanted.to_string() })
    }

    /// Asks the partner whether our issue and theirs become a pair. Both are named by their keys, or by any address of them.
    ///
    /// # Errors
    /// One of the two is no issue that could be connected, as far as we know.
    pub async fn ask_to_connect(
        &self,
        connection: &ConnectionId,
        typed: &str,
        theirs: &str,
    ) -> Result<Asked, Trouble> {
        let wanted = self.wanted(&self.connection_row(connection).await?, theirs)?;
        let ours = self.read_ours(connection, typed).await?;
        let source = self.rules_source(&ours).await?;
        let facts = self.facts(&ours.connection, ours.issue.key.as_str());
        let (id, now) = (random_hex(), now_ms());
        let question = id.clone();
        let asked = self
            .db
            .write(move |tx| {
                let Ours { connection, account, issue } = &ours;
                ask(tx, &source, connection, &account.site, issue, wanted.as_str(), &question, now)
            })
            .await?;
        asked.map_err(|trouble| with(trouble, &facts))?;
        self.told(connection, &id).await
    }

    /// The questions that wait for an answer, or whose answer was no and nobody has read; of one connection, or of all.
    pub async fn questions(&self, only: Option<&ConnectionId>) -> Result<Vec<QuestionView>, Trouble> {
        let only = only.cloned();
        let found = self
            .db
            .read(move |tx| {
                let mut found = Vec::new();
                for connection in tx.connections()? {
                    let wanted = only.as_ref().is_none_or(|id| *id == connection.id);
                    if wanted && connection.stage == Stage::Connected {
                        let (link, rows) = (tx.link(&connection.id)?, tx.questions(&connection.id)?);
                        found.push((connection, link, rows));
                    }
                }
                Ok(found)
            })
            .await?;
        let views = found.iter().flat_map(|(connection, link, rows)| {
            rows.iter().filter_map(|kept| self.question_view(connection, link, kept))
        });
        Ok(views.collect())
    }

    /// The questions of one connection, and whether its partner can answer new ones.
    ///
    /// # Errors
    /// There is no such connection.
    pub async fn questions_on(&self, connection: &ConnectionId) -> Result<QuestionsView, Trouble> {
        let id = self.connection_row(connection).await?.id;
        let link = self.db.read(move |tx| tx.link(&id)).await?;
        let questions = self.questions(Some(connection)).await?;
        Ok(QuestionsView { needs_update: link.partner_asks == Some(false), questions })
    }

    /// A person answers one question of the partner's. A yes counts only if our issue is still the one that they have read of.
    ///
    /// # Errors
    /// It is not open any more, or the issue cannot be connected any more; then it is closed.
    pub async fn answer_question(
        &self,
        connection: &ConnectionId,
        id: &str,
        yes: bool,
    ) -> Result<bool, Trouble> {
        let row = self.connection_row(connection).await?;
        let partner = self.partner_words(&row);
        let gone = || Trouble::new(ProblemCode::QuestionGone).with("partner", &partner);
        let (of, wanted, now) = (row.id.clone(), id.to_owned(), now_ms());
        let kept = self.db.read(move |tx| tx.question(&of, &wanted)).await?.ok_or_else(gone)?;
        let (question, ours) = (id.to_owned(), kept.ours.clone());
        if yes {
            let account = self.account(&row.account).await?;
            let tracker = self.hub.tracker(&account, &self.secrets).await?;
            let issue = kept.issue.ok_or_else(gone)?;
            let read = tracker.issues_by_id(&[issue]).await;
            let read = read.map_err(|e| trouble::from_read(&e, &account.site))?;
            let issue = read.into_iter().next();
            let facts = self.facts(&row, &ours);
            let source = Source::of(self, &row);
            let agreed = self
                .db
                .write(move |tx| agree(tx, &source, &row, &account.site, &question, issue.as_ref(), now))
                .await?;
            // Where it counts for nothing it is closed: that is to be seen as well.
            self.wake();
            self.changed();
            agreed.map_err(|code| with(Trouble::new(code), &facts))?;
        } else {
            let declined = self.db.write(move |tx| decline(tx, &row, &question, now)).await?;
            if !declined {
                return Err(gone());
            }
            self.wake();
            self.changed();
        }
        Ok(self.runs() != Runs::Nowhere)
    }

    /// Takes a question of ours back, or one away whose answer was no.
    ///
    /// # Errors
    /// There is none.
    pub async fn withdraw_question(&self, connection: &ConnectionId, id: &str) -> Result<(), Trouble> {
        let row = self.connection_row(connection).await?;
        let gone = Trouble::new(ProblemCode::QuestionGone).with("partner", self.partner_words(&row));
        let (id, now) = (id.to_owned(), now_ms());
        if !self.db.write(move |tx| withdraw(tx, &row, &id, now)).await? {
            return Err(gone);
        }
        self.wake();
        self.changed();
        Ok(())
    }

    /// The partner's issue, as the person named it.
    fn wanted(&self, connection: &Connection, theirs: &str) -> Result<IssueKey, Trouble> {
        IssueKey::typed(theirs).ok_or_else(|| {
            let trouble = Trouble::new(ProblemCode::ConnectKey).with("key", clean_line(theirs, 80));
            trouble.with("partner", self.partner_words(connection))
        })
    }

    /// Reads our issue, as the person named it.
    async fn read_ours(&self, connection: &ConnectionId, typed: &str) -> Result<Ours, Trouble> {
        let connection = self.connection_row(connection).await?;
        let account = self.account(&connection.account).await?;
        let facts = self.facts(&connection, &clean_line(typed, 80));
        if connection.stage != Stage::Connected {
            return Err(with(Trouble::new(ProblemCode::PairEnded), &facts));
        }
        let unknown =
            || with(Trouble::new(ProblemCode::AddUnknown), &facts).with("site", account.site.as_str());
        let key = IssueKey::typed(typed).ok_or_else(unknown)?;
        let tracker = self.hub.tracker(&account, &self.secrets).await?;
        let read = tracker.issues_by_key(&[key]).await;
        let read = read.map_err(|e| trouble::from_read(&e, &account.site))?;
        let issue = read.into_iter().next().ok_or_else(unknown)?;
        Ok(Ours { connection, account, issue })
    }

    /// The outgoing rules, with the types of the project that they may ask for.
    async fn rules_source(&self, ours: &Ours) -> Result<Source, Trouble> {
        let source = Source::of(self, &ours.connection);
        if ours.connection.rules > 0 {
            source.note_types(&self.types(&ours.account, &ours.connection.project).await?);
        }
        Ok(source)
    }

    fn facts(&self, connection: &Connection, issue: &str) -> [(&'static str, String); 3] {
        [
            ("issue", issue.to_owned()),
            ("partner", self.partner_words(connection)),
            ("project", connection.project.to_string()),
        ]
    }

    /// Answers how a question stands, and wakes the loops.
    async fn told(&self, connection: &ConnectionId, id: &str) -> Result<Asked, Trouble> {
        // Before the loops: where both projects are in this app it is answered, and gone, at once.
        let found = self.questions(Some(connection)).await?.into_iter().find(|view| view.id == id);
        self.wake();
        self.changed();
        let question = found.ok_or_else(|| Trouble::new(ProblemCode::QuestionGone).with("partner", ""))?;
        Ok(Asked { question, running: self.runs() != Runs::Nowhere })
    }

    /// `None`: nobody needs to see it.
    fn question_view(&self, connection: &Connection, link: &LinkState, kept: &Kept) -> Option<QuestionView> {
        use QuestionStanding as S;
        let state = match kept.state {
            QuestionState::Asked if link.partner_asks == Some(false) => S::NeedsUpdate,
            QuestionState::Asked => S::WaitingForPartner,
            QuestionState::Refused if kept.reason == DECLINED => S::Declined,
            QuestionState::Refused => S::Unavailable,
            QuestionState::Open => S::WaitingForYou,
            QuestionState::Agreed => S::Agreed,
            QuestionState::Withdrawn | QuestionState::Arrived | QuestionState::Declined => return None,
        };
        let partner = self.partner_words(connection);
        let message = match state {
            S::WaitingForPartner => "question-waiting-for-partner",
            S::NeedsUpdate => "question-needs-update",
            S::Declined => "question-declined",
            S::Unavailable => "question-unavailable",
            S::WaitingForYou => "question-waiting-for-you",
            S::Agreed => "question-agreed",
        };
        let facts = [("ours", kept.ours.as_str()), ("theirs", &kept.theirs), ("partner", &partner)];
        let theirs = kept.by == Side::Theirs;
        let link = |url: &str| (!url.is_empty()).then(|| url.to_owned());
        Some(QuestionView {
            id: kept.question.id.clone(),
            connection: connection.id.clone(),
            sentence: say(message, &facts),
            partner_name: partner,
            by: if theirs { TextOf::Theirs } else { TextOf::Ours },
            state,
            ours: kept.ours.clone(),
            ours_url: link(&kept.url),
            ours_title: kept.title.clone(),
            theirs: kept.theirs.clone(),
            theirs_url: link(&kept.question.link).filter(|_| theirs),
            theirs_title: kept.question.summary.clone().filter(|_| theirs),
            since: rfc3339(kept.at_ms),
        })
    }
}

/// A cause, with what its sentence needs beside the facts that it has.
fn with(mut trouble: Trouble, facts: &[(&'static str, String)]) -> Trouble {
    for (name, value) in facts {
        trouble.facts.entry(name).or_insert_with(|| value.clone());
    }
    trouble
}
