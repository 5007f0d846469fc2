//! The output folder of a turn: the agent puts files into it, and Baton sends the files with the reply.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::Path;

use tokio::io::AsyncReadExt;

use super::blocking_work::run_blocking;
use super::folder_layout::{OUTPUT, folder_name};
use super::open_folder::OpenFolder;
use super::{FileError, Files, safe_name};
use crate::id::TurnId;
use crate::message::Attachment;
use crate::name::PersonaName;
use crate::place::Place;

/// The number of bytes to copy in one step.
const COPY_CHUNK: usize = 64 * 1024;

/// The files from the output folder of a turn.
#[derive(Debug, Default)]
pub struct CollectedFiles {
    /// The copied files, in the order of their names.
    pub files: Vec<Attachment>,
    /// For each file without a copy, the reason, for people.
    pub left_out: Vec<String>,
}

/// A name in the output folder, and the file with this name; `None` if it is no regular file.
type OutputFile = (OsString, io::Result<Option<File>>);

impl Files {
    /// Creates the output folder of a turn, and returns its path.
    pub(super) async fn make_output_folder(
        &self,
        place: &Place,
        persona: &PersonaName,
        turn: TurnId,
    ) -> io::Result<std::path::PathBuf> {
        let conversation = folder_name(place, persona);
        let path = self.root.join(&conversation).join(OUTPUT);
        let path = path.join(turn.to_string());
        let root = self.root.clone();
        run_blocking(move || {
            OpenFolder::open_or_make(&root)?
                .open_or_make_inner(OsStr::new(&conversation))?
                .open_or_make_inner(OsStr::new(OUTPUT))?
                .open_or_make_inner(OsStr::new(&turn.to_string()))
        })
        .await?;
        Ok(path)
    }

    /// Copies the files from the output folder of a turn, and removes the folder.
    pub(crate) async fn collect_output(
        &self,
        place: &Place,
        persona: &PersonaName,
        turn: TurnId,
    ) -> CollectedFiles {
        let conversation = folder_name(place, persona);
        let (root, most) = (self.root.clone(), self.limits.at_once);
        let found = {
            let (root, conversation) = (root.clone(), conversation.clone());
            run_blocking(move || open_output_files(&root, &conversation, turn, most)).await
        };
        let mut collected = CollectedFiles::default();
        match found {
            Ok((found, more)) => {
                if more {
                    let left_out = format!("at most {most} files are sent at once");
                    collected.left_out.push(left_out);
                }
                for found in found {
                    self.keep_output_file(found, place, persona, turn, &mut collected)
                        .await;
                }
            }
            Err(error) => {
                tracing::error!(%turn, %error, "the output files of a turn could not be read");
                let left_out = "files could not be read, and are not sent".to_owned();
                collected.left_out.push(left_out);
            }
        }
        if let Err(error) =
            run_blocking(move || remove_output_folder(&root, &conversation, turn)).await
        {
            tracing::warn!(%turn, %error, "the output folder of a turn could not be removed; the next start \
                removes it");
        }
        collected
    }

    async fn keep_output_file(
        &self,
        (name, file): OutputFile,
        place: &Place,
        persona: &PersonaName,
        turn: TurnId,
        collected: &mut CollectedFiles,
    ) {
        let name = safe_name(&name.to_string_lossy());
        let kept = match file {
            Ok(Some(file)) => self.copy_file(file, place, persona, &name).await,
            // A link is not followed, because its target may be any file of this machine.
            Ok(None) => {
                let left_out = format!("{name} is not a plain file, and is not sent");
                collected.left_out.push(left_out);
                return;
            }
            Err(error) => Err(CopyError::Read(error)),
        };
        match kept {
            Ok(kept) => collected.files.push(kept),
            Err(CopyError::Keep(error @ FileError::TooLarge { .. })) => {
                collected.left_out.push(error.to_string());
            }
            Err(error) => {
                tracing::error!(%turn, name, %error, "a file is not sent");
                let left_out = format!("{name} could not be read or stored, and is not sent");
                collected.left_out.push(left_out);
            }
        }
    }

    /// Copies a file. A copy cannot be changed through files that the agent still holds open. Its age begins
    /// now, even if the agent found an old file.
    async fn copy_file(
        &self,
        file: File,
        place: &Place,
        persona: &PersonaName,
        name: &str,
    ) -> Result<Attachment, CopyError> {
        let mut file = tokio::fs::File::from_std(file);
        let mut kept = self.begin(place, persona, name).await?;
        let mut piece = vec![0; COPY_CHUNK];
        loop {
            // The size limit ends the loop, even if the file keeps growing.
            let length = file.read(&mut piece).await.map_err(CopyError::Read)?;
            if length == 0 {
                return Ok(kept.finish().await?);
            }
            kept.write(&piece[..length]).await?;
        }
    }
}

/// The reason for a failed copy.
#[derive(Debug, thiserror::Error)]
enum CopyError {
    #[error("the file could not be read: {0}")]
    Read(io::Error),
    #[error(transparent)]
    Keep(#[from] FileError),
}

/// Opens the files in the output folder of a turn. Returns whether the folder holds more than `most` files.
fn open_output_files(
    root: &Path,
    conversation: &str,
    turn: TurnId,
    most: usize,
) -> io::Result<(Vec<OutputFile>, bool)> {
    let folder = match open_output_root(root, conversation)
        .and_then(|out| out.open_inner(&turn_folder_name(turn)))
    {
        Ok(folder) => folder,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), false)),
        Err(error) => return Err(error),
    };
    // One name above the limit reveals that there are more, without reading a full folder.
    let names = folder.list_names()?.take(most.saturating_add(1));
    let mut names = names.collect::<io::Result<Vec<_>>>()?;
    let more = names.len() > most;
    names.truncate(most);
    names.sort();
    let found = names.into_iter().map(|name| {
        let file = folder.open_file(&name);
        (name, file)
    });
    Ok((found.collect(), more))
}

fn remove_output_folder(root: &Path, conversation: &str, turn: TurnId) -> io::Result<()> {
    match open_output_root(root, conversation) {
        Ok(out) => out.remove_all(&turn_folder_name(turn)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn open_output_root(root: &Path, conversation: &str) -> io::Result<OpenFolder> {
    OpenFolder::open(root)?
        .open_inner(OsStr::new(conversation))?
        .open_inner(OsStr::new(OUTPUT))
}

fn turn_folder_name(turn: TurnId) -> OsString {
    turn.to_string().into()
}
