//! A text of rules: compiled, looked through, and run within the limits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use rhai::{
    AST, ASTNode, Dynamic, Engine, EvalAltResult, EvalContext, Expr, Module, Position, Scope, Shared, Stmt,
};

use crate::fault::{Fault, FaultKind, KeptHome};
use crate::library::Library;
use crate::limits::{MAX_ARGUMENTS, MAX_RULES, Run, engine, texts, weight};
use crate::{lists, target, texts as words, things};

/// Which way rules look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    /// What leaves.
    Outgoing,
    /// What is written here.
    Incoming,
}

/// A text of rules that can be run.
#[derive(Clone)]
pub(crate) struct Rules {
    ast: Arc<AST>,
    seen: Arc<Seen>,
    direction: Direction,
}

/// What looking through a text found.
#[derive(Default)]
struct Seen {
    /// Names that a function between bars takes from outside. It takes a copy, and they cannot be changed any more, so that
    /// no value can come to hold itself and outlive the run.
    captured: BTreeSet<String>,
    /// Names of which a part is assigned, as `a[0] = …`; whether it is a part of a part.
    parts: BTreeMap<String, bool>,
}

/// What the rules said when they ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    /// They went through.
    Through,
    /// The issue stays here.
    KeptHome,
}

/// The names that rules find, in the order in which they are put there.
const NAMES: [&str; 5] = ["issue", "replica", "company", "partner", "project"];

impl Rules {
    pub(crate) fn compile(text: &str, direction: Direction) -> Result<Self, Fault> {
        if text.len() > MAX_RULES {
            return Err(Fault::nowhere(FaultKind::Size, &format!("rules of {MAX_RULES} bytes")));
        }
        let mut engine = engine();
        engine.register_global_module(functions(direction).0.clone());
        let mut scope = Scope::new();
        for name in NAMES {
            scope.push_constant_dynamic(name, Dynamic::UNIT);
        }
        let ast = engine.compile_with_scope(&scope, text).map_err(|error| Fault::of_text(&error))?;
        let seen = look_through(&ast)?;
        Ok(Self { ast: ast.into(), seen: seen.into(), direction })
    }

    /// Runs them over two things.
    pub(crate) fn run(&self, issue: Dynamic, replica: Dynamic, run: &Arc<Run>) -> Result<Ended, Fault> {
        let engine = self.engine_of(run);
        let around = &run.around;
        let mut scope = Scope::new();
        let texts =
            [&around.company, &around.partner, &around.project].map(|text| Dynamic::from(text.clone()));
        for (name, value) in NAMES.into_iter().zip([issue, replica].into_iter().chain(texts)) {
            scope.push_constant_dynamic(name, value);
        }
        match engine.run_ast_with_scope(&mut scope, &self.ast) {
            Ok(()) => Ok(Ended::Through),
            Err(error) => match error.unwrap_inner() {
                EvalAltResult::ErrorTerminated(token, _) if token.is::<KeptHome>() => Ok(Ended::KeptHome),
                _ => Err(Fault::of_run(&error, &|name| is_known(self.direction, name))),
            },
        }
    }

    /// An engine for one run: it counts for it alone.
    fn engine_of(&self, run: &Arc<Run>) -> Engine {
        let mut engine = engine();
        engine.register_global_module(functions(self.direction).0.clone());
        engine.set_default_tag(Dynamic::from(run.clone()));
        let counted = run.clone();
        // The language counts anew in each function that one of ours calls; this one count does not.
        engine.on_progress(move |_| (!counted.step(1)).then_some(Dynamic::UNIT));
        let (seen, counted) = (self.seen.clone(), run.clone());
        #[allow(deprecated, reason = "the library marks so what it may still change")]
        engine.on_var(move |name, _, context| on_name(&seen, &counted, name, &context));
        engine
    }
}

/// Counts what becomes of a name that is read; gives a copy of those that functions between bars take.
fn on_name(
    seen: &Seen,
    run: &Run,
    name: &str,
    context: &EvalContext,
) -> Result<Option<Dynamic>, Box<EvalAltResult>> {
    let Some(value) = context.scope().get(name) else { return Ok(None) };
    let texts_in = texts(value);
    // What the language does itself with a text, as finding a letter or choosing a case, nobody else counts.
    run.go_through(texts_in / 64)?;
    let copied = weight(value);
    if copied > 0 {
        run.make(copied)?;
    }
    if let Some(inner) = seen.parts.get(name)
        && (*inner || value.is_string())
    {
        // To change a letter the language makes the text anew, letter by letter, moving all of them again and again.
        run.make(texts_in.saturating_add(texts_in.saturating_mul(texts_in) / 4096))?;
    }
    Ok(seen.captured.contains(name).then(|| value.clone()))
}

