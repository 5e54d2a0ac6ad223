# Every sentence that a person reads: window, tray, notifications, command line.
# One section per place; ids begin with the place's name.

## Window: shared words

app-name = Twinline
partner-unknown = unknown
not-known-yet = not known yet
try-again = Try again
skip = Skip
cancel = Cancel
close = Close
back = Back
next = Next
done = Done
save = Save
saved = Saved
saved-as = Saved as
open-folder = Open folder
show = Show
load-more = Load more
loading = Loading…
loading-still = Still loading…
copied = Copied
copy-failed = This computer did not let Twinline copy. Select the code and press { $keys }.
trouble-unexpected = Something in Twinline went wrong: { $detail }
trouble-unexpected-next = Try again. If it happens again, restart Twinline.
owner-you = Your turn
owner-partner = { $partner }’s turn
owner-partner-unnamed = The partner’s turn
owner-network = Network
owner-tracker = Jira and its admins
comparison = Comparison number
line-between = { $ours } to { $theirs }: { $state }

## Window: times

time-now = just now
time-seconds = { $n } s ago
time-minutes = { $n } min ago
time-hours = { $n } h ago
time-yesterday = yesterday { $clock }
time-never = not yet
expires-days = expires in { $n ->
    [one] 1 day
   *[other] { $n } days
  }
expires-hours = expires in { $n ->
    [one] 1 hour
   *[other] { $n } hours
  }
expires-minutes = expires in { $n } min
expires-over = expired

## Window: states

state-word-up-to-date = Up to date
state-word-checking = Checking
state-word-syncing = Syncing
state-word-syncing-count = Syncing { $n }
state-word-first-sync = First sync
state-word-first-sync-percent = First sync { $n } %
state-word-delayed = Delayed
state-word-needs-attention = Needs attention
state-word-needs-attention-count = Needs attention · { $n }
state-word-paused = Paused
state-word-offline = Offline
state-word-waiting-for-partner = Waiting for partner
state-word-waiting-for-you = Waiting for you
state-word-declined = Declined
state-word-disconnected = Partner disconnected
state-word-not-set-up = Not set up
pair-in-step = In step
pair-syncing = Syncing
pair-stopped = Needs attention
pair-waiting-for-partner = Waiting for partner
pair-skipped = Partly left out
pair-unlinked = No longer synced

## Window: frame

nav-label = Main
nav-connections = Connections
nav-activity = Activity
nav-attention = Needs attention
nav-attention-count = { $n ->
    [one] 1 needs attention
   *[other] { $n } need attention
  }
nav-accounts = Jira accounts
nav-settings = Settings
header-label = Status
header-sync = Sync now
header-pause = Pause
pause-hour = For 1 hour
pause-tomorrow = Until tomorrow, 08:00
pause-open = Until I resume
header-resume = Resume
header-checked = checked { $when }
header-syncing-now = Looking for changes now.
header-paused = Syncing is paused. Nothing is lost.
header-resumed = Syncing goes on.
skip-to-content = Skip to content
palette-title = Commands
palette-placeholder = What do you want to do?
palette-none = Nothing here goes by that name.
palette-deeds = Do
palette-places = Go to
palette-pause-all = Pause all connections
palette-pause-all-hour = Pause all connections for 1 hour
palette-pause-all-tomorrow = Pause all connections until tomorrow, 08:00
palette-resume-all = Go on with all connections
palette-open-both = { $both } · { $state }
palette-open = { $partner } · { $project } · { $state }
palette-pause = Pause { $partner }
palette-what = What to sync with { $partner }
palette-add = Add a single issue for { $partner }
palette-resume = Go on with { $partner }
keys-title = Keyboard shortcuts
key-ctrl = Ctrl
key-shift = Shift
key-alt = Alt
key-esc = Esc
shortcut-palette = All commands
shortcut-initiate = Initiate connection
shortcut-accept = Accept invitation
shortcut-sync = Sync now
shortcut-filter = Search in the list
shortcut-settings = Settings
shortcut-region = Next part of the window
shortcut-leave = Close, or out of this page
shortcut-back = Back
shortcut-keys = These shortcuts
not-found = There is no such page.
not-found-link = Go to your connections

## Window: first run

first-title = Keep Jira issues in step with a partner
first-lead = Twinline copies issues between your Jira project and a partner’s, directly from this computer to theirs. Nobody in between can read them.
first-question = How do you want to begin?
first-invite = I want to invite a partner
first-invite-line = You choose a project and get a code to send to them.
first-accept = I got an invitation code
first-accept-line = You paste the code, choose a project and are connected.
sign-in-title = Connect Jira
sign-in-again-title = Sign in to { $site } again
sign-in-lead = Twinline reads and writes issues as you. The sign-in stays in this computer’s password store.
sign-in-lead-linked = Your invitation is shown next.
sign-in-site = Site address
sign-in-site-hint = Any address from your Jira will do, as acme.atlassian.net
sign-in-site-understood = Understood as { $site }
sign-in-site-odd = This does not look like the address of a Jira Cloud site, as acme.atlassian.net
sign-in-site-missing = Enter the address of your Jira site.
sign-in-email = E-mail
sign-in-email-hint = The one that you use in Jira
sign-in-email-missing = Enter the e-mail address of your Jira account.
sign-in-token = API token
sign-in-token-hint = It works like a password for Twinline alone.
sign-in-token-missing = Paste an API token.
sign-in-expires = Day on which the token ends
sign-in-expires-optional = optional
sign-in-expires-hint = Atlassian’s list of your API tokens shows it. Twinline reminds you in time: 30 days, 7 days and 1 day before.
sign-in-token-create = Create a token in Jira
sign-in-button = Sign in
sign-in-testing = Signing in to { $site }…
sign-in-done = Signed in as { $name } · { $projects ->
    [0] no project
    [one] 1 project
   *[other] { $projects } projects
  }
sign-in-until-quit = This computer has no password store. The sign-in is kept only until you quit.

## Window: practice

practice-name = Practice
practice-band = Practice: two made-up companies on this computer. Nothing here is real.
practice-start = Try it with practice data
practice-start-line = Only looking? Two made-up companies on this computer, connected in a moment. No account and no network are needed, and all of it can be removed at any time.
practice-resume = Go on practising
practice-resume-line = Your two made-up companies are as you left them.
practice-starting = Both companies, their Jiras and their connection are being started…
practice-started = Practice has begun. Nothing here is real.
practice-open = Open { $company }’s Jira
practice-leave = Leave practice
practice-invited = A link brought an invitation. It is for your own Twinline, not for practice.
practice-invited-show = Leave practice and look at it
practice-left = You have left practice. Its data is kept.
practice-remove = Remove practice data…
practice-remove-title = Remove all practice data?
practice-remove-line = Both made-up companies go, with all that was written there. Nothing real is touched.
practice-remove-yes = Remove
practice-remove-no = Keep it
practice-removed = All practice data is removed.
practice-try-title = Try it
practice-try-first = The first sync is under way: each issue gets its twin in the other company’s Jira.
practice-try-done = Every issue has its twin. Now write a comment in ACME’s Jira, and watch it arrive at Globex.

## Window: connections

notes-label = Good to know
connections-title = Connections
connections-initiate = Initiate connection
connections-accept = Accept invitation
connections-local = Both projects are in this app
connections-local-start = Connect own projects
connections-local-line = You connect two projects of your own, of one Jira site or of two. No code is needed.
connections-both = { $ours } and { $theirs }
connections-other-side = Side of { $project }:
connections-empty-title = No connection yet
connections-empty-line = A connection links one of your Jira projects to one project of a partner.
connections-foot = Twinline keeps both sides in step while this computer is on.
connections-issues = { $n ->
    [one] 1 issue
   *[other] { $n } issues
  }
row-more = More about { $partner }
row-copy-again = Copy again
row-cancel-invitation = Cancel invitation
row-remove = Remove connection
row-invite-again = Invite again
row-forget = Remove from the list
row-pause = Pause
row-resume = Resume
row-approve = Approve
row-reject = Reject
row-claims = { $partner } wants to connect to project { $project }.
row-claimed-identity = They call themselves { $person } of { $company } ({ $site }). Twinline cannot prove that: it is what their computer says.
row-claimed-company = They call themselves { $company } ({ $site }). Twinline cannot prove that: it is what their computer says.
row-compare = If you want certainty, compare this number by phone: both screens show the same one.
row-approved = { $partner } is approved. The first sync begins.
row-rejected = { $partner } was rejected.
row-removed = The connection was removed. Both copies of each issue stay.
row-forgotten = It is no longer in the list.
row-cancelled = The invitation was cancelled. The code no longer works.
row-paused = { $partner } is paused. Nothing is lost.
row-resumed = { $partner } goes on.
ask-cancel-title = Cancel the invitation for { $partner }?
ask-cancel-line = The code stops working at once. Issues that were synced already stay on both sides.
ask-cancel-yes = Cancel invitation
ask-cancel-no = Keep it
ask-remove-title = Remove the connection with { $partner }?
ask-remove-line = Changes stop crossing for { $n ->
    [0] all issues
    [one] 1 issue
   *[other] { $n } issues
  }. Both copies of each issue stay, in your Jira and in theirs.
ask-remove-line-local = Changes stop crossing for { $n ->
    [0] all issues
    [one] 1 issue
   *[other] { $n } issues
  }. Both copies of each issue stay.
ask-remove-yes = Remove connection
ask-remove-no = Keep it
ask-reject-title = Reject { $partner }?
ask-reject-line = Their code stops working. Nothing was synced yet, and no issue is deleted on either side.
ask-reject-yes = Reject
ask-reject-no = Go back

## Window: wizard Initiate connection

wizard-initiate = Initiate connection
wizard-step = Step { $step } of { $of }: { $name }
wizard-steps = Steps
wizard-step-done = done
step-partner = Partner
step-mode = Mode
step-project = Project
step-review = Review
initiate-partner-title = Who do you want to connect with?
initiate-partner-name = Partner’s name
initiate-partner-optional = optional
initiate-partner-hint = Only you see it for now. Without a name they are shown as “unknown”.
own-company = Your company’s name, as your partner will see it
own-company-hint = You can change it later in Settings.
initiate-url-question = Did your partner give you an address of their Twinline?
initiate-no-url = I don't have a URL
initiate-no-url-line = My partner’s Jira can’t be reached from here. They will connect to us with an invitation code.
initiate-relay = Neither of us can open a port
initiate-relay-line = Both computers connect to a relay of yours or your partner’s, which passes on what it cannot read.
initiate-relay-field = Address of the relay
initiate-relay-hint = Twinline comes with none, so that nobody else learns who talks to whom. Your IT can run one.
initiate-relay-partner = Your partner’s computer has to reach it too.
initiate-relay-next = Check the address, and ask whoever runs the relay whether it is up and open to your network.
initiate-relay-missing = Enter the address of the relay.
initiate-have-url = I have a URL
initiate-have-url-line = My partner gave me the address of their Twinline. Both sides can call each other.
initiate-url = Partner’s address
initiate-url-check = Check
initiate-url-checking = Asking { $address }…
initiate-url-modes = Possible connection types: { $modes }
initiate-url-none = No connection type is possible with what answers there.
initiate-url-later = Connecting by URL comes in a later version of Twinline. You can check the address already; to go on now, choose “I don't have a URL”.
initiate-mode-title = What is kept in step
initiate-mode-lead = Every connection begins in Basic mode: sensible rules, made for you. You need not write anything.
initiate-mode-later = You can look at the rules later, and write your own.
mode-basic = Basic
mode-basic-syncs = Kept in step, both ways
mode-script = Script
field-summary = Summary
field-description = Description, with its formatting
field-comments = Comments, as public comments
field-comments-public = Public comments
field-attachments = Attachments
field-type = Issue type, by name
initiate-project-title = Which project takes the incoming issues?
initiate-project-lead = What your partner sends is created in this project, and new issues of this project are sent to your partner.
project-account = Jira account
project-label = Project
project-search = Search projects
project-count = { $n ->
    [0] No project matches.
    [one] 1 project
   *[other] { $n } projects
  }
project-none = This account may not create issues in any project.
project-none-next = Ask the admin of your Jira for the permission “Create issues” in a project, then try again.
project-choose = Choose a project.
project-type = If a type is missing here, use
project-type-default = { $type } (as the project says)
project-type-hint = An issue type that { $project } does not have arrives as this type.
initiate-review-title = Check before you invite { $partner }
initiate-review-title-unnamed = Check before you invite
review-send = Your partner will see
review-receive = You will receive
review-send-line = From new issues in { $project }:
review-receive-line = As new issues in { $project }:
review-comments = All comments on synced issues are shared, as public comments. Only those for a role or group stay here.
review-comments-public = Public comments on synced issues are shared. Internal ones, and those for a role or group, stay here.
review-comments-internal = Comments on synced issues are shared as public comments, internal ones too. Only those for a role or group stay here.
review-internal = Share internal comments too
review-internal-off = { $project } is a service project. Off: what your agents write internally stays here.
review-internal-on = Whoever sees the issue at your partner can read what your agents wrote internally.
review-existing = Sync existing issues too
review-existing-line = { $n ->
    [0] There are no issues in { $project } yet.
    [one] { $project } has 1 issue now. Off: only issues created from now on are synced.
   *[other] { $project } has { $n } issues now. Off: only issues created from now on are synced.
  }
