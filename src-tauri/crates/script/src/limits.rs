//! What rules may use up, and who counts it.
//!
//! Two counts do the work. **Steps** bound the time: each operation of the language is one, and a function of ours that
//! goes through text or a list adds one for each 64 bytes or each value. **Bytes** bound the memory: everything that a run
//! makes is added, copies included, and nothing is ever taken off, so that what a run holds at any moment is less than that.
//! The language's own limits stand behind both.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext, Position};

use crate::Around;

/// Bytes of the text of rules.
pub const MAX_RULES: usize = 64 * 1024;
/// Steps of one run.
pub const MAX_STEPS: u64 = 1_000_000;
/// Bytes that one run makes, copies included.
pub const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Bytes of one text.
pub const MAX_TEXT: usize = 1024 * 1024;
/// Values in one array (`[…]`), nested ones included. A list, which `issue.comments` and `list()` are, has no such limit.
pub const MAX_ARRAY: usize = 1_000;
/// Entries in one map (`#{…}`), nested ones included.
pub const MAX_MAP: usize = 1_000;
/// Variables that one function has at a time.
pub const MAX_VARIABLES: usize = 64;
/// Functions in the text of rules, those between bars included.
pub const MAX_FUNCTIONS: usize = 64;
/// Functions that wait for one another.
pub const MAX_CALLS: usize = 8;
/// How deep an expression nests.
pub const MAX_NESTING: usize = 32;
/// How deep an expression nests in a function.
pub const MAX_NESTING_IN_FUNCTION: usize = 24;
/// Arguments of one call.
pub const MAX_ARGUMENTS: usize = 16;
/// Characters of a fault's detail.
pub const MAX_DETAIL: usize = 300;

pub(crate) type Answer<T> = Result<T, Box<EvalAltResult>>;

/// One run: what surrounds it, and what it has used up.
pub(crate) struct Run {
    pub(crate) around: Around,
    steps: AtomicU64,
    bytes: AtomicU64,
}

impl Run {
    pub(crate) fn new(around: Around) -> Arc<Self> {
        Arc::new(Self { around, steps: AtomicU64::new(0), bytes: AtomicU64::new(0) })
    }

    /// One run's count as functions of ours find it.
    pub(crate) fn of(context: &NativeCallContext) -> Answer<Arc<Self>> {
        let run = context.tag().and_then(|tag| tag.clone().try_cast::<Arc<Self>>());
        run.ok_or_else(|| EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE).into())
    }

    /// Adds steps; whether there are any left.
    pub(crate) fn step(&self, steps: u64) -> bool {
        self.steps.fetch_add(steps, Ordering::Relaxed).saturating_add(steps) <= MAX_STEPS
    }

    /// Somebody goes through so many values.
    pub(crate) fn go_through(&self, values: usize) -> Answer<()> {
        if self.step(values as u64) {
            Ok(())
        } else {
            Err(EvalAltResult::ErrorTooManyOperations(Position::NONE).into())
        }
    }

    /// Somebody reads so many bytes of text.
    pub(crate) fn read(&self, bytes: usize) -> Answer<()> {
        self.go_through(1 + bytes / 64)
    }

    /// Somebody is about to make so many bytes.
    pub(crate) fn make(&self, bytes: usize) -> Answer<()> {
        self.go_through(bytes / 64)?;
        let before = self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        if before.saturating_add(bytes as u64) <= MAX_BYTES { Ok(()) } else { Err(too_large("memory")) }
    }

    /// Somebody is about to make a text of so many bytes.
    pub(crate) fn text(&self, bytes: usize) -> Answer<()> {
        if bytes > MAX_TEXT {
            return Err(too_large("text"));
        }
        // And what stands around each text in memory.
        self.make(bytes + 64)
    }
}

pub(crate) fn too_large(what: &str) -> Box<EvalAltResult> {
    EvalAltResult::ErrorDataTooLarge(what.to_owned(), Position::NONE).into()
}

/// What a copy of a value takes: arrays and maps are copied, everything else is shared.
pub(crate) fn weight(value: &Dynamic) -> usize {
    if let Ok(array) = value.as_array_ref() {
        return 32 + array.iter().map(|value| 16 + weight(value)).sum::<usize>();
    }
    if let Ok(map) = value.as_map_ref() {
        return 32 + map.iter().map(|(key, value)| 96 + key.len() + weight(value)).sum::<usize>();
    }
    value
        .read_lock::<FnPtr>()
        .map_or(0, |function| 64 + function.curry().iter().map(|value| 16 + weight(value)).sum::<usize>())
}

/// The bytes of the texts in a value.
pub(crate) fn texts(value: &Dynamic) -> usize {
    if let Ok(array) = value.as_array_ref() {
        return array.iter().map(texts).sum();
    }
    if let Ok(map) = value.as_map_ref() {
        return map.values().map(texts).sum();
    }
    value.as_immutable_string_ref().map_or(0, |text| text.len())
}

/// An engine that knows the language and nothing else, within the limits.
pub(crate) fn engine() -> Engine {
    let mut engine = Engine::new_raw();
    engine
        .set_max_operations(MAX_STEPS)
        .set_max_call_levels(MAX_CALLS)
        .set_max_expr_depths(MAX_NESTING, MAX_NESTING_IN_FUNCTION)
        .set_max_string_size(MAX_TEXT)
        .set_max_array_size(MAX_ARRAY)
        .set_max_map_size(MAX_MAP)
        .set_max_variables(MAX_VARIABLES)
        .set_max_functions(MAX_FUNCTIONS)
        .set_max_strings_interned(0)
        .set_strict_variables(true)
        // So that our own `+` of texts is asked, which counts, and not the built-in one.
        .set_fast_operators(false);
    for word in ["eval", "print", "debug", "this", "Fn", "curry", "call", "is_shared", "import", "export"] {
        engine.disable_symbol(word);
    }
    engine
}
