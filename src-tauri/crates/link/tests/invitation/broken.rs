//! What breaks a code is told as what it is, and nothing that is broken is ever taken.

use twinline_link::invitation::{Invitation, InvitationError};

use crate::{code, error, invitation, mail};

#[test]
fn f103_every_truncation_says_how_much_is_missing() {
    let code = code();
    let whole = code.replace(' ', "").len();
    for cut in 0..code.len() {
        let there = code[..cut].replace(' ', "").len();
        let want = if there < "twl1".len() + 2 {
            InvitationError::Absent
        } else if there == whole {
            continue;
        } else {
            InvitationError::Incomplete { missing: whole - there }
        };
        assert_eq!(error(&code[..cut]), Some(want), "cut at {cut}");
        // The mail's last sentence is not taken for the missing part.
        let mail = mail(&code[..cut]);
        if matches!(want, InvitationError::Incomplete { .. }) {
            assert_eq!(error(&mail), Some(want), "cut at {cut}, in a mail");
        }
    }
    assert_eq!(
        error(&format!("{} {}", &code[..60], &code[66..])),
        Some(InvitationError::Incomplete { missing: 5 })
    );
}

#[test]
fn f103_every_mistyped_character_is_a_typo() {
    const TYPED: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l1bio";
    let code = code();
    let mut seed = 0x2545_f491_4f6c_dd1du64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    let mut tried = 0;
    let check = |at: usize, typed: u8| {
        let mut bad = code.clone().into_bytes();
        if bad[at] == b' ' || bad[at] == typed {
            return 0;
        }
        bad[at] = typed;
        let bad = String::from_utf8(bad).unwrap();
        assert_eq!(
            error(&bad),
            Some(InvitationError::Typo),
            "{} for {} at {at}",
            char::from(typed),
            &code[at..=at]
        );
        assert_eq!(error(&mail(&bad)), Some(InvitationError::Typo), "in a mail: {bad}");
        1
    };
    for at in 0..code.len() {
        tried += check(at, TYPED[at % TYPED.len()]) + check(at, b'i') + check(at, b'1');
    }
    while tried < 2_000 {
        tried += check(random(code.len()), TYPED[random(TYPED.len())]);
    }
}

#[test]
fn f103_two_characters_that_changed_places_are_a_typo() {
    let code = code();
    for at in 5..code.len() - 1 {
        let mut bad: Vec<char> = code.chars().collect();
        bad.swap(at, at + 1);
        let bad: String = bad.into_iter().collect();
        if bad.replace(' ', "") != code.replace(' ', "") {
            assert_eq!(error(&bad), Some(InvitationError::Typo), "at {at}");
        }
    }
}

/// A thousand slips of each kind, all over the code: told as a typing error, or as what is missing, and never taken.
#[test]
fn f103_a_thousand_random_slips_are_told_and_none_is_taken() {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let good: Vec<char> = code().chars().filter(|c| *c != ' ').collect();
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    let whole = good.len();
    // Behind the head, which alone can say how long the code is.
    let from = "twl1".len() + 3;
    let told = |bad: &[char]| {
        let text: String = bad.chunks(5).flat_map(|group| group.iter().copied().chain([' '])).collect();
        assert_eq!(error(&mail(&text)), error(&text), "in a mail, and alone: {text}");
        error(&text)
    };
    for _ in 0..1_000 {
        let at = from + random(whole - from - 1);
        let letter = char::from(LETTERS[random(LETTERS.len())]);

        let mut several = good.clone();
        for _ in 0..2 + random(4) {
            several[from + random(whole - from)] = char::from(LETTERS[random(LETTERS.len())]);
        }
        if several != good {
            assert_eq!(told(&several), Some(InvitationError::Typo), "several");
        }

        let mut more = good.clone();
        more.insert(at, letter);
        // Where the same character stands, nothing but the end says that one is too many; the code itself is whole.
        if more[..whole] != good {
            assert_eq!(told(&more), Some(InvitationError::Typo), "{letter} more at {at}");
        }

        let mut fewer = good.clone();
        fewer.remove(at);
        assert_eq!(told(&fewer), Some(InvitationError::Incomplete { missing: 1 }), "one less at {at}");

        let mut swapped = good.clone();
        swapped.swap(at, at + 1);
        if swapped != good {
            assert_eq!(told(&swapped), Some(InvitationError::Typo), "swapped at {at}");
        }

        // The head is so short that a slip may make another length of it: told in one way or the other.
        let mut head = good.clone();
        head[random(from)] = letter;
        if head != good {
            let told = Invitation::read(&head.iter().collect::<String>());
            assert!(
                told.is_err_and(|error| !matches!(error, InvitationError::TooNew)),
                "{letter} in the head"
            );
        }
    }
    assert!(
        Invitation::read(&good.iter().collect::<String>()).is_ok_and(|read| read.id() == invitation().id())
    );
}
