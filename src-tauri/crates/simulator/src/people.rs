//! What people do: a list of acts that is drawn before anything runs, so that shrinking can take some away.

use twinline_model::Document;
use twinline_model::document::{Block, Inline};
use twinline_model::extra::{Extra, LABELS, PRIORITY, STATUS};

use crate::check::Witness;
use crate::site::{Actor, Site, words};

/// One thing that a person does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Act {
    /// When, ms.
    pub at_ms: u64,
    /// On which side, 0 or 1.
    pub side: usize,
    /// To which issue of that side: the n-th that can be seen, whoever made it.
    pub which: u64,
    /// With the account that the node uses (F76).
    pub same_account: bool,
    /// What.
    pub what: What,
    /// Marks every text of this act, so that it is found again.
    pub token: u64,
}

/// What a person can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// Write a new issue.
    Create,
    /// Change its summary.
    Summary,
    /// Change one paragraph of its description.
    Paragraph,
    /// Add a paragraph.
    AddParagraph,
    /// Take a paragraph away.
    CutParagraph,
    /// Change its type.
    Type,
    /// Write a comment.
    Comment,
    /// Write a comment that only a role may read.
    RestrictedComment,
    /// Change a comment of one's own.
    EditComment,
    /// Take a comment away.
    DeleteComment,
    /// Restrict a comment to a role.
    RestrictComment,
    /// Attach a file.
    Attach,
    /// Attach the same bytes again.
    AttachAgain,
    /// Take a file away.
    Detach,
    /// Add a label.
    Label,
    /// Take a label away.
    Unlabel,
    /// Give it another priority.
    Priority,
    /// Bring it to another status.
    Status,
    /// Copy an issue, marker and all (F55).
    Copy,
    /// Delete an issue (F52).
    Delete,
    /// Move an issue to another project (F54).
    Move,
}

impl What {
    /// The field that it changes.
    pub fn field(self) -> Option<&'static str> {
        match self {
            Self::Summary => Some("summary"),
            Self::Paragraph | Self::AddParagraph | Self::CutParagraph => Some("description"),
            Self::Type => Some("issuetype"),
            Self::Label | Self::Unlabel => Some(LABELS),
            Self::Priority => Some(PRIORITY),
            Self::Status => Some(STATUS),
            _ => None,
        }
    }
}

/// How often each is drawn.
const WEIGHTS: [(What, u32); 17] = [
    (What::Create, 10),
    (What::Summary, 16),
    (What::Paragraph, 12),
    (What::AddParagraph, 6),
    (What::CutParagraph, 3),
    (What::Type, 4),
    (What::Comment, 14),
    (What::RestrictedComment, 2),
    (What::EditComment, 6),
    (What::DeleteComment, 2),
    (What::RestrictComment, 2),
    (What::Attach, 8),
    (What::AttachAgain, 3),
    (What::Detach, 3),
    (What::Copy, 3),
    (What::Delete, 1),
    (What::Move, 1),
];

/// Draws what people do within `span_ms`.
pub fn draw(rng: &mut fastrand::Rng, span_ms: u64, same_account: u64) -> Vec<Act> {
    let many = 3 + rng.u64(0..18);
    let total: u32 = WEIGHTS.iter().map(|(_, weight)| weight).sum();
    let mut acts: Vec<Act> = (0..many)
        .map(|token| {
            let mut at = rng.u32(0..total);
            let mut what = What::Create;
            for (candidate, weight) in WEIGHTS {
                what = candidate;
                if at < weight {
                    break;
                }
                at -= weight;
            }
            Act {
                at_ms: rng.u64(0..span_ms),
                side: rng.usize(0..2),
                which: rng.u64(0..1000),
                same_account: rng.u64(0..1000) < same_account,
                what: if token == 0 { What::Create } else { what },
                token,
            }
        })
        .collect();
    acts[0].at_ms = rng.u64(0..30_000);
    acts.sort_by_key(|a| (a.at_ms, a.token));
    acts
}

