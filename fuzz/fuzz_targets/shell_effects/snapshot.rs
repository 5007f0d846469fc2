//! A snapshot of a folder: names, kinds, modes, times and contents.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// git's cache of file states, which git updates even when it only reads.
const INDEX: &str = ".git/index";

/// The folder for temporary files, in which `sort` creates and removes files.
const MOMENTS: &str = "tmp";

/// The state of one file.
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

    /// The differences, in words.
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
    // git writes the new index beside the old one, so the folder changes as well.
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
