//! Builds the messages for the model: the system prompt, as much of the history as fits, and the message.

use std::fmt::Write as _;
use std::sync::Arc;

use baton_core::agent::{AgentError, PublicText, Turn};
use baton_core::store::{Post, PostKind};

use super::completion_request::{ChatMessage, ChatRole};
use super::reasoning;
use super::server_facts::ServerFacts;
use crate::images::Image;

/// The share of the context kept for the reply (one quarter), unless the persona sets a length.
const REPLY_SHARE: usize = 4;
/// The tokens of a message in addition to its text.
pub(super) const PER_MESSAGE: usize = 8;
/// Pixels of an image per token, and the limit of tokens per image: servers scale down larger images. The
/// numbers are Anthropic's; others are similar.
const PIXELS_PER_TOKEN: usize = 750;
const PER_IMAGE: usize = 1_600;
/// A token usually has at least three bytes: four English letters, or one and a half Chinese characters. The
/// server's token counts [correct](ServerFacts::record_tokens) this for other models.
pub(super) const BYTES_PER_TOKEN: u32 = 3;

/// The content of a request to the model.
#[derive(Debug)]
pub(super) struct ContextMessages {
    system: Option<ChatMessage>,
    /// Oldest first.
    history: Vec<ChatMessage>,
    prompt: ChatMessage,
    /// The names of the images without room in the context.
    pub(super) left_out: Vec<String>,
}

impl ContextMessages {
    /// The messages in the order in which the model sees them.
    pub(super) fn to_messages(&self) -> Vec<ChatMessage> {
        let (history, prompt) = (self.history.clone(), self.prompt.clone());
        alternate_roles(self.system.clone(), history, prompt)
    }

    /// Removes the older half of the history. Returns whether any message was removed.
    pub(super) fn drop_older_half(&mut self) -> bool {
        let half = self.history.len().div_ceil(2);
        self.history.drain(..half).count() > 0
    }

    /// Removes all images, and mentions them in the text. Returns their names.
    pub(super) fn take_images(&mut self) -> Vec<String> {
        let ChatMessage { text, images, .. } = &mut self.prompt;
        let names: Vec<_> = images.drain(..).map(|image| image.name.clone()).collect();
        for name in &names {
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            let _ = write!(text, "[the image {name} cannot be shown to you]");
        }
        names
    }

    /// Corrects the length of a token in `facts`. Skips requests with images, because the tokens of images
    /// are unknown.
    pub(super) fn record_tokens(&self, facts: &ServerFacts, tokens: u64) {
        if self.prompt.images.is_empty() {
            let messages = self.to_messages();
            let bytes = messages.iter().map(|message| message.text.len()).sum();
            facts.record_tokens(messages.len(), bytes, tokens);
        }
    }
}

/// Selects the content for a context of `window` tokens. The oldest messages are left out first. The message
/// to answer is always included, and its images take precedence over the history. Fails if the message and
/// the system prompt alone are too long.
pub(super) fn select_messages(
    turn: &Turn,
    images: Vec<Image>,
    window: usize,
    facts: &ServerFacts,
) -> Result<ContextMessages, AgentError> {
    let room = window.saturating_sub(reply_tokens(turn, window));
    let system = turn
        .persona
        .system_prompt
        .as_ref()
        .map(|prompt| text_message(ChatRole::System, prompt.clone()));
    let mut prompt = text_message(ChatRole::User, turn.prompt());
    // Uses the default length of a token, because the server itself reports a text above its limit.
    let most =
        |message: &ChatMessage| message.text.len().div_ceil(BYTES_PER_TOKEN as usize) + PER_MESSAGE;
    let tokens = |message: &ChatMessage| facts.count_tokens(message.text.len()) + PER_MESSAGE;
    let needed = system.as_ref().map_or(0, most) + most(&prompt);
    if needed > room {
        let words = "the message is too long for the model: about {} tokens, and the model can read {}; shorten \
            or split the message";
        let reason = PublicText::of(words, &[&needed, &room]);
        return Err(AgentError::rejected(reason));
    }
    let mut left = room.saturating_sub(system.as_ref().map_or(0, tokens) + tokens(&prompt));
    let mut left_out = Vec::new();
    for image in images {
        match left.checked_sub(image_tokens(&image)) {
            Some(rest) => {
                left = rest;
                prompt.images.push(Arc::new(image));
            }
            None => left_out.push(image.name),
        }
    }
    let mut history = Vec::new();
    for message in turn
        .history
        .iter()
        .rev()
        .filter_map(|post| convert_post(turn, post))
    {
        match left.checked_sub(tokens(&message)) {
            Some(rest) => left = rest,
            None => break,
        }
        history.push(message);
    }
    history.reverse();
    Ok(ContextMessages {
        system,
        history,
        prompt,
        left_out,
    })
}

