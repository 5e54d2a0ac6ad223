//! Functions of lists: what `issue.comments` gives.

use rhai::{Array, Dynamic, FnPtr, INT, ImmutableString, NativeCallContext};

use crate::fault::{FaultKind, told};
use crate::library::Library;
use crate::limits::{Answer, Run, texts, weight};
use crate::texts::{function, same};
use crate::values::{Comment, File, List};

/// All of them.
pub(crate) fn register(library: &mut Library) {
    library.kind::<List>("list");
    library.through::<List>(|values| Box::new(values.into_iter()));
    library.function("list", List::default);
    library.function("len", |list: List| list.0.len() as INT);
    library.function("is_empty", |list: List| list.0.is_empty());
    library.function("to_list", |list: List| list);
    taking(library);
    asking(library);
    making(library);
    arrays(library);
}

/// One value of a list; `()` where there is none.
fn value(run: &Run, found: Option<&Dynamic>) -> Answer<Dynamic> {
    let Some(found) = found else { return Ok(Dynamic::UNIT) };
    run.read(texts(found))?;
    run.make(weight(found))?;
    Ok(found.clone())
}

/// A list of some values of another.
fn list<'a>(run: &Run, values: impl ExactSizeIterator<Item = &'a Dynamic> + Clone) -> Answer<List> {
    run.make(values.clone().map(|value| 48 + weight(value)).sum())?;
    Ok(values.cloned().collect())
}

/// Refuses what a list cannot hold: a function, and a list. Lists in lists could nest without end, and whoever lets go of
/// such a one goes down all of it at once.
pub(crate) fn holdable(value: &Dynamic) -> Answer<()> {
    fn nests(value: &Dynamic) -> bool {
        if let Ok(array) = value.as_array_ref() {
            return array.iter().any(nests);
        }
        if let Ok(map) = value.as_map_ref() {
            return map.values().any(nests);
        }
        value.is::<List>() || value.is::<FnPtr>()
    }
    if nests(value) { told(FaultKind::Kind, "a list cannot hold a list or a function") } else { Ok(()) }
}

fn amount(number: INT) -> usize {
    usize::try_from(number).unwrap_or(0)
}

fn taking(library: &mut Library) {
    library.index(|context: NativeCallContext, list: &mut List, at: INT| -> Answer<Dynamic> {
        let found = usize::try_from(at).ok().and_then(|at| list.0.get(at));
        if found.is_none() {
            return told(FaultKind::Failed, format!("no value {at} among {}", list.0.len()));
        }
        value(&*Run::of(&context)?, found)
    });
    function!(library, "first", |run, all: List| value(&run, all.0.first()));
    function!(library, "last", |run, all: List| value(&run, all.0.last()));
    function!(library, "take", |run, all: List, count: INT| {
        list(&run, all.0[..amount(count).min(all.0.len())].iter())
    });
    function!(library, "skip", |run, all: List, count: INT| {
        list(&run, all.0[amount(count).min(all.0.len())..].iter())
    });
    function!(library, "reversed", |run, all: List| list(&run, all.0.iter().rev()));
}

/// What a function between bars says of a value: yes or no.
fn asks(context: &NativeCallContext, function: &FnPtr, value: &Dynamic) -> Answer<bool> {
    Run::of(context)?.make(weight(value) + function.curry().iter().map(weight).sum::<usize>())?;
    let said = function.call_within_context::<Dynamic>(context, (value.clone(),))?;
    match said.as_bool() {
        Ok(yes) => Ok(yes),
        Err(kind) => told(FaultKind::Kind, format!("the function must say true or false, not {kind}")),
    }
}

fn filter(context: NativeCallContext, all: List, function: FnPtr) -> Answer<List> {
    let mut left = Vec::new();
    for value in all {
        if asks(&context, &function, &value)? {
            Run::of(&context)?.make(48 + weight(&value))?;
            left.push(value);
        }
    }
    Ok(List(left.into()))
}

fn map(context: NativeCallContext, all: List, function: FnPtr) -> Answer<List> {
    let run = Run::of(&context)?;
    let mut made = Vec::new();
    for value in all {
        run.make(weight(&value) + function.curry().iter().map(weight).sum::<usize>())?;
        let value = function.call_within_context::<Dynamic>(&context, (value,))?;
        run.make(48 + weight(&value))?;
        holdable(&value)?;
        made.push(value);
    }
    Ok(List(made.into()))
}

