//! How much room something takes on the disk.

use std::path::Path;

/// Bytes of a file, or of all files below a folder; what is not there takes none. A link is not followed.
pub(crate) fn used(path: &Path) -> u64 {
    let Ok(found) = path.symlink_metadata() else { return 0 };
    if !found.is_dir() {
        return if found.is_file() { found.len() } else { 0 };
    }
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    entries.flatten().map(|entry| used(&entry.path())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_added_up_and_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("a/b")).unwrap();
        std::fs::write(at("a/one"), [0; 10]).unwrap();
        std::fs::write(at("a/b/two"), [0; 5]).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path(), at("a/round")).unwrap();
        assert_eq!(used(folder.path()), 15);
        assert_eq!(used(&at("a/one")), 10);
        assert_eq!(used(&at("nothing")), 0);
    }
}
