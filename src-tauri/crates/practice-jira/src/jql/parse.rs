//! From text to a tree.

use crate::error::{ApiError, ApiResult};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Clause { field: String, op: Op, values: Vec<Operand> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Equal,
    NotEqual,
    Contains,
    NotContains,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    In,
    NotIn,
    Is,
    IsNot,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Text(String),
    Empty,
    Function(String),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    pub condition: Option<Expr>,
    /// Field and whether it descends.
    pub order: Vec<(String, bool)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Word(String),
    Quoted(String),
    Sign(&'static str),
}

#[derive(Debug, Clone)]
struct Token {
    kind: Kind,
    at: usize,
}

fn wrong(message: String) -> ApiError {
    ApiError::bad(format!("Error in the JQL Query: {message}"))
}

fn tokens(text: &str) -> ApiResult<Vec<Token>> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        let at = i + 1;
        if c.is_whitespace() {
            i += 1;
            continue;
        }
        if c == '"' || c == '\'' {
            let mut value = String::new();
            i += 1;
            loop {
                match chars.get(i) {
                    None => {
                        return Err(wrong(format!(
                            "The quoted string has not been completed. (line 1, character {at})"
                        )));
                    }
                    Some('\\') => {
                        match chars.get(i + 1) {
                            Some('n') => value.push('\n'),
                            Some('t') => value.push('\t'),
                            Some(&other) => value.push(other),
                            None => {}
                        }
                        i += 2;
                    }
                    Some(&q) if q == c => {
                        i += 1;
                        break;
                    }
                    Some(&other) => {
                        value.push(other);
                        i += 1;
                    }
                }
            }
            found.push(Token { kind: Kind::Quoted(value), at });
            continue;
        }
        let next = chars.get(i + 1).copied();
        let sign = match (c, next) {
            ('!', Some('=')) => Some("!="),
            ('!', Some('~')) => Some("!~"),
            ('>', Some('=')) => Some(">="),
            ('<', Some('=')) => Some("<="),
            ('&', Some('&')) => Some("&&"),
            ('|', Some('|')) => Some("||"),
            ('=', _) => Some("="),
            ('~', _) => Some("~"),
            ('>', _) => Some(">"),
            ('<', _) => Some("<"),
            ('!', _) => Some("!"),
            ('(', _) => Some("("),
            (')', _) => Some(")"),
            (',', _) => Some(","),
            _ => None,
        };
        if let Some(sign) = sign {
            i += sign.len();
            found.push(Token { kind: Kind::Sign(sign), at });
            continue;
        }
        let mut word = String::new();
        while let Some(&c) = chars.get(i).filter(|c| !c.is_whitespace() && !"=!<>~(),\"'&|".contains(**c)) {
            word.push(c);
            i += 1;
        }
        if word.is_empty() {
            return Err(wrong(format!(
                "The character '{c}' is a reserved JQL character. (line 1, character {at})"
            )));
        }
        found.push(Token { kind: Kind::Word(word), at });
    }
    Ok(found)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

/// Reads a query, or says what is wrong with it as Jira does.
pub(crate) fn parse(text: &str) -> ApiResult<Query> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let condition = match parser.tokens.is_empty() || parser.word_is(0, "order") {
        true => None,
        false => Some(parser.any(0)?),
    };
    let mut order = Vec::new();
    if parser.take_word("order") {
        if !parser.take_word("by") {
            return Err(parser.expected("'by'"));
        }
        loop {
            let field = parser.value("a field name")?;
            let descends = parser.take_word("desc");
            if !descends {
                parser.take_word("asc");
            }
            order.push((field.to_lowercase(), descends));
            if !parser.take_sign(",") {
                break;
            }
        }
    }
    if parser.at < parser.tokens.len() {
        return Err(parser.expected("either 'OR' or 'AND'"));
    }
    Ok(Query { condition, order })
}

