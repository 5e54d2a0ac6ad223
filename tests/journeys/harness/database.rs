//! A node's database as a file: copied, put back, spoilt. Only to be touched while the node is stopped, unless it says so.

use std::path::{Path, PathBuf};

/// The database and its log.
const FILES: [&str; 3] = ["twinline.db", "twinline.db-wal", "twinline.db-shm"];

/// The database's file in a data folder.
pub fn file(data: &Path) -> PathBuf {
    data.join(FILES[0])
}

/// Copies the database, with whatever its log holds, from one folder to another.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the test's folder can be written");
    for name in FILES {
        let found = from.join(name);
        if found.exists() {
            std::fs::copy(found, to.join(name)).expect("the test's folder can be written");
        }
    }
}

/// Removes the database.
pub fn remove(data: &Path) {
    for name in FILES {
        let found = data.join(name);
        if found.exists() {
            std::fs::remove_file(found).expect("the test's folder can be written");
        }
    }
}

/// Puts an earlier state in the place of today's.
pub fn put_back(saved: &Path, data: &Path) {
    remove(data);
    copy(saved, data);
}

/// Copies the database while its node uses it (SQLite's backup).
pub fn back_up(data: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the test's folder can be written");
    let from = read(data);
    let mut into = rusqlite::Connection::open(to.join(FILES[0])).expect("the copy opens");
    let copying = rusqlite::backup::Backup::new(&from, &mut into).expect("a backup begins");
    // In one step: a node that writes meanwhile would make it begin anew each time.
    let done = copying.step(-1).expect("a backup is made");
    assert_eq!(done, rusqlite::backup::StepResult::Done);
}

fn read(data: &Path) -> rusqlite::Connection {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = rusqlite::Connection::open_with_flags(file(data), flags).expect("the database opens");
    database.busy_timeout(std::time::Duration::from_secs(30)).expect("a time-out");
    database
}

/// Whether the two sides' digests were found equal in all connections.
pub fn compared(data: &Path) -> bool {
    let missing = "SELECT count(*) FROM link WHERE compared_ms IS NULL";
    read(data).query_row(missing, [], |row| row.get(0)).is_ok_and(|count: i64| count == 0)
}

/// How many writes are recorded whose outcome is not.
pub fn intents(data: &Path) -> i64 {
    read(data).query_row("SELECT count(*) FROM intent", [], |row| row.get(0)).expect("it can be read")
}

/// Spoils rows while the node runs: the pair of one issue, by its title, and what is under way of another.
pub fn spoil(data: &Path, pair: &str, intent: &str) {
    let database = write(data);
    let of_pair = "UPDATE pair_trees SET sum = sum + 1 WHERE pair = (SELECT id FROM pair WHERE title = ?1)";
    assert_eq!(database.execute(of_pair, [pair]).expect("it can be written"), 1);
    let of_intent = "INSERT INTO intent (connection, pair, kind, write)
        SELECT connection, id, 'edit_issue', 'nothing' FROM pair WHERE title = ?1";
    assert_eq!(database.execute(of_intent, [intent]).expect("it can be written"), 1);
}

/// Undoes `spoil`.
pub fn mend(data: &Path, pair: &str) {
    let database = write(data);
    let of_pair = "UPDATE pair_trees SET sum = sum - 1 WHERE pair = (SELECT id FROM pair WHERE title = ?1)";
    assert_eq!(database.execute(of_pair, [pair]).expect("it can be written"), 1);
    assert_eq!(database.execute("DELETE FROM intent WHERE write = 'nothing'", []).expect("written"), 1);
}

fn write(data: &Path) -> rusqlite::Connection {
    let database = rusqlite::Connection::open(file(data)).expect("the database opens");
    database.busy_timeout(std::time::Duration::from_secs(30)).expect("a time-out");
    database
}

/// Every open invitation ended long ago.
pub fn expire_invitations(data: &Path) {
    let changed = write(data).execute("UPDATE invited SET expires_s = 1 WHERE state = 'open'", []);
    assert_eq!(changed.expect("it can be written"), 1);
}

/// The daily look at each issue is due again in all connections.
pub fn census_is_due(data: &Path) {
    let database = write(data);
    database.execute("UPDATE connection SET census_ms = 0", []).expect("it can be written");
}

/// The texts that lost a conflict and are kept for people, as JSON.
pub fn lost_texts(data: &Path) -> Vec<String> {
    let database = read(data);
    let mut rows = database.prepare("SELECT lost FROM conflict ORDER BY id").expect("there is a record");
    let texts = rows.query_map([], |row| row.get(0)).expect("it can be read");
    texts.collect::<Result<_, _>>().expect("it can be read")
}
