//! Functions and fields of rich text, comments, files and times.

use rhai::{Dynamic, INT, ImmutableString, NativeCallContext};
use twinline_model::observed::mirror_type;

use crate::fault::{FaultKind, KeptHome, told};
use crate::library::Library;
use crate::limits::{Answer, Run};
use crate::rich::Rich;
use crate::texts::function;
use crate::values::{Comment, File, List, Moment};

type Text = ImmutableString;

/// All of them.
pub(crate) fn register(library: &mut Library) {
    rich(library);
    comments(library);
    files(library);
    moments(library);
    of_the_project(library);
}

/// Adds a field that is read only.
macro_rules! field {
    ($module:expr, $name:literal, |$value:ident: $kind:ty| $body:expr) => {
        $module.field($name, |$value: &mut $kind| $body);
    };
}
pub(crate) use field;

/// Adds a field whose texts count as read.
macro_rules! text_field {
    ($module:expr, $name:literal, |$value:ident: $kind:ty| $body:expr) => {
        $module.field($name, |context: NativeCallContext, $value: &mut $kind| -> Answer<_> {
            let text = $body;
            Run::of(&context)?.read(crate::limits::texts(&Dynamic::from(text.clone())))?;
            Ok(text)
        });
    };
}
pub(crate) use text_field;

fn rich(library: &mut Library) {
    library.kind::<Rich>("rich text");
    function!(library, "rich", |run, text: Text| Rich::of_plain(&run, &text));
    library.function("rich", |text: Rich| text);
    library.field("text", |context: NativeCallContext, rich: &mut Rich| -> Answer<Text> {
        rich.plain(&*Run::of(&context)?)
    });
    function!(library, "text", |run, rich: Rich| rich.plain(&run));
    field!(library, "is_empty", |rich: Rich| rich.document().is_empty());
    library.function("is_empty", |rich: Rich| rich.document().is_empty());
    function!(library, "contains", |run, rich: Rich, word: Text| {
        let plain = rich.plain(&run)?;
        run.read(plain.len() + word.len())?;
        Ok(plain.contains(word.as_str()))
    });
    function!(library, "prepend", |run, rich: Rich, text: Text| {
        Rich::of_plain(&run, &text)?.followed_by(&run, &rich)
    });
    function!(library, "prepend", |run, rich: Rich, above: Rich| above.followed_by(&run, &rich));
    function!(library, "append", |run, rich: Rich, text: Text| {
        rich.followed_by(&run, &Rich::of_plain(&run, &text)?)
    });
    function!(library, "append", |run, rich: Rich, below: Rich| rich.followed_by(&run, &below));
    function!(library, "replace", |run, rich: Rich, from: Text, to: Text| rich.replace(&run, &from, &to));
    function!(library, "first_blocks", |run, rich: Rich, count: INT| {
        rich.first(&run, usize::try_from(count).unwrap_or(0))
    });
    function!(library, "skip_blocks", |run, rich: Rich, count: INT| {
        rich.skip(&run, usize::try_from(count).unwrap_or(0))
    });
    function!(library, "section", |run, rich: Rich, title: Text| rich.section(&run, &title));
    function!(library, "without_section", |run, rich: Rich, title: Text| rich.without_section(&run, &title));
    function!(library, "without_media", |run, rich: Rich| rich.without_media(&run));
    function!(library, "files", |run, rich: Rich| {
        let names = rich.document().files();
        run.make(names.iter().map(|name| 96 + name.len()).sum())?;
        Ok(names.into_iter().map(|name| Dynamic::from(Text::from(name))).collect::<List>())
    });
    function!(library, "==", |run, one: Rich, other: Rich| {
        run.read(crate::rich::weight(&one.document().blocks))?;
        Ok(one == other)
    });
    function!(library, "!=", |run, one: Rich, other: Rich| {
        run.read(crate::rich::weight(&one.document().blocks))?;
        Ok(one != other)
    });
    // A text that has not arrived stays one that has not arrived.
    library.function("prepend", |(): (), _: Dynamic| ());
    library.function("append", |(): (), _: Dynamic| ());
    library.function("replace", |(): (), _: Text, _: Text| ());
    library.function("first_blocks", |(): (), _: INT| ());
    library.function("skip_blocks", |(): (), _: INT| ());
    library.function("section", |(): (), _: Text| ());
    library.function("without_section", |(): (), _: Text| ());
    library.function("without_media", |(): ()| ());
    library.function("contains", |(): (), _: Text| false);
}