review-existing-on = { $n ->
    [one] 1 existing issue will be sent to your partner as well.
   *[other] { $n } existing issues will be sent to your partner as well.
  }
review-authors = Say who wrote a comment
review-authors-on = Above each comment that arrives: “Robin Lee ({ $partner }) wrote on 12 Nov 2026, 14:03 UTC:”
review-authors-on-unnamed = Above each comment that arrives: “Robin Lee (their company) wrote on 12 Nov 2026, 14:03 UTC:”
review-authors-off = Comments arrive without their author’s name. In Jira they are shown as written by your own account.
review-address = Address of this computer
review-address-hint = Your partner’s computer calls this address. The invitation code contains it.
review-address-missing = Enter an address at which your partner can reach this computer.
review-relay = Both computers meet at the relay { $relay }. No port is opened.
review-approval = When somebody uses the code
review-ask = Ask me first
review-ask-line = You see who it is and approve before anything is synced.
review-code-holder = Connect whoever has the code
review-code-holder-line = Syncing starts at once. Choose this only if the code travels safely.
initiate-submit = Initiate
initiate-working = Making the invitation…
invitation-ready = Your side is ready. Send this invitation to { $partner }.
invitation-ready-unnamed = Your side is ready. Send this invitation to your partner.
invitation-title = Invitation for { $partner }
invitation-title-unnamed = Invitation for your partner
invitation-code = Invitation code
invitation-copy = Copy invitation code
invitation-copy-message = Copy message for { $partner }
invitation-copy-message-unnamed = Copy message for your partner
invitation-copied = The invitation code is copied.
invitation-message-copied = The message is copied. Paste it into an e-mail or a chat.
invitation-works-once = Works once · until { $until }
invitation-next = What happens next
invitation-next-open = { $partner } opens Twinline, chooses “Accept invitation”, and pastes it.
invitation-next-open-unnamed = Your partner opens Twinline, chooses “Accept invitation”, and pastes it.
invitation-next-approve = You see who accepted, and approve.
invitation-next-sync = Syncing starts by itself.
invitation-reach = Can { $partner } reach this computer?
invitation-reach-unnamed = Can your partner reach this computer?
invitation-reach-relay = Can both reach the relay?
invitation-at-relay = Your partner finds this computer at the relay { $address }.
invitation-not-at-relay = This computer is not at the relay { $address } yet.
invitation-not-at-relay-next = Twinline goes on trying. If it stays so, ask whoever runs the relay whether it is up.
invitation-relay-line = Twinline cannot see from here whether their network can reach the relay. Their Twinline says so when they accept.
invitation-listening = This computer answers at { $address }.
invitation-not-listening = This computer does not answer at { $address }.
invitation-not-listening-next = Check the address in Settings, and whether another program uses the port. Twinline looks again by itself.
invitation-look-again = Look again
invitation-reach-line = Twinline cannot see from here whether their network can reach it. If it cannot, ask your IT for an address that leads here, or let them initiate instead.
invitation-what = Choose what to sync
invitation-cancel = Cancel this invitation

## Window: wizard Accept invitation

wizard-accept = Accept invitation
accept-title = Paste the invitation code your partner sent you
accept-field = Invitation code
accept-linked = A link brought this code. Nothing happens before you accept it.
accept-hint = You can paste the whole message. Spaces and line breaks do no harm.
accept-reading = Reading the code…
accept-from = From { $partner }
accept-project = project { $project }
accept-mode = { $mode } mode
accept-until = until { $until }
accept-calls = This computer will call { $address }
accept-meets = This computer will meet theirs at the relay { $address }
accept-project-title = Your side
accept-share = You will share
accept-share-line = From new issues in { $project }:
accept-share-unchosen = From new issues in the project that you choose:
accept-receive = You will receive
accept-receive-line = The same, as new issues in { $project }:
accept-receive-unchosen = The same, as new issues in the project that you choose:
accept-submit = Accept and connect
accept-decline = Decline
accept-working = Connecting to { $partner }…
accept-missing = Paste an invitation code first.
accept-ask-copy = Copy a message to { $partner }
accept-ask-copied = The message is copied. Paste it into an e-mail or a chat to { $partner }.
accept-ask-text =
    Hello { $name },

    your invitation to connect our Jira projects { $why ->
        [used] was used already, and works once
        [withdrawn] was withdrawn
        [declined] was declined
       *[expired] has expired
    }. Could you make a new one in Twinline, with “Initiate connection”, and send it to me?

    Thank you.
accept-waiting-title = Waiting for { $partner }
accept-waiting-line = { $partner } has to approve. You need not wait here: syncing starts by itself.
accept-compare = If you want certainty, compare this number with { $partner } by phone:
accept-connected-title = Connected with { $partner }
accept-connected-line = New issues in { $project } are kept in step from now on.
accept-kept = The code is kept. Twinline goes on trying by itself.
accept-to-connection = Show connection
accept-declined-title = You declined
accept-declined-line = { $partner } was told. Their code no longer works. If you want to connect after all, ask them for a new one.
ask-decline-title = Decline { $partner }’s invitation?
ask-decline-line = Their Twinline is told that it was declined, and nothing about you. The code then no longer works.
ask-decline-yes = Decline
ask-decline-no = Go back

## Window: two projects in this app

local-wizard = Both projects are in this app
local-title-projects = Which two projects belong together?
local-lead = Twinline keeps them in step on this computer. No code, no address and no partner is needed.
local-from = First project
local-to = Other project
local-taken = Chosen on the other side
local-choose = Choose a project on each side.
local-title-review = What each side will see
local-sees = People in { $other } will see
local-sees-line = From new issues in { $project }:
local-comments = All comments on synced issues are shown in the other project too, as public comments. Only those for a role or group stay where they are.
local-comments-service = Comments on synced issues are shown in the other project too, as public comments. Internal ones of a service project only if you switch that on; those for a role or group stay where they are.
local-existing = Existing issues too
local-existing-line = { $n ->
    [0] { $project } has no issues yet.
    [one] { $project } has 1 issue already. It is left alone unless you switch this on.
   *[other] { $project } has { $n } issues already. They are left alone unless you switch this on.
  }
local-existing-on = { $n ->
    [one] 1 existing issue of { $project } will be created in { $other } as well.
   *[other] { $n } existing issues of { $project } will be created in { $other } as well.
  }
local-internal = Internal comments too
local-internal-off = { $project } is a service project. Off: what agents write internally stays there.
local-internal-on = Whoever sees the issue in { $other } can read what agents wrote internally in { $project }.
local-submit = Connect
local-working = Connecting the two projects…
local-title-done = { $from } and { $to } are connected
local-done = New issues in either project are kept in step from now on. Nobody has to accept anything.
local-done-what = Which issues are synced can be narrowed on each side, in “What to sync”.

## Window: connection

detail-back = Connections
detail-tabs = About this connection
detail-overview = Overview
detail-issues = Issues
detail-what = What to sync
detail-attention = Needs attention
detail-rules = Rules
detail-your-side = Your side
detail-partner-side = Partner’s side
detail-read = Your Jira was checked { $when }
detail-read-never = Your Jira was not checked yet
detail-next = Next check in { $n } s
detail-next-minutes = Next check in { $n } min
detail-next-now = Next check now
detail-called = Last heard from them { $when }
detail-called-never = Not heard from them yet
detail-waiting-out = { $n } waiting to go out
detail-waiting-in = { $n } waiting to come in
detail-local = Both projects are in this app. This is the side of { $project }.
detail-local-other = Show the side of { $project }
detail-activity = Activity
day-title = Last 24 hours
day-summary = { $changes ->
    [0] Nothing has crossed
    [one] 1 change
   *[other] { $changes } changes
  }, { $problems ->
    [0] no problems
    [one] 1 problem
   *[other] { $problems } problems
  }
day-table = Show as table
day-strip = Show as picture
day-hour = Hour
day-in = From { $partner }
day-out = To { $partner }
day-quiet = In the other hours nothing crossed.
detail-search = Search issues
detail-no-pairs = No issue is synced yet
detail-no-pairs-line = Issues that are created in { $project } from now on appear here with their twin.
detail-connect = Connect two issues that exist…
detail-connect-older = { $partner } uses an older version of Twinline that cannot answer this. Ask when they have updated.
detail-no-match = No synced issue matches “{ $search }”.
detail-ours = Your issue
detail-theirs = Their twin
detail-summary = Summary
detail-state = State
detail-changed = Last change
detail-from-them = came from { $partner }
detail-from-us = came from you
detail-restricted-comments = { $n ->
    [one] 1 comment stays in { $site }: not everybody may read it, or your rules keep it
   *[other] { $n } comments stay in { $site }: not everybody may read them, or your rules keep them
  }
detail-open = Open { $key } in Jira
detail-no-problems = Nothing needs you here
facts-mode = Sync rules
facts-rules = Show them
facts-partner = Partner
facts-way = How both sides meet
facts-called = { $partner } calls this computer at { $address }.
facts-calls = This computer calls { $partner } at { $address }.
facts-relay = Both computers meet at the relay { $address }.
facts-comments = Comments
internal-off = Only service projects have internal comments. Off: what your agents write internally stays here.
internal-leaving = Internal comments are shared from now on, those written earlier too.
internal-staying = Internal comments stay here. Where { $partner } has one already, a note takes the place of its text.
ask-internal-title = Share internal comments with { $partner }?
ask-internal-line = All internal comments on synced issues in { $project } become public comments at { $partner }, those written earlier too. Whoever sees the issue there can read them.
ask-internal-yes = Share them
ask-internal-no = Keep them here
detail-actions = More actions
detail-pairs-count = { $n ->
    [one] 1 issue in sync
   *[other] { $n } issues in sync
  }
issue-menu = Actions for { $issue }
issue-reading = { $issue } is looked at now
issue-stop = Stop syncing this issue
issue-stopped = { $issue } is no longer synced. Both copies stay
ask-stop-title = Stop syncing { $issue }?
ask-stop-line = Both copies stay. What changes from now on stays on its side, and { $partner } is told. It cannot be taken up again: to go on, clone the issue in Jira and add the clone. To hold everything for a while, pause the connection.
ask-stop-yes = Stop syncing
ask-stop-no = Keep syncing

detail-compared = Both sides were last compared { $when }. They agreed on every issue then.
detail-compare = Compare now
detail-comparing = Both sides are compared now.
detail-compared-again = Both sides were compared just now. They agree on every issue.
detail-healed = { $n ->
    [one] 1 difference healed so far.
   *[other] { $n } differences healed so far.
  }

## Window: sync rules

