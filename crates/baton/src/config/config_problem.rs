//! Mistakes in a configuration, as lines to which an editor can jump.

use std::fmt;

/// One mistake. The text never contains a value from the file, because the value may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConfigProblem {
    /// The file, with line and column if known.
    pub(crate) at: String,
    /// The mistake, and a correction.
    pub(crate) what: String,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.is_empty() {
            self.what.fmt(f)
        } else {
            write!(f, "{}: {}", self.at, self.what)
        }
    }
}

/// All mistakes, one in each line.
#[derive(Debug, thiserror::Error)]
pub(crate) struct ConfigProblems(Vec<ConfigProblem>);

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl From<Vec<ConfigProblem>> for ConfigProblems {
    fn from(problems: Vec<ConfigProblem>) -> Self {
        Self(problems)
    }
}

impl From<ConfigProblem> for ConfigProblems {
    fn from(problem: ConfigProblem) -> Self {
        Self(vec![problem])
    }
}

/// The most similar candidate, as a question; empty if no candidate is similar.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> String {
    let nearest = candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((_, candidate)) => format!("; did you mean `{candidate}`?"),
        None => String::new(),
    }
}

/// A list of choices, for people.
pub(crate) fn render_choices<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}
