//! The HTML of what was said lately, so that it is made once and not once a reader.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use baton_core::store::Post;
use tokio::sync::Semaphore;

use super::markdown;

/// How many are kept.
const MOST_KEPT: usize = 512;
/// How many bytes of HTML are kept.
const MOST_BYTES: usize = 2 * 1024 * 1024;
/// What is longer, in bytes, or holds code is rendered beside other work: it may take a while.
const QUICK: usize = 2_000;
/// How much of that is rendered at once, in bytes: what it takes meanwhile is many times as much. What
/// is longer by itself is rendered alone.
const AT_ONCE: u32 = 256 * 1024;

/// Keeps the HTML of the last few texts. A message that is edited while it waits has another text, and so other HTML.
pub(crate) struct Rendered {
    kept: Mutex<Kept>,
    /// A permit for each byte that is being rendered.
    room: Semaphore,
}

impl Default for Rendered {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            room: Semaphore::new(AT_ONCE as usize),
        }
    }
}

#[derive(Default)]
struct Kept {
    by_id: HashMap<String, Arc<str>>,
    oldest_first: VecDeque<String>,
    bytes: usize,
}

impl Rendered {
    /// The HTML of a post.
    pub(crate) async fn html(&self, post: &Post) -> Arc<str> {
        // The beginning of a text is another than the whole, and an edited text another than before.
        let mut text = DefaultHasher::new();
        post.text.hash(&mut text);
        let id = format!("{} {} {:x}", post.place.channel, post.id, text.finish());
        if let Some(html) = self.with(|kept| kept.by_id.get(&id).cloned()) {
            return html;
        }
        let text = &post.text;
        let html = if text.len() <= QUICK && !text.contains("```") && !text.contains("~~~") {
            markdown::html(text)
        } else {
            let size = u32::try_from(text.len()).unwrap_or(AT_ONCE).min(AT_ONCE);
            // Never closed; and what is not rendered in its turn is rendered all the same.
            let _room = self.room.acquire_many(size).await;
            let text = text.clone();
            match tokio::task::spawn_blocking(move || markdown::html(&text)).await {
                Ok(html) => html,
                Err(error) => {
                    tracing::error!(post = post.id, %error, "a text could not be rendered");
                    markdown::plain(&post.text)
                }
            }
        };
        let html = Arc::from(html);
        self.with(|kept| kept.add(id, Arc::clone(&html)));
        html
    }

    fn with<T>(&self, look: impl FnOnce(&mut Kept) -> T) -> T {
        look(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept {
    fn add(&mut self, id: String, html: Arc<str>) {
        self.bytes += html.len();
        self.oldest_first.push_back(id.clone());
        if let Some(same) = self.by_id.insert(id, html) {
            self.bytes -= same.len();
            // Rendered by two at once: it is in line already.
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
        let mut kept = Kept::default();
        for n in 0..3 * MOST_KEPT {
            kept.add((n % (2 * MOST_KEPT)).to_string(), "x".repeat(5_000).into());
        }
        let bytes: usize = kept.by_id.values().map(|html| html.len()).sum();
        assert_eq!(kept.bytes, bytes);
        assert!(bytes <= MOST_BYTES && bytes > MOST_BYTES - 5_001);
        assert_eq!(kept.by_id.len(), kept.oldest_first.len());
    }
}
