//! A file of 2 GiB from tracker to tracker: the same bytes at both, and nodes that hold only pieces of it.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Row;
use crate::demo::Folder;
use crate::demo::pair::Two;
use crate::stop::until;
use crate::tool::{Failed, Tool, fail};

const BYTES: u64 = 2 << 30;
const PATIENCE: Duration = Duration::from_secs(3_600);

/// Attaches it at ACME and waits until Globex's tracker has it whole.
pub fn measure(tool: &Tool) -> Result<Vec<Row>, Failed> {
    let folder = Folder::new(false)?;
    let mut two = Two::start(tool, &folder, 0, "1s")?;
    // The practice Jiras, too, tell it to whoever signs in.
    for jira in [&two.acme.jira, &two.globex.jira] {
        jira.set_upload_limit(2 * BYTES)?;
    }
    two.connect(PATIENCE)?;
    let key = two.acme.jira.create(two.acme.project, "Task", "Carries a disk image", &Value::Null)?;
    two.acme.jira.attach_stream(&key, "disk.img", Sparse::new(BYTES))?;
    let start = Instant::now();
    let wanted = vec![(BYTES, hash_of(Sparse::new(BYTES))?)];
    let twin = until("The large file arriving", PATIENCE, || {
        two.acme.must_run()?;
        two.globex.must_run()?;
        // The twin, and its file.
        if two.globex.jira.writes()? < 2 {
            return Ok(None);
        }
        Ok(two.globex.jira.keys(two.globex.project)?.pop())
    })?;
    let took = start.elapsed().as_secs_f64();
    two.up_to_date(PATIENCE)?;
    for (name, found) in
        [("ACME", two.acme.jira.stored_files(&key)?), ("Globex", two.globex.jira.stored_files(&twin)?)]
    {
        if found != wanted {
            return fail(format!("{name} has {found:?} and not {wanted:?}."));
        }
    }
    let mut rows =
        vec![Row::new("2 GiB from one tracker to the other, same SHA-256 at both, once", took, "s")];
    rows.extend(super::peaks(&two));
    Ok(rows)
}

/// As the practice Jira says it.
pub(super) fn hash_of(mut bytes: impl Read) -> Result<String, Failed> {
    let mut hash = Sha256::new();
    io::copy(&mut bytes, &mut hash).map_err(|e| Failed(format!("The file cannot be made: {e}.")))?;
    Ok(format!("{:x}", hash.finalize()))
}

/// Bytes that are zero but for a number at the start of each MiB: no piece can be taken for another one.
pub(super) struct Sparse {
    at: u64,
    end: u64,
}

impl Sparse {
    pub(super) fn new(bytes: u64) -> Self {
        Self { at: 0, end: bytes }
    }
}

impl Read for Sparse {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const MIB: u64 = 1 << 20;
        let left = (self.end - self.at).min(MIB - self.at % MIB);
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        buffer[..length].fill(0);
        let number = (self.at / MIB + 1).to_le_bytes();
        let offset = self.at % MIB;
        for (byte, place) in buffer[..length].iter_mut().zip(offset..8) {
            *byte = number[usize::try_from(place).unwrap_or(0)];
        }
        self.at += length as u64;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mebibyte_is_another_one_however_it_is_read() {
        let mut whole = Vec::new();
        Sparse::new((2 << 20) + 3).read_to_end(&mut whole).expect("bytes");
        assert_eq!(whole.len(), (2 << 20) + 3);
        assert_eq!((whole[0], whole[1], whole[1 << 20], whole[2 << 20]), (1, 0, 2, 3));
        let mut pieces = Vec::new();
        let mut slowly = Sparse::new((2 << 20) + 3);
        let mut piece = [7; 5];
        while let Ok(length @ 1..) = slowly.read(&mut piece) {
            pieces.extend_from_slice(&piece[..length]);
        }
        assert!(pieces == whole);
    }
}
