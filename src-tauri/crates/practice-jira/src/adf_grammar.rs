//! Which nodes may stand where, with which attributes and marks.
//!
//! Written down from Atlassian's schema (`@atlaskit/adf-schema` 57.7.22, `dist/json-schema/v1/full.json`), which no
//! shipped program carries; a test holds the two together.

/// One kind of node: `name | attributes | content`.
///
/// Attributes: alternatives by `/`, `?` behind a name that may be absent, `:` before what it has to be: `s` text, `s1`
/// text that is not empty, `n` a number, `n0-100` within bounds, `b` yes or no, `ns` a list of numbers, `rgb` a colour,
/// `status` a colour or a name, `source` where a card of many issues gets them, `any`, else one of the words. No
/// attributes at all: `-`.
/// Content: `*` any number, `+` at least one, `2-3` bounds; in brackets the marks that the child may carry there,
/// alternatives by `/`, `?` without brackets none; `{name}` a group of the list below.
const NODES: &[&str] = &[
    "doc | - | * {free} codeBlock(breakout) layoutSection(breakout) expand(breakout) syncBlock(breakout) \
     bodiedSyncBlock(breakout) blockquote",
    "paragraph | localId?:s | * {inline}",
    "heading | level:n1-6 localId?:s | * {inline}",
    "text | - | 0",
    "hardBreak | text?:break localId?:s | 0",
    "mention | id:s localId?:s text?:s accessLevel?:s userType?:DEFAULT,SPECIAL,APP | 0",
    "emoji | shortName:s id?:s text?:s localId?:s | 0",
    "date | timestamp:s1 localId?:s | 0",
    "status | text:s1 color:status localId?:s style?:s | 0",
    "inlineCard | url:s localId?:s / data:any localId?:s | 0",
    "placeholder | text:s localId?:s | 0",
    "inlineExtension | extensionKey:s1 extensionType:s1 parameters?:any text?:s localId?:s1 | 0",
    "mediaInline | type?:link,file,image localId?:s id:s1 alt?:s collection:s occurrenceKey?:s1 width?:n height?:n \
     data?:any | 0",
    "bulletList | localId?:s | + listItem",
    "orderedList | order?:n0- localId?:s | + listItem",
    "listItem | localId?:s | + paragraph(fontSize) bulletList orderedList taskList {media} codeBlock {extension}",
    "taskList | localId:s | + taskItem taskList blockTaskItem",
    "taskItem | localId:s state:TODO,DONE | * {inline}",
    "blockTaskItem | localId:s state:TODO,DONE | + paragraph(fontSize) {extension}",
    "decisionList | localId:s | + decisionItem",
    "decisionItem | localId:s state:s | * {inline}",
    "blockquote | localId?:s | + paragraph orderedList bulletList codeBlock {media} mediaGroup {extension}",
    "codeBlock | language?:s uniqueId?:s localId?:s wrap?:b hideLineNumbers?:b | * text",
    "rule | localId?:s | 0",
    "panel | panelType:info,note,tip,warning,error,success,custom panelIcon?:s panelIconId?:s panelIconText?:s \
     panelColor?:s localId?:s | + paragraph(fontSize) heading bulletList orderedList blockCard mediaGroup {media} \
     codeBlock taskList rule decisionList {extension}",
    "expand | title?:s localId?:s | + {plain} nestedExpand",
    "nestedExpand | title?:s localId?:s | + paragraph(fontSize) heading {media} mediaGroup codeBlock bulletList \
     orderedList taskList decisionList rule panel blockquote {extension}",
    "table | displayMode?:default,fixed isNumberColumnEnabled?:b \
     layout?:wide,full-width,center,align-end,align-start,default localId?:s1 width?:n | + tableRow",
    "tableRow | localId?:s | * tableCell tableHeader",
    "tableCell | colspan?:n rowspan?:n colwidth?:ns background?:s localId?:s valign?:top,middle,bottom | + {cell}",
    "tableHeader | colspan?:n rowspan?:n colwidth?:ns background?:s localId?:s valign?:top,middle,bottom | + {cell}",
    "mediaSingle | localId?:s width?:n0-100 layout:{layout} widthType?:percentage / localId?:s width:n0- \
     widthType:pixel layout:{layout} | 1-2 media(dataConsumer,link,annotation,border) caption",
    "mediaGroup | - | + media(dataConsumer,link,annotation,border)",
    "media | type:link,file localId?:s id:s1 alt?:s collection:s height?:n occurrenceKey?:s1 width?:n / \
     type:external localId?:s alt?:s height?:n width?:n url:s | 0",
    "caption | localId?:s | * {words} placeholder inlineCard mention emoji date status hardBreak",
    "blockCard | localId?:s url?:s datasource:source width?:n layout?:{layout} / url:s localId?:s / data:any localId?:s | 0",
    "embedCard | url:s layout:{layout} width?:n0-100 originalHeight?:n originalWidth?:n localId?:s | 0",
    "layoutSection | localId?:s | 2-3 layoutColumn",
    "layoutColumn | width:n0-100 localId?:s valign?:top,middle,bottom | + {free} expand blockquote",
    "extension | {app} layout?:wide,full-width,default | 0",
    "bodiedExtension | {app} layout?:wide,full-width,default | + {plain}",
    "syncBlock | resourceId:s localId:s | 0",
    "bodiedSyncBlock | resourceId:s localId:s | + {free-in-sync} blockquote expand layoutSection(breakout)",
];

