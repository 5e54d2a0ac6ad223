//! A text that is longer than Jira takes, divided into a beginning that fits and the rest.
//!
//! The border lies between two blocks. A list, a table or a box that crosses it is divided between its items; only what
//! stands at the very beginning, and is too long alone, is divided inside a paragraph.

use twinline_model::Document;
use twinline_model::document::{Block, Inline};

use super::cost::{LIMIT, cost};
use super::text::prefix_utf16;
use super::write::written_blocks;
use crate::Divided;

/// Less than this is not worth dividing a block for.
const WORTH: usize = 500;

/// `None` if Jira Cloud takes the text as it is. `told` tells people where the rest is, and is the beginning's last
/// paragraph.
pub(crate) fn divide(document: &Document, told: &str) -> Option<Divided> {
    if costs(&document.blocks, 0) <= LIMIT {
        return None;
    }
    let told = Block::Paragraph { content: vec![Inline::text(told)] };
    let room = LIMIT - costs(std::slice::from_ref(&told), 0).min(LIMIT);
    let Parts { mut head, rest, depth } = divide_blocks(&document.blocks, room, 0, true);
    head.push(told);
    Some(Divided { beginning: Document { blocks: head }, rest: Document { blocks: rest }, depth })
}

/// What fits, what does not, and on how many levels the border lies inside something.
struct Parts<T> {
    head: T,
    rest: T,
    depth: u32,
}

impl<T> Parts<T> {
    /// Of something that holds the divided.
    fn inside<U>(self, into: impl Fn(T) -> U) -> Parts<U> {
        Parts { head: into(self.head), rest: into(self.rest), depth: self.depth + 1 }
    }
}

/// `level`: how deep in ADF the blocks stand. `first`: nothing stands before them.
fn divide_blocks(blocks: &[Block], room: usize, level: usize, first: bool) -> Parts<Vec<Block>> {
    let mut left = room;
    for (at, block) in blocks.iter().enumerate() {
        let cost = costs(std::slice::from_ref(block), level);
        if cost <= left {
            left -= cost;
            continue;
        }
        let (mut head, mut rest) = (blocks[..at].to_vec(), blocks[at..].to_vec());
        let Some(parts) = divide_block(block, left, level, first && at == 0) else {
            return Parts { head, rest, depth: 0 };
        };
        head.push(parts.head);
        rest[0] = parts.rest;
        return Parts { head, rest, depth: parts.depth };
    }
    Parts { head: blocks.to_vec(), rest: Vec::new(), depth: 0 }
}

/// A block of which only a part fits; `None`: it goes whole to the rest. A paragraph is torn only where it would leave the
/// beginning almost empty.
fn divide_block(block: &Block, room: usize, level: usize, first: bool) -> Option<Parts<Block>> {
    if room < WORTH && !first {
        return None;
    }
    let torn = first || room > LIMIT / 2;
    match block {
        Block::Paragraph { content } if torn => {
            divide_line(content, room).map(|p| p.inside(|content| Block::Paragraph { content }))
        }
        Block::Heading { level, content } if torn => {
            divide_line(content, room).map(|p| p.inside(|content| Block::Heading { level: *level, content }))
        }
        Block::CodeBlock { language, text } if torn => divide_code(text, room)
            .map(|p| p.inside(|text| Block::CodeBlock { language: language.clone(), text })),
        Block::BulletList { items } => {
            let parts = divide_items(items, room, level, first)?;
            Some(parts.inside(|items| Block::BulletList { items }))
        }
        Block::OrderedList { start, items } => {
            let Parts { head, rest, depth } = divide_items(items, room, level, first)?;
            // An item that goes on has been counted.
            let next = start.saturating_add(head.len() as u32 - depth.min(1));
            let list = |start, items| Block::OrderedList { start, items };
            Some(Parts { head: list(*start, head), rest: list(next, rest), depth: depth + 1 })
        }
        Block::TaskList { items } => {
            divide_even(items, room, level, |task| Block::TaskList { items: vec![task] })
                .map(|p| p.inside(|items| Block::TaskList { items }))
        }
        Block::DecisionList { items } => {
            divide_even(items, room, level, |item| Block::DecisionList { items: vec![item] })
                .map(|p| p.inside(|items| Block::DecisionList { items }))
        }
        // A cell that spans rows would be torn.
        Block::Table { rows } if rows.iter().flat_map(|row| &row.cells).all(|cell| cell.rowspan < 2) => {
            divide_even(rows, room, level, |row| Block::Table { rows: vec![row] })
                .map(|p| p.inside(|rows| Block::Table { rows }))
        }
        Block::Quote { content } => {
            divide_box(content, room, level, first).map(|p| p.inside(|content| Block::Quote { content }))
        }
        Block::Panel { kind, content } => divide_box(content, room, level, first)
            .map(|p| p.inside(|content| Block::Panel { kind: *kind, content })),
        Block::Expand { title, content } => {
            let room = room.saturating_sub(title.encode_utf16().count());
            divide_box(content, room, level, first)
                .map(|p| p.inside(|content| Block::Expand { title: title.clone(), content }))
        }
        _ => None,
    }
}

