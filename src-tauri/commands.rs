//! Every command the UI can call, thin: take the words, ask the node, shape the answer.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tauri::{AppHandle, State};
use twinline_model::compare::CompareView;
use twinline_model::pause::PauseUntil;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{
    AcceptRequest, AccountView, ActivityView, AddressCheck, ChoiceScope, ConflictView, ConnectionView,
    DayView, FieldChoice, FieldView, FilterValue, FilterWords, InitiateRequest, InvitationPreview,
    InvitationView, LanguageChoice, LanguageView, LocalRequest, MatchesView, NotificationSwitches, PairView,
    ProblemView, ProjectTypes, ProjectView, QuestionPreview, QuestionView, QuestionsView, Settings, Status,
    TextOf, TroubleView, WhatView,
};
use twinline_model::{AccountId, ConnectionId, ProjectKey};
use twinline_node::words::trouble_view;
use twinline_node::{ApiToken, TokenEnds};

use crate::shell::Shell;

/// Something shown has changed: fetch again.
#[derive(Serialize, Deserialize, Clone, Debug, specta::Type, tauri_specta::Event)]
pub struct Changed {}

/// Tray or a notification asks to show a screen.
#[derive(Serialize, Deserialize, Clone, Debug, specta::Type, tauri_specta::Event)]
pub struct Navigate {
    /// The route, as `/attention`.
    pub to: String,
}

/// What a command answers.
pub type Answer<T> = Result<T, TroubleView>;

pub(crate) fn said<T>(result: Result<T, Trouble>) -> Answer<T> {
    result.map_err(|trouble| trouble_view(&trouble))
}

/// How everything stands.
#[tauri::command]
#[specta::specta]
pub async fn status(shell: State<'_, Shell>) -> Answer<Status> {
    Ok(shell.shown().await?.status().await)
}

/// What this node says of itself.
#[tauri::command]
#[specta::specta]
pub async fn settings(shell: State<'_, Shell>) -> Answer<Settings> {
    Ok(shell.shown().await?.settings().await)
}

/// Changes the company's name and where partners can call.
#[tauri::command]
#[specta::specta]
pub async fn set_settings(shell: State<'_, Shell>, company: String, address: String) -> Answer<Settings> {
    said(shell.shown().await?.set_settings(&company, &address).await)
}

/// In which language everything is said.
#[tauri::command]
#[specta::specta]
pub async fn language(shell: State<'_, Shell>) -> Answer<LanguageView> {
    Ok(shell.language().await)
}

/// Says everything in another language from now on: window, tray and title.
#[tauri::command]
#[specta::specta]
pub async fn set_language(
    app: AppHandle,
    shell: State<'_, Shell>,
    choice: LanguageChoice,
) -> Answer<LanguageView> {
    said(shell.node().await?.set_language(choice).await)?;
    Ok(shell.speak(&app, choice).await)
}

/// Of what the desktop is told by notifications.
#[tauri::command]
#[specta::specta]
pub async fn notification_switches(shell: State<'_, Shell>) -> Answer<NotificationSwitches> {
    said(shell.node().await?.notification_switches().await)
}

/// Changes of what the desktop is told by notifications.
#[tauri::command]
#[specta::specta]
pub async fn set_notification_switches(
    shell: State<'_, Shell>,
    switches: NotificationSwitches,
) -> Answer<()> {
    said(shell.node().await?.set_notification_switches(switches).await)
}

/// The sign-ins.
#[tauri::command]
#[specta::specta]
pub async fn accounts(shell: State<'_, Shell>) -> Answer<Vec<AccountView>> {
    said(shell.shown().await?.accounts().await)
}

/// Signs in to a site; the same site and e-mail address renews the sign-in. `expires`: the day on which
/// the token ends.
#[tauri::command]
#[specta::specta]
pub async fn add_account(
    shell: State<'_, Shell>,
    site: String,
    email: String,
    token: String,
    expires: Option<String>,
) -> Answer<AccountView> {
    let ends = said(expires.as_deref().map(TokenEnds::read).transpose())?;
    let token = ApiToken { secret: SecretString::from(token), ends };
    said(shell.outside_practice().await?.add_account(&site, &email, token).await)
}

