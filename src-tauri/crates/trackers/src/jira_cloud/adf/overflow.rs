//! A text that is longer than Jira takes: its beginning, and the whole of it as a file.

use serde_json::json;
use twinline_model::Document;
use twinline_model::document::{Block, Inline};

use super::cut::{LIMIT, beginning, cost};
use super::read::read;
use super::write::written_blocks;
use crate::markdown::to_markdown;

/// A text that Jira would refuse for its length, made fit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Overflow {
    /// What fits: whole blocks from the beginning, and a last paragraph that says where the rest is.
    pub cut: Document,
    /// The whole text as Markdown (UTF-8, CommonMark with GitHub's tables), for the file [`OVERFLOW_FILE`].
    pub file: Vec<u8>,
}

/// The name of the file with the whole text.
pub const OVERFLOW_FILE: &str = "description.md";

/// `None` if Jira Cloud takes the text as it is. Its limit is 32,767 characters of what it stores: UTF-16 units of the
/// words and the markup around them, not of the JSON (JRACLOUD-68949 names the number; how it is counted is known from
/// practice only, so a reserve is kept). `sentence` tells people where the rest is; it comes from the `.ftl` file, as
/// all sentences do.
pub fn overflow(document: &Document, sentence: &str) -> Option<Overflow> {
    let costs: Vec<usize> = document.blocks.iter().map(block_cost).collect();
    if costs.iter().sum::<usize>() <= LIMIT {
        return None;
    }
    let told = Block::Paragraph { content: vec![Inline::text(sentence)] };
    let mut left = LIMIT.saturating_sub(block_cost(&told));
    let mut blocks = Vec::new();
    for (block, cost) in document.blocks.iter().zip(costs) {
        if cost > left {
            if blocks.is_empty() {
                // The first block alone is too long: its words, as far as they go.
                let whole = json!({ "type": "doc", "content": written_blocks(std::slice::from_ref(block)) });
                let only = whole["content"].get(0).filter(|_| whole["content"].get(1).is_none());
                blocks = read(&beginning(only.unwrap_or(&whole), left)).blocks;
            }
            break;
        }
        left -= cost;
        blocks.push(block.clone());
    }
    blocks.push(told);
    Some(Overflow { cut: Document { blocks }, file: to_markdown(document).into_bytes() })
}

fn block_cost(block: &Block) -> usize {
    written_blocks(std::slice::from_ref(block)).iter().map(|node| cost(node, 0)).sum()
}

#[cfg(test)]
mod tests {
    use super::super::as_written;
    use super::*;

    const TOLD: &str = "The full text is attached as description.md";

    fn p(text: &str) -> Block {
        Block::Paragraph { content: vec![Inline::text(text)] }
    }

    #[test]
    fn j13_what_fits_is_left_alone() {
        assert_eq!(overflow(&Document::default(), TOLD), None);
        let fits = Document { blocks: vec![p(&"x".repeat(31_900))] };
        assert_eq!(overflow(&fits, TOLD), None);
        assert_eq!(as_written(&fits), fits, "and is not cut in writing either");
    }

    #[test]
    fn j13_a_long_text_ends_at_a_block_border_and_is_whole_in_the_file() {
        let long = Document { blocks: (0..50).map(|n| p(&format!("{n} {}", "x".repeat(1_000)))).collect() };
        let over = overflow(&long, TOLD).unwrap();
        let kept = over.cut.blocks.len() - 1;
        assert!((30..33).contains(&kept), "{kept}");
        assert_eq!(over.cut.blocks[..kept], long.blocks[..kept]);
        assert_eq!(over.cut.blocks.last(), Some(&p(TOLD)));
        assert_eq!(as_written(&over.cut), over.cut, "what is cut is written as it is");
        assert_eq!(overflow(&over.cut, TOLD), None, "once is enough");
        let file = String::from_utf8(over.file).unwrap();
        assert_eq!(file, to_markdown(&long));
        assert!((0..50).all(|n| file.contains(&format!("{n} xxx"))));
    }

    #[test]
    fn j13_a_first_block_that_is_too_long_is_cut_inside() {
        let items = vec![vec![p(&"y".repeat(90))]; 1_000];
        for one in [
            p(&"\u{e4} \u{1f600}".repeat(20_000)),
            Block::CodeBlock { language: Some("rust".to_owned()), text: "x\n".repeat(40_000) },
            Block::BulletList { items: items.clone() },
            Block::Expand { title: "more".to_owned(), content: vec![Block::BulletList { items }] },
        ] {
            let over = overflow(&Document { blocks: vec![one.clone(), p("after")] }, TOLD).unwrap();
            assert_eq!((over.cut.blocks.len(), over.cut.blocks.last()), (2, Some(&p(TOLD))));
            let length = over.cut.to_plain_text().encode_utf16().count();
            assert!((31_000..32_000).contains(&length), "{length}");
            assert_eq!(as_written(&over.cut), over.cut);
            assert!(String::from_utf8(over.file).unwrap().ends_with("after\n"));
        }
    }
}
