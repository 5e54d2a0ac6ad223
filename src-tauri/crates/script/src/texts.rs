//! Functions of texts, numbers, arrays and maps. Each gives a new value; none changes what it was given, `push` aside.

use rhai::{Array, Dynamic, FnPtr, INT, ImmutableString, Map, NativeCallContext};

use crate::fault::{FaultKind, told};
use crate::library::Library;
use crate::limits::{Answer, MAX_ARRAY, Run, too_large, weight};
use crate::values::{List, Span};

/// Adds a function to a module; the first argument of the function is the run that it counts for.
macro_rules! function {
    ($module:expr, $name:literal, |$run:ident $(, $value:ident: $kind:ty)*| $body:expr) => {
        $module.function($name, |context: NativeCallContext $(, $value: $kind)*| -> Answer<_> {
                let $run = Run::of(&context)?;
                $body
            },
        );
    };
}
pub(crate) use function;

type Text = ImmutableString;

/// All of them.
pub(crate) fn register(library: &mut Library) {
    joining(library);
    comparing(library);
    looking(library);
    changing(library);
    numbers(library);
    arrays(library);
}

fn join(run: &Run, one: &str, other: &str) -> Answer<Text> {
    run.text(one.len() + other.len())?;
    let mut both = String::with_capacity(one.len() + other.len());
    both.push_str(one);
    both.push_str(other);
    Ok(both.into())
}

/// `+`. Nothing and a text is nothing: `replica.key + replica.summary` is not a summary where none has arrived.
fn joining(library: &mut Library) {
    function!(library, "+", |run, a: Text, b: Text| join(&run, &a, &b));
    function!(library, "+", |run, a: Text, b: char| join(&run, &a, b.encode_utf8(&mut [0; 4])));
    function!(library, "+", |run, a: char, b: Text| join(&run, a.encode_utf8(&mut [0; 4]), &b));
    function!(library, "+", |run, a: char, b: char| join(&run, &a.to_string(), b.encode_utf8(&mut [0; 4])));
    function!(library, "+", |run, a: Text, b: INT| join(&run, &a, &b.to_string()));
    function!(library, "+", |run, a: INT, b: Text| join(&run, &a.to_string(), &b));
    function!(library, "+", |run, a: Text, b: bool| join(&run, &a, if b { "true" } else { "false" }));
    library.function("+", |_: Text, (): ()| ());
    library.function("+", |(): (), _: Text| ());
    library.function("+", |(): (), (): ()| ());
    // Without these the language's own would make texts that nobody counts.
    for_text(library, |run, text, more: Text| join(run, text, &more));
    for_text(library, |run, text, more: char| join(run, text, more.encode_utf8(&mut [0; 4])));
    for_text(library, |run, text, more: INT| join(run, text, &more.to_string()));
    library.function("-", |_: Text, _: Text| without_minus());
    library.function("-", |_: Text, _: char| without_minus());
    library.changing("-=", |_: &mut Text, _: Text| without_minus());
    library.changing("-=", |_: &mut Text, _: char| without_minus());
}

/// `+=` of texts.
fn for_text<T: Clone + Send + Sync + 'static>(
    library: &mut Library,
    join: impl Fn(&Run, &str, T) -> Answer<Text> + Send + Sync + 'static,
) {
    library.changing("+=", move |context: NativeCallContext, text: &mut Text, more: T| -> Answer<()> {
        *text = join(&*Run::of(&context)?, text, more)?;
        Ok(())
    });
}

fn without_minus() -> Answer<()> {
    told(FaultKind::Kind, "a text has no minus; use replace")
}

fn comparing(library: &mut Library) {
    macro_rules! compare {
        ($($name:literal $op:tt),+) => {$(
            function!(library, $name, |run, a: Text, b: Text| {
                run.read(a.len().min(b.len()))?;
                Ok(a.as_str() $op b.as_str())
            });
        )+};
    }
    compare!("==" ==, "!=" !=, "<" <, "<=" <=, ">" >, ">=" >=);
}

fn looking(library: &mut Library) {
    function!(library, "len", |run, text: Text| {
        run.read(text.len())?;
        Ok(text.chars().count() as INT)
    });
    library.function("is_empty", |text: Text| text.is_empty());
    library.function("is_empty", |(): ()| true);
    function!(library, "contains", |run, text: Text, word: Text| {
        run.read(text.len() + word.len())?;
        Ok(text.contains(word.as_str()))
    });
    function!(library, "contains", |run, text: Text, letter: char| {
        run.read(text.len())?;
        Ok(text.contains(letter))
    });
    function!(library, "starts_with", |run, text: Text, word: Text| {
        run.read(word.len())?;
        Ok(text.starts_with(word.as_str()))
    });
    function!(library, "ends_with", |run, text: Text, word: Text| {
        run.read(word.len())?;
        Ok(text.ends_with(word.as_str()))
    });
    function!(library, "index_of", |run, text: Text, word: Text| {
        run.read(text.len() + word.len())?;
        Ok(text.find(word.as_str()).map_or(-1, |at| text[..at].chars().count() as INT))
    });
    function!(library, "split", |run, text: Text, separator: Text| {
        if separator.is_empty() {
            return told(FaultKind::Failed, "split needs something to split at");
        }
        pieces(&run, &text, text.split(separator.as_str()))
    });
    function!(library, "lines", |run, text: Text| pieces(&run, &text, text.lines()));
}

