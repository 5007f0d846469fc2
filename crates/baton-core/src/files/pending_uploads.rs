//! Uploads: files that arrive before the message that names them. They wait in a separate folder. An upload
//! without a message is removed after a day, and the total size of all such uploads is limited.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::blocking_work::run_blocking;
use super::folder_layout::{KEPT, UPLOADED, folder_name};
use super::open_folder::OpenFolder;
use super::upload_space::{UploadShare, UploadSpace};
use super::{FileError, Files, Incoming, safe_name};
use crate::message::Attachment;
use crate::name::PersonaName;
use crate::place::Place;

impl Files {
    /// Begins an upload to a persona in a place. The message with the file comes later, see
    /// [`take`](Self::take).
    pub async fn begin_upload(
        &self,
        place: &Place,
        persona: &PersonaName,
        name: &str,
    ) -> Result<Incoming, FileError> {
        let mut share = UploadShare::new(&self.uploads, self.limits.uploads);
        if !share.grow_to(0) {
            return Err(FileError::TooManyUploads {
                name: safe_name(name),
                limit: self.limits.uploads,
            });
        }
        let mut incoming = self.begin_file_in(UPLOADED, place, persona, name).await?;
        incoming.share = Some(share);
        Ok(incoming)
    }

    /// Moves the uploads that a message names to the kept files, and returns them. `ids` are the
    /// [ids](Attachment::id) of the files. From now on the usual age limit applies. Fails if one of the ids
    /// is unknown in this conversation; then nothing has moved.
    pub async fn take(
        &self,
        place: &Place,
        persona: &PersonaName,
        ids: &[String],
    ) -> Result<Vec<Attachment>, FileError> {
        let conversation = folder_name(place, persona);
        let (root, uploads) = (self.root.clone(), Arc::clone(&self.uploads));
        let ids = ids.to_vec();
        let taken = run_blocking(move || move_uploads(&root, &conversation, &ids, &uploads)).await;
        taken.map_err(|error| FileError::Disk {
            name: "a file".to_owned(),
            folder: self.root.clone(),
            error,
        })?
    }
}

/// Moves all of the named uploads, or none if an id is unknown.
fn move_uploads(
    root: &Path,
    conversation: &str,
    ids: &[String],
    uploads: &UploadSpace,
) -> io::Result<Result<Vec<Attachment>, FileError>> {
    let conversation_folder =
        OpenFolder::open_or_make(root)?.open_or_make_inner(OsStr::new(conversation))?;
    let uploaded = conversation_folder.open_or_make_inner(OsStr::new(UPLOADED))?;
    let kept = conversation_folder.open_or_make_inner(OsStr::new(KEPT))?;
    let mut attachments = Vec::new();
    for id in ids {
        let size = match file_size(&uploaded, id)? {
            Some(size) => Some(size),
            // An earlier message may have named the same upload.
            None => file_size(&kept, id)?,
        };
        let Some(((_, name), size)) = split_id(id).zip(size) else {
            return Ok(Err(FileError::Unknown { id: id.clone() }));
        };
        attachments.push(Attachment {
            name: name.to_owned(),
            location: format!("{conversation}/{KEPT}/{id}"),
            size,
            transcript: None,
        });
    }
    for attachment in &attachments {
        match uploaded.move_to(&kept, OsStr::new(attachment.id())) {
            Ok(()) => uploads.subtract_upload(attachment.size),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Ok(attachments))
}

/// The number and the name in an id; `None` if the id is invalid.
fn split_id(id: &str) -> Option<(&str, &str)> {
    let (number, name) = id.split_once('-')?;
    let ours = number.len() == 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit());
    (ours && safe_name(name) == name).then_some((number, name))
}

fn file_size(folder: &OpenFolder, id: &str) -> io::Result<Option<u64>> {
    if split_id(id).is_none() {
        return Ok(None);
    }
    match folder.file_info(OsStr::new(id)) {
        Ok(about) => Ok(about.map(|(_, size)| size)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