/// Forgets a sign-in.
#[tauri::command]
#[specta::specta]
pub async fn remove_account(shell: State<'_, Shell>, account: AccountId) -> Answer<()> {
    said(shell.outside_practice().await?.remove_account(&account).await)
}

/// The site in whatever was typed or pasted; `null`: not understood.
#[tauri::command]
#[specta::specta]
pub async fn suggest_site(shell: State<'_, Shell>, text: String) -> Answer<Option<String>> {
    Ok(shell.shown().await?.suggest_site(&text).await)
}

/// The projects of an account, those that cannot be chosen with the reason.
#[tauri::command]
#[specta::specta]
pub async fn projects(shell: State<'_, Shell>, account: AccountId) -> Answer<Vec<ProjectView>> {
    said(shell.shown().await?.projects(&account).await)
}

/// The types a project offers.
#[tauri::command]
#[specta::specta]
pub async fn project_types(
    shell: State<'_, Shell>,
    account: AccountId,
    project: ProjectKey,
) -> Answer<ProjectTypes> {
    said(shell.shown().await?.project_types(&account, &project).await)
}

/// Whether a relay takes this computer in.
#[tauri::command]
#[specta::specta]
pub async fn check_relay(shell: State<'_, Shell>, address: String) -> Answer<AddressCheck> {
    said(shell.outside_practice().await?.check_relay(&address).await)
}

/// What answers at an address, and which connection types are possible with it.
#[tauri::command]
#[specta::specta]
pub async fn check_address(shell: State<'_, Shell>, address: String) -> Answer<AddressCheck> {
    said(shell.outside_practice().await?.check_address(&address).await)
}

/// Makes a connection and its invitation.
#[tauri::command]
#[specta::specta]
pub async fn initiate(shell: State<'_, Shell>, request: InitiateRequest) -> Answer<InvitationView> {
    said(shell.outside_practice().await?.initiate(&request).await)
}

/// The invitation of a connection that waits for its partner, to copy it again.
#[tauri::command]
#[specta::specta]
pub async fn invitation(shell: State<'_, Shell>, connection: ConnectionId) -> Answer<InvitationView> {
    said(shell.shown().await?.invitation(&connection).await)
}

/// What an invitation says; nothing is accepted by reading it.
#[tauri::command]
#[specta::specta]
pub async fn read_invitation(shell: State<'_, Shell>, text: String) -> Answer<InvitationPreview> {
    said(shell.shown().await?.read_invitation(&text).await)
}

/// Accepts an invitation.
#[tauri::command]
#[specta::specta]
pub async fn accept(shell: State<'_, Shell>, request: AcceptRequest) -> Answer<ConnectionView> {
    said(shell.outside_practice().await?.accept(&request).await)
}

/// Connects two projects that are both in this app.
#[tauri::command]
#[specta::specta]
pub async fn connect_local(shell: State<'_, Shell>, request: LocalRequest) -> Answer<ConnectionView> {
    said(shell.outside_practice().await?.connect_local(&request).await)
}

/// The connections, attention first.
#[tauri::command]
#[specta::specta]
pub async fn connections(shell: State<'_, Shell>) -> Answer<Vec<ConnectionView>> {
    said(shell.shown().await?.connections().await)
}

/// One connection.
#[tauri::command]
#[specta::specta]
pub async fn connection(shell: State<'_, Shell>, id: ConnectionId) -> Answer<ConnectionView> {
    said(shell.shown().await?.connection(&id).await)
}

/// What crossed on a connection in the last 24 hours.
#[tauri::command]
#[specta::specta]
pub async fn last_day(shell: State<'_, Shell>, connection: ConnectionId) -> Answer<DayView> {
    said(shell.shown().await?.last_day(&connection).await)
}

