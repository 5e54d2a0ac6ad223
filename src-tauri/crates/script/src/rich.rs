//! Rich text as rules see it: changed as a whole, with its formatting kept.

use std::sync::{Arc, OnceLock};

use rhai::ImmutableString;
use twinline_model::Document;
use twinline_model::document::{Block, Inline};

use crate::fault::{FaultKind, told};
use crate::limits::{Answer, Run};

/// A rich text. A copy is the same text.
#[derive(Clone)]
pub(crate) struct Rich(Arc<Inner>);

struct Inner {
    document: Document,
    plain: OnceLock<ImmutableString>,
}

impl From<Document> for Rich {
    fn from(document: Document) -> Self {
        Self(Arc::new(Inner { document, plain: OnceLock::new() }))
    }
}

impl PartialEq for Rich {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.document == other.0.document
    }
}

impl Rich {
    /// The document, without a copy where nobody else has it.
    pub(crate) fn into_document(self) -> Document {
        Arc::try_unwrap(self.0).map_or_else(|shared| shared.document.clone(), |inner| inner.document)
    }

    pub(crate) fn document(&self) -> &Document {
        &self.0.document
    }

    /// The words alone.
    pub(crate) fn plain(&self, run: &Run) -> Answer<ImmutableString> {
        if let Some(plain) = self.0.plain.get() {
            run.read(plain.len())?;
            return Ok(plain.clone());
        }
        // Made once for a text. It is never longer than the text itself.
        run.make(weight(&self.0.document.blocks))?;
        Ok(self.0.plain.get_or_init(|| self.0.document.to_plain_text().into()).clone())
    }

    /// A text of plain paragraphs, one a line.
    pub(crate) fn of_plain(run: &Run, text: &str) -> Answer<Self> {
        let lines = text.lines().count();
        run.text(text.len() + lines * 96)?;
        Ok(Document::plain(text).into())
    }

    /// Both, one below the other.
    pub(crate) fn followed_by(&self, run: &Run, below: &Self) -> Answer<Self> {
        run.make(weight(&self.document().blocks) + weight(&below.document().blocks))?;
        let mut document = self.document().clone();
        document.blocks.extend(below.document().blocks.iter().cloned());
        Ok(document.into())
    }

    /// The same text with other words, wherever a piece of one look holds them.
    pub(crate) fn replace(&self, run: &Run, from: &str, to: &str) -> Answer<Self> {
        if from.is_empty() {
            return told(FaultKind::Failed, "replace needs something to look for");
        }
        let size = weight(&self.document().blocks);
        run.read(size)?;
        let found = count(&self.document().blocks, from);
        if found == 0 {
            return Ok(self.clone());
        }
        run.text(size.saturating_add(found.saturating_mul(to.len())))?;
        let mut document = self.document().clone();
        words(&mut document.blocks, &|text| *text = text.replace(from, to));
        Ok(document.into())
    }

    /// Its first paragraphs, lists, tables …
    pub(crate) fn first(&self, run: &Run, blocks: usize) -> Answer<Self> {
        if blocks >= self.document().blocks.len() {
            return Ok(self.clone());
        }
        self.only(run, &self.document().blocks[..blocks])
    }

    /// All but its first paragraphs, lists, tables …
    pub(crate) fn skip(&self, run: &Run, blocks: usize) -> Answer<Self> {
        self.only(run, self.document().blocks.get(blocks..).unwrap_or_default())
    }

    /// What stands below a heading, up to the next one that is as large; empty where there is none.
    pub(crate) fn section(&self, run: &Run, title: &str) -> Answer<Self> {
        let Some((heading, end)) = self.find_section(run, title)? else {
            return Ok(Document::default().into());
        };
        self.only(run, &self.document().blocks[heading + 1..end])
    }

    /// All but the sections of this title, with their headings.
    pub(crate) fn without_section(&self, run: &Run, title: &str) -> Answer<Self> {
        let mut rest = self.clone();
        while let Some((heading, end)) = rest.find_section(run, title)? {
            let blocks = &rest.document().blocks;
            run.make(weight(blocks))?;
            let left = blocks[..heading].iter().chain(&blocks[end..]).cloned().collect();
            rest = Document { blocks: left }.into();
        }
        Ok(rest)
    }

    /// All but the pictures and files that stand in it.
    pub(crate) fn without_media(&self, run: &Run) -> Answer<Self> {
        if self.document().files().is_empty() {
            return Ok(self.clone());
        }
        run.make(weight(&self.document().blocks))?;
        let mut document = self.document().clone();
        each_level(&mut document.blocks, &|blocks| blocks.retain(|b| !matches!(b, Block::Media { .. })));
        Ok(document.into())
    }

    fn only(&self, run: &Run, blocks: &[Block]) -> Answer<Self> {
        run.make(weight(blocks))?;
        Ok(Document { blocks: blocks.to_vec() }.into())
    }

