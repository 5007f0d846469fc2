//! Real agents with the Agent Client Protocol, which `./test` installs. Tests with these agents are in
//! modules called `with_acp_agents` and are `#[ignore]`d. `./test` runs them if the agents could be
//! installed, and reports them as skipped otherwise.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::messages_api::MessagesApi;
use crate::model_server::ModelServer;

/// The environment variable with the folder of the programs.
const PROGRAMS: &str = "BATON_TEST_ACP";

/// An agent with an empty home and no account.
pub struct RealAgent {
    program: String,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    folder: TempDir,
}

impl RealAgent {
    /// `claude-agent-acp`, which talks to `api` only.
    ///
    /// # Panics
    ///
    /// Panics if `BATON_TEST_ACP` is not set, like the other constructors.
    pub fn claude(api: &MessagesApi) -> Self {
        Self::new("claude-agent-acp", &[])
            .with("ANTHROPIC_BASE_URL", &api.base_url())
            .with("ANTHROPIC_API_KEY", "sk-ant-made-up")
            .with("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
            .with("DISABLE_AUTOUPDATER", "1")
            .with("CLAUDE_CODE_MAX_RETRIES", "0")
    }

    /// Qwen Code, which talks to `server` only.
    pub fn qwen(server: &ModelServer) -> Self {
        Self::new("qwen", &["--acp"])
            .with("OPENAI_BASE_URL", &server.base_url())
            .with("OPENAI_API_KEY", "made-up")
            .with("OPENAI_MODEL", "fake-model")
            // Without this setting, Qwen Code restarts itself with more memory and needs twice the time to
            // answer.
            .with("QWEN_CODE_NO_RELAUNCH", "true")
    }

    /// Codex, which talks to `server` only, through the Responses API.
    ///
    /// # Panics
    ///
    /// Panics if the configuration file cannot be written.
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

    /// Gemini CLI, which talks to `server` only, through Gemini's own API.
    pub fn gemini(server: &ModelServer) -> Self {
        let base = server.base_url();
        let base = base.trim_end_matches("/v1");
        Self::new("gemini", &["--acp"])
            .with("GOOGLE_GEMINI_BASE_URL", base)
            .with("GEMINI_API_KEY", "made-up")
            // With its default model, the CLI first asks another model for a choice of model.
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

    /// The path of the program.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// The arguments of the program.
    pub fn args(&self) -> &[String] {
        &self.args
    }

    /// The environment variables of the program, besides `PATH`.
    pub fn env(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    /// Removes all API keys, as if nobody had configured one.
    pub fn forget_key(&mut self) {
        self.env.retain(|name, _| !name.ends_with("_API_KEY"));
    }

    /// The working folder of the agent.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }
}