impl Parser {
    fn word_is(&self, ahead: usize, word: &str) -> bool {
        matches!(self.tokens.get(self.at + ahead), Some(Token { kind: Kind::Word(w), .. }) if w.eq_ignore_ascii_case(word))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let yes = self.word_is(0, word);
        self.at += usize::from(yes);
        yes
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let yes = matches!(self.tokens.get(self.at), Some(Token { kind: Kind::Sign(s), .. }) if *s == sign);
        self.at += usize::from(yes);
        yes
    }

    fn expected(&self, what: &str) -> ApiError {
        match self.tokens.get(self.at) {
            None => wrong(format!("Expecting {what} before the end of the query.")),
            Some(token) => {
                let got = match &token.kind {
                    Kind::Word(w) | Kind::Quoted(w) => w.as_str(),
                    Kind::Sign(s) => s,
                };
                wrong(format!("Expecting {what} but got '{got}'. (line 1, character {})", token.at))
            }
        }
    }

    fn any(&mut self, depth: usize) -> ApiResult<Expr> {
        let mut parts = vec![self.all(depth)?];
        while self.take_word("or") || self.take_sign("||") {
            parts.push(self.all(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Or(parts) })
    }

    fn all(&mut self, depth: usize) -> ApiResult<Expr> {
        let mut parts = vec![self.one(depth)?];
        while self.take_word("and") || self.take_sign("&&") {
            parts.push(self.one(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::And(parts) })
    }

    fn one(&mut self, depth: usize) -> ApiResult<Expr> {
        if depth > 60 {
            return Err(wrong("The query is nested too deeply.".to_owned()));
        }
        if self.take_word("not") || self.take_sign("!") {
            return Ok(Expr::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.take_sign("(") {
            let inner = self.any(depth + 1)?;
            return if self.take_sign(")") { Ok(inner) } else { Err(self.expected("')'")) };
        }
        let field = self.value("a field name")?.to_lowercase();
        let op = self.op()?;
        let values = if matches!(op, Op::In | Op::NotIn) {
            if !self.take_sign("(") {
                return Err(self.expected("'('"));
            }
            let mut values = vec![self.operand()?];
            while self.take_sign(",") {
                values.push(self.operand()?);
            }
            if !self.take_sign(")") {
                return Err(self.expected("')' or ','"));
            }
            values
        } else {
            vec![self.operand()?]
        };
        Ok(Expr::Clause { field, op, values })
    }

    fn op(&mut self) -> ApiResult<Op> {
        for (sign, op) in [
            ("=", Op::Equal),
            ("!=", Op::NotEqual),
            ("~", Op::Contains),
            ("!~", Op::NotContains),
            (">", Op::Greater),
            (">=", Op::GreaterEqual),
            ("<", Op::Less),
            ("<=", Op::LessEqual),
        ] {
            if self.take_sign(sign) {
                return Ok(op);
            }
        }
        if self.take_word("in") {
            return Ok(Op::In);
        }
        if self.word_is(0, "not") && self.word_is(1, "in") {
            self.at += 2;
            return Ok(Op::NotIn);
        }
        if self.take_word("is") {
            return Ok(if self.take_word("not") { Op::IsNot } else { Op::Is });
        }
        Err(self.expected("operator: one of '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'IS'"))
    }

    fn value(&mut self, what: &str) -> ApiResult<String> {
        match self.tokens.get(self.at).map(|t| t.kind.clone()) {
            Some(Kind::Word(w) | Kind::Quoted(w)) => {
                self.at += 1;
                Ok(w)
            }
            _ => Err(self.expected(what)),
        }
    }

    fn operand(&mut self) -> ApiResult<Operand> {
        let quoted = matches!(self.tokens.get(self.at), Some(Token { kind: Kind::Quoted(_), .. }));
        let value = self.value("a value, list or function")?;
        if quoted {
            return Ok(Operand::Text(value));
        }
        if self.take_sign("(") {
            return if self.take_sign(")") {
                Ok(Operand::Function(value.to_lowercase()))
            } else {
                Err(self.expected("')'"))
            };
        }
        Ok(match value.to_lowercase().as_str() {
            "empty" | "null" => Operand::Empty,
            _ => Operand::Text(value),
        })
    }
}
