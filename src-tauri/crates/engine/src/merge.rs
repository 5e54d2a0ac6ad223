//! A three-way merge of rich text, block by block: changes in different places are both kept.

use twinline_model::document::{Block, Task};
use twinline_model::{Document, Rest};

/// A merged value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Merged<T> {
    /// What came of it.
    pub value: T,
    /// Both changed the same place: there `ours` stands, and theirs is not in it.
    pub overlaps: bool,
}

impl<T> Merged<T> {
    fn map<U>(self, into: impl FnOnce(T) -> U) -> Merged<U> {
        Merged { value: into(self.value), overlaps: self.overlaps }
    }
}

/// Values that can be merged; one line of text cannot.
pub(crate) trait Mergeable: Sized {
    /// Merges two changes of one value.
    fn merge(_base: &Self, _ours: &Self, _theirs: &Self) -> Option<Merged<Self>> {
        None
    }
    /// As a changelog shows it.
    fn words(&self) -> String;
    /// What a changelog shows, as a value.
    fn of_words(words: &str) -> Self;
    /// Whether it ever does.
    fn merges() -> bool {
        false
    }
    /// What travels when this stands in our tracker, and `rest` does not fit there.
    fn whole(&self, _rest: &Rest) -> Self;
    /// Whether this says that there is more than stands here.
    fn tells(&self, _rest: &Rest) -> bool {
        true
    }
}

/// Merges two changes of one text. Where both changed the same blocks, `ours` stands and `overlaps` says so; what both
/// changed to the same is no overlap. Lists are merged item by item, quotes and panels by what they hold; a table is one
/// piece. diff3 (Khanna, Kunal and Pierce, "A Formal Investigation of Diff3", 2007) over blocks.
pub fn merge(base: &Document, ours: &Document, theirs: &Document) -> Merged<Document> {
    if bug!(MergeDropsTheirs) {
        return Merged { value: ours.clone(), overlaps: false };
    }
    let Merged { value: blocks, overlaps } = merge_blocks(&base.blocks, &ours.blocks, &theirs.blocks);
    Merged { value: Document { blocks }, overlaps }
}

fn merge_blocks(base: &[Block], ours: &[Block], theirs: &[Block]) -> Merged<Vec<Block>> {
    merge_pieces(base, ours, theirs, &merge_block)
}

/// Merges one piece that both changed, where it can be looked into.
type Inside<'a, T> = &'a dyn Fn(&T, &T, &T) -> Option<Merged<T>>;

fn merge_pieces<T: Clone + PartialEq>(
    base: &[T],
    ours: &[T],
    theirs: &[T],
    inside: Inside<'_, T>,
) -> Merged<Vec<T>> {
    let ours_kept = kept(base, ours);
    let theirs_kept = kept(base, theirs);
    let mut value = Vec::new();
    let mut overlaps = false;
    let (mut b, mut o, mut t) = (0, 0, 0);
    loop {
        // The next piece of the base that both still have ends the region before it.
        let stable = (b..base.len()).find(|at| ours_kept[*at].is_some() && theirs_kept[*at].is_some());
        let (to_b, to_o, to_t) = match stable {
            Some(at) => (at, ours_kept[at].unwrap_or(o), theirs_kept[at].unwrap_or(t)),
            None => (base.len(), ours.len(), theirs.len()),
        };
        let region = merge_region(&base[b..to_b], &ours[o..to_o], &theirs[t..to_t], inside);
        overlaps |= region.overlaps && !bug!(OverlapIgnored);
        value.extend(region.value);
        let Some(at) = stable else { break };
        value.push(base[at].clone());
        (b, o, t) = (to_b + 1, to_o + 1, to_t + 1);
    }
    Merged { value, overlaps }
}

/// One region between pieces that all three have.
fn merge_region<T: Clone + PartialEq>(
    base: &[T],
    ours: &[T],
    theirs: &[T],
    inside: Inside<'_, T>,
) -> Merged<Vec<T>> {
    if let Some(value) = one_sided(base, ours, theirs) {
        return Merged { value: value.to_vec(), overlaps: false };
    }
    // Both only added, in the same place: both additions stand, the owner's first.
    if base.is_empty() {
        let more = theirs.iter().filter(|piece| !ours.contains(piece));
        return Merged { value: ours.iter().chain(more).cloned().collect(), overlaps: false };
    }
    let apart = one_by_one(base, ours, theirs, inside);
    apart.unwrap_or_else(|| Merged { value: ours.to_vec(), overlaps: true })
}

/// What stands where at most one side changed something, or both did the same.
fn one_sided<'a, T: PartialEq + ?Sized>(base: &'a T, ours: &'a T, theirs: &'a T) -> Option<&'a T> {
    if ours == theirs || theirs == base {
        return Some(ours);
    }
    (ours == base).then_some(theirs)
}

