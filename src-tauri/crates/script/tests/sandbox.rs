//! Hostile rules: each ends within its limits, is told as what it is, and holds no more memory than is stated.
//!
//! One test, in a target of its own: it counts what the whole process holds.

// The whole target is a test: it may fail where it stands.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::{Duration, Instant};

use common::{around, comment, issue, replica};
use peak_alloc::PeakAlloc;
use twinline_model::observed::ObservedIssue;
use twinline_script::FaultKind::{self, Depth, Failed, Kind, Size, Steps, Syntax, Thrown, Unknown};
use twinline_script::limits::{MAX_BYTES, MAX_RULES};
use twinline_script::{Fault, Incoming, Outgoing};

#[global_allocator]
static HELD: PeakAlloc = PeakAlloc;

/// What one run may hold beside the issue itself: what it makes, and as much again for the compiled text and the engine.
const MOST_HELD: usize = 2 * MAX_BYTES as usize;

/// Rules by what they try, and the kind of fault that stops them; `None`: they are harmless and go through.
fn hostile() -> Vec<(&'static str, String, Option<FaultKind>)> {
    let mut all: Vec<(&str, String, Option<FaultKind>)> = Vec::new();
    let mut add = |name, rules: String, kind: FaultKind| all.push((name, rules, Some(kind)));
    let text = "let s = \"0123456789abcdef\"; for i in 0..12 { s = s + s; }"; // 64 KiB

    // Time.
    add("an endless loop", "loop { }".into(), Steps);
    add("an endless while", "while true { let a = 1; }".into(), Steps);
    add("an endless do", "do { } until false".into(), Steps);
    add("a long for", "for i in 0..9223372036854775807 { }".into(), Steps);
    add("loops in loops", "for i in 0..100000 { for j in 0..100000 { } }".into(), Steps);
    add("a loop that catches", "loop { try { throw 1; } catch { } }".into(), Steps);
    add("steps that are caught", "try { loop { } } catch { } loop { }".into(), Steps);
    add("a loop between bars", "let a = [1].filter(|x| { loop { } });".into(), Steps);
    add(
        "many loops between bars",
        "for i in 0..100000 { let a = [1].any(|x| { for j in 0..100 { } false }); }".into(),
        Steps,
    );
    add(
        "a search without end",
        format!("{text} for i in 0..1000000 {{ let b = s.contains(\"x\"); }}"),
        Steps,
    );
    add(
        "comparing without end",
        format!("{text} let t = s + \"\"; for i in 0..1000000 {{ let b = s == t; }}"),
        Steps,
    );
    add("counting letters without end", format!("{text} for i in 0..1000000 {{ let n = s.len(); }}"), Steps);
    add(
        "rich text without end",
        "for i in 0..1000000 { let d = issue.description.replace(\"zz\", \"y\"); }".into(),
        Steps,
    );

    add("letters without end", format!("{text} loop {{ let c = s[60000]; }}"), Steps);
    add(
        "letters of a field without end",
        format!("{text} replica.summary = s; loop {{ let c = replica.summary[60000]; }}"),
        Steps,
    );
    add("letters of rich text without end", "loop { let c = issue.description.text[30000]; }".into(), Steps);
    add(
        "letters of a list without end",
        format!("{text} let l = list(); l.push(s); loop {{ let c = l[0][60000]; }}"),
        Steps,
    );
    add(
        "letters of a map without end",
        format!("{text} let m = #{{ a: s }}; loop {{ let c = m.a[60000]; }}"),
        Steps,
    );
    add(
        "letters of a function without end",
        format!("{text} fn f(s) {{ s }} loop {{ let c = f(s)[60000]; }}"),
        Steps,
    );
    add("choosing without end", format!("{text} loop {{ switch s {{ \"a\" => 1, _ => 2 }} }}"), Steps);

    // Depth.
    add("recursion", "fn f(n) { f(n + 1) } f(0);".into(), Depth);
    add("recursion by two", "fn f(n) { g(n) } fn g(n) { f(n) } f(0);".into(), Depth);
    add("recursion between bars", "fn f(n) { [n].map(|x| f(x)) } f(1);".into(), Depth);
    add("brackets", format!("let a = {}1{};", "(".repeat(20_000), ")".repeat(20_000)), Depth);
    add("arrays in arrays", format!("let a = {}1{};", "[".repeat(20_000), "]".repeat(20_000)), Depth);
    add("blocks in blocks", format!("{}{}", "{".repeat(20_000), "}".repeat(20_000)), Depth);
    add("ifs in ifs", format!("{}{}", "if true {".repeat(5_000), "}".repeat(5_000)), Depth);
    add("a minus of a minus", format!("let a = {}1;", "-".repeat(30_000)), Syntax);
    add(
        "a minus of a minus, in brackets",
        format!("let a = {}1{};", "-(".repeat(10_000), ")".repeat(10_000)),
        Depth,
    );
    add("a not of a not", format!("let a = {}true;", "!".repeat(30_000)), Depth);
    add("a long sum", format!("let a = 1{};", "+1".repeat(10_000)), Depth);
    add("functions in functions", format!("let a = {}1;", "|| ".repeat(10_000)), Depth);
    add("maps in maps", format!("let a = {}1{};", "#{a:".repeat(5_000), "}".repeat(5_000)), Depth);
    add("fields of fields", format!("let a = issue{};", ".a".repeat(20_000)), Depth);

    add("lists in lists", "let a = list(); loop { let b = list(); b.push(a); a = b; }".into(), Kind);
    add(
        "lists in arrays in lists",
        "let a = list(); loop { let b = list(); b.push([a]); a = b; }".into(),
        Kind,
    );
    add(
        "lists in maps in lists",
        "let a = list(); loop { let b = list(); b.push(#{ a: a }); a = b; }".into(),
        Kind,
    );
    add("lists of an array of lists", "let a = list(); loop { a = [a].to_list(); }".into(), Kind);
    add("lists by map", "let a = [1].to_list(); loop { let b = a; a = [1].map(|x| b); }".into(), Kind);
    add("arrays in arrays, one by one", "let a = []; loop { a = [a]; }".into(), Size);
    add("maps in maps, one by one", "let a = #{}; loop { a = #{ a: a }; }".into(), Size);
    add("functions in functions, one by one", "let f = |x| 0; loop { let g = f; f = |x| g; }".into(), Size);
    add("recursion from deep within", deep_calls(), Depth);

    // Memory.
    add("a text that doubles", "let s = \"x\"; loop { s = s + s; }".into(), Size);
    add("a text that doubles in place", "let s = \"x\"; loop { s += s; }".into(), Size);
    add("an array of long texts", format!("{text} let a = []; loop {{ a.push(s + \"x\"); }}"), Size);
    add("a list of long texts", format!("{text} let a = list(); loop {{ a.push(s + \"x\"); }}"), Size);
    add("a list without end", "let a = list(); loop { a.push(1); }".into(), Steps);
    add("lists of lists", "let a = list(); a.push(1); loop { a = a + a; }".into(), Size);
    add("an array that doubles", "let a = [1]; loop { a += a; }".into(), Size);
    add("an array of arrays", "let a = [1]; loop { a = [a, a]; }".into(), Size);
    add("an array without end", "let a = []; loop { a.push(1); }".into(), Size);
    add("an array by +=", "let a = []; loop { a += [1]; }".into(), Size);
    add("a map without end", "let m = #{}; let i = 0; loop { m[\"k\" + i] = 1; i += 1; }".into(), Size);
    add("a map of maps", "let m = #{}; loop { m = #{ a: m, b: m }; }".into(), Size);
    add("long keys", format!("{text} let m = #{{}}; let i = 0; loop {{ m[s + i] = 1; i += 1; }}"), Size);
    add("replace", format!("{text} let t = s.replace(\"0\", s);"), Size);
    add(
        "replace again and again",
        "let s = \"a\"; loop { s = s.replace(\"a\", \"aaaaaaaaaaaaaaaa\"); }".into(),
        Size,
    );
    add(
        "replace in rich text",
        "let d = issue.description; loop { d = d.replace(\"e\", \"eeeeeeee\"); }".into(),
        Size,
    );
    add("rich text that doubles", "let d = issue.description; loop { d = d.append(d); }".into(), Size);
    add(
        "rich text of lines",
        format!("let s = \"a\\n\"; for i in 0..18 {{ s = s + s; }} {}", "let d = rich(s);"),
        Size,
    );
    add("split", format!("{text} let a = list(); loop {{ a = a + s.split(\"0\"); }}"), Size);
    add("join", format!("{text} let a = list(); for i in 0..100 {{ a.push(s); }} let t = a.join(s);"), Size);
    add("many copies of an array", many_copies("a.len()"), Size);
    add("copies in every call", copies_in_calls(), Size);
    add("letters of copies", letters_of_copies(12), Size);
    add("letters of long copies", letters_of_copies(15), Steps);
    add(
        "copies between bars",
        "let b = []; for i in 0..900 { b.push(i); } let a = b; loop { let n = [1].map(|x| a); }".into(),
        Size,
    );
    add("many variables", (0..200).map(|i| format!("let v{i} = {i};")).collect(), Size);
    add("many functions", (0..5_000).map(|i| format!("fn f{i}(){{}}")).collect(), Size);
    add("many values for one function", format!("f({}1);", "1,".repeat(20_000)), Size);
    add("many values in one array", format!("let a = [{}1];", "1,".repeat(30_000)), Size);
    add("a long text in the rules", format!("let a = \"{}\";", "x".repeat(MAX_RULES)), Size);
    add(
        "types of a case that grows",
        format!("{text} for i in 0..5 {{ s = s + s; }} let t = s.to_upper();"),
        Size,
    );

    // Outside.
    add("eval", "eval(\"1\");".into(), Syntax);
    add("eval by pointer", "let f = Fn(\"eval\"); f.call(\"1\");".into(), Syntax);
    add("import", "import \"/etc/passwd\" as x;".into(), Syntax);
    add("a module", "let a = std::fs::read(\"/etc/passwd\");".into(), Unknown);
    add("files", "let f = open_file(\"/etc/passwd\");".into(), Unknown);
    add("processes", "system(\"id\");".into(), Unknown);
    add("the environment", "let a = env(\"HOME\");".into(), Unknown);
    add("clocks", "let t = timestamp();".into(), Unknown);
    add("chance", "let t = rand();".into(), Unknown);
    add("sleep", "sleep(1000);".into(), Unknown);
    add("print", "print(\"x\");".into(), Syntax);
    add("debug", "debug(\"x\");".into(), Syntax);
    add("exit", "exit();".into(), Unknown);
    add("sorting with a bad comparator", "let a = [3, 1, 2]; a.sort(|x, y| 1);".into(), Unknown);
    add("this", "fn f() { this = 1; } f();".into(), Syntax);
    add(
        "cutting that nobody counts",
        format!("{text} let a = list(); loop {{ a.push(s[0..60000]); }}"),
        Syntax,
    );
    add("texts that nobody counts", format!("{text} let a = list(); loop {{ a.push(`${{s}}x`); }}"), Syntax);
    add("a blob", "let b = blob(1000000000);".into(), Unknown);
    add("padding", "let s = \"\"; s.pad(1000000000, 'x');".into(), Unknown);

    // Other ways to go wrong.
    add(
        "the smallest number by minus one",
        "let a = -9223372036854775807 - 1; let b = a / -1;".into(),
        Failed,
    );
    add("a power", "let a = 9 ** 99;".into(), Failed);
    add("a thrown text", format!("{text} throw s;"), Thrown);
    add("a function that is kept", "let a = list(); a.push(|x| x);".into(), Kind);
    add("a value that holds itself", "let a = 1; let f = |x| a; a = f;".into(), Kind);
    add(
        "a value that holds itself, between bars",
        "let a = []; let f = |x| { a = [|y| a]; a }; [1].map(f);".into(),
        Kind,
    );
    add("another's comments", "replica.comments = [#{ id: \"1\" }];".into(), Kind);
    all.push(("a shift", "let a = 1 << 99999;".into(), None));
    all.push(("a harmless one", "replica.summary = issue.summary;".into(), None));
    all
}

