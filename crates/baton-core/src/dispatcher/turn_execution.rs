//! Runs one turn: starts the agent, shows the progress, and ends the agent after the reply, a stop, or the time limit.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinError, JoinHandle};
use tracing::Instrument;

use super::TurnDispatcher;
use super::pending_approvals::PendingApprovals;
use super::turn_deadline::TurnDeadline;
use crate::activity::Activities;
use crate::agent::{Agent, AgentError, PublicText, Reply, Said, Turn, TurnIo};
use crate::approval::Verdict;
use crate::channel::{Progress, Step};
use crate::files::{CollectedFiles, Files, TurnFiles};
use crate::id::{ApprovalId, MessageId};
use crate::message::Message;
use crate::name::AgentName;
use crate::panics::{catch_sync_panic, caught};
use crate::persona::{Filters, Persona};
use crate::running_turns::{StopCause, TurnEntry};
use crate::slots::Slot;
use crate::store::{Finish, LeaseError};
use crate::turn::{Claim, Usage};

/// The result of an agent's run.
pub(super) struct AgentOutcome {
    /// The agent's result; `None` if the agent did not return in time after a stop.
    pub(super) answer: Option<Result<Reply, AgentError>>,
    /// The text shown to people during the run.
    pub(super) so_far: String,
    /// The steps shown to people during the run.
    pub(super) activities: Activities,
    /// The files from the output folder.
    pub(super) sent: CollectedFiles,
    /// The messages for the agent: the messages of the claim, and the steered messages that the agent took.
    pub(super) taken: Vec<MessageId>,
    /// The usage reported by the agent before the result.
    pub(super) used: Usage,
    /// The notes for people about recordings without a transcript.
    pub(super) not_heard: Vec<String>,
}

impl AgentOutcome {
    fn new(claim: &Claim) -> Self {
        Self {
            answer: None,
            so_far: String::new(),
            activities: Activities::default(),
            sent: CollectedFiles::default(),
            taken: claim.messages.iter().map(|message| message.id).collect(),
            used: Usage::default(),
            not_heard: Vec::new(),
        }
    }
}

/// The messages for a running turn, and the verdicts on its approvals.
type TurnReceivers = (
    mpsc::UnboundedReceiver<Message>,
    mpsc::UnboundedReceiver<(ApprovalId, Verdict)>,
);

/// An agent, and the persona that it answers as.
type Answerer = (Arc<dyn Agent>, Persona);

/// A running agent, with the dispatcher's receivers for the agent's events and for the decisions of people.
struct RunningAgent<'r> {
    task: &'r mut AgentTask,
    events: mpsc::Receiver<Said>,
    decisions: mpsc::UnboundedReceiver<(ApprovalId, Verdict)>,
    /// The time limit of the turn.
    limit: Duration,
    filters: Filters,
}

impl TurnDispatcher {
    pub(super) async fn run_claimed_turn(
        self: Arc<Self>,
        mut claim: Claim,
        slot: Slot<AgentName>,
        entry: TurnEntry,
        steered: mpsc::UnboundedReceiver<Message>,
        decisions: mpsc::UnboundedReceiver<(ApprovalId, Verdict)>,
    ) {
        let mut run = None;
        let mut slot = Some(slot);
        let inputs = (steered, decisions);
        let ended = caught(self.run_turn(&mut claim, &mut slot, &entry, inputs, &mut run)).await;
        let finish = match ended {
            Ok(finish) => finish,
            Err(panicked) => {
                if let Some(run) = &mut run {
                    // The agent has no listener any more, and must not run beside the next turn.
                    abort_agent(run).await;
                }
                self.conclude_after_panic(&claim, entry.close_to_stops(), &panicked)
            }
        };
        self.finish_turn(&claim, finish, slot).await;
        self.show_step(&claim, Step::Ended);
    }

    /// Hears the messages, and runs the agent in a task stored in `run`; returns the end of the turn.
    async fn run_turn(
        &self,
        claim: &mut Claim,
        slot: &mut Option<Slot<AgentName>>,
        entry: &TurnEntry,
        inputs: TurnReceivers,
        run: &mut Option<AgentTask>,
    ) -> Finish {
        self.show_step(claim, Step::Started);
        let mut outcome = self.run_agent(claim, slot, entry, inputs, run).await;
        if let Some(files) = self.files_for(claim) {
            outcome.sent = files
                .collect_output(&claim.place, &claim.persona, claim.turn)
                .await;
        }
        self.conclude_turn(claim, outcome, entry.close_to_stops())
    }

