//! The neutral document as Markdown: CommonMark, with GitHub's tables, tasks and strike-through.
//!
//! For a file that people open beside a text that was too long, so what Markdown cannot say (colours) is left out, and
//! every word stays. Nothing reads it back.

use std::collections::BTreeSet;

use twinline_model::Document;
use twinline_model::document::{Block, Cell, Inline, Mark, PanelKind, Row, day};

/// The whole text. Ends with a line break unless it is empty.
pub fn to_markdown(document: &Document) -> String {
    let mut text = blocks(&document.blocks);
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn blocks(blocks: &[Block]) -> String {
    let parts: Vec<String> = blocks.iter().map(block).filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

fn block(block: &Block) -> String {
    match block {
        Block::Paragraph { content } => lines(content),
        Block::Heading { level, content } => {
            let line = lines(content).replace("\\\n", " ");
            format!("{} {line}", "#".repeat(usize::from((*level).clamp(1, 6))))
        }
        Block::BulletList { items } => list(items.iter().map(|item| ("- ".to_owned(), blocks(item)))),
        Block::OrderedList { start, items } => {
            // CommonMark reads nine digits.
            let number = |n: usize| (u64::from(*start) + n as u64).min(999_999_999);
            list(items.iter().enumerate().map(|(n, item)| (format!("{}. ", number(n)), blocks(item))))
        }
        Block::TaskList { items } => list(items.iter().map(|task| {
            let ticked = if task.done { "[x] " } else { "[ ] " };
            ("- ".to_owned(), format!("{ticked}{}", lines(&task.content)))
        })),
        Block::DecisionList { items } => list(items.iter().map(|item| ("- ".to_owned(), lines(item)))),
        Block::CodeBlock { language, text } => {
            let fence = "`".repeat(longest_run(text, '`').max(2) + 1);
            // What stands behind the fence may hold no backtick.
            let language = language.as_deref().unwrap_or_default().replace('`', "");
            format!("{fence}{language}\n{text}\n{fence}")
        }
        Block::Quote { content } => indent(&blocks(content), "> ", "> "),
        Block::Panel { kind, content } => {
            let kind = match kind {
                PanelKind::Info => "NOTE",
                PanelKind::Note => "IMPORTANT",
                PanelKind::Warning => "WARNING",
                PanelKind::Success => "TIP",
                PanelKind::Error => "CAUTION",
            };
            indent(&format!("[!{kind}]\n{}", blocks(content)), "> ", "> ")
        }
        Block::Expand { title, content } => {
            let title = Block::Paragraph { content: vec![Inline::marked(title, [Mark::Strong])] };
            let mut parts = vec![self::block(&title), blocks(content)];
            parts.retain(|part| !part.is_empty());
            parts.join("\n\n")
        }
        Block::Rule => "---".to_owned(),
        Block::Table { rows } => table(rows),
        Block::Media { name, alt } => {
            let told = escaped(alt.as_deref().unwrap_or(name), false).replace('\n', " ");
            format!("![{told}]({})", address(name))
        }
    }
}

fn list(items: impl Iterator<Item = (String, String)>) -> String {
    let items: Vec<String> =
        items.map(|(mark, text)| indent(&text, &mark, &" ".repeat(mark.chars().count()))).collect();
    items.join("\n")
}

/// `first` before the first line and `then` before the others; lines without words get no blanks at their end.
fn indent(text: &str, first: &str, then: &str) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .enumerate()
        .map(|(n, line)| format!("{}{line}", if n == 0 { first } else { then }).trim_end().to_owned())
        .collect();
    lines.join("\n")
}

/// A table of pipes. Markdown knows no spans: what a cell covers stays empty.
fn table(rows: &[Row]) -> String {
    let mut grid: Vec<Vec<String>> = Vec::new();
    // For each column, how many of the coming rows a cell above still covers.
    let mut covered: Vec<u32> = Vec::new();
    for row in rows {
        let mut line: Vec<String> = Vec::new();
        for cell in &row.cells {
            while covered.get(line.len()).is_some_and(|rows| *rows > 0) {
                covered[line.len()] -= 1;
                line.push(String::new());
            }
            // A partner's cell may claim to be as wide as it likes.
            for n in 0..cell.colspan.clamp(1, 100) {
                if covered.len() <= line.len() {
                    covered.resize(line.len() + 1, 0);
                }
                covered[line.len()] = cell.rowspan.saturating_sub(1);
                line.push(if n == 0 { cell_text(cell) } else { String::new() });
            }
        }
        for rows in covered.iter_mut().skip(line.len()) {
            *rows = rows.saturating_sub(1);
        }
        grid.push(line);
    }
    let width = grid.iter().map(Vec::len).max().unwrap_or(0);
    if width == 0 {
        return String::new();
    }
    let has_head = rows.first().is_some_and(|row| row.cells.iter().any(|cell| cell.header));
    if !has_head {
        grid.insert(0, Vec::new());
    }
    let mut lines: Vec<String> = Vec::new();
    for (n, mut line) in grid.into_iter().enumerate() {
        line.resize(width, String::new());
        lines.push(format!("| {} |", line.join(" | ")));
        if n == 0 {
            lines.push(format!("|{}", " --- |".repeat(width)));
        }
    }
    lines.join("\n")
}

/// One line. What is more than lines of text is written as its words.
fn cell_text(cell: &Cell) -> String {
    let parts: Vec<String> = cell
        .content
        .iter()
        .map(|block| match block {
            Block::Paragraph { content } | Block::Heading { content, .. } => {
                lines(content).replace("\\\n", "\n")
            }
            other => {
                let words = Document { blocks: vec![other.clone()] }.to_plain_text();
                escaped(&words, true)
            }
        })
        .filter(|part| !part.is_empty())
        .collect();
    parts.join("\n").replace('\n', "<br>")
}

fn lines(content: &[Inline]) -> String {
    let mut out = String::new();
    for inline in content {
        let at_start = out.is_empty() || out.ends_with('\n');
        match inline {
            Inline::Text { text, marks } => marked(text, marks, at_start, &mut out),
            Inline::HardBreak => out.push_str("\\\n"),
            Inline::Mention { name } => out.push_str(&escaped(&format!("@{name}"), at_start)),
            Inline::Emoji { short_name, text } => {
                out.push_str(&escaped(text.as_deref().unwrap_or(short_name), at_start));
            }
            Inline::Date { at_ms } => out.push_str(&day(*at_ms)),
            Inline::Status { text, .. } => marked(text, &BTreeSet::from([Mark::Strong]), at_start, &mut out),
        }
    }
    // A break at the end would be shown as a backslash.
    while let Some(shorter) = out.strip_suffix("\\\n") {
        out.truncate(shorter.len());
    }
    out
}

fn marked(text: &str, marks: &BTreeSet<Mark>, at_start: bool, out: &mut String) {
    // `** a**` is no emphasis: blanks at the ends stay outside.
    let words = text.trim();
    if words.is_empty() {
        out.push_str(text);
        return;
    }
    let from = text.len() - text.trim_start().len();
    let (before, after) = (&text[..from], &text[from + words.len()..]);
    out.push_str(before);
    let mut shown = if marks.contains(&Mark::Code) { code(words) } else { escaped(words, at_start) };
    for mark in marks {
        shown = match mark {
            Mark::Strong => format!("**{shown}**"),
            Mark::Em => format!("*{shown}*"),
            Mark::Strike => format!("~~{shown}~~"),
            Mark::Underline => format!("<u>{shown}</u>"),
            Mark::Sub => format!("<sub>{shown}</sub>"),
            Mark::Sup => format!("<sup>{shown}</sup>"),
            Mark::Link { href } => format!("[{shown}]({})", address(href)),
            Mark::Code | Mark::Color { .. } | Mark::Background { .. } => shown,
        };
    }
    out.push_str(&shown);
    out.push_str(after);
}

fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text, '`') + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{}{blank}{fence}", text.replace('|', "\\|"))
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or(0)
}

