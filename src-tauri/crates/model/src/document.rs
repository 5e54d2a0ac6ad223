//! The neutral document: rich text as it travels between two trackers.
//!
//! Each adapter converts its tracker's own format to and from this. What a tracker has and this model lacks
//! becomes readable text in the adapter; it is never dropped silently.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Nesting deeper than this is refused from a partner and flattened to text by an adapter.
pub const MAX_DEPTH: usize = 64;

/// A whole text. Empty means "no text" (a tracker's null description and an empty one are the same).
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Document {
    /// Top-level blocks in reading order.
    pub blocks: Vec<Block>,
}

/// A block of text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Block {
    /// Running text.
    Paragraph {
        /// Its text.
        content: Vec<Inline>,
    },
    /// A heading.
    Heading {
        /// 1 (largest) to 6.
        level: u8,
        /// Its text.
        content: Vec<Inline>,
    },
    /// A list with bullets.
    BulletList {
        /// Each item is a small document.
        items: Vec<Vec<Block>>,
    },
    /// A numbered list.
    OrderedList {
        /// The first number.
        start: u32,
        /// Each item is a small document.
        items: Vec<Vec<Block>>,
    },
    /// A list of tasks that can be ticked.
    TaskList {
        /// The tasks in order.
        items: Vec<Task>,
    },
    /// Preformatted text.
    CodeBlock {
        /// As the tracker calls it (`rust`, `java`), if it was named.
        language: Option<String>,
        /// The text, lines separated by `\n`.
        text: String,
    },
    /// A quotation.
    Quote {
        /// What is quoted.
        content: Vec<Block>,
    },
    /// A coloured box.
    Panel {
        /// Which kind.
        kind: PanelKind,
        /// What it holds.
        content: Vec<Block>,
    },
    /// A box that can be folded away.
    Expand {
        /// What stands on it when it is folded; may be empty.
        title: String,
        /// What it holds.
        content: Vec<Block>,
    },
    /// A list of what was decided.
    DecisionList {
        /// The decisions in order.
        items: Vec<Vec<Inline>>,
    },
    /// A horizontal rule.
    Rule,
    /// A table.
    Table {
        /// Rows from top to bottom.
        rows: Vec<Row>,
    },
    /// A picture or file that is an attachment of the same issue.
    Media {
        /// The attachment's file name where it is known, else what the tracker calls it.
        name: String,
        /// Text for people who cannot see it.
        alt: Option<String>,
    },
}

/// One task of a [`Block::TaskList`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Task {
    /// Ticked.
    pub done: bool,
    /// What is to be done.
    pub content: Vec<Inline>,
}

/// Kinds of panel, named as Jira names them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PanelKind {
    /// Blue.
    Info,
    /// Purple.
    Note,
    /// Yellow.
    Warning,
    /// Green.
    Success,
    /// Red.
    Error,
}

/// One row of a table.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Cells from left to right.
    pub cells: Vec<Cell>,
}

/// One cell of a table.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cell {
    /// A heading cell.
    pub header: bool,
    /// Columns it spans, at least 1.
    pub colspan: u32,
    /// Rows it spans, at least 1.
    pub rowspan: u32,
    /// What it holds.
    pub content: Vec<Block>,
}

/// A piece of running text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Inline {
    /// Text with marks.
    Text {
        /// Never empty.
        text: String,
        /// In a fixed order, so that two trackers' orders compare equal.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        marks: BTreeSet<Mark>,
    },
    /// A line break inside a paragraph.
    HardBreak,
    /// A person. Arrives as plain text `@Name`: no stranger is ever notified.
    Mention {
        /// The display name without `@`.
        name: String,
    },
    /// An emoji.
    Emoji {
        /// As `:smile:`.
        short_name: String,
        /// The character itself where it is known.
        text: Option<String>,
    },
    /// A calendar day.
    Date {
        /// Milliseconds since 1970-01-01T00:00Z.
        at_ms: i64,
    },
    /// A coloured word.
    Status {
        /// The word.
        text: String,
        /// As the tracker calls it.
        color: String,
    },
}

/// How text looks. Links are marks, as in ADF.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(tag = "m", rename_all = "snake_case")]
pub enum Mark {
    /// Bold.
    Strong,
    /// Italic.
    Em,
    /// Monospaced.
    Code,
    /// Struck through.
    Strike,
    /// Underlined.
    Underline,
    /// Below the line.
    Sub,
    /// Above the line.
    Sup,
    /// A link; only http, https and mailto leave an adapter.
    Link {
        /// Where it leads.
        href: String,
    },
    /// Coloured text.
    Color {
        /// `#rrggbb`, lower case.
        hex: String,
    },
    /// Text on a coloured ground.
    Background {
        /// `#rrggbb`, lower case.
        hex: String,
    },
}

