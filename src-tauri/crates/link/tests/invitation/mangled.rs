//! What mail programs, chats and people do to a code without breaking it: it comes back whole.

use std::collections::BTreeSet;

use crate::{code, mail, reads};

fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for byte in text.bytes() {
        let piece = match byte {
            b'\n' => "\r\n".to_owned(),
            b'=' | 128.. => format!("={byte:02X}"),
            _ => char::from(byte).to_string(),
        };
        if column + piece.len() > 75 && byte != b'\n' {
            out.push_str("=\r\n");
            column = 0;
        }
        column = if byte == b'\n' { 0 } else { column + piece.len() };
        out.push_str(&piece);
    }
    out
}

#[test]
fn f103_mail_programs_do_not_harm_a_code() {
    let code = code();
    let mail = mail(&code);
    let every = |n: usize, by: &str| {
        code.chars()
            .enumerate()
            .map(|(i, c)| if i % n == n - 1 { format!("{c}{by}") } else { c.into() })
            .collect::<String>()
    };
    let wide = |c: char| match c {
        '!'..='~' => char::from_u32(c as u32 - 0x21 + 0xff01).unwrap(),
        ' ' => '\u{3000}',
        other => other,
    };
    let cases: Vec<(&str, String)> = vec![
        ("as it is", code.clone()),
        ("without blanks", code.replace(' ', "")),
        ("wrapped at blanks", code.replace("  ", " ").replacen(' ', "\n", 20)),
        ("wrapped anywhere", every(17, "\n")),
        ("each group on its line", code.replace(' ', "\n")),
        ("wrapped with CRLF", every(40, "\r\n")),
        ("upper case", code.to_uppercase()),
        ("first letter upper case", code.replacen('t', "T", 1)),
        (
            "mixed case by a phone",
            code.chars()
                .enumerate()
                .map(|(i, c)| if i % 7 == 0 { c.to_ascii_uppercase() } else { c })
                .collect(),
        ),
        ("quoted", format!("> {}", every(30, "\n> "))),
        ("quoted twice", format!(">> {}", every(30, "\r\n>> "))),
        ("quoted with bars", format!("| {}", every(30, "\n| "))),
        ("no-break spaces", code.replace(' ', "\u{a0}")),
        ("narrow no-break spaces", code.replace(' ', "\u{202f}")),
        ("tabs", code.replace(' ', "\t\t")),
        ("zero-width spaces", every(1, "\u{200b}")),
        ("soft hyphens and joiners", every(3, "\u{ad}\u{2060}\u{feff}")),
        ("direction marks", format!("\u{202a}{}\u{202c}", every(9, "\u{200e}"))),
        ("smart quotes", format!("\u{201c}{code}\u{201d}")),
        ("German quotes", format!("\u{201e}{code}\u{201c}")),
        ("dashes for blanks", code.replace(' ', " \u{2014} ")),
        ("bold", format!("**{code}**")),
        ("bold start", code.replace("twl1", "*twl1*")),
        ("underlined and monospaced", format!("__`{code}`__")),
        ("code block", format!("```\n{code}\n```")),
        ("full-width letters", code.chars().map(wide).collect()),
        ("quoted-printable", quoted_printable(&code)),
        ("quoted-printable, coded blanks", code.replace(' ', "=20").replacen("=20", "=20=\r\n", 7)),
        ("quoted-printable, coded no-break spaces", code.replace(' ', "=C2=A0")),
        ("HTML entities", code.replace(' ', "&nbsp;")),
        ("HTML tags", format!("<p>{}</p>", code.replace(' ', "<br>"))),
        ("quoted HTML", mail.replace('\n', "\n&gt; ")),
        ("a whole mail", mail.clone()),
        ("a whole mail, quoted-printable", quoted_printable(&mail)),
        (
            "a whole mail, forwarded",
            format!("From: x@acme.example\nhttps://acme.example\n\n> {}", mail.replace('\n', "\n> ")),
        ),
        ("a whole mail, upper case", mail.to_uppercase()),
        ("a mail as one line", mail.replace('\n', " ")),
        ("a mail without blanks", mail.replace([' ', '\n'], "")),
        ("pasted twice", format!("{code}{code}")),
        ("pasted twice, apart", format!("{code}\n\n{code}")),
        ("a whole mail twice", format!("{mail}{mail}")),
        ("first broken, then whole", format!("{}\n{code}", &code[..100])),
        ("with a byte order mark", format!("\u{feff}{code}\0")),
        ("as UTF-16 that was read as bytes", every(1, "\0")),
        ("no-break spaces that were read as Latin-1", code.replace(' ', "\u{c2}\u{a0}")),
        ("soft hyphens that were read as Latin-1", every(11, "\u{c2}\u{ad}")),
        ("format=flowed", every(30, " \n")),
        ("format=flowed, quoted", format!("> {}", every(30, " \r\n> "))),
        ("quoted-printable, broken within a quotation", format!("> {}", every(30, "=\r\n> "))),
        ("coded for a URL", code.replace(' ', "%20")),
        ("coded for a form", code.replace(' ', "+")),
        ("as JSON", format!("{{\"text\":\"Hello!\\n{}\\r\\n\"}}", every(20, "\\n"))),
        ("as JSON, no-break spaces", code.replace(' ', "\\u00a0")),
        ("numbered entities", code.replace(' ', "&#160;")),
        ("hexadecimal entities", every(4, "&#x200b;")),
        ("a mark for a break within a word", every(3, "<wbr>")),
        (
            "each group in a style of its own",
            code.split(' ').map(|g| format!("<span style=\"color:#1d4ed8\">{g}</span> ")).collect(),
        ),
        ("a table in HTML", format!("<table><tr><td>{}</td></tr></table>", code.replace(' ', "</td><td>"))),
        ("a table in Markdown", format!("| {} |", code.replace(' ', " | "))),
        ("cells of a spreadsheet", format!("\"{}\"", code.replace(' ', "\"\t\""))),
        ("comma-separated", code.replace(' ', "\",\"")),
        ("bullets", code.replace(' ', "\n\u{2022} ")),
        ("hyphenated at the ends of lines", every(38, "-\n")),
        ("Markdown's escapes", code.replace(' ', "\\ ")),
        ("struck through and underlined", format!("~~__{code}__~~")),
        ("in brackets", format!("[{code}](about)")),
        ("as a link with angle brackets", format!("<<{code}>>")),
        ("a full stop behind it", format!("{code}.")),
        ("form feeds and vertical tabs", code.replace(' ', "\u{c}\u{b}")),
        ("line and paragraph separators", code.replace(' ', "\u{2028}\u{2029}")),
        ("figure and ideographic spaces", code.replace(' ', "\u{2007}\u{3000}\u{feff}")),
        ("written from right to left around it", format!("\u{202b}\u{2067}{code}\u{2069}\u{202c}")),
        ("variation selectors", every(5, "\u{fe0f}")),
        ("underlined by combining characters", every(1, "\u{332}")),
        ("a banner before it", format!("CAUTION: this e-mail comes from outside.\n\n{mail}")),
        (
            "a signature behind it",
            format!("{mail}\n-- \nAna Ruiz | ACME Inc. | https://acme.example | +1 555 0100"),
        ),
        (
            "an answer above it",
            format!(
                "Is this it?\n\nOn Thu, 26 Nov 2026 at 10:00, Ana wrote:\n> {}",
                mail.replace('\n', "\n> ")
            ),
        ),
        ("answered three times", mail.lines().map(|line| format!(">>> {line}\n")).collect()),
        ("first of two invitations, the second one cut", format!("{mail}\n{}", &code[..120])),
        ("the word in a sentence before it", format!("The code begins with twl1, here it is: {code}")),
        ("dictated, each character apart", code.chars().flat_map(|c| [c, ' ']).collect()),
    ];
    let names: BTreeSet<&str> = cases.iter().map(|(name, _)| *name).collect();
    let texts: BTreeSet<&String> = cases.iter().map(|(_, text)| text).collect();
    assert_eq!((names.len(), texts.len()), (cases.len(), cases.len()), "two of them are the same");
    assert!(cases.len() >= 80, "{}", cases.len());
    for (what, text) in &cases {
        reads(what, text);
    }
}
