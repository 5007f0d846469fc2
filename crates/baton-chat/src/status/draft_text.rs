//! The text of a draft: the answer so far, and the tools that run.

use baton_core::activity::ActivityState;

use super::progress_text::TurnProgress;
use crate::text::TextFormat;
use crate::text::chunks::LengthLimit;
use crate::text::text_end::find_text_end;

/// The maximum number of named tools. A draft names the latest ones.
const TOOLS: usize = 3;

/// The maximum share of the tools in the length of a draft, as a fraction.
const TOOLS_SHARE: usize = 4;

/// The space between the answer and the tools.
const BETWEEN: &str = "\n\n";

/// The text of a draft in the platform's dialect, within its limit. Empty while the turn has neither text nor a running
/// tool.
pub(super) fn render_draft(progress: &TurnProgress, format: TextFormat) -> String {
    let LengthLimit { size, unit } = format.limit;
    let tools = fit_end(
        render_tools(progress, format),
        LengthLimit {
            size: size / TOOLS_SHARE,
            unit,
        },
    );
    let answer = (format.render)(progress.written_text());
    let room = if tools.is_empty() {
        size
    } else {
        size.saturating_sub(format.limit.measure_text(&tools) + BETWEEN.len())
    };
    let answer = fit_end(answer, LengthLimit { size: room, unit });
    match (answer.trim().is_empty(), tools.is_empty()) {
        (true, _) => tools,
        (false, true) => answer,
        (false, false) => [answer.trim_end(), BETWEEN, &tools].concat(),
    }
}

/// One line for each of the latest running tools.
fn render_tools(progress: &TurnProgress, format: TextFormat) -> String {
    let running = progress.activities().iter();
    let running = running.filter(|activity| activity.state == ActivityState::Running);
    let running: Vec<_> = running.collect();
    let latest = &running[running.len().saturating_sub(TOOLS)..];
    let lines = latest.iter().map(|activity| {
        let line = (format.render)(&format!("▸ {}", activity.title));
        format!("{}{}", format.small_print, line.trim())
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn fit_end(rendered: String, limit: LengthLimit) -> String {
    if limit.measure_text(&rendered) <= limit.size {
        rendered
    } else {
        find_text_end(&rendered, limit)
    }
}

#[cfg(test)]
mod tests {
    use baton_core::activity::Activity;
    use baton_core::channel::Step;

    use super::*;
    use crate::text::chunks::LengthUnit;

    const FORMAT: TextFormat = TextFormat {
        render: str::to_owned,
        bold_marks: ["**", "**"],
        small_print: "",
        limit: LengthLimit {
            size: 600,
            unit: LengthUnit::Utf16,
        },
    };

    fn tool(number: usize, state: ActivityState) -> Step {
        Step::Did(Activity {
            id: number.to_string(),
            title: format!("tool {number}"),
            detail: String::new(),
            state,
            within: None,
        })
    }

    #[test]
    fn the_answer_stands_above_the_running_tools() {
        let mut progress = TurnProgress::with_text();
        assert_eq!(render_draft(&progress, FORMAT), "");
        progress.add_step(&tool(1, ActivityState::Running));
        assert_eq!(render_draft(&progress, FORMAT), "▸ tool 1");
        progress.add_step(&Step::Text("The **answer**\n".to_owned()));
        assert_eq!(
            render_draft(&progress, FORMAT),
            "The **answer**\n\n▸ tool 1"
        );
        progress.add_step(&tool(1, ActivityState::Done));
        progress.add_step(&tool(2, ActivityState::Running));
        assert_eq!(
            render_draft(&progress, FORMAT),
            "The **answer**\n\n▸ tool 2"
        );
    }

    #[test]
    fn a_draft_shows_the_end_of_a_long_answer() {
        let mut progress = TurnProgress::with_text();
        progress.add_step(&tool(1, ActivityState::Running));
        for line in 0..200 {
            progress.add_step(&Step::Text(format!("line {line}\n")));
            let draft = render_draft(&progress, FORMAT);
            assert!(draft.encode_utf16().count() <= 600);
            assert!(
                draft.ends_with(&format!("line {line}\n\n▸ tool 1")),
                "{draft}"
            );
        }
    }
}
