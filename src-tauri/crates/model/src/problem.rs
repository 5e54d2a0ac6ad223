//! Problems: what a person must know or do, with a stable code, an owner, and the facts for its sentence.
//!
//! The words are in `ui/src/locales/`, in each language, as `problem-CODE` (what happened, to what) and `problem-CODE-next`
//! (what to do); a test holds the two lists against each other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Whose turn it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The person in front of this computer.
    You,
    /// The partner's people.
    Partner,
    /// The network in between.
    Network,
    /// The tracker and its admins.
    Tracker,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $owner:ident;)+) => {
        /// Every cause that Twinline can name.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum ProblemCode {
            $($(#[$doc])* $name,)+
        }
        impl ProblemCode {
            /// All of them.
            pub const ALL: &'static [ProblemCode] = &[$(ProblemCode::$name,)+];
            /// The stable code, as it stands in the database, in JSON and in the names of the sentences.
            pub fn as_str(self) -> &'static str {
                match self { $(ProblemCode::$name => $code,)+ }
            }
            /// Whose turn it is.
            pub fn owner(self) -> Owner {
                match self { $(ProblemCode::$name => Owner::$owner,)+ }
            }
        }
    };
}

codes! {
    /// The address is no Jira site. Facts: `site`.
    SiteNotFound = "site-not-found", You;
    /// The site does not answer. Facts: `site`.
    SiteUnreachable = "site-unreachable", Network;
    /// The site has another name now. Facts: `site`, `to`.
    SiteMoved = "site-moved", You;
    /// The address is of another site than the account's. Facts: `site`, `found`.
    SiteDiffers = "site-differs", You;
    /// The site's certificate does not fit the time on this computer. Facts: `site`, `time`.
    ClockWrong = "clock-wrong", You;
    /// Jira did not accept e-mail and token. Facts: `site`, `email`.
    TokenRejected = "token-rejected", You;
    /// No API token can end on that day. Facts: `date`, `why` (`unreadable`, `past`, `far`), `latest`.
    TokenEndsUnfit = "token-ends-unfit", You;
    /// The account may not create issues in any project. Facts: `site`.
    NoProject = "no-project", Tracker;
    /// No such project for this account. Facts: `project`, `site`.
    ProjectUnknown = "project-unknown", You;
    /// It stops everything, so it cannot be left out.
    ProblemStays = "problem-stays", You;
    /// The project is archived. Facts: `project`, `site`.
    ProjectArchived = "project-archived", Tracker;
    /// The project lies in the tracker's trash. Facts: `project`, `site`.
    ProjectDeleted = "project-deleted", Tracker;
    /// The account lacks permissions in the project. Facts: `project`, `permissions`.
    ProjectForbidden = "project-forbidden", Tracker;
    /// The project has no issue type that could be used. Facts: `project`.
    ProjectWithoutTypes = "project-without-types", Tracker;
    /// No such account here. Facts: `account`.
    AccountUnknown = "account-unknown", You;
    /// The account is used by a connection. Facts: `site`, `connections`.
    AccountInUse = "account-in-use", You;
    /// Signed in with another account than the one renewed. Facts: `expected`, `found`.
    AccountDiffers = "account-differs", You;
    /// The person whose sign-in it is has an account of its own for this site here. Facts: `site`, `found`.
    AccountTwice = "account-twice", You;
    /// This computer has no password store.
    KeychainMissing = "keychain-missing", You;
    /// The password store is locked or denied access.
    KeychainLocked = "keychain-locked", You;
    /// A secret that must be there is not. Facts: `what`.
    SecretMissing = "secret-missing", You;
    /// Nothing that looks like an invitation code in the text.
    InvitationAbsent = "invitation-absent", You;
    /// Characters are missing. Facts: `missing`.
    InvitationIncomplete = "invitation-incomplete", You;
    /// The checksum does not fit.
    InvitationTypo = "invitation-typo", You;
    /// Made by a version that this one does not understand.
    InvitationTooNew = "invitation-too-new", You;
    /// Its time is over. Facts: `partner`.
    InvitationExpired = "invitation-expired", Partner;
    /// It was used already. Facts: `partner`.
    InvitationUsed = "invitation-used", Partner;
    /// The partner took it back. Facts: `partner`.
    InvitationWithdrawn = "invitation-withdrawn", Partner;
    /// It was declined. Facts: `partner`.
    InvitationDeclined = "invitation-declined", Partner;
    /// A decline that the partner could not be told of. Facts: `partner`, `address`.
    DeclineUntold = "decline-untold", You;
    /// Made on this very node.
    InvitationOwn = "invitation-own", You;
    /// Somebody came with an invitation of ours that lets nobody in any more. Facts: `why` (`used`, `expired`, `withdrawn`, `declined`), `company`, `person`, `site`, as they say it; `other`, their key.
    InvitationTried = "invitation-tried", You;
    /// Accepted here before. Facts: `partner`.
    InvitationRepeated = "invitation-repeated", You;
    /// An API token was pasted instead.
    InvitationIsToken = "invitation-is-token", You;
    /// Another product's code or a web address was pasted.
    InvitationForeign = "invitation-foreign", You;
    /// The node at the address does not know it. Facts: `partner`, `address`.
    InvitationUnknown = "invitation-unknown", Partner;
    /// The address in it may not be called. Facts: `address`.
    InvitationAddressRefused = "invitation-address-refused", Partner;
    /// Nothing was heard from the partner for a day. Facts: `partner`, `time`.
    PartnerAway = "partner-away", Partner;
    /// The partner's node does not answer. Facts: `partner`, `address`.
    PartnerUnreachable = "partner-unreachable", Partner;
    /// No computer is known under the name in the partner's address. Facts: `partner`, `address`.
    PartnerNameUnknown = "partner-name-unknown", Partner;
    /// The partner's node is not at the relay where both meet. Facts: `partner`, `relay`.
    PartnerNotAtRelay = "partner-not-at-relay", Partner;
    /// The relay where both meet does not answer. Facts: `relay`.
    RelayUnreachable = "relay-unreachable", Network;
    /// Something else than Twinline answers there (a proxy, a sign-in page). Facts: `address`.
    PartnerNotTwinline = "partner-not-twinline", Network;
    /// The proxy of our network asks for a sign-in. Facts: `address`.
    ProxySignIn = "proxy-sign-in", You;
    /// Something in front of the partner's computer takes no request as large as ours. Facts: `partner`, `address`.
    ProxyLimit = "proxy-limit", Partner;
    /// Whoever answers there shows a certificate that this computer does not trust. Facts: `address`.
    CertificateUntrusted = "certificate-untrusted", Network;
    /// The certificate there has expired, or is not valid yet, by this computer's clock. Facts: `partner`, `address`, `time`.
    CertificateTime = "certificate-time", Partner;
    /// The partner's admin said no. Facts: `partner`.
    PartnerRejected = "partner-rejected", Partner;
    /// The partner's version is newer than ours can talk to. Facts: `partner`.
    PartnerNewer = "partner-newer", You;
    /// The partner's version is too old. Facts: `partner`.
    PartnerOlder = "partner-older", Partner;
    /// The partner's node sends what it must not. Facts: `partner`, `stopped` (`yes`: so often that the connection has stopped).
    PartnerInvalid = "partner-invalid", Partner;
    /// The partner ended the connection. Facts: `partner`.
    PartnerLeft = "partner-left", Partner;
    /// No such connection here. Facts: `connection`.
    ConnectionUnknown = "connection-unknown", You;
    /// Nobody waits for an approval there. Facts: `partner`.
    ConnectionNotWaiting = "connection-not-waiting", You;
    /// Where the partner can call us is not known.
    AddressNeeded = "address-needed", You;
    /// It is no address that could be called. Facts: `address`.
    AddressInvalid = "address-invalid", You;
    /// Another program uses the port. Facts: `address`.
    PortInUse = "port-in-use", You;
    /// Another program uses a port that the practice data was made with. Facts: `address`.
    PracticePort = "practice-port", You;
    /// Not while practising: accounts and partners are made up there.
    PracticeOnly = "practice-only", You;
    /// This kind of connection is not possible with what answers there. Facts: `address`.
    ModeUnavailable = "mode-unavailable", You;
    /// Both sides of a connection would be one project. Facts: `project`, `site`.
    SameProject = "same-project", You;
    /// The project is connected to this partner already. Facts: `partner`, `project`.
    ConnectionRepeated = "connection-repeated", You;
    /// Another connection joins the same two projects. Facts: `theirs`, their project.
    ConnectionDoubled = "connection-doubled", You;
    /// Too many open invitations. Facts: `limit`.
    TooManyInvitations = "too-many-invitations", You;
    /// Jira refuses the filter. Facts: `filter`, `detail`.
    FilterRefused = "filter-refused", You;
    /// Jira no longer accepts the sign-in. Facts: `site`.
    SignInExpired = "sign-in-expired", You;
    /// A permission went away. Facts: `project`, `permission`.
    PermissionLost = "permission-lost", Tracker;
    /// Required fields have no value. Facts: `field` (names), `project`, `type`, `asks` (ids of fields, one blank between), `fillable` (`yes`: some can be chosen here).
    RequiredField = "required-field", You;
    /// A value that was chosen for a required field is not allowed. Facts: as for `required-field`, and `value`, `detail`.
    ChoiceRefused = "choice-refused", You;
    /// The problem does not wait for a value. Facts: `problem`.
    NothingAsked = "nothing-asked", You;
    /// The problem does not ask for this field. Facts: `field`, `fields`.
    FieldNotAsked = "field-not-asked", You;
    /// A value is missing. Facts: `field`.
    ValueMissing = "value-missing", You;
    /// The field does not allow the value. Facts: `field`, `value`, `allowed` (a sentence).
    ValueUnfit = "value-unfit", You;
    /// The tracker refuses the issue. Facts: `issue`, `detail`.
    IssueRefused = "issue-refused", Tracker;
    /// The tracker refuses the text. Facts: `issue`, `detail`.
    TextRefused = "text-refused", Tracker;
    /// The issue has as many comments or files as the tracker allows. Facts: `issue`, `what` (`comments`, `attachments`), `number`; `file`.
    IssueFull = "issue-full", Tracker;
    /// Larger than the tracker takes. Facts: `file`, `issue`, `size`, `limit`.
    AttachmentTooLarge = "attachment-too-large", Tracker;
    /// The tracker refuses the file. Facts: `file`, `issue`, `detail`.
    AttachmentRefused = "attachment-refused", Tracker;
    /// The bytes could not be read whole. Facts: `file`, `issue`.
    AttachmentUnreadable = "attachment-unreadable", Tracker;
    /// Deleted, moved out of the project or hidden; the twin stays. Facts: `issue`.
    IssueGone = "issue-gone", You;
    /// The twin of a partner's issue was deleted, moved away or hidden here; it can be made again. Facts: `issue`.
    TwinDeleted = "twin-deleted", You;
    /// Many issues vanished at once. Facts: `count`, `project`.
    MassLoss = "mass-loss", You;
    /// Two issues carry one origin. Facts: `issue`, `other`.
    TwinTwice = "twin-twice", You;
    /// Both sides changed a field. Facts: `field`, `issue`, `winner`.
    Conflict = "conflict", You;
    /// No such record of a conflict here. Facts: `conflict`.
    ConflictUnknown = "conflict-unknown", You;
    /// The issue of a conflict is no longer synced. Facts: `issue`.
    ConflictUnlinked = "conflict-unlinked", You;
    /// The outgoing rules keep a text of a conflict here. Facts: `issue`, `partner`.
    ConflictKept = "conflict-kept", You;
    /// No such issue among the connection's. Facts: `issue`, `partner`.
    PairUnknown = "pair-unknown", You;
    /// The issue is not synced any more. Facts: `issue`, `partner`.
    PairUnlinked = "pair-unlinked", You;
    /// The issue does not stand in our tracker yet. Facts: `issue`, `partner`.
    PairNotHere = "pair-not-here", You;
    /// No issue of this key in our tracker, or hidden from us. Facts: `issue`, `site`.
    AddUnknown = "add-unknown", You;
    /// The issue stands in another project than the connection's. Facts: `issue`, `project`.
    AddElsewhere = "add-elsewhere", You;
    /// Not everybody may see the issue. Facts: `issue`, `partner`.
    AddRestricted = "add-restricted", You;
    /// The issue is synced on this connection already. Facts: `issue`, `partner`.
    AddSynced = "add-synced", You;
    /// The issue was synced before, and is not any more. Facts: `issue`, `partner`.
    AddStopped = "add-stopped", You;
    /// The issue is a copy of another partner's. Facts: `issue`, `partner`.
    AddForeign = "add-foreign", You;
    /// The issue is synced on another connection. Facts: `issue`, `partner`.
    ConnectShared = "connect-shared", You;
    /// Somebody has asked already with which issue it is to be connected. Facts: `issue`, `partner`.
    ConnectAsked = "connect-asked", You;
    /// As many questions wait for the partner as may. Facts: `partner`, `limit`.
    ConnectFull = "connect-full", You;
    /// It is no key of an issue. Facts: `key`, `partner`.
    ConnectKey = "connect-key", You;
    /// The partner asks whether an issue of theirs and one of ours are one. Facts: `issue`, `title`, `theirs`, `shared` (`no`: no summary), `summary`, `partner`; `other` (the question).
    QuestionWaits = "question-waits", You;
    /// The question waits for no answer any more. Facts: `partner`.
    QuestionGone = "question-gone", You;
    /// The connection has ended, or has not begun. Facts: `partner`.
    PairEnded = "pair-ended", You;
    /// No such problem here. Facts: `problem`.
    ProblemUnknown = "problem-unknown", You;
    /// The disk is full. Facts: `folder`.
    DiskFull = "disk-full", You;
    /// The data folder cannot be used. Facts: `folder`, `detail`.
    FolderUnusable = "folder-unusable", You;
    /// A file that a person asked for cannot be written. Facts: `file`, `detail`.
    FileUnwritable = "file-unwritable", You;
    /// Another copy runs on this data. Facts: `folder`.
    AlreadyRunning = "already-running", You;
    /// The database was damaged; a backup took its place. Facts: `time`, `kept`.
    DatabaseRestored = "database-restored", You;
    /// The database was damaged, and there was no backup. Facts: `kept`.
    DatabaseNew = "database-new", You;
    /// Another tool keeps changing a field right after us. Facts: `field`.
    Drift = "drift", You;
    /// Rules of Script mode broke off at an issue. Facts: `direction` (`outgoing`, `incoming`), `line`, `column`, `place` (`line`, `unknown`: nobody knows where), `fault` (a kind), `detail`.
    ScriptFailed = "script-failed", You;
    /// Rules cannot be saved: they do not compile. Facts: `direction`, `line`, `detail` (a sentence).
    RulesInvalid = "rules-invalid", You;
    /// Somebody saved other rules meanwhile. Facts: `version`, `by`, `time`.
    RulesChanged = "rules-changed", You;
    /// The rules of Basic mode cannot be edited. Facts: `partner`.
    RulesBasic = "rules-basic", You;
    /// There is no such version of the rules.
    RulesVersionUnknown = "rules-version-unknown", You;
    /// The same data runs on another computer; this one waits. Facts: none.
    AnotherCopy = "another-copy", You;
    /// The data was written by a newer version. Facts: `folder`.
    DataNewer = "data-newer", You;
    /// The database cannot be read or written. Facts: `detail`.
    Database = "database", You;
    /// The tracker answers with something unexpected. Facts: `site`, `detail`.
    TrackerOdd = "tracker-odd", Tracker;
    /// A defect of ours. Facts: `detail`.
    Internal = "internal", You;
}

impl ProblemCode {
    /// The code for a stable word; `None` for one of a newer version.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.as_str() == code)
    }
}

/// A cause with the facts for its sentence: the error of everything a person can ask for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// The cause.
    pub code: ProblemCode,
    /// Facts by name, as listed at the code. Never a secret.
    pub facts: BTreeMap<&'static str, String>,
}

impl Trouble {
    /// A cause without facts.
    pub fn new(code: ProblemCode) -> Self {
        Self { code, facts: BTreeMap::new() }
    }
    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts.insert(name, value.into());
        self
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code.as_str())?;
        for (name, value) in &self.facts {
            write!(f, " {name}={value}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Trouble {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_come_back() {
        for code in ProblemCode::ALL {
            assert_eq!(ProblemCode::parse(code.as_str()), Some(*code));
        }
        assert_eq!(ProblemCode::parse("from-the-future"), None);
    }
}
