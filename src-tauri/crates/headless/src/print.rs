//! Standard output: the answer and nothing else, as JSON or as aligned text for a person.

use std::io::{self, Write};

use serde::Serialize;
use twinline_node::words::say;
use unicode_width::UnicodeWidthStr;

/// Writes one JSON value and a line end.
pub fn json<T: Serialize>(out: &mut impl Write, value: &T) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}

/// Writes one line of text.
pub fn line(out: &mut impl Write, text: &str) -> io::Result<()> {
    writeln!(out, "{}", plain(text))
}

/// Writes rows below their headings (ids of catalogue texts), aligned; `none` (an id too) where there is no row.
pub fn table(out: &mut impl Write, headings: &[&str], rows: &[Vec<String>], none: &str) -> io::Result<()> {
    if rows.is_empty() {
        return line(out, &say(none, &[]));
    }
    let head: Vec<String> = headings.iter().map(|id| say(id, &[])).collect();
    aligned(out, &head, rows)
}

/// Writes pairs of a label (the id of a catalogue text) and a value, one a line; empty values are left out.
pub fn facts(out: &mut impl Write, facts: &[(&str, String)]) -> io::Result<()> {
    let rows: Vec<Vec<String>> = facts
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(id, value)| vec![say(id, &[]), value.clone()])
        .collect();
    aligned(out, &[], &rows)
}

fn aligned(out: &mut impl Write, head: &[String], rows: &[Vec<String>]) -> io::Result<()> {
    let clean: Vec<Vec<String>> = std::iter::once(head)
        .filter(|h| !h.is_empty())
        .chain(rows.iter().map(Vec::as_slice))
        .map(|row| row.iter().map(|cell| plain(cell)).collect())
        .collect();
    let columns = clean.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|i| clean.iter().filter_map(|row| row.get(i)).map(|cell| cell.width()).max().unwrap_or(0))
        .collect();
    for row in &clean {
        let mut text = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
        }
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}

