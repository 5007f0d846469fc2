//! A cache of the HTML of recent texts, so that a text is rendered once and not for each reader.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use baton_core::store::Post;
use tokio::sync::Semaphore;

use super::markdown_html;

/// Maximum number of cached texts.
const MOST_KEPT: usize = 512;
/// Maximum size of the cached HTML, in bytes.
const MOST_BYTES: usize = 2 * 1024 * 1024;
/// Maximum length in bytes of a text that is rendered at once. Longer text, and text with code, is rendered
/// on a blocking thread.
const QUICK: usize = 2_000;
/// Maximum total length in bytes of the texts rendered on blocking threads at one time. Rendering needs a
/// multiple of this memory. A text above the limit is rendered alone.
const AT_ONCE: u32 = 256 * 1024;

/// Caches the HTML of recent texts. An edited message has another text, and so another entry.
pub(crate) struct HtmlCache {
    entries: Mutex<CachedHtml>,
    /// One permit for each byte that is being rendered.
    room: Semaphore,
}

impl Default for HtmlCache {
    fn default() -> Self {
        Self {
            entries: Mutex::default(),
            room: Semaphore::new(AT_ONCE as usize),
        }
    }
}

#[derive(Default)]
struct CachedHtml {
    by_id: HashMap<String, Arc<str>>,
    oldest_first: VecDeque<String>,
    bytes: usize,
}

impl HtmlCache {
    /// The HTML of a post, cached or rendered now.
    pub(crate) async fn render_post(&self, post: &Post) -> Arc<str> {
        // The key holds a hash of the text, because a shortened or edited text has other HTML.
        let mut text = DefaultHasher::new();
        post.text.hash(&mut text);
        let id = format!("{} {} {:x}", post.place.channel, post.id, text.finish());
        if let Some(html) = self.with_entries(|entries| entries.by_id.get(&id).cloned()) {
            return html;
        }
        let text = &post.text;
        let html = if text.len() <= QUICK && !text.contains("```") && !text.contains("~~~") {
            markdown_html::render_html(text)
        } else {
            let size = u32::try_from(text.len()).unwrap_or(AT_ONCE).min(AT_ONCE);
            // The semaphore is never closed. Even without a permit, the text would be rendered.
            let _room = self.room.acquire_many(size).await;
            let text = text.clone();
            match tokio::task::spawn_blocking(move || markdown_html::render_html(&text)).await {
                Ok(html) => html,
                Err(error) => {
                    tracing::error!(post = post.id, %error, "a text could not be rendered");
                    markdown_html::render_plain(&post.text)
                }
            }
        };
        let html = Arc::from(html);
        self.with_entries(|entries| entries.add_html(id, Arc::clone(&html)));
        html
    }

    fn with_entries<T>(&self, look: impl FnOnce(&mut CachedHtml) -> T) -> T {
        look(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl CachedHtml {
    fn add_html(&mut self, id: String, html: Arc<str>) {
        self.bytes += html.len();
        self.oldest_first.push_back(id.clone());
        if let Some(same) = self.by_id.insert(id, html) {
            self.bytes -= same.len();
            // Two tasks rendered the same text; its id is already in the queue.
            self.oldest_first.pop_back();
        }
        while self.oldest_first.len() > MOST_KEPT || self.bytes > MOST_BYTES {
            let Some(oldest) = self.oldest_first.pop_front() else {
                return;
            };
            if let Some(html) = self.by_id.remove(&oldest) {
                self.bytes -= html.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_much_is_kept() {
        let mut entries = CachedHtml::default();
        for n in 0..3 * MOST_KEPT {
            entries.add_html((n % (2 * MOST_KEPT)).to_string(), "x".repeat(5_000).into());
        }
        let bytes: usize = entries.by_id.values().map(|html| html.len()).sum();
        assert_eq!(entries.bytes, bytes);
        assert!(bytes <= MOST_BYTES && bytes > MOST_BYTES - 5_001);
        assert_eq!(entries.by_id.len(), entries.oldest_first.len());
    }
}
