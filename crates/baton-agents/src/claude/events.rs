//! What the CLI says, a line of JSON at a time.
//!
//! Lines are read by meaning: every field may be absent, new, or in another place than yesterday.
//! What a line says that is not known here becomes [`Event::Unknown`], so that nothing gets lost
//! without a word; what is known and needs nothing done is [`Event::Quiet`].
//!
//! * [`stream`]: bytes into lines into events.
//! * `line`: which kind of line it is. `message`, `partial`, `system`, `finished`, `control`: each kind.
//! * `fields`: reading what may be absent.

use std::time::Duration;

use serde_json::Value;

mod control;
mod fields;
mod finished;
mod line;
mod message;
mod partial;
pub mod stream;
mod system;

pub use control::{Ask, ControlRequest, ControlResponse, Refusal, ToolRequest};
pub use finished::{Denied, Finished, ModelUse, Tokens};
pub use stream::{LINE_LIMIT, StreamReader};

/// What the CLI said. One line can say several things, for example a text and the tool that is used next.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A turn begins. Comes again for every message that a process is given.
    SessionStarted(Box<SessionStarted>),
    /// The next piece of a text that is being written (`--include-partial-messages`).
    TextDelta(TextDelta),
    /// A whole text, also when its pieces came before.
    Text(Text),
    /// A message of the model is whole, and this is why it ended: `end_turn`, `tool_use`, `max_tokens`, …
    MessageEnded {
        /// Why.
        stop_reason: String,
        /// The tool use of the helper whose message it is.
        parent: Option<String>,
    },
    /// The model thinks. What it thinks is nobody's business.
    Thinking {
        /// The tool use of the helper that thinks.
        parent: Option<String>,
    },
    /// A tool begins.
    ToolStarted(ToolStarted),
    /// A tool still runs: a sign of life.
    ToolRuns {
        /// The tool use.
        id: String,
        /// For how long.
        elapsed: Duration,
    },
    /// A tool ended.
    ToolEnded(ToolEnded),
    /// The people's side of the conversation: an echo of what was written, a word of the CLI itself.
    UserText(UserText),
    /// The conversation is made shorter, to fit again.
    Compaction(Compaction),
    /// The model's server failed or is overloaded. The CLI tries again by itself.
    ApiRetry(ApiRetry),
    /// How much of the account's allowance is used.
    RateLimit(RateLimit),
    /// What the CLI does: `requesting`, `compacting`, `idle`, `running`, `requires_action`.
    State(String),
    /// From now on permissions are handled this way.
    PermissionMode(String),
    /// A tool was not allowed, without anybody being asked.
    NotAllowed(NotAllowed),
    /// All tasks that still run in the background. While there are any, another result comes.
    BackgroundTasks(Vec<BackgroundTask>),
    /// A task in the background began, got on, or ended.
    Task(Task),
    /// The CLI began a new conversation by itself: from here on, this is its session.
    SessionChanged {
        /// The new session's id.
        session_id: String,
    },
    /// The CLI tells people something outside the conversation.
    Notice(Notice),
    /// The message is answered, or failed. More can follow, see [`Event::BackgroundTasks`].
    Finished(Box<Finished>),
    /// The CLI asks us, and waits for [`super::outgoing`]'s answer.
    Request(Box<ControlRequest>),
    /// The CLI answers what we asked.
    Response(Box<ControlResponse>),
    /// The CLI no longer waits for this answer.
    RequestWithdrawn {
        /// The request.
        request_id: String,
    },
    /// What became of a message that was given a `uuid`.
    MessageMoved {
        /// The `uuid`.
        uuid: String,
        /// `queued`, `started` when it is part of what is worked on, `completed`, …
        state: String,
    },
    /// Known, and nothing to be done.
    Quiet {
        /// For example `system/hook_started`.
        kind: String,
    },
    /// Something that is not known here.
    Unknown {
        /// For example `system/new_thing`, or which part is missing.
        kind: String,
        /// The beginning of it, for a log.
        excerpt: String,
    },
    /// No line of this protocol.
    Malformed {
        /// What is wrong with it.
        why: Malformed,
        /// The beginning of it, for a log.
        excerpt: String,
    },
}

/// Why a line could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not JSON.
    #[error("it is no JSON")]
    NotJson,
    /// JSON, but no object.
    #[error("it is no JSON object")]
    NotAnObject,
    /// See [`LINE_LIMIT`].
    #[error("it is longer than {LINE_LIMIT} bytes")]
    TooLong,
    /// The output ended in the middle of it.
    #[error("it stops in the middle")]
    CutOff,
}