rules-title = Sync rules
rules-outgoing = What leaves { $company }
rules-outgoing-unnamed = What leaves here
rules-incoming = What is written here
rules-directions = Which rules
rules-basic-title = Basic mode: we choose the rules
rules-basic-line = The rules are made for you, and nobody edits them.
rules-basic-both = What is synced, both ways:
rules-basic-type = A type that the other project does not have becomes its default type, or Task.
rules-as-text = The same rules as text
rules-as-text-line = Basic mode does exactly this. In Script mode you can change it.
rules-upgrade = Upgrade to Script mode…
ask-upgrade-title = Write your own rules for { $partner }?
ask-upgrade-same = The rules stay exactly the same until you change them.
ask-upgrade-partner = Nothing changes at { $partner }: their side has rules of its own.
ask-upgrade-back = There is no way back to Basic mode. But every version of the rules is kept, the first one too.
ask-upgrade-yes = Upgrade
ask-upgrade-no = Stay with Basic
rules-upgraded = The connection with { $partner } is in Script mode. Its rules are the same as before.
rules-in-force = Script mode, version { $n } is in force
rules-editor = { $title }: rules
rules-keys = Tab indents. To leave the editor, press Esc, then Tab. Ctrl+Space shows what may stand here, Ctrl+S saves.
rules-completions = Suggestions
rules-selection-deleted = Deleted
rules-control-character = Invisible character
rules-faults = { $n ->
    [one] 1 error
   *[other] { $n } errors
}
rules-go-to-line = Go to line { $line }
rules-try = Try on real issues
rules-try-line = Trying reads the newest issues and shows what would change. It writes nothing, neither here nor at { $partner }.
rules-nothing-to-save = Nothing was changed.
rules-faults-first = The rules can be saved once the errors are gone.
rules-decide-first = Choose first what becomes of the other version.
rules-saved = Saved. Version { $n } is in force.
rules-unsaved = You have unsaved changes.
rules-unsaved-line = They stay in this window until you save them.
rules-discard = Discard…
ask-discard-title = Discard what you wrote?
ask-discard-line = The rules are shown as in version { $n }. What you wrote since cannot be brought back.
ask-discard-yes = Discard
ask-discard-no = Keep writing
rules-overtaken = Version { $n } was saved while you were editing.
rules-overtaken-by = { $by } saved version { $n } while you were editing ({ $when }).
rules-overtaken-line = What you wrote is still here, and is not in force.
rules-look-at = Compare with version { $n }
rules-difference-mine = What your text would change in version { $n }:
rules-keep-mine = Go on with mine
rules-take-other = Take version { $n }…
rules-tried = { $n ->
    [one] Tried with 1 issue. Nothing was written.
   *[other] Tried with { $n } issues. Nothing was written.
}
rules-trial-title = What these rules would change
rules-trial-line = { $n ->
    [one] Tried with the newest issue. Nothing was written.
   *[other] Tried with the newest { $n } issues. Nothing was written.
}
rules-trial-stale = You have changed the rules since.
rules-trial-no-issues = There is no issue to try them on
rules-trial-no-issues-line = Rules can be tried as soon as the first issue is synced.
rules-trial-nothing = { $n ->
    [one] These rules would change nothing at the newest issue
   *[other] These rules would change nothing at the newest { $n } issues
}
rules-trial-nothing-line = What they do at other issues was not tried.
rules-trial-others = { $n ->
    [one] 1 other issue stays as it is.
   *[other] { $n } other issues stay as they are.
}
rules-would-stop = The rules would stop at this issue.
rules-to = To { $partner }
rules-here = Written here
rules-part-issue = The whole issue
rules-part-summary = Summary
rules-part-description = Description
rules-part-type = Issue type
rules-part-field = { $name ->
    [labels] Labels
    [priority] Priority
    [status] Status
   *[other] { $name }
}
rules-part-comment = { $named ->
    [yes] Comment by { $name }
   *[no] Comment
}
rules-part-attachment = { $named ->
    [yes] Attachment { $name }
   *[no] Attachment
}
rules-now = Now
rules-then = With these rules
rules-only-now = only now:
rules-only-then = only with these rules:
rules-stays = (stays here)
rules-travels = (leaves)
rules-not-written = (is not written)
rules-at-once = as soon as you save
rules-with-next = with the issue’s next change
rules-with-next-here = with the next change that arrives
rules-versions = Versions
rules-versions-line = Nothing is lost: an earlier version can be brought back at any time.
rules-version = Version { $n }
rules-version-in-force = in force
rules-brings-back = brought back version { $n }
rules-difference = Show difference
rules-difference-version = Show difference: version { $n }
rules-difference-line = From version { $now }, which is in force, to version { $n }:
rules-difference-of = Differences: { $title }
rules-no-difference = Both versions say the same.
rules-lines-equal = { $n } equal lines
rules-line-new = new:
rules-line-gone = gone:
rules-bring-back = Bring back
rules-bring-back-version = Bring back: version { $n }
rules-brought-back = Version { $old } is in force again, as version { $n }.
## Window: what to sync

what-title = Which issues of { $project } are sent
what-lead = This is about what leaves your side. Your partner chooses what arrives here.
what-sentence = As a sentence
what-jql = Advanced filter (JQL)
what-jql-hint = Empty: all issues of { $project }.
what-jql-only = This filter says more than a sentence can.
what-all = All of them. Add a condition to sync only some.
what-condition = Condition { $n }
what-where = where
what-and = and
what-asked = What it asks for
what-field = { $field ->
    [type] type
    [status] status
    [label] label
    [component] component
    [assignee] assignee
   *[created] created
  }
what-way = How
what-is = { $way ->
    [is] is
    [not] is not
    [after] on or after
   *[before] before
  }
what-value = Value
what-suggested = Suggestions from Jira
what-drop = Remove condition { $n }
what-more = Add a condition
what-older = { $n ->
    [0] Older issues too
    [one] Also the older one that matches
   *[other] Also those { $n } older ones
  }
what-older-off = Off: what was created before this connection stays at home.
what-older-on = On: what was created before this connection is synced too.
what-unfinished = Choose a value for each condition to see what matches.
what-counting = Counting…
what-count = { $n ->
    [0] No issue matches now
    [one] 1 issue matches now
   *[other] { $n } issues match now
  }
what-part = { $standing ->
    [synced] { $n } synced
    [coming] { $n } not synced yet
    [older] { $n } older
   *[left] { $n } stopped or from another partner
  }
match-synced = synced
match-coming = not synced yet
match-older = older
match-left = stays as it is
what-preview = The newest { $n } that match
what-first = The newest { $n } are shown.
what-stays = An issue that no longer matches stays synced until somebody stops it.
what-save = { $n ->
    [0] Save
    [one] Save and sync 1 issue
   *[other] Save and sync { $n } issues
  }
what-saved = Saved. What matches is synced from now on.
what-discard = Discard changes
what-add-title = Add a single issue
what-add-key = Key of the issue
what-add-hint = Also one that does not match, or that is older. Its address in Jira will do.
what-add-missing = Type a key, as in SUP-17.
what-add-yes = Add
what-added = { $issue } is synced with { $partner } from now on.

## Window: two issues that exist already

connect-title = Connect two issues that exist
connect-lead = An issue of yours and one of { $partner } that are about the same thing become a pair. { $partner } is asked first.
connect-lead-local = An issue of { $project } and one of { $partner } that are about the same thing become a pair. Both projects are in this app: nobody has to be asked.
connect-ours = Your issue
connect-ours-hint = Its key or its address in Jira. It is an issue of { $project }.
connect-theirs = { $partner }’s issue
connect-theirs-hint = Its key, as { $partner } calls it, or its address in Jira.
connect-missing-ours = Type a key, as in { $project }-17.
connect-missing-theirs = Type a key, as in GX-42.
connect-next = Next
connect-preview = Before you ask { $partner }
connect-preview-local = Before you connect the two
connect-learns = { $partner } reads this before they answer
connect-learns-key = The address of { $issue } too. Nothing else of it leaves before a yes.
connect-told = “{ $title }”
connect-kept = Your rules keep the summary here.
connect-on-yes = If { $partner } says yes
connect-on-yes-local = From then on
connect-becomes = { $ours } and { $theirs } become one pair, and are kept in step. No new issue is made.
connect-texts = Where the two differ, one text comes to stand on both sides. Twinline chooses which. The other one is kept: the list of issues shows both, and you can choose it there.
connect-comments = Comments and files that everybody may read, earlier ones too, stand on both afterwards. Whoever sees the other issue can read them.
connect-comments-internal = Comments and files that everybody may read, earlier ones and your internal comments too, stand on both afterwards. Whoever sees the other issue can read them.
connect-back-out = There is no way back to before: syncing can be stopped, but what has crossed stays.
connect-on-no = If they say no, nothing changes on either side.
connect-ask = Ask { $partner }
connect-do = Connect
connect-asked = { $partner } is asked about { $ours } and { $theirs }.
connect-made = { $ours } and { $theirs } are being connected.
connect-not-yet = { $partner } is not asked about { $ours } and { $theirs } yet.
connect-not-yet-local = { $ours } and { $theirs } are not connected yet.
connect-paused = { $by ->
    [hours] Outside working hours nothing is sent. The question goes out when they begin.
   *[other] The connection is paused. The question goes out when it is resumed.
  }
connect-paused-local = { $by ->
    [hours] Outside working hours nothing is synced. The two are connected when the hours begin.
   *[other] The connection is paused. The two are connected when it is resumed.
  }
questions-paused = { $by ->
    [hours] Outside working hours nothing is sent. Questions and answers go when they begin.
   *[other] The connection is paused. Questions and answers go when it is resumed.
  }
questions-title = Questions to { $partner }
questions-state = { $state ->
    [waiting_for_partner] Waiting for partner
    [needs_update] Goes when they have updated
    [declined] Declined
   *[unavailable] Cannot be connected
  }
questions-since = since { $when }
questions-withdraw = Withdraw
questions-withdraw-of = Withdraw the question about { $ours } and { $theirs }
questions-withdraw-title = Withdraw the question about { $ours } and { $theirs }?
questions-withdraw-line = { $partner } no longer has to answer. Both issues stay as they are, and you can ask anew.
questions-withdraw-no = Let it stand
questions-withdrawn = The question about { $ours } and { $theirs } is withdrawn.
questions-drop = Remove
questions-drop-of = Remove the answer about { $ours } and { $theirs } from this list
questions-dropped = The answer about { $ours } and { $theirs } is gone from the list.
questions-more = { $n ->
    [one] Show 1 more
   *[other] Show { $n } more
  }

## Window: two texts of one issue

conflict-field = { $field ->
    [summary] Summary
    [description] Description
    [issuetype] Type
    [labels] Labels
    [priority] Priority
    [status] Status
   *[other] { $field }
  }
conflict-mark = { $n ->
    [one] 1 pair of texts to compare
   *[other] { $n } pairs of texts to compare
  }
conflict-mark-of = { $mark }: { $issue }
conflict-earlier = Earlier texts
conflict-earlier-of = Earlier texts of { $issue }
conflict-title = Both texts of { $issue }
conflict-lead = You and { $partner } changed the same text at the same time. One stands in both issues; the other one is kept here.
conflict-close = Close
conflict-heading = { $field } · { $when }
conflict-ours = { $company } wrote
conflict-ours-unnamed = Your side wrote
conflict-theirs = { $partner } wrote
conflict-stands = Stands now
conflict-neither = Another text was written since. It stands in both issues; these two are kept here.
conflict-empty-text = (empty)
conflict-same-words = The words are the same: the two texts differ in their formatting only.
conflict-too-long = These texts are too different to mark each change.
conflict-text-of = { $field }, as { $company } wrote it
conflict-use = Use this text
conflict-use-of = Use this text, which { $company } wrote
conflict-use-ask = Both issues will show this text. The other one stays in this record.
conflict-use-ask-neither = Both issues will show this text in place of what stands there now. The other one stays in this record.
conflict-use-yes = Use it on both sides
conflict-use-no = Go back
conflict-keep = Keep as it is
conflict-used = { $issue } will show this text on both sides.
conflict-kept = Everything stays as it is. Both texts can be read here at any time.
conflict-settled = Looked at
conflict-unlinked = { $issue } is no longer synced. Both texts can be read and copied, but not be used from here.
conflict-none = There are no texts to compare.

## Window: an issue and its twin, side by side

beside-open = Compare
beside-open-of = Compare { $issue } with its twin
beside-title = { $ours } and { $theirs }
beside-title-alone = { $issue } and its twin
beside-back = Issues
beside-read = As it stands in Jira now
beside-stored = As last read, { $when }
beside-never = Not read yet
beside-told = As they last told it, { $when }
beside-untold = They have told nothing yet
beside-again = Read again
beside-records = Changed on both sides at once
beside-comments = { $n ->
    [0] No comments
    [one] 1 comment
   *[other] { $n } comments
  }
beside-files = { $n ->
    [0] No files
    [one] 1 file
   *[other] { $n } files
  }
beside-alike = { $n ->
    [one] 1 that is the same on both sides
   *[other] { $n } that are the same on both sides
  }
beside-left-out = { $n ->
    [one] 1 more character is not shown here.
   *[other] { $n } more characters are not shown here.
  }
beside-counted = { $n ->
    [one] 1 older one is counted, and not shown here.
   *[other] { $n } older ones are counted, and not shown here.
  }
beside-absent = (not there)
beside-unknown = (not known here)
beside-text-of = { $what }, at { $company }
beside-only = only at { $company }:
beside-by = { $author } at { $company }

## Window: activity

activity-title = Activity
activity-empty = Nothing has crossed yet
activity-empty-line = Each change that crosses to or from a partner appears here.
activity-in = from { $partner }
activity-out = to { $partner }
activity-today = Today

## Window: needs attention

