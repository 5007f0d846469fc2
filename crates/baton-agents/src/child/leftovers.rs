//! What an earlier run of the program has left running: where Baton and its reaper were both killed, its
//! children live on. The next start ends them before it hands out anything, so that none works beside its
//! successor. They are found by their mark, which names the data folder that they worked for.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use baton_core::clock::Clock;

use super::mark;

/// How often is looked for them at most, and how far apart: about ten seconds. What is killed is gone when
/// the system has taken its memory apart.
const LOOKS: u32 = 500;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// How many looks in a row find none when there is none left.
const IN_VAIN: u32 = 3;

/// Ends all that an earlier run has left which worked for this data folder, and has all children of this
/// run belong to it. Called once, before the first child begins, by who holds the folder's lock.
///
/// # Errors
///
/// Where the folder cannot be looked at.
pub async fn end_all(folder: &Path, clock: &dyn Clock) -> io::Result<()> {
    let owner = owner(folder)?;
    let marks = mark::of_owner(&owner);
    mark::belong_to(owner);
    let (mut most, mut vain) = (0, 0);
    for _ in 0..LOOKS {
        let marks = marks.clone();
        let looked = tokio::task::spawn_blocking(move || mark::kill_all(&marks));
        let found = looked.await.map_err(io::Error::other)?;
        most = most.max(found);
        vain = if found == 0 { vain + 1 } else { 0 };
        if vain == IN_VAIN {
            if most > 0 {
                tracing::warn!(
                    processes = most,
                    "what an earlier run left running was ended"
                );
            }
            return Ok(());
        }
        // Without a pause where none was found: a process is another program within less than a look.
        if found > 0 {
            clock.sleep_until(clock.steady().after(BETWEEN_LOOKS)).await;
        }
    }
    tracing::error!(
        "what an earlier run left running cannot be ended, and goes on beside this one"
    );
    Ok(())
}

/// The name of a data folder that stays the same from run to run, wherever it is moved to, and is no other
/// folder's: on which device it is, and as what.
fn owner(folder: &Path) -> io::Result<String> {
    let about = fs::metadata(folder)?;
    Ok(format!("{:x}-{:x}", about.dev(), about.ino()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Child, Command};

    use baton_core::clock::SystemClock;

    use super::*;

    fn marked(value: &str) -> Child {
        let mut sleeps = Command::new("sleep");
        sleeps.arg("1000").env(mark::NAME, value).spawn().unwrap()
    }

    #[tokio::test]
    async fn what_carries_the_folders_mark_is_ended_and_nothing_else() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let of = |folder: &Path, run: &str| format!("{}.{run}", owner(folder).unwrap());
        let mut ours = [
            marked(&of(folder.path(), "1-a.1")),
            marked(&of(folder.path(), "2-b.7")),
        ];
        let mut others = [
            marked(&of(other.path(), "1-a.1")),
            marked(&format!("1{}", of(folder.path(), "1-a.1"))),
            marked("1-a.1"),
        ];
        // A folder is the same one wherever it is.
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
        assert!(mark::of_this_run().starts_with(&of(&moved, "")));
    }
}
