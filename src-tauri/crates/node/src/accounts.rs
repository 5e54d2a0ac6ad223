//! Sign-ins to tracker sites, and what they may do there.

use twinline_model::connection::{Connection, Role};
use twinline_model::observed::{Identity, Project};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{AccountView, ProjectTypes, ProjectView, SecretsKind};
use twinline_model::{AccountId, ProjectKey};
use twinline_store::Account;
use twinline_trackers::Tracker;
use twinline_trackers::jira_cloud::{JiraSite, SignInError, cloud_id, sign_in};

use crate::calls::{Kept, kept};
use crate::node::Node;
use crate::time::now_ms;
use crate::token::{ApiToken, TokenEnds};
use crate::words::say;
use crate::{keys, trouble};

impl Node {
    /// All accounts.
    pub async fn accounts(&self) -> Result<Vec<AccountView>, Trouble> {
        let now = now_ms();
        let (accounts, connections) = self
            .db
            .read(move |tx| {
                let accounts = tx.accounts()?.into_iter();
                let counted = accounts.map(|a| kept(tx, &a.id, now).map(|calls| (a, calls)));
                Ok((counted.collect::<Result<Vec<_>, _>>()?, tx.connections()?))
            })
            .await?;
        // Where both projects are of one account it is one connection all the same.
        let again = |c: &Connection, id: &AccountId| {
            let first = c.other_side().filter(|_| c.role == Role::Private);
            first.is_some_and(|first| connections.iter().any(|c| c.id == first && c.account == *id))
        };
        let used = |id: &AccountId| connections.iter().filter(|c| c.account == *id && !again(c, id)).count();
        let view = |(a, calls): &(Account, Option<Kept>)| AccountView {
            calls: self.calls_view(&a.site, *calls),
            ..self.account_view(a, used(&a.id))
        };
        Ok(accounts.iter().map(view).collect())
    }

    fn account_view(&self, account: &Account, connections: usize) -> AccountView {
        AccountView {
            id: account.id.clone(),
            site: name_now(account),
            email: account.email.clone(),
            display_name: account.display_name.clone(),
            projects: account.projects,
            connections: u32::try_from(connections).unwrap_or(u32::MAX),
            until_quit: self.secrets.kind() == SecretsKind::Memory,
            signed_in: account.signed_in,
            token: crate::token::view(account),
            calls: self.calls_view(&account.site, None),
        }
    }

    /// The site in whatever was pasted; `None`: not understood.
    pub async fn suggest_site(&self, text: &str) -> Option<String> {
        JiraSite::parse(text).ok().map(|site| site.host().to_owned())
    }

    /// Signs in and keeps the account; the same site and e-mail address renews one that is there.
    ///
    /// Nothing is kept unless Jira accepted the token and at least one project could be read.
    pub async fn add_account(
        &self,
        site: &str,
        email: &str,
        token: impl Into<ApiToken>,
    ) -> Result<AccountView, Trouble> {
        let (email, token) = (email.trim(), token.into());
        let typed = JiraSite::parse(site).ok();
        let (site, identity) =
            sign_in(site, email, token.secret.clone()).await.map_err(|e| sign_in_trouble(&e, site, email))?;
        // Under the name that was typed, since the site may have led to its new one; or by the site's own id, since its old
        // name may be gone.
        let names = [Some(site.host()), typed.as_ref().map(JiraSite::host)];
        let cloud = cloud_id(&site).await;
        let is_this = |a: &Account| {
            names.contains(&Some(name_now(a).as_str())) || (cloud.is_some() && a.cloud == cloud)
        };
        let known = self.db.read(|tx| tx.accounts()).await?;
        let known = known.into_iter().find(|a| is_this(a) && a.email.eq_ignore_ascii_case(email));
        match known {
            Some(known) => self.renew(known, &site, email, identity, token, false).await,
            None => self.keep_new(&site, email, identity, token).await,
        }
    }

    /// Signs in anew for an account that is there, with another e-mail address if one is given.
    ///
    /// Another person's sign-in is refused (`account-differs`) unless `other` says that the connections shall go on with
    /// that person's account; what they need is checked before anything is kept. The day on which the old token ends goes with
    /// it.
    pub async fn renew_account(
        &self,
        id: &AccountId,
        email: Option<&str>,
        token: impl Into<ApiToken>,
        other: bool,
    ) -> Result<AccountView, Trouble> {
        self.renew_account_at(id, None, email, token, other).await
    }

