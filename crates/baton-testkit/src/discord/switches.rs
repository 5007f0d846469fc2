//! Switches for faults.

use serde_json::{Value, json};

use super::faults::Fault;
use super::limits::Limit;
use super::snowflake::Snowflake;
use super::{Discord, gateway};

impl Discord {
    /// Plants a fault for the next `times` requests of an operation; `*` means all operations. The operation
    /// is its id in Discord's description, such as `create_message`.
    pub fn fail_next(&self, operation: &str, times: usize, fault: Fault) {
        assert!(times > 0, "a fault happens at least once");
        self.shared
            .change(|world| world.faults.add(operation, Some(times), fault));
    }

    /// Plants a fault for all requests of an operation until [`recover`](Self::recover); `*` means all
    /// operations.
    pub fn fail(&self, operation: &str, fault: Fault) {
        self.shared
            .change(|world| world.faults.add(operation, None, fault));
    }

    /// Removes all faults of requests.
    pub fn recover(&self) {
        self.shared.change(|world| world.faults.clear());
    }

    /// Begins to count a rate limit, separately for each channel, server or webhook.
    pub fn limit(&self, operation: &str, limit: Limit) {
        self.limit_together(&[operation], limit);
    }

    /// Begins to count a rate limit of several operations in one bucket.
    pub fn limit_together(&self, operations: &[&str], limit: Limit) {
        self.shared
            .change(|world| world.faults.limits.set(operations, limit));
    }

    /// Begins to count a global rate limit for all requests except those of interactions. Discord allows 50 a
    /// second.
    pub fn limit_all(&self, limit: Limit) {
        self.shared
            .change(|world| world.faults.limits.set_global(limit));
    }

    /// The number of requests beyond a counted limit. Discord blocks an address after 10,000 of them in 10
    /// minutes.
    pub fn limits_exceeded(&self) -> usize {
        self.shared.lock().faults.limits.exceeded
    }

    /// Makes the fake check its own answers: an answer against Discord's description is a violation. For the
    /// tests of the fake.
    pub fn check_answers(&self) {
        self.shared
            .change(|world| world.faults.checks_answers = true);
    }

    /// Adds unknown fields to answers and events.
    pub fn add_unknown_fields(&self) {
        self.shared.change(|world| {
            world.faults.unknown_fields = true;
            world.gateway.unknown_fields = true;
        });
    }

    /// Sends an event of any name to all shards.
    pub fn send_event(&self, name: &str, data: Value) {
        self.shared
            .change(|world| world.dispatch(name, 0, None, data));
    }

    /// Ends all gateway connections, with a close code, or by a cut if there is none. Sessions can be
    /// resumed, except after some codes.
    pub fn drop_sockets(&self, code: Option<u16>) {
        self.shared.change(|world| world.gateway.drop_sockets(code));
    }

    /// Begins or ends an outage of the gateway: no connection is accepted (503).
    pub fn set_gateway_down(&self, down: bool) {
        self.shared.change(|world| world.gateway.down = down);
    }

    /// Asks all connections to reconnect and resume (op 7).
    pub fn ask_to_reconnect(&self) {
        self.shared
            .change(|world| world.gateway.send_all(&json!({"op": 7, "d": null})));
    }

    /// Tells all connections that their session is invalid (op 9). A session that is not resumable is
    /// forgotten.
    pub fn invalidate_sessions(&self, resumable: bool) {
        self.shared.change(|world| {
            world.gateway.send_all(&json!({"op": 9, "d": resumable}));
            if !resumable {
                world.gateway.forget_sessions();
            }
        });
    }

    /// Forgets all sessions silently: a later resume gets op 9.
    pub fn forget_sessions(&self) {
        self.shared.change(|world| world.gateway.forget_sessions());
    }

    /// Sets the heartbeat interval for later connections.
    pub fn set_heartbeat_interval(&self, interval: std::time::Duration) {
        let millis = baton_core::clock::millis(interval).unsigned_abs();
        self.shared
            .change(|world| world.gateway.heartbeat_millis = millis);
    }

    /// Sets whether heartbeats are answered.
    pub fn set_answers_heartbeats(&self, answers: bool) {
        self.shared
            .change(|world| world.gateway.answers_heartbeats = answers);
    }

    /// Sends the next `count` events twice.
    pub fn double_events(&self, count: u64) {
        self.shared.change(|world| world.gateway.doubled = count);
    }

    /// Swaps the next event with its successor.
    pub fn swap_next_events(&self) {
        self.shared.change(|world| world.gateway.swap_next = true);
    }

    /// Sets the privileged intents that the developer portal grants, as bits of [`intent`](gateway::intent).
    /// `closes` decides the effect of other intents: the connection ends (4014), or message content is left
    /// out.
    pub fn grant_intents(&self, granted: u64, closes: bool) {
        self.shared.change(|world| {
            world.gateway.granted = granted & gateway::intent::PRIVILEGED;
            world.gateway.closes_ungranted = closes;
        });
    }

    /// Sets the recommended number of shards.
    pub fn set_shards(&self, shards: u64) {
        self.shared.change(|world| world.gateway.shards = shards);
    }

    /// Sets the remaining number of session starts today.
    pub fn set_session_starts_left(&self, left: u64) {
        self.shared.change(|world| world.gateway.starts.left = left);
    }

    /// Refuses all session starts for this time.
    pub fn refuse_sessions_for(&self, duration: std::time::Duration) {
        self.shared.change(|world| {
            world.gateway.starts.left = 0;
            world.gateway.starts.renewed = Some(world.clock.steady().after(duration));
        });
    }

    /// Checks the pace of session starts: `at_once` shards of different buckets may start at once, and the
    /// next ones after five seconds. A faster bot commits a violation, and so does a bot restarted within
    /// this time.
    pub fn pace_sessions(&self, at_once: u64) {
        self.shared
            .change(|world| world.gateway.starts.pace(at_once));
    }

    /// Forgets all nonces, as Discord does after some minutes.
    pub fn forget_nonces(&self) {
        self.shared.change(|world| world.nonces.clear());
    }

    /// Refuses larger files, without a violation. Discord does not accept the promised 10 MiB everywhere, and
    /// a bot cannot know the real limit.
    pub fn set_largest_file(&self, bytes: usize) {
        self.shared.change(|world| world.largest_file = bytes);
    }

    /// Sets the URL for commands and buttons on the application's page.
    pub fn set_interactions_endpoint(&self, url: &str) {
        self.shared
            .change(|world| world.interactions_endpoint = Some(url.to_owned()));
    }

    /// Replaces the bot's token.
    pub fn set_token(&self, token: &str) {
        self.shared
            .change(|world| token.clone_into(&mut world.token));
    }

    /// The id of the newest message in a channel.
    pub fn last_message(&self, channel: Snowflake) -> Option<Snowflake> {
        self.shared
            .lock()
            .channel(channel)
            .messages
            .keys()
            .next_back()
            .copied()
    }
}