/// Tells whoever invited that nobody here accepts; answers the company that invited.
#[tauri::command]
#[specta::specta]
pub async fn decline(shell: State<'_, Shell>, text: String) -> Answer<String> {
    said(shell.outside_practice().await?.decline(&text).await)
}

/// Lets the partner in who accepted our invitation.
#[tauri::command]
#[specta::specta]
pub async fn approve(shell: State<'_, Shell>, id: ConnectionId) -> Answer<()> {
    said(shell.shown().await?.approve(&id).await)
}

/// Turns the partner away who accepted our invitation.
#[tauri::command]
#[specta::specta]
pub async fn reject(shell: State<'_, Shell>, id: ConnectionId) -> Answer<()> {
    said(shell.shown().await?.reject(&id).await)
}

/// Pauses a connection; one that is paused already gets this end.
#[tauri::command]
#[specta::specta]
pub async fn pause(shell: State<'_, Shell>, id: ConnectionId, until: PauseUntil) -> Answer<()> {
    said(shell.shown().await?.pause(&id, until).await)
}

/// Goes on with a paused connection.
#[tauri::command]
#[specta::specta]
pub async fn resume(shell: State<'_, Shell>, id: ConnectionId) -> Answer<()> {
    said(shell.shown().await?.resume(&id).await)
}

/// Lets internal comments of our service project leave as well, or keeps them at home.
#[tauri::command]
#[specta::specta]
pub async fn set_internal_comments(shell: State<'_, Shell>, id: ConnectionId, leave: bool) -> Answer<()> {
    said(shell.shown().await?.set_internal_comments(&id, leave).await)
}

/// Which issues of ours a connection syncs.
#[tauri::command]
#[specta::specta]
pub async fn what(shell: State<'_, Shell>, id: ConnectionId) -> Answer<WhatView> {
    said(shell.shown().await?.what(&id).await)
}

/// What a filter would let in on a connection.
#[tauri::command]
#[specta::specta]
pub async fn matches(shell: State<'_, Shell>, id: ConnectionId, filter: String) -> Answer<MatchesView> {
    said(shell.shown().await?.matches(&id, Some(&filter)).await)
}

/// What filters are made of at the site of a connection.
#[tauri::command]
#[specta::specta]
pub async fn filter_words(shell: State<'_, Shell>, id: ConnectionId) -> Answer<FilterWords> {
    said(shell.shown().await?.filter_words(&id).await)
}

/// Values of a field that fit what was typed.
#[tauri::command]
#[specta::specta]
pub async fn filter_values(
    shell: State<'_, Shell>,
    id: ConnectionId,
    field: String,
    typed: String,
) -> Answer<Vec<FilterValue>> {
    said(shell.shown().await?.filter_values(&id, &field, &typed).await)
}

/// Changes which issues of ours a connection syncs; an empty filter is none.
#[tauri::command]
#[specta::specta]
pub async fn set_what(
    shell: State<'_, Shell>,
    id: ConnectionId,
    filter: String,
    older: bool,
) -> Answer<WhatView> {
    said(shell.shown().await?.set_what(&id, Some(&filter), older).await)
}

/// Syncs one more issue, named by its key or its address; answers its key of today.
#[tauri::command]
#[specta::specta]
pub async fn add_issue(shell: State<'_, Shell>, connection: ConnectionId, issue: String) -> Answer<String> {
    said(shell.shown().await?.add_issue(&connection, &issue).await.map(|added| added.issue))
}

/// What the partner reads of our issue before they say yes to connect it; nobody is asked.
#[tauri::command]
#[specta::specta]
pub async fn preview_question(
    shell: State<'_, Shell>,
    connection: ConnectionId,
    ours: String,
    theirs: String,
) -> Answer<QuestionPreview> {
    said(shell.shown().await?.preview_question(&connection, &ours, &theirs).await)
}