    /// The same at another address of the site, which was renamed; that it is the same site is checked (`site-differs`).
    /// Without an address, an old one that still leads to the new one is followed.
    pub async fn renew_account_at(
        &self,
        id: &AccountId,
        address: Option<&str>,
        email: Option<&str>,
        token: impl Into<ApiToken>,
        other: bool,
    ) -> Result<AccountView, Trouble> {
        let token = token.into();
        let known = self.account(id).await?;
        let email = email.map_or(known.email.as_str(), str::trim).to_owned();
        let kept = JiraSite::kept(&known.site, &known.base_url)
            .map_err(|_| Trouble::new(ProblemCode::SiteNotFound).with("site", &known.site))?;
        let asked = address.unwrap_or(kept.base());
        if let Some(other) = address.and_then(|a| JiraSite::parse(a).ok()).filter(|s| s.host() != kept.host())
        {
            is_same_site(&known, &kept, &other).await?;
        }
        let (site, identity) = sign_in(asked, &email, token.secret.clone())
            .await
            .map_err(|e| sign_in_trouble(&e, asked, &email))?;
        let twice = |a: &Account| a.id != known.id && name_now(a) == site.host() && a.user == identity.user;
        if self.db.read(|tx| tx.accounts()).await?.iter().any(twice) {
            return Err(Trouble::new(ProblemCode::AccountTwice)
                .with("site", &known.site)
                .with("found", &identity.name));
        }
        self.renew(known, &site, &email, identity, token, other).await
    }

    async fn keep_new(
        &self,
        site: &JiraSite,
        email: &str,
        identity: Identity,
        token: ApiToken,
    ) -> Result<AccountView, Trouble> {
        let mut account = Account {
            id: AccountId::new(account_id(site.host(), email)),
            site: site.host().to_owned(),
            base_url: site.api().to_owned(),
            email: email.to_owned(),
            user: identity.user,
            display_name: identity.name,
            projects: 0,
            signed_in: true,
            since_ms: None,
            checked_ms: None,
            token_ends: token.ends.map(TokenEnds::kept),
            cloud: cloud_id(site).await,
        };
        let tracker = self.hub.tracker_with(&account, token.secret.clone())?;
        account.projects = usable(&projects_of(&account, tracker.as_ref()).await?, &account)?;
        self.secrets.set(&keys::token_name(&account.id), token.secret).await?;
        self.hub.forget_tracker(&account.id);
        let stored = account.clone();
        self.db.write(move |tx| tx.insert_account(&stored)).await?;
        self.wake();
        self.changed();
        Ok(self.account_view(&account, 0))
    }

    async fn renew(
        &self,
        known: Account,
        site: &JiraSite,
        email: &str,
        identity: Identity,
        token: ApiToken,
        other: bool,
    ) -> Result<AccountView, Trouble> {
        let differs = known.user != identity.user;
        if differs && !other {
            return Err(Trouble::new(ProblemCode::AccountDiffers)
                .with("expected", &known.display_name)
                .with("found", &identity.name));
        }
        let cloud = cloud_id(site).await;
        if let (Some(before), Some(now)) = (&known.cloud, &cloud)
            && before != now
        {
            // The old name may lead to a site of somebody else by now.
            return Err(Trouble::new(ProblemCode::SiteDiffers)
                .with("site", name_now(&known))
                .with("found", site.host()));
        }
        let mut account = Account {
            cloud: cloud.or_else(|| known.cloud.clone()),
            // A renewed token may be of the other sort: scoped ones work at the gateway only.
            base_url: site.api().to_owned(),
            email: email.to_owned(),
            user: identity.user,
            display_name: identity.name,
            signed_in: true,
            token_ends: token.ends.map(TokenEnds::kept),
            ..known
        };
        let tracker = self.hub.tracker_with(&account, token.secret.clone())?;
        let projects = projects_of(&account, tracker.as_ref()).await?;
        account.projects = usable(&projects, &account)?;
        let connections = self.db.read(|tx| tx.connections()).await?;
        let ours: Vec<_> = connections.into_iter().filter(|c| c.account == account.id).collect();
        if differs {
            ours.iter().try_for_each(|c| may_sync(&projects, &account, &c.project))?;
        }
        self.secrets.set(&keys::token_name(&account.id), token.secret).await?;
        let (stored, used) = (account.clone(), ours.len());
        self.db
            .write(move |tx| {
                tx.update_account(&stored)?;
                for connection in &ours {
                    for mended in [ProblemCode::SignInExpired, ProblemCode::SiteMoved] {
                        tx.settle_problem(Some(mended.as_str()), Some(&connection.id), None)?;
                    }
                }
                Ok(())
            })
            .await?;
        // Only now: whoever asked for it before the commit may have made it from the old row.
        self.hub.forget_tracker(&account.id);
        self.wake();
        self.changed();
        Ok(self.account_view(&account, used))
    }

