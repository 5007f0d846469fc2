//! What comes back: a stream of deltas, or one JSON document from servers that do not stream.

use std::ops::Deref;
use std::pin::pin;

use baton_core::agent::{AgentError, Reply, TurnIo};
use baton_core::turn::Usage;
use futures_util::{Stream, StreamExt, stream};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;

use super::events::{Broken, events};
use super::{OpenAiAgent, failure};

/// How much of an error's body is read, in bytes.
const ERROR_LIMIT: usize = 16 * 1024;
/// What a whole answer is more than its text, in bytes; escapes make text up to six times as long.
const WHOLE_BESIDE_TEXT: usize = 64 * 1024;
const WHOLE_PER_BYTE: usize = 6;

/// In which form an answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Server-sent events.
    Streamed,
    /// One JSON document.
    Whole,
    /// Something for people: this is not the API.
    Page,
}

impl Kind {
    pub(super) fn of(response: &Response) -> Self {
        let header = response.headers().get(CONTENT_TYPE);
        let kind = header.and_then(|value| value.to_str().ok());
        match kind.and_then(|kind| kind.split(';').next()).map(str::trim) {
            Some("application/json") => Self::Whole,
            Some("text/html") => Self::Page,
            // Some servers call their streams plain text, or nothing.
            _ => Self::Streamed,
        }
    }
}

/// One event of a stream, or the whole answer. Servers leave out, or set to null, whatever they
/// like.
#[derive(Debug, Deserialize)]
struct Chunk {
    choices: Option<Vec<Choice>>,
    usage: Option<Tokens>,
    error: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    /// In a stream.
    delta: Option<Content>,
    /// In a whole answer.
    message: Option<Content>,
    finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Content {
    content: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Tokens {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
}

/// The reply, as far as it has come.
#[derive(Debug)]
pub(super) struct Written {
    text: String,
    usage: Usage,
    /// The server said that the reply is whole.
    finished: bool,
    limit: usize,
}

impl Written {
    /// Nothing yet, and at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            usage: Usage::default(),
            finished: false,
            limit,
        }
    }

    /// Not a word came.
    pub(super) fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    pub(super) fn into_reply(self) -> Reply {
        Reply {
            usage: self.usage,
            ..Reply::text(self.text)
        }
    }

    /// Takes in what came; returns the text that is new.
    fn take(&mut self, chunk: Chunk) -> Result<String, AgentError> {
        if let Some(tokens) = chunk.usage {
            self.usage.input_tokens = tokens.prompt_tokens;
            self.usage.output_tokens = tokens.completion_tokens;
        }
        let Some(choice) = chunk.choices.into_iter().flatten().next() else {
            return Ok(String::new());
        };
        self.finished |= choice.finish_reason.is_some();
        let content = choice.delta.or(choice.message);
        let text = content.and_then(|content| content.content);
        let text = text.unwrap_or_default();
        if self.text.len() + text.len() > self.limit {
            return Err(failure::too_much(self.limit));
        }
        self.text.push_str(&text);
        Ok(text)
    }
}

impl OpenAiAgent {
    /// Reads a stream to its end, and shows what it says as it comes.
    pub(super) async fn streamed(
        &self,
        response: Response,
        io: &TurnIo,
        written: &mut Written,
    ) -> Result<(), AgentError> {
        let mut events = pin!(events(self.pieces(response)));
        while let Some(event) = events.next().await {
            let data = match event {
                Ok(data) if data.trim() == "[DONE]" => return Ok(()),
                Ok(data) => data,
                // What follows the end of a reply is only the count of its tokens.
                Err(_) if written.finished => return Ok(()),
                Err(broken) => return Err(failure::broken(&broken)),
            };
            let text = written.take(self.understand(data.as_bytes())?)?;
            if !text.is_empty() {
                io.say(text).await;
            }
        }
        if written.finished {
            Ok(())
        } else {
            Err(failure::broken(&Broken::Unfinished))
        }
    }

    /// Reads an answer that comes as one document.
    pub(super) async fn whole(
        &self,
        response: Response,
        io: &TurnIo,
        written: &mut Written,
    ) -> Result<(), AgentError> {
        let limit = written.limit * WHOLE_PER_BYTE + WHOLE_BESIDE_TEXT;
        let mut pieces = pin!(self.pieces(response));
        let mut document = Vec::new();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|broken| failure::broken(&broken))?;
            if document.len() + piece.len() > limit {
                return Err(failure::too_much(written.limit));
            }
            document.extend_from_slice(&piece);
        }
        let chunk = self.understand(&document)?;
        if chunk.choices.as_ref().is_none_or(Vec::is_empty) {
            return Err(failure::broken(&Broken::NotUnderstood));
        }
        let text = written.take(chunk)?;
        if !text.is_empty() {
            io.say(text).await;
        }
        Ok(())
    }

    /// The beginning of an error's text, or as much of it as comes.
    pub(super) async fn error_text(&self, response: Response) -> Vec<u8> {
        let mut pieces = pin!(self.pieces(response));
        let mut text = Vec::new();
        while let Some(Ok(piece)) = pieces.next().await {
            text.extend_from_slice(&piece);
            if text.len() >= ERROR_LIMIT {
                text.truncate(ERROR_LIMIT);
                break;
            }
        }
        text
    }

    fn understand(&self, json: &[u8]) -> Result<Chunk, AgentError> {
        let chunk: Chunk =
            serde_json::from_slice(json).map_err(|_| failure::broken(&Broken::NotUnderstood))?;
        match &chunk.error {
            Some(error) => Err(failure::reported(&self.settings, error)),
            None => Ok(chunk),
        }
    }

    /// A body as it comes. Ends with an error when the server is silent for too long; whatever it
    /// sends, be it only a comment, says that it still works.
    fn pieces(
        &self,
        response: Response,
    ) -> impl Stream<Item = Result<impl AsRef<[u8]> + Deref<Target = [u8]> + use<>, Broken>> + Send
    {
        stream::unfold(response, async |mut response| {
            let piece = match self.not_silent(response.chunk()).await {
                Some(Ok(Some(piece))) => Ok(piece),
                Some(Ok(None)) => return None,
                Some(Err(error)) => Err(Broken::Connection(error)),
                None => Err(Broken::Silent(self.settings.silence_limit)),
            };
            Some((piece, response))
        })
    }
}
