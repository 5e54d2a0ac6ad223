//! ACME in the real window, and Globex as a node of this very process: a partner who does as told.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use twinline_model::AccountId;
use twinline_model::view::AcceptRequest;
use twinline_node::{Node, Options, SecretsChoice};

use crate::desktop::{Desktop, free_port};
use crate::pairing::{choose_what_to_initiate, sign_in};
use crate::sites::Company;
use crate::window::Window;

/// Both companies; the invitation is out.
pub struct Invited {
    /// Whose window it is.
    pub acme: Company,
    /// Whose Jira the partner uses.
    pub globex: Company,
    /// ACME's window.
    pub window: Window,
    /// What ACME's app was started with.
    pub args: Vec<String>,
    partner: Option<Arc<Node>>,
    theirs: PathBuf,
    code: String,
}

impl Invited {
    /// ACME signs in and invites, and its window lists the connection.
    pub async fn start(desktop: &mut Desktop, check_every: &str) -> Self {
        let acme = Company::start("acme", "token-of-acme-for-tray").await;
        let globex = Company::start("globex", "token-of-globex-for-tray").await;
        let data = desktop.home().join("data-acme").display().to_string();
        let listen = format!("127.0.0.1:{}", free_port());
        let args = ["--data", &data, "--listen", &listen, "--practice", "--check-every", check_every];
        let window = Window::open(desktop, "acme", 0, &args).await;
        sign_in(&window, "first-run-invite", &acme).await;
        choose_what_to_initiate(&window, "Globex & Co", "SUP", &format!("http://{listen}")).await;
        window.click("initiate-submit").await;
        let code = window.text("invitation-code").await;
        window.click("done").await;
        let args = args.map(str::to_owned).into();
        let theirs = desktop.home().join("data-globex");
        let mut invited = Self { acme, globex, window, args, partner: None, theirs, code };
        invited.partner_comes().await;
        invited
    }

    /// The partner's computer is on, and does what it did before.
    pub async fn partner_comes(&mut self) {
        let partner = Node::open(Options {
            secrets: SecretsChoice::File,
            practice: true,
            check_every: Duration::from_secs(1),
            ..Options::new(self.theirs.clone())
        });
        let partner = partner.await.unwrap();
        partner.start().await.unwrap();
        self.partner = Some(partner);
    }

    /// The partner's computer goes off.
    pub async fn partner_goes(&mut self) {
        if let Some(partner) = self.partner.take() {
            partner.stop().await;
        }
    }

    /// The partner signs in to their Jira, for the first time or again.
    pub async fn partner_signs_in(&self) -> AccountId {
        let company = &self.globex;
        let token = SecretString::from(company.token());
        self.partner().add_account(company.url(), company.email(), token).await.unwrap().id
    }

    /// The partner accepts; the connection's id.
    pub async fn accept(&self) -> String {
        let request = AcceptRequest {
            invitation: self.code.clone(),
            account: self.partner_signs_in().await,
            project: "GX".into(),
            default_type: None,
            filter: None,
            existing: false,
            name_authors: true,
            internal_comments: false,
        };
        self.partner().accept(&request).await.unwrap().id.to_string()
    }

    /// The partner's node.
    pub fn partner(&self) -> &Node {
        self.partner.as_deref().unwrap()
    }
}
