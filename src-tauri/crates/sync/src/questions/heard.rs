//! What the partner says of questions, and what confirms a yes.

use twinline_engine::join::{OnAgreed, OnAsked, on_agreed, on_asked, pair_origin};
use twinline_model::Origin;
use twinline_model::connection::Connection;
use twinline_model::pair::Side;
use twinline_model::question::{
    DECLINED, Kept, MOST_A_DAY, MOST_QUESTIONS, Question, QuestionState, Said, UNAVAILABLE,
};
use twinline_model::replica::Replica;
use twinline_store::{StoreError, Tx};

use super::answer::origins;
use super::made::{Theirs, make};
use super::{keep, note, remove};

/// Within how long no more than [`MOST_A_DAY`] may be asked, ms.
const DAY_MS: i64 = 86_400_000;

/// Takes in what the partner says. Answers why it is something that they must not say.
pub(crate) fn hear(
    tx: &mut Tx<'_>,
    connection: &Connection,
    said: Said,
    now: i64,
) -> Result<Option<&'static str>, StoreError> {
    let Some(partner) = connection.partner.as_ref().map(|partner| partner.node.clone()) else {
        return Ok(Some("a question before the pairing"));
    };
    match said {
        Said::Asked(asked) if asked.origin.node != partner => {
            return Ok(Some("a question about a stranger's issue"));
        }
        Said::Asked(asked) => return hear_asked(tx, connection, asked, now),
        Said::Withdrawn { id } => {
            if let Some(kept) = tx.question(&connection.id, &id)?.filter(|kept| kept.by == Side::Theirs) {
                hear_withdrawn(tx, connection, kept, now)?;
            }
        }
        Said::Agreed { origin, .. } if origin.node != partner => {
            return Ok(Some("a yes with a stranger's issue"));
        }
        Said::Agreed { id, origin, pair, key, link } => {
            hear_agreed(tx, connection, id, Theirs { origin, key, link }, &pair, now)?;
        }
        Said::Declined { id, code } => hear_declined(tx, connection, &id, &code, now)?,
    }
    Ok(None)
}

/// It stays, as one that was answered with no: who asks and withdraws again and again leaves a trace, and uses up what they may ask in
/// a day.
fn hear_withdrawn(tx: &mut Tx<'_>, connection: &Connection, kept: Kept, now: i64) -> Result<(), StoreError> {
    if kept.state == QuestionState::Declined {
        return Ok(());
    }
    note(tx, connection, &kept, "activity-question-withdrawn", now)?;
    let (state, reason) = (QuestionState::Declined, UNAVAILABLE.to_owned());
    keep(tx, connection, &Kept { state, reason, told: true, ..kept }, now)
}

fn hear_asked(
    tx: &mut Tx<'_>,
    connection: &Connection,
    asked: Question,
    now: i64,
) -> Result<Option<&'static str>, StoreError> {
    let all = tx.questions(&connection.id)?;
    let known = all.iter().find(|kept| kept.question.id == asked.id);
    // An answer that was not told yet takes up room as well.
    let waits = |kept: &&Kept| kept.by == Side::Theirs && (kept.is_open() || !kept.told);
    let lately = |kept: &&Kept| kept.by == Side::Theirs && now - kept.at_ms < DAY_MS;
    let many = all.iter().filter(lately).count() >= MOST_A_DAY;
    match on_asked(known, all.iter().filter(waits).count()) {
        OnAsked::Keep if many => return Ok(Some("more questions than a partner may ask in a day")),
        OnAsked::TooMany => return Ok(Some("more questions than a partner may ask")),
        OnAsked::Ignore => {}
        OnAsked::TellAgain => {
            if let Some(kept) = known {
                tx.keep_question(&connection.id, &Kept { told: false, ..kept.clone() })?;
            }
        }
        OnAsked::Keep => {
            let kept = Kept {
                by: Side::Theirs,
                state: QuestionState::Arrived,
                issue: None,
                ours: asked.wanted.clone(),
                title: String::new(),
                url: String::new(),
                theirs: asked.key.clone(),
                rules: None,
                reason: String::new(),
                told: false,
                at_ms: now,
                question: asked,
            };
            tx.keep_question(&connection.id, &kept)?;
        }
    }
    Ok(None)
}

/// The partner's people said yes.
fn hear_agreed(
    tx: &mut Tx<'_>,
    connection: &Connection,
    id: String,
    theirs: Theirs,
    pair: &Origin,
    now: i64,
) -> Result<(), StoreError> {
    let kept = tx.question(&connection.id, &id)?;
    let stands = tx.pair_of_origin(&connection.id, pair)?;
    match on_agreed(&id, kept.as_ref(), stands.as_ref()) {
        OnAgreed::Made => {
            // Whoever says it once more may not have heard that it was made.
            stands.map_or(Ok(()), |stands| crate::rows::report(tx, &stands))
        }
        OnAgreed::Make => {
            let Some(kept) = kept else { return Ok(()) };
            let ours = kept.question.origin.clone();
            let fits = *pair == *pair_origin(&ours, &theirs.origin);
            if fits && make(tx, connection, &kept, &ours, theirs, now)? {
                return Ok(());
            }
            refuse(tx, connection, kept, UNAVAILABLE, now)
        }
        OnAgreed::Void => void(tx, connection, kept, id, theirs, now),
    }
}

