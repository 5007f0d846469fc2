//! The switches for what goes wrong.

use serde_json::{Value, json};

use super::faults::Fault;
use super::limits::Limit;
use super::snowflake::Snowflake;
use super::{Discord, gateway};

impl Discord {
    /// How the next requests for an operation go wrong, so often; `*` for all operations. An operation is
    /// named by its id in Discord's description, such as `create_message`.
    pub fn fail_next(&self, operation: &str, times: usize, fault: Fault) {
        assert!(times > 0, "a fault happens at least once");
        self.shared
            .change(|world| world.faults.add(operation, Some(times), fault));
    }

    /// How all requests for an operation go wrong until [`recover`](Self::recover); `*` for all.
    pub fn fail(&self, operation: &str, fault: Fault) {
        self.shared
            .change(|world| world.faults.add(operation, None, fault));
    }

    /// Takes all faults of requests back.
    pub fn recover(&self) {
        self.shared.change(|world| world.faults.clear());
    }

    /// A limit that is counted from now on, for each channel, server or webhook by itself.
    pub fn limit(&self, operation: &str, limit: Limit) {
        self.limit_together(&[operation], limit);
    }

    /// The same for several operations, which are counted in one bucket.
    pub fn limit_together(&self, operations: &[&str], limit: Limit) {
        self.shared
            .change(|world| world.faults.limits.set(operations, limit));
    }

    /// A limit for all requests together but those of interactions: 50 a second at Discord.
    pub fn limit_all(&self, limit: Limit) {
        self.shared
            .change(|world| world.faults.limits.set_global(limit));
    }

    /// How many requests were beyond a limit that is counted. More than 10,000 in 10 minutes would have
    /// the bot's address shut out.
    pub fn limits_exceeded(&self) -> usize {
        self.shared.lock().faults.limits.exceeded
    }

    /// Has the fake check its own answers too: one that Discord's description does not allow is a
    /// violation. For the tests of the fake.
    pub fn check_answers(&self) {
        self.shared
            .change(|world| world.faults.checks_answers = true);
    }

    /// Answers and events have fields that nobody knows.
    pub fn add_unknown_fields(&self) {
        self.shared.change(|world| {
            world.faults.unknown_fields = true;
            world.gateway.unknown_fields = true;
        });
    }

    /// An event of any name, for all shards.
    pub fn send_event(&self, name: &str, data: Value) {
        self.shared
            .change(|world| world.dispatch(name, 0, None, data));
    }

    /// Ends all connections to the gateway: with a close code, or in the middle without one. Sessions can
    /// be resumed unless the code says otherwise.
    pub fn drop_sockets(&self, code: Option<u16>) {
        self.shared.change(|world| world.gateway.drop_sockets(code));
    }

    /// Lets nobody connect to the gateway (503), or again.
    pub fn set_gateway_down(&self, down: bool) {
        self.shared.change(|world| world.gateway.down = down);
    }

    /// Asks all to reconnect and resume (op 7).
    pub fn ask_to_reconnect(&self) {
        self.shared
            .change(|world| world.gateway.send_all(&json!({"op": 7, "d": null})));
    }

    /// Tells all that their session is invalid (op 9); where it is not resumable, it is forgotten.
    pub fn invalidate_sessions(&self, resumable: bool) {
        self.shared.change(|world| {
            world.gateway.send_all(&json!({"op": 9, "d": resumable}));
            if !resumable {
                world.gateway.forget_sessions();
            }
        });
    }

    /// Forgets all sessions without a word: a resume meets op 9.
    pub fn forget_sessions(&self) {
        self.shared.change(|world| world.gateway.forget_sessions());
    }

    /// How often bots that connect from now on are to send a heartbeat.
    pub fn set_heartbeat_interval(&self, interval: std::time::Duration) {
        let millis = baton_core::clock::millis(interval).unsigned_abs();
        self.shared
            .change(|world| world.gateway.heartbeat_millis = millis);
    }

    /// Whether heartbeats are answered.
    pub fn set_answers_heartbeats(&self, answers: bool) {
        self.shared
            .change(|world| world.gateway.answers_heartbeats = answers);
    }

    /// The next events come twice, so many of them.
    pub fn double_events(&self, count: u64) {
        self.shared.change(|world| world.gateway.doubled = count);
    }

    /// The next event changes places with the one after it.
    pub fn swap_next_events(&self) {
        self.shared.change(|world| world.gateway.swap_next = true);
    }

    /// Which privileged intents the developer portal grants, bits of [`intent`](gateway::intent), and
    /// whether asking for others ends the connection (4014) or just leaves out what they bring.
    pub fn grant_intents(&self, granted: u64, closes: bool) {
        self.shared.change(|world| {
            world.gateway.granted = granted & gateway::intent::PRIVILEGED;
            world.gateway.closes_ungranted = closes;
        });
    }

    /// How many shards it recommends.
    pub fn set_shards(&self, shards: u64) {
        self.shared.change(|world| world.gateway.shards = shards);
    }

    /// How many sessions may still be begun today.
    pub fn set_session_starts_left(&self, left: u64) {
        self.shared.change(|world| world.gateway.starts.left = left);
    }

    /// No session may be begun for so long.
    pub fn refuse_sessions_for(&self, duration: std::time::Duration) {
        self.shared.change(|world| {
            world.gateway.starts.left = 0;
            world.gateway.starts.renewed = Some(world.clock.steady().after(duration));
        });
    }

    /// So many shards may begin at once, of different buckets, and the next ones after five seconds. A bot
    /// that does not wait for that violates it; one that is begun anew meanwhile too.
    pub fn pace_sessions(&self, at_once: u64) {
        self.shared
            .change(|world| world.gateway.starts.pace(at_once));
    }

    /// The minutes are over for which Discord remembers nonces.
    pub fn forget_nonces(&self) {
        self.shared.change(|world| world.nonces.clear());
    }

    /// Files of more bytes are refused, and that is no violation: not everywhere Discord takes the 10 MiB that
    /// it promises, and nothing tells a bot so.
    pub fn set_largest_file(&self, bytes: usize) {
        self.shared.change(|world| world.largest_file = bytes);
    }

    /// Where the page of the application says that commands and buttons are sent to.
    pub fn set_interactions_endpoint(&self, url: &str) {
        self.shared
            .change(|world| world.interactions_endpoint = Some(url.to_owned()));
    }

    /// The bot's token is no longer its token: from now on it is this one.
    pub fn set_token(&self, token: &str) {
        self.shared
            .change(|world| token.clone_into(&mut world.token));
    }

    /// The last id that was given: later messages have greater ones.
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
