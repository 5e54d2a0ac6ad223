//! An issue, a replica and a project for the tests.

#![allow(dead_code, reason = "each test target uses a part")]

use twinline_model::document::{Block, Inline, Mark};
use twinline_model::extra::{Extra, Extras, LABELS, PRIORITY, STATUS};
use twinline_model::observed::{ObservedAttachment, ObservedComment, ObservedIssue};
use twinline_model::{Document, IssueId};
use twinline_script::{
    Around, Arrived, ArrivedComment, ArrivedFile, Fault, Incoming, Leaves, Outgoing, Written,
};

pub fn around() -> Around {
    Around {
        company: "ACME".into(),
        partner: "Globex".into(),
        project: "SUP".into(),
        types: [("Bug", false), ("Task", false), ("Improvement", false), ("Sub-task", true)]
            .map(|(name, subtask)| (name.to_owned(), subtask))
            .into(),
        default_type: Some("Task".into()),
    }
}

pub fn heading(level: u8, text: &str) -> Block {
    Block::Heading { level, content: vec![Inline::text(text)] }
}

pub fn paragraph(text: &str) -> Block {
    Block::Paragraph { content: vec![Inline::text(text)] }
}

/// A text with a bold word, a section for our own people, a table of one cell, code and a picture.
pub fn description() -> Document {
    let bold = Inline::marked("smoke", [Mark::Strong]);
    Document {
        blocks: vec![
            Block::Paragraph { content: vec![Inline::text("There is "), bold, Inline::text(" in room 7.")] },
            Block::Media { name: "smoke.png".into(), alt: None },
            heading(2, "Internal notes"),
            paragraph("Customer pays late."),
            heading(3, "Who knows"),
            paragraph("Ana"),
            heading(2, "Steps"),
            Block::BulletList {
                items: vec![vec![paragraph("Open the door")], vec![paragraph("Look at smoke")]],
            },
            Block::CodeBlock { language: None, text: "smoke = 1".into() },
        ],
    }
}

pub fn comment(id: &str, author: &str, text: &str) -> ObservedComment {
    ObservedComment {
        id: id.into(),
        author: author.into(),
        created_ms: 1_764_185_596_000,
        updated_ms: 1_764_185_596_000,
        body: Document::plain(text),
        restricted: false,
        internal: false,
        leaves_as: None,
        by_us: false,
        marker: None,
    }
}

pub fn file(id: &str, name: &str, mime: &str, size: u64) -> ObservedAttachment {
    let (file_name, mime, author) = (name.into(), mime.into(), "Ana Alvarez".into());
    ObservedAttachment { id: id.into(), file_name, mime, size, author, created_ms: 0, by_us: false }
}

/// SUP-17 with a public comment, one with a word, an internal and a restricted one, and three files.
pub fn issue() -> ObservedIssue {
    let internal = ObservedComment { internal: true, ..comment("3", "Ben Baker", "Do not tell them") };
    let restricted = ObservedComment { restricted: true, ..comment("4", "Cleo Clark", "Managers only") };
    let ours = ObservedComment { by_us: true, ..comment("5", "Twinline", "Pat: thanks") };
    ObservedIssue {
        id: IssueId::new("10017"),
        key: "SUP-17".into(),
        project: "SUP".into(),
        url: "https://acme.example/browse/SUP-17".into(),
        created_ms: 1_764_185_596_000,
        updated_ms: 1_764_272_000_000,
        issue_type: "Bug".into(),
        is_subtask: false,
        restricted: false,
        summary: "Smoke in room 7".into(),
        description: description(),
        comments: vec![
            comment("1", "Ana Alvarez", "It smells"),
            comment("2", "Ben Baker", "#public Please look"),
            internal,
            restricted,
            ours,
        ],
        attachments: vec![
            file("a", "smoke.png", "image/png", 200_000),
            file("b", "dump.bin", "application/octet-stream", 80_000_000),
            file("c", "Setup.EXE", "application/x-msdownload", 1_000),
        ],
        marker: None,
        extras: extras("High", &["fire", "room-7"], "In Progress"),
        history: Vec::new(),
        leaving: None,
    }
}

fn extras(priority: &str, labels: &[&str], status: &str) -> Extras {
    let text = |text: &str| Extra::Text(text.to_owned());
    let labels = Extra::Texts(labels.iter().map(|label| (*label).to_owned()).collect());
    [(PRIORITY, text(priority)), (LABELS, labels), (STATUS, text(status))]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

/// GX-4 of the partner's.
pub fn replica() -> Arrived {
    let comment = |author: &str, text: &str| ArrivedComment {
        author: author.into(),
        created_ms: 1_764_185_596_000,
        body: Document::plain(text),
    };
    let file = |name: &str, mime: &str, size| ArrivedFile {
        file_name: name.into(),
        mime: mime.into(),
        size,
        author: "Pat Price".into(),
    };
    Arrived {
        key: "GX-4".into(),
        summary: Some("Printer is on fire".into()),
        description: Some(Document::plain("It burns.\nReally.")),
        issue_type: Some("Incident".into()),
        extras: extras("P1", &["hot"], "Open"),
        comments: vec![comment("Pat Price", "#urgent It burns"), comment("Quinn Quick", "Still burns")],
        attachments: vec![
            file("fire.jpg", "image/jpeg", 300_000),
            file("huge.mov", "video/quicktime", 90_000_000),
            file("run.exe", "application/x-msdownload", 9),
        ],
    }
}

pub fn leaves(rules: &str) -> Result<Leaves, Fault> {
    Outgoing::compile(rules)?.run(&issue(), &around())
}

/// What is written where the issue exists already.
pub fn written(rules: &str) -> Result<Written, Fault> {
    Incoming::compile(rules)?.run(&replica(), Some(&issue()), &around())
}

/// What is written where it is to be made.
pub fn made(rules: &str) -> Result<Written, Fault> {
    Incoming::compile(rules)?.run(&replica(), None, &around())
}

/// What an expression gives: its text.
pub fn said(expression: &str) -> String {
    let rules = format!("let it = {expression}; replica.summary = \"\" + it;");
    leaves(&rules).unwrap_or_else(|fault| panic!("{expression}: {fault}")).summary.unwrap_or_default()
}