fn reply_tokens(turn: &Turn, window: usize) -> usize {
    match turn.persona.sampling.max_tokens {
        // The reply may fill at most half of the context, so half remains for the input.
        Some(most) => usize::try_from(most).unwrap_or(usize::MAX).min(window / 2),
        None => window / REPLY_SHARE,
    }
}

/// A post as the model sees it; `None` for a notice or a question.
fn convert_post(turn: &Turn, post: &Post) -> Option<ChatMessage> {
    match post.kind {
        PostKind::Notice | PostKind::Question => None,
        // Reasoning is not part of the reply, and must not be in the history.
        PostKind::Reply if post.persona == turn.persona.name => Some(text_message(
            ChatRole::Assistant,
            reasoning::answer_in(&post.text),
        )),
        PostKind::Message | PostKind::Reply => Some(text_message(
            ChatRole::User,
            format!("{}: {}", post.author_name, post.text),
        )),
    }
}

/// Orders the messages as the templates of many models demand: people speak first, then both sides alternate.
fn alternate_roles(
    system: Option<ChatMessage>,
    history: Vec<ChatMessage>,
    prompt: ChatMessage,
) -> Vec<ChatMessage> {
    let mut messages: Vec<_> = system.into_iter().collect();
    let dialogue = history
        .into_iter()
        .skip_while(|message| message.role == ChatRole::Assistant)
        .chain([prompt]);
    for message in dialogue {
        match messages.last_mut().filter(|last| last.role == message.role) {
            Some(last) => {
                last.text.push_str("\n\n");
                last.text.push_str(&message.text);
                last.images.extend(message.images);
            }
            None => messages.push(message),
        }
    }
    messages
}

fn text_message(role: ChatRole, text: String) -> ChatMessage {
    ChatMessage {
        role,
        text,
        images: Vec::new(),
    }
}

fn image_tokens(image: &Image) -> usize {
    image.pixels.div_ceil(PIXELS_PER_TOKEN).min(PER_IMAGE)
}

/// Whether a server's error means a request above the context size, in the words of `OpenAI`, Azure,
/// Anthropic, Gemini, Groq, Mistral, xAI, vLLM, `SGLang`, TGI, TensorRT-LLM, llama.cpp, LM Studio and Ollama.
pub(super) fn is_too_long(error_body: &str) -> bool {
    const WORDS: [&str; 27] = [
        "context_length",
        "context length",
        "context_window",
        "context window",
        "context size",
        "exceed_context",
        "context_exceeded",
        "maximum context",
        "n_ctx",
        "max_model_len",
        "maximum model length",
        "model token limit",
        "prompt is too long",
        "prompt too long",
        "prompt exceeds",
        "prompt length",
        "input is too long",
        "input too long",
        "input length",
        "input token",
        "inputs` tokens",
        "too many tokens",
        "maximum number of tokens",
        "more than max tokens",
        "reduce the length",
        "too large for model",
        "string_above_max_length",
    ];
    // A limit of tokens per minute is a different error.
    const OF_RATE: [&str; 4] = ["per minute", "rate limit", "rate_limit", "quota"];
    let error_body = error_body.to_ascii_lowercase();
    let contains_any = |words: &[&str]| words.iter().any(|words| error_body.contains(words));
    contains_any(&WORDS) && !contains_any(&OF_RATE)
}
