//! How each node and mark of Jira's rich text travels: the table that the tests hold the code to.

/// What becomes of a node or a mark on the other side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Travel {
    /// It is the same there, its content and what it says with it.
    Kept,
    /// It is another node there, with the same content.
    As(&'static str),
    /// Its content is there, and nothing around it.
    Unwrapped,
    /// Its words are there, as text.
    Text,
    /// Only the look or a reference is lost: no words.
    Left,
}

use Travel::{As, Kept, Left, Text, Unwrapped};

/// Every node of the schema, how it travels, and what there is to say about it.
pub(super) const NODES: [(&str, Travel, &str); 43] = [
    ("blockCard", Text, "a link; its address is its text"),
    ("blockTaskItem", As("taskItem"), "its paragraphs become lines of one task"),
    ("blockquote", Kept, ""),
    ("bodiedExtension", Unwrapped, "the app's name is shown if nothing is in it"),
    ("bodiedSyncBlock", Unwrapped, "as it stands now; it is no longer kept in step with its source"),
    ("bulletList", Kept, ""),
    ("caption", As("paragraph"), "below the picture"),
    ("codeBlock", Kept, "with its language; whether lines wrap is left out"),
    ("date", Kept, ""),
    ("decisionItem", Kept, ""),
    ("decisionList", Kept, ""),
    ("doc", Kept, ""),
    ("embedCard", Text, "a link; its address is its text"),
    ("emoji", Kept, "a picture of one site only (no character) becomes its name"),
    ("expand", Kept, "with its title"),
    ("extension", Text, "`[extension: ...]`, with the app's text or key"),
    ("hardBreak", Kept, ""),
    ("heading", Kept, "with its level"),
    ("inlineCard", Text, "a link; its text is its name where Jira tells it, else its address"),
    ("inlineExtension", Text, "`[inlineExtension: ...]`, with the app's text or key"),
    ("layoutColumn", Unwrapped, "columns stand one below the other"),
    ("layoutSection", Unwrapped, "columns stand one below the other"),
    ("listItem", Kept, ""),
    ("media", Kept, "a picture, once its file has arrived; until then the file's name in brackets"),
    ("mediaGroup", Unwrapped, ""),
    ("mediaInline", Text, "the file's name in brackets; the file itself is among the attachments"),
    ("mediaSingle", Unwrapped, "size and place are left out; a link on the picture stands below it"),
    ("mention", Text, "`@Name`; nobody is notified"),
    ("nestedExpand", As("expand"), "written as a nestedExpand wherever Jira asks for one"),
    ("orderedList", Kept, "with its first number"),
    ("panel", Kept, "a custom panel becomes an info panel, a tip a success panel"),
    ("paragraph", Kept, ""),
    ("placeholder", Text, "its hint"),
    ("rule", Kept, ""),
    ("status", Kept, "with its colour"),
    ("syncBlock", Text, "`[syncBlock]`: what it shows is kept elsewhere, and Jira does not give it"),
    ("table", Kept, "width, layout and row numbers are left out"),
    ("tableCell", Kept, "with its spans; background and column width are left out"),
    ("tableHeader", Kept, "as a cell"),
    ("tableRow", Kept, ""),
    ("taskItem", Kept, "ticked or not"),
    ("taskList", Kept, "a list within a list becomes part of the outer one"),
    ("text", Kept, "control characters are left out"),
];

/// Every mark of the schema, how it travels, and what there is to say about it.
pub(super) const MARKS: [(&str, Travel, &str); 17] = [
    ("alignment", Left, "text stands at its beginning"),
    ("annotation", Left, "a reference to an inline comment, which stays where it is"),
    ("backgroundColor", Kept, ""),
    ("border", Left, ""),
    ("breakout", Left, ""),
    ("code", Kept, ""),
    ("dataConsumer", Left, "a reference between apps"),
    ("em", Kept, ""),
    ("fontSize", Left, ""),
    ("fragment", Left, "a reference between apps"),
    ("indentation", Left, "text stands at its beginning"),
    ("link", Kept, "http, https and mailto; of any other only the text stays. A tooltip is left out"),
    ("strike", Kept, ""),
    ("strong", Kept, ""),
    ("subsup", Kept, ""),
    ("textColor", Kept, "left out on a link"),
    ("underline", Kept, ""),
];

/// How a node travels; one that the table does not know becomes text.
pub(super) fn of_node(kind: &str) -> Travel {
    NODES.iter().find(|(name, ..)| *name == kind).map_or(Text, |(_, travel, _)| *travel)
}

/// Whether a mark is there on the other side.
pub(super) fn keeps_mark(kind: &str) -> bool {
    MARKS.iter().any(|(name, travel, _)| *name == kind && *travel == Kept)
}

/// In a word, for docs/rich-text.md.
pub(super) fn in_words(travel: Travel) -> String {
    match travel {
        Kept => "kept".to_owned(),
        As(other) => format!("becomes `{other}`"),
        Unwrapped => "its content stands alone".to_owned(),
        Text => "becomes text".to_owned(),
        Left => "left out".to_owned(),
    }
}

#[test]
fn j15_the_table_knows_every_node_and_mark_of_the_schema() {
    let schema = adf_schema::Schema::load().unwrap();
    println!("schema: {}", schema.source.display());
    let nodes: Vec<&str> = NODES.iter().map(|(name, ..)| *name).collect();
    assert_eq!(nodes, schema.nodes().into_iter().collect::<Vec<_>>());
    let marks: Vec<&str> = MARKS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(marks, schema.marks().into_iter().collect::<Vec<_>>());
}
