//! Secrets: the configuration contains the location of a secret, never its value.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::table_schema::HINT;

/// The maximum size of a secret, in bytes. The limit reveals a wrong path to a large file.
const LONGEST: u64 = 1 << 16;

/// The location of a secret: `{ env = "NAME" }` or `{ file = "path" }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = insert_hint)]
pub enum SecretLocation {
    /// The name of an environment variable.
    Env(String),
    /// The path of a file that contains only the secret; white space around the secret is ignored. A relative
    /// path starts from the configuration's folder.
    File(PathBuf),
}

impl fmt::Display for SecretLocation {
    /// Writes the location.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
        }
    }
}

fn insert_hint(schema: &mut Schema) {
    let hint = "this file is copied and shown, so it must not contain a secret; name the secret's location: \
                { env = \"NAME\" } or { file = \"path\" }";
    schema.insert(HINT.to_owned(), hint.into());
}

/// The error for a secret that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The environment variable is absent or empty.
    #[error("the environment variable {0} is not set, or empty; set it and start again")]
    NotSet(String),
    /// The file cannot be read.
    #[error(
        "the secret's file {path} cannot be read: {error}; let this user read it, or name another file"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        error: std::io::Error,
    },
    /// The file is empty.
    #[error("the secret's file {0} is empty; write only the secret into the file")]
    Empty(PathBuf),
    /// The file is longer than 64 KiB.
    #[error("the secret's file {0} is longer than 64 KiB; the file must contain only the secret")]
    TooLong(PathBuf),
}

impl SecretLocation {
    /// Reads the secret. A relative path starts from `folder`.
    pub fn read_secret(&self, folder: &Path) -> Result<SecretString, SecretError> {
        match self {
            Self::Env(name) => match std::env::var(name) {
                Ok(secret) if !trim_secret(&secret).is_empty() => Ok(trim_secret(&secret).into()),
                _ => Err(SecretError::NotSet(name.clone())),
            },
            Self::File(path) => {
                let path = folder.join(path);
                let mut text = String::new();
                let read = std::fs::File::open(&path)
                    .and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text));
                match read {
                    Err(error) => Err(SecretError::Unreadable { path, error }),
                    Ok(length) if length as u64 > LONGEST => Err(SecretError::TooLong(path)),
                    Ok(_) if trim_secret(&text).is_empty() => Err(SecretError::Empty(path)),
                    Ok(_) => Ok(trim_secret(&text).into()),
                }
            }
        }
    }
}

/// The secret without surrounding white space, and without the byte order mark of some editors.
fn trim_secret(text: &str) -> &str {
    text.trim_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}')
}
