//! The model: a plain, list-based description of the store.

use baton_core::delivery::DeliveryState;
use baton_core::message::MessageState;

use super::{ATTEMPTS, CONVERSATIONS, End, LEASE, LIMIT, Op, Outcome, PAUSE, SLOTS, WORKERS};

/// The result of an operation, as seen from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The answer to the caller.
    pub(crate) answer: String,
    /// The turns started: the message's id, and the attempt.
    pub(crate) started: Vec<(u8, u32)>,
    /// The deliveries handed out: conversation, text, and the mark of a possible repeat.
    pub(crate) outgoing: Vec<(usize, String, bool)>,
}

/// The stored state.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct States {
    /// Each message: its id, its state, its number of attempts.
    pub(crate) messages: Vec<(u8, MessageState, u32)>,
    /// The number of deliveries in each state.
    pub(crate) deliveries: Vec<u64>,
}

#[derive(Default)]
pub(crate) struct Plain {
    now: i64,
    messages: Vec<Message>,
    held_until: [Option<i64>; CONVERSATIONS],
    /// The rank of each conversation in line for a turn; none if no message waits there.
    in_line_since: [Option<u64>; CONVERSATIONS],
    joined: u64,
    lines: [Vec<Delivery>; CONVERSATIONS],
    /// All turns ever started.
    turns: Vec<Turn>,
}

struct Message {
    id: u8,
    conversation: usize,
    priority: u8,
    state: MessageState,
    attempts: u32,
}

struct Turn {
    message: usize,
    runs: bool,
    /// The end of the lease; only for a turn of an outside worker.
    lease_until: Option<i64>,
}

struct Delivery {
    text: String,
    state: DeliveryState,
    maybe_repeated: bool,
    held_until: Option<i64>,
}

impl Plain {
    pub(crate) fn apply(&mut self, op: &Op) -> Seen {
        let mut seen = Seen::default();
        seen.answer = self.command(op, &mut seen);
        self.keep_line();
        self.hand_out(&mut seen);
        seen
    }

    /// A conversation is in line if and only if a message waits there.
    fn keep_line(&mut self) {
        for conversation in 0..CONVERSATIONS {
            if self.head(conversation).is_none() {
                self.in_line_since[conversation] = None;
            } else if self.in_line_since[conversation].is_none() {
                self.go_to_the_end(conversation);
            }
        }
    }

    fn go_to_the_end(&mut self, conversation: usize) {
        self.joined += 1;
        self.in_line_since[conversation] = Some(self.joined);
    }

    pub(crate) fn states(&self) -> States {
        let messages = self.messages.iter();
        let deliveries = DeliveryState::ALL.map(|state| {
            let all = self.lines.iter().flatten();
            all.filter(|delivery| delivery.state == state).count() as u64
        });
        States {
            messages: messages.map(|m| (m.id, m.state, m.attempts)).collect(),
            deliveries: deliveries.to_vec(),
        }
    }

    fn command(&mut self, op: &Op, seen: &mut Seen) -> String {
        match *op {
            Op::Ingest {
                conversation,
                id,
                priority,
            } => self.ingest(conversation, id, priority),
            Op::ClaimNext => match self.head(WORKERS).filter(|_| self.is_free(WORKERS)) {
                Some(message) => {
                    let lease = self.now + LEASE;
                    self.begin(message, Some(lease), seen);
                    "claimed"
                }
                None => "nothing",
            },
            Op::Finish { turn, end } => {
                if self.turns.is_empty() {
                    return "nothing".to_owned();
                }
                let turn = turn % self.turns.len();
                self.finish(turn, end)
            }
            Op::Stop { message } => match self.choose(message) {
                Some(message) => self.stop(message),
                None => "nothing",
            },
            Op::Replay { message } => match self.choose(message) {
                Some(message) => {
                    let message = &mut self.messages[message];
                    if let MessageState::Dead | MessageState::Withdrawn | MessageState::Refused =
                        message.state
                    {
                        message.state = MessageState::Waiting;
                        message.attempts = 0;
                        "replayed"
                    } else {
                        "not possible"
                    }
                }
                None => "nothing",
            },
            Op::Deliver { delivery, outcome } => self.deliver(delivery, outcome),
            Op::Advance { seconds } => {
                self.now += seconds;
                self.expire();
                "expired"
            }
            Op::Reopen => {
                self.reopen();
                "reopened"
            }
        }
        .to_owned()
    }