    fn find_section(&self, run: &Run, title: &str) -> Answer<Option<(usize, usize)>> {
        let blocks = &self.document().blocks;
        run.read(weight(blocks))?;
        let title = title.trim().to_lowercase();
        let heading_of = |block: &Block| match block {
            Block::Heading { level, content } => {
                let line = Block::Paragraph { content: content.clone() };
                Some((*level, Document { blocks: vec![line] }.to_plain_text()))
            }
            _ => None,
        };
        let headings = blocks.iter().enumerate().filter_map(|(at, block)| Some((at, heading_of(block)?)));
        let found = headings.clone().find(|(_, (_, text))| text.trim().to_lowercase() == title);
        Ok(found.map(|(at, (level, _))| {
            let next = headings.clone().find(|(later, (other, _))| *later > at && *other <= level);
            (at, next.map_or(blocks.len(), |(later, _)| later))
        }))
    }
}

/// What the blocks take in memory, about, and at least.
pub(crate) fn weight(blocks: &[Block]) -> usize {
    let inlines = |content: &[Inline]| -> usize {
        let each = content.iter().map(|inline| {
            96 + match inline {
                Inline::Text { text, marks } => text.len() + marks.len() * 96,
                Inline::Mention { name } => name.len(),
                Inline::Emoji { short_name, text } => short_name.len() + text.as_ref().map_or(0, String::len),
                Inline::Status { text, color } => text.len() + color.len(),
                Inline::HardBreak | Inline::Date { .. } => 0,
            }
        });
        each.sum()
    };
    let each = blocks.iter().map(|block| {
        96 + match block {
            Block::Paragraph { content } | Block::Heading { content, .. } => inlines(content),
            Block::BulletList { items } | Block::OrderedList { items, .. } => {
                items.iter().map(|item| 32 + weight(item)).sum()
            }
            Block::TaskList { items } => items.iter().map(|task| 32 + inlines(&task.content)).sum(),
            Block::CodeBlock { language, text } => text.len() + language.as_ref().map_or(0, String::len),
            Block::Quote { content } | Block::Panel { content, .. } => weight(content),
            Block::Expand { title, content } => title.len() + weight(content),
            Block::DecisionList { items } => items.iter().map(|item| 32 + inlines(item)).sum(),
            Block::Rule => 0,
            Block::Table { rows } => {
                let cells = rows.iter().flat_map(|row| &row.cells);
                rows.len() * 32 + cells.map(|cell| 64 + weight(&cell.content)).sum::<usize>()
            }
            Block::Media { name, alt } => name.len() + alt.as_ref().map_or(0, String::len),
        }
    });
    each.sum()
}

/// Calls for each list of blocks, the inner ones first.
fn each_level(blocks: &mut Vec<Block>, change: &dyn Fn(&mut Vec<Block>)) {
    for block in blocks.iter_mut() {
        match block {
            Block::BulletList { items } | Block::OrderedList { items, .. } => {
                items.iter_mut().for_each(|item| each_level(item, change));
            }
            Block::Quote { content } | Block::Panel { content, .. } | Block::Expand { content, .. } => {
                each_level(content, change);
            }
            Block::Table { rows } => {
                let cells = rows.iter_mut().flat_map(|row| &mut row.cells);
                cells.for_each(|cell| each_level(&mut cell.content, change));
            }
            _ => {}
        }
    }
    change(blocks);
}

/// Changes each piece of words; a piece of running text that becomes empty goes.
fn words(blocks: &mut Vec<Block>, change: &dyn Fn(&mut String)) {
    let line = |content: &mut Vec<Inline>| {
        for inline in content.iter_mut() {
            if let Inline::Text { text, .. } | Inline::Status { text, .. } = inline {
                change(text);
            }
        }
        content.retain(|inline| !matches!(inline, Inline::Text { text, .. } if text.is_empty()));
    };
    each_level(blocks, &|level| {
        for block in level.iter_mut() {
            match block {
                Block::Paragraph { content } | Block::Heading { content, .. } => line(content),
                Block::TaskList { items } => items.iter_mut().for_each(|task| line(&mut task.content)),
                Block::DecisionList { items } => items.iter_mut().for_each(&line),
                Block::CodeBlock { text, .. } => change(text),
                Block::Expand { title, .. } => change(title),
                _ => {}
            }
        }
    });
}

/// How often the words stand in it, as [`words`] goes through it.
fn count(blocks: &[Block], from: &str) -> usize {
    let line = |content: &[Inline]| -> usize {
        let each = content.iter().map(|inline| match inline {
            Inline::Text { text, .. } | Inline::Status { text, .. } => text.matches(from).count(),
            _ => 0,
        });
        each.sum()
    };
    let each = blocks.iter().map(|block| match block {
        Block::Paragraph { content } | Block::Heading { content, .. } => line(content),
        Block::TaskList { items } => items.iter().map(|task| line(&task.content)).sum(),
        Block::DecisionList { items } => items.iter().map(|item| line(item)).sum(),
        Block::CodeBlock { text, .. } => text.matches(from).count(),
        Block::Expand { title, content } => title.matches(from).count() + count(content, from),
        Block::BulletList { items } | Block::OrderedList { items, .. } => {
            items.iter().map(|item| count(item, from)).sum()
        }
        Block::Quote { content } | Block::Panel { content, .. } => count(content, from),
        Block::Table { rows } => {
            rows.iter().flat_map(|row| &row.cells).map(|cell| count(&cell.content, from)).sum()
        }
        Block::Rule | Block::Media { .. } => 0,
    });
    each.sum()
}