/// Text from outside as one harmless line: a partner's words must not steer the terminal.
pub fn plain(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => {
                if !line.ends_with(' ') {
                    line.push(' ');
                }
            }
            c if steers(c) => {}
            c => line.push(c),
        }
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json as value};
    use twinline_model::view::{
        AccountView, ActivityView, ConflictView, ConnectionView, FieldView, PairView, ProblemView,
        QuestionView, Status,
    };

    fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut bytes = Vec::new();
        write(&mut bytes).expect("memory takes everything");
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn columns_are_aligned_by_what_a_terminal_shows() {
        let rows =
            vec![vec!["1".into(), "ab".into(), "x".into()], vec!["22".into(), "日本".into(), "y".into()]];
        let shown = text(|out| aligned(out, &["id".into(), "name".into(), "z".into()], &rows));
        assert_eq!(shown, "id  name  z\n1   ab    x\n22  日本  y\n");
    }

    #[test]
    fn f112_a_partners_text_cannot_steer_the_terminal() {
        let evil = "a\u{1b}[2Jb\nc\u{202e}d\u{0}\u{7}e\u{9b}f";
        assert_eq!(plain(evil), "a[2Jb cdef");
        let shown = text(|out| aligned(out, &[], &[vec![evil.to_owned()]]));
        assert_eq!(shown.lines().count(), 1);
    }

    /// The promise of the manual: these fields are there under these names.
    #[test]
    fn d8_json_has_the_promised_fields() {
        let connection = value!({
            "id": "0f", "partner_name": "Globex", "partner_site": null, "partner_project": "GX",
            "partner_person": null, "role": "public", "other_side": null, "second_side": false, "mode": "basic", "project": "SUP", "account": "1",
            "site": "acme.atlassian.net", "state": "up_to_date", "sentence": "In step.", "pairs": 3,
            "waiting": {"out": 1, "in": 0}, "problems": 0, "partner_problems": 0, "last_checked_at": "2026-08-01T10:00:00Z",
            "next_check_at": "2026-08-01T10:00:10Z", "last_partner_contact_at": null, "invitation_expires_at": null, "paused_by": null, "resumes_at": null, "internal_comments": false, "address": "http://a:1", "relay": false,
            "comparison_number": null, "last_activity": null, "compared_at": "2026-08-01T10:00:00Z", "healed": 0,
            "first_sync": {"done": 3, "total": 12, "percent": 25, "minutes_left": null},
        });
        let note = value!({"code": "token-ends", "account": "1", "stage": "week",
            "sentence": "The API token ends.", "next_step": "Make a new one."});
        let account = value!({"id": "1", "site": "acme.atlassian.net", "email": "ana@acme.example",
            "display_name": "Ana Ruiz", "projects": 2, "connections": 1, "until_quit": false, "signed_in": true,
            "token": {"ends": "2027-03-01", "stage": "week", "sentence": "The token ends."},
            "calls": {"count": 412, "since": "2026-08-01T09:00:00Z", "fullest": 6, "slowed": 0, "sentence": "412 calls."}});
        let status = value!({"overall": "up_to_date", "sentence": "Up to date.", "checked_at": null, "attention": 0,
            "connections": [connection], "notes": [note]});
        let pair = value!({"id": "5", "ours": "SUP-17", "ours_url": null, "theirs": "GX-90", "theirs_url": null,
            "title": "Printer", "state": "in_step", "last_change_at": null, "direction": "out", "conflicts": 1, "records": 2,
            "restricted_comments": 0});
        let conflict = value!({"id": "3", "connection": "0f", "partner_name": "Globex", "issue": "SUP-17",
            "twin": "GX-90", "at": "2026-08-01T10:00:00Z", "field": "Summary", "ours": "Printer", "theirs": "Plotter",
            "current": "ours", "settled": false, "usable": true});
        let problem = value!({"id": "7", "code": "issue-refused", "connection": "0f", "partner_name": "Globex",
            "issue": "SUP-17", "owner": "tracker", "sentence": "Jira refused SUP-17.", "next_step": "Ask.",
            "since": "2026-08-01T10:00:00Z", "count": 2, "fillable": false, "skipped": false,
            "skippable": true, "cause": "6d1f", "together": "Jira refuses issues.", "together_next": "Ask.",
            "request": null, "rule": {"direction": "outgoing", "line": 3}, "question": null});
        let question = value!({"id": "5d1e", "connection": "0f", "partner_name": "Globex", "by": "theirs",
            "state": "waiting_for_you", "ours": "SUP-17", "ours_url": null, "ours_title": "Printer on fire",
            "theirs": "GX-90", "theirs_url": null, "theirs_title": "Smoke", "sentence": "Globex asks.",
            "since": "2026-08-01T10:00:00Z"});
        let field = value!({"id": "customfield_1", "name": "Customer", "kind": "option",
            "options": [{"id": "10100", "name": "Globex"}], "chosen": ""});
        let activity = value!({"id": "9", "at": "2026-08-01T10:00:00Z", "connection": "0f", "direction": "in",
            "kind": "issue", "ours": "SUP-17", "theirs": "GX-90", "sentence": "GX-90 arrived as SUP-17."});
        let shown = [
            through::<Status>(&status),
            through::<AccountView>(&account),
            through::<ConnectionView>(&connection),
            through::<PairView>(&pair),
            through::<ProblemView>(&problem),
            through::<QuestionView>(&question),
            through::<FieldView>(&field),
            through::<ActivityView>(&activity),
            through::<ConflictView>(&conflict),
        ];
        insta::assert_snapshot!("json", shown.join(""));
    }

    /// Reads a value as the type that the node answers with, and prints that.
    fn through<T: Serialize + serde::de::DeserializeOwned>(value: &Value) -> String {
        let typed: T = serde_json::from_value(value.clone()).expect("the type takes the promised fields");
        let shown = text(|out| json(out, &typed));
        assert_eq!(serde_json::from_str::<Value>(&shown).expect("JSON"), *value);
        shown
    }
}
