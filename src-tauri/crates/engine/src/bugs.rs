//! Small switches that break the core on purpose, to prove that the simulator finds what it is there to find. Compiled only
//! with the feature `seeded-bugs`, which no product has.

macro_rules! bugs {
    ($($(#[doc = $doc:literal])* $name:ident,)+) => {
        /// A way to break the core.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Bug {
            $($(#[doc = $doc])* $name,)+
        }
        impl Bug {
            /// All of them, with what each does.
            pub const ALL: &'static [(Bug, &'static str)] = &[$((Bug::$name, concat!($($doc),*)),)+];
        }
    };
}

bugs! {
    #[doc = "Changes by our own account are taken for echoes."]
    EchoByAuthor,
    #[doc = "Whatever stands there after a write of ours is taken for it."]
    AnyReadBack,
    #[doc = "What we wrote is base; what the tracker made of it is a change."]
    NoReadBack,
    #[doc = "An older state that the index shows is believed."]
    StaleIndex,
    #[doc = "A change on our side does not count up."]
    NoCount,
    #[doc = "The text that lost a conflict is thrown away."]
    NoConflictRecord,
    #[doc = "Both sides decide conflicts, each for itself."]
    BothDecide,
    #[doc = "A merge keeps ours, and says that nothing overlapped."]
    MergeDropsTheirs,
    #[doc = "Overlapping changes count as merged."]
    OverlapIgnored,
    #[doc = "What our write replaced unseen is not kept (F75)."]
    OverwrittenForgotten,
    #[doc = "What our tracker made of the partner's text is sent back as a text."]
    LocalFormTravels,
    #[doc = "A replica marks the description as sent and leaves it out."]
    DescriptionForgotten,
    #[doc = "The newest comment is written first."]
    CommentsBackwards,
    #[doc = "An edit of a comment does not count as a new version."]
    CommentEditLost,
    #[doc = "Restricted comments travel."]
    RestrictedLeaves,
    #[doc = "The marker on a comment is not looked at."]
    MarkerIgnored,
    #[doc = "A file of a name that is known is not new."]
    FileByName,
    #[doc = "A file that we uploaded is not remembered as ours."]
    FileEcho,
    #[doc = "A file that is not listed was taken away."]
    DeleteOnAbsence,
    #[doc = "A create is planned again while one is open."]
    PlanDespiteCreate,
    #[doc = "An issue that copied a marker is taken for the twin."]
    CloneIsTwin,
    #[doc = "A twin that is met by its marker is taken for a new issue."]
    TwinIsNew,
    #[doc = "Digests hold counters and not values."]
    DigestOfCounters,
    #[doc = "What has not been received yet is acked."]
    AckBeforeCommit,
    #[doc = "A write with a lost answer is sent again at once."]
    RetryOnTimeout,
    #[doc = "One look that finds nothing is enough."]
    OneProbe,
    #[doc = "A probe for an issue does not look past what is known."]
    ProbeFindsNothing,
    #[doc = "A write is sent without a durable intent."]
    NoIntent,
    #[doc = "Nobody looks past the search for what stands there, and creates wait for nothing."]
    NoSweep,
    #[doc = "A write that was under way when the program ended is never looked into."]
    SentStaysSent,
    #[doc = "The cursor runs ahead of what was read."]
    CursorTooFar,
    #[doc = "What is not in an answer is gone, whoever we are."]
    EmptyIsGone,
    #[doc = "A database that was set back is not noticed."]
    AnyAckFits,
    #[doc = "Numbers begin anew, and the old messages stay."]
    OutboxSurvives,
    #[doc = "Old words are acted on like new ones."]
    ReplayActed,
    #[doc = "Every copy of the data may write."]
    AnyRunWrites,
    #[doc = "Digests are never compared."]
    NeverCompared,
    #[doc = "A difference is counted and left."]
    HealsNothing,
    #[doc = "How many problems the partner has is never counted down."]
    ProblemsStay,
    #[doc = "The partner is not told that an issue is no longer synced."]
    UnlinkedUntold,
    #[doc = "A pair may be in two lanes at once."]
    AnyLane,
    #[doc = "A file of the same name and size is the one that we uploaded."]
    AnyFile,
    #[doc = "An issue counts as seen though something of it was left for later."]
    SeenTooEarly,
    #[doc = "A message is taken off the inbox without being worked in."]
    InboxForgets,
    #[doc = "What was read once is not read again as long as polls look back over it."]
    ReadForGood,
}

thread_local! {
    static ACTIVE: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Switches one on for this thread, and all others off.
pub fn switch_on(bug: Option<Bug>) {
    ACTIVE.set(bug);
}

/// Whether it is on.
pub fn is_on(bug: Bug) -> bool {
    ACTIVE.get() == Some(bug)
}
