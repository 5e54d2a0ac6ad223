//! The folder of a practice world, and the note in it that says whether the world is complete.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use twinline_model::ConnectionId;
use twinline_model::problem::{ProblemCode, Trouble};

const NOTE: &str = "practice.json";

/// What has to be known to go on with a world.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Note {
    /// Where ACME's tracker answers.
    pub acme: u16,
    /// Where Globex's tracker answers.
    pub globex: u16,
    /// Where ACME's node answers.
    pub node: u16,
    /// The connection of both.
    pub connection: ConnectionId,
}

/// What a folder holds.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// Nothing, or no folder.
    Nothing,
    /// A world that can go on.
    World(Note),
    /// A world that was not made to its end, or whose removal was cut short.
    Remains,
    /// Something that no world left.
    Foreign,
}

pub(crate) fn look(folder: &Path) -> Result<Found, Error> {
    match std::fs::read(folder.join(NOTE)) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).map_or(Found::Remains, Found::World)),
        Err(e) if e.kind() == ErrorKind::NotFound => match std::fs::read_dir(folder) {
            Ok(mut entries) => Ok(if entries.next().is_some() { Found::Foreign } else { Found::Nothing }),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(Found::Nothing),
            Err(e) => Err(e),
        },
        Err(e) => Err(e),
    }
}

/// Whether there is a world to go on with.
pub fn is_kept(folder: &Path) -> bool {
    matches!(look(folder), Ok(Found::World(_)))
}

/// Makes an empty folder for a world. Until [`complete`], whatever is in it are remains.
pub(crate) fn begin(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder)?;
    #[cfg(unix)]
    std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    std::fs::write(folder.join(NOTE), "")
}

/// From now on the world can go on after a restart.
pub(crate) fn complete(folder: &Path, note: &Note) -> Result<(), Error> {
    let fresh = folder.join("practice.new");
    std::fs::write(&fresh, serde_json::to_vec(note)?)?;
    std::fs::rename(fresh, folder.join(NOTE))
}

/// Removes a world that does not run, with all that lies in its folder; without one, nothing happens.
///
/// # Errors
/// What no world left stays, and so does what cannot be removed; [`remove`] may be tried again then.
pub fn remove(folder: &Path) -> Result<(), Trouble> {
    clear(folder).map_err(|e| unusable(folder, &e))
}

pub(crate) fn clear(folder: &Path) -> Result<(), Error> {
    match look(folder)? {
        Found::Nothing => return Ok(()),
        Found::Foreign => return Err(Error::other("what lies in it was not made by Twinline's practice")),
        Found::World(_) | Found::Remains => {}
    }
    let note = folder.join(NOTE);
    // First it is no world any more, so that half of one never runs; the note itself goes last, since it says that all this
    // may go.
    std::fs::write(&note, "")?;
    for entry in std::fs::read_dir(folder)? {
        let path: PathBuf = entry?.path();
        if path == note {
            continue;
        }
        // A link is removed, never what it leads to.
        if path.symlink_metadata()?.is_dir() {
            std::fs::remove_dir_all(&path)?;
        } else {
            std::fs::remove_file(&path)?;
        }
    }
    std::fs::remove_file(&note)?;
    std::fs::remove_dir(folder)
}

pub(crate) fn unusable(folder: &Path, error: &Error) -> Trouble {
    let code = match error.kind() {
        ErrorKind::StorageFull => ProblemCode::DiskFull,
        _ => ProblemCode::FolderUnusable,
    };
    Trouble::new(code).with("folder", folder.display().to_string()).with("detail", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note() -> Note {
        Note { acme: 1, globex: 2, node: 3, connection: "c".into() }
    }

    #[test]
    fn a_world_is_kept_only_when_it_is_complete() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("practice");
        assert_eq!(look(&folder).unwrap(), Found::Nothing);
        begin(&folder).unwrap();
        assert_eq!(look(&folder).unwrap(), Found::Remains);
        assert!(!is_kept(&folder));
        complete(&folder, &note()).unwrap();
        assert_eq!(look(&folder).unwrap(), Found::World(note()));
        std::fs::write(folder.join(NOTE), "{\"acme\":").unwrap();
        assert_eq!(look(&folder).unwrap(), Found::Remains);
    }

    #[test]
    fn all_of_a_world_is_removed_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("practice");
        remove(&folder).unwrap();
        begin(&folder).unwrap();
        complete(&folder, &note()).unwrap();
        std::fs::create_dir_all(folder.join("acme/deep")).unwrap();
        std::fs::write(folder.join("acme/deep/file"), "x").unwrap();
        #[cfg(unix)]
        {
            let beside = home.path().join("beside");
            std::fs::create_dir(&beside).unwrap();
            std::fs::write(beside.join("file"), "x").unwrap();
            std::os::unix::fs::symlink(&beside, folder.join("link")).unwrap();
        }
        remove(&folder).unwrap();
        assert!(!folder.exists());
        #[cfg(unix)]
        assert!(home.path().join("beside/file").exists(), "where a link led, nothing is removed");
    }

    #[test]
    fn a_folder_of_somebody_else_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("letter.txt");
        std::fs::write(&file, "dear").unwrap();
        assert_eq!(remove(home.path()).unwrap_err().code, ProblemCode::FolderUnusable);
        assert!(file.exists());
    }
}
