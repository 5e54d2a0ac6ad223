//! CBOR in and out, with the guards that must stand before any decoder runs.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why bytes from the partner are refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WireError {
    /// No CBOR, or not of the form that was expected.
    #[error("malformed")]
    Malformed,
    /// More than is taken; says of what.
    #[error("too large: {0}")]
    TooLarge(&'static str),
    /// Nested deeper than any document of ours.
    #[error("nested too deep")]
    TooDeep,
    /// Well formed, but a value that cannot be; says which.
    #[error("invalid: {0}")]
    Invalid(&'static str),
    /// A message that must be understood and is not: the partner uses a newer version.
    #[error("unknown message of kind {0}")]
    UnknownCritical(String),
}

/// CBOR levels that are taken. A document level costs three (a list) to six (a table), so that 64 lists in each
/// other fit; whatever is deeper is refused before a recursive decoder sees it.
pub(crate) const MAX_NESTING: usize = 208;

/// CBOR items that one body may hold: a few bytes on the wire may cost a hundred in memory.
pub(crate) const MAX_ITEMS: usize = 600_000;

pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    encode_into(Vec::new(), value)
}

/// As [`encode`], behind what stands in `bytes`: who knows about how much will come makes room once.
pub(crate) fn encode_into<T: Serialize>(mut bytes: Vec<u8>, value: &T) -> Vec<u8> {
    // Writing to a Vec does not fail, and our types serialise without conditions.
    ciborium::into_writer(value, &mut bytes).expect("our own types serialise into memory");
    bytes
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    check_shape(bytes)?;
    ciborium::de::from_reader_with_recursion_limit(bytes, MAX_NESTING + 48).map_err(|_| WireError::Malformed)
}

/// Walks over the items without recursion: exactly one item, bounded in depth and number, no length beyond the end.
fn check_shape(bytes: &[u8]) -> Result<(), WireError> {
    // What each open container still expects; `None` = until the break code.
    let mut open: Vec<Option<u64>> = vec![Some(1)];
    let mut rest = bytes;
    let mut items = 0usize;
    loop {
        while open.last() == Some(&Some(0)) {
            open.pop();
        }
        let Some(expects) = open.last_mut() else {
            return if rest.is_empty() { Ok(()) } else { Err(WireError::Malformed) };
        };
        let (&first, after) = rest.split_first().ok_or(WireError::Malformed)?;
        rest = after;
        if first == 0xff {
            if expects.is_some() {
                return Err(WireError::Malformed);
            }
            open.pop();
            continue;
        }
        if let Some(expects) = expects {
            *expects -= 1;
        }
        items += 1;
        if items > MAX_ITEMS {
            return Err(WireError::TooLarge("items"));
        }
        let argument = match first & 0x1f {
            small @ 0..=23 => Some(u64::from(small)),
            size @ 24..=27 => {
                let (head, after) = rest.split_at_checked(1 << (size - 24)).ok_or(WireError::Malformed)?;
                rest = after;
                Some(head.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
            }
            31 => None,
            _ => return Err(WireError::Malformed),
        };
        match (first >> 5, argument) {
            (0 | 1 | 7, Some(_)) => {}
            (2 | 3, Some(length)) => {
                let length = usize::try_from(length).map_err(|_| WireError::Malformed)?;
                rest = rest.split_at_checked(length).ok_or(WireError::Malformed)?.1;
            }
            (2..=5, None) => open.push(None),
            (4, Some(length)) => open.push(Some(length)),
            (5, Some(length)) => open.push(Some(length.checked_mul(2).ok_or(WireError::Malformed)?)),
            (6, Some(_)) => open.push(Some(1)),
            _ => return Err(WireError::Malformed),
        }
        if open.len() > MAX_NESTING {
            return Err(WireError::TooDeep);
        }
    }
}

/// 32 lower-case hexadecimal digits, as of a node or a connection.
pub(crate) fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ciborium_writes_passes() {
        let value = (1u64 << 40, -5i8, "text", vec![Some(1.5f64), None], [("k", true)]);
        check_shape(&encode(&value)).unwrap();
        check_shape(&[0x9f, 0x01, 0xff]).unwrap();
    }

    #[test]
    fn f89_shapes_that_would_hurt_are_refused() {
        assert_eq!(check_shape(&[]), Err(WireError::Malformed));
        assert_eq!(check_shape(&[0xff]), Err(WireError::Malformed));
        assert_eq!(check_shape(&[0x01, 0x01]), Err(WireError::Malformed));
        assert_eq!(
            check_shape(&[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            Err(WireError::Malformed)
        );
        assert_eq!(
            check_shape(&[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            Err(WireError::Malformed)
        );
        assert_eq!(check_shape(&[0x81; 100_000]), Err(WireError::TooDeep));
        assert_eq!(check_shape(&[0x9f; 100_000]), Err(WireError::TooDeep));
        assert_eq!(check_shape(&[0xc1; 100_000]), Err(WireError::TooDeep));
        let mut many = vec![0x9a, 0x00, 0xff, 0xff, 0xff];
        many.resize(MAX_ITEMS + 100, 0x01);
        assert_eq!(check_shape(&many), Err(WireError::TooLarge("items")));
    }
}
