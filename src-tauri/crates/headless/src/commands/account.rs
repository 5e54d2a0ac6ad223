//! `twinline-node account …`.

use std::io;

use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::AccountView;
use twinline_node::words::say;
use twinline_node::{ApiToken, Node, TokenEnds};

use super::show;
use crate::args::Account;
use crate::{Failure, input, print};

fn tell(account: &AccountView, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json { print::json(&mut out, account) } else { print::line(&mut out, account.id.as_str()) }
}

/// The day first: nobody types a token for a day that is refused.
fn token(expires: Option<String>) -> Result<ApiToken, Failure> {
    let ends = expires.as_deref().map(TokenEnds::read).transpose()?;
    Ok(ApiToken { secret: input::token()?, ends })
}

fn facts_of(trouble: &Trouble) -> Vec<(&str, &str)> {
    trouble.facts.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// Adds, renews, lists or removes sign-ins.
pub async fn run(node: &Node, command: Account, json: bool) -> Result<(), Failure> {
    match command {
        Account::Add { site, email, expires } => {
            tell(&node.add_account(&site, &email, token(expires)?).await?, json)?;
        }
        Account::Renew { id, email, site, other_account, expires } => {
            let id = show::account_of(node, &id).await?;
            let token = token(expires)?;
            let renew = async |other| {
                node.renew_account_at(&id, site.as_deref(), email.as_deref(), token.clone(), other).await
            };
            let renewed = renew(other_account).await;
            let account = match renewed {
                Err(trouble)
                    if trouble.code == ProblemCode::AccountDiffers
                        && input::agrees("cli-ask-other", &facts_of(&trouble))? =>
                {
                    renew(true).await?
                }
                other => other?,
            };
            tell(&account, json)?;
        }
        Account::List => {
            let (accounts, notes) = (node.accounts().await?, node.notes().await?);
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
                        a.token.map(|t| t.ends).unwrap_or_default(),
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
                "cli-col-token-ends",
            ];
            print::table(&mut out, &heads, &rows, "cli-none-accounts")?;
            show::notes(&mut out, &notes)?;
        }
        Account::Remove { id } => {
            node.remove_account(&show::account_of(node, &id).await?).await?;
        }
    }
    Ok(())
}