fn divide_box(content: &[Block], room: usize, level: usize, first: bool) -> Option<Parts<Vec<Block>>> {
    let parts = divide_blocks(content, room.saturating_sub(10), level + 1, first);
    (!parts.head.is_empty() && !parts.rest.is_empty()).then_some(parts)
}

/// Between two items of a list; inside the first one, if it is too long alone.
fn divide_items(
    items: &[Vec<Block>],
    room: usize,
    level: usize,
    first: bool,
) -> Option<Parts<Vec<Vec<Block>>>> {
    let one = |item: Vec<Block>| Block::BulletList { items: vec![item] };
    if let Some(parts) = divide_even(items, room, level, one) {
        return Some(parts);
    }
    let (item, others) = items.split_first().filter(|_| first)?;
    let parts = divide_blocks(item, room.saturating_sub(level + 10), level + 2, true);
    if parts.head.is_empty() || parts.rest.is_empty() {
        return None;
    }
    let rest = std::iter::once(parts.rest).chain(others.iter().cloned()).collect();
    Some(Parts { head: vec![parts.head], rest, depth: parts.depth + 1 })
}

/// Between two items. `one`: a block that holds only this one.
fn divide_even<T: Clone>(
    items: &[T],
    room: usize,
    level: usize,
    one: impl Fn(T) -> Block,
) -> Option<Parts<Vec<T>>> {
    let mut left = room;
    let fits = |item: &&T| {
        let cost = costs(&[one((*item).clone())], level);
        let fits = cost <= left;
        left = left.saturating_sub(cost);
        fits
    };
    let count = items.iter().take_while(fits).count();
    let (head, rest) = items.split_at(count);
    (!head.is_empty() && !rest.is_empty()).then(|| Parts {
        head: head.to_vec(),
        rest: rest.to_vec(),
        depth: 0,
    })
}

/// Before a blank, so that neither part begins or ends where a tracker would trim it.
fn divide_line(line: &[Inline], room: usize) -> Option<Parts<Vec<Inline>>> {
    let mut left = room.saturating_sub(10);
    for (at, piece) in line.iter().enumerate() {
        let cost = costs(&[Block::Paragraph { content: vec![piece.clone()] }], 0);
        if cost <= left {
            left -= cost;
            continue;
        }
        let (mut head, mut rest) = (line[..at].to_vec(), line[at..].to_vec());
        if let Inline::Text { text, marks } = piece {
            let fits =
                prefix_utf16(text, left.saturating_sub(cost.saturating_sub(text.encode_utf16().count())));
            let blank = fits.rfind(char::is_whitespace).filter(|at| *at > fits.len() / 2);
            let (before, behind) = text.split_at(blank.unwrap_or(fits.len()));
            if !before.trim().is_empty() {
                head.push(Inline::Text { text: before.to_owned(), marks: marks.clone() });
                rest[0] = Inline::Text { text: behind.to_owned(), marks: marks.clone() };
            }
        }
        return (!head.is_empty()).then_some(Parts { head, rest, depth: 0 });
    }
    None
}