impl Document {
    /// A document of plain paragraphs, one a line.
    pub fn plain(text: &str) -> Self {
        let blocks = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| Block::Paragraph { content: vec![Inline::text(line)] })
            .collect();
        Self { blocks }
    }

    /// Nothing to read in it.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The words alone, blocks separated by line breaks: for previews, search and comparison by people.
    pub fn to_plain_text(&self) -> String {
        let mut out = String::new();
        plain_blocks(&self.blocks, &mut out);
        out.trim_end().to_owned()
    }

    /// The names of the files that stand in the text, in reading order.
    pub fn files(&self) -> Vec<&str> {
        let mut names = Vec::new();
        media(&self.blocks, &mut names);
        names
    }

    /// The deepest nesting of blocks; 0 for an empty document.
    pub fn depth(&self) -> usize {
        fn deep(blocks: &[Block]) -> usize {
            blocks
                .iter()
                .map(|block| {
                    1 + match block {
                        Block::BulletList { items } | Block::OrderedList { items, .. } => {
                            items.iter().map(|item| deep(item)).max().unwrap_or(0)
                        }
                        Block::Quote { content }
                        | Block::Panel { content, .. }
                        | Block::Expand { content, .. } => deep(content),
                        Block::Table { rows } => rows
                            .iter()
                            .flat_map(|row| &row.cells)
                            .map(|cell| deep(&cell.content))
                            .max()
                            .unwrap_or(0),
                        _ => 0,
                    }
                })
                .max()
                .unwrap_or(0)
        }
        deep(&self.blocks)
    }
}

impl Inline {
    /// Text without marks.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), marks: BTreeSet::new() }
    }
    /// Text with marks.
    pub fn marked(text: impl Into<String>, marks: impl IntoIterator<Item = Mark>) -> Self {
        Self::Text { text: text.into(), marks: marks.into_iter().collect() }
    }
}

fn media<'a>(blocks: &'a [Block], names: &mut Vec<&'a str>) {
    for block in blocks {
        match block {
            Block::Media { name, .. } => names.push(name),
            Block::BulletList { items } | Block::OrderedList { items, .. } => {
                items.iter().for_each(|item| media(item, names));
            }
            Block::Quote { content } | Block::Panel { content, .. } | Block::Expand { content, .. } => {
                media(content, names);
            }
            Block::Table { rows } => {
                rows.iter().flat_map(|row| &row.cells).for_each(|cell| media(&cell.content, names));
            }
            _ => {}
        }
    }
}

/// A day as `2026-11-25`, in UTC as trackers mean it. `at_ms` are milliseconds since 1970-01-01T00:00Z.
///
/// Days to a date as in H. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (civil_from_days).
pub fn day(at_ms: i64) -> String {
    let z = at_ms.div_euclid(86_400_000) + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn plain_blocks(blocks: &[Block], out: &mut String) {
    for block in blocks {
        match block {
            Block::Paragraph { content } | Block::Heading { content, .. } => plain_line(content, out),
            Block::BulletList { items } | Block::OrderedList { items, .. } => {
                for item in items {
                    plain_blocks(item, out);
                }
            }
            Block::TaskList { items } => {
                for task in items {
                    plain_line(&task.content, out);
                }
            }
            Block::CodeBlock { text, .. } => {
                out.push_str(text);
                out.push('\n');
            }
            Block::Quote { content } | Block::Panel { content, .. } => plain_blocks(content, out),
            Block::Expand { title, content } => {
                if !title.is_empty() {
                    out.push_str(title);
                    out.push('\n');
                }
                plain_blocks(content, out);
            }
            Block::DecisionList { items } => items.iter().for_each(|item| plain_line(item, out)),
            Block::Rule => {}
            Block::Table { rows } => {
                for cell in rows.iter().flat_map(|row| &row.cells) {
                    plain_blocks(&cell.content, out);
                }
            }
            Block::Media { name, .. } => {
                out.push_str(name);
                out.push('\n');
            }
        }
    }
}

fn plain_line(content: &[Inline], out: &mut String) {
    for inline in content {
        match inline {
            Inline::Text { text, .. } | Inline::Status { text, .. } => out.push_str(text),
            Inline::HardBreak => out.push('\n'),
            Inline::Mention { name } => {
                out.push('@');
                out.push_str(name);
            }
            Inline::Emoji { short_name, text } => out.push_str(text.as_deref().unwrap_or(short_name)),
            Inline::Date { at_ms } => out.push_str(&day(*at_ms)),
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_comes_back() {
        assert_eq!(Document::plain("one\n\ntwo").to_plain_text(), "one\ntwo");
    }

    #[test]
    fn a_day_is_a_date() {
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(-1), "1969-12-31");
        assert_eq!(day(1_610_841_600_000), "2021-01-17");
        assert_eq!(day(951_782_400_000), "2000-02-29");
        assert!(!day(i64::MIN).is_empty() && !day(i64::MAX).is_empty());
    }

    #[test]
    fn depth_counts_the_deepest_branch() {
        let quote = Block::Quote { content: vec![Block::Quote { content: Document::plain("x").blocks }] };
        assert_eq!(Document { blocks: vec![Block::Rule, quote] }.depth(), 3);
        assert_eq!(Document::default().depth(), 0);
    }
}
