//! The agents. Each one implements [`Agent`](baton_core::agent::Agent), and has its own settings.
//!
//! # Layout
//!
//! * [`echo`]: replies with the message itself, in pieces; built in, so that a fresh installation answers.
//! * [`openai`]: any model behind an OpenAI-compatible server (Ollama, llama.cpp, vLLM, a provider).
//! * [`command`]: any program: the prompt on its standard input, the reply on its standard output.
//! * [`claude`]: the Claude Code CLI with its tools, in a session for each conversation.
//! * [`acp`]: any agent that speaks the Agent Client Protocol.
//! * [`speech`]: transcribers, which write down the words of recordings.
//! * [`policy`]: decides whether a tool run is allowed, denied or asked.
//! * [`summary`]: describes a tool run in one line for people.
//! * [`git`]: clones a repository for an agent to work in.
//! * [`tls`]: the cryptography library for HTTPS.
//! * `child`: a program of an agent. The program outlives neither its turn nor Baton.
//! * [`leftovers`]: kills the processes that an earlier run left.
//! * `http_status`: the temporary errors of a model's server.
//! * `images`: images of messages, for agents that can look at images.
//! * `safe_text`: decoding of bytes, and safe text for display.
//!
//! External workers need no agent: they claim their messages over the queue API.
//!
//! To write a new agent, read `baton-testkit`'s `examples/agent.rs`.

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
mod safe_text;
pub mod speech;
pub mod summary;
pub mod tls;

pub use acp::{AcpAgent, AcpSettings, offers_asking_mode};
pub use child::{can_run, give_back_descriptors, leftovers};
pub use claude::{ClaudeAgent, ClaudeSettings};
pub use command::{CommandAgent, CommandSettings};
pub use echo::{EchoAgent, EchoSettings};
pub use openai::{OpenAiAgent, OpenAiSettings};

/// The note for an agent with a memory when an earlier try was cut off after side effects had begun.
const CUT_OFF: &str = "[An earlier try to answer the following message was interrupted, and may have done a \
    part of the work. Check the finished work before you act again.]";
