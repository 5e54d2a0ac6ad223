//! The rules of Basic mode as text do what Basic does: everything goes on unchanged.

use proptest::prelude::*;
use twinline_model::Document;
use twinline_model::document::{Block, Cell, Inline, Mark, PanelKind, Row, Task};
use twinline_model::observed::{ObservedAttachment, ObservedComment, ObservedIssue, mirror_type};
use twinline_script::{
    Around, Arrived, ArrivedComment, ArrivedFile, Incoming, Outgoing, basic_incoming, basic_outgoing,
};

use crate::common::{around, comment, file, issue, replica};

fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z ]{1,12}", "\\PC{1,8}", Just("${x} `\\n\" ' // */".to_owned())]
}

fn marks() -> impl Strategy<Value = Vec<Mark>> {
    prop_oneof![
        Just(vec![]),
        Just(vec![Mark::Strong, Mark::Em]),
        word().prop_map(|href| vec![Mark::Link { href }]),
        Just(vec![Mark::Color { hex: "#ff0000".into() }]),
    ]
}

fn inline() -> impl Strategy<Value = Inline> {
    prop_oneof![
        4 => (word(), marks()).prop_map(|(text, marks)| Inline::marked(text, marks)),
        1 => Just(Inline::HardBreak),
        1 => word().prop_map(|name| Inline::Mention { name }),
        1 => (word(), proptest::option::of(word()))
            .prop_map(|(short_name, text)| Inline::Emoji { short_name, text }),
        1 => any::<i64>().prop_map(|at_ms| Inline::Date { at_ms }),
        1 => (word(), word()).prop_map(|(text, color)| Inline::Status { text, color }),
    ]
}

fn line() -> impl Strategy<Value = Vec<Inline>> {
    proptest::collection::vec(inline(), 0..4)
}

fn block() -> impl Strategy<Value = Block> {
    let leaf = prop_oneof![
        line().prop_map(|content| Block::Paragraph { content }),
        (1..7u8, line()).prop_map(|(level, content)| Block::Heading { level, content }),
        (proptest::option::of(word()), word())
            .prop_map(|(language, text)| Block::CodeBlock { language, text }),
        (any::<bool>(), line())
            .prop_map(|(done, content)| Block::TaskList { items: vec![Task { done, content }] }),
        line().prop_map(|item| Block::DecisionList { items: vec![item] }),
        Just(Block::Rule),
        (word(), proptest::option::of(word())).prop_map(|(name, alt)| Block::Media { name, alt }),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        let blocks = proptest::collection::vec(inner, 0..3);
        prop_oneof![
            blocks.clone().prop_map(|item| Block::BulletList { items: vec![item] }),
            (any::<u32>(), blocks.clone())
                .prop_map(|(start, item)| Block::OrderedList { start, items: vec![item] }),
            blocks.clone().prop_map(|content| Block::Quote { content }),
            blocks.clone().prop_map(|content| Block::Panel { kind: PanelKind::Note, content }),
            (word(), blocks.clone()).prop_map(|(title, content)| Block::Expand { title, content }),
            blocks.prop_map(|content| Block::Table {
                rows: vec![Row { cells: vec![Cell { header: true, colspan: 2, rowspan: 1, content }] }]
            }),
        ]
    })
}

fn document() -> impl Strategy<Value = Document> {
    proptest::collection::vec(block(), 0..4).prop_map(|blocks| Document { blocks })
}

fn drawn_issue() -> impl Strategy<Value = ObservedIssue> {
    let one = (word(), document(), any::<bool>(), any::<bool>(), any::<bool>(), any::<i64>());
    let comments = proptest::collection::vec(one, 0..6);
    let files = proptest::collection::vec((word(), word(), any::<u64>()), 0..5);
    (word(), document(), word(), comments, files).prop_map(
        |(summary, description, issue_type, comments, files)| {
            let comments = comments.into_iter().enumerate().map(|(at, drawn)| {
                let (author, body, restricted, internal, by_us, created_ms) = drawn;
                let base = comment(&at.to_string(), &author, "");
                ObservedComment { body, restricted, internal, by_us, created_ms, ..base }
            });
            let files = files.into_iter().enumerate();
            let files = files.map(|(at, (name, mime, size))| file(&at.to_string(), &name, &mime, size));
            let (comments, attachments) = (comments.collect(), files.collect::<Vec<ObservedAttachment>>());
            ObservedIssue { summary, description, issue_type, comments, attachments, ..issue() }
        },
    )
}

fn drawn_replica() -> impl Strategy<Value = Arrived> {
    use proptest::option::of;
    let comments = proptest::collection::vec((word(), any::<i64>(), document()), 0..6);
    let files = proptest::collection::vec((word(), word(), any::<u64>(), word()), 0..5);
    (word(), of(word()), of(document()), of(word()), comments, files).prop_map(
        |(key, summary, description, issue_type, comments, files)| {
            let comments = comments.into_iter().map(|(author, created_ms, body)| ArrivedComment {
                author,
                created_ms,
                body,
            });
            let files = files.into_iter().map(|(file_name, mime, size, author)| ArrivedFile {
                file_name,
                mime,
                size,
                author,
            });
            let (comments, attachments) = (comments.collect(), files.collect());
            Arrived { key, summary, description, issue_type, comments, attachments, ..replica() }
        },
    )
}

fn drawn_project() -> impl Strategy<Value = Around> {
    let types =
        proptest::collection::vec((prop_oneof![word(), Just("task".to_owned())], any::<bool>()), 0..4);
    (types, proptest::option::of(word())).prop_map(|(types, default_type)| Around {
        types,
        default_type,
        ..around()
    })
}

proptest! {
    #[test]
    fn what_leaves_by_the_basic_rules_is_what_leaves_in_basic(issue in drawn_issue(), internal: bool) {
        let leaves = Outgoing::compile(&basic_outgoing(internal)).unwrap().run(&issue, &around()).unwrap();
        prop_assert!(leaves.issue);
        prop_assert_eq!(leaves.summary.as_ref(), Some(&issue.summary));
        prop_assert_eq!(leaves.description.as_ref(), Some(&issue.description));
        prop_assert_eq!(leaves.issue_type.as_ref(), Some(&issue.issue_type));
        prop_assert!(leaves.extras.is_empty(), "what Basic does not know stays");
        let wanted: Vec<_> = issue
            .comments
            .iter()
            .filter(|c| !c.restricted && (internal || !c.internal))
            .map(|c| (c.id.clone(), c.body.clone()))
            .collect();
        prop_assert_eq!(leaves.comments, wanted);
        let files: Vec<_> = issue.attachments.iter().map(|a| a.id.clone()).collect();
        prop_assert_eq!(leaves.attachments, files);
    }

    #[test]
    fn what_is_written_by_the_basic_rules_is_what_basic_writes(
        replica in drawn_replica(),
        ours in proptest::option::of(drawn_issue()),
        around in drawn_project(),
    ) {
        let wanted_type = replica.issue_type.as_ref()
            .and_then(|theirs| mirror_type(theirs, &around.types, around.default_type.as_deref()));
        let answer = Incoming::compile(&basic_incoming()).unwrap().run(&replica, ours.as_ref(), &around);
        let incomplete = replica.summary.as_ref().is_none_or(|s| s.trim().is_empty()) || wanted_type.is_none();
        if ours.is_none() && incomplete {
            prop_assert_eq!(answer.unwrap_err().kind, twinline_script::FaultKind::Missing);
            return Ok(());
        }
        let written = answer.unwrap();
        prop_assert_eq!(&written.summary, &replica.summary);
        prop_assert_eq!(&written.description, &replica.description);
        prop_assert_eq!(written.issue_type, wanted_type);
        let comments: Vec<_> = replica.comments.iter().map(|c| c.body.clone()).enumerate().collect();
        prop_assert_eq!(written.comments, comments);
        prop_assert_eq!(written.attachments, (0..replica.attachments.len()).collect::<Vec<_>>());
    }
}
