//! A three-way merge of rich text, block by block: changes in different places are both kept.

use twinline_model::Document;
use twinline_model::document::Block;

/// A merged value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Merged<T> {
    /// What came of it.
    pub value: T,
    /// Both changed the same place: there `ours` stands, and theirs is not in it.
    pub overlaps: bool,
}

/// Values that can be merged; one line of text cannot.
pub(crate) trait Mergeable: Sized {
    /// Merges two changes of one value.
    fn merge(_base: &Self, _ours: &Self, _theirs: &Self) -> Option<Merged<Self>> {
        None
    }
    /// Whether it ever does.
    fn merges() -> bool {
        false
    }
}

/// Merges two changes of one text. Where both changed the same blocks, `ours` stands and `overlaps` says so; what both
/// changed to the same is no overlap. diff3 (Khanna, Kunal and Pierce, "A Formal Investigation of Diff3", 2007) over blocks.
pub fn merge(base: &Document, ours: &Document, theirs: &Document) -> Merged<Document> {
    let ours_kept = kept(&base.blocks, &ours.blocks);
    let theirs_kept = kept(&base.blocks, &theirs.blocks);
    let mut blocks = Vec::new();
    let mut overlaps = false;
    let (mut b, mut o, mut t) = (0, 0, 0);
    loop {
        // The next block of the base that both still have ends the region before it.
        let stable = (b..base.blocks.len()).find(|at| ours_kept[*at].is_some() && theirs_kept[*at].is_some());
        let (to_b, to_o, to_t) = match stable {
            Some(at) => (at, ours_kept[at].unwrap_or(o), theirs_kept[at].unwrap_or(t)),
            None => (base.blocks.len(), ours.blocks.len(), theirs.blocks.len()),
        };
        let region = (&base.blocks[b..to_b], &ours.blocks[o..to_o], &theirs.blocks[t..to_t]);
        overlaps |= merge_region(region, &mut blocks);
        let Some(at) = stable else { break };
        blocks.push(base.blocks[at].clone());
        (b, o, t) = (to_b + 1, to_o + 1, to_t + 1);
    }
    Merged { value: Document { blocks }, overlaps }
}

/// One region between blocks that all three have. True: both changed it, to different things.
fn merge_region((base, ours, theirs): (&[Block], &[Block], &[Block]), into: &mut Vec<Block>) -> bool {
    if ours == theirs || theirs == base {
        into.extend_from_slice(ours);
        return false;
    }
    if ours == base {
        into.extend_from_slice(theirs);
        return false;
    }
    // Both only added, in the same place: both additions stand, the owner's first.
    if base.is_empty() {
        into.extend_from_slice(ours);
        into.extend(theirs.iter().filter(|block| !ours.contains(block)).cloned());
        return false;
    }
    into.extend_from_slice(ours);
    true
}

/// For each block of `base`, where it stands in `changed`, along a longest common subsequence.
fn kept(base: &[Block], changed: &[Block]) -> Vec<Option<usize>> {
    let mut found = vec![None; base.len()];
    // What stands equal at both ends needs no table: texts are long, edits are short.
    let head = base.iter().zip(changed).take_while(|(a, b)| a == b).count();
    let tail =
        base[head..].iter().rev().zip(changed[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    for (at, place) in found.iter_mut().enumerate().take(head) {
        *place = Some(at);
    }
    for back in 1..=tail {
        found[base.len() - back] = Some(changed.len() - back);
    }
    let (a, b) = (&base[head..base.len() - tail], &changed[head..changed.len() - tail]);
    if a.len().saturating_mul(b.len()) > MOST_CELLS {
        return found;
    }
    let mut table = vec![vec![0_u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            table[i][j] =
                if a[i] == b[j] { table[i + 1][j + 1] + 1 } else { table[i + 1][j].max(table[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            found[head + i] = Some(head + j);
            (i, j) = (i + 1, j + 1);
        } else if table[i + 1][j] >= table[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    found
}

/// Larger differences are taken as one changed region.
const MOST_CELLS: usize = 4_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(words: &str) -> Document {
        Document { blocks: words.split_whitespace().flat_map(|w| Document::plain(w).blocks).collect() }
    }

    fn merged(base: &str, ours: &str, theirs: &str) -> (String, bool) {
        let merged = merge(&text(base), &text(ours), &text(theirs));
        (merged.value.to_plain_text().replace('\n', " "), merged.overlaps)
    }

    #[test]
    fn changes_in_different_places_are_both_kept() {
        assert_eq!(merged("a b c", "A b c", "a b C"), ("A b C".to_owned(), false));
        assert_eq!(merged("a b c", "b c", "a b c d"), ("b c d".to_owned(), false));
        assert_eq!(merged("a b", "a x b", "a y b"), ("a x y b".to_owned(), false));
        assert_eq!(merged("a b", "a x b", "a x b"), ("a x b".to_owned(), false));
    }

    #[test]
    fn where_both_changed_the_same_place_ours_stands() {
        assert_eq!(merged("a b c", "a X c", "a Y c"), ("a X c".to_owned(), true));
        assert_eq!(merged("a b c", "a c", "a Y c"), ("a c".to_owned(), true));
    }

    fn doc() -> impl Strategy<Value = Document> {
        proptest::collection::vec("[a-d]", 0..8).prop_map(|words| text(&words.join(" ")))
    }

    proptest! {
        #[test]
        fn one_change_alone_is_taken(base in doc(), other in doc()) {
            prop_assert_eq!(merge(&base, &base, &other), Merged { value: other.clone(), overlaps: false });
            prop_assert_eq!(merge(&base, &other, &base), Merged { value: other.clone(), overlaps: false });
            prop_assert_eq!(merge(&base, &other, &other), Merged { value: other.clone(), overlaps: false });
        }

        #[test]
        fn nothing_that_either_added_is_lost(base in doc(), ours in doc(), theirs in doc()) {
            let merged = merge(&base, &ours, &theirs);
            for block in &ours.blocks {
                let taken_away = base.blocks.contains(block);
                prop_assert!(taken_away || merged.value.blocks.contains(block));
            }
            if !merged.overlaps {
                for block in &theirs.blocks {
                    prop_assert!(base.blocks.contains(block) || merged.value.blocks.contains(block));
                }
            }
        }
    }
}
