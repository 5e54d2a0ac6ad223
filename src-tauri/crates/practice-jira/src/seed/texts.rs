//! What the issues of a new site say.

use serde_json::{Value, json};

pub(super) const THINGS: &[&str] = &[
    "The invoice e-mail",
    "The export of last month's orders",
    "The password reset link",
    "The address form",
    "The stock figure of article 4711",
    "The search for umlauts",
    "The delivery note",
    "The mobile menu",
    "The voucher for new customers",
    "The monthly report",
    "The chat window",
];

pub(super) const TROUBLES: &[&str] = &[
    "arrives twice",
    "is slower than last week",
    "shows yesterday's date",
    "does not open on tablets",
    "cuts off long names",
    "needs a clearer text",
    "stops after the second step",
];

pub(super) const DETAILS: &[&str] = &[
    "It happens with Firefox and Chrome, for about one customer in ten.",
    "Nothing was changed on our side since the release of last Tuesday.",
    "A screenshot can be made on request. The customer number is in the e-mail.",
    "Please tell us whether you need log files; we keep them for 14 days.",
];

pub(super) const ANSWERS: &[&str] = &[
    "Thank you, I could reproduce it and will have a look today.",
    "Could you tell me at what time this was? The logs of the morning show nothing.",
    "Fixed in the test system. Please check before we release it tonight.",
];

fn text(t: &str) -> Value {
    json!({"type": "text", "text": t})
}

fn marked(t: &str, mark: &str) -> Value {
    json!({"type": "text", "text": t, "marks": [{"type": mark}]})
}

fn link(t: &str, href: &str) -> Value {
    json!({"type": "text", "text": t, "marks": [{"type": "link", "attrs": {"href": href}}]})
}

fn paragraph(content: Value) -> Value {
    json!({"type": "paragraph", "content": content})
}

fn heading(t: &str, level: u8) -> Value {
    json!({"type": "heading", "attrs": {"level": level}, "content": [text(t)]})
}

fn list(kind: &str, items: &[Value]) -> Value {
    let items: Vec<Value> =
        items.iter().map(|i| json!({"type": "listItem", "content": [paragraph(i.clone())]})).collect();
    json!({"type": kind, "content": items})
}

fn row(kind: &str, cells: &[&str]) -> Value {
    let cells: Vec<Value> = cells
        .iter()
        .map(|c| json!({"type": kind, "attrs": {}, "content": [paragraph(json!([text(c)]))]}))
        .collect();
    json!({"type": "tableRow", "content": cells})
}

fn doc(content: Value) -> Value {
    json!({"type": "doc", "version": 1, "content": content})
}

pub(super) fn paragraphs(lines: &[&str]) -> Value {
    doc(lines.iter().map(|l| paragraph(json!([text(l)]))).collect())
}

/// A document with most of what people write.
pub(super) fn rich() -> Value {
    doc(json!([
        heading("What happens", 2),
        paragraph(json!([
            text("A customer fills the basket "), marked("before", "em"), text(" signing in. After signing in, the payment page is "),
            marked("empty", "strong"), text(", although the counter still says "), marked("basket (3)", "code"), text(". It is "),
            marked("sometimes", "strike"), text(" "), marked("always", "underline"), text(" so with guest baskets.")
        ])),
        heading("Steps", 3),
        list("orderedList", &[
            json!([text("Open the shop in a private window")]),
            json!([text("Put three articles into the basket")]),
            json!([text("Sign in with "), marked("test-17", "code")]),
        ]),
        {"type": "panel", "attrs": {"panelType": "warning"}, "content": [
            paragraph(json!([text("Customers lose their basket. Two of them have called already.")]))]},
        heading("What we know", 3),
        list("bulletList", &[
            json!([text("Only since release "), marked("4.12", "strong")]),
            json!([text("The log has a line for each case:")]),
        ]),
        {"type": "codeBlock", "attrs": {"language": "json"}, "content": [
            text("{\n  \"event\": \"basket.merge\",\n  \"guest\": 3,\n  \"account\": 0,\n  \"result\": 0\n}")]},
        {"type": "table", "content": [
            row("tableHeader", &["Browser", "Guest basket", "After signing in"]),
            row("tableCell", &["Firefox 143", "3 articles", "empty"]),
            row("tableCell", &["Chrome 141", "3 articles", "empty"]),
            row("tableCell", &["Safari 26", "3 articles", "3 articles"]),
        ]},
        paragraph(json!([text("More in the "), link("release notes", "https://shop.example.com/releases/4.12"), text(".")])),
    ]))
}

/// An epic's plan.
pub(super) fn plan() -> Value {
    doc(json!([
        paragraph(json!([text("The old provider stops at the end of March. Until then everything must run with the new one.")])),
        list("bulletList", &[
            json!([text("Test account and keys")]),
            json!([text("Payment by card and by invoice")]),
            json!([text("Refunds")]),
        ]),
        {"type": "panel", "attrs": {"panelType": "info"}, "content": [
            paragraph(json!([text("Nothing changes for customers who have paid already.")]))]},
    ]))
}

pub(super) fn comment_with_list() -> Value {
    doc(json!([
        paragraph(json!([text("I could reproduce it. What the merge does:")])),
        list(
            "bulletList",
            &[
                json!([text("reads the guest basket")]),
                json!([text("reads the account's basket, which is empty")]),
                json!([text("keeps the "), marked("newer", "strong"), text(" one, which is the empty one")]),
            ]
        ),
    ]))
}

pub(super) fn comment_with_code() -> Value {
    doc(json!([
        paragraph(json!([text("Yes, in a private window too. This is the setting that we have:")])),
        {"type": "codeBlock", "attrs": {"language": "yaml"}, "content": [text("basket:\n  merge: newest\n  keep_days: 30")]},
    ]))
}
