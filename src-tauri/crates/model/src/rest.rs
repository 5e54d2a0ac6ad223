//! What of a text does not fit into a tracker.
//!
//! A tracker bounds its texts (Jira: 32,767 characters). Where one is longer, its beginning stands in the tracker, a sentence
//! says that it goes on in a file, and the rest is kept here: what a person changes in the beginning takes nothing from it.

use serde::{Deserialize, Serialize};

use crate::document::{Block, Inline};
use crate::{BlobHash, Document};

/// The name of the file with the rest of a description. After a restore it is all that tells such a file from one that a
/// person uploaded with our account, so it is a name that people do not give.
pub const REST_FILE: &str = "description (continued).md";

/// What follows on the beginning that stands in our tracker.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rest {
    /// The text.
    pub text: Document,
    /// On how many levels the border lies inside something: 0 between two blocks, 1 inside one (between two items of a
    /// list, two lines of code, two words), 2 inside an item of a list or a line of code, and so on.
    pub depth: u32,
    /// The sentence that stands in its place.
    pub told: String,
    /// SHA-256 of the file.
    pub sha256: BlobHash,
    /// Bytes of the file.
    pub size: u64,
}

impl Rest {
    /// What travels when `here` stands in our tracker: with the rest where the sentence stands, else behind everything.
    pub fn whole(&self, here: &Document) -> Document {
        let mut blocks = here.blocks.clone();
        // A person may have copied the sentence, or have put the rest in its place.
        let behind = match blocks.iter().rposition(|block| self.is_sentence(block)) {
            Some(at) => {
                let behind = blocks.split_off(at + 1);
                blocks.retain(|block| !self.is_sentence(block));
                behind
            }
            None if blocks.ends_with(&self.text.blocks) => return here.clone(),
            None => Vec::new(),
        };
        join(&mut blocks, self.text.blocks.clone(), self.depth);
        blocks.extend(behind);
        Document { blocks }
    }

    /// Whether `here` says that the text goes on.
    pub fn is_told(&self, here: &Document) -> bool {
        here.blocks.iter().any(|block| self.is_sentence(block))
    }

    fn is_sentence(&self, block: &Block) -> bool {
        matches!(block, Block::Paragraph { .. })
            && Document { blocks: vec![block.clone()] }.to_plain_text().trim() == self.told
    }
}

/// Puts `more` behind `blocks`; the outermost `depth` blocks at the border are one.
fn join(blocks: &mut Vec<Block>, mut more: Vec<Block>, depth: u32) {
    if depth > 0
        && let (Some(last), Some(first)) = (blocks.last_mut(), more.first_mut())
        && join_block(last, first, depth)
    {
        more.remove(0);
    }
    blocks.append(&mut more);
}

/// Whether `more` went on where `block` ends; a person may have made something else of it.
fn join_block(block: &mut Block, more: &mut Block, depth: u32) -> bool {
    match (block, more) {
        (Block::Paragraph { content }, Block::Paragraph { content: more }) => join_line(content, more),
        (Block::Heading { level, content }, Block::Heading { level: same, content: more })
            if level == same =>
        {
            join_line(content, more);
        }
        (Block::CodeBlock { text, .. }, Block::CodeBlock { text: more, .. }) => {
            if depth == 1 {
                text.push('\n');
            }
            text.push_str(more);
        }
        (Block::BulletList { items }, Block::BulletList { items: more })
        | (Block::OrderedList { items, .. }, Block::OrderedList { items: more, .. }) => {
            if depth > 1
                && let (Some(last), Some(first)) = (items.last_mut(), more.first_mut())
            {
                join(last, std::mem::take(first), depth - 2);
                more.remove(0);
            }
            items.append(more);
        }
        (Block::TaskList { items }, Block::TaskList { items: more }) => items.append(more),
        (Block::DecisionList { items }, Block::DecisionList { items: more }) => items.append(more),
        (Block::Table { rows }, Block::Table { rows: more }) => rows.append(more),
        (Block::Quote { content }, Block::Quote { content: more })
        | (Block::Panel { content, .. }, Block::Panel { content: more, .. })
        | (Block::Expand { content, .. }, Block::Expand { content: more, .. }) => {
            join(content, std::mem::take(more), depth - 1);
        }
        _ => return false,
    }
    true
}

