//! All that is in a folder: names, kinds, modes, times and contents.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What git keeps there of the files that it has seen, when it only looks at them, too.
const INDEX: &str = ".git/index";

/// The folder of the system for what is there for a moment: `sort` puts pieces there, and takes them away.
const MOMENTS: &str = "tmp";

/// What is known of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    mode: u32,
    owner: (u32, u32),
    links: u64,
    changed: (i64, i64),
    contents: u64,
}

/// All files below a folder.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<PathBuf, Entry>);

impl Snapshot {
    pub(crate) fn take(folder: &Path) -> Self {
        let mut entries = BTreeMap::new();
        walk(folder, &mut entries);
        if let Some(entry) = entries.get_mut(&folder.join(MOMENTS)) {
            entry.changed = (0, 0);
        }
        Self(entries)
    }

    /// What is not as it was, in words.
    pub(crate) fn changes(&self, after: &Self) -> Vec<String> {
        let gone = self
            .0
            .iter()
            .filter_map(|(path, was)| match after.0.get(path) {
                None => Some(format!("{} is gone", path.display())),
                Some(is) if is != was => Some(format!("{} was {was:?}, is {is:?}", path.display())),
                Some(_) => None,
            });
        let new = after.0.keys().filter(|path| !self.0.contains_key(*path));
        gone.chain(new.map(|path| format!("{} is new", path.display())))
            .collect()
    }
}

fn walk(path: &Path, entries: &mut BTreeMap<PathBuf, Entry>) {
    let Ok(about) = fs::symlink_metadata(path) else {
        return;
    };
    let mut hasher = DefaultHasher::new();
    if about.is_symlink() {
        fs::read_link(path).ok().hash(&mut hasher);
    } else if about.is_file() && !path.ends_with(INDEX) {
        fs::read(path).ok().hash(&mut hasher);
    }
    // Its folder changes as well, for it is written beside the old one.
    let looks = path.ends_with(INDEX) || path.ends_with(".git");
    let entry = Entry {
        mode: about.mode(),
        owner: (about.uid(), about.gid()),
        links: about.nlink(),
        changed: if looks {
            (0, 0)
        } else {
            (about.mtime(), about.mtime_nsec())
        },
        contents: hasher.finish(),
    };
    entries.insert(path.to_owned(), entry);
    if about.is_dir() {
        let below = fs::read_dir(path).into_iter().flatten().flatten();
        for entry in below {
            walk(&entry.path(), entries);
        }
    }
}