fn pieces<'a>(run: &Run, text: &str, pieces: impl Iterator<Item = &'a str> + Clone) -> Answer<List> {
    run.read(text.len())?;
    let count = pieces.clone().count();
    run.make(text.len() + count * 96)?;
    Ok(pieces.map(|piece| Dynamic::from(Text::from(piece))).collect())
}

fn changing(library: &mut Library) {
    fn made(run: &Run, room: usize, text: &dyn Fn() -> String) -> Answer<Text> {
        run.text(room)?;
        Ok(text().into())
    }
    // A letter may become three in another case; none becomes more than three times as long.
    function!(library, "to_lower", |run, text: Text| made(&run, text.len() * 3, &|| text.to_lowercase()));
    function!(library, "to_upper", |run, text: Text| made(&run, text.len() * 3, &|| text.to_uppercase()));
    function!(library, "trim", |run, text: Text| made(&run, text.len(), &|| text.trim().to_owned()));
    function!(library, "replace", |run, text: Text, from: Text, to: Text| {
        if from.is_empty() {
            return told(FaultKind::Failed, "replace needs something to look for");
        }
        run.read(text.len() + from.len())?;
        let found = text.matches(from.as_str()).count();
        let room = text.len().saturating_add(found.saturating_mul(to.len()));
        made(&run, room, &|| text.replace(from.as_str(), &to))
    });
    function!(library, "first", |run, text: Text, letters: INT| {
        let end = place(&text, letters);
        made(&run, text.len(), &|| text[..end].to_owned())
    });
    function!(library, "sub_string", |run, text: Text, from: INT| {
        let start = place(&text, from);
        made(&run, text.len(), &|| text[start..].to_owned())
    });
    function!(library, "sub_string", |run, text: Text, from: INT, letters: INT| {
        let start = place(&text, from);
        let end = start + place(&text[start..], letters);
        made(&run, text.len(), &|| text[start..end].to_owned())
    });
    function!(library, "to_string", |run, number: INT| made(&run, 20, &|| number.to_string()));
    function!(library, "to_string", |run, flag: bool| made(&run, 5, &|| flag.to_string()));
    function!(library, "to_string", |run, letter: char| made(&run, 4, &|| letter.to_string()));
    function!(library, "to_string", |run, text: Text| {
        run.read(text.len())?;
        Ok(text)
    });
    function!(library, "to_int", |run, text: Text| {
        run.read(text.len())?;
        match text.trim().parse::<INT>() {
            Ok(number) => Ok(number),
            Err(_) => told(FaultKind::Kind, "to_int needs digits"),
        }
    });
}

/// Where a letter begins, counted from 0; the end, if there are fewer.
fn place(text: &str, letters: INT) -> usize {
    let letters = usize::try_from(letters).unwrap_or(0);
    text.char_indices().nth(letters).map_or(text.len(), |(at, _)| at)
}

fn numbers(library: &mut Library) {
    library.function("!", |flag: bool| !flag);
    library.function("-", |number: INT| number.saturating_neg());
    library.function("min", |a: INT, b: INT| a.min(b));
    library.function("max", |a: INT, b: INT| a.max(b));
    library.function("kb", |n: INT| n.saturating_mul(1_000));
    library.function("mb", |n: INT| n.saturating_mul(1_000_000));
    library.function("..", |from: INT, to: INT| Span(from, to));
    library.function("..=", |from: INT, to: INT| Span(from, to.saturating_add(1)));
    library.kind::<Span>("range");
    library.through::<Span>(|Span(from, to)| Box::new((from..to).map(Dynamic::from)));
}

/// Whether two values are the same text, number or the like; values of other kinds never are.
pub(crate) fn same(run: &Run, one: &Dynamic, other: &Dynamic) -> Answer<bool> {
    run.go_through(1)?;
    if let (Ok(one), Ok(other)) = (one.as_immutable_string_ref(), other.as_immutable_string_ref()) {
        run.read(one.len().min(other.len()))?;
        return Ok(one.as_str() == other.as_str());
    }
    Ok(match (one.as_int(), other.as_int()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one.is_unit() && other.is_unit(),
    })
}

fn arrays(library: &mut Library) {
    // Arrays and maps are taken by reference: a copy would have to be counted.
    library.function("len", |array: &mut Array| array.len() as INT);
    library.function("is_empty", |array: &mut Array| array.is_empty());
    library.changing("push", |context: NativeCallContext, array: &mut Array, value: Dynamic| -> Answer<()> {
        if value.is::<FnPtr>() {
            return told(FaultKind::Kind, "an array cannot hold a function");
        }
        if array.len() >= MAX_ARRAY {
            return Err(too_large("array"));
        }
        Run::of(&context)?.make(32 + weight(&value))?;
        array.push(value);
        let whole = Dynamic::from_array(std::mem::take(array));
        let checked = context.engine().ensure_data_size_within_limits(&whole);
        *array = whole.cast::<Array>();
        checked
    });
    function!(library, "contains", |run, array: &mut Array, value: Dynamic| {
        for each in array.iter() {
            if same(&run, each, &value)? {
                return Ok(true);
            }
        }
        Ok(false)
    });
    function!(library, "to_list", |run, array: &mut Array| {
        run.make(array.iter().map(|value| 48 + weight(value)).sum())?;
        array.iter().try_for_each(crate::lists::holdable)?;
        Ok(array.iter().cloned().collect::<List>())
    });
    library.function("len", |map: &mut Map| map.len() as INT);
    library.function("contains", |map: &mut Map, key: Text| map.contains_key(key.as_str()));
    library.through::<Array>(|values| Box::new(values.into_iter()));
}
