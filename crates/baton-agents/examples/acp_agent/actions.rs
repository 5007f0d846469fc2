//! The actions that a prompt can request. An unknown word is reported as one.

use std::process::Stdio;

use agent_client_protocol::v1::schema::*;
use agent_client_protocol::{Error, Result, UntypedMessage};
use serde_json::json;
use tokio::io::AsyncReadExt as _;

use crate::prompt::Prompt;
use crate::update;

/// Performs one action.
pub(crate) async fn perform_action(prompt: &mut Prompt, word: &str, rest: &str) -> Result<()> {
    match word {
        "/say" | "/message" | "/picture" | "/think" => say(prompt, word, rest),
        "/tool" | "/runs" | "/done" | "/failed" | "/plan" => work(prompt, word, rest),
        "/ask" | "/ask-once" | "/ask-always" | "/ask-kind" | "/take-back" | "/answers" => {
            ask(prompt, word, rest).await
        }
        "/unknown" | "/of-another-session" | "/garbage" | "/long-line" => odd(prompt, word, rest),
        "/read-file" => {
            let request = ReadTextFileRequest::new(prompt.session.clone(), rest);
            let answer = prompt.cx.send_request(request).block_task().await;
            prompt.say(&answer.unwrap_err().message)
        }
        "/directory" | "/variable" | "/chosen" | "/remember" => tell(prompt, word, rest),
        _ => end(prompt, word, rest).await,
    }
}

/// Sends text, images or thoughts.
fn say(prompt: &mut Prompt, word: &str, rest: &str) -> Result<()> {
    let (first, behind) = rest.split_once(' ').unwrap_or((rest, ""));
    match word {
        "/say" => prompt.say(rest)?,
        // A piece of a message, with a message id: id, text.
        "/message" => {
            let chunk = ContentChunk::new(ContentBlock::from(behind.to_owned()));
            let chunk = chunk.message_id(first);
            prompt.update(SessionUpdate::AgentMessageChunk(chunk))?;
        }
        "/picture" => {
            let picture = ContentBlock::Image(ImageContent::new("", "image/png"));
            prompt.update(SessionUpdate::AgentMessageChunk(ContentChunk::new(picture)))?;
        }
        "/think" => {
            let chunk = ContentChunk::new(ContentBlock::from(rest.to_owned()));
            prompt.update(SessionUpdate::AgentThoughtChunk(chunk))?;
        }
        _ => prompt.say(&format!("no such thing: {word}"))?,
    }
    Ok(())
}

/// Reports tool runs and plans.
fn work(prompt: &mut Prompt, word: &str, rest: &str) -> Result<()> {
    let (first, behind) = rest.split_once(' ').unwrap_or((rest, ""));
    let fields = ToolCallUpdateFields::new;
    match word {
        // A tool: id, kind, title.
        "/tool" => {
            let (kind, title) = behind.split_once(' ').unwrap();
            let kind = serde_json::from_value(json!(kind)).unwrap();
            let tool = ToolCall::new(first.to_owned(), title).kind(kind);
            let tool = tool.raw_input(json!({"file": "a", "text": "one\ntwo"}));
            prompt.update(SessionUpdate::ToolCall(tool))?;
        }
        "/runs" => prompt.tool(first, fields().status(ToolCallStatus::InProgress))?,
        "/done" | "/failed" => {
            let done = word == "/done";
            let status = if done {
                ToolCallStatus::Completed
            } else {
                ToolCallStatus::Failed
            };
            let content = vec![ToolCallContent::from(ContentBlock::from(behind.to_owned()))];
            prompt.tool(first, fields().status(status).content(content))?;
        }
        // A plan: its steps as x (done), > (now) and - (later).
        "/plan" => {
            let entry = |(number, sign)| {
                let status = match sign {
                    'x' => PlanEntryStatus::Completed,
                    '>' => PlanEntryStatus::InProgress,
                    _ => PlanEntryStatus::Pending,
                };
                PlanEntry::new(format!("step {number}"), PlanEntryPriority::Low, status)
            };
            let entries = (1..).zip(rest.chars()).map(entry).collect();
            prompt.update(SessionUpdate::Plan(Plan::new(entries)))?;
        }
        _ => prompt.say(&format!("no such thing: {word}"))?,
    }
    Ok(())
}

