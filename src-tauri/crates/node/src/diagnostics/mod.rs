//! The diagnostics bundle: what helps to find a defect, as files that a person reads before they save them. It is never sent by
//! us.
//!
//! What is in it is chosen, never filtered: [`facts`] names each number and each word of ours one by one, so that a field
//! that is added to a view is not in the bundle until somebody puts it there. The log is the one thing that others wrote
//! into; [`log`] keeps of each line only what we know to be ours. Begin reading at [`Node::diagnostics`].

mod facts;
mod log;
mod save;

pub(crate) use log::day_of;
pub(crate) use save::unwritable;

use std::path::Path;

use serde::Serialize;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{DiagnosticsFile, DiagnosticsView};

use crate::node::Node;
use crate::time::now_ms;

/// The files of a bundle, as they are shown and as they are saved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostics {
    made_ms: i64,
    /// Name and content.
    files: Vec<(String, String)>,
}

impl Diagnostics {
    /// What is in it, for a person to read before it is saved.
    pub fn view(&self) -> DiagnosticsView {
        let file = |(name, text): &(String, String)| DiagnosticsFile {
            name: name.clone(),
            size: u32::try_from(text.len()).unwrap_or(u32::MAX),
            text: text.clone(),
        };
        DiagnosticsView {
            file_name: save::file_name(self.made_ms),
            files: self.files.iter().map(file).collect(),
        }
    }

    /// Of a data folder whose node cannot be opened: what can be told without its database.
    pub fn of_folder(data: &Path, why: &Trouble) -> Self {
        let made_ms = now_ms();
        let mut files = vec![
            json("about.json", &facts::About::now(made_ms, Some(why.code))),
            json("database.json", &facts::Database::of_folder(data)),
        ];
        files.extend(log::of_folder(data));
        Self { made_ms, files }
    }
}

impl Node {
    /// Gathers a diagnostics bundle: numbers, states, codes and the log; no word that a person or a tracker wrote.
    pub async fn diagnostics(&self) -> Result<Diagnostics, Trouble> {
        let made_ms = now_ms();
        let mut files = vec![
            json("about.json", &facts::About::now(made_ms, None)),
            json("settings.json", &facts::Settings::of(self).await?),
            json("status.json", &facts::Status::of(&self.status().await)),
            json("connections.json", &facts::Connections::of(self).await?),
            json("problems.json", &facts::problems(self).await?),
            json("database.json", &facts::Database::of(self).await?),
        ];
        let data = self.options.data.clone();
        let logs = tokio::task::spawn_blocking(move || log::of_folder(&data)).await;
        files.extend(logs.map_err(|e| Trouble::new(ProblemCode::Internal).with("detail", e.to_string()))?);
        Ok(Diagnostics { made_ms, files })
    }
}

/// A file with one value, for people and programs alike.
fn json(name: &str, value: &impl Serialize) -> (String, String) {
    // Numbers, words and lists of them: there is nothing that JSON cannot say.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    (name.to_owned(), text)
}

#[cfg(test)]
mod tests;
