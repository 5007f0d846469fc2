//! Describes a tool run and its result for people, each in one line.
//!
//! A line is Markdown with at most [`LINE_LIMIT`] characters. All text from outside stands in code spans,
//! without invisible characters and without text that looks like a secret. Secrets are found by their form
//! and by the words before them. A secret in an unusual form is not found.
//!
//! * `tool_lines`: the tools. `known_commands`: well-known commands. `tool_results`: the results.
//! * `markdown_line`: safe text for display. `secrets`: the masking of secrets.

use std::path::Path;

use serde_json::Value;

mod known_commands;
mod markdown_line;
mod secrets;
mod tool_lines;
mod tool_results;

pub use markdown_line::render_code_block;
pub use secrets::mask_secrets;
pub use tool_results::{DETAIL_LIMIT, ResultSummary, describe_result};

/// The longest line, in characters. A chat shows about this much on one line.
pub const LINE_LIMIT: usize = 120;

/// Describes a tool run, for example ``Running tests: `cargo nextest run` ``, as one line of Markdown. Paths
/// below the working directory are shown relative to it.
pub fn tool_use(tool: &str, input: &Value, working_dir: &Path) -> String {
    tool_lines::describe_tool(tool, input, working_dir).into_text()
}