/// One call with as many copies of a large array as it takes, again and again within itself.
fn many_copies(end: &str) -> String {
    let mut call = end.to_owned();
    for _ in 0..6 {
        call = format!("f(a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,{call})");
    }
    let parameters = (0..16).map(|i| format!("p{i}")).collect::<Vec<_>>().join(",");
    format!(
        "fn f({parameters}) {{ p15 }} let a = []; for i in 0..999 {{ a.push(i); }} loop {{ let n = {call}; }}"
    )
}

/// Each call keeps copies of its own while it calls the next.
fn copies_in_calls() -> String {
    let copies = (0..40).map(|i| format!("let v{i} = a;")).collect::<String>();
    format!(
        "fn f(a, n) {{ {copies} if n < 6 {{ f(a, n + 1) }} else {{ 0 }} }} \
         let a = []; for i in 0..999 {{ a.push(i); }} loop {{ f(a, 0); }}"
    )
}

/// Each call calls the next from as deep an expression as there may be.
fn deep_calls() -> String {
    let deep = format!("{}f(n + 1){}", "1 + (".repeat(4), ")".repeat(4));
    format!("fn f(n) {{ if n > 0 {{ [n].map(|x| {deep}).first() }} else {{ 0 }} }} f(1);")
}

/// A letter that is changed makes a text of its own.
fn letters_of_copies(doubled: u32) -> String {
    let copies = (0..40).map(|i| format!("let v{i} = s; v{i}[0] = 'x';")).collect::<String>();
    format!("let s = \"0123456789abcdef\"; for i in 0..{doubled} {{ s = s + s; }} {copies}")
}

