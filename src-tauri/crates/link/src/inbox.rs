//! Which of the messages that arrived are news: pure, so that every order of loss and repetition can be tried.

use crate::exchange::{Mark, Message, next_chain};

/// Which messages to take (indexes, in order), and the mark after them.
///
/// Repeated ones are ignored; the first gap ends it (the partner sends the rest again); numbers are never skipped. So does
/// the first that must be understood and is not: it is not acked, and comes again after an update (F88).
/// Commit the messages together with the mark, then ack it.
pub fn accept(mark: &Mark, messages: &[Message]) -> (Vec<usize>, Mark) {
    let mut after = mark.clone();
    let mut take = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        if message.seq <= after.seq {
            continue;
        }
        if after.seq.checked_add(1) != Some(message.seq) || message.is_beyond_us() {
            break;
        }
        after.chain = next_chain(&after.chain, message.seq, &message.kind, &message.body);
        after.seq = message.seq;
        take.push(index);
    }
    (take, after)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(seq: u64) -> Message {
        Message { seq, critical: false, kind: "k".into(), body: seq.to_be_bytes().to_vec() }
    }
    fn all(seqs: &[u64]) -> Vec<Message> {
        seqs.iter().copied().map(message).collect()
    }

    #[test]
    fn f30_repeated_messages_are_ignored_and_a_gap_ends_it() {
        let (take, mark) = accept(&Mark::default(), &all(&[1, 2, 2, 1, 3, 5, 6]));
        assert_eq!((take, mark.seq), (vec![0, 1, 4], 3));
        let (take, again) = accept(&mark, &all(&[1, 2, 3]));
        assert_eq!((take, again), (vec![], mark.clone()));
        assert_eq!(accept(&mark, &all(&[5, 4])), (vec![], mark.clone()));
        assert_eq!(accept(&mark, &all(&[4, 6, 5])).0, vec![0]);
    }

    #[test]
    fn f88_what_must_be_understood_and_is_not_ends_it() {
        let mut messages = all(&[1, 2, 3]);
        messages[1] = Message { critical: true, ..message(2) };
        assert_eq!(accept(&Mark::default(), &messages).0, vec![0], "not even what comes behind it");
        messages[1].critical = false;
        assert_eq!(accept(&Mark::default(), &messages).0, vec![0, 1, 2], "it may be skipped");
        messages[1] = Message { critical: true, kind: "receipt".into(), ..message(2) };
        assert_eq!(accept(&Mark::default(), &messages).0, vec![0, 1, 2], "it is known");
    }

    #[test]
    fn the_last_number_does_not_overflow() {
        let mark = Mark { seq: u64::MAX, chain: String::new() };
        assert_eq!(accept(&mark, &all(&[0, 1, u64::MAX])), (vec![], mark));
    }

    proptest! {
        /// However the stream is cut, repeated and shuffled: each message once, in order, and one chain.
        #[test]
        fn f29_any_delivery_gives_each_message_once(frames in prop::collection::vec((1u64..12, 0u64..6), 1..40)) {
            let mut mark = Mark::default();
            let mut got = Vec::new();
            for (from, count) in frames {
                let frame: Vec<u64> = (from..from + count).collect();
                let messages = all(&frame);
                let (take, after) = accept(&mark, &messages);
                got.extend(take.iter().map(|i| messages[*i].seq));
                mark = after;
            }
            prop_assert_eq!(&got, &(1..=mark.seq).collect::<Vec<_>>());
            let whole = accept(&Mark::default(), &all(&got)).1;
            prop_assert_eq!(whole, mark);
        }
    }
}
