//! `attach`: from here on a process is handed work.

use std::collections::BTreeSet;

use tokio::sync::mpsc;

use crate::approval::Verdict;
use crate::delivery::Delivery;
use crate::id::{ApprovalId, TurnId};
use crate::message::Message;
use crate::name::{AgentName, ChannelName};
use crate::persona::Personas;
use crate::slots::{Slot, Slots};
use crate::turn::Claim;

/// What a process can do.
#[derive(Clone, Debug)]
pub struct Attach {
    /// How many turns it can run at once, in all and for each agent.
    pub turns: Slots<AgentName>,
    /// How many deliveries it can carry at once, in all and for each channel. What waits for a channel
    /// that is not listed is given up.
    pub deliveries: Slots<ChannelName>,
    /// Who can answer, by which agent and in which mode. What waits for anybody else is given up.
    pub personas: Personas,
    /// The agents that can take a message into a running turn.
    pub steerable: BTreeSet<AgentName>,
    /// How many tries a message has whose holder goes away.
    pub attempts: u32,
}

/// What a process has been handed. Both queues are bounded by the slots that it attached with, but
/// for interrupts and steered messages, which are bounded by what the conversations may hold, and
/// for decisions, one a question.
#[derive(Debug)]
pub struct Work {
    /// For the dispatcher.
    pub turns: mpsc::UnboundedReceiver<TurnEffect>,
    /// For the sender.
    pub deliveries: mpsc::UnboundedReceiver<Outgoing>,
}

/// What a commit means for the turns of this process.
#[derive(Debug)]
pub enum TurnEffect {
    /// A turn is this process's to run.
    Start(Started),
    /// A newer message stops this turn.
    Interrupt(TurnId),
    /// A newer message goes into this turn.
    Steer(TurnId, Box<Message>),
    /// What this turn asked is decided.
    Decided(TurnId, ApprovalId, Verdict),
}

/// A turn, claimed for this process.
#[derive(Debug)]
pub struct Started {
    /// What to run.
    pub claim: Claim,
    /// Handed back with the finish.
    pub slot: Slot<AgentName>,
}

/// A delivery, claimed for this process.
#[derive(Debug)]
pub struct Outgoing {
    /// What to send.
    pub delivery: Delivery,
    /// Held until its outcome is stored.
    pub slot: Slot<ChannelName>,
}
