//! JSON as we keep it.

use serde::de::{DeserializeOwned, Error};

/// Levels of JSON that are read. A level of a document costs two (a quote) to six (a table), and a document has
/// [`MAX_DEPTH`](crate::document::MAX_DEPTH) of them; the pair around it a handful.
const MOST_LEVELS: usize = 6 * crate::document::MAX_DEPTH + 32;

/// Reads what was written with `serde_json`, whose own reader stops at 128 levels: a text that both sides accept would be
/// kept and could never be read again. What nests without end is refused before it is recursed into.
pub fn read<T: DeserializeOwned>(json: &str) -> serde_json::Result<T> {
    // It nests no deeper than it has brackets to open: the look at each byte's place is for the few texts with many of them.
    if openers(json.as_bytes()) > MOST_LEVELS && levels(json.as_bytes()) > MOST_LEVELS {
        return Err(serde_json::Error::custom("nested too deep"));
    }
    let mut reader = serde_json::Deserializer::from_str(json);
    reader.disable_recursion_limit();
    let value = T::deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// How many brackets it opens, those in strings included.
fn openers(json: &[u8]) -> usize {
    // In pieces whose count fits a byte, which compilers turn into few instructions.
    let of =
        |piece: &[u8]| piece.iter().fold(0_u8, |n, b| n.wrapping_add(u8::from(matches!(b, b'[' | b'{'))));
    json.chunks(255).map(|piece| usize::from(of(piece))).sum()
}

/// How deep JSON nests, without recursing into it.
pub fn levels(json: &[u8]) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                open += 1;
                most = most.max(open);
            }
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Document;
    use crate::document::{Block, Cell, MAX_DEPTH, Row};

    fn nested(inside: impl Fn(Vec<Block>) -> Block) -> Document {
        let mut blocks = Document::plain("deep").blocks;
        for _ in 1..MAX_DEPTH {
            blocks = vec![inside(blocks)];
        }
        Document { blocks }
    }

    #[test]
    fn f59_the_deepest_text_there_is_is_read_again() {
        let table = |content| {
            let cells = vec![Cell { header: false, colspan: 1, rowspan: 1, content }];
            Block::Table { rows: vec![Row { cells }] }
        };
        let quote = |content| Block::Quote { content };
        let list = |content| Block::BulletList { items: vec![content] };
        for text in [nested(quote), nested(list), nested(table)] {
            assert_eq!(text.depth(), MAX_DEPTH);
            let json = serde_json::to_string(&text).expect("our own type");
            assert_eq!(read::<Document>(&json).expect("it is read"), text);
        }
    }

    #[test]
    fn every_bracket_that_opens_is_counted() {
        for length in [0, 1, 254, 255, 256, 511, 3_000] {
            assert_eq!(openers("[{".repeat(length).as_bytes()), 2 * length);
            assert_eq!(openers("]}\"a;".repeat(length).as_bytes()), 0);
        }
    }

    #[test]
    fn what_nests_without_end_is_refused_before_it_hurts() {
        for opener in ["[", "{\"a\":", "{\"t\":\"quote\",\"content\":["] {
            assert!(read::<serde_json::Value>(&opener.repeat(100_000)).is_err());
        }
        let deepest = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read::<serde_json::Value>(&deepest(MOST_LEVELS)).is_ok());
        assert!(read::<serde_json::Value>(&deepest(MOST_LEVELS + 1)).is_err());
        let brackets = serde_json::to_string(&"[\\\"{".repeat(10_000)).expect("a string");
        assert_eq!(read::<String>(&brackets).expect("no nesting at all").len(), 40_000);
        assert!(read::<String>("\"a\" b").is_err(), "and nothing behind it");
    }
}
