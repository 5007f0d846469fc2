//! Real counting of Telegram's limits, if the test enables it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use baton_core::clock::Steady;

use super::answer::ApiError;

/// The time after the begin of a ban in which requests to other chats can be on their way. Such requests are refused
/// without a longer ban.
const ON_THE_WAY: Duration = Duration::from_secs(1);

/// The methods that share the budget of a chat.
const COUNTED: [&str; 15] = [
    "sendMessage",
    "sendRichMessage",
    "sendPhoto",
    "sendDocument",
    "sendVoice",
    "sendMediaGroup",
    "editMessageText",
    "editMessageCaption",
    "editMessageReplyMarkup",
    "createForumTopic",
    "editForumTopic",
    "closeForumTopic",
    "reopenForumTopic",
    "sendMessageDraft",
    "sendRichMessageDraft",
];

/// Telegram's limits on the counted requests of a bot. The default is Telegram's own numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedLimits {
    /// The most requests to one group in a minute.
    pub group_per_minute: usize,
    /// The most requests to one private chat in a second.
    pub private_per_second: usize,
    /// The most requests of the whole bot in a second.
    pub bot_per_second: usize,
}

impl Default for CountedLimits {
    fn default() -> Self {
        Self {
            group_per_minute: 20,
            private_per_second: 1,
            bot_per_second: 30,
        }
    }
}

impl CountedLimits {
    /// Telegram's limits, each of them this many times as large. Then a long day fits into a short test.
    #[must_use]
    pub fn times(factor: usize) -> Self {
        let usual = Self::default();
        Self {
            group_per_minute: usual.group_per_minute * factor,
            private_per_second: usual.private_per_second * factor,
            bot_per_second: usual.bot_per_second * factor,
        }
    }

    /// The most requests to one chat, and the time in which a request counts.
    fn of_chat(self, is_private: bool) -> (usize, Duration) {
        if is_private {
            (self.private_per_second, Duration::from_secs(1))
        } else {
            (self.group_per_minute, Duration::from_mins(1))
        }
    }
}

/// The counted requests and the ban of a bot.
#[derive(Default)]
pub(super) struct Budget {
    limits: CountedLimits,
    /// The times of the requests in the current window, by chat; under none the times of the whole bot.
    taken: BTreeMap<Option<i64>, VecDeque<Steady>>,
    /// The latest ban. A ban holds in all chats of the bot.
    ban: Option<Ban>,
    pub(super) refusals: usize,
    /// The refusals of requests that came before the end of a ban.
    pub(super) refusals_after_first: usize,
}

#[derive(Clone, Copy)]
struct Ban {
    /// The chat whose limit was reached; none for the limit of the whole bot.
    chat: Option<i64>,
    since: Steady,
    until: Steady,
    length: Duration,
}

/// Whether a method counts against the budget.
pub(super) fn is_counted(method: &str) -> bool {
    COUNTED.contains(&method)
}

impl Budget {
    /// Nothing is counted yet.
    pub(super) fn new(limits: CountedLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Counts one request to a chat, or refuses the request.
    pub(super) fn take(
        &mut self,
        chat: i64,
        is_private: bool,
        now: Steady,
    ) -> Result<(), ApiError> {
        let in_all = (self.limits.bot_per_second, Duration::from_secs(1));
        let buckets = [
            (None, in_all),
            (Some(chat), self.limits.of_chat(is_private)),
        ];
        if let Some(ban) = self.ban.filter(|ban| ban.until > now) {
            let age = now.since(ban.since);
            if ban.chat != Some(chat) && age < ON_THE_WAY.min(ban.length / 2) {
                return Err(ApiError::too_fast(seconds(ban.until.since(now))));
            }
            // A request before the end of a ban makes the ban longer.
            let length = ban.length + ban.length.max(Duration::from_secs(1));
            self.ban_for(length, ban.chat, now);
            self.refusals_after_first += 1;
            return Err(self.refuse(length));
        }
        for (key, (most, window)) in buckets {
            let taken = self.taken.entry(key).or_default();
            taken.retain(|&at| now.since(at) < window);
            if taken.len() >= most {
                let oldest = taken.front().copied().unwrap_or(now);
                let wait = window.saturating_sub(now.since(oldest));
                let length = Duration::from_secs(seconds(wait));
                self.ban_for(length, key, now);
                return Err(self.refuse(length));
            }
        }
        for (key, _) in buckets {
            self.taken.entry(key).or_default().push_back(now);
        }
        Ok(())
    }

    /// Bans all counted requests of the bot for this time. `chat` is the chat whose limit was reached, if any.
    pub(super) fn ban_for(&mut self, length: Duration, chat: Option<i64>, now: Steady) {
        self.ban = Some(Ban {
            chat,
            since: now,
            until: now.after(length),
            length,
        });
    }

    fn refuse(&mut self, wait: Duration) -> ApiError {
        self.refusals += 1;
        ApiError::too_fast(wait.as_secs())
    }
}

/// A wait in whole seconds, at least one.
fn seconds(wait: Duration) -> u64 {
    let seconds = wait.as_millis().div_ceil(1000).max(1);
    seconds.try_into().unwrap_or(60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_twenty_first_message_waits_and_an_early_one_makes_it_worse() {
        let mut budget = Budget::default();
        for second in 0..20 {
            assert!(budget.take(-1, false, Steady(second * 1000)).is_ok());
        }
        assert!(budget.take(-1, false, Steady(20_000)).is_err());
        assert!(
            budget.take(-2, false, Steady(20_900)).is_err(),
            "on its way"
        );
        assert!(
            budget.take(-2, false, Steady(30_000)).is_err(),
            "the whole bot waits"
        );
        assert_eq!((budget.refusals, budget.refusals_after_first), (2, 1));
        assert!(
            budget.take(-1, false, Steady(61_000)).is_err(),
            "the ban has grown"
        );
        assert!(budget.take(-1, false, Steady(500_000)).is_ok());
    }
}
