//! What the model is shown: system prompt, as much of the history as fits, the message.

use baton_core::agent::{AgentError, PublicText, Turn};
use baton_core::store::{Post, PostKind};

use super::request::{ChatMessage, Role};
use crate::images::Image;

/// The part of the window that is kept for the reply where nothing is said of its length.
const REPLY_SHARE: usize = 4;
/// What each message costs beside its text, in tokens.
const PER_MESSAGE: usize = 8;
/// How many pixels of an image are a token, and how many tokens one has at most: larger ones are made smaller.
/// As Anthropic counts them; others count about as many.
const PIXELS_PER_TOKEN: usize = 750;
const PER_IMAGE: usize = 1_600;
/// A token is rarely less than three bytes: four letters of English, one and a half of Chinese.
const BYTES_PER_TOKEN: usize = 3;

/// What a model is shown.
pub(super) struct Shown {
    pub(super) messages: Vec<ChatMessage>,
    /// The names of the images for which there was no room.
    pub(super) left_out: Vec<String>,
}

/// What is shown in a window of so many tokens. The oldest messages are left out where not all fit; the
/// one that is to be answered never is, and its images go before the history.
pub(super) fn shown(turn: &Turn, images: Vec<Image>, window: usize) -> Result<Shown, AgentError> {
    let room = window.saturating_sub(for_reply(turn, window));
    let system = turn
        .persona
        .system_prompt
        .as_ref()
        .map(|prompt| said(Role::System, prompt.clone()));
    let mut prompt = said(Role::User, turn.prompt());
    let needed = system.as_ref().map_or(0, tokens) + tokens(&prompt);
    let Some(mut left) = room.checked_sub(needed) else {
        let words = "the message is too long for the model: about {} tokens, and it can read {}; say \
                     it shorter, or in parts";
        return Err(AgentError::rejected(PublicText::of(
            words,
            &[&needed, &room],
        )));
    };
    let mut left_out = Vec::new();
    for image in images {
        match left.checked_sub(tokens_of(&image)) {
            Some(rest) => {
                left = rest;
                prompt.images.push(image);
            }
            None => left_out.push(image.name),
        }
    }
    let mut history = Vec::new();
    for message in turn
        .history
        .iter()
        .rev()
        .filter_map(|post| seen(turn, post))
    {
        match left.checked_sub(tokens(&message)) {
            Some(rest) => left = rest,
            None => break,
        }
        history.push(message);
    }
    history.reverse();
    Ok(Shown {
        messages: in_turns(system, history, prompt),
        left_out,
    })
}

fn for_reply(turn: &Turn, window: usize) -> usize {
    match turn.persona.sampling.max_tokens {
        // A reply that may fill the window leaves half of it for what it answers.
        Some(most) => usize::try_from(most).unwrap_or(usize::MAX).min(window / 2),
        None => window / REPLY_SHARE,
    }
}

/// A post as the model sees it; `None` for what is not part of the talk.
fn seen(turn: &Turn, post: &Post) -> Option<ChatMessage> {
    match post.kind {
        PostKind::Notice | PostKind::Question => None,
        PostKind::Reply if post.persona == turn.persona.name => {
            Some(said(Role::Assistant, post.text.clone()))
        }
        PostKind::Message | PostKind::Reply => Some(said(
            Role::User,
            format!("{}: {}", post.author_name, post.text),
        )),
    }
}

/// As many models' templates insist: a person speaks first, and then they take turns.
fn in_turns(
    system: Option<ChatMessage>,
    history: Vec<ChatMessage>,
    prompt: ChatMessage,
) -> Vec<ChatMessage> {
    let mut messages: Vec<_> = system.into_iter().collect();
    let talk = history
        .into_iter()
        .skip_while(|message| message.role == Role::Assistant)
        .chain([prompt]);
    for message in talk {
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

fn said(role: Role, text: String) -> ChatMessage {
    ChatMessage {
        role,
        text,
        images: Vec::new(),
    }
}

/// How many tokens its text is at most, for most models and languages.
fn tokens(message: &ChatMessage) -> usize {
    message.text.len().div_ceil(BYTES_PER_TOKEN) + PER_MESSAGE
}

fn tokens_of(image: &Image) -> usize {
    image.pixels.div_ceil(PIXELS_PER_TOKEN).min(PER_IMAGE)
}