attention-title = Needs attention
attention-empty = Nothing needs your attention
attention-empty-checked = Last checked { $when }.
attention-empty-line = If something does, it stands here with what happened, whose turn it is, and a button.
attention-since = began { $when }
attention-times = { $n } times
attention-left-out = { $n ->
    [one] 1 left out
   *[other] { $n } left out
}
attention-rest = Everything else keeps syncing.
attention-causes = { $n ->
    [one] 1 cause
   *[other] { $n } causes
}
attention-retry-all = Try all { $n } again
attention-again = Create again
attention-again-all = Create all { $n } again
attention-again-of = Create again: { $issue }
attention-again-asked = { $partner } is asked for it. It is created again as soon as it comes.
attention-stop = Stop syncing this issue
attention-stop-all = Stop syncing these { $n }
attention-stop-of = Stop syncing this issue: { $issue }
attention-request = Copy request for your admin
attention-reminder = Copy reminder
attention-request-copied = The request is copied. Paste it into an e-mail or a chat to your Jira administrator.
attention-reminder-copied = The reminder is copied. Paste it into an e-mail or a chat to { $partner }.
attention-retry-of = Try again: { $issue }
attention-skip-all = Skip these { $n }
attention-skip-of = Skip: { $issue }
attention-show-issues = Show issues
attention-shown = { $shown } of { $of }
attention-give-up = Skip: gone for good
attention-give-up-title = Stop syncing what is missing?
attention-give-up-line = The issues that are no longer there are not synced any more. Their twins at your partner’s stay. This cannot be undone.
attention-given-up = What is missing is no longer synced.
attention-settings = Open settings
attention-connection = Open the connection
attention-edit-rules = Edit the rules
undo = Undo
details-copy = Copy details
details-copy-all = Copy all details
details-copied = The details are copied.
details-head = Twinline { $version }, { $time }
details-partner = Partner: { $partner }
details-issues = Issues: { $issues }
details-since = Since: { $since }
details-code = Code: { $code } ({ $turn })
details-connection = Connection: { $connection }
attention-sign-in = Sign in again
attention-connect = Connect
attention-do-not-connect = Do not connect
attention-connected = The two are connected once { $partner }’s computer has heard it
attention-not-connected = { $partner } is told that they are not connected
attention-take-over = Let this computer take over
attention-taking-over = This computer takes over as soon as the partner has heard of it.
attention-fill = Choose a value
fill-choose = Choose…
fill-search = Search
fill-search-in = Search the values of { $field }
fill-count = { $n ->
    [0] No value fits
    [one] One value
   *[other] { $n } values
}
fill-missing = Choose a value for { $field }.
fill-now = Chosen until now: { $value }
fill-for = For
fill-for-several = The value is for all synced issues of this type, those to come included.
fill-scope-all = All synced issues of this type, those to come included
fill-scope-one = Only { $issue }
fill-scope-one-unnamed = Only this issue
fill-allowed-line = Write one line of text.
fill-allowed-text = Write a text, up to 30,000 characters.
fill-allowed-number = Write a number, such as 12 or 2.5.
fill-allowed-date = Write a day as year-month-day, such as 2026-12-31.
fill-allowed-other = It can be filled in Jira alone.
fill-submit = Fill in and go on
fill-done = Chosen. What waited goes on.
attention-retried = Trying again.
attention-skipped = { $n ->
    [one] 1 issue is left out.
   *[other] { $n } issues are left out.
}
attention-skipped-issue = { $issue } is left out.
attention-unskipped = Taken back. It waits for you as before.

## Window: Jira accounts

accounts-title = Jira accounts
accounts-add = Add account
accounts-signed-in = Signed in
accounts-signed-out = Sign in again
accounts-used = { $n ->
    [0] not used
    [one] used by 1 connection
   *[other] used by { $n } connections
  }
accounts-projects = { $n ->
    [one] 1 project
   *[other] { $n } projects
  }
accounts-slowed = { $n ->
    [one] Jira asked once to slow down.
   *[other] Jira asked { $n } times to slow down.
  }
accounts-again = Sign in again
accounts-remove = Remove
accounts-more = More about { $site }
accounts-remove-title = Remove the sign-in to { $site }?
accounts-remove-line = Twinline forgets the sign-in. Nothing in your Jira changes.
accounts-remove-yes = Remove
accounts-remove-no = Keep it
accounts-removed = The sign-in to { $site } was removed.
accounts-in-use = Remove the connections that use it first.
accounts-used-by = It is used by these connections. Remove them first.

## Window: settings

settings-title = Settings
settings-company = Company name
settings-company-hint = Partners see it in your invitations.
settings-address = Address of this computer
settings-address-hint = Where partners can call this computer, as https://sync.example.com:7700
settings-suggested = Suggested: { $address }
settings-general = Towards partners
settings-language-title = This app
settings-language = Language
settings-language-hint = For window, tray and notifications. What Twinline writes into Jira is always English.
settings-language-system = As the system
settings-language-en = English
settings-language-de = Deutsch
settings-notify-title = Notifications
settings-notify-connected = A partner accepted, or a first sync is done
settings-notify-attention = Something needs attention
settings-notify-partner = A partner declined, paused or ended a connection
settings-notify-hint = At most one of each kind in an hour, and none for single issues.
settings-pace-title = Sync
settings-pace-every = Check Jira for changes
settings-pace-10s = Every 10 seconds
settings-pace-15s = Every 15 seconds
settings-pace-30s = Every 30 seconds
settings-pace-1m = Every minute
settings-pace-5m = Every 5 minutes
settings-pace-every-hint = Your partners are told, so that they do not wonder why it takes a while.
settings-pace-hours = Only during working hours
settings-pace-hours-line = At other times nothing is checked or sent. Your partners are told until when, and nothing is lost.
settings-pace-days = Days
settings-pace-mon = Mon
settings-pace-tue = Tue
settings-pace-wed = Wed
settings-pace-thu = Thu
settings-pace-fri = Fri
settings-pace-sat = Sat
settings-pace-sun = Sun
settings-pace-from = From
settings-pace-to = Until
settings-pace-overnight = Until then on the next day.
settings-pace-battery = On battery, check once a minute at most
settings-pace-battery-line = As long as this computer is not plugged in.
settings-pace-battery-unknown = This system does not tell Twinline whether the computer is plugged in, so this changes nothing here.
settings-pace-hours-lift = Sync now goes on for ten minutes all the same, Resume until your hours begin again.
settings-about = About this computer
settings-folder = Data lies in
settings-secrets = Sign-ins and keys lie in
settings-secrets-keychain = this computer’s password store
settings-secrets-file = a file that only you can read
settings-secrets-memory = memory only, until you quit
settings-version = Version
settings-saved = Settings are saved.
settings-practice = Practice: addresses on this computer itself are allowed in invitations.

## Window: start, window and look

general-title = General
general-start = Start at login
general-start-line = Without a window: Twinline is in the tray, and goes on syncing.
general-tray = Close to tray
general-tray-line = A closed window leaves Twinline in the tray, and syncing goes on. Otherwise closing it quits Twinline.
general-tray-none = This desktop shows no tray icons now, so closing the window quits Twinline, and syncing stops.
general-theme = Theme
general-theme-system = As the system
general-theme-light = Light
general-theme-dark = Dark
palette-theme-system = Theme as the system
palette-theme-light = Light theme
palette-theme-dark = Dark theme

## Window: privacy and data

privacy-title = Privacy and data
privacy-size = Size
privacy-retention = Keep the activity for
privacy-retention-week = 7 days
privacy-retention-month = 30 days
privacy-retention-quarter = 90 days
privacy-retention-forever = Always
privacy-retention-hint = What was synced, as Activity lists it. What is older is deleted from this computer; syncing does not need it, and nothing changes in Jira.
privacy-export = Export data
privacy-export-hint = Connections, issues with their twins, and activity as one JSON file. No tokens and no keys.
privacy-exported = The data are exported.
privacy-exported-as = Exported to { $path }
privacy-delete = Delete everything…
privacy-delete-hint = Twinline on this computer is then as it was at the first start. It asks first.
privacy-delete-ask = Delete everything on this computer?
privacy-delete-lost = This is deleted and cannot be brought back:
privacy-delete-connections = all connections; your partners are told that they have ended
privacy-delete-accounts = sign-ins, API tokens and keys
privacy-delete-record = which issue has which twin: connected anew, today’s issues are not recognised
privacy-delete-copies = activity, settings, logs, backups, and files on their way
privacy-delete-stays = What stands in Jira stays, on both sides: issues, comments and files.
privacy-delete-yes = Delete everything
privacy-delete-no = Keep everything
privacy-deleted = Everything is deleted.
privacy-deleted-untold = Everything is deleted. Not reached: { $partners }. Tell them that the connection has ended.

## Window: diagnostics

diagnostics-open = Diagnostics for support
diagnostics-title = Diagnostics
diagnostics-what = A file that helps to find a defect. Read it here, save it, and send it yourself to whoever helps you. Twinline sends nothing.
diagnostics-without = There are no summaries, texts, comments or file names in it, no names, e-mail addresses, sites or projects, and no tokens, codes or keys. In the log a “…” stands for what others wrote; lines of other libraries are only counted.
diagnostics-files = What is in it
diagnostics-about = this program and this computer
diagnostics-settings = what was chosen, not what was typed
diagnostics-status = how everything stands
diagnostics-connections = each connection in numbers
diagnostics-problems = which kinds of problems there are
diagnostics-database = sizes and counts
diagnostics-log = what Twinline noted, day by day
diagnostics-save = Save as a file
diagnostics-again = Gather again
diagnostics-saved = The diagnostics are saved.
size-bytes = { $n } bytes
size-kb = { $n } kB
size-mb = { $n } MB
size-gb = { $n } GB

## Rules of Script mode: what is wrong with them

script-fault-syntax = { $line ->
    [0] The rules cannot be read: { $detail }.
   *[other] Line { $line }, character { $column }: this cannot be read ({ $detail }).
}
script-fault-unknown = { $line ->
    [0] The rules name something that does not exist: { $detail }.
   *[other] Line { $line }, character { $column }: this does not exist ({ $detail }).
}
script-fault-kind = { $line ->
    [0] The rules use a value of the wrong kind: { $detail }.
   *[other] Line { $line }, character { $column }: a value of another kind is needed here ({ $detail }).
}
script-fault-steps = { $line ->
    [0] The rules take too long for one issue. Allowed are { $detail }.
   *[other] Line { $line }, character { $column }: the rules take too long for one issue. Allowed are { $detail }.
}
script-fault-size = { $line ->
    [0] The rules are too large, or make something too large. Allowed is { $detail }.
   *[other] Line { $line }, character { $column }: this becomes too large. Allowed is { $detail }.
}
script-fault-depth = { $line ->
    [0] The rules nest too deep ({ $detail }).
   *[other] Line { $line }, character { $column }: this nests too deep ({ $detail }).
}
script-fault-thrown = { $line ->
    [0] The rules stop this issue: “{ $detail }”
   *[other] The rules stop this issue in line { $line }, character { $column }: “{ $detail }”
}
script-fault-missing = { $detail ->
    [summary] The incoming rules give the new issue no summary. Assign one, as in: issue.summary = replica.summary;
   *[type] The incoming rules give the new issue no type. Assign one, as in: issue.type = mirror(replica.type);
}
script-fault-failed = { $line ->
    [0] The rules break off: { $detail }.
   *[other] Line { $line }, character { $column }: the rules break off here ({ $detail }).
}

## Notes: what is good to know in time

calls-hour = { $count ->
    [one] 1 call to Jira in the last hour.
   *[other] { $count } calls to Jira in the last hour.
} Closest to its limits: { $percent } %.
calls-since = { $count ->
    [one] 1 call to Jira since { $time }.
   *[other] { $count } calls to Jira since { $time }.
} Closest to its limits: { $percent } %.
token-ends = The token ends on { $date }, { $days ->
    [0] today
    [1] tomorrow
   *[other] in { $days } days
}
token-ended = The token was to end on { $date }
note-token-ends = The API token for { $site } ends on { $date }, { $days ->
    [0] today
    [1] tomorrow
   *[other] in { $days } days
}.
note-token-ends-next = Create a new one in Jira and sign in again before that, so that syncing does not stop.
note-token-ended = The API token for { $site } was to end on { $date }; Jira still accepts it.
note-token-ended-next = Sign in again with a new token and its day.

## Dates: as tray, title and command line say them

date-long = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }
date-and-clock = { $weekday ->
    [1] Mon
    [2] Tue
    [3] Wed
    [4] Thu
    [5] Fri
    [6] Sat
   *[7] Sun
} { $day } { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
} { $year }, { $clock }

## Command line

