//! The real Claude Code CLI, which `./test` brings. Tests that need it are in a module called
//! `with_claude` and are `#[ignore]`d; `./test` runs them where it could bring the CLI, and says
//! aloud where it could not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::messages_api::MessagesApi;

/// The variable that says where the program is.
const PROGRAM: &str = "BATON_TEST_CLAUDE";

/// Where the CLI runs: a home of its own, with nothing in it, and no account.
pub struct ClaudeCli {
    program: String,
    folder: TempDir,
}

impl ClaudeCli {
    /// A new home, and an empty folder to work in.
    ///
    /// # Panics
    ///
    /// Where nobody says where the CLI is.
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

    /// The program.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// Where it works.
    pub fn work(&self) -> PathBuf {
        self.path("work")
    }

    /// Its home, where it keeps its sessions.
    pub fn home(&self) -> PathBuf {
        self.path("home")
    }

    fn temporary(&self) -> PathBuf {
        self.path("tmp")
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::new(self.folder.path()).join(name)
    }

    /// All that it finds in its environment: it talks with `api` and with nobody else.
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
            // A test says itself when something is tried again.
            ("CLAUDE_CODE_MAX_RETRIES", "0".to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        variables.into()
    }
}