/// Draws what people do to further fields: a tape of its own, so that all other stories stay as they are.
pub(crate) fn draw_wide(seed: u64, span_ms: u64, same_account: u64, first: u64) -> Vec<Act> {
    let mut rng = fastrand::Rng::with_seed(seed ^ 0x0077_6964_6500_0000);
    let kinds = [What::Label, What::Label, What::Unlabel, What::Priority, What::Status];
    let many = 2 + rng.u64(0..10);
    let one = |token| Act {
        at_ms: rng.u64(0..span_ms),
        side: rng.usize(0..2),
        which: rng.u64(0..1000),
        same_account: rng.u64(0..1000) < same_account,
        what: kinds[rng.usize(0..kinds.len())],
        token,
    };
    (first..first + many).map(one).collect()
}

/// The text that marks an act.
pub fn mark(token: u64) -> String {
    format!("<{token}>")
}

fn paragraph(text: String) -> Block {
    Block::Paragraph { content: vec![Inline::text(text)] }
}

/// Does it; answers with the number of the issue that changed.
pub fn act(act: &Act, site: &mut Site, witness: &Witness, now: i64) -> Option<u64> {
    let actor = if act.same_account { Actor::SameAccount } else { Actor::Person };
    let mark = mark(act.token);
    if act.same_account {
        witness.facts().masked.insert(act.token);
    }
    if act.what == What::Create {
        let text = Document {
            blocks: vec![paragraph(format!("first {mark}")), paragraph(format!("second {mark}"))],
        };
        let kind = site.types[(act.which % site.types.len() as u64) as usize].clone();
        let number = site.create(actor, now, &format!(" summary  {mark} -- x"), &text, &kind, None);
        witness.person_wrote(act.side, number, act.token);
        return Some(number);
    }
    let there: Vec<u64> = site
        .issues
        .iter()
        .filter(|(_, i)| !i.deleted && i.seen.project == site.project)
        .map(|(number, _)| *number)
        .collect();
    let number = *there.get((act.which % there.len().max(1) as u64) as usize)?;
    let seen = site.issue(number)?.seen.clone();
    let pick = |many: usize| (many > 0).then(|| (act.which / 7) as usize % many.max(1));
    match act.what {
        What::Create => {}
        What::Summary => {
            witness.person_saw(&seen.summary);
            site.edit(actor, now, number, Some(&format!("summary {mark} -- y")), None, None);
            witness.person_wrote(act.side, number, act.token);
        }
        What::Paragraph | What::AddParagraph | What::CutParagraph => {
            let mut text = seen.description.clone();
            let at = pick(text.blocks.len());
            match (act.what, at) {
                (What::Paragraph, Some(at)) => {
                    let old = Document { blocks: vec![text.blocks[at].clone()] };
                    witness.person_saw(&words(&old));
                    text.blocks[at] = paragraph(format!("changed {mark}"));
                    witness.person_wrote(act.side, number, act.token);
                }
                (What::CutParagraph, Some(at)) if text.blocks.len() > 1 => {
                    let old = Document { blocks: vec![text.blocks.remove(at)] };
                    witness.person_saw(&words(&old));
                }
                (What::CutParagraph, _) => return None,
                (_, at) => {
                    text.blocks.insert(at.unwrap_or(0), paragraph(format!("added {mark} -- z")));
                    witness.person_wrote(act.side, number, act.token);
                }
            }
            site.edit(actor, now, number, None, Some(&text), None);
        }
        What::Type => {
            let kind = site.types[(act.which / 3 % site.types.len() as u64) as usize].clone();
            site.edit(actor, now, number, None, None, Some(&kind));
        }
        What::Comment => {
            let body = Document { blocks: vec![paragraph(format!("comment {mark}"))] };
            site.comment(actor, now, number, "Ana", &body, None);
            witness.person_wrote(act.side, number, act.token);
        }
        What::RestrictedComment => {
            let body = Document { blocks: vec![paragraph(format!("secret {mark}"))] };
            let id = site.comment(actor, now, number, "Ana", &body, None)?.id;
            for made in site.issue(number)?.seen.comments.iter_mut().filter(|c| c.id == id) {
                made.restricted = true;
            }
            witness.person_wrote(act.side, number, act.token);
            witness.person_hid(act.token);
        }
        What::EditComment | What::DeleteComment | What::RestrictComment => {
            let own: Vec<_> = seen.comments.iter().filter(|c| c.marker.is_none() && !c.restricted).collect();
            let comment = own.get(pick(own.len())?)?.id.clone();
            let old = words(&own[pick(own.len())?].body);
            match act.what {
                What::EditComment => {
                    witness.person_saw(&old);
                    let body = Document { blocks: vec![paragraph(format!("comment {mark}"))] };
                    site.edit_comment(now, number, &comment, &body);
                    witness.person_wrote(act.side, number, act.token);
                }
                What::DeleteComment => {
                    witness.person_saw(&old);
                    let issue = site.issue(number)?;
                    issue.seen.comments.retain(|c| c.id != comment);
                    issue.seen.updated_ms = now;
                }
                _ => {
                    witness.person_saw(&old);
                    let issue = site.issue(number)?;
                    for found in issue.seen.comments.iter_mut().filter(|c| c.id == comment) {
                        found.restricted = true;
                    }
                    issue.seen.updated_ms = now;
                }
            }
        }
        What::Attach | What::AttachAgain => {
            let bytes = match act.what {
                What::AttachAgain => b"the same".to_vec(),
                _ => format!("file {mark}").into_bytes(),
            };
            site.attach(actor, now, number, "Ana", "file.txt", bytes);
        }
        What::Detach => {
            let id = seen.attachments.get(pick(seen.attachments.len())?)?.id.clone();
            witness.person_detached(site.files.get(&id).cloned().unwrap_or_default());
            site.detach(actor, now, &id);
        }
        What::Label | What::Unlabel => {
            let Some(Extra::Texts(mut labels)) = seen.extras.get(LABELS).cloned() else { return None };
            if act.what == What::Label {
                labels.insert(mark);
                witness.person_wrote(act.side, number, act.token);
            } else {
                let label = labels.iter().nth(pick(labels.len())?)?.clone();
                witness.person_saw(&label);
                labels.remove(&label);
            }
            site.set(actor, now, number, &[(LABELS.to_owned(), Extra::Texts(labels))].into());
        }
        What::Priority | What::Status => {
            let (name, values) = match act.what {
                What::Priority => (PRIORITY, ["High", "Low", "Medium"]),
                _ => (STATUS, ["Done", "In Progress", "To Do"]),
            };
            let value = values[(act.which / 3 % 3) as usize];
            if seen.extras.get(name).is_some_and(|stands| stands.words() == value) {
                return None;
            }
            site.set(actor, now, number, &[(name.to_owned(), Extra::Text(value.to_owned()))].into());
        }
        What::Copy => {
            // Of a twin that stands there twice nobody could tell a copy from the second one.
            if seen.marker.as_ref().is_some_and(|marker| site.late.contains(&marker.origin)) {
                return None;
            }
            if seen.marker.is_some() {
                witness.person_copied_twin();
            }
            let copy = site.copy(actor, now, number)?;
            return Some(copy);
        }
        What::Delete => {
            witness.person_removed(act.side, number);
            site.issue(number)?.deleted = true;
        }
        What::Move => {
            witness.person_removed(act.side, number);
            let issue = site.issue(number)?;
            issue.seen.project = "OTHER".into();
            issue.seen.key = format!("OTHER-{number}").as_str().into();
            issue.seen.updated_ms = now;
        }
    }
    Some(number)
}
