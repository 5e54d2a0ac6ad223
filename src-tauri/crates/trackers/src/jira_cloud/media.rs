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

use super::projects::segment;
use super::{JiraCloud, adf, observe};
use crate::ReadError;

/// What is known of the files of a site; it never changes, so that each is asked about once.
#[derive(Default)]
pub(super) struct Media(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// `None`: the site does not tell, and is not asked again in this run.
    ids: HashMap<AttachmentId, Option<String>>,
    /// File names by media id.
    names: HashMap<String, String>,
}

impl Media {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A text that we wrote a moment ago, with the names of the files that it shows.
    pub(super) fn named(&self, mut value: Value) -> Value {
        let known = self.known();
        adf::name_files(&mut value, &|media, _| known.names.get(media).cloned());
        drop(known);
        value
    }
}

/// A file of an issue.
pub(super) struct File {
    id: AttachmentId,
    name: String,
    by_us: bool,
}

/// The files of an issue, as Jira answered it; the oldest first.
pub(super) fn files(user: &str, issue: &Value) -> Vec<File> {
    let list = issue["fields"]["attachment"].as_array().map_or(&[][..], Vec::as_slice);
    let mut seen: Vec<_> = list.iter().filter_map(|value| observe::attachment(user, value).ok()).collect();
    observe::sort_attachments(&mut seen);
    seen.into_iter().map(|a| File { id: a.id, name: a.file_name, by_us: a.by_us }).collect()
}

impl JiraCloud {
    /// Texts of an issue that has these files, with the names of those that they show: what `alt` says where the issue has a
    /// file of that name, else what the site says. It is asked only where a picture does not say itself which file it is.
    pub(super) async fn with_file_names(&self, mut value: Value, files: &[File]) -> Result<Value, ReadError> {
        let says = |alt: &str| files.iter().any(|file| file.name == clean_file_name(alt));
        let shown = adf::shown_files(&value);
        let unclear =
            shown.iter().any(|(media, alt)| !says(alt) && !self.media.known().names.contains_key(media));
        if unclear {
            for file in files {
                self.media_id(file).await?;
            }
        }
        let known = self.media.known();
        adf::name_files(&mut value, &|media, alt| known.names.get(media).filter(|_| !says(alt)).cloned());
        drop(known);
        Ok(value)
    }

    /// The files of an issue.
    pub(super) async fn files_of(&self, issue: &IssueId) -> Result<Vec<File>, ReadError> {
        let user = self.client.user().await?;
        let path = format!("issue/{}?fields=attachment", segment(issue.as_str()));
        Ok(files(user, self.client.get(&path).await?.json()?))
    }

    /// Media ids of the files that a text shows, by name, as far as the issue has them. Of several files of a name ours is
    /// meant, and of these the newest: a picture is uploaded a moment before the text that shows it. Pictures are not worth
    /// a text: where the site does not tell, their names stand in their places.
    pub(super) async fn media_ids(&self, issue: &IssueId, document: &Document) -> HashMap<String, String> {
        let mut ids = HashMap::new();
        let names = document.files();
        if names.is_empty() {
            return ids;
        }
        let Ok(mut files) = self.files_of(issue).await else { return ids };
        files.sort_by_key(|file| file.by_us);
        for file in files.iter().rev().filter(|file| names.contains(&file.name.as_str())) {
            if !ids.contains_key(&file.name)
                && let Ok(Some(media)) = self.media_id(file).await
            {
                ids.insert(file.name.clone(), media);
            }
        }
        ids
    }

    async fn media_id(&self, file: &File) -> Result<Option<String>, ReadError> {
        if let Some(known) = self.media.known().ids.get(&file.id) {
            return Ok(known.clone());
        }
        let found = match self.content_address(&file.id).await {
            Ok(address) => address.as_ref().and_then(media_of),
            Err(slow @ ReadError::SlowDown { .. }) => return Err(slow),
            // One file that cannot be had must not hold up its issue, nor the others.
            Err(error) => {
                tracing::info!(%error, "the site does not tell by what id a text shows a file");
                None
            }
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
