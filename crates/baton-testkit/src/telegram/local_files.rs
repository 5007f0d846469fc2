//! Files of a Bot API server of one's own with `--local`: on the disk of the server, and of any size.

use std::path::{Path, PathBuf};

use super::Telegram;
use super::chat_objects::SentFile;
use super::methods::file_path;

/// The folder of the server, and a wrong path that a test has planted.
#[derive(Debug, Default)]
pub(super) struct LocalFiles {
    folder: Option<PathBuf>,
    planted: Option<PathBuf>,
}

impl LocalFiles {
    /// The absolute path of a file for `getFile`; `None` if the server has no folder of its own. The file is there
    /// afterwards.
    pub(super) fn give_path(&mut self, token: &str, file: &SentFile) -> Option<PathBuf> {
        if let Some(planted) = self.planted.take() {
            return Some(planted);
        }
        // The real server has a folder for each bot, with the token as its name.
        let path = self.folder.as_ref()?.join(token).join(file_path(file));
        let folder = path.parent().expect("the path has a folder");
        std::fs::create_dir_all(folder).expect("the folder can be made");
        std::fs::write(&path, &file.bytes).expect("the file can be written");
        Some(path)
    }

    pub(super) fn has_folder(&self) -> bool {
        self.folder.is_some()
    }

    /// The size of the largest file that the server accepts, in bytes.
    pub(super) fn largest_upload(&self) -> usize {
        if self.has_folder() {
            2_000 << 20
        } else {
            50 << 20
        }
    }
}

impl Telegram {
    /// Keeps files below this folder from now on, as a server with `--local` does. `getFile` then gives absolute paths, and
    /// also files above 20 MB. Files of up to 2,000 MB can be sent.
    pub fn keep_files_below(&self, folder: &Path) {
        let folder = Some(folder.to_owned());
        self.shared
            .change(|world| world.local_files.folder = folder);
    }

    /// The next `getFile` gives this path, like a faulty or hostile server.
    pub fn plant_file_path(&self, path: &Path) {
        let planted = Some(path.to_owned());
        self.shared
            .change(|world| world.local_files.planted = planted);
    }
}
