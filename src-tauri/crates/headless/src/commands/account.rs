//! `twinline-node account …`.

use std::io;

use twinline_model::AccountId;
use twinline_model::problem::ProblemCode;
use twinline_model::view::AccountView;
use twinline_node::Node;
use twinline_node::words::say;

use crate::args::Account;
use crate::{Failure, input, print};

fn tell(account: &AccountView, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json { print::json(&mut out, account) } else { print::line(&mut out, account.id.as_str()) }
}

/// Adds, renews, lists or removes sign-ins.
pub async fn run(node: &Node, command: Account, json: bool) -> Result<(), Failure> {
    match command {
        Account::Add { site, email } => {
            tell(&node.add_account(&site, &email, input::token()?).await?, json)?;
        }
        Account::Renew { id, email, other_account } => {
            let (id, token) = (AccountId::new(id), input::token()?);
            let renewed = node.renew_account(&id, email.as_deref(), token.clone(), other_account).await;
            let account = match renewed {
                Err(trouble)
                    if trouble.code == ProblemCode::AccountDiffers
                        && input::agrees("cli-ask-other", &trouble)? =>
                {
                    node.renew_account(&id, email.as_deref(), token, true).await?
                }
                other => other?,
            };
            tell(&account, json)?;
        }
        Account::List => {
            let accounts = node.accounts().await?;
            let mut out = io::stdout().lock();
            if json {
                print::json(&mut out, &accounts)?;
                return Ok(());
            }
            let rows: Vec<Vec<String>> = accounts
                .into_iter()
                .map(|a| {
                    let signed_in = say(if a.signed_in { "cli-yes" } else { "cli-no" }, &[]);
                    vec![
                        a.id.to_string(),
                        a.site,
                        a.email,
                        a.display_name,
                        a.projects.to_string(),
                        a.connections.to_string(),
                        signed_in,
                    ]
                })
                .collect();
            let heads = [
                "cli-col-id",
                "cli-col-site",
                "cli-col-email",
                "cli-col-name",
                "cli-col-projects",
                "cli-col-connections",
                "cli-col-signed-in",
            ];
            print::table(&mut out, &heads, &rows, "cli-none-accounts")?;
        }
        Account::Remove { id } => {
            node.remove_account(&AccountId::new(id)).await?;
        }
    }
    Ok(())
}
