//! Real agents of the Agent Client Protocol, which `./test` brings. Tests that need them are in a module
//! called `with_acp_agents` and are `#[ignore]`d; `./test` runs them where it could bring the agents,
//! and says aloud where it could not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::messages_api::MessagesApi;
use crate::model_server::ModelServer;

/// The variable that says in which folder the programs are.
const PROGRAMS: &str = "BATON_TEST_ACP";

/// An agent with a home of its own, with nothing in it, and no account.
pub struct RealAgent {
    program: String,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    folder: TempDir,
}

impl RealAgent {
    /// `claude-agent-acp`, which talks with `api` and with nobody else.
    ///
    /// # Panics
    ///
    /// Where nobody says where the agents are; so for the others.
    pub fn claude(api: &MessagesApi) -> Self {
        Self::new("claude-agent-acp", &[])
            .with("ANTHROPIC_BASE_URL", &api.base_url())
            .with("ANTHROPIC_API_KEY", "sk-ant-made-up")
            .with("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
            .with("DISABLE_AUTOUPDATER", "1")
            .with("CLAUDE_CODE_MAX_RETRIES", "0")
    }

    /// Qwen Code, which talks with `server` and with nobody else.
    pub fn qwen(server: &ModelServer) -> Self {
        Self::new("qwen", &["--acp"])
            .with("OPENAI_BASE_URL", &server.base_url())
            .with("OPENAI_API_KEY", "made-up")
            .with("OPENAI_MODEL", "fake-model")
            // It would begin itself anew with more memory, and need twice the time until it answers.
            .with("QWEN_CODE_NO_RELAUNCH", "true")
    }

    /// Codex, which talks with `server` and with nobody else, in the Responses API.
    ///
    /// # Panics
    ///
    /// Where its configuration cannot be written.
    pub fn codex(server: &ModelServer) -> Self {
        let agent = Self::new("codex-acp", &[]).with("OPENAI_API_KEY", "made-up");
        let folder = agent.folder.path().join("home/.codex");
        let configuration = format!(
            "model = \"fake-model\"\nmodel_provider = \"fake\"\n[model_providers.fake]\nname = \"fake\"\n\
             base_url = \"{}\"\nwire_api = \"responses\"\nenv_key = \"OPENAI_API_KEY\"\n\
             request_max_retries = 0\nstream_max_retries = 0\n",
            server.base_url()
        );
        std::fs::create_dir(&folder).expect("a new folder can be made in a new folder");
        std::fs::write(folder.join("config.toml"), configuration)
            .expect("a file can be written there");
        agent
    }

    /// Gemini CLI, which talks with `server` and with nobody else, in Gemini's own API.
    pub fn gemini(server: &ModelServer) -> Self {
        let base = server.base_url();
        let base = base.trim_end_matches("/v1");
        Self::new("gemini", &["--acp"])
            .with("GOOGLE_GEMINI_BASE_URL", base)
            .with("GEMINI_API_KEY", "made-up")
            // With the usual choice, it first asks another model which one to take.
            .with("GEMINI_MODEL", "gemini-2.5-pro")
    }

    fn new(program: &str, args: &[&str]) -> Self {
        let folder = std::env::var(PROGRAMS);
        let folder = folder.unwrap_or_else(|_| panic!("{PROGRAMS} is not set; run ./test"));
        let program = Path::new(&folder).join(program).display().to_string();
        let folder = tempfile::tempdir().expect("tests can write somewhere");
        let mut agent = Self {
            program,
            args: args.iter().map(|&word| word.to_owned()).collect(),
            env: BTreeMap::new(),
            folder,
        };
        for (variable, name) in [("HOME", "home"), ("TMPDIR", "tmp"), ("", "work")] {
            let folder = agent.folder.path().join(name);
            std::fs::create_dir(&folder).expect("a new folder can be made in a new folder");
            if !variable.is_empty() {
                agent = agent.with(variable, &folder.display().to_string());
            }
        }
        agent
    }

    fn with(mut self, variable: &str, value: &str) -> Self {
        self.env.insert(variable.to_owned(), value.to_owned());
        self
    }

    /// The program.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// What it is called with.
    pub fn args(&self) -> &[String] {
        &self.args
    }

    /// What is set in its environment, beside `PATH`.
    pub fn env(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    /// As if nobody had given it a key.
    pub fn forget_key(&mut self) {
        self.env.retain(|name, _| !name.ends_with("_API_KEY"));
    }

    /// Where it works.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }
}
