//! Replaces the configuration file in one step, so that a reader gets either the old or the new file.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The reason why the file could not be read or replaced. The text does not contain the path, because the
/// reader must not know the path.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConfigFileError {
    #[error("the configuration cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("Baton may not write the configuration; permit this, or add the project by hand")]
    ReadOnly,
    #[error("somebody changed the configuration meanwhile; use the command again")]
    Changed,
    #[error("the configuration cannot be written: {0}")]
    Unwritable(io::Error),
}

/// The content of the file at the time of reading.
pub(super) struct ConfigFile {
    /// The real path. A symbolic link to the file stays unchanged.
    path: PathBuf,
    text: String,
}

impl ConfigFile {
    /// Reads a writable file.
    pub(super) fn read_file(path: &Path) -> Result<Self, ConfigFileError> {
        let unreadable = ConfigFileError::Unreadable;
        let real = fs::canonicalize(path).map_err(unreadable)?;
        let text = fs::read_to_string(&real).map_err(unreadable)?;
        let about = fs::metadata(&real).map_err(unreadable)?;
        // A rename would replace a read-only file, against the intention of its owner.
        if about.permissions().readonly() {
            return Err(ConfigFileError::ReadOnly);
        }
        Ok(Self { path: real, text })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Replaces the file, unless its content has changed since the reading.
    pub(super) fn replace_file(self, text: &str) -> Result<(), ConfigFileError> {
        let unwritable = ConfigFileError::Unwritable;
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        let beside = folder.join(format!(".baton.toml.{}", std::process::id()));
        let written = self.write_draft(&beside, text).map_err(unwritable);
        let replaced = written.and_then(|()| {
            let now = fs::read_to_string(&self.path).map_err(unwritable)?;
            if now != self.text {
                return Err(ConfigFileError::Changed);
            }
            fs::rename(&beside, &self.path).map_err(unwritable)
        });
        if replaced.is_err() {
            // A remaining draft does no harm, and the next try overwrites the draft.
            let _ = fs::remove_file(&beside);
            return replaced;
        }
        // The file is replaced. Only its survival of a power cut is uncertain.
        let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
        if let Err(error) = synced {
            tracing::warn!(%error, "the configuration's folder could not be synced to the disk");
        }
        Ok(())
    }

    fn write_draft(&self, beside: &Path, text: &str) -> io::Result<()> {
        let permissions = fs::metadata(&self.path)?.permissions();
        let mut file = fs::File::create(beside)?;
        // The permissions are set before the content, so that no other user can read the content.
        file.set_permissions(permissions)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode_of(path: &Path) -> u32 {
        fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    }

    #[test]
    fn the_new_one_has_the_place_and_the_mode_of_the_old_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("real.toml");
        let link = folder.path().join("baton.toml");
        fs::write(&path, "old").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("its mode");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        let file = ConfigFile::read_file(&link).expect("read");
        file.replace_file("new").expect("replaced");
        assert_eq!(fs::read_to_string(&path).expect("read"), "new");
        assert_eq!(mode_of(&path), 0o640);
        assert!(link.is_symlink());
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 2);
    }

    #[test]
    fn what_somebody_else_wrote_meanwhile_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("baton.toml");
        fs::write(&path, "old").expect("written");
        let file = ConfigFile::read_file(&path).expect("read");
        fs::write(&path, "by hand").expect("written");
        assert!(matches!(
            file.replace_file("new"),
            Err(ConfigFileError::Changed)
        ));
        assert_eq!(fs::read_to_string(&path).expect("read"), "by hand");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
    }

    #[test]
    fn one_that_may_not_be_written_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("baton.toml");
        fs::write(&path, "old").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("its mode");
        assert!(matches!(
            ConfigFile::read_file(&path),
            Err(ConfigFileError::ReadOnly)
        ));
    }
}