/// Where a link leads to, with nothing in it that would end it.
fn address(href: &str) -> String {
    let mut safe = String::new();
    for c in href.chars() {
        match c {
            '<' => safe.push_str("%3C"),
            '>' => safe.push_str("%3E"),
            '\\' => safe.push_str("%5C"),
            '|' => safe.push_str("%7C"),
            c if c.is_control() => {}
            c => safe.push(c),
        }
    }
    format!("<{safe}>")
}

/// Words that Markdown shall not take for markup. `at_start`: they begin a line.
fn escaped(text: &str, at_start: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut start = at_start;
    let mut digits = at_start;
    for c in text.chars() {
        let always = matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' | '|' | '!');
        let begins = start && matches!(c, '#' | '+' | '-' | '=');
        // `1.` and `1)` begin a list.
        let numbers = digits && !start && matches!(c, '.' | ')');
        if always || begins || numbers {
            out.push('\\');
        }
        out.push(c);
        digits = if c == '\n' { true } else { digits && (c.is_ascii_digit() || c == ' ') };
        start = c == '\n' || (start && c == ' ');
    }
    out
}

#[cfg(test)]
mod tests {
    use twinline_model::document::Task;

    use super::*;

    fn of(blocks: Vec<Block>) -> String {
        to_markdown(&Document { blocks })
    }