    async fn run_agent(
        &self,
        claim: &mut Claim,
        slot: &mut Option<Slot<AgentName>>,
        entry: &TurnEntry,
        (steered, decisions): TurnReceivers,
        run: &mut Option<AgentTask>,
    ) -> AgentOutcome {
        let mut outcome = AgentOutcome::new(claim);
        let (agent, persona) = match self.choose_answerer(claim) {
            Ok(Some(answerer)) => answerer,
            Ok(None) => {
                outcome.answer = Some(Ok(Reply::default()));
                return outcome;
            }
            Err(error) => {
                outcome.answer = Some(Err(error));
                return outcome;
            }
        };
        let hearing = self.hearing.hear_messages(claim, slot, &entry.stop);
        outcome.not_heard = hearing.await;
        if slot.is_none() {
            // A stop came first, and the agent has nothing to do.
            outcome.answer = Some(Ok(Reply::default()));
            return outcome;
        }
        let turn = match self.prepare_turn(claim, &*agent, persona).await {
            Ok(turn) => turn,
            Err(error) => {
                outcome.answer = Some(Err(error));
                return outcome;
            }
        };
        let (limit, filters) = (turn.persona.turn_limit, turn.persona.filters.clone());
        let (mut io, events) = TurnIo::new(entry.stop.clone(), steered);
        // The agent runs in its own task, so that a panic ends only this turn.
        let running = async move { agent.run(&turn, &mut io).await };
        let running = tokio::spawn(running.in_current_span());
        let running = RunningAgent {
            task: run.insert(AbortOnDrop(running)),
            events,
            decisions,
            limit,
            filters,
        };
        self.watch_agent(claim, entry, running, &mut outcome).await;
        outcome
    }

    /// The agent and the persona of a claim. `None` if the persona leaves the messages unanswered by chance.
    fn choose_answerer(&self, claim: &Claim) -> Result<Option<Answerer>, AgentError> {
        let (agent, persona) = self.find_agent(claim)?;
        // Decided once for each message: after a failed try, people have been promised another.
        let first_try = claim.attempt == 1 && !claim.interrupted;
        if first_try && fastrand::f64() >= persona.response_chance {
            return Ok(None);
        }
        Ok(Some((agent, persona)))
    }

    /// The turn for an agent.
    async fn prepare_turn(
        &self,
        claim: &Claim,
        agent: &dyn Agent,
        persona: Persona,
    ) -> Result<Turn, AgentError> {
        let history = self.read_history(claim, agent, &persona).await;
        let history = history.map_err(|error| {
            AgentError::unavailable("the history cannot be read now").with_detail(error)
        })?;
        Ok(Turn {
            claim: claim.clone(),
            persona,
            history,
            files: self.prepare_files(claim).await,
        })
    }

    /// Handles the events of an agent until the agent ends. After a stop or the time limit, the agent has a grace
    /// period, and is then ended. Adds the answer and all other results to `outcome`.
    async fn watch_agent(
        &self,
        claim: &Claim,
        entry: &TurnEntry,
        running: RunningAgent<'_>,
        outcome: &mut AgentOutcome,
    ) {
        let RunningAgent {
            task,
            mut events,
            mut decisions,
            limit,
            filters,
        } = running;
        let clock = &*self.clock;
        let mut pending = PendingApprovals::default();
        let mut deadline = TurnDeadline::new(clock.steady(), limit);
        let mut end_of_grace = None;
        let mut events_open = true;
        loop {
            tokio::select! {
                biased;
                event = events.recv(), if events_open => match event {
                    Some(Said::Waits(at_most)) => deadline.begin_wait(clock.steady(), at_most),
                    Some(Said::GoesOn) => deadline.end_wait(clock.steady()),
                    Some(event) => {
                        self.handle_event(claim, entry, event, &filters, &mut pending, outcome).await;
                    }
                    None => events_open = false,
                },
                Some((approval, verdict)) = decisions.recv() => {
                    // The waiting time for people does not count towards the turn's limit.
                    let took = self.give_verdict(claim, entry, &mut pending, approval, verdict).await;
                    deadline.extend(took);
                }
                ended = &mut task.0 => {
                    // The last events may have arrived while another branch of `select` ran.
                    while let Ok(event) = events.try_recv() {
                        self.handle_event(claim, entry, event, &filters, &mut pending, outcome).await;
                    }
                    outcome.answer = Some(ended.unwrap_or_else(|error| Err(agent_died(&error))));
                    return;
                }
                () = entry.stop.cancelled(), if end_of_grace.is_none() => {
                    end_of_grace = Some(clock.steady().after(self.stop_grace));
                }
                approval = pending.next_abandoned(), if end_of_grace.is_none() => {
                    // After a stop, an open approval ends with its turn, or waits for the turn that replaces
                    // this one.
                    if !entry.stop.is_cancelled() {
                        deadline.extend(pending.remove_approval(approval, clock));
                        self.withdraw_approval(claim, entry, approval).await;
                    }
                }
                () = clock.sleep_until(end_of_grace.unwrap_or(deadline.end())),
                    if end_of_grace.is_some() || !pending.is_open() =>
                {
                    if end_of_grace.is_some() {
                        // The drop ends everything that the agent started. Only then may the next turn of the
                        // conversation begin.
                        abort_agent(task).await;
                        return;
                    }
                    entry.stop_because(StopCause::TimeLimit);
                }
            }
        }
    }

