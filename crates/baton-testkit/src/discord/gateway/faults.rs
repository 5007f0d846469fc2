//! What goes wrong with a connection to the gateway, as the test says.

use std::collections::VecDeque;

use baton_core::clock::Steady;

use super::super::Discord;

/// At which step a connection to the gateway goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// While it is asked to become a WebSocket.
    Connecting,
    /// Instead of HELLO.
    Greeting,
    /// Instead of READY.
    Identifying,
    /// Instead of what was missed, and of RESUMED.
    Resuming,
    /// As soon as there was READY or RESUMED.
    Live,
}

/// How a connection to the gateway goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is closed with a code; while connecting, refused with 503.
    Close(u16),
    /// It is closed, and no code says why; while connecting, refused with 503.
    CloseWithoutCode,
    /// It ends without being closed.
    Cut,
    /// It is reset, as by a machine that has died.
    Abort,
    /// Nothing more comes, and it stays.
    Silence,
    /// The session is invalid (op 9), to be resumed later or not; while connecting, refused with 503.
    Invalid {
        /// Whether it may be resumed.
        resumable: bool,
    },
}

#[derive(Debug)]
struct Rule {
    step: Step,
    ending: Ending,
    /// Nothing: until it is taken back.
    times: Option<usize>,
}

#[derive(Debug, Default)]
pub(super) struct Faults {
    rules: VecDeque<Rule>,
    /// When each connection was asked for.
    connections: Vec<Steady>,
    pub(super) identifies: usize,
    pub(super) resumes: usize,
}

impl Faults {
    pub(super) fn count(&mut self, now: Steady) {
        self.connections.push(now);
    }

    /// What goes wrong at this step, if something does.
    pub(super) fn next(&mut self, step: Step) -> Option<Ending> {
        let at = self.rules.iter().position(|rule| rule.step == step)?;
        let rule = &mut self.rules[at];
        let ending = rule.ending;
        if let Some(times) = &mut rule.times {
            *times -= 1;
            if *times == 0 {
                self.rules.remove(at);
            }
        }
        Some(ending)
    }
}

/// Switches for connections to the gateway, and what was counted of them.
impl Discord {
    /// How all connections go wrong at a step, until
    /// [`recover_connections`](Self::recover_connections).
    pub fn fail_connections(&self, step: Step, ending: Ending) {
        self.add_rule(step, ending, None);
    }

    /// How the next connections go wrong that come to that step, so many of them.
    pub fn fail_next_connections(&self, step: Step, times: usize, ending: Ending) {
        assert!(times > 0, "a fault happens at least once");
        self.add_rule(step, ending, Some(times));
    }

    fn add_rule(&self, step: Step, ending: Ending, times: Option<usize>) {
        let rule = Rule {
            step,
            ending,
            times,
        };
        self.shared
            .change(|world| world.gateway.faults.rules.push_back(rule));
    }

    /// Takes all faults of connections back. Those that are silent stay so.
    pub fn recover_connections(&self) {
        self.shared
            .change(|world| world.gateway.faults.rules.clear());
    }

    /// When each connection to the gateway was asked for, whatever became of it.
    pub fn connections(&self) -> Vec<Steady> {
        self.shared.lock().gateway.faults.connections.clone()
    }

    /// How many connections wanted to begin a session, whatever became of them.
    pub fn identifies(&self) -> usize {
        self.shared.lock().gateway.faults.identifies
    }

    /// How many connections wanted to resume a session, whatever became of them.
    pub fn resumes(&self) -> usize {
        self.shared.lock().gateway.faults.resumes
    }

    /// Waits until so many connections were asked for, in all.
    pub async fn until_connections(&self, count: usize) {
        self.until(&format!("{count} connections"), |world| {
            (world.gateway.faults.connections.len() >= count).then_some(())
        })
        .await;
    }
}
