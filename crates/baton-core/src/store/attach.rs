//! `attach`: a process registers for work.

use std::collections::BTreeSet;

use tokio::sync::mpsc;

use super::DeliveryAttempt;
use crate::approval::Verdict;
use crate::delivery::Delivery;
use crate::id::{ApprovalId, TurnId};
use crate::message::Message;
use crate::name::{AgentName, ChannelName, PersonId};
use crate::persona::Personas;
use crate::slots::{Slot, Slots};
use crate::turn::Claim;

/// The abilities of a process.
#[derive(Clone, Debug)]
pub struct Attach {
    /// The free slots for turns, in total and for each agent.
    pub turns: Slots<AgentName>,
    /// The free slots for deliveries, in total and for each channel. The store gives up the work of a channel
    /// without slots.
    pub deliveries: Slots<ChannelName>,
    /// The personas, with their agents and modes. The store gives up the messages of all other personas.
    pub personas: Personas,
    /// The agents that can take messages into a running turn.
    pub steerable: BTreeSet<AgentName>,
    /// The maximum number of tries of a message whose turns lose their holder.
    pub attempts: u32,
}

/// The work of a process. The slots limit the number of claimed turns and deliveries. Interrupts and steered
/// messages are limited by the number of waiting messages, and verdicts by the number of approvals.
#[derive(Debug)]
pub struct Work {
    /// The effects for the dispatcher.
    pub turns: mpsc::UnboundedReceiver<TurnEffect>,
    /// The deliveries for the sender.
    pub deliveries: mpsc::UnboundedReceiver<Outgoing>,
}

/// The effect of a commit on the turns of this process.
#[derive(Debug)]
pub enum TurnEffect {
    /// A new turn of this process.
    Start(Started),
    /// A newer message stops this turn.
    Interrupt(TurnId),
    /// A person stops this turn.
    Stop(TurnId, PersonId),
    /// A newer message is steered into this turn.
    Steer(TurnId, Box<Message>),
    /// An approval of this turn has its verdict.
    Decided(TurnId, ApprovalId, Verdict),
}

/// A turn, claimed for this process.
#[derive(Debug)]
pub struct Started {
    /// The claim of the turn.
    pub claim: Claim,
    /// The slot of the turn. It goes back with the end of the turn.
    pub slot: Slot<AgentName>,
}

/// A delivery, claimed for this process.
#[derive(Debug)]
pub struct Outgoing {
    /// The delivery.
    pub delivery: Delivery,
    /// The slot of the delivery, held until the outcome is stored.
    pub slot: Slot<ChannelName>,
}

impl Outgoing {
    /// The attempt to send the delivery, for its outcome.
    pub fn attempt(&self) -> DeliveryAttempt {
        self.delivery.current_attempt()
    }
}