    fn find_agent(&self, claim: &Claim) -> Result<Answerer, AgentError> {
        let persona = self.personas.get(&claim.persona).ok_or_else(|| {
            let words = "the persona {} is no longer configured";
            AgentError::rejected(PublicText::of(words, &[&claim.persona]))
        })?;
        let agent = self.agents.get(&claim.agent).ok_or_else(|| {
            let words = "the agent {} is no longer configured";
            AgentError::rejected(PublicText::of(words, &[&claim.agent]))
        })?;
        Ok((Arc::clone(agent), Persona::clone(&persona)))
    }

    /// The files folder, if the agent can use files. Other agents cause no disk access.
    pub(super) fn files_for(&self, claim: &Claim) -> Option<&Files> {
        let agent = self.agents.get(&claim.agent)?;
        self.files.as_deref().filter(|_| agent.handles_files())
    }

    async fn prepare_files(&self, claim: &Claim) -> TurnFiles {
        let Some(files) = self.files_for(claim) else {
            return TurnFiles::default();
        };
        let attachments = claim
            .messages
            .iter()
            .flat_map(|message| &message.attachments);
        let attachments: Vec<_> = attachments.cloned().collect();
        files
            .prepare_turn_files(&claim.place, &claim.persona, claim.turn, &attachments)
            .await
    }

    async fn read_history(
        &self,
        claim: &Claim,
        agent: &dyn Agent,
        persona: &Persona,
    ) -> Result<Vec<crate::store::Post>, crate::store::StoreError> {
        if !agent.wants_history() || persona.context_messages == 0 {
            return Ok(Vec::new());
        }
        self.views
            .history(&claim.place, &claim.persona, persona.context_messages)
            .await
    }

    async fn handle_event(
        &self,
        claim: &Claim,
        entry: &TurnEntry,
        event: Said,
        filters: &Filters,
        pending: &mut PendingApprovals,
        outcome: &mut AgentOutcome,
    ) {
        match event {
            Said::Text(text) => {
                // Pieces of a reply would show words that a filter removes from the whole reply.
                if *filters == Filters::default() {
                    outcome.so_far.push_str(&text);
                    self.show_step(claim, Step::Text(text));
                }
            }
            Said::Did(activity) => {
                let mut activity = activity.bounded();
                // Activities may contain words of the agent's reply, for example from its thinking.
                activity.title = filters.remove_unwanted(&activity.title);
                activity.detail = filters.remove_unwanted(&activity.detail);
                outcome.activities.note(activity.clone());
                self.show_step(claim, Step::Did(activity));
            }
            Said::Asks(question, decided) => {
                self.ask_people(claim, entry, pending, question, decided)
                    .await;
            }
            Said::Took(message) => outcome.taken.push(message),
            Said::Used(usage) => outcome.used = usage,
            // These events matter only for the time limit of a running turn.
            Said::Waits(_) | Said::GoesOn => {}
            Said::Effects(stored) => {
                let kept = self.store.begin_effects(claim.turn, claim.fence).await;
                Self::confirm_write(claim, entry, kept, stored);
            }
            Said::Session(session, stored) => {
                let kept = self.store.keep_session(claim.turn, claim.fence, &session);
                Self::confirm_write(claim, entry, kept.await, stored);
            }
        }
    }

    /// Lets the agent continue after a successful write, or stops the turn.
    fn confirm_write(
        claim: &Claim,
        entry: &TurnEntry,
        kept: Result<(), LeaseError>,
        stored: oneshot::Sender<()>,
    ) {
        match kept {
            Ok(()) => {
                let _ = stored.send(());
            }
            Err(error) => {
                tracing::warn!(turn = %claim.turn, %error, "the store did not confirm that a turn may act");
                entry.stop_because(StopCause::LeaseLost);
            }
        }
    }

    fn show_step(&self, claim: &Claim, step: Step) {
        let Some(channel) = self.channels.get(&claim.place.channel) else {
            return;
        };
        let progress = Progress {
            turn: claim.turn,
            place: claim.place.clone(),
            persona: claim.persona.clone(),
            messages: claim.messages.iter().map(|message| message.id).collect(),
            step,
        };
        // A failure to show progress must not fail the turn.
        if let Err(panicked) = catch_sync_panic(|| channel.show(&progress)) {
            tracing::error!(turn = %claim.turn, %panicked, "a channel could not show a turn");
        }
    }
}

fn agent_died(error: &JoinError) -> AgentError {
    AgentError::failed("the agent died").with_detail(error)
}

/// The task of an agent.
type AgentTask = AbortOnDrop<Result<Reply, AgentError>>;

/// Drops the future of an agent, and waits until the task has ended.
async fn abort_agent(run: &mut AgentTask) {
    run.0.abort();
    let _ = (&mut run.0).await;
}

/// A task that is aborted when its handle is dropped.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
