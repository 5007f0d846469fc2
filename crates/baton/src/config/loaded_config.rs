//! A configuration that passed all checks, with its text.

use std::path::Path;

use super::config_document::ConfigDocument;
use super::config_problem::{ConfigProblem, ConfigProblems};
use super::{
    BatonConfig, config_warnings, json_schema, reference_check, schema_check, value_check,
};

/// A configuration and its text, so that later mistakes also have a line.
pub(crate) struct LoadedConfig {
    pub(crate) config: BatonConfig,
    pub(crate) document: ConfigDocument,
    /// Valid but suspicious values.
    pub(crate) warnings: Vec<ConfigProblem>,
}

impl LoadedConfig {
    /// The configuration of a program without a configuration file.
    pub(crate) fn without_file() -> Self {
        Self {
            config: BatonConfig::default(),
            document: ConfigDocument::empty(),
            warnings: Vec::new(),
        }
    }

    /// Reads the file at `path`.
    pub(crate) fn read_file(path: &Path) -> Result<Self, ConfigProblems> {
        Self::from_document(ConfigDocument::read_file(path)?)
    }

    /// Checks `text` as the possible content of the file at `path`.
    pub(crate) fn parse_text(path: &Path, text: &str) -> Result<Self, ConfigProblems> {
        Self::from_document(ConfigDocument::parse_text(path, text)?)
    }

    fn from_document(document: ConfigDocument) -> Result<Self, ConfigProblems> {
        let mut problems = schema_check::check_schema(&document, &json_schema());
        if !problems.is_empty() {
            return Err(problems.into());
        }
        let config = document.deserialize::<BatonConfig>()?;
        problems.extend(reference_check::check_references(&config, &document));
        problems.extend(value_check::check_values(&config, &document));
        if problems.is_empty() {
            let warnings = config_warnings::find_warnings(&config, &document);
            Ok(Self {
                config,
                document,
                warnings,
            })
        } else {
            Err(problems.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str) -> Result<LoadedConfig, ConfigProblems> {
        LoadedConfig::from_document(ConfigDocument::parse_text("baton.toml", text)?)
    }

    #[test]
    fn an_empty_file_is_a_configuration() {
        assert!(load_text("").is_ok_and(|loaded| loaded.config.agents.is_empty()));
    }

    #[test]
    fn every_mistake_is_reported_not_only_the_first() {
        let text = "[limits]\nturnz = 3\n[server]\nlissen = \"x\"\n[people.ann]\n";
        let problems = load_text(text).err().expect("three mistakes").to_string();
        assert_eq!(problems.lines().count(), 3, "{problems}");
    }
}
