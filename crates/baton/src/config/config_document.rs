//! The configuration file as TOML, and the positions of its keys.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::config_problem::{ConfigProblem, ConfigProblems};

/// The largest accepted file, in bytes. A configuration written by hand is much smaller.
const LONGEST: u64 = 1 << 20;
const TOO_LONG: &str = "the file is longer than 1 MiB";

/// The text of a configuration file. The text is valid TOML.
pub(crate) struct ConfigDocument {
    path: PathBuf,
    text: String,
}

impl ConfigDocument {
    /// An empty document without a path.
    pub(crate) fn empty() -> Self {
        Self {
            path: PathBuf::new(),
            text: String::new(),
        }
    }

    /// Reads the file at `path`.
    pub(crate) fn read_file(path: &Path) -> Result<Self, ConfigProblems> {
        let cannot = |what: String| ConfigProblem {
            at: path.display().to_string(),
            what,
        };
        let mut text = String::new();
        let length = std::fs::File::open(path)
            .and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text))
            .map_err(|error| cannot(format!("the configuration cannot be read: {error}")))?;
        if length as u64 > LONGEST {
            return Err(cannot(TOO_LONG.to_owned()).into());
        }
        Self::parse_text(path, text)
    }

    /// Parses `text`. `path` only appears in messages.
    pub(crate) fn parse_text(
        path: impl Into<PathBuf>,
        text: impl Into<String>,
    ) -> Result<Self, ConfigProblems> {
        let document = Self {
            path: path.into(),
            text: text.into(),
        };
        if document.text.len() as u64 > LONGEST {
            let (at, what) = (document.path.display().to_string(), TOO_LONG.to_owned());
            return Err(ConfigProblem { at, what }.into());
        }
        let errors = DeTable::parse_recoverable(&document.text).1;
        if errors.is_empty() {
            return Ok(document);
        }
        let problems = errors.iter().map(|error| ConfigProblem {
            at: document.offset_position(error.span().map(|span| span.start)),
            what: format!("this is not TOML: {}", error.message()),
        });
        Err(problems.collect::<Vec<_>>().into())
    }

    /// The root table.
    pub(crate) fn root_table(&self) -> Spanned<DeTable<'_>> {
        DeTable::parse_recoverable(&self.text).0
    }

    /// The folder of the file; relative paths in the file start here.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// Converts the document to a Rust value. The error has the position of the mistake.
    pub(crate) fn deserialize<T: DeserializeOwned>(&self) -> Result<T, ConfigProblems> {
        let deserializer = toml::de::Deserializer::from(self.root_table());
        T::deserialize(deserializer).map_err(|error| {
            ConfigProblem {
                at: self.offset_position(error.span().map(|span| span.start)),
                what: error.message().to_owned(),
            }
            .into()
        })
    }

    /// A problem with the value at `keys`. Its position is the value, or the last existing table on the path
    /// to the value. The key of a list item is its index, from 0.
    pub(crate) fn problem_at(&self, keys: &[&str], what: impl Into<String>) -> ConfigProblem {
        ConfigProblem {
            at: self.key_position(keys),
            what: format!("{}: {}", keys.join("."), what.into()),
        }
    }

    /// The position of the value at `keys`, or of the last existing table on the path to the value.
    pub(crate) fn key_position(&self, keys: &[&str]) -> String {
        self.offset_position(self.locate_key(keys))
    }

    /// The position `file:line:column` of a byte offset. Without an offset, only the file.
    pub(crate) fn offset_position(&self, start: Option<usize>) -> String {
        let path = self.path.display();
        let Some(start) = start else {
            return path.to_string();
        };
        let before = self.text.get(..start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let last = before.rsplit('\n').next().unwrap_or_default();
        format!("{path}:{line}:{}", last.chars().count() + 1)
    }

    fn locate_key(&self, keys: &[&str]) -> Option<usize> {
        let root = self.root_table();
        let (first, rest) = keys.split_first()?;
        let (key, mut value) = root.get_ref().get_key_value(*first)?;
        let mut found = key.span().start;
        for key in rest {
            (found, value) = match value.get_ref() {
                DeValue::Table(table) => match table.get_key_value(*key) {
                    Some((key, value)) => (key.span().start, value),
                    None => break,
                },
                DeValue::Array(items) => match key.parse().ok().and_then(|at: usize| items.get(at))
                {
                    Some(item) => (item.span().start, item),
                    None => break,
                },
                _ => break,
            };
        }
        Some(found)
    }
}
