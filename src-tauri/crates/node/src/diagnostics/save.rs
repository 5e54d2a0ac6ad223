//! The bundle as a file: a zip that each system opens by itself.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use twinline_model::problem::{ProblemCode, Trouble};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Diagnostics;

/// How many bundles of one minute stand side by side.
const TWINS: u32 = 100;

/// Says what it is, and when it was made.
pub(super) fn file_name(made_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(made_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let at = at.to_zoned(jiff::tz::TimeZone::system());
    format!("twinline-diagnostics-{}.zip", at.strftime("%Y-%m-%d-%H%M"))
}

impl Diagnostics {
    /// The whole file.
    pub fn zip(&self) -> io::Result<Vec<u8>> {
        let made = jiff::Timestamp::from_millisecond(self.made_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let made = made.to_zoned(jiff::tz::TimeZone::system()).datetime();
        let part = |n: i8| u8::try_from(n).unwrap_or_default();
        // A zip knows the years from 1980 on; a clock that shows another leaves the entry undated.
        let at = zip::DateTime::from_date_and_time(
            u16::try_from(made.year()).unwrap_or_default(),
            part(made.month()),
            part(made.day()),
            part(made.hour()),
            part(made.minute()),
            part(made.second()),
        );
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(at.unwrap_or_default());
        let mut zip = ZipWriter::new(io::Cursor::new(Vec::new()));
        for (name, text) in &self.files {
            zip.start_file(name.as_str(), options)?;
            zip.write_all(text.as_bytes())?;
        }
        Ok(zip.finish()?.into_inner())
    }

    /// Writes it as a new file into a folder, under a name that says what it is; what stands there stays.
    ///
    /// # Errors
    /// `FileUnwritable`, or `DiskFull`.
    pub fn save_into(&self, folder: &Path) -> Result<PathBuf, Trouble> {
        let name = file_name(self.made_ms);
        let base = name.trim_end_matches(".zip");
        for twin in 1..=TWINS {
            let file = match twin {
                1 => folder.join(&name),
                _ => folder.join(format!("{base}-{twin}.zip")),
            };
            match self.write(&file) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(unwritable(&file, &error)),
                Ok(()) => return Ok(file),
            }
        }
        Err(unwritable(&folder.join(name), &io::ErrorKind::AlreadyExists.into()))
    }

    /// Writes it as a new file; one that is there already stays as it is.
    ///
    /// # Errors
    /// `FileUnwritable`, or `DiskFull`.
    pub fn save_as(&self, file: &Path) -> Result<(), Trouble> {
        self.write(file).map_err(|error| unwritable(file, &error))
    }

    fn write(&self, file: &Path) -> io::Result<()> {
        let bytes = self.zip()?;
        let mut made = File::create_new(file)?;
        made.write_all(&bytes).and_then(|()| made.sync_all()).inspect_err(|_| {
            // Half a bundle is none. Where even that fails, the first error says what is the matter.
            let _ = std::fs::remove_file(file);
        })
    }
}

/// Why a file that a person asked for was not written.
pub(crate) fn unwritable(file: &Path, error: &io::Error) -> Trouble {
    let file = file.display().to_string();
    match error.kind() {
        io::ErrorKind::StorageFull => Trouble::new(ProblemCode::DiskFull).with("folder", file),
        _ => Trouble::new(ProblemCode::FileUnwritable).with("file", file).with("detail", error.to_string()),
    }
}
