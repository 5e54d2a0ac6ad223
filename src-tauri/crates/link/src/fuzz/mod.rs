//! Foreign bytes for every decoder: random ones, and valid ones that were altered. No input makes one panic, and what it
//! takes keeps what is promised of it.
//!
//! Each test is one decoder. An input is a function of (decoder, seed, number) and of nothing else: where one fails, its
//! number and its bytes are told, and `FUZZ_FROM=number FUZZ_INPUTS=1` tries it alone. `FUZZ_INPUTS` says how many
//! (100,000), `FUZZ_SEED` which others.

mod bodies;
mod codes;
mod others;

use std::time::Instant;

/// Chance that can be repeated: xorshift64*.
pub(crate) struct Chance(u64);

impl Chance {
    fn of(name: &str, seed: u64, number: u64) -> Self {
        let parts = [name.as_bytes(), &seed.to_be_bytes(), &number.to_be_bytes()];
        // FNV-1a, then one step that spreads neighbours.
        let hash = parts.into_iter().flatten().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut chance = Self(hash | 1);
        chance.next();
        chance
    }
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    /// Below `end`, which is at least 1.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() >> 16) as usize % end
    }
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            bytes.extend_from_slice(&self.next().to_be_bytes());
        }
        bytes.truncate(length);
        bytes
    }
}

/// Beginnings of CBOR items, and numbers at which lengths turn over.
const TELLING: &[&[u8]] = &[
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\x9f",
    b"\xbf",
    b"\xf6",
    b"\xf4",
    b"\xa0",
    b"\x60",
    b"\x40",
    b"\xc1",
    b"\xfb",
    b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",
    b"\xbb\x80\x00\x00\x00\x00\x00\x00\x00",
    b"\x7a\xff\xff\xff\xff",
    b"\x9a\x00\x09\x27\xc0",
    b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\xff\xff\xff\xff",
    b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x00\x00\x00\x00\x01\x00\x00\x00",
    b"\x81\x81\x81\x81\x81\x81\x81\x81",
];

/// Random bytes, or a valid input after one to six changes.
pub(crate) fn altered(chance: &mut Chance, valid: &[Vec<u8>]) -> Vec<u8> {
    if chance.one_in(8) {
        let length = chance.below(600);
        return chance.bytes(length);
    }
    let mut bytes = chance.pick(valid).clone();
    // Half of them are changed once: what is changed often is soon refused for something simple.
    let changes = if chance.one_in(2) { 1 } else { 2 + chance.below(5) };
    for _ in 0..changes {
        alter(chance, &mut bytes, valid);
    }
    bytes
}

fn alter(chance: &mut Chance, bytes: &mut Vec<u8>, valid: &[Vec<u8>]) {
    let at = chance.below(bytes.len() + 1);
    let end = at + chance.below(bytes.len() - at + 1).min(chance.below(40));
    match chance.below(10) {
        0 | 1 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
        2 if at < bytes.len() => bytes[at] = chance.next() as u8,
        3 => drop(bytes.splice(at..end, chance.pick(TELLING).iter().copied())),
        4 => drop(bytes.splice(at..at, chance.pick(TELLING).iter().copied())),
        5 => bytes.truncate(at),
        6 => drop(bytes.drain(at..end)),
        7 => {
            // Once in a while until it hurts.
            let piece = bytes[at..end].to_vec();
            let times = if chance.one_in(400) { 65_536 / piece.len().max(1) } else { 1 + chance.below(4) };
            drop(bytes.splice(at..at, piece.repeat(times)));
        }
        8 => {
            let other = chance.pick(valid);
            let from = chance.below(other.len() + 1);
            let to = from + chance.below(other.len() - from + 1);
            drop(bytes.splice(at..end, other[from..to].iter().copied()));
        }
        _ => {
            let length = chance.below(12);
            let more = chance.bytes(length);
            drop(bytes.splice(at..at, more));
        }
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    let text = std::env::var(name);
    text.map_or(otherwise, |text| text.replace('_', "").parse().expect("a number"))
}

/// How many inputs each decoder gets.
pub(crate) fn inputs() -> u64 {
    number("FUZZ_INPUTS", 100_000)
}

/// Tells which input it was, if the decoder panics at it.
struct Trying<'a> {
    name: &'a str,
    number: u64,
    bytes: &'a [u8],
}

impl Drop for Trying<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("fuzz {}: input {} is {}", self.name, self.number, hex::encode(self.bytes));
        }
    }
}

/// Gives a decoder its inputs. `decode` judges what came of one, and says whether it was taken.
///
/// At least one of the inputs has to be taken and one refused: a decoder that says the same to everything is not tried.
pub(crate) fn fuzz(name: &str, valid: &[Vec<u8>], decode: impl FnMut(&[u8]) -> bool) {
    run(name, valid, altered, decode);
}

/// The same with inputs of one's own making.
pub(crate) fn run(
    name: &str,
    valid: &[Vec<u8>],
    make: impl Fn(&mut Chance, &[Vec<u8>]) -> Vec<u8>,
    decode: impl FnMut(&[u8]) -> bool,
) {
    run_some(name, inputs(), valid, make, decode);
}

/// The same with so many.
pub(crate) fn run_some(
    name: &str,
    inputs: u64,
    valid: &[Vec<u8>],
    make: impl Fn(&mut Chance, &[Vec<u8>]) -> Vec<u8>,
    mut decode: impl FnMut(&[u8]) -> bool,
) {
    let (seed, from) = (number("FUZZ_SEED", 1), number("FUZZ_FROM", 0));
    for bytes in valid {
        let _trying = Trying { name, number: u64::MAX, bytes };
        assert!(decode(bytes), "a valid input is refused");
    }
    let (begin, mut taken, mut longest) = (Instant::now(), 0u64, 0);
    for number in from..from + inputs {
        let bytes = make(&mut Chance::of(name, seed, number), valid);
        longest = longest.max(bytes.len());
        let _trying = Trying { name, number, bytes: &bytes };
        taken += u64::from(decode(&bytes));
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!("fuzz {name}: {inputs} inputs in {seconds:.1} s, {taken} taken, the longest {longest} bytes");
    assert!(
        inputs < 1_000 || (taken > 0) != valid.is_empty() && taken < inputs,
        "{name}: {taken} of {inputs} taken"
    );
}

#[test]
fn inputs_can_be_repeated_and_differ() {
    let valid = [(0..50).collect(), vec![4; 100]];
    let make = |number| altered(&mut Chance::of("x", 1, number), &valid);
    assert!((0..1_000).all(|number| make(number) == make(number)));
    let different: std::collections::BTreeSet<Vec<u8>> = (0..1_000).map(make).collect();
    assert!(different.len() > 900, "{}", different.len());
}

#[test]
#[should_panic = "at 7"]
fn a_decoder_that_panics_is_found() {
    fuzz("panics", &[vec![1, 2, 3]], |bytes| {
        assert!(bytes.first() != Some(&7), "at 7");
        bytes == [1, 2, 3]
    });
}
