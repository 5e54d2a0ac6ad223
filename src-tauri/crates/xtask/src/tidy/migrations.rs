//! A migration is never edited after it landed: people's databases have run the old one.
//!
//! CHECKSUMS beside the migrations holds one line each, as `sha256sum` writes it: the hash, two blanks, the file.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// Where they are.
pub const FOLDER: &str = "src-tauri/crates/store/migrations";

/// Compares the migrations (file name and bytes) with the list of what has landed.
pub fn changed(migrations: &BTreeMap<String, Vec<u8>>, list: &str) -> Vec<String> {
    let landed: BTreeMap<&str, &str> = list
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(hash, file)| (file.trim(), hash.trim()))
        .collect();
    let mut wrong = Vec::new();
    for (file, bytes) in migrations {
        let hash = format!("{:x}", Sha256::digest(bytes));
        match landed.get(file.as_str()) {
            Some(known) if *known == hash => {}
            Some(_) => {
                wrong.push(format!("{FOLDER}/{file}: changed after it landed; add a new migration instead"))
            }
            None => wrong.push(format!("{FOLDER}/CHECKSUMS: add the line \"{hash}  {file}\"")),
        }
    }
    for file in landed.keys().filter(|file| !migrations.contains_key(**file)) {
        wrong.push(format!("{FOLDER}/{file}: has landed and is gone"));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> BTreeMap<String, Vec<u8>> {
        BTreeMap::from([("0001_first.sql".to_owned(), text.as_bytes().to_vec())])
    }

    #[test]
    fn a_landed_migration_stays_as_it_is() {
        let list = format!("{:x}  0001_first.sql\n", Sha256::digest(b"CREATE TABLE a"));
        assert!(changed(&one("CREATE TABLE a"), &list).is_empty());
        assert!(changed(&one("CREATE TABLE b"), &list)[0].ends_with("add a new migration instead"));
        assert!(changed(&BTreeMap::new(), &list)[0].ends_with("has landed and is gone"));
    }

    #[test]
    fn a_new_migration_has_to_be_listed() {
        assert!(changed(&one("CREATE TABLE a"), "")[0].contains("add the line"));
    }
}
