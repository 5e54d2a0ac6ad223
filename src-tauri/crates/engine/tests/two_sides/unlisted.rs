//! What is no longer listed, though nothing says that anybody took it away: people are told of what the partner has (F79).

use twinline_engine::not_visible;
use twinline_model::pair::{Attachment, Comment, Gone, Pair, PairState, Side};

use crate::composed::file;
use crate::observed::at_rest;
use crate::seen_files::listed;

/// The pair before and after its tracker listed nothing any more.
fn emptied(change: impl FnOnce(&mut Pair)) -> [Pair; 2] {
    let (mut before, _) = at_rest();
    before.attachments = vec![file(Side::Ours, "a/1")];
    before.local.as_mut().unwrap().attachments = vec![listed("1", "a.txt")];
    change(&mut before);
    let mut after = before.clone();
    if let Some(local) = after.local.as_mut() {
        (local.comments, local.attachments) = (Vec::new(), Vec::new());
    }
    [before, after]
}

fn told(change: impl FnOnce(&mut Pair)) -> Vec<&'static str> {
    let [before, after] = emptied(change);
    not_visible(&before, &after).iter().map(|note| note.message).collect()
}

const COMMENT: &str = "activity-comment-not-visible";
const FILE: &str = "activity-attachment-not-visible";

#[test]
fn f79_what_the_partner_has_and_we_no_longer_see_is_told() {
    assert_eq!(told(|_| {}), [COMMENT, FILE]);
    let [before, after] = emptied(|_| {});
    let facts: Vec<_> = not_visible(&before, &after).into_iter().flat_map(|note| note.facts).collect();
    assert_eq!(facts, [("author", "acme person".to_owned()), ("file", "a.txt".to_owned())]);
    assert_eq!(not_visible(&after, &before), [], "it is shown again");
    assert_eq!(not_visible(&before, &before), []);
    // A file of theirs, whoever counts it as sent.
    assert_eq!(told(|p| p.attachments = vec![file(Side::Theirs, "a/1")]), [COMMENT, FILE]);
    let unsent = |born| Attachment { sent: false, ..file(born, "a/1") };
    assert_eq!(told(|p| p.attachments = vec![unsent(Side::Theirs)]), [COMMENT, FILE]);
    assert_eq!(told(|p| p.attachments = vec![unsent(Side::Ours)]), [COMMENT], "they never had it");
}

#[test]
fn f79_what_is_nobodys_loss_or_known_already_is_not_told() {
    assert_eq!(
        told(|p| (p.comments[0].done, p.comments[0].travelled) = (0, false)),
        [FILE],
        "it never travelled"
    );
    let twin = |p: &mut Pair| {
        let twin = Comment::new(p.comments[0].origin.clone(), Side::Theirs);
        p.comments[0] = Comment { ours: p.comments[0].ours.clone(), ..twin };
    };
    assert_eq!(told(twin), [FILE], "its author's side still shows it");
    for gone in [Gone::Here, Gone::There, Gone::Both] {
        assert_eq!(told(|p| p.attachments[0].gone = gone), [COMMENT], "{gone:?}: it was taken away");
    }
    assert_eq!(told(|p| p.attachments[0].ours = Some("2".into())), [COMMENT], "it was not listed before");
    assert!(told(|p| p.local = None).is_empty());
    assert!(told(|p| p.state = PairState::Unlinked { reason: "moved".to_owned() }).is_empty());
}
