//! The size of a commit's files after a checkout, from git's listing. A repository of a few kilobytes can
//! name one large file a million times.

/// The least space of a file or folder, in bytes: one block on most disks.
const BLOCK: u64 = 4096;

/// The parsed beginning of an entry, in bytes: mode, kind, object and size. The path after them may be long,
/// and is ignored.
const HEAD: usize = 200;

/// Adds up the output of `git ls-tree -r -t -l -z`.
#[derive(Debug, Default)]
pub(super) struct TreeSize {
    /// The beginning of an incomplete entry.
    head: Vec<u8>,
    /// The sum, in bytes.
    room: u64,
}

impl TreeSize {
    pub(super) fn parse_listing(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\0' {
                self.room = self.room.saturating_add(self.entry_bytes());
                self.head.clear();
            } else if self.head.len() < HEAD {
                self.head.push(byte);
            }
        }
    }

    /// The space of all entries so far, in bytes.
    pub(super) fn total_bytes(&self) -> u64 {
        self.room
    }

    /// The space of one entry, in bytes. An entry looks like
    /// `100644 blob 3b18e512dba79e4c8300dd08aeb37f8e728b8dad      12<TAB>read.me`.
    fn entry_bytes(&self) -> u64 {
        let about = self.head.split(|byte| *byte == b'\t').next();
        let about = str::from_utf8(about.unwrap_or_default()).unwrap_or_default();
        let size = about.split_ascii_whitespace().nth(3);
        match size.map(str::parse::<u64>) {
            Some(Ok(size)) => size.max(BLOCK),
            // A folder.
            _ => BLOCK,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_counts_with_its_size_or_a_block() {
        let object = "3b18e512dba79e4c8300dd08aeb37f8e728b8dad";
        let long = "x/".repeat(1000);
        let listed = format!(
            "040000 tree {object}       -\ta\0100644 blob {object}      12\ta/b\0\
             100644 blob {object} 9999999\ta/c\td\n\0120000 blob {object}    5000\t{long}\0"
        );
        let mut listing = TreeSize::default();
        // The output may be split at any byte.
        for byte in listed.as_bytes() {
            listing.parse_listing(&[*byte]);
        }
        assert_eq!(listing.total_bytes(), BLOCK + BLOCK + 9_999_999 + 5000);
    }
}