fn find(context: NativeCallContext, all: List, function: FnPtr) -> Answer<Dynamic> {
    for each in all {
        if asks(&context, &function, &each)? {
            return value(&*Run::of(&context)?, Some(&each));
        }
    }
    Ok(Dynamic::UNIT)
}

fn any(context: NativeCallContext, all: List, function: FnPtr) -> Answer<bool> {
    for value in all {
        if asks(&context, &function, &value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn every(context: NativeCallContext, all: List, function: FnPtr) -> Answer<bool> {
    for value in all {
        if !asks(&context, &function, &value)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn asking(library: &mut Library) {
    library.function("filter", filter);
    library.function("map", map);
    library.function("find", find);
    library.function("any", any);
    library.function("all", every);
    function!(library, "contains", |run, all: List, value: Dynamic| {
        for each in all.0.iter() {
            if same_thing(&run, each, &value)? {
                return Ok(true);
            }
        }
        Ok(false)
    });
}

/// As [`same`], and comments and files as well.
fn same_thing(run: &Run, one: &Dynamic, other: &Dynamic) -> Answer<bool> {
    if let (Some(one), Some(other)) = (one.read_lock::<Comment>(), other.read_lock::<Comment>()) {
        return Ok((one.of.side, one.of.at) == (other.of.side, other.of.at));
    }
    if let (Some(one), Some(other)) = (one.read_lock::<File>(), other.read_lock::<File>()) {
        return Ok(*one == *other);
    }
    same(run, one, other)
}

fn making(library: &mut Library) {
    library.changing("push", |context: NativeCallContext, list: &mut List, value: Dynamic| -> Answer<()> {
        let run = Run::of(&context)?;
        run.make(96 + weight(&value))?;
        holdable(&value)?;
        if std::sync::Arc::get_mut(&mut list.0).is_none() {
            run.make(list.0.iter().map(|value| 48 + weight(value)).sum())?;
        }
        std::sync::Arc::make_mut(&mut list.0).push(value);
        Ok(())
    });
    function!(library, "+", |run, one: List, other: List| {
        run.make(one.0.iter().chain(other.0.iter()).map(|value| 48 + weight(value)).sum())?;
        Ok(one.0.iter().chain(other.0.iter()).cloned().collect::<List>())
    });
    function!(library, "join", |run, all: List, between: ImmutableString| {
        let mut size = 0_usize;
        for value in all.0.iter() {
            run.go_through(1)?;
            let Ok(text) = value.as_immutable_string_ref() else {
                return told(
                    FaultKind::Kind,
                    format!("join takes a list of texts, not of {}", value.type_name()),
                );
            };
            size = size.saturating_add(text.len() + between.len());
        }
        run.text(size)?;
        let mut joined = String::with_capacity(size);
        for (at, value) in all.0.iter().enumerate() {
            if at > 0 {
                joined.push_str(&between);
            }
            if let Ok(text) = value.as_immutable_string_ref() {
                joined.push_str(&text);
            }
        }
        Ok(ImmutableString::from(joined))
    });
}

/// The same for arrays, by way of a list.
fn arrays(library: &mut Library) {
    fn listed(context: &NativeCallContext, array: &Array) -> Answer<List> {
        Run::of(context)?.make(array.iter().map(|value| 48 + weight(value)).sum())?;
        array.iter().try_for_each(holdable)?;
        Ok(array.iter().cloned().collect())
    }
    library.function("filter", |context: NativeCallContext, array: &mut Array, function: FnPtr| {
        let list = listed(&context, array)?;
        filter(context, list, function)
    });
    library.function("map", |context: NativeCallContext, array: &mut Array, function: FnPtr| {
        let list = listed(&context, array)?;
        map(context, list, function)
    });
    library.function("any", |context: NativeCallContext, array: &mut Array, function: FnPtr| {
        let list = listed(&context, array)?;
        any(context, list, function)
    });
    library.function("all", |context: NativeCallContext, array: &mut Array, function: FnPtr| {
        let list = listed(&context, array)?;
        every(context, list, function)
    });
}
