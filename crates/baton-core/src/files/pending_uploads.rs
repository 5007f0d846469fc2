//! Uploads: files that arrive before the message that names them. They wait in a separate folder. An upload
//! without a message is removed after a day, and the total size of all such uploads is limited.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::open_folder::OpenFolder;
use super::{FileError, Files, Incoming, KEPT, UPLOADED, folder_name, run_blocking, safe_name};
use crate::message::Attachment;
use crate::name::PersonaName;
use crate::place::Place;

/// The time that an upload waits for its message.
pub(super) const UPLOAD_RETENTION: Duration = Duration::from_hours(24);

/// The space of the smallest file, in bytes: one block of most file systems.
const BLOCK_SIZE: u64 = 4_096;

/// The space of all uploads that no message has named yet, in bytes.
#[derive(Debug, Default)]
pub(super) struct UploadSpace(AtomicU64);

impl UploadSpace {
    /// Adds an upload from an earlier run.
    pub(super) fn add_upload(&self, size: u64) {
        self.0.fetch_add(disk_space(size), Ordering::Relaxed);
    }

    /// Subtracts an upload, because it was removed or a message has named it.
    pub(super) fn subtract_upload(&self, size: u64) {
        self.release_bytes(disk_space(size));
    }

    fn release_bytes(&self, bytes: u64) {
        let less = |total: u64| Some(total.saturating_sub(bytes));
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

fn disk_space(size: u64) -> u64 {
    size.max(1).div_ceil(BLOCK_SIZE).saturating_mul(BLOCK_SIZE)
}

/// The space of one upload. A drop releases the space.
#[derive(Debug)]
pub(super) struct UploadShare {
    uploads: Arc<UploadSpace>,
    limit: u64,
    bytes: u64,
}

impl UploadShare {
    fn new(uploads: &Arc<UploadSpace>, limit: u64) -> Self {
        Self {
            uploads: Arc::clone(uploads),
            limit,
            bytes: 0,
        }
    }

    /// Reserves the space for a file of this size; `false` if the limit leaves too little.
    #[must_use]
    pub(super) fn grow_to(&mut self, size: u64) -> bool {
        let more = disk_space(size).saturating_sub(self.bytes);
        let fits = |total: u64| total.checked_add(more).filter(|total| *total <= self.limit);
        let total = &self.uploads.0;
        let grown = total.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        if grown.is_ok() {
            self.bytes += more;
        }
        grown.is_ok()
    }

    /// The limit for all uploads together, in bytes.
    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    /// Leaves the space reserved after the drop, because the file stays.
    pub(super) fn keep_reserved(mut self) {
        self.bytes = 0;
    }
}

impl Drop for UploadShare {
    fn drop(&mut self) {
        self.uploads.release_bytes(self.bytes);
    }
}

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
