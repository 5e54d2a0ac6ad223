//! What a line of the log says is ours: its message is a literal without gaps. What others wrote is a field, and the diagnostics
//! bundle leaves it out by that.

use super::rust::{Kind, Token, closing};

const LEVELS: [&str; 5] = ["trace", "debug", "info", "warn", "error"];

/// Messages with something filled in.
pub fn filled_in(path: &str, code: &[Token]) -> Vec<String> {
    let mut found = Vec::new();
    for at in 0..code.len() {
        let is = |next: usize, marks: &[char]| code.get(next).is_some_and(|t| marks.iter().any(|&m| t.is(m)));
        let of_tracing = code[at].kind == Kind::Word && LEVELS.contains(&code[at].text.as_str());
        if !of_tracing || !is(at + 1, &['!']) || !is(at + 2, &['(', '[', '{']) {
            continue;
        }
        let mut next = at + 3;
        let end = closing(code, at + 2);
        while next < end {
            if is(next, &['(', '[', '{']) {
                next = closing(code, next);
            } else if code[next].kind == Kind::Text && code[next].text.contains('{') {
                let (line, text) = (code[next].line, &code[next].text);
                found.push(format!(
                    "{path}:{line}: \"{text}\": what is filled into a message of the log belongs into a field"
                ));
            }
            next += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::rust::product_code;
    use super::*;

    #[test]
    fn a_message_with_a_gap_is_told_and_fields_are_not() {
        let source = r#"fn f() {
            tracing::info!(site, why = %format!("{x}"), "polled");
            tracing::warn!(site, "poll of {site}");
            info!("{}", x);
            say("a {gap}");
        }"#;
        let told = filled_in("a.rs", &product_code(source));
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told[0].starts_with("a.rs:3: \"poll of {site}\"") && told[1].starts_with("a.rs:4:"),
            "{told:?}"
        );
    }
}
