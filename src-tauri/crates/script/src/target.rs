//! What rules assign: `replica.x = …` of the outgoing ones, `issue.x = …` of the incoming ones.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rhai::{Array, Dynamic, ImmutableString, NativeCallContext};
use twinline_model::document::MAX_DEPTH;
use twinline_model::extra::{Extra, Extras, LABELS, PRIORITY, STATUS};

use crate::fault::{FaultKind, told};
use crate::library::Library;
use crate::limits::{Answer, Run};
use crate::outgoing::extra;
use crate::rich::Rich;
use crate::things::{field, kind_of, needs, text_field};
use crate::values::{Comment, Fields, File, Issue, List, Replica, Side};

/// What was assigned so far. `None`: nothing.
#[derive(Default)]
pub(crate) struct Assigned {
    pub(crate) summary: Option<ImmutableString>,
    pub(crate) description: Option<Rich>,
    pub(crate) issue_type: Option<ImmutableString>,
    pub(crate) extras: Extras,
    pub(crate) comments: Option<Vec<Comment>>,
    pub(crate) attachments: Option<Vec<File>>,
}

/// Something that rules assign to.
#[derive(Clone)]
pub(crate) struct Target {
    /// What can be read of it where nothing was assigned.
    before: Arc<Fields>,
    assigned: Arc<Mutex<Assigned>>,
}

impl Target {
    pub(crate) fn new(before: Fields) -> Self {
        Self { before: Arc::new(before), assigned: Arc::default() }
    }

    /// What was assigned to a further field, or what stands there.
    fn extra(&self, name: &str, before: &Dynamic) -> Dynamic {
        let assigned = self.assigned();
        if assigned.extras.contains_key(name) { extra(&assigned.extras, name) } else { before.clone() }
    }

    /// `None` takes it back.
    fn assign(&self, name: &str, value: Option<Extra>) -> Answer<()> {
        match value {
            Some(value) => drop(self.assigned().extras.insert(name.to_owned(), value)),
            None => drop(self.assigned().extras.remove(name)),
        }
        Ok(())
    }