    /// Removes an account that no connection uses, and its token.
    pub async fn remove_account(&self, id: &AccountId) -> Result<(), Trouble> {
        let account = self.account(id).await?;
        let connections = self.db.read(|tx| tx.connections()).await?;
        let users: Vec<_> = connections
            .iter()
            .filter(|c| c.account == *id)
            .map(|c| c.partner_name().map_or_else(|| say("partner-unknown", &[]), str::to_owned))
            .collect();
        if !users.is_empty() {
            return Err(Trouble::new(ProblemCode::AccountInUse)
                .with("site", account.site)
                .with("connections", users.join(", ")));
        }
        self.secrets.remove(&keys::token_name(id)).await?;
        self.hub.forget_tracker(id);
        let id = id.clone();
        self.db.write(move |tx| tx.remove_account(&id)).await?;
        self.changed();
        Ok(())
    }

    /// All projects of an account, those that cannot be chosen with the reason.
    pub async fn projects(&self, id: &AccountId) -> Result<Vec<ProjectView>, Trouble> {
        let account = self.account(id).await?;
        let tracker = self.hub.tracker(&account, &self.secrets).await?;
        let projects = projects_of(&account, tracker.as_ref()).await?;
        Ok(projects
            .into_iter()
            .map(|project| {
                let missing = permission_words(&project.missing_permissions);
                let reason = (!missing.is_empty())
                    .then(|| say("project-forbidden-reason", &[("permissions", &missing)]));
                ProjectView { key: project.key, name: project.name, reason }
            })
            .collect())
    }

    /// What a project offers for types that it lacks, and how many issues stand in it.
    pub async fn project_types(&self, id: &AccountId, project: &ProjectKey) -> Result<ProjectTypes, Trouble> {
        let account = self.account(id).await?;
        let tracker = self.hub.tracker(&account, &self.secrets).await?;
        let read = |e| trouble::from_read(&e, &account.site).with("project", project.as_str());
        let types = self.hub.types(id, tracker.as_ref(), project).await.map_err(read)?;
        let existing = tracker.count(project, None).await.map_err(read)?;
        let names: Vec<_> = types.types.iter().map(|t| (t.name.clone(), t.subtask)).collect();
        let fallback = twinline_model::observed::mirror_type("", &names, types.default_type.as_deref())
            .ok_or_else(|| {
                Trouble::new(ProblemCode::ProjectWithoutTypes).with("project", project.as_str())
            })?;
        let existing = u32::try_from(existing).unwrap_or(u32::MAX);
        let service = types.service;
        let types = types.types.into_iter().filter(|t| !t.subtask).map(|t| t.name).collect();
        Ok(ProjectTypes { types, fallback, existing, service })
    }

    pub(crate) async fn account(&self, id: &AccountId) -> Result<Account, Trouble> {
        let wanted = id.clone();
        let found = self.db.read(move |tx| tx.account(&wanted)).await?;
        found.ok_or_else(|| Trouble::new(ProblemCode::AccountUnknown).with("account", id.as_str()))
    }