cli-turn-you = (Your turn.)
cli-turn-partner = (Your partner’s turn.)
cli-turn-network = (Nobody’s turn: the network’s.)
cli-turn-tracker = (Your Jira administrator’s turn.)
cli-ask-token = API token (it is not shown):
cli-ask-other = This is { $found }’s account; the connections use { $expected }’s. Continue with { $found }? [y/N]
cli-ask-internal = All internal comments on synced issues in { $project } become public comments at { $partner }, those written earlier too. Share them? [y/N]
cli-internal-yes = Nothing was changed. To share the internal comments in { $project } with { $partner }, those written earlier too, add --yes.
cli-internal-leave = Internal comments in { $project } are shared with { $partner } from now on, those written earlier too.
cli-internal-stay = Internal comments in { $project } stay here from now on. In those that { $partner } has already, a note takes the place of the text.
cli-ask-invitation = Paste the invitation (it is not shown), then press Enter:
cli-token-missing = There is no API token on standard input. Pass it with a pipe or a file, as in: twinline-node account add … < token.txt
cli-no-folder = There is no Twinline data at { $folder }. Check the folder behind --data; “account add” begins a new one.
cli-secret-argument = API tokens and invitation codes are read from standard input, never from the command line: the shell may keep this one in its history now. Pass it with a pipe or a file, as in: twinline-node account add … < token.txt
cli-invitation-missing = There is no invitation on standard input. Pass it with a pipe or a file, as in: twinline-node connection accept … < invitation.txt
cli-input-output = Standard input or output cannot be used: { $detail }.
cli-once-stopped = Stopped before both sides were in step. Run it again to go on where it stopped.
cli-listening = listening on { $address }
cli-at-relay = partners find this node at the relay { $relay }
cli-yes = yes
cli-left-out = left out
cli-retried = { $count ->
    [one] It is tried again as soon as Twinline runs. If it fails again, “problems” shows it.
   *[other] They are tried again as soon as Twinline runs. What fails again stands in “problems”.
}
cli-skipped = { $count ->
    [one] Left as it is. “problems --all” shows it, and “problem retry” takes it up again.
   *[other] Left as they are. “problems --all” shows them, and “problem retry” takes them up again.
}
cli-removed = Removed. Every issue stays where it is.
cli-diagnostics-saved = Saved as { $file }. Nothing was sent: send it yourself to whoever helps you.
cli-hint-fill = Choose a value: twinline-node problem fill { $id }
cli-hint-retry = Try again: twinline-node problem retry { $id }. Leave as it is: twinline-node problem skip { $id }
cli-hint-again = Create it again: twinline-node problem retry { $id }. Stop syncing it: twinline-node problem skip { $id }
cli-hint-renew = Sign in again: twinline-node account renew { $id } < token.txt
cli-hint-renew-expires = Sign in again: twinline-node account renew { $id } --expires YYYY-MM-DD < token.txt
cli-hint-take-up = Take up again what was left out: twinline-node problem retry { $id }
cli-hint-request = Print a text to send to whoever can mend it: twinline-node problem request { $id }
cli-approved = Approved. Syncing begins with { $partner }’s next call.
cli-declined = Declined. { $partner } was told, and the invitation no longer works.
cli-hint-approve = Let them in: twinline-node connection approve { $id }. Refuse: twinline-node connection reject { $id }
cli-account-ambiguous = More than one account’s id begins with { $id }. Type more of it.
cli-id-ambiguous = More than one connection’s id begins with { $id }. Type more of it.
cli-no = no
cli-compare-head = { $ours } at { $company }, { $theirs } at { $partner }: { $state }
cli-compare-read = { $company }: as it stands in Jira now.
cli-compare-stored = { $company }: as it was last read, { $when }.
cli-compare-never = { $company }: not read yet.
cli-compare-told = { $partner }: as they last told it, { $when }.
cli-compare-untold = { $partner } has told nothing yet.
cli-compare-signs = (- stands at { $company }, + stands at { $partner })
cli-compare-comments = Comments: { $n }
cli-compare-files = Files: { $n }
cli-compare-left-out = … { $n } more characters
cli-compare-records = Both texts where both sides changed one: twinline-node conflict list --connection { $id }
cli-compare-several = { $issue } is synced on more than one connection. Add --connection ID, as “connection list” shows it.
cli-pair-read = { $issue } is read from Jira at the next check, even if its search is late. What has changed is sent then.
cli-pair-read-later = Twinline does not run here. { $issue } is read when it does.
cli-pair-added = { $issue } is synced with { $partner } from now on.
cli-pair-added-later = Twinline does not run here. { $issue } is synced with { $partner } when it does.
cli-question-asked = { $partner } is asked whether { $theirs } and { $ours } are to be connected. The question’s id is { $id }.
cli-question-asked-later = Twinline does not run here. { $partner } is asked about { $theirs } and { $ours } when it does. The question’s id is { $id }.
cli-question-preview = Before they answer, { $partner } reads: { $issue } “{ $title }”
cli-question-preview-kept = Before they answer, { $partner } reads: { $issue }. Your rules keep the summary here.
cli-question-accepted = { $ours } and { $theirs } are connected once { $partner }’s computer has heard it.
cli-question-accepted-later = Twinline does not run here. { $ours } and { $theirs } are connected when it does, and { $partner }’s computer has heard it.
cli-question-declined = { $partner } is told that { $theirs } is not connected with { $ours }.
cli-question-withdrawn = The question about { $ours } and { $theirs } is withdrawn.
cli-question-ambiguous = Several questions begin with “{ $id }”. Type more of the id.
cli-none-questions = No questions.
cli-ask-what = { $n ->
    [one] 1 issue in { $project } that is not synced yet will be copied to { $partner }. Go on? [y/N]
   *[other] { $n } issues in { $project } that are not synced yet will be copied to { $partner }. Go on? [y/N]
  }
cli-what-yes = { $n ->
    [one] Nothing was changed. 1 issue in { $project } that is not synced yet would be copied to { $partner }: to do so, add --yes.
   *[other] Nothing was changed. { $n } issues in { $project } that are not synced yet would be copied to { $partner }: to do so, add --yes.
  }
cli-what-changed = Changed. What is synced with { $partner } stays so until somebody stops it, even if it does not match.
cli-col-check-every = Checks
cli-col-hours = Hours
cli-col-battery = Battery
cli-col-now = Now
cli-hours-any = any time
cli-battery-slower = once a minute at most
cli-battery-same = as often as otherwise
cli-battery-unknown = once a minute at most, but this system does not tell when
cli-day-mon = Mon
cli-day-tue = Tue
cli-day-wed = Wed
cli-day-thu = Thu
cli-day-fri = Fri
cli-day-sat = Sat
cli-day-sun = Sun
cli-what-all = all issues
cli-match = { $standing ->
    [synced] synced
    [coming] will be synced
    [older] older, not synced
   *[left] stays as it is
  }
cli-pair-stopped = { $issue } is no longer synced with { $partner }. Both issues stay as they are.
cli-ask-upgrade = The rules stay exactly the same until you change them. There is no way back to Basic mode. Upgrade the connection with { $partner }? (y/n)
cli-upgrade-yes = Nothing was changed. To upgrade the connection with { $partner } to Script mode, say --yes.
cli-rules-unreadable = { $file } cannot be read: { $why }
cli-rules-head = { $mode ->
    [basic] Basic mode. Nobody edits these rules; "twinline-node rules upgrade" turns them into rules that may be edited.
   *[script] Script mode, version { $version }.
}
cli-rules-outgoing = What leaves:
cli-rules-incoming = What is written here:
cli-rules-part = { $part ->
    [issue] the issue
    [summary] summary
    [description] description
    [type] type
    [field] { $name }
    [comment] comment by { $name }
   *[attachment] file { $name }
}
cli-rules-value-none = { $direction ->
    [outgoing] stays here
   *[incoming] is left out
}
cli-rules-value-plain = { $direction ->
    [outgoing] leaves
   *[incoming] is empty
}
cli-rules-try-nothing = { $count ->
    [0] No issue is synced yet to try the rules on.
   *[other] These rules change nothing at the newest { $count } issues.
}
cli-rules-try-wrote-nothing = Nothing was written.
cli-rules-saved = Version { $version } of the rules is in force. It applies from each issue's next change on.
cli-rules-version = { $now ->
    [yes] *
   *[no] {" "}
} { $version }  { $time }  { $by }{ $kind ->
    [back] , brought back version { $from }
   *[written] {""}
}
cli-rules-fault = { $direction ->
    [outgoing] What leaves:
   *[incoming] What is written here:
} { $sentence }
cli-rules-change = {"  "}{ $direction ->
    [outgoing] leaves
   *[incoming] is written here
}: { $part }: { $now } → { $then }{ $when ->
    [once] {" "}(at once)
   *[next] {""}
}
cli-none-accounts = No account yet. Add one with: twinline-node account add
cli-none-projects = This account sees no project.
cli-none-connections = No connection yet. Make one with: twinline-node connection initiate
cli-none-problems = Nothing needs your attention.
cli-none-request = Nobody else has to be written to about this.
cli-none-pairs = No issue has been synced yet.
cli-none-conflicts = No text was overruled.
cli-none-files = There is nothing in it.
cli-none-activity = Nothing has been synced yet.
cli-col-id = ID
cli-col-site = Site
cli-col-email = E-mail
cli-col-name = Name
cli-col-projects = Projects
cli-col-connections = Connections
cli-col-signed-in = Signed in
cli-col-token-ends = Token ends
cli-col-key = Key
cli-col-reason = Cannot be chosen because
cli-col-partner = Partner
cli-col-partner-site = Their site
cli-col-partner-project = Their project
cli-col-partner-person = Their admin
cli-col-comparison = Comparison number
cli-col-role = Who calls
cli-col-other-side = The other side
cli-col-mode = Sync rules
cli-col-project = Project
cli-col-state = State
cli-col-pairs = In sync
cli-col-out = Waiting out
cli-col-in = Waiting in
cli-col-problems = Problems
cli-col-address = Address
cli-col-invitation-until = Invitation until
cli-col-checked = Last checked
cli-col-contact = Partner last seen
cli-col-activity = Last activity
cli-col-issue = Issue
cli-col-turn = Whose turn
cli-col-since = Since
cli-col-what = What
cli-col-ours = Ours
cli-col-direction = Way
cli-col-theirs = Theirs
cli-col-changed = Last change
cli-col-title = Summary
cli-col-at = When
cli-col-field = Text
cli-col-current = Stands now
cli-col-our-text = We wrote
cli-col-their-text = They wrote
cli-col-compared = Last compared
cli-col-resumes = Goes on at
cli-col-filter = Filter
cli-col-older-too = Older issues too
cli-col-match = Match now
cli-col-match-synced = Synced already
cli-col-match-coming = Will be synced
cli-col-match-older = Older, not synced
cli-col-match-left = Stopped, or from another partner
cli-col-internal = Internal comments leave
cli-col-jira-field = Field
cli-col-allowed = Value that it takes
cli-col-chosen = Chosen
cli-field-kind = { $kind ->
    [line] one line of text
    [text] a text
    [number] a number
    [date] a day, such as 2026-12-31
   *[other] (can be filled in Jira alone)
}
cli-col-healed = Differences healed
cli-col-file = File
cli-col-bytes = Bytes
cli-current = { $current ->
    [ours] ours
    [theirs] theirs
   *[neither] another one
}
cli-conflict-state = { $settled ->
    [yes] looked at
   *[no] open
}
cli-role = { $role ->
    [public] the partner calls us (public side)
    [private] we call the partner (private side)
   *[local] both projects are here
}
cli-mode = { $mode ->
    [script] Script
   *[basic] Basic
}
cli-state = { $state ->
    [waiting_for_partner] waiting for partner
    [waiting_for_you] waiting for you
    [first_sync] first sync
    [up_to_date] up to date
    [checking] checking
    [syncing] syncing
    [delayed] delayed
    [needs_attention] needs attention
    [paused] paused
    [offline] offline
    [declined] declined
   *[disconnected] disconnected
}
cli-pair-state = { $state ->
    [in_step] in step
    [syncing] syncing
    [stopped] stopped
    [waiting_for_partner] waiting for partner
    [skipped] partly left out
   *[unlinked] no longer synced
}
cli-direction = { $direction ->
    [in] in
   *[out] out
}
cli-owner = { $owner ->
    [you] you
    [partner] your partner
    [network] the network
   *[tracker] your Jira administrator
}

## Tray

tray-title = Twinline — { $sentence }
title-practice = Twinline practice — { $sentence }
tray-starting = Starting…
tray-open = Open Twinline
tray-attention = Needs attention ({ $count })…
tray-connection = { $partner }: { $state }
tray-connection-open = Open
tray-connection-pause = Pause
tray-connection-resume = Resume
tray-sync-now = Sync now
tray-pause = Pause syncing
tray-pause-hour = 1 hour
tray-pause-tomorrow = Until tomorrow, 08:00
tray-pause-open = Until I resume
tray-resume = Resume syncing
tray-settings = Settings…
tray-quit = Quit Twinline

## Notifications: what the desktop shows, at most once an hour

notification-accepted = { $partner } accepted your invitation
notification-accepted-ask = Look who it is, and approve.
notification-accepted-next = You are connected. Syncing starts by itself.
notification-accepted-many = { $count } partners accepted your invitations
notification-first-sync = First sync with { $partner } is done
notification-first-sync-next = { $count ->
    [0] New issues are synced from now on.
    [one] One issue is in step.
   *[other] { $count } issues are in step.
}
notification-first-sync-many = First syncs with { $count } partners are done
notification-attention = { $partner }: needs attention
notification-attention-here = Twinline needs attention
notification-attention-many = { $count } things need you
notification-paused = { $partner } paused the connection
notification-paused-next = What changes meanwhile is kept, and synced when { $partner } resumes.
notification-declined = { $partner } declined
notification-declined-next = Nothing was synced. You can make a new invitation at any time.
notification-left = { $partner } ended the connection
notification-left-next = The issues stay on both sides, and are no longer synced.
notification-partner-many = { $count } partners declined, paused or ended a connection
notification-more = and { $count } more
notification-open = Open