/// Between two lines; inside one, if it alone is longer than half of what fits.
fn divide_code(text: &str, room: usize) -> Option<Parts<String>> {
    let fits = prefix_utf16(text, room.saturating_sub(20));
    let ends = text[fits.len()..].starts_with('\n').then_some(fits.len());
    let line = ends.or_else(|| fits.rfind('\n')).filter(|at| *at > fits.len() / 2);
    let (head, rest, depth) = match line {
        Some(at) => (&text[..at], &text[at + 1..], 0),
        None => (fits, &text[fits.len()..], 1),
    };
    (!head.is_empty()).then(|| Parts { head: head.to_owned(), rest: rest.to_owned(), depth })
}

fn costs(blocks: &[Block], level: usize) -> usize {
    written_blocks(blocks).iter().map(|node| cost(node, level)).sum()
}

#[cfg(test)]
mod tests {
    use super::super::as_written;
    use super::*;
    use twinline_model::document::{Cell, PanelKind, Row, Task};
    use twinline_model::{BlobHash, Rest};

    const TOLD: &str = "The text goes on in a file.";

    fn p(text: &str) -> Block {
        Block::Paragraph { content: vec![Inline::text(text)] }
    }

    fn doc(blocks: impl Into<Vec<Block>>) -> Document {
        Document { blocks: blocks.into() }
    }

    /// Divides it, and checks that the parts fit, come back as they are, and make the whole again.
    fn divided(document: &Document) -> Divided {
        let divided = divide(document, TOLD).unwrap();
        assert_eq!(divided.beginning.blocks.last(), Some(&p(TOLD)));
        assert_eq!(as_written(&divided.beginning), divided.beginning, "it stands there as it was meant");
        assert!(costs(&divided.beginning.blocks, 0) <= LIMIT);
        assert_eq!(divide(&divided.beginning, TOLD), None, "once is enough");
        let rest = Rest {
            text: divided.rest.clone(),
            depth: divided.depth,
            told: TOLD.to_owned(),
            sha256: BlobHash::new("0".repeat(64)),
            size: 0,
        };
        assert_eq!(rest.whole(&divided.beginning), *document, "nothing is lost");
        divided
    }

    #[test]
    fn j13_what_fits_is_left_alone() {
        assert_eq!(divide(&Document::default(), TOLD), None);
        assert_eq!(divide(&doc([p(&"x".repeat(31_900))]), TOLD), None);
    }

    #[test]
    fn j13_a_long_text_is_divided_between_two_blocks() {
        let long = doc((0..50).map(|n| p(&format!("{n} {}", "x".repeat(1_000)))).collect::<Vec<_>>());
        let parts = divided(&long);
        assert!((30..33).contains(&(parts.beginning.blocks.len() - 1)));
        assert_eq!(parts.depth, 0);
    }