/// An issue with much in it: 1,000 comments, and a description of 1,000 paragraphs.
fn large() -> ObservedIssue {
    let comments =
        (0..1_000).map(|i| comment(&i.to_string(), "Ana Alvarez", "It smells of smoke, and it is hot."));
    let description =
        twinline_model::Document::plain(&"The door is hot, and there is smoke.\n".repeat(1_000));
    ObservedIssue { comments: comments.collect(), description, ..issue() }
}

/// What a text ends in, how long it took, and what was held at most beyond what was held before.
fn measured(run: impl FnOnce() -> Result<(), Fault>) -> (Result<(), Fault>, Duration, usize) {
    let (before, began) = (HELD.current_usage(), Instant::now());
    HELD.reset_peak_usage();
    let ended = run();
    (ended, began.elapsed(), HELD.peak_usage().saturating_sub(before))
}

#[test]
fn hostile_rules_end_within_their_limits() {
    let (large, around) = (large(), around());
    // What is made once for the process is no part of a run.
    Outgoing::compile("").unwrap().run(&large, &around).unwrap();
    Incoming::compile("").unwrap().run(&replica(), None, &around).unwrap_err();

    let mut table = Vec::new();
    for (name, rules, kind) in hostile() {
        let (ended, took, held) = measured(|| Outgoing::compile(&rules)?.run(&large, &around).map(|_| ()));
        let found = ended.as_ref().err().map(|fault| fault.kind);
        let detail = ended.err().map(|fault| fault.detail).unwrap_or_default();
        println!("{took:>10.1?} {:>9} KiB  {name}: {found:?}: {detail}", held / 1024);
        assert!(detail.chars().count() <= 300 && !detail.contains('\n'), "{name}: {detail}");
        assert!(kind.is_none() || !detail.is_empty(), "{name} has no detail");
        assert!(held <= MOST_HELD, "{name} holds {held} bytes");
        if found != kind {
            table.push(format!("{name}: {found:?} and not {kind:?}: {detail}"));
        }
    }
    assert!(table.is_empty(), "{}", table.join("\n"));
    nothing_outlives_a_run();
}

/// A hundred runs leave nothing behind.
fn nothing_outlives_a_run() {
    let (issue, around) = (issue(), around());
    let holding = "let a = [1]; let f = |x| a.len() + x; let l = [f]; replica.summary = \"\" + [1].map(|x| a.len() + x)[0];";
    let rules = Outgoing::compile(holding).unwrap();
    let once = || drop(rules.run(&issue, &around).unwrap());
    once();
    let before = HELD.current_usage();
    (0..100).for_each(|_| once());
    assert_eq!(HELD.current_usage(), before, "a hundred runs leave nothing behind");
}