/// Neighbours that were changed by one side each, or can be looked into. `None`: it cannot be told which belongs to which.
fn one_by_one<T: Clone + PartialEq>(
    base: &[T],
    ours: &[T],
    theirs: &[T],
    inside: Inside<'_, T>,
) -> Option<Merged<Vec<T>>> {
    if base.len() != ours.len() || base.len() != theirs.len() {
        return None;
    }
    let mut merged = Merged { value: Vec::with_capacity(base.len()), overlaps: false };
    for ((base, ours), theirs) in base.iter().zip(ours).zip(theirs) {
        let piece = match one_sided(base, ours, theirs) {
            Some(value) => Merged { value: value.clone(), overlaps: false },
            None => inside(base, ours, theirs)?,
        };
        merged.overlaps |= piece.overlaps;
        merged.value.push(piece.value);
    }
    Some(merged)
}

fn merge_block(base: &Block, ours: &Block, theirs: &Block) -> Option<Merged<Block>> {
    use Block::{BulletList, Expand, OrderedList, Panel, Quote, TaskList};
    let items = |b: &[Vec<Block>], o: &[Vec<Block>], t: &[Vec<Block>]| merge_pieces(b, o, t, &merge_item);
    Some(match (base, ours, theirs) {
        (BulletList { items: b }, BulletList { items: o }, BulletList { items: t }) => {
            items(b, o, t).map(|items| BulletList { items })
        }
        (
            OrderedList { start: first, items: b },
            OrderedList { start: our_first, items: o },
            OrderedList { start: their_first, items: t },
        ) => {
            let start = *one_sided(first, our_first, their_first)?;
            items(b, o, t).map(|items| OrderedList { start, items })
        }
        (TaskList { items: b }, TaskList { items: o }, TaskList { items: t }) => {
            merge_pieces(b, o, t, &merge_task).map(|items| TaskList { items })
        }
        (Quote { content: b }, Quote { content: o }, Quote { content: t }) => {
            merge_blocks(b, o, t).map(|content| Quote { content })
        }
        (
            Panel { kind, content: b },
            Panel { kind: ours, content: o },
            Panel { kind: theirs, content: t },
        ) => {
            let kind = *one_sided(kind, ours, theirs)?;
            merge_blocks(b, o, t).map(|content| Panel { kind, content })
        }
        (
            Expand { title, content: b },
            Expand { title: ours, content: o },
            Expand { title: theirs, content: t },
        ) => {
            let title = one_sided(title, ours, theirs)?.clone();
            merge_blocks(b, o, t).map(|content| Expand { title, content })
        }
        _ => return None,
    })
}

// The signature is that of `Inside`, whose pieces are items here.
#[allow(clippy::ptr_arg)]
fn merge_item(base: &Vec<Block>, ours: &Vec<Block>, theirs: &Vec<Block>) -> Option<Merged<Vec<Block>>> {
    Some(merge_blocks(base, ours, theirs))
}

/// One side ticked it, the other changed its words.
fn merge_task(base: &Task, ours: &Task, theirs: &Task) -> Option<Merged<Task>> {
    let done = *one_sided(&base.done, &ours.done, &theirs.done)?;
    let content = one_sided(&base.content, &ours.content, &theirs.content)?.clone();
    Some(Merged { value: Task { done, content }, overlaps: false })
}

