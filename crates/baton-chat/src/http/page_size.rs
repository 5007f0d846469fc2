//! Pages of messages, of a size that keeps each answer within its limit.

use std::fmt;

use serde_json::Value;

use super::cut_list::CutList;
use super::json_repair;
use super::request_error::{PlatformRefusal, RequestError};
use super::response_body::{LONGEST, ResponseBody};

/// A page of messages, unparsed.
#[derive(Debug)]
pub enum RawPage {
    /// The messages, in the order of the platform.
    Messages {
        /// One JSON value for each message.
        messages: Vec<Value>,
        /// Whether the page has all messages that the request asked for, so that more may follow.
        is_full: bool,
    },
    /// A page of one message. The message is longer than an answer may be.
    TooLong(CutList),
}

/// The number of messages to ask for at once. The number falls after an answer that is too long, and rises again
/// after a short answer.
pub struct PageSize {
    /// The chat, for the log.
    chat: String,
    most: usize,
    now: usize,
}

impl PageSize {
    /// The pages of a chat, each with at most `most` messages.
    pub fn new(chat: impl fmt::Display, most: usize) -> Self {
        Self {
            chat: chat.to_string(),
            most,
            now: most,
        }
    }

    /// Fetches a page. When the answer is too long, asks for fewer messages. `fetch` sends the request for a number
    /// of messages; the answer is a list.
    pub async fn fetch_page<R: PlatformRefusal, F>(
        &mut self,
        fetch: impl Fn(usize) -> F,
    ) -> Result<RawPage, RequestError<R>>
    where
        F: Future<Output = Result<ResponseBody, RequestError<R>>>,
    {
        loop {
            let limit = self.now;
            let bytes = match fetch(limit).await? {
                ResponseBody::Whole(bytes) => bytes,
                ResponseBody::Beginning(_) if limit > 1 => {
                    self.now = limit / 2;
                    tracing::info!(
                        chat = self.chat,
                        limit = self.now,
                        "a page of messages is too long, and is asked for in parts"
                    );
                    continue;
                }
                ResponseBody::Beginning(bytes) => return Ok(RawPage::TooLong(CutList::new(bytes))),
            };
            if bytes.len() < LONGEST / 2 {
                // The messages after a long one are usually shorter.
                self.now = (limit * 2).min(self.most);
            }
            // A page that is no list comes from a proxy, and the next one may come from the platform.
            let messages =
                json_repair::split_elements(&bytes).map_err(|error| RequestError::Unknown {
                    reason: format!("the page of messages is unreadable: {error}"),
                })?;
            let is_full = messages.len() == limit;
            return Ok(RawPage::Messages { messages, is_full });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::convert::Infallible;
    use std::future::ready;

    use reqwest::StatusCode;

    use super::*;
    use crate::connector::Refusal;

    /// A platform that refuses nothing.
    impl PlatformRefusal for Infallible {
        const PLATFORM: &'static str = "the platform";

        fn from_answer(status: StatusCode, _body: &[u8]) -> Self {
            panic!("the status is {status}")
        }

        fn is_from_platform(_status: StatusCode, _body: &[u8]) -> bool {
            true
        }

        fn reason(&self) -> (Refusal, Option<&'static str>) {
            match *self {}
        }
    }

    /// Fetches two pages of a chat whose answers hold at most `fitting` messages; returns the numbers of messages
    /// that were asked for, and the last page.
    async fn fetch_twice(fitting: usize) -> (Vec<usize>, RawPage) {
        let asked = RefCell::new(Vec::new());
        let mut size = PageSize::new("1", 4);
        let fetch = |limit| {
            asked.borrow_mut().push(limit);
            ready(Ok::<_, RequestError<Infallible>>(if limit > fitting {
                ResponseBody::Beginning(br#"[{"id":"7","text":"a"#.to_vec())
            } else {
                ResponseBody::Whole(b"[1,2]".to_vec())
            }))
        };
        size.fetch_page(fetch).await.unwrap();
        let last = size.fetch_page(fetch).await.unwrap();
        (asked.into_inner(), last)
    }

    #[tokio::test]
    async fn a_page_that_is_too_long_is_asked_for_in_parts() {
        let (asked, page) = fetch_twice(2).await;
        assert_eq!(asked, [4, 2, 4, 2]);
        assert!(matches!(page, RawPage::Messages { is_full: true, .. }));
        let (asked, page) = fetch_twice(4).await;
        assert_eq!(asked, [4, 4]);
        assert!(matches!(page, RawPage::Messages { is_full: false, .. }));
    }

    #[tokio::test]
    async fn one_message_that_is_too_long_is_known_by_its_beginning() {
        let (asked, page) = fetch_twice(0).await;
        assert_eq!(asked, [4, 2, 1, 1]);
        let RawPage::TooLong(page) = page else {
            panic!("{page:?}");
        };
        assert_eq!(page.field_of_first("id"), Some("7".to_owned()));
    }
}
