//! Which requests the partner says now, and which come again: the public side's nonces.
//!
//! Each answer tells the nonce that stands, and the partner's next request echoes it. It stands until a request that echoes it was
//! answered; then another is drawn. Nothing else draws one.
//!
//! # What a stranger can do who kept requests and sends them again
//! Nothing that counts: a request echoes one nonce for ever (the seal holds it), and one that was replaced never stands again. The answer
//! tells them nothing either: it opens only for whoever began that handshake, and they threw it away.
//!
//! # Why the partner is always heard
//! Only the partner can echo the nonce that stands, for only they read answers. So it stands until they do, however often somebody
//! repeats what they said before. They know it, or, if the answer that told it was lost, the one before ([`Said::Again`]); then the next
//! answer tells it.

/// When a request was said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Said {
    /// After our last answer was heard: it is acted on.
    Now,
    /// Before our last answer was heard: that one was lost, or this comes again. What they ask for is given again, no more.
    Again,
    /// Some time ago, or in a run that has heard no answer yet: messages and acks alone count.
    Earlier,
}

/// The nonces of one connection; gone with the run, so that words to an earlier run are old ones.
#[derive(Default, Debug)]
pub(crate) struct Nonces {
    /// 0: none was drawn yet.
    stands: u64,
    /// The one that stood before; 0: none.
    before: u64,
}

impl Nonces {
    /// When a request was said that echoes this one.
    pub(crate) fn said(&self, echo: u64) -> Said {
        match echo {
            0 => Said::Earlier,
            _ if echo == self.stands => Said::Now,
            _ if echo == self.before => Said::Again,
            _ => Said::Earlier,
        }
    }

    /// Whether the answer to a request that echoed this one tells a new nonce: whoever echoes that has heard this answer.
    pub(crate) fn draws(&self, echo: u64) -> bool {
        echo == self.stands || self.stands == 0
    }

    /// What the answer to a request tells that echoed this one. A drawn 0 is none: nobody is heard before there is chance again.
    pub(crate) fn answered(&mut self, echo: u64, draw: impl FnOnce() -> u64) -> u64 {
        if self.draws(echo) {
            (self.before, self.stands) = (self.stands, draw());
        }
        self.stands
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the way does to a question and its answer.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    enum Deed {
        Pass,
        LoseQuestion,
        LoseAnswer,
        /// It arrives twice; the second answer comes back.
        Twice,
        /// It is lost for now, and arrives with what is repeated.
        KeepBack,
        /// Before it arrives, and after, all that was ever asked arrives once more.
        AmongAllOthers,
        PublicRestarts,
        PrivateRestarts,
    }
    use Deed as D;
    const DEEDS: [Deed; 8] = [
        D::Pass,
        D::LoseQuestion,
        D::LoseAnswer,
        D::Twice,
        D::KeepBack,
        D::AmongAllOthers,
        D::PublicRestarts,
        D::PrivateRestarts,
    ];

    #[derive(Clone, Copy)]
    struct Question {
        number: usize,
        echo: u64,
    }

    /// Both sides, and whoever stands between them and keeps every question.
    #[derive(Default)]
    struct Way {
        nonces: Nonces,
        drawn: u64,
        echo: u64,
        /// The private side knows a nonce of this run of the public side's.
        met: bool,
        asked: usize,
        kept: Vec<Question>,
        /// The number of the last question that was acted on, from 1.
        acted_on: usize,
    }

    impl Way {
        /// A question arrives and is answered.
        fn arrives(&mut self, question: Question) -> (Said, u64) {
            let said = self.nonces.said(question.echo);
            if said == Said::Now {
                assert!(question.number > self.acted_on, "acted on twice, or after a later one");
                self.acted_on = question.number;
            }
            let drawn = &mut self.drawn;
            let nonce = self.nonces.answered(question.echo, || {
                *drawn += 1;
                *drawn
            });
            (said, nonce)
        }

        fn all_again(&mut self) {
            for old in self.kept.clone() {
                self.arrives(old);
            }
        }

        /// One question; what the answer was to that came back.
        fn does(&mut self, deed: Deed) -> Option<Said> {
            match deed {
                D::PublicRestarts => (self.nonces, self.met) = (Nonces::default(), false),
                D::PrivateRestarts => (self.echo, self.met) = (0, false),
                _ => {}
            }
            self.asked += 1;
            let question = Question { number: self.asked, echo: self.echo };
            if deed == D::LoseQuestion {
                return None;
            }
            if deed == D::AmongAllOthers {
                self.all_again();
            }
            self.kept.push(question);
            if deed == D::KeepBack {
                return None;
            }
            let met = self.met;
            let (mut said, mut nonce) = self.arrives(question);
            if deed == D::Twice {
                (said, nonce) = self.arrives(question);
            }
            assert!(!met || said != Said::Earlier, "what the partner says now is taken for old");
            if deed == D::AmongAllOthers {
                self.all_again();
            }
            if deed == D::LoseAnswer {
                return None;
            }
            (self.echo, self.met) = (nonce, true);
            Some(said)
        }
    }

    /// Every story of five deeds: nothing is acted on twice or too late; whoever was answered in this run is given what they ask for;
    /// and of two questions whose answers come back the second is acted on, whatever is repeated meanwhile.
    #[test]
    fn f30_what_is_repeated_changes_nothing_and_the_partner_is_always_heard() {
        let stories = DEEDS.len().pow(5);
        for story in 0..stories {
            let mut way = Way::default();
            let mut rest = story;
            let told: Vec<Deed> = (0..5)
                .map(|_| {
                    let deed = DEEDS[rest % DEEDS.len()];
                    rest /= DEEDS.len();
                    deed
                })
                .collect();
            for deed in &told {
                way.does(*deed);
            }
            way.does(D::AmongAllOthers);
            let heard = way.does(D::AmongAllOthers);
            assert_eq!(heard, Some(Said::Now), "{told:?}");
        }
    }

    #[test]
    fn without_chance_nobody_is_heard_and_it_is_tried_again() {
        let mut nonces = Nonces::default();
        assert_eq!(nonces.answered(0, || 0), 0);
        assert_eq!(nonces.said(0), Said::Earlier);
        assert_eq!(nonces.answered(0, || 7), 7);
        assert_eq!(nonces.said(7), Said::Now);
    }
}
