//! What a person takes with them: connections, pairs and activity as one JSON file, without secrets.

use std::path::{Path, PathBuf};

use serde::Serialize;
use tokio::fs::File;
use tokio::io::{AsyncWriteExt as _, BufWriter};
use twinline_model::problem::Trouble;

use crate::diagnostics::unwritable;
use crate::node::Node;
use crate::time::{now_ms, rfc3339};

/// Rows that are read at once: the file may be larger than the memory.
const PAGE: u32 = 200;
/// How many exports of one minute stand side by side.
const TWINS: u32 = 100;

impl Node {
    /// Writes the export as a new file into a folder; what stands there stays.
    ///
    /// # Errors
    /// `FileUnwritable`, `DiskFull`, or what keeps the database from being read.
    pub async fn export_into(&self, folder: &Path) -> Result<PathBuf, Trouble> {
        let (path, file) = new_file(folder).await?;
        let written = self.write_export(BufWriter::new(file), &path).await;
        if written.is_err() {
            // Half an export is none. Where even that fails, the first error says what is the matter.
            let _ = tokio::fs::remove_file(&path).await;
        }
        written.map(|()| path)
    }

    async fn write_export(&self, file: BufWriter<File>, path: &Path) -> Result<(), Trouble> {
        let mut out = Out { file, path, first: true };
        let head = format!(
            "{{\n\"program\": \"Twinline\",\n\"version\": \"{}\",\n\"exported_at\": \"{}\",\n\"connections\": ",
            env!("CARGO_PKG_VERSION"),
            rfc3339(now_ms())
        );
        out.text(&head).await?;
        let connections = self.connections().await?;
        out.open().await?;
        for connection in &connections {
            out.row(connection).await?;
        }
        out.text("\n],\n\"pairs\": ").await?;
        out.open().await?;
        for connection in &connections {
            let mut after = None;
            loop {
                let page = self.pairs(&connection.id, "", after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.id.clone());
                for pair in &page {
                    out.row(&WithConnection { connection: connection.id.as_str(), row: pair }).await?;
                }
            }
        }
        out.text("\n],\n\"activity\": ").await?;
        out.open().await?;
        let mut before = None;
        loop {
            let page = self.activity(None, before, PAGE).await?;
            let Some(last) = page.last() else { break };
            before = Some(last.id.clone());
            for line in &page {
                out.row(line).await?;
            }
        }
        out.text("\n]\n}\n").await?;
        let flushed = async {
            out.file.flush().await?;
            out.file.get_ref().sync_all().await
        };
        flushed.await.map_err(|e| unwritable(path, &e))
    }
}

async fn new_file(folder: &Path) -> Result<(PathBuf, File), Trouble> {
    let at = jiff::Zoned::now().strftime("%Y-%m-%d-%H%M").to_string();
    let mut twin = 1;
    loop {
        let path = match twin {
            1 => folder.join(format!("twinline-export-{at}.json")),
            _ => folder.join(format!("twinline-export-{at}-{twin}.json")),
        };
        match File::create_new(&path).await {
            Ok(file) => return Ok((path, file)),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && twin < TWINS => twin += 1,
            Err(e) => return Err(unwritable(&path, &e)),
        }
    }
}

#[derive(Serialize)]
struct WithConnection<'a, T> {
    connection: &'a str,
    #[serde(flatten)]
    row: &'a T,
}

/// Lists in JSON, a row at a time.
struct Out<'a> {
    file: BufWriter<File>,
    path: &'a Path,
    first: bool,
}

impl Out<'_> {
    async fn open(&mut self) -> Result<(), Trouble> {
        self.first = true;
        self.text("[").await
    }

    async fn row(&mut self, row: &impl Serialize) -> Result<(), Trouble> {
        let lead = if std::mem::take(&mut self.first) { "\n" } else { ",\n" };
        // Views are numbers, texts and lists: there is nothing that JSON cannot say.
        let row = serde_json::to_string(row).unwrap_or_else(|_| "null".to_owned());
        self.text(lead).await?;
        self.text(&row).await
    }

    async fn text(&mut self, text: &str) -> Result<(), Trouble> {
        self.file.write_all(text.as_bytes()).await.map_err(|e| unwritable(self.path, &e))
    }
}
