//! The answer of a model server: a stream of events, or one JSON document from a server that does not stream.
//! The first byte decides, because many servers send a wrong content type.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use baton_core::agent::TurnIo;
use futures_util::{Stream, StreamExt, future, stream};
use reqwest::Response;
use serde_json::value::RawValue;

use super::chunk::{self, Chunk};
use super::events::{Broken, Event, events};
use super::failure::Failure;
use super::json::{elements, without_odd_numbers};
use super::written::{News, Written};
use super::{OpenAiAgent, failure};
use crate::text::Utf8Pieces;

/// How much of an error's body is read, in bytes.
const ERROR_LIMIT: usize = 16 * 1024;
/// What a whole answer is more than its text, in bytes; escapes make text up to six times as long.
const WHOLE_BESIDE_TEXT: usize = 64 * 1024;
const WHOLE_PER_BYTE: usize = 6;
/// How long to wait for the token counts, which follow the end of a reply.
const USAGE_WAIT: Duration = Duration::from_secs(2);

/// A piece of a body.
type Piece = Result<Vec<u8>, Broken>;

/// In which form an answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Server-sent events.
    Events,
    /// JSON documents, usually one.
    Documents,
    /// Something for people: this is not the API.
    Page,
}

impl Form {
    fn of(first: u8) -> Self {
        match first {
            b'{' | b'[' => Self::Documents,
            b'<' => Self::Page,
            _ => Self::Events,
        }
    }
}

/// The meaning of an event.
enum Said {
    /// A chunk, or an unreadable text in its place.
    Chunk(Result<Chunk, Unread>),
    /// The end of the stream.
    Done,
}

/// An event that is not valid JSON.
struct Unread {
    /// Whether the event was meant to be a chunk, so that a part of the reply is missing.
    is_hole: bool,
}

impl OpenAiAgent {
    /// Reads an answer to its end, and shows its text as it arrives.
    pub(super) async fn read(
        &self,
        response: Response,
        io: &TurnIo,
        written: &mut Written,
    ) -> Result<(), Failure> {
        let has_begun = Arc::new(AtomicBool::new(false));
        let mut pieces = pin!(self.pieces(response, Arc::clone(&has_begun)));
        let mut first = Vec::new();
        while first.is_empty() {
            match pieces.next().await {
                Some(piece) => first = without_space(piece.map_err(|it| failure::broken(&it))?),
                None => return Ok(()),
            }
        }
        let form = Form::of(first[0]);
        let mut reading = Reading {
            agent: self,
            io,
            written,
            has_begun,
        };
        let pieces = stream::once(future::ready(Ok(first))).chain(pieces);
        match form {
            Form::Events => reading.events(pieces).await?,
            Form::Documents => reading.documents(pieces).await?,
            Form::Page => return Err(failure::not_the_api().into()),
        }
        let news = reading.written.finish();
        reading.tell(news).await;
        Ok(())
    }

    /// The beginning of an error's body, as far as it arrives.
    pub(super) async fn error_text(&self, response: Response) -> String {
        let mut pieces = pin!(self.pieces(response, Arc::new(AtomicBool::new(true))));
        let mut text = Vec::new();
        while let Some(Ok(piece)) = pieces.next().await {
            text.extend_from_slice(&piece);
            if text.len() >= ERROR_LIMIT {
                text.truncate(ERROR_LIMIT);
                break;
            }
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The body, piece by piece. Ends with an error when the server is silent for too long. Any bytes, even a
    /// comment, count as a sign of life.
    fn pieces(
        &self,
        response: Response,
        has_begun: Arc<AtomicBool>,
    ) -> impl Stream<Item = Piece> + Send {
        stream::unfold(Some(response), move |response| {
            let has_begun = has_begun.load(Ordering::Relaxed);
            async move {
                let mut response = response?;
                match self.not_silent(has_begun, response.chunk()).await {
                    Ok(Ok(Some(piece))) => Some((Ok(piece.to_vec()), Some(response))),
                    Ok(Ok(None)) => None,
                    Ok(Err(error)) => Some((Err(Broken::Connection(error)), None)),
                    Err(limit) => Some((Err(Broken::Silent(limit)), None)),
                }
            }
        })
    }
}

/// The answer that is being read.
struct Reading<'a> {
    agent: &'a OpenAiAgent,
    io: &'a TurnIo,
    written: &'a mut Written,
    /// Whether text or reasoning has arrived; from then on, the shorter silence limit applies.
    has_begun: Arc<AtomicBool>,
}

impl Reading<'_> {
    async fn events(&mut self, pieces: impl Stream<Item = Piece> + Send) -> Result<(), Failure> {
        let clock = Arc::clone(&self.agent.clock);
        let mut events = pin!(events(pieces));
        let mut until = None;
        let mut has_unread = false;
        loop {
            let event = match until {
                Some(until) => tokio::select! {
                    biased;
                    () = clock.sleep_until(until) => return Ok(()),
                    event = events.next() => event,
                },
                None => events.next().await,
            };
            let event = match event {
                Some(Ok(event)) => event,
                // What follows the end of a reply is only the count of its tokens.
                Some(Err(_)) if self.written.has_ended() => return Ok(()),
                Some(Err(broken)) => return Err(failure::broken(&broken).into()),
                None if self.written.may_have_ended() => return Ok(()),
                None if has_unread && self.written.is_untouched() => {
                    return Err(failure::broken(&Broken::NotUnderstood).into());
                }
                None => return Err(failure::broken(&Broken::Unfinished).into()),
            };
            for said in read(&event) {
                match said {
                    Said::Chunk(Ok(chunk)) => self.take(chunk).await?,
                    Said::Chunk(Err(unread)) => {
                        has_unread = true;
                        self.note(&unread);
                    }
                    Said::Done => return Ok(()),
                }
            }
            until = match until {
                _ if !self.written.has_ended() => None,
                None => Some(clock.steady().after(USAGE_WAIT)),
                until => until,
            };
        }
    }

