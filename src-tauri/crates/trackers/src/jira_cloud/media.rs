//! Pictures that stand in a text.
//!
//! A media node names its file by an id of Atlassian's media service, not by the attachment's. Two ways lead from one to the
//! other: the node's `alt`, which Jira's editor fills with the file's name, and the address that
//! `GET /attachment/content/{id}` redirects to, `…/file/{media id}/binary?…`. Neither is documented; where both fail the text
//! says the file's name, as it does on a site that refuses a media node.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use twinline_model::text::clean_file_name;
use twinline_model::{AttachmentId, Document, IssueId};

use super::json::{id, text};
use super::projects::segment;
use super::{JiraCloud, adf};
use crate::ReadError;

/// What is known of the files of a site; it never changes, so that each is asked about once.
#[derive(Default)]
pub(super) struct Media(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// `None`: the site does not tell.
    ids: HashMap<AttachmentId, Option<String>>,
    /// File names by media id.
    names: HashMap<String, String>,
}

impl Media {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The issue or comment with the names of the files that its texts show, as far as they are known.
    pub(super) fn named(&self, mut value: Value) -> Value {
        adf::name_files(&mut value, &self.known().names);
        value
    }
}

/// A file of an issue.
struct File {
    id: AttachmentId,
    name: String,
}

fn files(issue: &Value) -> Vec<File> {
    let list = issue["fields"]["attachment"].as_array().map_or(&[][..], Vec::as_slice);
    let file = |value: &Value| {
        let name = clean_file_name(&text(&value["filename"]));
        Some(File { id: AttachmentId::new(id(&value["id"])?), name })
    };
    list.iter().filter_map(file).collect()
}

impl JiraCloud {
    /// An issue as Jira answered it, with the names of the files that its texts show. The site is asked only where a picture
    /// does not say itself which file it is.
    pub(super) async fn with_file_names(&self, issue: &Value) -> Result<Value, ReadError> {
        let shown = adf::files_without_name(issue);
        let files = files(issue);
        let says = |alt: &String| files.iter().any(|file| file.name == clean_file_name(alt));
        let unclear =
            |(media, alt): &(String, String)| !says(alt) && !self.media.known().names.contains_key(media);
        if shown.iter().any(unclear) {
            for file in &files {
                self.media_id(file).await?;
            }
        }
        Ok(self.media.named(issue.clone()))
    }

    /// Media ids of the files that a text shows, by name, as far as the issue has them. Of several files of a name the newest
    /// is meant: a picture is uploaded a moment before the text that shows it.
    pub(super) async fn media_ids(
        &self,
        issue: &IssueId,
        document: &Document,
    ) -> Result<HashMap<String, String>, ReadError> {
        let mut ids = HashMap::new();
        let names = document.files();
        if names.is_empty() {
            return Ok(ids);
        }
        let path = format!("issue/{}?fields=attachment", segment(issue.as_str()));
        let answer = self.client.get(&path).await?;
        for file in files(answer.json()?).iter().rev().filter(|file| names.contains(&file.name.as_str())) {
            if !ids.contains_key(&file.name)
                && let Some(media) = self.media_id(file).await?
            {
                ids.insert(file.name.clone(), media);
            }
        }
        Ok(ids)
    }

    async fn media_id(&self, file: &File) -> Result<Option<String>, ReadError> {
        if let Some(known) = self.media.known().ids.get(&file.id) {
            return Ok(known.clone());
        }
        let found = match self.content_address(&file.id).await {
            Ok(address) => address.as_ref().and_then(media_of),
            // It was taken away since it was listed.
            Err(ReadError::NotFound | ReadError::Forbidden(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut known = self.media.known();
        if let Some(media) = &found {
            known.names.insert(media.clone(), file.name.clone());
        }
        known.ids.insert(file.id.clone(), found.clone());
        Ok(found)
    }
}

/// The media id in `https://host/file/{media id}/binary?token=…`.
fn media_of(address: &url::Url) -> Option<String> {
    let mut parts = address.path_segments()?.skip_while(|part| *part != "file").skip(1);
    let found = parts
        .next()
        .filter(|id| id.len() <= 100 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))?;
    (parts.next() == Some("binary") && !found.is_empty()).then(|| found.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j18_the_media_id_is_part_of_the_address() {
        let media = |address: &str| media_of(&address.parse().unwrap());
        let id = "2f0e1c4e-7a0b-4c83-9d4e-0a6d7f2b1c55";
        assert_eq!(
            media(&format!("https://api.media.atlassian.com/file/{id}/binary?token=x")).as_deref(),
            Some(id)
        );
        assert_eq!(media(&format!("https://m.example/v1/file/{id}/binary")).as_deref(), Some(id));
        assert_eq!(media(&format!("https://m.example/file/{id}/image")), None);
        assert_eq!(media("https://m.example/file//binary"), None);
        assert_eq!(media("https://m.example/file/a%20b/binary"), None);
        assert_eq!(media("https://m.example/secure/attachment/10001"), None);
    }
}