    #[test]
    fn j13_f58_what_is_too_long_alone_is_divided_inside() {
        let line = "y".repeat(90);
        let items = vec![vec![p(&line)]; 1_000];
        let tasks = vec![Task { done: true, content: vec![Inline::text(line.clone())] }; 1_000];
        let cell = |rowspan| Cell { header: false, colspan: 1, rowspan, content: vec![p(&line)] };
        let rows = vec![Row { cells: vec![cell(1), cell(1)] }; 400];
        let words = "\u{e4} \u{1f600} ".repeat(20_000).trim().to_owned();
        for (one, depth) in [
            (p(&words), 1),
            (Block::Heading { level: 2, content: vec![Inline::text(words.clone())] }, 1),
            (Block::CodeBlock { language: Some("rust".to_owned()), text: "let x;\n".repeat(9_000) }, 1),
            (Block::CodeBlock { language: None, text: "line\n\n\n".repeat(9_000) }, 1),
            (Block::CodeBlock { language: None, text: "x".repeat(60_000) }, 2),
            (Block::CodeBlock { language: None, text: format!("\n{}", "x".repeat(60_000)) }, 2),
            (Block::BulletList { items: items.clone() }, 1),
            (Block::OrderedList { start: 7, items: items.clone() }, 1),
            (Block::TaskList { items: tasks }, 1),
            (Block::DecisionList { items: vec![vec![Inline::text(line.clone())]; 1_000] }, 1),
            (Block::Table { rows }, 1),
            (Block::Quote { content: vec![p(&line); 1_000] }, 1),
            (Block::Panel { kind: PanelKind::Note, content: vec![p(&line); 1_000] }, 1),
            (Block::Expand { title: "more".to_owned(), content: vec![Block::BulletList { items }] }, 2),
            (Block::BulletList { items: vec![vec![p(&words)], vec![p("second")]] }, 3),
            (Block::OrderedList { start: 1, items: vec![vec![p(&line); 1_000], vec![p("second")]] }, 2),
        ] {
            let parts = divided(&doc([one, p("after")]));
            assert_eq!((parts.beginning.blocks.len(), parts.depth), (2, depth));
            let length = parts.beginning.to_plain_text().encode_utf16().count();
            assert!((20_000..32_000).contains(&length), "{length}");
            assert_eq!(parts.rest.blocks.last(), Some(&p("after")));
        }
    }

    #[test]
    fn j13_what_cannot_be_divided_goes_on_whole() {
        let cell = |rowspan| Cell { header: false, colspan: 1, rowspan, content: vec![p(&"z".repeat(200))] };
        let torn = Block::Table { rows: vec![Row { cells: vec![cell(2), cell(1)] }; 200] };
        let parts = divided(&doc([p("before"), torn.clone(), p("after")]));
        assert_eq!(parts.beginning, doc([p("before"), p(TOLD)]));
        assert_eq!(divided(&doc([torn])).beginning, doc([p(TOLD)]));
        // A paragraph is not torn where enough stands before it.
        let long = p("w ".repeat(20_000).trim_end());
        let before = p(&"v".repeat(20_000));
        assert_eq!(divided(&doc([before.clone(), long.clone()])).beginning, doc([before, p(TOLD)]));
        let parts = divided(&doc([p("before"), long]));
        assert_eq!((parts.beginning.blocks.len(), parts.depth), (3, 1));
    }

    #[test]
    fn f59_what_a_tracker_would_not_store_breaks_nothing() {
        let odd = Document { blocks: vec![p(&"\u{1}w\r\n".repeat(20_000))] };
        assert!(divide(&odd, TOLD).is_some_and(|parts| parts.beginning.blocks.len() == 2));
    }

    #[test]
    fn j13_code_is_divided_between_lines_where_it_can_be() {
        let parts = |text: &str| divide_code(text, 30).map(|p| (p.head, p.rest, p.depth)).unwrap();
        let part = |head: &str, rest: &str, depth| (head.to_owned(), rest.to_owned(), depth);
        assert_eq!(parts("0123456789\nabc"), part("0123456789", "abc", 0), "just before the break");
        assert_eq!(parts("012345678\nabc"), part("012345678", "abc", 0));
        assert_eq!(parts("0123456789abc\nd"), part("0123456789", "abc\nd", 1));
        assert_eq!(parts("01\n3456789abc"), part("01\n3456789", "abc", 1), "a short line is not worth it");
    }

    #[test]
    fn j13_a_numbered_list_counts_on() {
        let items =
            |from: u32, to: u32| (from..to).map(|n| vec![p(&format!("{n} {}", "y".repeat(90)))]).collect();
        let parts = divided(&doc([Block::OrderedList { start: 0, items: items(0, 1_000) }]));
        let Some(Block::OrderedList { start, items }) = parts.rest.blocks.first() else { panic!() };
        assert!(doc(items[0].clone()).to_plain_text().starts_with(&format!("{start} ")));
    }
}