/// A yes counts for nothing: the partner is told, who otherwise waits for ever.
fn void(
    tx: &mut Tx<'_>,
    connection: &Connection,
    kept: Option<Kept>,
    id: String,
    theirs: Theirs,
    now: i64,
) -> Result<(), StoreError> {
    let kept = match kept {
        Some(kept) if kept.by == Side::Ours => Kept { told: false, ..kept },
        Some(_) => return Ok(()),
        None => {
            // A partner may make up as many as it likes.
            let all = tx.questions(&connection.id)?;
            if all.iter().filter(|k| k.state == QuestionState::Withdrawn).count() >= MOST_QUESTIONS {
                return Ok(());
            }
            let Theirs { origin, key, link } = theirs;
            let question =
                Question { id, origin, key: key.clone(), link, summary: None, wanted: String::new() };
            Kept {
                question,
                by: Side::Ours,
                state: QuestionState::Withdrawn,
                issue: None,
                ours: String::new(),
                title: String::new(),
                url: String::new(),
                theirs: key,
                rules: None,
                reason: String::new(),
                told: false,
                at_ms: now,
            }
        }
    };
    tx.keep_question(&connection.id, &kept)
}

fn hear_declined(
    tx: &mut Tx<'_>,
    connection: &Connection,
    id: &str,
    code: &str,
    now: i64,
) -> Result<(), StoreError> {
    let open = |kept: &Kept| kept.by == Side::Ours && kept.state == QuestionState::Asked;
    let Some(kept) = tx.question(&connection.id, id)?.filter(open) else { return Ok(()) };
    let code = if code == DECLINED { DECLINED } else { UNAVAILABLE };
    let refused = Kept { state: QuestionState::Refused, reason: code.to_owned(), ..kept };
    note(tx, connection, &refused, "activity-question-refused", now)?;
    // The partner said it: they need not be told.
    keep(tx, connection, &Kept { told: true, ..refused }, now)
}

/// Our question ends without a pair, and the partner, who said yes, is told.
fn refuse(
    tx: &mut Tx<'_>,
    connection: &Connection,
    kept: Kept,
    code: &str,
    now: i64,
) -> Result<(), StoreError> {
    let refused = Kept { state: QuestionState::Refused, reason: code.to_owned(), told: false, ..kept };
    note(tx, connection, &refused, "activity-question-refused", now)?;
    keep(tx, connection, &refused, now)
}

/// The asker has made the pair of this origin: so do we, if our people have said yes to it. True: it stands.
pub(crate) fn confirm(
    tx: &mut Tx<'_>,
    connection: &Connection,
    origin: &Origin,
    now: i64,
) -> Result<bool, StoreError> {
    let site = tx.account(&connection.account)?.map(|account| account.site).unwrap_or_default();
    for kept in tx.questions(&connection.id)? {
        if kept.by != Side::Theirs || kept.state != QuestionState::Agreed {
            continue;
        }
        let Some((ours, theirs)) = origins(tx, connection, &site, &kept)? else { continue };
        if pair_origin(&ours, &theirs) == origin {
            return make_agreed(tx, connection, &kept, &ours, now);
        }
    }
    Ok(false)
}

fn make_agreed(
    tx: &mut Tx<'_>,
    connection: &Connection,
    kept: &Kept,
    ours: &Origin,
    now: i64,
) -> Result<bool, StoreError> {
    let Question { origin, key, link, .. } = kept.question.clone();
    let made = make(tx, connection, kept, ours, Theirs { origin, key, link }, now)?;
    if !made {
        remove(tx, connection, &kept.question.id)?;
    }
    Ok(made)
}

/// The pair of a question stands: nobody has to answer it any more.
pub(crate) fn answered(tx: &mut Tx<'_>, connection: &Connection, id: &str) -> Result<(), StoreError> {
    match tx.question(&connection.id, id)? {
        Some(kept) if kept.is_open() => remove(tx, connection, id),
        _ => Ok(()),
    }
}

/// A replica of a pair that a question made, of an origin that we have no pair of: one of the two databases was set back, or the
/// words that came before it were lost with its numbers. True: the pair stands now. Otherwise it must be made on neither side.
pub(crate) fn hear_joined(
    tx: &mut Tx<'_>,
    connection: &Connection,
    id: &str,
    replica: &Replica,
    now: i64,
) -> Result<bool, StoreError> {
    let Some(kept) = tx.question(&connection.id, id)? else { return Ok(false) };
    let partner = connection.partner.as_ref().map(|partner| &partner.node);
    let made = match (kept.by, kept.state) {
        // They have the pair, so they have said yes.
        (Side::Ours, QuestionState::Asked) => {
            let ours = kept.question.origin.clone();
            let theirs =
                (partner == Some(&replica.origin.node) && replica.origin < ours).then_some(&replica.origin);
            match theirs {
                Some(origin) => {
                    let (key, link) = (replica.key.clone(), replica.link.clone());
                    make(tx, connection, &kept, &ours, Theirs { origin: origin.clone(), key, link }, now)?
                }
                None => false,
            }
        }
        (Side::Theirs, QuestionState::Agreed) => confirm(tx, connection, &replica.origin, now)?,
        // Nobody can answer it any more: the asker is told that there is no pair.
        (Side::Theirs, _) => {
            remove(tx, connection, id)?;
            false
        }
        _ => false,
    };
    Ok(made)
}
