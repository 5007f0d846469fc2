//! The draft of a running turn: people see the answer while the agent writes, on a platform with drafts.

use std::time::Duration;

use baton_core::clock::Steady;
use baton_core::id::TurnId;
use tokio::sync::watch;

use super::draft_text::render_draft;
use super::progress_text::TurnProgress;
use super::turn_display::has_ended;
use crate::ChatLayer;
use crate::connector::{ChatId, ConnectorError, RequestFailure, TurnDraft, TurnDrafts};
use crate::text::text_splitting::process_text;

/// A shorter turn has no draft, because a draft takes a part of the platform's limit from the reply.
const FIRST: Duration = Duration::from_secs(1);

/// The draft of a running turn.
pub(super) struct DraftDisplay<'a> {
    layer: &'a ChatLayer,
    drafts: &'a dyn TurnDrafts,
    turn: TurnId,
    /// The earliest time of the next request.
    next: Steady,
    /// Whether the progress may have changed since the last request.
    has_news: bool,
    shown: Option<ShownDraft>,
}

/// A draft that the platform shows.
struct ShownDraft {
    text: String,
    /// The time at which the platform gets the same text again.
    refresh: Steady,
    /// The time at which the platform hides the draft.
    end: Steady,
}

impl<'a> DraftDisplay<'a> {
    /// The draft of a turn that began at this time. Nothing is shown yet.
    pub(super) fn new(
        layer: &'a ChatLayer,
        drafts: &'a dyn TurnDrafts,
        turn: TurnId,
        began: Steady,
    ) -> Self {
        Self {
            layer,
            drafts,
            turn,
            next: began.after(FIRST),
            has_news: true,
            shown: None,
        }
    }

    /// Whether people see a draft of this turn at this time.
    pub(super) fn is_visible(&self, now: Steady) -> bool {
        self.shown.as_ref().is_some_and(|shown| now < shown.end)
    }

    /// Whether people have seen a draft of this turn.
    pub(super) fn was_shown(&self) -> bool {
        self.shown.is_some()
    }

    /// Updates the draft when the time has come. Returns the time for the next look; `None` if there is none. An error
    /// is a refusal: the chat has no drafts.
    pub(super) async fn show_progress(
        &mut self,
        chat: &ChatId,
        doing: &mut watch::Receiver<TurnProgress>,
    ) -> Result<Option<Steady>, ConnectorError> {
        self.has_news |= doing.has_changed().unwrap_or(true);
        doing.mark_unchanged();
        if doing.borrow().is_stopped() {
            // After the press on the stop button, another request would bring the draft back.
            return Ok(None);
        }
        let now = self.layer.clock().steady();
        let refresh = self.shown.as_ref().map(|shown| shown.refresh);
        let is_due = self.has_news || refresh.is_some_and(|refresh| refresh <= now);
        if is_due && self.next <= now {
            let progress = doing.borrow().clone();
            self.update_draft(chat, progress, doing).await?;
        }
        let refresh = self.shown.as_ref().map(|shown| shown.refresh);
        let due = if self.has_news { None } else { refresh };
        Ok(Some(due.map_or(self.next, |due| due.max(self.next))))
    }

    async fn update_draft(
        &mut self,
        chat: &ChatId,
        progress: TurnProgress,
        doing: &watch::Receiver<TurnProgress>,
    ) -> Result<(), ConnectorError> {
        let format = self.layer.connector.capabilities(chat).text;
        let written = progress.written_text().to_owned();
        let text = process_text(&written, move |_| render_draft(&progress, format)).await;
        // A long text takes time, and no draft may follow the reply.
        if has_ended(doing) {
            return Ok(());
        }
        let now = self.layer.clock().steady();
        if let Some(shown) = &self.shown
            && shown.text == text
            && now < shown.refresh
        {
            self.has_news = false;
            return Ok(());
        }
        // A press on the stop button can come before the answer to the request.
        self.layer.status.turns.note_draft(self.turn, chat);
        let draft = TurnDraft {
            turn: self.turn,
            text,
        };
        let result = self.drafts.show_draft(chat, &draft).await;
        let now = self.layer.clock().steady();
        self.next = now.after(self.drafts.pause());
        match result.map_err(|error| (error.failure, error)) {
            Err((RequestFailure::NotTaken { after }, error)) => {
                tracing::debug!(%error, "a draft is left out");
                self.next = self.next.max(now.after(after.unwrap_or_default()));
                return Ok(());
            }
            Err((RequestFailure::Refused(_), error)) => return Err(error),
            Err((RequestFailure::Unknown | RequestFailure::UnreadableAnswer, error)) => {
                tracing::debug!(%error, "nobody knows whether a draft is shown");
            }
            Ok(()) => {}
        }
        self.has_news = false;
        let shown_for = self.drafts.shown_for();
        self.shown = Some(ShownDraft {
            text: draft.text,
            // If the platform's limit refuses this refresh, further tries have enough time.
            refresh: now.after(shown_for * 2 / 3),
            end: now.after(shown_for),
        });
        Ok(())
    }
}
