//! Questions whether two issues become a pair.

use twinline_model::pair::Side;
use twinline_model::question::{Kept, Question, QuestionState};

use super::{c1, origin, store};

fn kept(id: &str, state: QuestionState, at_ms: i64) -> Kept {
    Kept {
        question: Question {
            id: id.to_owned(),
            origin: origin("i/1"),
            key: "GX-1".to_owned(),
            link: "https://globex.example/browse/GX-1".to_owned(),
            summary: Some("Smoke".to_owned()),
            wanted: "SUP-1".to_owned(),
        },
        by: Side::Theirs,
        state,
        issue: Some("10001".into()),
        ours: "SUP-1".to_owned(),
        title: "Printer".to_owned(),
        url: String::new(),
        theirs: "GX-1".to_owned(),
        rules: Some(3),
        reason: "declined".to_owned(),
        told: false,
        at_ms,
    }
}

#[test]
fn a_question_comes_back_as_it_was_kept_and_goes_with_its_connection() {
    let store = store();
    let (open, asked, declined) = (
        kept("a", QuestionState::Open, 1),
        kept("b", QuestionState::Asked, 2),
        kept("c", QuestionState::Declined, 3),
    );
    store
        .write(|tx| [&open, &asked, &declined].into_iter().try_for_each(|kept| tx.keep_question(&c1(), kept)))
        .unwrap();
    let all = store.read(|tx| tx.questions(&c1())).unwrap();
    assert_eq!(all, [open.clone(), asked.clone(), declined.clone()]);
    // What sets the partner's people free goes first, and what waits for ours is not told.
    let to_tell = || store.read(|tx| tx.questions_to_tell(&c1())).unwrap();
    assert_eq!(to_tell(), [declined.clone(), asked]);
    let told = Kept { told: true, ..declined };
    store.write(|tx| tx.keep_question(&c1(), &told)).unwrap();
    assert_eq!(to_tell().len(), 1);
    store.write(|tx| tx.untell_questions(&c1())).unwrap();
    assert_eq!(to_tell().len(), 2, "the numbers begin anew");
    store.write(|tx| tx.remove_question(&c1(), "a")).unwrap();
    assert_eq!(store.read(|tx| tx.question(&c1(), "a")).unwrap(), None);
    store.write(|tx| tx.delete_connection(&c1())).unwrap();
    assert_eq!(store.read(|tx| tx.questions(&c1())).unwrap(), []);
}
