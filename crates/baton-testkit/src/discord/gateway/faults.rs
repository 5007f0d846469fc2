//! Faults of gateway connections, as the test orders them.

use std::collections::VecDeque;

use baton_core::clock::Steady;

use super::super::Discord;

/// The step at which a connection fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// During the WebSocket handshake.
    Connecting,
    /// Instead of HELLO.
    Greeting,
    /// Instead of READY.
    Identifying,
    /// Instead of the missed events and RESUMED.
    Resuming,
    /// Right after READY or RESUMED.
    Live,
}

/// The way in which a connection fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Closed with a code; during the handshake, refused with 503.
    Close(u16),
    /// Closed without a code; during the handshake, refused with 503.
    CloseWithoutCode,
    /// Ended without a close frame.
    Cut,
    /// Reset, as by a crashed machine.
    Abort,
    /// Open, but without any further data.
    Silence,
    /// The session becomes invalid (op 9); during the handshake, refused with 503.
    Invalid {
        /// Whether the session may be resumed.
        resumable: bool,
    },
}

#[derive(Debug)]
struct Rule {
    step: Step,
    ending: Ending,
    /// How many times; `None` until the fault is cleared.
    times: Option<usize>,
}

#[derive(Debug, Default)]
pub(super) struct Faults {
    rules: VecDeque<Rule>,
    /// The time of each connection attempt.
    connections: Vec<Steady>,
    pub(super) identifies: usize,
    pub(super) resumes: usize,
}

impl Faults {
    pub(super) fn count(&mut self, now: Steady) {
        self.connections.push(now);
    }

    /// The fault at this step, if any.
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

/// Switches for gateway faults, and counts of connections.
impl Discord {
    /// Makes all connections fail at a step, until
    /// [`recover_connections`](Self::recover_connections).
    pub fn fail_connections(&self, step: Step, ending: Ending) {
        self.add_rule(step, ending, None);
    }

    /// Makes the next `times` connections that reach the step fail.
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

    /// Clears all faults. Silent connections stay silent.
    pub fn recover_connections(&self) {
        self.shared
            .change(|world| world.gateway.faults.rules.clear());
    }

    /// The time of each connection attempt, successful or not.
    pub fn connections(&self) -> Vec<Steady> {
        self.shared.lock().gateway.faults.connections.clone()
    }

    /// How many connections asked for a new session, successfully or not.
    pub fn identifies(&self) -> usize {
        self.shared.lock().gateway.faults.identifies
    }

    /// How many connections asked for a resume, successfully or not.
    pub fn resumes(&self) -> usize {
        self.shared.lock().gateway.faults.resumes
    }

    /// Waits until `count` connections were attempted in total.
    pub async fn until_connections(&self, count: usize) {
        self.until(&format!("{count} connections"), |world| {
            (world.gateway.faults.connections.len() >= count).then_some(())
        })
        .await;
    }
}
