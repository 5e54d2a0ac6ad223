//! Every sentence that a person reads stands in ui/src/locales/en.ftl: found are those that do not.

use super::rust::{Kind, Token, closing};

/// Macros whose words go to a log, to a developer, or nowhere.
const NOT_FOR_PEOPLE: [&str; 15] = [
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "span",
    "info_span",
    "debug_span",
    "assert",
    "assert_eq",
    "debug_assert",
    "panic",
    "unreachable",
    "sql",
    "log",
];

/// String literals in product code that look like a sentence: upper case first, a blank, a full stop at the end.
pub fn in_rust(path: &str, code: &[Token]) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let token = &code[at];
        let called =
            |next: usize, marks: &[char]| code.get(next).is_some_and(|t| marks.iter().any(|&m| t.is(m)));
        if token.kind == Kind::Word {
            let name = token.text.as_str();
            if NOT_FOR_PEOPLE.contains(&name) && called(at + 1, &['!']) && called(at + 2, &['(', '[', '{']) {
                at = closing(code, at + 2);
            } else if name == "expect" && at > 0 && code[at - 1].is('.') && called(at + 1, &['(']) {
                at = closing(code, at + 1);
            }
        } else if token.kind == Kind::Text && is_sentence(&token.text) {
            found.push(format!("{path}:{}: \"{}\" belongs into en.ftl", token.line, token.text));
        }
        at += 1;
    }
    found
}

fn is_sentence(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(|c: char| c.is_uppercase()) && text.contains(' ') && text.ends_with(['.', '?', '!'])
}

/// Attributes of an element that a person reads or hears.
const READ_ALOUD: [&str; 6] = ["title", "placeholder", "alt", "aria-label", "label", "aria-description"];

/// Text in a Svelte component with two or more words, in elements and in attributes that are read.
pub fn in_svelte(path: &str, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut tell = |line: usize, text: &str| {
        if words(text) >= 2 {
            found.push(format!("{path}:{line}: \"{}\" belongs into en.ftl", text.trim()));
        }
    };
    let (mut rest, mut line) = (source, 1);
    while !rest.is_empty() {
        let length = if rest.starts_with("<!--") {
            rest.find("-->").map_or(rest.len(), |end| end + 3)
        } else if let Some(tag) = ["script", "style"].into_iter().find(|tag| begins_tag(rest, tag)) {
            let close = format!("</{tag}");
            rest.find(&close).map_or(rest.len(), |end| end + close.len())
        } else if rest.starts_with('{') {
            balanced(rest)
        } else if rest.starts_with('<') && rest[1..].starts_with(|c: char| c.is_alphabetic() || c == '/') {
            let length = tag(rest);
            for text in read_attributes(&rest[..length]) {
                tell(line, text);
            }
            length
        } else {
            let first = rest.chars().next().map_or(0, char::len_utf8);
            let end = rest[first..].find(['<', '{']).map_or(rest.len(), |end| end + first);
            let text = &rest[..end];
            tell(line + leading_lines(text), text);
            end
        };
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    found
}

fn leading_lines(text: &str) -> usize {
    text[..text.len() - text.trim_start().len()].matches('\n').count()
}

fn begins_tag(rest: &str, name: &str) -> bool {
    rest.strip_prefix('<').and_then(|r| r.strip_prefix(name)).is_some_and(|r| r.starts_with([' ', '>', '\n']))
}

/// Length of `{…}` with nested braces and strings.
fn balanced(text: &str) -> usize {
    let (mut depth, mut quote, mut escaped) = (0, None, false);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Length of `<…>`; a `>` within quotes or braces does not end it.
fn tag(text: &str) -> usize {
    let mut at = 1;
    while at < text.len() {
        let rest = &text[at..];
        at += match rest.chars().next() {
            Some('>') => return at + 1,
            Some('{') => balanced(rest),
            Some(quote @ ('"' | '\'')) => rest[1..].find(quote).map_or(rest.len(), |end| end + 2),
            Some(c) => c.len_utf8(),
            None => 1,
        };
    }
    text.len()
}

/// Values of the attributes that people read, where they are plain text.
fn read_attributes(tag: &str) -> Vec<&str> {
    READ_ALOUD
        .iter()
        .filter_map(|name| {
            let start = tag.find(&format!(" {name}=\"")).or_else(|| tag.find(&format!("\n{name}=\"")))?
                + name.len()
                + 3;
            let value = &tag[start..];
            Some(&value[..value.find('"')?])
        })
        .filter(|value| !value.contains('{'))
        .collect()
}

/// Words of two letters or more, without HTML entities.
fn words(text: &str) -> usize {
    text.split_whitespace()
        .filter(|word| !(word.starts_with('&') && word.ends_with(';')))
        .filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() >= 2)
        .count()
}

#[cfg(test)]
mod tests {
    use super::super::rust::product_code;
    use super::*;

    #[test]
    fn a_sentence_in_rust_is_told_with_its_line() {
        let code = product_code("fn f() {\n    say(\"Jira did not accept the token.\");\n}");
        assert_eq!(
            in_rust("a.rs", &code),
            ["a.rs:2: \"Jira did not accept the token.\" belongs into en.ftl"]
        );
    }

    #[test]
    fn logs_proofs_and_plain_strings_are_not_sentences() {
        let source = r#"
            #[command(about = "Signs in at Jira.")]
            fn f() {
                tracing::info!(id, "Signed in at Jira.");
                x.expect("The list is never empty.");
                y("account"); z("SELECT a FROM b"); w("Ends with a colon: ");
            }
            #[cfg(test)] mod tests { const A: &str = "In a test."; }
        "#;
        assert_eq!(in_rust("a.rs", &product_code(source)), Vec::<String>::new());
    }

    #[test]
    fn words_in_svelte_are_told_and_code_is_not() {
        let source = "<script>\nconst a = 'Not this one here';\n</script>\n<h1>{t('title')}</h1>\n<p>\n  Two words</p>\n\
            {#if a > b}<Icon title=\"Copy the code\" onclick={() => x('a b')} />{/if}\n<b>Twinline</b> &middot; <i>·</i> {n}\n\
            <!-- a comment of words -->\n<style>p { color: red; }</style>";
        assert_eq!(
            in_svelte("A.svelte", source),
            [
                "A.svelte:6: \"Two words\" belongs into en.ftl",
                "A.svelte:7: \"Copy the code\" belongs into en.ftl"
            ]
        );
    }
}