/// What several nodes hold.
const GROUPS: &[(&str, &str)] = &[
    ("{layout}", "wide,full-width,center,wrap-right,wrap-left,align-end,align-start"),
    ("{app}", "extensionKey:s1 extensionType:s1 parameters?:any text?:s localId?:s1"),
    (
        "{free-in-sync}",
        "paragraph(*) heading(*) blockCard bulletList codeBlock decisionList embedCard mediaGroup {media} orderedList \
         panel rule table(fragment) taskList",
    ),
    (
        "{free}",
        "blockCard codeBlock {media} paragraph(fontSize,alignment/fontSize,indentation) taskList orderedList bulletList \
         decisionList embedCard {extension} heading(alignment/indentation) mediaGroup rule panel table(fragment) \
         bodiedExtension(dataConsumer,fragment)",
    ),
    (
        "{plain}",
        "paragraph(fontSize) panel blockquote orderedList bulletList rule heading codeBlock mediaGroup {media} \
         decisionList taskList table(fragment) blockCard embedCard {extension}",
    ),
    (
        "{cell}",
        "paragraph(fontSize,alignment) panel blockquote orderedList bulletList rule heading(alignment/indentation) \
         codeBlock {media} mediaGroup decisionList taskList blockCard embedCard {extension} nestedExpand",
    ),
    (
        "{inline}",
        "{words} date emoji hardBreak inlineCard mention placeholder status inlineExtension(dataConsumer,fragment) \
         mediaInline(dataConsumer,link,annotation,border)",
    ),
    (
        "{words}",
        "text(link,em,strong,strike,subsup,underline,textColor,annotation,backgroundColor/code,link,annotation)",
    ),
    ("{media}", "mediaSingle(link)"),
    ("{extension}", "extension(dataConsumer,fragment)"),
];

/// Marks and their attributes, as above.
const MARKS: &[&str] = &[
    "strong | ",
    "em | ",
    "code | ",
    "strike | ",
    "underline | ",
    "link | href:s title?:s id?:s collection?:s occurrenceKey?:s",
    "subsup | type:sub,sup",
    "textColor | color:rgb",
    "backgroundColor | color:rgb",
    "annotation | id:s annotationType:inlineComment",
    "alignment | align:center,end",
    "indentation | level:n1-6",
    "border | size:n1-3 color:rgba",
    "breakout | mode:wide,full-width width?:n",
    "fontSize | fontSize:small",
    "fragment | localId:s1 name?:s",
    "dataConsumer | sources:ss",
];

/// What a node or a mark says about itself.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) needed: bool,
    pub(crate) kind: String,
}

/// A child, and the sets of marks of which it may carry one.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) kind: String,
    pub(crate) marks: Vec<Vec<String>>,
}

/// One kind of node.
#[derive(Debug)]
pub(crate) struct Rule {
    /// One of these has to fit; none where there are no attributes.
    pub(crate) attributes: Vec<Vec<Attribute>>,
    pub(crate) children: Vec<Child>,
    pub(crate) least: usize,
    pub(crate) most: usize,
}

/// All rules, found by name.
pub(crate) struct Grammar {
    nodes: Vec<(String, Rule)>,
    marks: Vec<(String, Vec<Attribute>)>,
}

impl Grammar {
    /// Reads the table above.
    pub(crate) fn new() -> Self {
        let nodes = NODES.iter().map(|line| rule(&whole(line))).collect();
        let marks = MARKS
            .iter()
            .map(|line| {
                let (name, attributes) = line.split_once('|').unwrap_or((line, ""));
                (name.trim().to_owned(), attribute_set(attributes))
            })
            .collect();
        Self { nodes, marks }
    }

    pub(crate) fn node(&self, kind: &str) -> Option<&Rule> {
        self.nodes.iter().find(|(name, _)| name == kind).map(|(_, rule)| rule)
    }

    pub(crate) fn mark(&self, kind: &str) -> Option<&[Attribute]> {
        self.marks.iter().find(|(name, _)| name == kind).map(|(_, attributes)| attributes.as_slice())
    }
}

/// With what the groups stand for.
fn whole(line: &str) -> String {
    let mut whole = line.to_owned();
    // A group may hold groups that stand below it in the list.
    for (name, content) in GROUPS {
        whole = whole.replace(name, content);
    }
    whole
}

fn rule(line: &str) -> (String, Rule) {
    let mut parts = line.split('|').map(str::trim);
    let mut part = || parts.next().unwrap_or_default();
    let (name, attributes, content) = (part(), part(), part());
    let attributes = match attributes {
        "-" => Vec::new(),
        some => some.split(" / ").map(attribute_set).collect(),
    };
    let mut words = content.split_whitespace();
    let (least, most) = match words.next().unwrap_or_default() {
        "*" => (0, usize::MAX),
        "+" => (1, usize::MAX),
        bounds => {
            let (least, most) = bounds.split_once('-').unwrap_or((bounds, bounds));
            (least.parse().unwrap_or(0), most.parse().unwrap_or(0))
        }
    };
    let children = words.map(child).collect();
    (name.to_owned(), Rule { attributes, children, least, most })
}

fn child(word: &str) -> Child {
    let (kind, marks) = word.trim_end_matches(')').split_once('(').unwrap_or((word, ""));
    let sets =
        marks.split('/').map(|set| set.split(',').filter(|m| !m.is_empty()).map(str::to_owned).collect());
    Child { kind: kind.to_owned(), marks: sets.collect() }
}

fn attribute_set(text: &str) -> Vec<Attribute> {
    text.split_whitespace()
        .map(|word| {
            let (name, kind) = word.split_once(':').unwrap_or((word, "any"));
            let needed = !name.ends_with('?');
            Attribute { name: name.trim_end_matches('?').to_owned(), needed, kind: kind.to_owned() }
        })
        .collect()
}
