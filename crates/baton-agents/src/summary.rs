//! What a use of a tool does, and what came of it, in one line for people.
//!
//! A line is Markdown in which everything from outside is a code span, on one line, at most
//! [`LINE_LIMIT`] characters long, without letters that cannot be seen, and without what looks like a
//! secret. Secrets are found by how they look and where they stand; who prints one in a way of his own
//! is not protected from himself.
//!
//! * `tools`: the tools. `commands`: what well-known commands do. `results`: what came of it.
//! * `text`: what makes a text fit to be shown. `secrets`: what is not shown.

use std::path::Path;

use serde_json::Value;

mod commands;
mod results;
mod secrets;
mod text;
mod tools;

pub use results::{DETAIL_LIMIT, Outcome, outcome};
pub use secrets::masked;
pub use text::fenced;

/// How long a line may be, in characters. A chat shows about that much on one line.
pub const LINE_LIMIT: usize = 120;

/// What a use of a tool does, for example ``Running tests: `cargo nextest run` ``. Paths below the
/// working directory are shown from there.
pub fn tool_use(tool: &str, input: &Value, working_dir: &Path) -> String {
    tools::line(tool, input, working_dir).into_text()
}
