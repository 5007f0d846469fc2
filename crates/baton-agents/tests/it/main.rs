//! Tests of the agents from outside: against a fake model server, against real programs, and by the contract
//! for all agents.

#![expect(
    clippy::unwrap_used,
    reason = "what helpers of tests unwrap is what the tests are about"
)]

use std::sync::Arc;

use baton_core::agent::{Agent, AgentError, ErrorClass, Reply};
use baton_testkit::agent_run::{AgentRun, turn};

mod acp;
mod captured_log;
mod claude;
mod command;
mod echo;
mod example;
mod git;
mod images;
mod openai;
mod policy;
mod speech;
mod stream_json;
mod summary;

/// The agent's reply to `text`.
async fn answer(agent: &Arc<dyn Agent>, text: &str) -> Result<Reply, AgentError> {
    AgentRun::start(agent, turn(text)).end().await
}

/// Asserts an error of the class `Failed` (worth another try soon). Returns its reason.
#[track_caller]
fn failed(end: Result<Reply, AgentError>) -> String {
    reason(ErrorClass::Failed, end)
}

/// Asserts an error of the class `Rejected` (another try is useless). Returns its reason.
#[track_caller]
fn rejected(end: Result<Reply, AgentError>) -> String {
    reason(ErrorClass::Rejected, end)
}

/// Asserts an error of the class `Unavailable` (passes with time). Returns its reason.
#[track_caller]
fn unavailable(end: Result<Reply, AgentError>) -> String {
    reason(ErrorClass::Unavailable, end)
}

#[track_caller]
fn reason(class: ErrorClass, end: Result<Reply, AgentError>) -> String {
    match end {
        Err(error) if error.class == class => error.reason.to_string(),
        other => panic!("not {class:?}: {other:?}"),
    }
}

/// The details of an error, for operators only.
#[track_caller]
fn detail(end: Result<Reply, AgentError>) -> String {
    let error = end.expect_err("a failure");
    error.detail.unwrap_or_default()
}
