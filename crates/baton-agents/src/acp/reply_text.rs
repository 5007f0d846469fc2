//! Collects the reply from its pieces.

use agent_client_protocol::v1::schema::{
    ContentBlock, ContentChunk, EmbeddedResourceResource, MessageId,
};

use super::acp_errors::AcpError;

/// The text of an agent so far. The texts before and after a tool are paragraphs of one reply.
#[derive(Debug)]
pub(super) struct ReplyText {
    text: String,
    /// Limit of the text, in bytes.
    limit: usize,
    /// The agent's id of the message of the last piece.
    message: Option<MessageId>,
    /// Whether the next piece begins a paragraph.
    begins_paragraph: bool,
}

impl ReplyText {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            limit,
            message: None,
            begins_paragraph: false,
        }
    }

    /// Begins a paragraph with the next piece, because the agent used a tool.
    pub(super) fn begin_paragraph(&mut self) {
        self.begins_paragraph = true;
    }

    /// Adds a piece. Returns the text to show, with the line breaks of a paragraph.
    pub(super) fn add_chunk(&mut self, chunk: &ContentChunk) -> Result<String, AcpError> {
        let content = render_content(&chunk.content);
        if content.is_empty() {
            return Ok(content);
        }
        if let Some(message) = &chunk.message_id {
            let other = self.message.as_ref().is_some_and(|last| last != message);
            self.begins_paragraph |= other;
            self.message = Some(message.clone());
        }
        let begins_paragraph = std::mem::take(&mut self.begins_paragraph) && !self.text.is_empty();
        let piece = match begins_paragraph {
            true if self.text.ends_with("\n\n") => content,
            true if self.text.ends_with('\n') => format!("\n{content}"),
            true => format!("\n\n{content}"),
            false => content,
        };
        if self.text.len() + piece.len() > self.limit {
            return Err(AcpError::LongReply(self.limit));
        }
        self.text.push_str(&piece);
        Ok(piece)
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// The content of a piece, as Markdown.
pub(super) fn render_content(content: &ContentBlock) -> String {
    match content {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::ResourceLink(link) => format!("[{}](<{}>)", link.name, link.uri),
        ContentBlock::Resource(resource) => match &resource.resource {
            EmbeddedResourceResource::TextResourceContents(text) => text.text.clone(),
            _ => "*(a file, which cannot be shown here)*".to_owned(),
        },
        ContentBlock::Image(_) => "*(an image, which cannot be shown here)*".to_owned(),
        ContentBlock::Audio(_) => "*(a sound, which cannot be played here)*".to_owned(),
        other => {
            tracing::debug!(?other, "an agent sent content of an unknown kind");
            String::new()
        }
    }
}
