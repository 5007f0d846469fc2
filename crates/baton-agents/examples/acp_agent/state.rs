//! The state of the agent: arguments, sessions and chosen options.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;

use agent_client_protocol::v1::schema::*;
use agent_client_protocol::{Error, Result};
use tokio::sync::watch;

/// The arguments of the process.
pub(crate) struct Words(pub(crate) Vec<String>);

impl Words {
    pub(crate) fn has(&self, word: &str) -> bool {
        self.0.iter().any(|known| known == word)
    }

    pub(crate) fn after(&self, word: &str) -> Option<&str> {
        let at = self.0.iter().position(|known| known == word)?;
        self.0.get(at + 1).map(String::as_str)
    }
}

pub(crate) struct State {
    pub(crate) words: Words,
    pub(crate) cancelled: watch::Sender<bool>,
    /// The working directory of the session.
    pub(crate) directory: Mutex<PathBuf>,
    /// The chosen values, by option id.
    pub(crate) chosen: Mutex<BTreeMap<String, String>>,
}

impl State {
    pub(crate) fn file(&self, session: &SessionId) -> Option<PathBuf> {
        let folder = self.words.after("--store")?;
        Some(PathBuf::from(folder).join(&*session.0))
    }

    /// The messages of people in a session, oldest first.
    pub(crate) fn said(&self, session: &SessionId) -> Option<Vec<String>> {
        let text = std::fs::read_to_string(self.file(session)?).ok()?;
        Some(text.lines().map(str::to_owned).collect())
    }

    pub(crate) fn keep(&self, session: &SessionId, said: &str) {
        if let Some(file) = self.file(session) {
            let file = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(file);
            writeln!(file.unwrap(), "{}", said.replace('\n', " ")).unwrap();
        }
    }

    pub(crate) fn signed_in(&self, word: &str) -> Result<()> {
        if self.words.has(word) {
            return Err(Error::auth_required());
        }
        Ok(())
    }

    pub(crate) fn options(&self) -> Vec<SessionConfigOption> {
        let chosen = self.chosen.lock().unwrap();
        let now = |what: &str, usual: &str| chosen.get(what).map_or(usual, |it| it).to_owned();
        let value = SessionConfigSelectOption::new;
        let models = vec![
            value("small", "The small one"),
            value("large", "The large one"),
            value("$runtime|local|odd", "Odd one"),
        ];
        let manners = vec![
            value("auto", "Auto"),
            value("ask", "Ask"),
            value("plan", "Plan"),
        ];
        vec![
            SessionConfigOption::select(
                "which-model",
                "Model",
                now("which-model", "small"),
                models,
            )
            .category(SessionConfigOptionCategory::Model),
            SessionConfigOption::select("mode", "Mode", now("mode", self.begins_in()), manners),
        ]
    }

    /// The initial mode. Some agents ask nothing unless told otherwise.
    fn begins_in(&self) -> &'static str {
        let willing = ["--auto", "--never-asks", "--says-that-it-asks"];
        if willing.iter().any(|word| self.words.has(word)) {
            "auto"
        } else {
            "ask"
        }
    }

    pub(crate) fn modes(&self) -> SessionModeState {
        let chosen = self.chosen.lock().unwrap();
        let now = chosen.get("mode").map_or(self.begins_in(), |it| it);
        let mode = |id: &'static str, name: &str, says: &str| {
            SessionMode::new(id, name).description(says.to_owned())
        };
        let careful = mode("careful", "Careful", "Requires approval of every change");
        let ask = mode("ask", "Ask", "");
        let auto = mode(
            "auto",
            "Auto",
            "Decides by itself; automatically requires approval",
        );
        let plan = mode("plan", "Plan", "Changes nothing");
        let modes = if self.words.has("--never-asks") {
            vec![auto, plan]
        } else if self.words.has("--says-that-it-asks") {
            vec![auto, plan, careful]
        } else if self.words.has("--auto") {
            vec![auto, ask, plan]
        } else {
            vec![ask, plan]
        };
        SessionModeState::new(now.to_owned(), modes)
    }

    pub(crate) fn initialize(&self, request: &InitializeRequest) -> InitializeResponse {
        let offers_nothing = request.client_capabilities == ClientCapabilities::default();
        assert!(offers_nothing, "Baton offers neither files nor a terminal");
        let mut sessions = SessionCapabilities::new();
        if self.words.has("--resume") || self.words.has("--resume-in-name-only") {
            sessions = sessions.resume(SessionResumeCapabilities::new());
        }
        let abilities = AgentCapabilities::new()
            .prompt_capabilities(
                PromptCapabilities::new()
                    .image(self.words.has("--sees") || self.words.has("--sees-nothing")),
            )
            .load_session(self.words.has("--store"))
            .session_capabilities(sessions);
        let way = AuthMethodAgent::new("key", "A key").description("set TEST_KEY".to_owned());
        InitializeResponse::new(request.protocol_version)
            .agent_capabilities(abilities)
            .auth_methods(vec![AuthMethod::Agent(way)])
    }

    pub(crate) fn begin(&self, request: NewSessionRequest) -> Result<NewSessionResponse> {
        self.signed_in("--sign-in")?;
        *self.directory.lock().unwrap() = request.cwd;
        let session = SessionId::new(format!("{:016x}", fastrand::u64(..)));
        if let Some(file) = self.file(&session) {
            std::fs::write(file, "").unwrap();
        }
        let mut response = NewSessionResponse::new(session);
        if self.words.has("--choices") {
            response = response.config_options(self.options());
        } else if !self.words.has("--no-modes") {
            response = response.modes(self.modes());
        }
        Ok(response)
    }
}
