//! Processes left over from an earlier run. When Baton and its reaper are both killed, their children live
//! on. The next start kills these children before the store hands out work, so that no child works beside its
//! successor. The mark in their environment names the data folder.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use baton_core::clock::Clock;

use super::process_mark;

/// The most searches, and the pause between them: about ten seconds in total. A killed process disappears
/// only after the system has freed its memory.
const LOOKS: u32 = 500;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// How many searches in a row must find nothing.
const IN_VAIN: u32 = 3;

/// Kills all processes that an earlier run left for this data folder, and marks the children of this run with
/// the folder. Call once, before the first child starts, while holding the lock of the folder.
///
/// # Errors
///
/// When the folder's metadata cannot be read.
pub async fn end_all(folder: &Path, clock: &dyn Clock) -> io::Result<()> {
    let owner = folder_identity(folder)?;
    let marks = process_mark::owner_prefix(&owner);
    process_mark::set_owner(owner);
    let (mut most, mut vain) = (0, 0);
    for _ in 0..LOOKS {
        let marks = marks.clone();
        let looked = tokio::task::spawn_blocking(move || process_mark::kill_all(&marks));
        let found = looked.await.map_err(io::Error::other)?;
        most = most.max(found);
        vain = if found == 0 { vain + 1 } else { 0 };
        if vain == IN_VAIN {
            if most > 0 {
                tracing::warn!(
                    processes = most,
                    "processes that an earlier run left were killed"
                );
            }
            return Ok(());
        }
        // No pause when nothing was found: a process can exec within the time of one search, and must then
        // be found under its new image.
        if found > 0 {
            clock.sleep_until(clock.steady().after(BETWEEN_LOOKS)).await;
        }
    }
    tracing::error!("processes that an earlier run left cannot be killed, and still run");
    Ok(())
}

/// A unique name for a data folder, stable over restarts and renames: the device and inode numbers.
fn folder_identity(folder: &Path) -> io::Result<String> {
    let about = fs::metadata(folder)?;
    Ok(format!("{:x}-{:x}", about.dev(), about.ino()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Child, Command};

    use baton_core::clock::SystemClock;

    use super::*;

    fn spawn_marked(value: &str) -> Child {
        let mut sleeps = Command::new("sleep");
        sleeps
            .arg("1000")
            .env(process_mark::NAME, value)
            .spawn()
            .unwrap()
    }

    #[tokio::test]
    async fn what_carries_the_folders_mark_is_ended_and_nothing_else() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let of = |folder: &Path, run: &str| format!("{}.{run}", folder_identity(folder).unwrap());
        let mut ours = [
            spawn_marked(&of(folder.path(), "1-a.1")),
            spawn_marked(&of(folder.path(), "2-b.7")),
        ];
        let mut others = [
            spawn_marked(&of(other.path(), "1-a.1")),
            spawn_marked(&format!("1{}", of(folder.path(), "1-a.1"))),
            spawn_marked("1-a.1"),
        ];
        // A moved folder keeps its name.
        let moved = other.path().join("moved");
        std::fs::rename(folder.path(), &moved).unwrap();
        end_all(&moved, &*SystemClock::shared()).await.unwrap();
        for child in &mut ours {
            assert_eq!(child.wait().unwrap().signal(), Some(9));
        }
        for child in &mut others {
            assert_eq!(child.try_wait().unwrap(), None);
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert!(process_mark::run_prefix().starts_with(&of(&moved, "")));
    }
}