## Status: one sentence for window, tray, title and command line
key-unknown = (no key yet)
until-tomorrow = tomorrow, { $clock }
status-up-to-date = Up to date
status-checking = Checking…
status-syncing = { $count ->
    [0] Syncing…
    [one] Syncing one change
   *[other] Syncing { $count } changes
}
status-delayed-several = { $count } connections are delayed
status-needs-attention = { $count ->
    [one] One thing needs attention
   *[other] { $count } things need attention
}
status-asking = { $count ->
    [one] A partner waits for your approval
   *[other] { $count } partners wait for your approval
}
status-paused = Paused
status-paused-until = Paused until { $until }
status-offline = Offline
status-not-running = Twinline does not run here, so nothing is synced until it does
status-not-set-up = Not set up
status-waiting = Waiting for partner

state-waiting-for-partner = Waiting for { $partner } to accept the invitation
state-waiting-for-answer = Waiting for { $partner }’s computer to answer
state-waiting-for-relay = Waiting for the relay { $relay }, which this computer cannot reach
state-waiting-past-stranger = Waiting for { $partner }’s computer. Something else than Twinline answers at { $address }, perhaps a sign-in page of your network
state-waiting-for-name = Waiting for { $partner }’s computer. No computer is known under the name in { $address }
state-waiting-for-approval = Waiting for { $partner } to approve
state-waiting-for-you = { $partner } wants to connect. Approve or reject
state-first-sync = First sync: { $percent } %, { $done } of { $total } issues
state-first-sync-begins = First sync: the issues that exist are being read
state-first-sync-left = First sync: { $percent } %, about { $minutes } min left
state-first-sync-reading = First sync: { $done } of { $total } issues, and more are being read
state-up-to-date = Up to date
state-checking = Checking…
state-syncing = { $count ->
    [0] Syncing…
    [one] Syncing one change
   *[other] Syncing { $count } changes
}
state-delayed = { $count ->
    [one] Waiting for { $partner } to look at one thing
   *[other] Waiting for { $partner } to look at { $count } things
}
state-delayed-tracker = { $site } is under maintenance or unavailable since { $since }. Syncing goes on by itself
state-delayed-partner = Waiting for { $partner }: something needs attention there. Nothing is lost
state-delayed-partner-sign-in = Waiting for { $partner }’s sign-in: their Jira no longer accepts it. Nothing is lost
state-delayed-partner-project = Waiting for { $partner }: their project cannot be used now. Nothing is lost
state-delayed-partner-disk = Waiting for { $partner }: their disk is full. Nothing is lost
state-delayed-partner-hours = Outside working hours at { $partner } until { $until }. Nothing is lost
state-delayed-partner-tracker = Waiting for { $partner }’s Jira: it is under maintenance or unavailable. Syncing goes on by itself
state-needs-attention = { $count ->
    [one] One thing needs attention
   *[other] { $count } things need attention
}
state-paused-by-you = Paused by you
state-paused-until = Paused until { $until }
state-paused-by-both = Paused by you, and by { $partner } too
state-paused-until-and-by-partner = Paused by you until { $until }, and by { $partner } too
state-paused-by-partner = Paused by { $partner }
state-outside-hours = Outside working hours until { $until }
state-not-running = Twinline does not run here, so nothing is synced until it does
state-offline = Offline. { $partner } was last heard at { $time }
state-offline-never = Offline. { $partner } has not been reached yet
state-offline-relay = Offline. The relay { $relay } cannot be reached
state-offline-stranger = Offline. Something else than Twinline answers at { $address }, perhaps a sign-in page of your network
state-offline-name = Offline. No computer is known under the name in { $address }
state-declined = { $partner } declined. Nothing was synced
state-disconnected = Disconnected. The issues of both sides stay

pace-seconds = { $count ->
    [one] Jira is checked every second.
   *[other] Jira is checked every { $count } seconds.
}
pace-minutes = { $count ->
    [one] Jira is checked once a minute.
   *[other] Jira is checked every { $count } minutes.
}
pace-battery = { $count ->
    [one] On battery: Jira is checked once a minute.
   *[other] On battery: Jira is checked every { $count } minutes.
}
pace-rests = Outside working hours until { $until }.

## Activity: what happened, as a person would say it
activity-in-created = { $partner } created { $theirs } → new { $ours } (type { $type })
activity-in-created-as = { $partner } created { $theirs } → new { $ours }. { $theirs_type } does not exist here, so it became { $type }
activity-in-changed = { $partner } changed the { $field ->
    [issuetype] type
   *[other] { $field }
} of { $theirs } → updated { $ours }
activity-in-comment = { $author } ({ $partner }) commented on { $theirs } → copied to { $ours }
activity-in-comment-edited = { $author } ({ $partner }) edited a comment on { $theirs } → updated in { $ours }
activity-in-attachment-removed = { $partner } removed { $file } from { $theirs } → removed from { $ours }
activity-in-attachment = { $partner } attached { $file } to { $theirs } → copied to { $ours }
activity-out-created = You created { $ours } → new { $theirs } at { $partner }
activity-out-changed = You changed the { $field ->
    [issuetype] type
   *[other] { $field }
} of { $ours } → sent to { $partner } for { $theirs }
activity-out-comment = { $author } commented on { $ours } → sent to { $partner }
activity-out-attachment = You attached { $file } to { $ours } → sent to { $partner }
activity-out-parked = { $ours } waits at { $partner }: their side needs attention
activity-out-skipped = { $partner } left out what their side could not do for { $ours }
activity-out-resumed = { $ours } goes on at { $partner }
activity-out-rejected = { $partner } does not sync { $ours }
activity-conflict-ours = Both sides changed the { $field ->
    [issuetype] type
   *[other] { $field }
} of { $ours }. Yours was kept, because the issue was born here; the other text is in the record
activity-conflict-theirs = Both sides changed the { $field ->
    [issuetype] type
   *[other] { $field }
} of { $ours }. { $partner }’s was kept; your text is in the record
activity-unlinked-moved = { $ours } was moved to another project. It is no longer synced; both issues stay
activity-unlinked-gone = { $ours } was deleted, or is no longer visible. It is no longer synced; { $theirs } at { $partner } stays
activity-unlinked-changed = { $ours } is no longer the issue that was agreed on: it was moved, hidden, or is synced elsewhere. It is not connected
activity-connected = { $ours } and { $theirs } of { $partner } were connected, and are kept in step
activity-question-refused = { $ours } and { $theirs } of { $partner } are not connected
activity-question-withdrawn = { $partner } withdrew the question whether { $theirs } and { $ours } are to be connected
activity-again-asked = You want { $theirs } of { $partner } created again, in place of { $ours }
activity-again-partner = { $partner } lost its twin of { $ours }, and creates it again
activity-unlinked-here = You stopped syncing { $ours } with { $partner }. Both issues stay as they are
activity-unlinked-partner = { $partner } stopped syncing { $theirs }. { $ours } stays as it is
activity-comment-not-visible = A comment by { $author } on { $ours } is no longer visible. The copy at { $partner } stays
activity-comment-twice = A comment of { $partner } stands on { $ours } a second time, because Jira took it late. The second may be deleted
activity-attachment-not-visible = { $file } on { $ours } is no longer visible. The copy at { $partner } stays

## Questions: two issues that exist already

question-waiting-for-partner = { $partner } is asked whether { $theirs } and your { $ours } are to be connected.
question-needs-update = { $partner } uses an older version of Twinline that cannot answer this. The question goes out when they have updated.
question-declined = { $partner } does not want { $theirs } to be connected with { $ours }.
question-unavailable = { $theirs } of { $partner } cannot be connected with { $ours }.
question-waiting-for-you = { $partner } asks whether { $theirs } and your { $ours } are to be connected.
question-agreed = You said yes. { $theirs } and { $ours } are connected once { $partner }’s computer has heard it.

## Compare: an issue and its twin, side by side

compare-here = your side
compare-part = { $part ->
    [summary] Summary
    [description] Description
   *[issuetype] Issue type
}
compare-same = The same
compare-same-form = Agreed
compare-differs = Differs
compare-only-ours = Only at { $company }
compare-only-theirs = Only at { $partner }
compare-none = No difference, as far as { $partner } has told.
compare-gone = { $issue } was deleted at { $company }, moved away or hidden. What { $partner } has stays as it is.
compare-some = { $n ->
    [one] One difference.
   *[other] { $n } differences.
}
compare-staying = { $n ->
    [one] One difference, which stays as it is. Nothing is to be synced.
   *[other] { $n } differences, which stay as they are. Nothing is to be synced.
}
compare-some-staying = { $n } differences; { $staying } of them { $staying ->
    [one] stays as it is
   *[other] stay as they are
}.
compare-note-stopped = Something of this issue waits for you in Needs attention.
compare-note-parked = Something of this issue waits for a person at { $partner }: their Jira may not show all of it yet.
compare-note-skipped = Something of this issue was left out by a person of either side.
compare-note-unlinked = This issue is no longer synced. Both sides are shown as they were last known; nothing moves any more.
compare-note-paused = { $partner } has paused: what has changed there since is not known here.
compare-unknown = What stands at { $partner } now is not known here.
compare-form = Each Jira shows it in its own form.
compare-form-type = “{ $theirs }” at { $partner } stands for “{ $ours }” at { $company }.
compare-unnoticed = It is new to Twinline, and goes to { $partner } after the next check.
compare-to-partner = It waits here to go to { $partner }.
compare-sent = It is on its way to { $partner }.
compare-to-us = { $partner } has told it, and it is still to be written at { $company }.
compare-chosen = Another text was chosen, and is on its way to both sides.
compare-both = Both sides changed it at once; neither text is lost.
compare-formatting = The words are the same; the formatting differs.
compare-again = { $partner } is told once more, because the two sides were found to differ.
compare-rules = It stays at { $company }: the rules of this connection, or its visibility in Jira, keep it there.
compare-restricted = Not everybody at { $company } may read it: it stays there, and is not shown here.
compare-internal = An internal comment: it stays at { $company }, and is not shown here.
compare-security = A security level stands on the issue: nothing of it leaves { $company }.
compare-withdrawn = It was restricted at { $company } after it had left: a note takes its place at { $partner }.
compare-not-visible = It can no longer be seen at { $company }, and stays at { $partner }.
compare-foreign = Somebody at { $company } changed what only repeats { $partner }’s words. That does not go back.
compare-unreadable = It cannot be read at { $company }; see Needs attention.
compare-refused = Your Jira does not take it; see Needs attention.
compare-removed-here = Somebody at { $company } removed it, and { $partner } is told.
compare-removed-there = Somebody at { $partner } removed it, and it goes at { $company } too.
compare-bytes-out = { $partner } is still fetching the file.
compare-bytes-in = The file is still on its way to { $company }.
compare-line = Twinline wrote it in place of a file.
compare-second = It landed a second time, and stands apart.
compare-drift = Another tool keeps changing it. It is left alone until you try again.

## Comments: the line above a partner's comment, behind the author's name
comment-attribution = ({ $company }) wrote on { $time }:
comment-withdrawn = { $company } no longer shows this comment.

## Files that Jira does not take: the comment that stands in their place
notice-file-stays = { $company } attached { $file } ({ $size }). It could not be copied here, because this Jira does not take it. Ask { $company } for it, or your Jira administrator.
notice-file-came = { $company } attached { $file } ({ $size }). It is here now.
notice-file-gone = { $company } attached { $file } ({ $size }), and took it away again.

## Texts that are longer than Jira takes: their last line in Jira
text-goes-on = This text goes on in the attached file “{ $file }”. To change that part, ask your partner.
comment-goes-on = The rest of this comment did not fit here. { $company } has all of it.

## Invitation message: what the partner gets by mail
invitation-message =
    { $company } invites you to connect Jira issues. In Twinline choose “Accept invitation” and paste this whole message.

    { $code }

    Where Twinline is installed, this link opens it with the code filled in:
    { $link }

    Valid until { $until }. Works once. Do not post it publicly.

## Requests: ready texts, for whoever can mend a problem
request-permission =
    Hello,

    to keep issues in step with { $partner } I use Twinline in the Jira project { $project } at { $site }, with the account of { $name } ({ $email }). For that, this account needs these permissions in the project:

    { $permissions }

    Could you grant them? Thank you.
request-permission-answer =
    Hello,

    to keep issues in step with { $partner } I use Twinline in the Jira project { $project } at { $site }, with the account of { $name } ({ $email }). Jira answered: “{ $answer }”

    For that, this account needs these permissions in the project:

    { $permissions }

    Could you grant them? Thank you.
request-reminder =
    Hello { $person },

    your Twinline was last heard on { $time }. What changes in our shared Jira issues waits since then; nothing is lost. Could you look whether Twinline is running on your computer, and whether it is online? It goes on by itself then.

    Thank you.