    fn p(text: &str) -> Block {
        Block::Paragraph { content: vec![Inline::text(text)] }
    }

    #[test]
    fn lines_and_marks() {
        let link = Mark::Link { href: "https://a.example/(1)".to_owned() };
        let content = vec![
            Inline::marked("bold ", [Mark::Strong]),
            Inline::marked("both", [Mark::Strong, Mark::Em]),
            Inline::HardBreak,
            Inline::marked("a`b", [Mark::Code]),
            Inline::text(" 2*3 <b> "),
            Inline::marked("here", [link]),
            Inline::HardBreak,
            Inline::Date { at_ms: 0 },
            Inline::text(" "),
            Inline::Status { text: "DONE".to_owned(), color: "green".to_owned() },
            Inline::HardBreak,
        ];
        assert_eq!(
            of(vec![Block::Paragraph { content }]),
            "**bold** ***both***\\\n``a`b`` 2\\*3 \\<b\\> [here](<https://a.example/(1)>)\\\n1970-01-01 **DONE**\n"
        );
        assert_eq!(
            of(vec![p("# no heading"), p("1. no list"), p("- nor this"), p("v1. is fine")]),
            "\\# no heading\n\n1\\. no list\n\n\\- nor this\n\nv1. is fine\n"
        );
        assert_eq!(of(Vec::new()), "");
    }

    #[test]
    fn lists_boxes_and_code() {
        let inner = Block::OrderedList { start: 9, items: vec![vec![p("x")], vec![p("y"), p("z")]] };
        let task = |done| Task { done, content: vec![Inline::text("t")] };
        let all = vec![
            Block::BulletList { items: vec![vec![p("a"), inner], vec![]] },
            Block::TaskList { items: vec![task(true), task(false)] },
            Block::Panel { kind: PanelKind::Warning, content: vec![p("careful"), p("really")] },
            Block::Expand { title: "More".to_owned(), content: vec![p("hidden")] },
            Block::CodeBlock { language: Some("md".to_owned()), text: "```\nx\n```".to_owned() },
            Block::Media { name: "a b.png".to_owned(), alt: None },
        ];
        assert_eq!(
            of(all),
            "- a\n\n  9. x\n  10. y\n\n      z\n-\n\n- [x] t\n- [ ] t\n\n> [!WARNING]\n> careful\n>\n> really\n\n\
             **More**\n\nhidden\n\n````md\n```\nx\n```\n````\n\n![a b.png](<a b.png>)\n"
        );
    }

    #[test]
    fn a_table_is_made_of_pipes_and_spans_stay_empty() {
        let cell =
            |header, colspan, rowspan, text: &str| Cell { header, colspan, rowspan, content: vec![p(text)] };
        let two = Cell { header: false, colspan: 1, rowspan: 1, content: vec![p("a|b"), p("c")] };
        let rows = vec![
            Row { cells: vec![cell(true, 2, 1, "head"), cell(true, 1, 1, "x")] },
            Row { cells: vec![cell(false, 1, 2, "tall"), two, cell(false, 1, 1, "1")] },
            Row { cells: vec![cell(false, 1, 1, "2"), cell(false, 1, 1, "3")] },
        ];
        assert_eq!(
            of(vec![Block::Table { rows }]),
            "| head |  | x |\n| --- | --- | --- |\n| tall | a\\|b<br>c | 1 |\n|  | 2 | 3 |\n"
        );
        let plain = Row { cells: vec![cell(false, 1, 1, "only")] };
        assert_eq!(of(vec![Block::Table { rows: vec![plain] }]), "|  |\n| --- |\n| only |\n");
        assert_eq!(of(vec![Block::Table { rows: Vec::new() }]), "");
    }
}
