//! What git lists of a commit, and how much room it takes when it is checked out. A repository of a few
//! kilobytes can name one large file a million times.

/// What each file and folder takes at least, in bytes: a block of most disks.
const BLOCK: u64 = 4096;

/// How much of an entry is looked at: mode, kind, object and size; its path, which may be long, is not.
const HEAD: usize = 200;

/// Adds up what `git ls-tree -r -t -l -z` prints.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// The beginning of an entry whose end has not come.
    head: Vec<u8>,
    /// In bytes.
    room: u64,
}

impl Listing {
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\0' {
                self.room = self.room.saturating_add(self.entry());
                self.head.clear();
            } else if self.head.len() < HEAD {
                self.head.push(byte);
            }
        }
    }

    /// What all entries so far take, in bytes.
    pub(super) fn room(&self) -> u64 {
        self.room
    }

    /// `100644 blob 3b18e512dba79e4c8300dd08aeb37f8e728b8dad      12<TAB>read.me`
    fn entry(&self) -> u64 {
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
        let mut listing = Listing::default();
        // As it may be cut anywhere.
        for byte in listed.as_bytes() {
            listing.hear(&[*byte]);
        }
        assert_eq!(listing.room(), BLOCK + BLOCK + 9_999_999 + 5000);
    }
}