/// Asks the partner whether two issues that exist already become a pair.
#[tauri::command]
#[specta::specta]
pub async fn ask_to_connect(
    shell: State<'_, Shell>,
    connection: ConnectionId,
    ours: String,
    theirs: String,
) -> Answer<QuestionView> {
    let asked = shell.shown().await?.ask_to_connect(&connection, &ours, &theirs).await;
    said(asked.map(|asked| asked.question))
}

/// The questions of a connection that wait for an answer, or whose answer was no and nobody has read.
#[tauri::command]
#[specta::specta]
pub async fn questions(shell: State<'_, Shell>, connection: ConnectionId) -> Answer<QuestionsView> {
    said(shell.shown().await?.questions_on(&connection).await)
}

/// Takes a question of ours back, or one away whose answer was no.
#[tauri::command]
#[specta::specta]
pub async fn withdraw_question(
    shell: State<'_, Shell>,
    connection: ConnectionId,
    question: String,
) -> Answer<()> {
    said(shell.shown().await?.withdraw_question(&connection, &question).await)
}

/// Answers a question of the partner's: a yes makes a pair of two issues that exist already.
#[tauri::command]
#[specta::specta]
pub async fn answer_question(
    shell: State<'_, Shell>,
    connection: ConnectionId,
    question: String,
    yes: bool,
) -> Answer<()> {
    said(shell.shown().await?.answer_question(&connection, &question, yes).await.map(drop))
}

/// Ends a connection, or withdraws its invitation; the issues stay on both sides.
#[tauri::command]
#[specta::specta]
pub async fn remove(shell: State<'_, Shell>, id: ConnectionId) -> Answer<()> {
    said(shell.shown().await?.remove(&id).await)
}

/// The pairs of a connection, newest first, a page at a time.
#[tauri::command]
#[specta::specta]
pub async fn pairs(
    shell: State<'_, Shell>,
    connection: ConnectionId,
    search: String,
    after: Option<String>,
    limit: u32,
) -> Answer<Vec<PairView>> {
    said(shell.shown().await?.pairs(&connection, &search, after, limit).await)
}

/// The activity of one or of all connections, newest first, a page at a time.
#[tauri::command]
#[specta::specta]
pub async fn activity(
    shell: State<'_, Shell>,
    connection: Option<ConnectionId>,
    before: Option<String>,
    limit: u32,
) -> Answer<Vec<ActivityView>> {
    said(shell.shown().await?.activity(connection.as_ref(), before, limit).await)
}

/// What needs attention.
#[tauri::command]
#[specta::specta]
pub async fn problems(shell: State<'_, Shell>) -> Answer<Vec<ProblemView>> {
    said(shell.shown().await?.problems().await)
}

/// Tries again what problems stand in the way of.
#[tauri::command]
#[specta::specta]
pub async fn retry_problems(shell: State<'_, Shell>, ids: Vec<String>) -> Answer<()> {
    said(shell.shown().await?.retry_problems(&ids).await)
}

/// Leaves out what problems stand in the way of: all of them or, on an error, none.
#[tauri::command]
#[specta::specta]
pub async fn skip_problems(shell: State<'_, Shell>, ids: Vec<String>) -> Answer<()> {
    said(shell.shown().await?.skip_problems(&ids).await)
}

/// Takes back that problems were left out: they wait for a person as before.
#[tauri::command]
#[specta::specta]
pub async fn unskip_problems(shell: State<'_, Shell>, ids: Vec<String>) -> Answer<()> {
    said(shell.shown().await?.unskip_problems(&ids).await)
}

/// The fields that a problem asks for, each with what it allows.
#[tauri::command]
#[specta::specta]
pub async fn problem_fields(shell: State<'_, Shell>, id: String) -> Answer<Vec<FieldView>> {
    said(shell.shown().await?.problem_fields(&id).await)
}

/// Keeps the values that were chosen for what a problem asks, and lets go on what waits for them.
#[tauri::command]
#[specta::specta]
pub async fn fill_problem(
    shell: State<'_, Shell>,
    id: String,
    choices: Vec<FieldChoice>,
    scope: ChoiceScope,
) -> Answer<()> {
    said(shell.shown().await?.fill_problem(&id, &choices, scope).await)
}