fn comments(library: &mut Library) {
    library.kind::<Comment>("comment");
    text_field!(library, "author", |comment: Comment| comment.of.author.clone());
    field!(library, "created", |comment: Comment| comment.of.created);
    field!(library, "internal", |comment: Comment| comment.of.internal);
    field!(library, "ours", |comment: Comment| comment.of.ours);
    field!(library, "body", |comment: Comment| comment.body.clone());
    library.field("text", |context: NativeCallContext, comment: &mut Comment| -> Answer<Text> {
        comment.body.plain(&*Run::of(&context)?)
    });
    library.assign("body", false, |comment: &mut Comment, value: Dynamic| -> Answer<()> {
        comment.body = needs(value, "body", "rich text: rich(\"…\")")?;
        Ok(())
    });
    function!(library, "contains", |run, comment: Comment, word: Text| {
        let plain = comment.body.plain(&run)?;
        run.read(plain.len() + word.len())?;
        Ok(plain.contains(word.as_str()))
    });
    library.function("saying", |mut comment: Comment, body: Rich| {
        comment.body = body;
        comment
    });
    library.function("==", |one: Comment, other: Comment| one == other);
    library.function("!=", |one: Comment, other: Comment| one != other);
}

/// A value of the kind that a field takes, or a fault that names both.
pub(crate) fn needs<T: Clone + Send + Sync + 'static>(
    value: Dynamic,
    field: &str,
    wanted: &str,
) -> Answer<T> {
    let kind = kind_of(&value);
    match value.try_cast::<T>() {
        Some(value) => Ok(value),
        None => told(FaultKind::Kind, format!("{field} takes {wanted}, not {kind}")),
    }
}

/// What people call a value's kind.
pub(crate) fn kind_of(value: &Dynamic) -> &'static str {
    let named = [
        (value.is_unit(), "nothing"),
        (value.is_string(), "a text"),
        (value.is_int(), "a number"),
        (value.is_bool(), "true or false"),
        (value.is_array(), "an array"),
        (value.is_map(), "a map"),
        (value.is::<Rich>(), "rich text"),
        (value.is::<Comment>(), "a comment"),
        (value.is::<File>(), "an attachment"),
        (value.is::<Moment>(), "a time"),
        (value.is::<List>(), "a list"),
        (value.is_fnptr(), "a function"),
    ];
    named.iter().find(|(is, _)| *is).map_or("a value of another kind", |(_, name)| name)
}

fn files(library: &mut Library) {
    library.kind::<File>("attachment");
    text_field!(library, "name", |file: File| file.0.name.clone());
    text_field!(library, "mime", |file: File| file.0.mime.clone());
    field!(library, "size", |file: File| file.0.size);
    text_field!(library, "author", |file: File| file.0.author.clone());
    library.function("==", |one: File, other: File| one == other);
    library.function("!=", |one: File, other: File| one != other);
}

fn moments(library: &mut Library) {
    library.kind::<Moment>("time");
    // A few letters each: nothing to count but the call.
    field!(library, "day", |moment: Moment| moment.day());
    field!(library, "clock", |moment: Moment| moment.clock());
    field!(library, "iso", |moment: Moment| moment.iso());
    field!(library, "ms", |moment: Moment| moment.0);
    macro_rules! compare {
        ($($name:literal $op:tt),+) => {$(
            library.function($name, |a: Moment, b: Moment| a $op b);
        )+};
    }
    compare!("==" ==, "!=" !=, "<" <, "<=" <=, ">" >, ">=" >=);
}

fn of_the_project(library: &mut Library) {
    function!(library, "mirror", |run, theirs: Text| {
        let around = &run.around;
        run.read(around.types.len() * 64)?;
        let ours = mirror_type(&theirs, &around.types, around.default_type.as_deref());
        Ok(ours.map_or(Dynamic::UNIT, |name| Dynamic::from(Text::from(name))))
    });
    library.function("mirror", |(): ()| ());
}

/// `keep_home()`, which the outgoing rules alone have: it ends the rules, and the issue stays here.
pub(crate) fn keep_home(library: &mut Library) {
    library.function("keep_home", || -> Answer<()> {
        let kept = Dynamic::from(KeptHome);
        Err(rhai::EvalAltResult::ErrorTerminated(kept, rhai::Position::NONE).into())
    });
}
