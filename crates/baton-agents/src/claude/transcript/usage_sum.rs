//! Adds up the usage of all messages of a CLI.

use baton_core::turn::Usage;

use super::super::events::ResultMessage;

/// Adds the usage of one message: of all models if the CLI reports them, else of the main model.
pub(super) fn add_usage(usage: &mut Usage, finished: &ResultMessage) {
    let all: Vec<_> = if finished.models.is_empty() {
        vec![finished.tokens]
    } else {
        finished.models.values().map(|model| model.tokens).collect()
    };
    for tokens in all {
        let read = [tokens.input, tokens.cache_creation, tokens.cache_read];
        for more in read {
            add_count(&mut usage.input_tokens, more);
        }
        add_count(&mut usage.output_tokens, tokens.output);
    }
    add_count(&mut usage.cost_micros, finished.cost().map(to_micros));
    let duration = finished.duration.map(|duration| duration.as_millis());
    let duration = duration.and_then(|millis| u64::try_from(millis).ok());
    add_count(&mut usage.duration_ms, duration);
}

fn add_count(total: &mut Option<u64>, more: Option<u64>) {
    if let Some(more) = more {
        *total = Some(total.unwrap_or_default().saturating_add(more));
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast stops at the ends of the range, and there is no negative cost"
)]
fn to_micros(dollars: f64) -> u64 {
    (dollars * 1e6).round() as u64
}