/// Lets this computer go on where the same data runs on another one as well.
#[tauri::command]
#[specta::specta]
pub async fn take_over(shell: State<'_, Shell>, connection: ConnectionId) -> Answer<()> {
    said(shell.shown().await?.take_over(&connection).await)
}

/// Both sides of a pair beside each other; `issue`: its number in the list, our key, or theirs. Reads our side from Jira now.
#[tauri::command]
#[specta::specta]
pub async fn compare(
    shell: State<'_, Shell>,
    connection: ConnectionId,
    issue: String,
) -> Answer<CompareView> {
    said(shell.shown().await?.compare(&connection, &issue).await)
}

/// The texts of a pair that both sides changed, the newest first.
#[tauri::command]
#[specta::specta]
pub async fn conflicts(shell: State<'_, Shell>, pair: String) -> Answer<Vec<ConflictView>> {
    said(shell.shown().await?.conflicts(&pair).await)
}

/// Makes one of the two texts the newest on both sides.
#[tauri::command]
#[specta::specta]
pub async fn use_conflict(shell: State<'_, Shell>, id: String, text: TextOf) -> Answer<()> {
    said(shell.shown().await?.use_conflict(&id, text).await)
}

/// Leaves both issues as they are.
#[tauri::command]
#[specta::specta]
pub async fn dismiss_conflict(shell: State<'_, Shell>, id: String) -> Answer<()> {
    said(shell.shown().await?.dismiss_conflict(&id).await)
}

/// Looks at one issue in the next round, past the search index. `false`: nobody runs the node now.
#[tauri::command]
#[specta::specta]
pub async fn sync_pair(shell: State<'_, Shell>, connection: ConnectionId, issue: String) -> Answer<bool> {
    said(shell.shown().await?.sync_pair(&connection, &issue).await)
}

/// Syncs one issue no longer; both copies stay.
#[tauri::command]
#[specta::specta]
pub async fn stop_pair(shell: State<'_, Shell>, connection: ConnectionId, issue: String) -> Answer<PairView> {
    said(shell.shown().await?.stop_pair(&connection, &issue).await)
}

/// Looks for changes on every side now.
#[tauri::command]
#[specta::specta]
pub async fn sync_now(shell: State<'_, Shell>) -> Answer<()> {
    said(shell.shown().await?.sync_now().await)
}

/// Has both sides of a connection compared anew; its `compared_at` tells when that was done.
#[tauri::command]
#[specta::specta]
pub async fn compare_sides(shell: State<'_, Shell>, connection: ConnectionId) -> Answer<()> {
    said(shell.shown().await?.compare_sides(&connection).await)
}

/// Pauses every connection.
#[tauri::command]
#[specta::specta]
pub async fn pause_all(shell: State<'_, Shell>, until: PauseUntil) -> Answer<()> {
    said(shell.shown().await?.pause_all(until).await)
}

/// Goes on with every connection.
#[tauri::command]
#[specta::specta]
pub async fn resume_all(shell: State<'_, Shell>) -> Answer<()> {
    said(shell.shown().await?.resume_all().await)
}

/// Opens one of our sites' pages, or our help, in the browser; while practising, a page of the two practice trackers alone. The web view itself may open nothing.
#[tauri::command]
#[specta::specta]
pub async fn open_link(shell: State<'_, Shell>, url: String) -> Answer<()> {
    if !shell.allows_link(&url).await? {
        return said(Err(Trouble::new(ProblemCode::AddressInvalid).with("address", url)));
    }
    // The system's opener is a process to wait for.
    let opened =
        tauri::async_runtime::spawn_blocking(move || tauri_plugin_opener::open_url(url, None::<&str>)).await;
    match opened {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => said(Err(Trouble::new(ProblemCode::Internal).with("detail", error.to_string()))),
        Err(error) => said(Err(Trouble::new(ProblemCode::Internal).with("detail", error.to_string()))),
    }
}