/// What the language itself cannot refuse.
fn look_through(ast: &AST) -> Result<Seen, Fault> {
    let (mut seen, mut fault) = (Seen::default(), None);
    let mut refuse = |kind, detail: &str, position| {
        fault.get_or_insert_with(|| Fault::at(kind, detail, position));
    };
    ast.walk(&mut |path| {
        match path.last() {
            Some(ASTNode::Stmt(Stmt::Share(names))) => {
                seen.captured.extend(names.iter().map(|(name, _)| name.as_str().to_owned()));
            }
            Some(ASTNode::Stmt(Stmt::Assignment(assignment))) => {
                if let Some((name, inner)) = part(&assignment.1.lhs) {
                    *seen.parts.entry(name.to_owned()).or_default() |= inner;
                }
            }
            Some(ASTNode::Stmt(Stmt::FnCall(call, at))) => arguments(call.args.len(), *at, &mut refuse),
            // The language makes its own range of two numbers, with which a text could be cut into pieces that nobody counts.
            Some(ASTNode::Expr(Expr::FnCall(call, at)))
                if matches!(call.name.as_str(), ".." | "..=") && !is_gone_through(path) =>
            {
                refuse(FaultKind::Syntax, "a range stands only in for … in; use sub_string and take", *at);
            }
            Some(ASTNode::Expr(Expr::FnCall(call, at) | Expr::MethodCall(call, at))) => {
                arguments(call.args.len(), *at, &mut refuse);
            }
            // Each would make a text that nobody counts.
            Some(ASTNode::Expr(Expr::InterpolatedString(_, at))) => {
                refuse(
                    FaultKind::Syntax,
                    "${ } within a text is not part of the language; join texts with +",
                    *at,
                );
            }
            _ => {}
        }
        true
    });
    match fault {
        Some(fault) => Err(fault),
        None => Ok(seen),
    }
}

/// Whether the last of the path is what a `for` goes through.
fn is_gone_through(path: &[ASTNode]) -> bool {
    matches!(path, [.., ASTNode::Stmt(Stmt::For(..)), _])
}

fn arguments(count: usize, position: Position, refuse: &mut impl FnMut(FaultKind, &str, Position)) {
    if count > MAX_ARGUMENTS {
        refuse(FaultKind::Size, &format!("{MAX_ARGUMENTS} values for one function"), position);
    }
}

/// The name of which a part is assigned, and whether it is a part of a part: `a` of `a[0].b = …`; none of `a = …`.
fn part(lhs: &Expr) -> Option<(&str, bool)> {
    let (Expr::Index(parts, ..) | Expr::Dot(parts, ..)) = lhs else { return None };
    match &parts.lhs {
        Expr::Variable(name, ..) => {
            let chained = matches!(parts.rhs, Expr::Index(..) | Expr::Dot(..));
            Some((&name.1, chained))
        }
        inner => part(inner).map(|(name, _)| (name, true)),
    }
}

/// Every function that rules of a direction have, and every name.
fn functions(direction: Direction) -> &'static (Shared<Module>, BTreeSet<String>) {
    static OUTGOING: OnceLock<(Shared<Module>, BTreeSet<String>)> = OnceLock::new();
    static INCOMING: OnceLock<(Shared<Module>, BTreeSet<String>)> = OnceLock::new();
    let made = match direction {
        Direction::Outgoing => &OUTGOING,
        Direction::Incoming => &INCOMING,
    };
    made.get_or_init(|| {
        let mut library = Library::default();
        words::register(&mut library);
        lists::register(&mut library);
        things::register(&mut library);
        target::register(&mut library);
        if direction == Direction::Outgoing {
            things::keep_home(&mut library);
        }
        library.done()
    })
}

/// Every name that rules have: variables, fields and functions, for completion and for the page that describes them.
pub(crate) fn names() -> BTreeSet<&'static str> {
    let both = [Direction::Outgoing, Direction::Incoming].into_iter().flat_map(|way| &functions(way).1);
    both.map(String::as_str).chain(NAMES).collect()
}

/// Whether there is a function or a field of this name, for values of another kind. Every operator is known.
fn is_known(direction: Direction, name: &str) -> bool {
    let operator = !name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    operator || functions(direction).1.contains(name)
}