request-reminder-unnamed =
    Hello,

    your Twinline was last heard on { $time }. What changes in our shared Jira issues waits since then; nothing is lost. Could you look whether Twinline is running on your computer, and whether it is online? It goes on by itself then.

    Thank you.

## Address: what answers at an address
address-twinline = Twinline answers at { $address }.
address-other = Something else than Twinline answers at { $address }.
address-nameless = No computer is known under the name in { $address }.
address-silent = Nothing answers at { $address }.
relay-answers = The relay { $relay } can be reached from here.
relay-silent = No relay can be reached at { $relay }.

## Permissions, as Jira's admins know them
permission-browse-projects = Browse projects
permission-create-issues = Create issues
permission-edit-issues = Edit issues
permission-add-comments = Add comments
permission-create-attachments = Create attachments
project-forbidden-reason = Your account lacks: { $permissions }

## Values for fields that Jira demands
fill-allowed-options = { $more ->
    [0] Choose one of: { $names }.
   *[other] Choose one of: { $names } and { $more } more.
}

## Problems: what happened, to what; and what to do
problem-newer = Something needs attention that this version has no words for ({ $code }).
problem-newer-next = Update Twinline.
problem-site-not-found = There is no Jira site at { $site }.
problem-site-not-found-next = Copy the address from your browser while Jira is open, for example acme.atlassian.net.
problem-site-unreachable = { $site } does not answer.
problem-site-unreachable-next = Check that this computer is online, then try again.
problem-clock-wrong = This computer’s clock is wrong: it shows { $time }, and the certificate of { $site } does not fit that.
problem-clock-wrong-next = Set the clock right. Syncing goes on by itself; nothing is lost meanwhile. If the clock is right, ask your IT who answers in the place of { $site }.
problem-site-moved = { $site } is now { $to }.
problem-site-moved-next = Sign in again: Twinline takes the new address over by itself. Nothing is lost meanwhile, and nothing is synced twice.
problem-site-differs = { $found } is another Jira site than { $site }.
problem-site-differs-next = Check the address. To sync with another site, add an account for it and connect anew.
problem-token-ends-unfit = { $why ->
    [past] The day { $date } is over, so the API token has ended already.
    [far] An API token of Atlassian lives a year at most, so { $date } cannot be the day on which it ends.
   *[unreadable] “{ $date }” cannot be read as a day.
}
problem-token-ends-unfit-next = { $why ->
    [past] Create a new API token in Jira, or leave the day out.
   *[other] Enter a day from today to { $latest } as year, month and day, like 2027-03-01, or leave it out. Atlassian’s list of your API tokens shows when each ends.
}
problem-token-rejected = Jira did not accept the e-mail address { $email } with this API token at { $site }.
problem-token-rejected-next = Check the e-mail address, create a new API token in Jira, and paste it again.
problem-no-project = This account may not create issues in any project of { $site }.
problem-no-project-next = Ask your Jira administrator for the permission to create and edit issues in one project.
problem-project-unknown = The account sees no project { $project } at { $site }.
problem-project-unknown-next = Check the project’s key, or ask your Jira administrator for access to it.
problem-problem-stays = This stops everything, so it cannot be left out.
problem-problem-stays-next = Do what “problems” says about it. Syncing goes on by itself then; nothing is lost meanwhile.
problem-project-archived = The project { $project } at { $site } is archived, so nothing can be written there. What { $partner } sends waits.
problem-project-archived-next = Ask your Jira administrator to restore the project. Syncing goes on by itself then; nothing is lost meanwhile.
problem-project-deleted = The project { $project } at { $site } was deleted. { $partner }’s issues stay as they are, and changes wait.
problem-project-deleted-next = Ask your Jira administrator to restore the project from Jira’s trash. Syncing goes on by itself then. If it is gone for good, remove the connection.
problem-project-forbidden = Your account may not sync into { $project }. It lacks: { $permissions }.
problem-project-forbidden-next = Ask your Jira administrator for these permissions, or choose another project.
problem-project-without-types = { $project } has no issue type that can be used.
problem-project-without-types-next = Ask your Jira administrator to add the type Task to the project, or choose another project.
problem-account-unknown = There is no Jira account { $account } here.
problem-account-unknown-next = Choose one of the accounts in the list.
problem-account-in-use = The account at { $site } is used by: { $connections }.
problem-account-in-use-next = Remove these connections first.
problem-account-differs = This is { $found }’s account; the connections use { $expected }’s.
problem-account-differs-next = Sign in as { $expected }. To continue with { $found }: twinline-node account renew … --other-account
problem-account-twice = { $found } has an account of its own here for { $site }.
problem-account-twice-next = Remove that account first, if no connection uses it, or sign in as the person whom the connections use.
problem-keychain-missing = This computer has no password store.
problem-keychain-missing-next = Install or start one (on Linux for example GNOME Keyring), or sign in again each time Twinline starts.
problem-keychain-locked = The computer’s password store is locked or did not answer.
problem-keychain-locked-next = Unlock it, then try again. Nothing is lost meanwhile.
problem-secret-missing = A saved secret is no longer in the password store: { $what }.
problem-secret-missing-next = Sign in to Jira again. If a connection’s key is missing, ask the partner for a new invitation.
problem-invitation-absent = There is no invitation code in this text.
problem-invitation-absent-next = Copy the whole message from your partner and paste it again. The code begins with twl1.
problem-invitation-incomplete = The invitation code is incomplete: { $missing ->
    [one] one character is missing
   *[other] { $missing } characters are missing
}.
problem-invitation-incomplete-next = Copy the whole code up to its end and paste it again.
problem-invitation-typo = The invitation code has a typing mistake.
problem-invitation-typo-next = Copy it from your partner’s message instead of typing it, and paste it again.
problem-invitation-too-new = This invitation was made by a newer version of Twinline.
problem-invitation-too-new-next = Update Twinline, then paste it again.
problem-invitation-expired = This invitation of { $partner } has expired.
problem-invitation-expired-next = Ask { $partner } for a new one.
problem-invitation-used = This invitation of { $partner } was used already. It works once.
problem-invitation-used-next = Ask { $partner } for a new one. If nobody of your company used it, tell them.
problem-invitation-withdrawn = { $partner } has withdrawn this invitation.
problem-invitation-withdrawn-next = Ask { $partner } for a new one.
problem-invitation-declined = This invitation of { $partner } was declined.
problem-invitation-declined-next = Ask { $partner } for a new one. If nobody of your company declined it, tell them.
problem-decline-untold = { $partner }’s computer at { $address } was not reached, so nobody there knows that you declined.
problem-decline-untold-next = Try again later, or tell { $partner } yourself. Nothing is connected as long as you do not accept.
problem-invitation-own = This is your own invitation.
problem-invitation-own-next = Send it to your partner; they paste it in their Twinline.
problem-invitation-tried = { $why ->
    [expired] { $company } ({ $person }, { $site }) tried an invitation of yours that has expired. They were not let in.
    [withdrawn] { $company } ({ $person }, { $site }) tried an invitation that you have withdrawn. They were not let in.
    [declined] { $company } ({ $person }, { $site }) tried an invitation of yours that was declined. They were not let in.
   *[used] { $company } ({ $person }, { $site }) tried the invitation that { $partner } has used already. They were not let in.
}
problem-invitation-tried-next = If they are who you mean, make a new invitation for them. If you do not know them, somebody has passed the code on: it lets nobody in any more, and you may leave this out.
problem-invitation-repeated = You have already accepted this invitation of { $partner }.
problem-invitation-repeated-next = Open the connection in the list.
problem-invitation-is-token = This is an API token, not an invitation code.
problem-invitation-is-token-next = Paste the message that your partner sent you. Keep the token to yourself.
problem-invitation-foreign = This is not a Twinline invitation code.
problem-invitation-foreign-next = Ask your partner for the code that Twinline shows them. It begins with twl1.
problem-invitation-unknown = { $partner }’s computer at { $address } does not know this invitation.
problem-invitation-unknown-next = Ask { $partner } for a new one.
problem-invitation-address-refused = The address in this invitation must not be called: { $address }.
problem-invitation-address-refused-next = Ask your partner for an invitation with an address that your computer can reach.
problem-partner-away = Nothing was heard from { $partner } since { $time }.
problem-partner-away-next = Ask { $partner } whether their Twinline is running. What changes meanwhile waits, and nothing is lost; it goes on by itself when they are back.
problem-partner-unreachable = { $partner }’s computer at { $address } does not answer yet.
problem-partner-unreachable-next = Nothing to do: Twinline goes on trying. Ask { $partner } whether their Twinline is running.
problem-partner-name-unknown = No computer is known under the name in { $address }.
problem-partner-name-unknown-next = Ask { $partner } whether the address is right, and whether your network has to know the name. Twinline goes on trying, and nothing is lost.
problem-partner-not-at-relay = { $partner }’s computer is not at the relay { $relay } yet.
problem-partner-not-at-relay-next = Nothing to do: Twinline goes on trying. Ask { $partner } whether their Twinline is running.
problem-relay-unreachable = The relay { $relay } cannot be reached.
problem-relay-unreachable-next = Ask whoever runs the relay whether it is up, and whether your network lets this computer reach it. Twinline goes on trying, and nothing is lost.
problem-partner-not-twinline = Something else than Twinline answers at { $address }, perhaps a proxy or a sign-in page of your network.
problem-partner-not-twinline-next = Open a web page to see whether your network asks you to sign in. Twinline goes on trying.
problem-proxy-sign-in = The proxy of your network asks for a sign-in on the way to { $address }.
problem-proxy-sign-in-next = Ask your IT for the proxy’s address, name and password, and start Twinline with HTTPS_PROXY=http://name:password@proxy:port. Nothing is lost meanwhile.
problem-proxy-limit = What stands in front of { $partner }’s computer at { $address } takes nothing as large as what Twinline has to send.
problem-proxy-limit-next = Ask { $partner } to let 13 MB pass at their reverse proxy (in nginx: client_max_body_size 13m). Twinline goes on trying, and nothing is lost.
problem-certificate-untrusted = Whoever answers at { $address } shows a certificate that this computer does not trust. Nothing was sent there.
problem-certificate-untrusted-next = Ask your IT whether your network opens encrypted connections, and to install its certificate on this computer. If it does not, ask whoever runs { $address } for a certificate that this computer trusts.
problem-certificate-time = The certificate at { $address } has expired or is not valid yet: this computer’s clock shows { $time }.
problem-certificate-time-next = If the clock is right, ask { $partner } to renew the certificate. Twinline goes on trying, and nothing is lost.
problem-partner-rejected = { $partner } did not approve the connection.
problem-partner-rejected-next = Ask { $partner } why, and for a new invitation.
problem-partner-newer = { $partner } uses a newer version of Twinline.
problem-partner-newer-next = Update Twinline to go on. Nothing is lost meanwhile.
problem-partner-older = { $partner } uses an older version of Twinline.
problem-partner-older-next = Ask { $partner } to update Twinline. Nothing is lost meanwhile.
problem-partner-invalid = { $stopped ->
    [yes] { $partner }’s Twinline sends invalid data again and again. This connection has stopped.
   *[no] { $partner }’s Twinline sent something that cannot be read. Everything else goes on.
}
problem-partner-invalid-next = { $stopped ->
    [yes] Ask { $partner } to update Twinline, then try again. What changes meanwhile waits, and nothing is lost.
   *[no] Ask { $partner } to update Twinline.
}
problem-partner-left = { $partner } has ended the connection. The issues of both sides stay.
problem-partner-left-next = Remove the connection, or ask { $partner } for a new invitation.
problem-connection-unknown = There is no connection { $connection } here.
problem-connection-unknown-next = Choose one from the list of connections.
problem-connection-not-waiting = { $partner } does not wait for your approval.
problem-connection-not-waiting-next = Nothing to do.
problem-address-needed = Twinline does not know yet where your partner can reach this computer.
problem-address-needed-next = Enter the address that your partner’s computer can call, for example https://sync.acme.example.
problem-address-invalid = { $address } is not an address that a partner can call.
problem-address-invalid-next = Use an address such as https://sync.acme.example. Plain http works only inside a private network.
problem-port-in-use = Twinline cannot listen at { $address }: another program uses it.
problem-port-in-use-next = Close the other program, or start Twinline with another --listen address. Twinline tries again by itself.
problem-practice-port = Practice needs { $address }, but another program uses that address.
problem-practice-port-next = Close the other program and try again. Or remove the practice data and begin anew.
problem-practice-only = This is practice: accounts and partners are made up here.
problem-practice-only-next = Leave practice, then sign in or connect.
problem-mode-unavailable = This kind of connection is not possible yet.
problem-mode-unavailable-next = Choose Basic.
problem-same-project = Both sides would be the project { $project } at { $site }.
problem-same-project-next = Choose two different projects.
problem-connection-doubled = { $project } is connected to { $theirs } of { $partner } twice.
problem-connection-doubled-next = Remove one of the two connections. Each issue is synced over one of them alone, so nothing stands there twice.
problem-connection-repeated = { $project } is connected to { $partner } already.
problem-connection-repeated-next = Use the connection in the list, or remove it first.
problem-too-many-invitations = { $limit } invitations are open already.
problem-too-many-invitations-next = Cancel one that is no longer needed.
problem-filter-refused = Jira does not understand the filter “{ $filter }”: { $detail }
problem-filter-refused-next = Correct the filter, or leave it out.
problem-sign-in-expired = Jira no longer accepts the sign-in for { $site }.
problem-sign-in-expired-next = Sign in again with a new API token. Nothing is lost meanwhile.
problem-permission-lost = Your account may no longer do this in { $project }: { $permission }
problem-permission-lost-next = Ask your Jira administrator for the permission, then try again.
problem-required-field = { $project } needs a value for { $field } in new issues, so { $partner }’s { $issue } waits.
problem-required-field-next = { $fillable ->
    [yes] Choose a value, for all synced issues of this type or for this one alone; the issues that wait go on at once. Your partner does not see it.
   *[no] Ask your Jira administrator to make the field optional or to give it a default, then try again.
}
problem-required-field-many = { $project } needs a value for { $field } in new issues, so { $partner }’s new issues wait.
problem-required-field-many-next = { $fillable ->
    [yes] Choose a value for all synced issues of this type; the issues that wait go on at once. Your partner does not see it.
   *[no] Ask your Jira administrator to make the field optional or to give it a default, then try again.
}
problem-choice-refused = { $project } does not take “{ $value }” for { $field } in new issues, so { $partner }’s { $issue } waits.
problem-choice-refused-next = Choose another value; the issues that wait go on at once. What Jira said: { $detail }
problem-choice-refused-many = { $project } does not take “{ $value }” for { $field } in new issues, so { $partner }’s new issues wait.
problem-nothing-asked = Problem { $problem } does not wait for a value.
problem-nothing-asked-next = Look at the list of problems: what waits for a value says so.
problem-field-not-asked = The problem does not ask for a field { $field }.
problem-field-not-asked-next = Give a value for: { $fields }.
problem-value-missing = { $field } has no value yet.
problem-value-missing-next = Give one for each field that is asked for.
problem-value-unfit = { $field } does not take “{ $value }”.
problem-value-unfit-next = { $allowed }
problem-issue-refused = Jira refuses { $partner }’s { $issue }: { $detail }
problem-issue-refused-next = Mend the cause in Jira, then try again; or skip this issue.
problem-issue-refused-many = Jira refuses issues of { $partner }: { $detail }
problem-issue-refused-many-next = Mend the cause in Jira, then try again; or skip these issues.
problem-text-refused = Jira refuses a text of { $issue }: { $detail }
problem-text-refused-next = Shorten or change the text at the other side, then try again.
problem-text-refused-many = Jira refuses texts: { $detail }
problem-issue-full = { $issue } takes no more { $what ->
    [comments] comments
   *[attachments] files
}: it has { $number }, as many as Jira allows. What { $partner } adds stays behind; everything else of the issue is synced.
problem-issue-full-next = Delete what nobody needs there and try again, or skip this.
problem-issue-full-many = These issues take no more { $what ->
    [comments] comments
   *[attachments] files
}: they have { $number }, as many as Jira allows. What { $partner } adds stays behind; everything else of them is synced.
problem-issue-full-many-next = Delete what nobody needs there and try again, or skip these.
problem-attachment-too-large = { $file } ({ $size }) is larger than Jira allows. Everything else of { $issue } is synced.
problem-attachment-too-large-next = Skip the file, or ask your Jira administrator for a higher limit and try again.
problem-attachment-too-large-many = { $file } ({ $size }) is larger than Jira allows. Everything else of these issues is synced.
problem-attachment-refused = Jira refuses { $file } of { $issue }: { $detail }
problem-attachment-refused-next = Skip the file, or mend the cause in Jira and try again.
problem-attachment-refused-many = Jira refuses { $file }: { $detail }
problem-attachment-unreadable = { $file } of { $issue } could not be read whole from Jira.
problem-attachment-unreadable-next = Open the file in Jira to see whether it is damaged, then try again; or skip it.
problem-attachment-unreadable-many = { $file } could not be read whole from Jira.
problem-attachment-unreadable-many-next = Open the files in Jira to see whether they are damaged, then try again; or skip them.
problem-issue-gone = { $issue } was deleted, moved away or hidden. The twin stays as it is.
problem-issue-gone-next = Give your account access to it and try again; or skip it.
problem-issue-gone-many = These issues were deleted, moved away or hidden. Their twins stay as they are.
problem-issue-gone-many-next = Give your account access to them and try again; or skip them.
problem-twin-deleted = { $issue } was deleted, moved away or hidden. It is no longer synced; { $partner }’s issue stays as it is.
problem-twin-deleted-next = Create it again from what { $partner } has, or stop syncing this issue. What your own people wrote in it stays at { $partner } alone.
problem-twin-deleted-many = These issues were deleted, moved away or hidden. They are no longer synced; { $partner }’s issues stay as they are.
problem-twin-deleted-many-next = Create them again from what { $partner } has, or stop syncing them. What your own people wrote in them stays at { $partner } alone.
problem-mass-loss = { $count } issues of { $project } vanished at once. Syncing has stopped to be safe; nothing was deleted.
problem-mass-loss-next = Check that the account still sees the project, then try again. If the issues are gone for good, skip this: they are no longer synced then, and their twins stay.
problem-twin-twice = { $other } stands for the same issue of { $partner } as { $issue }: Jira made it late, when another had been made. It is not synced.
problem-twin-twice-next = Delete { $other } in Jira if nobody needs it, and skip this.
problem-twin-twice-many = Jira made some issues late, when others had been made for the same issues of { $partner }. They are not synced.
problem-twin-twice-many-next = Delete them in Jira if nobody needs them, and skip this.
problem-conflict = Both sides changed the { $field } of { $issue }. { $winner }’s text was kept.
problem-conflict-next = Compare both texts and choose.
problem-conflict-many = Both sides changed the { $field } of these issues. { $winner }’s texts were kept.
problem-conflict-unknown = The record of these two texts is no longer there.
problem-conflict-unknown-next = Look at the list again.
problem-conflict-unlinked = { $issue } is no longer synced, so that its text cannot be changed on both sides.
problem-conflict-unlinked-next = Copy the text from the record, and paste it into the issue yourself.
problem-conflict-kept = Your outgoing rules keep this text of { $issue } with you, so it cannot be the one on both sides: { $partner } would be told of it.
problem-conflict-kept-next = Copy the text and paste it into { $issue } yourself, where it stays with you. Or change the outgoing rules first.
problem-add-unknown = { $site } has no issue { $issue }, or you may not see it.
problem-add-unknown-next = Check the key, as in SUP-17, and whether you can open the issue in Jira.
problem-add-elsewhere = { $issue } is not in { $project }.
problem-add-elsewhere-next = Only issues of { $project } are synced on this connection.
problem-add-restricted = Not everybody may see { $issue }, so it is not shared with { $partner }.
problem-add-restricted-next = To share it, remove its security level in Jira first.
problem-add-synced = { $issue } is synced with { $partner } already.
problem-add-synced-next = Nothing to do.
problem-add-stopped = { $issue } was synced with { $partner } before, and somebody stopped it.
problem-add-stopped-next = It cannot be taken up again. To go on, clone it in Jira and add the clone.
problem-add-foreign = { $issue } is the copy of another partner’s issue, so it is not passed on to { $partner }.
problem-add-foreign-next = To share its contents, clone it in Jira and add the clone.
problem-connect-shared = { $issue } is synced with another partner, so it is not connected with an issue of { $partner } as well.
problem-connect-shared-next = What one partner writes is not passed on to another. To connect it, clone it in Jira and use the clone.
problem-connect-asked = There is an open question about { $issue } and { $partner } already.
problem-connect-asked-next = Wait for the answer, or withdraw the question.
problem-connect-full = { $limit } questions wait for { $partner } already.
problem-connect-full-next = Wait for some answers, or withdraw questions that nobody needs.
problem-connect-key = “{ $key }” is not the key of an issue.
problem-connect-key-next = Enter the key that { $partner } uses for it, such as GX-42.
problem-question-waits = { $partner } asks to connect { $theirs } ({ $shared ->
    [no] summary not shared
   *[other] “{ $summary }”
}) with your { $issue } (“{ $title }”).
problem-question-waits-next = Connect the two if they are about the same thing. From then on they are kept in step.
problem-question-waits-many = { $partner } asks to connect issues of theirs with yours.
problem-question-waits-many-next = Answer each question: connect the two, or do not.
problem-question-gone = The question no longer waits for an answer.
problem-question-gone-next = { $partner } withdrew it, or one of the two issues has changed. If they are still to be connected, ask anew.
problem-pair-unknown = No issue { $issue } is synced with { $partner }.
problem-pair-unknown-next = Look at the list of issues again: it may have been renamed.
problem-pair-unlinked = { $issue } is not synced with { $partner } any more.
problem-pair-unlinked-next = Nothing to do: both issues stay as they are.
problem-pair-not-here = { $issue } of { $partner } does not stand in your Jira yet.
problem-pair-not-here-next = It is written as soon as it can be. See whether something about it needs attention.
problem-pair-ended = Nothing is synced with { $partner }: the connection has ended, or has not begun yet.
problem-pair-ended-next = Look at the list of connections.
problem-problem-unknown = There is no problem { $problem } in the list.
problem-problem-unknown-next = It may have been settled meanwhile. Look at the list again.
problem-disk-full = The disk with { $folder } is full.
problem-disk-full-next = Free some space. Syncing goes on by itself.
problem-folder-unusable = The folder { $folder } cannot be used: { $detail }
problem-folder-unusable-next = Give your user the right to write there, or choose another folder with --data.
problem-file-unwritable = The file { $file } cannot be written: { $detail }
problem-file-unwritable-next = Give your user the right to write there, or make room for it, and try again.
problem-already-running = Twinline is already running with the data in { $folder }.
problem-already-running-next = Use the running one, or stop it first.
problem-database-restored = Twinline's data was damaged. It goes on from its backup of { $time }; what came after is found again by itself.
problem-database-restored-next = Nothing is to be done. The damaged file is kept as { $kept }.
problem-database-new = Twinline's data was damaged, and there was no backup. It begins anew.
problem-database-new-next = Connect again. The damaged file is kept as { $kept }.
problem-drift = Another automation keeps changing the { $field ->
    [summary] summary
    [description] description
    [labels] labels
    [priority] priority
    [status] status
   *[issuetype] type
} right after Twinline.
problem-drift-next = Look at the automation rules of the project, then try again.
problem-script-failed = The { $direction ->
    [outgoing] outgoing
   *[other] incoming
} rules stopped at { $issue ->
    [none] this issue
   *[other] { $issue }
}{ $place ->
    [line] , line { $line }
   *[other] {""}
}: { $detail }
problem-script-failed-next = Correct the rules, or the issue, then try again. This issue waits; all others go on.
problem-script-failed-many = The { $direction ->
    [outgoing] outgoing
   *[other] incoming
} rules stopped at several issues{ $place ->
    [line] , line { $line }
   *[other] {""}
}: { $detail }
problem-script-failed-many-next = Correct the rules, or the issues, then try again. These issues wait; all others go on.
problem-rules-invalid = The { $direction ->
    [outgoing] outgoing
   *[other] incoming
} rules were not saved. { $detail }
problem-rules-invalid-next = Correct that line, then save again. The rules of before stay in force.
problem-rules-changed = { $by } saved version { $version } of the rules on { $time }, while you were editing.
problem-rules-changed-next = Look at that version, then save yours again if it is to replace it. What you wrote is still here.
problem-rules-basic = The rules of Basic mode cannot be edited.
problem-rules-basic-next = Upgrade the connection with { $partner } to Script mode first.
problem-rules-version-unknown = There is no such version of the rules.
problem-rules-version-unknown-next = Choose one of the list.
problem-another-copy = Twinline runs with the same data in another place. This one changes nothing meanwhile.
problem-another-copy-next = If the other one is no longer used, let this one take over.
problem-data-newer = The data in { $folder } was written by a newer version of Twinline.
problem-data-newer-next = Update Twinline.
problem-database = The database cannot be read or written: { $detail }
problem-database-next = Check that the disk is healthy and that no other program uses the file, then start Twinline again.
problem-tracker-odd = { $site } answers in a way that Twinline does not expect: { $detail }
problem-tracker-odd-next = Try again. If it stays, check whether a proxy stands between this computer and Jira.
problem-internal = Something went wrong inside Twinline: { $detail }
problem-internal-next = Start Twinline again. If it stays, send us the log.