    /// The project is there and the account may sync into it.
    pub(crate) async fn check_project(&self, account: &Account, key: &ProjectKey) -> Result<String, Trouble> {
        let tracker = self.hub.tracker(account, &self.secrets).await?;
        let projects = projects_of(account, tracker.as_ref()).await?;
        may_sync(&projects, account, key)?;
        Ok(projects.into_iter().find(|p| p.key == *key).map(|p| p.name).unwrap_or_default())
    }
}

async fn projects_of(account: &Account, tracker: &dyn Tracker) -> Result<Vec<Project>, Trouble> {
    tracker.projects().await.map_err(|e| trouble::from_read(&e, &account.site))
}

/// How many projects may be chosen; none at all is a trouble.
fn usable(projects: &[Project], account: &Account) -> Result<u32, Trouble> {
    match projects.iter().filter(|p| p.missing_permissions.is_empty()).count() {
        0 => Err(Trouble::new(ProblemCode::NoProject).with("site", &account.site)),
        many => Ok(u32::try_from(many).unwrap_or(u32::MAX)),
    }
}

fn may_sync(projects: &[Project], account: &Account, key: &ProjectKey) -> Result<(), Trouble> {
    let Some(project) = projects.iter().find(|p| p.key == *key) else {
        return Err(Trouble::new(ProblemCode::ProjectUnknown)
            .with("project", key.as_str())
            .with("site", &account.site));
    };
    if project.missing_permissions.is_empty() {
        return Ok(());
    }
    Err(Trouble::new(ProblemCode::ProjectForbidden)
        .with("project", key.as_str())
        .with("permissions", permission_words(&project.missing_permissions)))
}

pub(crate) fn permission_words(permissions: &[String]) -> String {
    let word = |p: &String| {
        let id = format!("permission-{}", p.to_lowercase().replace('_', "-"));
        if crate::words::has(&id) { say(&id, &[]) } else { p.clone() }
    };
    permissions.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// Whoever typed another address may have meant another site, or mistyped it: only its own id says that it is the same, and
/// that is asked before any sign-in is sent there.
async fn is_same_site(known: &Account, kept: &JiraSite, other: &JiraSite) -> Result<(), Trouble> {
    let Some(found) = cloud_id(other).await else {
        return Err(Trouble::new(ProblemCode::SiteUnreachable).with("site", other.host()));
    };
    match known.cloud.as_ref() == Some(&found) {
        true => Ok(()),
        false => {
            Err(Trouble::new(ProblemCode::SiteDiffers).with("site", kept.host()).with("found", other.host()))
        }
    }
}

/// What the site is called now: where it is called, unless that is the gateway.
fn name_now(account: &Account) -> String {
    JiraSite::kept(&account.site, &account.base_url)
        .map_or_else(|_| account.site.clone(), |site| site.host().to_owned())
}

/// Readable, stable, and safe in a file name: `acme-atlassian-net-ana-acme-example`.
fn account_id(host: &str, email: &str) -> String {
    let clean = |text: &str| -> String {
        let lower = text.to_lowercase();
        lower.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
    };
    format!("{}-{}", clean(host), clean(email))
}

fn sign_in_trouble(error: &SignInError, typed: &str, email: &str) -> Trouble {
    let typed = twinline_model::text::clean_line(typed, 100);
    match error {
        SignInError::NotAnAddress => Trouble::new(ProblemCode::SiteNotFound).with("site", typed),
        SignInError::NotJira { site } => Trouble::new(ProblemCode::SiteNotFound).with("site", site),
        SignInError::Unreachable { site, reason } => {
            tracing::warn!(site, reason, "site not reachable");
            Trouble::new(ProblemCode::SiteUnreachable).with("site", site)
        }
        SignInError::Clock { site } => {
            let time = crate::time::minute(crate::time::now_ms());
            Trouble::new(ProblemCode::ClockWrong).with("site", site).with("time", time)
        }
        SignInError::ProxySignIn { site } => Trouble::new(ProblemCode::ProxySignIn).with("address", site),
        SignInError::Untrusted { site } => {
            Trouble::new(ProblemCode::CertificateUntrusted).with("address", site)
        }
        SignInError::Rejected => {
            let site = JiraSite::parse(&typed).map(|s| s.host().to_owned()).unwrap_or(typed);
            Trouble::new(ProblemCode::TokenRejected).with("site", site).with("email", email)
        }
    }
}