/// For each piece of `base`, where it stands in `changed`, along a longest common subsequence.
fn kept<T: PartialEq>(base: &[T], changed: &[T]) -> Vec<Option<usize>> {
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
    use twinline_model::document::{Cell, Inline, PanelKind, Row};

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

    #[test]
    fn neighbours_that_each_side_changed_are_both_kept() {
        assert_eq!(merged("a b c", "A b c", "a B c"), ("A B c".to_owned(), false));
        assert_eq!(merged("a b c", "A X c", "a B c"), ("A X c".to_owned(), true));
        assert_eq!(merged("a b c", "A c", "a B c"), ("A c".to_owned(), true), "which is which?");
    }

    fn list(words: &str) -> Block {
        Block::BulletList { items: words.split_whitespace().map(|w| text(w).blocks).collect() }
    }

    fn blocks(blocks: Vec<Block>) -> Document {
        Document { blocks }
    }

    #[test]
    fn lists_are_merged_by_item_and_boxes_by_what_they_hold() {
        let one = |b, o, t| merge(&blocks(vec![b]), &blocks(vec![o]), &blocks(vec![t]));
        let fine = |block| Merged { value: blocks(vec![block]), overlaps: false };
        assert_eq!(one(list("a b"), list("A b"), list("a b c")), fine(list("A b c")));
        let clash = one(list("a b"), list("X b"), list("Y b c"));
        assert_eq!(clash, Merged { value: blocks(vec![list("X b c")]), overlaps: true });
        let nested = |words| Block::OrderedList { start: 1, items: vec![vec![list(words)]] };
        assert_eq!(one(nested("a b"), nested("A b"), nested("a B")), fine(nested("A B")));
        let from = |start, words: &str| Block::OrderedList { start, items: vec![text(words).blocks] };
        assert_eq!(one(from(1, "a"), from(2, "a"), from(1, "b")), fine(from(2, "b")));
        assert!(one(from(1, "a"), from(2, "a"), from(3, "a")).overlaps);
        let quote = |words| Block::Quote { content: text(words).blocks };
        assert_eq!(one(quote("a b"), quote("a"), quote("x a b")), fine(quote("x a")));
        let panel = |kind, words| Block::Panel { kind, content: text(words).blocks };
        let expand = |title: &str, words| {
            blocks(vec![Block::Expand { title: title.to_owned(), content: text(words).blocks }])
        };
        let folded = merge(&expand("more", "a b"), &expand("less", "a b"), &expand("more", "a b c"));
        assert_eq!((folded.value, folded.overlaps), (expand("less", "a b c"), false));
        let (info, note) = (PanelKind::Info, PanelKind::Note);
        assert_eq!(one(panel(info, "a b"), panel(note, "a b"), panel(info, "a")), fine(panel(note, "a")));
        assert!(one(quote("a"), list("a"), panel(info, "a")).overlaps, "three kinds");
    }

    #[test]
    fn a_task_is_ticked_by_one_and_worded_by_the_other() {
        let task = |done, word| Task { done, content: vec![Inline::text(word)] };
        let list = |task| blocks(vec![Block::TaskList { items: vec![task] }]);
        let merged = merge(&list(task(false, "a")), &list(task(true, "a")), &list(task(false, "b")));
        assert_eq!(merged, Merged { value: list(task(true, "b")), overlaps: false });
        let clash = merge(&list(task(false, "a")), &list(task(true, "c")), &list(task(false, "b")));
        assert_eq!(clash, Merged { value: list(task(true, "c")), overlaps: true });
    }

    #[test]
    fn a_table_is_one_piece() {
        let table = |words| {
            let cell = Cell { header: false, colspan: 1, rowspan: 1, content: text(words).blocks };
            blocks(vec![Block::Table { rows: vec![Row { cells: vec![cell] }] }])
        };
        let merged = merge(&table("a b"), &table("A b"), &table("a B"));
        assert_eq!(merged, Merged { value: table("A b"), overlaps: true });
    }

    #[test]
    fn a_very_large_difference_is_one_region() {
        let many = |word: &str, count: usize| text(&vec![word; count].join(" "));
        let (base, ours) = (many("a", 2_001), many("b", 2_001));
        let merged = merge(&base, &ours, &base);
        assert_eq!(merged, Merged { value: ours, overlaps: false });
    }

    #[test]
    fn only_up_to_a_bound_is_it_looked_for_what_both_kept_in_the_middle_of_a_difference() {
        for (blocks, overlaps) in [(1_998, false), (2_000, true)] {
            let many = |word: &str| (0..blocks / 2).map(|at| format!("{word}{at}")).collect::<Vec<_>>();
            let around = |middle: &str, word: &str| {
                text(
                    &[many(word).join(" "), middle.to_owned(), many(&format!("{word}_")).join(" ")].join(" "),
                )
            };
            let merged = merge(&around("x z", "a"), &around("x z", "b"), &around("x y z", "a"));
            let both = around("x y z", "b");
            let value = if overlaps { around("x z", "b") } else { both };
            assert_eq!(merged, Merged { value, overlaps }, "{blocks}");
        }
    }

    /// How many pieces the longest common subsequence has, by trying all.
    fn longest(a: &[u8], b: &[u8]) -> usize {
        match (a, b) {
            ([x, a_rest @ ..], [y, b_rest @ ..]) if x == y => 1 + longest(a_rest, b_rest),
            ([_, a_rest @ ..], [_, b_rest @ ..]) => longest(a_rest, b).max(longest(a, b_rest)),
            _ => 0,
        }
    }

    fn doc() -> impl Strategy<Value = Document> {
        proptest::collection::vec("[a-d]", 0..8).prop_map(|words| text(&words.join(" ")))
    }

    proptest! {
        #[test]
        fn as_much_is_kept_as_can_be_and_in_its_order(base in "[a-d]{0,8}", changed in "[a-d]{0,8}") {
            let (base, changed) = (base.as_bytes(), changed.as_bytes());
            let kept: Vec<(usize, usize)> =
                kept(base, changed).into_iter().enumerate().filter_map(|(at, to)| Some((at, to?))).collect();
            prop_assert!(kept.iter().all(|(at, to)| base[*at] == changed[*to]));
            prop_assert!(kept.windows(2).all(|two| two[0].1 < two[1].1));
            prop_assert_eq!(kept.len(), longest(base, changed));
        }

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
