//! What an agent sends with its reply: the files that it put into its turn's folder.

use std::io;
use std::path::Path;

use tokio::fs;

use super::{FileError, Files, KEPT, folder_name, private_folder, safe_name, sync_folder};
use crate::id::TurnId;
use crate::message::Attachment;
use crate::name::PersonaName;
use crate::place::Place;

/// What was found in a turn's folder.
#[derive(Debug, Default)]
pub struct Collected {
    /// What is sent, in the order of its names.
    pub files: Vec<Attachment>,
    /// What is not, and why; for people.
    pub left_out: Vec<String>,
}

impl Files {
    /// Takes what the agent of a turn put into its folder, and removes that.
    pub(crate) async fn collect(
        &self,
        place: &Place,
        persona: &PersonaName,
        turn: TurnId,
    ) -> Collected {
        let outbox = self.outbox(place, persona, turn);
        let mut collected = Collected::default();
        if let Err(error) = self.take_all(&outbox, place, persona, &mut collected).await {
            tracing::error!(%turn, %error, "what a turn sends could not be read");
            let left_out = "files could not be read, and are not sent".to_owned();
            collected.left_out.push(left_out);
        }
        if let Err(error) = fs::remove_dir_all(&outbox).await
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%turn, %error, "what a turn left is removed at the next start");
        }
        collected
    }

    async fn take_all(
        &self,
        outbox: &Path,
        place: &Place,
        persona: &PersonaName,
        collected: &mut Collected,
    ) -> io::Result<()> {
        let mut entries = match fs::read_dir(outbox).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        // One more than is sent tells that there are more; a folder full of them costs no more.
        let mut found = Vec::new();
        while let Some(entry) = entries.next_entry().await? {
            found.push(entry);
            if found.len() > self.limits.at_once {
                let left_out = format!("only {} files are sent at once", self.limits.at_once);
                collected.left_out.push(left_out);
                found.pop();
                break;
            }
        }
        found.sort_by_key(tokio::fs::DirEntry::file_name);
        for entry in found {
            let name = safe_name(&entry.file_name().to_string_lossy());
            // Not what a link points to: that may be anything on this machine.
            let about = fs::symlink_metadata(entry.path()).await?;
            if !about.is_file() {
                let left_out = format!("{name} is not a plain file, and is not sent");
                collected.left_out.push(left_out);
            } else if about.len() > self.limits.size {
                let limit = self.limits.size;
                let error = FileError::TooLarge { name, limit };
                collected.left_out.push(error.to_string());
            } else {
                let path = entry.path();
                let kept = self.keep(&path, place, persona, name, about.len());
                collected.files.push(kept.await?);
            }
        }
        Ok(())
    }

    async fn keep(
        &self,
        from: &Path,
        place: &Place,
        persona: &PersonaName,
        name: String,
        size: u64,
    ) -> io::Result<Attachment> {
        let folder = folder_name(place, persona);
        let location = format!("{folder}/{KEPT}/{:016x}-{name}", fastrand::u64(..));
        let path = self.root.join(&location);
        if let Some(folder) = path.parent() {
            private_folder(folder).await?;
        }
        fs::File::open(from).await?.sync_all().await?;
        fs::rename(from, &path).await?;
        sync_folder(&path).await?;
        Ok(Attachment {
            name,
            location,
            size,
        })
    }
}