    /// One thread at a time comes here, and none panics while it holds it.
    pub(crate) fn assigned(&self) -> MutexGuard<'_, Assigned> {
        self.assigned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The replica that the outgoing rules make.
#[derive(Clone)]
pub(crate) struct Leaving(pub(crate) Target);

/// Our issue, where the incoming rules write.
#[derive(Clone)]
pub(crate) struct Ours(pub(crate) Target);

/// The fields of what rules of one direction see.
pub(crate) fn register(library: &mut Library) {
    library.kind::<Issue>("issue");
    library.kind::<Replica>("replica");
    library.kind::<Leaving>("replica");
    library.kind::<Ours>("issue");

    text_field!(library, "key", |issue: Issue| issue.0.key.clone());
    text_field!(library, "summary", |issue: Issue| issue.0.summary.clone());
    field!(library, "description", |issue: Issue| issue.0.description.clone());
    text_field!(library, "type", |issue: Issue| issue.0.issue_type.clone());
    text_field!(library, "priority", |issue: Issue| issue.0.priority.clone());
    field!(library, "labels", |issue: Issue| issue.0.labels.clone());
    text_field!(library, "status", |issue: Issue| issue.0.status.clone());
    text_field!(library, "project", |issue: Issue| issue.0.project.clone());
    field!(library, "created", |issue: Issue| issue.0.created.clone());
    field!(library, "updated", |issue: Issue| issue.0.updated.clone());
    field!(library, "comments", |issue: Issue| issue.0.comments.clone());
    field!(library, "attachments", |issue: Issue| issue.0.attachments.clone());

    text_field!(library, "key", |replica: Replica| replica.0.key.clone());
    text_field!(library, "summary", |replica: Replica| replica.0.summary.clone());
    field!(library, "description", |replica: Replica| replica.0.description.clone());
    text_field!(library, "type", |replica: Replica| replica.0.issue_type.clone());
    text_field!(library, "priority", |replica: Replica| replica.0.priority.clone());
    field!(library, "labels", |replica: Replica| replica.0.labels.clone());
    text_field!(library, "status", |replica: Replica| replica.0.status.clone());
    field!(library, "comments", |replica: Replica| replica.0.comments.clone());
    field!(library, "attachments", |replica: Replica| replica.0.attachments.clone());

    text_field!(library, "key", |ours: Ours| ours.0.before.key.clone());
    text_field!(library, "project", |ours: Ours| ours.0.before.project.clone());
    field!(library, "created", |ours: Ours| ours.0.before.created.clone());
    field!(library, "updated", |ours: Ours| ours.0.before.updated.clone());
    field!(library, "is_new", |ours: Ours| ours.0.before.key.is_unit());

    macro_rules! assignable {
        ($kind:ty, $side:expr, $type_of:expr) => {
            text_field!(library, "summary", |it: $kind| {
                it.0.assigned().summary.clone().map_or(it.0.before.summary.clone(), Dynamic::from)
            });
            field!(library, "description", |it: $kind| {
                it.0.assigned().description.clone().map_or(it.0.before.description.clone(), Dynamic::from)
            });
            text_field!(library, "type", |it: $kind| {
                it.0.assigned().issue_type.clone().map_or(it.0.before.issue_type.clone(), Dynamic::from)
            });
            text_field!(library, "priority", |it: $kind| it.0.extra(PRIORITY, &it.0.before.priority));
            field!(library, "labels", |it: $kind| it.0.extra(LABELS, &it.0.before.labels));
            text_field!(library, "status", |it: $kind| it.0.extra(STATUS, &it.0.before.status));
            for name in [PRIORITY, STATUS] {
                setter(library, name, move |it: &mut $kind, run, value| {
                    let text = unless_nothing(value, |value| needs(value, name, "a text"))?;
                    it.0.assign(name, text.map(|text: ImmutableString| line(run, name, &text)).transpose()?)
                });
            }
            setter(library, LABELS, |it: &mut $kind, run, value| {
                let texts = unless_nothing(value, |value| labels(run, value))?;
                it.0.assign(LABELS, texts)
            });
            field!(library, "comments", |it: $kind| it.0.before.comments.clone());
            field!(library, "attachments", |it: $kind| it.0.before.attachments.clone());
            setter(library, "summary", |it: &mut $kind, _, value| {
                it.0.assigned().summary = unless_nothing(value, |value| needs(value, "summary", "a text"))?;
                Ok(())
            });
            setter(library, "description", |it: &mut $kind, run, value| {
                it.0.assigned().description = unless_nothing(value, |value| {
                    shallow(run, needs(value, "description", "rich text: rich(\"…\")")?)
                })?;
                Ok(())
            });
            setter(library, "type", |it: &mut $kind, run, value| {
                let name = unless_nothing(value, |value| needs(value, "type", "a text"))?;
                let name = match name {
                    Some(name) => Some($type_of(run, name)?),
                    None => None,
                };
                it.0.assigned().issue_type = name;
                Ok(())
            });
            setter(library, "comments", |it: &mut $kind, run, value| {
                it.0.assigned().comments = unless_nothing(value, |value| comments(run, value, $side))?;
                Ok(())
            });
            setter(library, "attachments", |it: &mut $kind, run, value| {
                it.0.assigned().attachments = unless_nothing(value, |value| files(run, value, $side))?;
                Ok(())
            });
        };
    }
    assignable!(Leaving, Side::Ours, |_: &Run, name: ImmutableString| Answer::Ok(name));
    assignable!(Ours, Side::Theirs, of_the_project);
}

/// Adds a field that can be assigned. The language takes it for pure: what is assigned to is shared, and itself a constant.
fn setter<T: Clone + Send + Sync + 'static>(
    library: &mut Library,
    name: &str,
    set: impl Fn(&mut T, &Run, Dynamic) -> Answer<()> + Send + Sync + 'static,
) {
    library.assign(name, true, move |context: NativeCallContext, it: &mut T, value: Dynamic| -> Answer<()> {
        set(it, &*Run::of(&context)?, value)
    });
}