fn join_line(line: &mut Vec<Inline>, more: &mut Vec<Inline>) {
    if let (Some(Inline::Text { text, marks }), Some(Inline::Text { text: first, marks: same })) =
        (line.last_mut(), more.first())
        && marks == same
    {
        text.push_str(first);
        more.remove(0);
    }
    line.append(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(text: &str) -> Block {
        Block::Paragraph { content: vec![Inline::text(text)] }
    }

    fn doc(blocks: impl Into<Vec<Block>>) -> Document {
        Document { blocks: blocks.into() }
    }

    fn rest(blocks: impl Into<Vec<Block>>, depth: u32) -> Rest {
        let (told, sha256, size) = ("It goes on.".to_owned(), BlobHash::new("0".repeat(64)), 1);
        Rest { text: doc(blocks), depth, told, sha256, size }
    }

    #[test]
    fn f58_the_rest_takes_the_place_of_the_sentence_whatever_became_of_the_text() {
        let rest = rest([p("c"), p("d")], 0);
        let told = || p("It goes on.");
        assert_eq!(rest.whole(&doc([p("a"), p("b"), told()])), doc([p("a"), p("b"), p("c"), p("d")]));
        assert_eq!(rest.whole(&doc([p("A"), told(), p("e")])), doc([p("A"), p("c"), p("d"), p("e")]));
        // Taken away with everything else: what nobody could see stays.
        assert_eq!(rest.whole(&doc([p("A")])), doc([p("A"), p("c"), p("d")]));
        assert_eq!(rest.whole(&Document::default()), doc([p("c"), p("d")]));
        assert_eq!(rest.whole(&doc([told(), p("a"), told()])), doc([p("a"), p("c"), p("d")]), "copied");
        assert_eq!(rest.whole(&doc([p("A"), p("c"), p("d")])), doc([p("A"), p("c"), p("d")]), "put back");
        assert!(rest.is_told(&doc([p("x"), told()])) && !rest.is_told(&doc([p("x")])));
    }

    #[test]
    fn f58_what_was_divided_is_one_again() {
        let list = |items: &[&[&str]]| Block::BulletList {
            items: items.iter().map(|item| item.iter().map(|text| p(text)).collect()).collect(),
        };
        let here = |block| doc([block, p("It goes on.")]);
        for (head, more, depth, whole) in [
            (list(&[&["1"]]), list(&[&["2"], &["3"]]), 1, list(&[&["1"], &["2"], &["3"]])),
            (list(&[&["1"]]), list(&[&["2"], &["3"]]), 2, list(&[&["1", "2"], &["3"]])),
            (list(&[&["1 "]]), list(&[&["2"], &["3"]]), 3, list(&[&["1 2"], &["3"]])),
            (
                Block::Quote { content: vec![p("a")] },
                Block::Quote { content: vec![p("b")] },
                2,
                Block::Quote { content: vec![p("ab")] },
            ),
        ] {
            assert_eq!(rest([more, p("z")], depth).whole(&here(head)), doc([whole, p("z")]), "{depth}");
        }
        let code = |text: &str| Block::CodeBlock { language: None, text: text.to_owned() };
        assert_eq!(rest([code("b")], 1).whole(&here(code("a"))), doc([code("a\nb")]));
        assert_eq!(rest([code("b")], 2).whole(&here(code("a"))), doc([code("ab")]));
        assert_eq!(
            rest([code("b")], 1).whole(&here(p("a"))),
            doc([p("a"), code("b")]),
            "a person made something else of it"
        );
    }
}
