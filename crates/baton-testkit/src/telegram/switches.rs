//! Switches for faults and settings.

use super::Telegram;
use super::budget::{Budget, CountedLimits};
use super::faults::Fault;
use crate::held::Held;

impl Telegram {
    /// Plants a fault for the next `times` requests of a method; `*` means all methods.
    pub fn fail_next(&self, method: &str, times: usize, fault: Fault) {
        assert!(times > 0, "a fault happens at least once");
        self.shared
            .change(|world| world.faults.add(method, Some(times), fault));
    }

    /// Carries out the next requests with this method, and leaves the later faults for later requests.
    pub fn pass_next(&self, method: &str, times: usize) {
        let passed = Held::default();
        passed.release();
        if times > 0 {
            self.fail_next(method, times, Fault::Hold(passed));
        }
    }

    /// Plants a fault for all requests of a method until [`recover`](Self::recover); `*` means all methods.
    pub fn fail(&self, method: &str, fault: Fault) {
        self.shared
            .change(|world| world.faults.add(method, None, fault));
    }

    /// Removes all faults of requests.
    pub fn recover(&self) {
        self.shared.change(|world| world.faults.clear());
    }

    /// Begins to count Telegram's limits: 20 requests a minute in a group, 1 a second in a private chat, 30 a second
    /// in all. A request beyond the limits gets error 429. So does each counted request of the bot until the time in this
    /// error has passed, in every chat. The time then grows, unless the request can have been on its way. The same holds
    /// after a planted [`Fault::Limited`].
    pub fn count_budget(&self) {
        self.count_budget_of(CountedLimits::default());
    }

    /// Begins to count with other limits than Telegram's own.
    pub fn count_budget_of(&self, limits: CountedLimits) {
        self.shared
            .change(|world| world.budget = Some(Budget::new(limits)));
    }

    /// The number of requests that the counted limits refused. Requests that were on their way at another refusal do not
    /// count.
    pub fn refusals(&self) -> usize {
        self.shared
            .lock()
            .budget
            .as_ref()
            .map_or(0, |budget| budget.refusals)
    }

    /// The number of refused requests that came before the time of an earlier refusal had passed.
    pub fn refusals_after_first(&self) -> usize {
        self.shared
            .lock()
            .budget
            .as_ref()
            .map_or(0, |budget| budget.refusals_after_first)
    }

    /// Sets whether polls stay without an answer.
    pub fn set_polls_hang(&self, hangs: bool) {
        self.shared.change(|world| world.updates.hangs = hangs);
    }

    /// Sets whether another program polls with the same token. Then all polls of the bot get error 409. The real
    /// server delays repeated errors by 3 seconds, and the fake does not.
    pub fn set_other_poller(&self, polls: bool) {
        self.shared
            .change(|world| world.updates.other_poller = polls);
    }

    /// Begins new update ids at `first`, as after a week without updates, or for a bot that moved to another server.
    pub fn restart_update_ids(&self, first: i64) {
        self.shared.change(|world| world.updates.restart(first));
    }

    /// Sets a webhook, as another program with the same token does.
    pub fn set_foreign_webhook(&self, url: &str) {
        let webhook = super::webhook::Webhook::foreign(url);
        self.shared.change(|world| world.webhook = Some(webhook));
    }

    /// Sets whether the bot gets all messages of groups: privacy mode is off. The fake begins with true.
    pub fn set_reads_all(&self, reads_all: bool) {
        self.shared.change(|world| world.reads_all = reads_all);
    }

    /// Sets whether private chats have topics. The fake begins with false.
    pub fn set_private_topics(&self, has_topics: bool) {
        self.shared.change(|world| world.has_topics = has_topics);
    }

    /// Sends messages for missing topics of private chats to the main chat, with status 200, as older servers did.
    pub fn set_misroutes_private(&self, misroutes: bool) {
        self.shared
            .change(|world| world.misroutes_private = misroutes);
    }

    /// Refuses drafts in a private chat, as is seen now and then.
    pub fn refuse_drafts(&self, chat: i64) {
        self.shared
            .change(|world| world.chat_mut(chat).refuses_drafts = true);
    }

    /// Replaces the bot's token, as after a leak. The id of the bot stays.
    pub fn set_token(&self, token: &str) {
        self.shared
            .change(|world| token.clone_into(&mut world.token));
    }
}
