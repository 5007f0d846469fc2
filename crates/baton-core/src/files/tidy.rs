//! Removes files whose time is over.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::folder::Folder;
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
    let root = match Folder::open(root) {
        Ok(root) => root,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for name in root.names()? {
        let name = name?;
        // What is no folder is not ours.
        let Ok(conversation) = root.inner(&name) else {
            continue;
        };
        conversation.remove_all(OsStr::new(OUT))?;
        if let Ok(folder) = conversation.inner(OsStr::new(KEPT)) {
            for file in folder.names()? {
                let file = file?;
                let changed = folder.about(&file)?.map(|(changed, _)| changed);
                if changed.is_none_or(|changed| is_older(changed, kept, now)) {
                    folder.remove_all(&file)?;
                }
            }
        }
        // Only where they are empty.
        let _ = conversation.remove_empty(OsStr::new(KEPT));
        let _ = root.remove_empty(&name);
    }
    Ok(())
}

fn is_older(changed: Wall, kept: Duration, now: Wall) -> bool {
    now.0.saturating_sub(changed.0) > millis(kept)
}
