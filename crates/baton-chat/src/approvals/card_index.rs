//! The cards of the latest approvals.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use baton_core::id::ApprovalId;
use baton_core::name::ExternalId;

/// The maximum number of remembered cards.
const KEPT: usize = 1_000;

/// The cards of the latest approvals. Other cards are searched on the platform.
#[derive(Default)]
pub(crate) struct CardIndex(Mutex<VecDeque<(ApprovalId, ExternalId)>>);

impl CardIndex {
    pub(crate) fn remember(&self, approval: ApprovalId, message: ExternalId) {
        let mut cards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cards.retain(|(known, _)| *known != approval);
        cards.push_back((approval, message));
        if cards.len() > KEPT {
            cards.pop_front();
        }
    }

    pub(crate) fn find_message(&self, approval: ApprovalId) -> Option<ExternalId> {
        let cards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = cards.iter().find(|(known, _)| *known == approval);
        found.map(|(_, message)| message.clone())
    }
}
