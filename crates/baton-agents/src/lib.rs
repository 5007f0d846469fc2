//! The agents: what answers. Each is one [`Agent`](baton_core::agent::Agent) with its settings.
//!
//! # Layout
//!
//! * [`echo`]: says the message again, in pieces; built in, so that a fresh machine answers.
//! * [`openai`]: any model behind an OpenAI-compatible server (Ollama, llama.cpp, vLLM, a provider).
//! * [`command`]: any program: the prompt on its standard input, the reply on its standard output.
//! * [`claude`]: the Claude Code CLI, with its tools, in the conversation's own session.
//! * [`acp`]: any agent that speaks the Agent Client Protocol.
//! * [`policy`]: which uses of tools are allowed, denied, asked.
//! * [`summary`]: what a use of a tool does, in one line for people.
//! * [`git`]: brings a repository for an agent to work in.
//! * [`tls`]: what every HTTPS client in the program needs once.
//! * `child`: a program that an agent runs, which outlives neither its turn nor us.
//! * [`leftovers`]: what an earlier run has left running, and its end.
//! * `http_status`: which answers of a model's server pass.
//! * `images`: images that came with messages, for agents that look at them.
//! * `text`: bytes into text, and text made fit to be shown.
//!
//! Outside workers need no agent: they pull their messages from the queue API.
//!
//! To write a new one, read `baton-testkit`'s `examples/agent.rs`.

pub mod acp;
mod child;
pub mod claude;
pub mod command;
pub mod echo;
pub mod git;
mod http_status;
mod images;
pub mod openai;
pub mod policy;
pub mod summary;
mod text;
pub mod tls;

pub use acp::{AcpAgent, AcpSettings, offers_asking_mode};
pub use child::{can_run, give_back_descriptors, leftovers};
pub use claude::{ClaudeAgent, ClaudeSettings};
pub use command::{CommandAgent, CommandSettings};
pub use echo::{EchoAgent, EchoSettings};
pub use openai::{OpenAiAgent, OpenAiSettings};

/// What an agent with a memory of its own is told where its turn was cut off after it had begun to act.
const CUT_OFF: &str = "[An earlier try to answer the following was cut off, and may have done part of the \
                       work. Look at what is done before you act again.]";
