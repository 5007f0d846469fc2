//! Patterns for paths: `src/**`, `/etc/**`, `~/.ssh/**`, `.env`.

use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};

/// A parsed pattern for paths.
#[derive(Debug, Clone)]
pub(super) struct PathPattern {
    base: PatternBase,
    /// Matches a file, or any directory above the file.
    pattern: Pattern,
    /// Whether the pattern means the contents of the directory, not the directory itself.
    below: bool,
}

/// The directory where a pattern begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PatternBase {
    /// The root.
    Root,
    /// The project's directory.
    Project,
    /// A single name: anywhere below the project's directory, and in a deny rule anywhere on the disk.
    Anywhere,
}

/// The reason why a path pattern is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathPatternError {
    /// The pattern is empty.
    #[error("write a path between the brackets, or leave the brackets out for every file")]
    Empty,
    /// The pattern contains `..`.
    #[error("write the path without `..`")]
    Climbs,
    /// The pattern begins with `~/`, and the home directory is unknown.
    #[error("write the whole path instead of `~`; the home directory is not known")]
    NoHome,
    /// Invalid wildcards. Holds the message of the `glob` crate.
    #[error("correct the pattern: {0}")]
    Pattern(String),
}

impl PathPattern {
    pub(super) fn parse(text: &str, home: Option<&Path>) -> Result<Self, PathPatternError> {
        let text = text.trim();
        let (base, text) = if let Some(rest) = text.strip_prefix("~/") {
            let home = home
                .and_then(Path::to_str)
                .ok_or(PathPatternError::NoHome)?;
            let home = Pattern::escape(home.trim_matches('/'));
            (PatternBase::Root, format!("{home}/{rest}"))
        } else if text.starts_with('/') {
            // Claude Code writes absolute paths with two slashes.
            (PatternBase::Root, text.trim_start_matches('/').to_owned())
        } else {
            let text = text.strip_prefix("./").unwrap_or(text);
            let is_name = !text.trim_end_matches('/').contains('/') && !text.contains("**");
            let base = if is_name {
                PatternBase::Anywhere
            } else {
                PatternBase::Project
            };
            (base, text.to_owned())
        };
        if text.is_empty() && base != PatternBase::Root {
            return Err(PathPatternError::Empty);
        }
        if text.split('/').any(|part| part == "..") {
            return Err(PathPatternError::Climbs);
        }
        let (text, below) = match text.strip_suffix("**") {
            Some(before) if before.is_empty() || before.ends_with('/') => (before, true),
            _ => (text.as_str(), false),
        };
        let pattern = Pattern::new(text.trim_end_matches('/'))
            .map_err(|error| PathPatternError::Pattern(error.msg.to_owned()))?;
        Ok(Self {
            base,
            pattern,
            below,
        })
    }

    /// Whether the pattern allows a file, or with `everything_below` all files below a directory.
    pub(super) fn allows_path(&self, path: &Path, everything_below: bool, project: &Path) -> bool {
        let base = match self.base {
            PatternBase::Root => Path::new("/"),
            PatternBase::Project | PatternBase::Anywhere => project,
        };
        let Ok(path) = path.strip_prefix(base) else {
            return false;
        };
        let whole = !self.below || everything_below;
        self.is_above(path, whole, true)
    }

    /// Whether the pattern denies a file, or a directory above the file.
    pub(super) fn denies_path(&self, path: &Path, project: &Path) -> bool {
        let base = match self.base {
            PatternBase::Root | PatternBase::Anywhere => Path::new("/"),
            PatternBase::Project => project,
        };
        path.strip_prefix(base)
            .is_ok_and(|path| self.is_above(path, true, false))
    }

    /// Whether the pattern may deny a path below a directory.
    pub(super) fn may_deny_below(&self, directory: &Path, project: &Path) -> bool {
        let text = self.pattern.as_str();
        let literal = text.split(['*', '?', '[']).next().unwrap_or_default();
        let begins = match self.base {
            PatternBase::Anywhere => return true,
            PatternBase::Root => Path::new("/").join(literal),
            PatternBase::Project => project.join(literal),
        };
        if literal == text {
            return begins.starts_with(directory);
        }
        // The last part may be only the beginning of a name.
        let parent = begins.parent().unwrap_or(&begins);
        parent.starts_with(directory) || directory.starts_with(parent)
    }

    /// Whether the pattern matches a directory above the path. With `whole`, the path itself counts too.
    fn is_above(&self, path: &Path, whole: bool, case_sensitive: bool) -> bool {
        let options = MatchOptions {
            case_sensitive,
            require_literal_separator: true,
            require_literal_leading_dot: false,
        };
        let mut ancestors = path.ancestors();
        if !whole {
            ancestors.next();
        }
        ancestors.any(|path| match self.base {
            PatternBase::Anywhere => path
                .file_name()
                .is_some_and(|name| self.pattern.matches_with(&name.to_string_lossy(), options)),
            PatternBase::Root | PatternBase::Project => {
                self.pattern.matches_path_with(path, options)
            }
        })
    }
}

/// Makes a path absolute and removes `.` and `..`, without a look at the disk. Links are not followed, so a
/// link in an allowed directory can lead out of it. `None` for a form of `~` that only a shell could resolve.
pub(super) fn absolute_path(
    path: &str,
    working_dir: &Path,
    home: Option<&Path>,
) -> Option<PathBuf> {
    let path = match path.strip_prefix('~') {
        None => working_dir.join(path),
        Some("") => home?.to_owned(),
        Some(rest) => home?.join(rest.strip_prefix('/')?.trim_start_matches('/')),
    };
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                whole.pop();
            }
            Component::CurDir => {}
            part => whole.push(part),
        }
    }
    Some(whole)
}

/// Whether a path stays within a directory after `..` is resolved.
pub(super) fn is_inside(path: &str, directory: &Path) -> bool {
    !path.starts_with('~')
        && absolute_path(path, directory, None).is_some_and(|path| path.starts_with(directory))
}