    async fn documents(&mut self, pieces: impl Stream<Item = Piece> + Send) -> Result<(), Failure> {
        let limit = self.written.limit() * WHOLE_PER_BYTE + WHOLE_BESIDE_TEXT;
        let mut pieces = pin!(pieces);
        let mut text = Utf8Pieces::default();
        let mut documents = String::new();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|broken| failure::broken(&broken))?;
            if documents.len() + piece.len() > limit {
                return Err(failure::too_much(self.written.limit()).into());
            }
            documents.push_str(&text.push(&piece));
        }
        let documents = without_odd_numbers(&documents);
        let mut is_whole = false;
        for document in serde_json::Deserializer::from_str(&documents).into_iter::<&RawValue>() {
            let Ok(document) = document else {
                is_whole = false;
                break;
            };
            for document in elements(document).unwrap_or_else(|| vec![document]) {
                if let Some(chunk) = Chunk::of(document) {
                    is_whole = chunk
                        .choices
                        .iter()
                        .any(|choice| !choice.message.is_empty());
                    self.take(chunk).await?;
                }
            }
        }
        if is_whole || self.written.may_have_ended() {
            return Ok(());
        }
        let broken = if self.written.is_untouched() {
            Broken::NotUnderstood
        } else {
            Broken::Unfinished
        };
        Err(failure::broken(&broken).into())
    }

    async fn take(&mut self, mut chunk: Chunk) -> Result<(), Failure> {
        if let Some(error) = chunk.error.take() {
            return Err(Failure::Reported(error));
        }
        let news = self.written.take(chunk)?;
        self.tell(news).await;
        Ok(())
    }

    async fn tell(&self, News { text, thinking }: News) {
        let is_news = !text.is_empty() || thinking.is_some();
        if is_news && !self.has_begun.swap(true, Ordering::Relaxed) {
            self.io.goes_on().await;
        }
        if let Some(thinking) = thinking {
            self.io.show(thinking).await;
        }
        if !text.is_empty() {
            self.io.say(text).await;
        }
    }

    fn note(&mut self, unread: &Unread) {
        tracing::debug!(
            is_hole = unread.is_hole,
            "an event of a model server is unreadable"
        );
        if unread.is_hole {
            self.written.note_hole();
        }
    }
}

/// Parses an event. A server that omits the blank line between events sends several in one.
fn read(event: &Event) -> Vec<Said> {
    let data = event.data.trim();
    if event.is_error {
        let chunk = Chunk {
            error: Some(chunk::reported(data)),
            ..Chunk::default()
        };
        return vec![Said::Chunk(Ok(chunk))];
    }
    let (data, is_done) = match data.strip_suffix("[DONE]") {
        Some(before) if before.is_empty() || before.ends_with('\n') => (before, true),
        _ => (data, false),
    };
    let mended = without_odd_numbers(data);
    let mut said = Vec::new();
    for document in serde_json::Deserializer::from_str(&mended).into_iter::<&RawValue>() {
        let chunk = document.ok().and_then(Chunk::of);
        let unread = Unread {
            // A comment, a word or a number was never meant as a part of the reply.
            is_hole: data.starts_with('{') && chunk.is_none(),
        };
        said.push(Said::Chunk(chunk.ok_or(unread)));
    }
    if is_done {
        said.push(Said::Done);
    }
    said
}

/// Removes leading white space and a byte order mark.
fn without_space(piece: Vec<u8>) -> Vec<u8> {
    let says = |byte: &u8| !byte.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(byte);
    match piece.iter().position(says) {
        Some(0) => piece,
        Some(at) => piece[at..].to_vec(),
        None => Vec::new(),
    }
}
