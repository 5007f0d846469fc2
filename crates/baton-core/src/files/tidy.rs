//! Removes files whose time is over.

use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{KEPT, OUT};
use crate::clock::{Wall, millis};

pub(super) async fn tidy(root: PathBuf, kept: Duration, now: Wall) {
    let walked = tokio::task::spawn_blocking(move || walk(&root, kept, now)).await;
    match walked {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "old files are removed at the next start"),
        Err(error) => tracing::error!(%error, "old files are removed at the next start"),
    }
}

fn walk(root: &Path, kept: Duration, now: Wall) -> io::Result<()> {
    for conversation in entries(root)? {
        let conversation = conversation.path();
        let out = conversation.join(OUT);
        if out.exists() {
            fs::remove_dir_all(out)?;
        }
        let folder = conversation.join(KEPT);
        for file in entries(&folder)? {
            if is_older(&file, kept, now)? {
                fs::remove_file(file.path())?;
            }
        }
        // Only where they are empty.
        let _ = fs::remove_dir(folder);
        let _ = fs::remove_dir(conversation);
    }
    Ok(())
}

fn entries(folder: &Path) -> io::Result<Vec<DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn is_older(file: &DirEntry, kept: Duration, now: Wall) -> io::Result<bool> {
    let changed = file.metadata()?.modified()?;
    let changed = changed
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Ok(now.0.saturating_sub(millis(changed)) > millis(kept))
}