/// The beginning of a turn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionStarted {
    /// By which the session is resumed.
    pub session_id: Option<String>,
    /// The model that answers.
    pub model: Option<String>,
    /// The working directory.
    pub cwd: Option<String>,
    /// The names of the tools there are.
    pub tools: Vec<String>,
    /// `default`, `acceptEdits`, `plan`, …
    pub permission_mode: Option<String>,
    /// The CLI's version.
    pub version: Option<String>,
    /// MCP servers: name and state, for example `connected`.
    pub mcp_servers: Vec<(String, String)>,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextDelta {
    /// The piece.
    pub text: String,
    /// The model's message that it is a piece of.
    pub message_id: Option<String>,
    /// The tool use of the helper that writes it; `None` is the main conversation.
    pub parent: Option<String>,
}

/// A whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// The model's message that it is in. One message can have several texts.
    pub message_id: Option<String>,
    /// The tool use of the helper that wrote it; `None` is the main conversation.
    pub parent: Option<String>,
    /// It was interrupted.
    pub aborted: bool,
    /// The model's server failed, and the text says so: no answer.
    pub api_error: Option<ApiError>,
}

/// A failure of the model's server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiError {
    /// The HTTP status.
    pub status: Option<u64>,
    /// What kind, in the CLI's words: `authentication_failed`, `overloaded`, …
    pub kind: Option<String>,
}

/// A tool begins.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolStarted {
    /// The tool use, by which its end is known.
    pub id: String,
    /// The tool.
    pub name: String,
    /// What it is given.
    pub input: Value,
    /// The tool use of the helper that uses it.
    pub parent: Option<String>,
}

/// A tool ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolEnded {
    /// The tool use.
    pub id: String,
    /// What came out, as the model reads it. Pictures and the like are `[image]`.
    pub text: String,
    /// It failed, or was not run.
    pub is_error: bool,
    /// Why it was not run at all, in the CLI's words: `permission-rule`, `user-rejected`, …
    pub not_run: Option<String>,
    /// The tool use of the helper that used it.
    pub parent: Option<String>,
}

/// The people's side of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserText {
    /// The text.
    pub text: String,
    /// The id that the message was written with.
    pub uuid: Option<String>,
    /// An echo of a message that was written to the CLI, or what one of its commands printed.
    pub replay: bool,
    /// Written by the CLI, not by anybody.
    pub synthetic: bool,
    /// The helper that is spoken to.
    pub parent: Option<String>,
}

/// The conversation is made shorter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compaction {
    /// It begins.
    Started,
    /// It succeeded, or failed and why.
    Ended(Result<(), String>),
    /// From here on the conversation is shorter.
    Boundary {
        /// `manual` or `auto`.
        trigger: Option<String>,
        /// Its length before, in tokens.
        before: Option<u64>,
        /// Its length after, in tokens.
        after: Option<u64>,
    },
}

/// The CLI asks the model's server again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiRetry {
    /// Which try fails, from 1.
    pub attempt: Option<u64>,
    /// How many there are.
    pub max: Option<u64>,
    /// The pause before the next.
    pub pause: Option<Duration>,
    /// What went wrong.
    pub error: ApiError,
}

/// How much of the account's allowance is used.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RateLimit {
    /// `allowed`, `allowed_warning`, `rejected`.
    pub status: Option<String>,
    /// Which allowance: `five_hour`, `seven_day`, …
    pub window: Option<String>,
    /// When it begins anew, in seconds since 1970.
    pub resets_at: Option<u64>,
    /// How much of it is used, as the CLI counts it.
    pub used: Option<f64>,
}

impl RateLimit {
    /// Whether nothing more can be asked until it begins anew.
    pub fn is_rejected(&self) -> bool {
        self.status.as_deref() == Some("rejected")
    }
}

/// A tool that a rule, a mode or a hook did not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAllowed {
    /// The tool.
    pub tool: String,
    /// The tool use.
    pub tool_use_id: Option<String>,
    /// Why, in the CLI's words.
    pub message: Option<String>,
}

/// A task that runs in the background.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackgroundTask {
    /// The task.
    pub id: String,
    /// `local_agent` is a helper, `local_bash` a command.
    pub kind: Option<String>,
    /// What it is about.
    pub description: Option<String>,
}

impl BackgroundTask {
    /// What it is about, or its id.
    pub fn name(&self) -> &str {
        self.description.as_ref().unwrap_or(&self.id)
    }

    /// Whether it is a command, which need not ever end; a helper does.
    pub fn is_command(&self) -> bool {
        self.kind.as_deref() == Some("local_bash")
    }
}

/// A task in the background.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The task.
    pub id: String,
    /// The tool use that began it.
    pub tool_use_id: Option<String>,
    /// Where it is.
    pub step: TaskStep,
}

/// Where a task is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskStep {
    /// It began.
    Started {
        /// What it is about.
        description: Option<String>,
    },
    /// It gets on.
    Runs {
        /// What it does.
        summary: Option<String>,
    },
    /// It ended.
    Ended {
        /// `completed`, `failed`, `stopped`, …
        status: Option<String>,
        /// What came out.
        summary: Option<String>,
    },
}

/// A word of the CLI to people, outside the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it is about, for example `system/notification`.
    pub kind: String,
    /// The words.
    pub text: String,
}