/// Requests permissions.
async fn ask(prompt: &mut Prompt, word: &str, rest: &str) -> Result<()> {
    let (first, behind) = rest.split_once(' ').unwrap_or((rest, ""));
    match word {
        "/ask" => {
            use PermissionOptionKind::{AllowAlways, AllowOnce, RejectAlways, RejectOnce};
            prompt.ask(
                first,
                behind,
                &[AllowOnce, AllowAlways, RejectOnce, RejectAlways],
            );
        }
        "/ask-once" => {
            use PermissionOptionKind::{AllowOnce, RejectOnce};
            prompt.ask(first, behind, &[AllowOnce, RejectOnce]);
        }
        "/ask-always" => {
            use PermissionOptionKind::{AllowAlways, RejectAlways};
            prompt.ask(first, behind, &[AllowAlways, RejectAlways]);
        }
        // A request for a tool of some kind, with input: id, kind, JSON.
        "/ask-kind" => {
            use PermissionOptionKind::{AllowAlways, AllowOnce, RejectOnce};
            let (kind, input) = behind.split_once(' ').unwrap();
            let kind: ToolKind = serde_json::from_value(json!(kind)).unwrap();
            let input: serde_json::Value = serde_json::from_str(input).unwrap();
            let fields = ToolCallUpdateFields::new()
                .title(format!(
                    "{kind:?} with hunter2=sk-ant-api03-{}",
                    "a".repeat(40)
                ))
                .kind(kind)
                .raw_input(input);
            prompt.ask_about(first, fields, &[AllowOnce, AllowAlways, RejectOnce]);
        }
        // Withdraws a request.
        "/take-back" => {
            let (_, handle) = prompt.handles.iter().find(|(id, _)| id == first).unwrap();
            handle.cancel()?;
        }
        // Waits for the answers to all requests, and sends the answers as text.
        "/answers" => {
            for (id, answer) in std::mem::take(&mut prompt.asked) {
                let answer = answer.await.unwrap();
                if answer == "cancelled" {
                    prompt.end = Ok(json!({"stopReason": "cancelled"}));
                }
                prompt.say(&format!("[{id}: {answer}]"))?;
            }
        }
        _ => prompt.say(&format!("no such thing: {word}"))?,
    }
    Ok(())
}

/// Sends messages that break the protocol.
fn odd(prompt: &mut Prompt, word: &str, rest: &str) -> Result<()> {
    match word {
        "/unknown" => {
            prompt.raw(&json!({"sessionUpdate": "horoscope", "text": "all goes well"}))?;
            let message = UntypedMessage::new("session/unheard-of", json!({}))?;
            prompt.cx.send_notification(message)?;
        }
        "/of-another-session" => {
            let chunk = ContentChunk::new(ContentBlock::from(rest.to_owned()));
            let told = SessionUpdate::AgentMessageChunk(chunk);
            update(&prompt.cx, &SessionId::new("another"), told)?;
        }
        "/garbage" => {
            for _ in 0..rest.parse().unwrap() {
                println!("warning: this is no message");
            }
        }
        "/long-line" => println!("{}", "x".repeat(rest.parse().unwrap())),
        _ => prompt.say(&format!("no such thing: {word}"))?,
    }
    Ok(())
}

/// Reports the agent's own state.
fn tell(prompt: &mut Prompt, word: &str, rest: &str) -> Result<()> {
    match word {
        "/directory" => {
            let directory = prompt.state.directory.lock().unwrap().clone();
            prompt.say(&format!("{} ", directory.display()))?;
            prompt.say(&std::env::current_dir().unwrap().display().to_string())?;
        }
        "/variable" => prompt.say(&std::env::var(rest).unwrap_or_default())?,
        "/chosen" => {
            let chosen = prompt.state.chosen.lock().unwrap().clone();
            prompt.say(&format!("{chosen:?}"))?;
        }
        "/remember" => {
            let said = prompt.state.said(&prompt.session).unwrap_or_default();
            prompt.say(&said.join("; "))?;
        }
        _ => prompt.say(&format!("no such thing: {word}"))?,
    }
    Ok(())
}

/// Ends the turn or the process, or blocks.
async fn end(prompt: &mut Prompt, word: &str, rest: &str) -> Result<()> {
    match word {
        "/end" => prompt.end = Ok(json!({"stopReason": rest})),
        "/usage" => {
            let usage = json!({"inputTokens": 5, "outputTokens": 7, "totalTokens": 12});
            prompt.end = Ok(json!({"stopReason": "end_turn", "usage": usage}));
        }
        "/error" => {
            let error = Error::internal_error().data(json!({"details": rest}));
            prompt.end = Err(error);
        }
        "/error-as" => prompt.end = Err(serde_json::from_str(rest).unwrap()),
        "/complain" => eprintln!("{rest}"),
        "/die" => std::process::exit(rest.parse().unwrap()),
        "/wait" => prompt.until_cancelled().await,
        "/hang" => std::future::pending().await,
        // A child process in its own group, with a lifeline: an open file.
        "/child" => {
            let script = format!("exec 3>{rest}; echo up >&3; echo; exec sleep 1000 >&3");
            let mut child = tokio::process::Command::new("setsid");
            child.args(["sh", "-c", &script]).stdout(Stdio::piped());
            let mut output = child.spawn().unwrap().stdout.unwrap();
            output.read_u8().await.unwrap();
        }
        _ => prompt.say(&format!("no such thing: {word}"))?,
    }
    Ok(())
}