    fn ingest(&mut self, conversation: usize, id: u8, priority: u8) -> &'static str {
        let waiting = self.messages.iter().filter(|message| {
            message.conversation == conversation && message.state == MessageState::Waiting
        });
        let has_room = waiting.count() < LIMIT;
        if let Some(known) = self.messages.iter_mut().find(|message| message.id == id) {
            let was_refused =
                known.state == MessageState::Refused && known.conversation == conversation;
            if was_refused && has_room {
                // The notice of the refusal asks people to send the message again.
                known.state = MessageState::Waiting;
                known.priority = priority;
                return "stored";
            }
            return "duplicate";
        }
        let (state, answer) = if has_room {
            (MessageState::Waiting, "stored")
        } else {
            // A notice tells the author.
            self.line_up(conversation, "notice".to_owned());
            (MessageState::Refused, "refused")
        };
        self.messages.push(Message {
            id,
            conversation,
            priority,
            state,
            attempts: 0,
        });
        answer
    }

    fn finish(&mut self, turn: usize, end: End) -> &'static str {
        if !self.turns[turn].runs {
            return "lost";
        }
        self.turns[turn].runs = false;
        let message = &mut self.messages[self.turns[turn].message];
        let conversation = message.conversation;
        message.state = match end {
            End::Done => MessageState::Answered,
            End::Dead => MessageState::Dead,
            End::Cancelled => MessageState::Withdrawn,
            End::Retry | End::Interrupted => MessageState::Waiting,
        };
        match end {
            End::Done => {
                let text = format!("answer to {}", message.id);
                self.line_up(conversation, text);
            }
            End::Retry => self.held_until[conversation] = Some(self.now + PAUSE),
            End::Interrupted => message.attempts -= 1,
            End::Dead | End::Cancelled => {}
        }
        self.go_to_the_end(conversation);
        "finished"
    }

    fn stop(&mut self, message: usize) -> &'static str {
        match self.messages[message].state {
            MessageState::Waiting => {
                let conversation = self.messages[message].conversation;
                let rests = self.messages[message].attempts > 0;
                if rests && self.head(conversation) == Some(message) {
                    // The pause belonged to this message.
                    self.held_until[conversation] = None;
                }
            }
            MessageState::Running => {
                let turn = self
                    .turns
                    .iter_mut()
                    .find(|turn| turn.runs && turn.message == message)
                    .unwrap();
                if turn.lease_until.is_none() {
                    return "runs here";
                }
                turn.runs = false;
            }
            _ => return "not possible",
        }
        self.messages[message].state = MessageState::Withdrawn;
        "withdrawn"
    }

    fn deliver(&mut self, delivery: usize, outcome: Outcome) -> &'static str {
        let sending = self.lines.iter_mut().flatten();
        let mut sending: Vec<_> = sending
            .filter(|delivery| delivery.state == DeliveryState::Sending)
            .collect();
        if sending.is_empty() {
            return "nothing";
        }
        let n = delivery % sending.len();
        let delivery = &mut *sending[n];
        let again = Some(self.now + PAUSE);
        match outcome {
            Outcome::Sent => delivery.state = DeliveryState::Sent,
            Outcome::Dead => delivery.state = DeliveryState::Dead,
            Outcome::Later => {
                delivery.state = DeliveryState::Waiting;
                delivery.held_until = again;
            }
            Outcome::Unknown => {
                delivery.state = DeliveryState::Unknown;
                delivery.maybe_repeated = true;
                delivery.held_until = again;
            }
        }
        "kept"
    }

    fn expire(&mut self) {
        let now = self.now;
        let over = |until: &mut Option<i64>| {
            until.take_if(|until| *until <= now);
        };
        self.held_until.iter_mut().for_each(over);
        for delivery in self.lines.iter_mut().flatten() {
            over(&mut delivery.held_until);
        }
        for turn in 0..self.turns.len() {
            let ended = self.turns[turn].lease_until.is_some_and(|at| at <= now);
            if self.turns[turn].runs && ended {
                self.take_back(turn);
            }
        }
    }

    fn reopen(&mut self) {
        self.now = 0;
        self.held_until = Default::default();
        for delivery in self.lines.iter_mut().flatten() {
            delivery.held_until = None;
            if delivery.state == DeliveryState::Sending {
                delivery.state = DeliveryState::Unknown;
                delivery.maybe_repeated = true;
            }
        }
        for turn in 0..self.turns.len() {
            if let Some(until) = &mut self.turns[turn].lease_until {
                *until = LEASE;
            } else if self.turns[turn].runs {
                self.take_back(turn);
            }
        }
    }

    /// The holder of the turn disappeared.
    fn take_back(&mut self, turn: usize) {
        self.turns[turn].runs = false;
        let message = &mut self.messages[self.turns[turn].message];
        let conversation = message.conversation;
        if message.attempts < ATTEMPTS {
            message.state = MessageState::Waiting;
        } else {
            message.state = MessageState::Dead;
            self.line_up(conversation, "notice".to_owned());
        }
        self.go_to_the_end(conversation);
    }

    fn line_up(&mut self, conversation: usize, text: String) {
        self.lines[conversation].push(Delivery {
            text,
            state: DeliveryState::Waiting,
            maybe_repeated: false,
            held_until: None,
        });
    }

    /// Starts every turn and delivery that can start now.
    fn hand_out(&mut self, seen: &mut Seen) {
        while self.running_here() < SLOTS {
            let free = (0..WORKERS).filter(|c| self.is_free(*c));
            let heads = free.filter_map(|c| Some((self.head(c)?, self.in_line_since[c])));
            // The highest priority first, then the longest wait in line.
            let first = heads.min_by_key(|(head, since)| {
                let (priority, _) = self.order(*head);
                (priority, *since)
            });
            let Some((first, _)) = first else { break };
            self.begin(first, None, seen);
            self.keep_line();
        }
        for (conversation, line) in self.lines.iter_mut().enumerate() {
            let mut left = line.iter_mut().filter(|delivery| {
                !matches!(delivery.state, DeliveryState::Sent | DeliveryState::Dead)
            });
            if let Some(first) = left.next()
                && first.state != DeliveryState::Sending
                && first.held_until.is_none()
            {
                first.state = DeliveryState::Sending;
                let text = first.text.clone();
                seen.outgoing
                    .push((conversation, text, first.maybe_repeated));
            }
        }
    }

    fn begin(&mut self, message: usize, lease_until: Option<i64>, seen: &mut Seen) {
        self.turns.push(Turn {
            message,
            runs: true,
            lease_until,
        });
        let message = &mut self.messages[message];
        message.state = MessageState::Running;
        message.attempts += 1;
        seen.started.push((message.id, message.attempts));
    }

    fn running_here(&self) -> usize {
        let turns = self.turns.iter();
        turns
            .filter(|turn| turn.runs && turn.lease_until.is_none())
            .count()
    }

    fn is_free(&self, conversation: usize) -> bool {
        let runs = self
            .turns
            .iter()
            .any(|turn| turn.runs && self.messages[turn.message].conversation == conversation);
        !runs && self.held_until[conversation].is_none()
    }

    fn head(&self, conversation: usize) -> Option<usize> {
        let waiting = (0..self.messages.len()).filter(|n| {
            let message = &self.messages[*n];
            message.conversation == conversation && message.state == MessageState::Waiting
        });
        waiting.min_by_key(|message| self.order(*message))
    }

    /// The highest priority first, then the order of arrival.
    fn order(&self, message: usize) -> (u8, usize) {
        (99 - self.messages[message].priority, message)
    }

    fn choose(&self, message: usize) -> Option<usize> {
        (!self.messages.is_empty()).then(|| message % self.messages.len())
    }
}