/// `()` takes an assignment back.
fn unless_nothing<T>(value: Dynamic, needs: impl FnOnce(Dynamic) -> Answer<T>) -> Answer<Option<T>> {
    if value.is_unit() { Ok(None) } else { needs(value).map(Some) }
}

/// A type that the project has, as the project spells it.
fn of_the_project(run: &Run, name: ImmutableString) -> Answer<ImmutableString> {
    run.read(run.around.types.len() * 64)?;
    let usable = run.around.types.iter().filter(|(_, subtask)| !subtask);
    match usable.map(|(ours, _)| ours).find(|ours| ours.to_lowercase() == name.to_lowercase()) {
        Some(ours) => Ok(ours.into()),
        None => {
            let short: String = name.chars().take(60).collect();
            told(FaultKind::Unknown, format!("the project has no type {short}; mirror() finds one"))
        }
    }
}

/// A text that is not nested deeper than what travels.
fn shallow(run: &Run, rich: Rich) -> Answer<Rich> {
    run.read(crate::rich::weight(&rich.document().blocks))?;
    if rich.document().depth() > MAX_DEPTH {
        return told(FaultKind::Depth, format!("the text nests deeper than {MAX_DEPTH}"));
    }
    Ok(rich)
}

/// Each value of a list or an array.
fn values(value: Dynamic, field: &str, of: &str) -> Answer<List> {
    let kind = kind_of(&value);
    if value.is::<List>() {
        return Ok(value.cast::<List>());
    }
    match value.try_cast::<Array>() {
        Some(array) => Ok(array.into_iter().collect()),
        None => told(FaultKind::Kind, format!("{field} takes a list of {of}, not {kind}")),
    }
}

/// One line that can travel.
fn line(run: &Run, field: &str, text: &str) -> Answer<Extra> {
    run.read(text.len())?;
    let value = Extra::Text(text.to_owned());
    if value.fits() {
        Ok(value)
    } else {
        told(FaultKind::Size, format!("{field} takes one line of at most 1,000 characters"))
    }
}

fn labels(run: &Run, value: Dynamic) -> Answer<Extra> {
    let list = values(value, LABELS, "texts")?;
    run.make(list.0.len() * 32)?;
    let mut texts = std::collections::BTreeSet::new();
    for value in list {
        let text: ImmutableString = needs(value, LABELS, "texts")?;
        run.make(text.len())?;
        texts.insert(text.into_owned());
    }
    let value = Extra::Texts(texts);
    if value.fits() {
        Ok(value)
    } else {
        told(FaultKind::Size, "labels takes at most 200 lines of at most 1,000 characters")
    }
}

fn comments(run: &Run, value: Dynamic, side: Side) -> Answer<Vec<Comment>> {
    let list = values(value, "comments", "comments")?;
    run.make(list.0.len() * 32)?;
    let mut seen = std::collections::BTreeSet::new();
    let mut comments = Vec::with_capacity(list.0.len());
    for value in list {
        let comment: Comment = needs(value, "comments", "comments")?;
        if comment.of.side != side {
            return told(FaultKind::Kind, of_the_other_side(side, "comments"));
        }
        if !seen.insert(comment.of.at) {
            return told(FaultKind::Failed, "a comment stands in the list twice");
        }
        shallow(run, comment.body.clone())?;
        comments.push(comment);
    }
    Ok(comments)
}

fn files(run: &Run, value: Dynamic, side: Side) -> Answer<Vec<File>> {
    let list = values(value, "attachments", "attachments")?;
    run.make(list.0.len() * 32)?;
    let mut seen = std::collections::BTreeSet::new();
    let mut files = Vec::with_capacity(list.0.len());
    for value in list {
        let file: File = needs(value, "attachments", "attachments")?;
        if file.0.side != side {
            return told(FaultKind::Kind, of_the_other_side(side, "attachments"));
        }
        if !seen.insert(file.0.at) {
            return told(FaultKind::Failed, "an attachment stands in the list twice");
        }
        files.push(file);
    }
    Ok(files)
}

fn of_the_other_side(wanted: Side, what: &str) -> String {
    match wanted {
        Side::Ours => format!("only {what} of the issue can leave"),
        Side::Theirs => format!("only {what} of the replica can be written here"),
    }
}
