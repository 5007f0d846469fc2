//! The real Claude Code CLI, which `./test` installs. Tests with the CLI are in modules called `with_claude`
//! and are `#[ignore]`d. `./test` runs them if the CLI could be installed, and reports them as skipped
//! otherwise.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::messages_api::MessagesApi;

/// The environment variable with the path of the CLI.
const PROGRAM: &str = "BATON_TEST_CLAUDE";

/// An environment for the CLI: an empty home and no account.
pub struct ClaudeCli {
    program: String,
    folder: TempDir,
}

impl ClaudeCli {
    /// Creates an empty home and an empty working folder.
    ///
    /// # Panics
    ///
    /// Panics if `BATON_TEST_CLAUDE` is not set.
    #[expect(clippy::new_without_default, reason = "it makes folders")]
    pub fn new() -> Self {
        let program = std::env::var(PROGRAM);
        let program = program.unwrap_or_else(|_| panic!("{PROGRAM} is not set; run ./test"));
        let folder = tempfile::tempdir().expect("tests can write somewhere");
        let cli = Self { program, folder };
        for folder in [cli.home(), cli.work(), cli.temporary()] {
            std::fs::create_dir(folder).expect("a new folder can be made in a new folder");
        }
        cli
    }

    /// The path of the CLI.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// The working folder of the CLI.
    pub fn work(&self) -> PathBuf {
        self.path("work")
    }

    /// The home of the CLI, with its sessions.
    pub fn home(&self) -> PathBuf {
        self.path("home")
    }

    fn temporary(&self) -> PathBuf {
        self.path("tmp")
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::new(self.folder.path()).join(name)
    }

    /// The complete environment of the CLI. The CLI talks to `api` only.
    pub fn env(&self, api: &MessagesApi) -> BTreeMap<String, String> {
        let path = |path: PathBuf| path.display().to_string();
        let variables = [
            ("ANTHROPIC_BASE_URL", api.base_url()),
            ("ANTHROPIC_API_KEY", "sk-ant-made-up".to_owned()),
            ("HOME", path(self.home())),
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("TMPDIR", path(self.temporary())),
            ("CLAUDE_CODE_TMPDIR", path(self.temporary())),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
            ("DISABLE_AUTOUPDATER", "1".to_owned()),
            // Tests plan retries themselves.
            ("CLAUDE_CODE_MAX_RETRIES", "0".to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        variables.into()
    }
}
