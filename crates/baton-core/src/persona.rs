//! Personas: a name, a colour, a prompt, sampling settings, filters.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::name::{AgentName, PersonaName};
use crate::place::QueueMode;

/// A persona as configured.
#[derive(Clone, Debug)]
pub struct Persona {
    /// The name that people see and address.
    pub name: PersonaName,
    /// The agent that answers.
    pub agent: AgentName,
    /// The absolute path of the working directory. It replaces the agent's own, for an agent that works in a
    /// directory.
    pub directory: Option<PathBuf>,
    /// The CSS colour of the name on the web.
    pub color: Option<String>,
    /// The handling of a message that arrives during a turn.
    pub mode: QueueMode,
    /// The time limit of one turn.
    pub turn_limit: Duration,
    /// The instructions for the agent, before any message.
    pub system_prompt: Option<String>,
    /// The wrapping of every message. `{text}` stands for the message's text, and `{name}` for its author.
    pub user_prompt: Option<String>,
    /// The sampling settings of a model.
    pub sampling: Sampling,
    /// The filters for replies.
    pub filters: Filters,
    /// The number of earlier posts of the place in the agent's input.
    pub context_messages: usize,
    /// The probability of an answer to a message, 0 to 1.
    pub response_chance: f64,
    /// The pause of the conversation after each reply.
    pub minimum_pause: Duration,
}

impl Persona {
    /// A persona with default settings.
    pub fn new(name: impl Into<PersonaName>, agent: impl Into<AgentName>) -> Self {
        Self {
            name: name.into(),
            agent: agent.into(),
            directory: None,
            color: None,
            mode: QueueMode::Queue,
            turn_limit: Duration::from_mins(10),
            system_prompt: None,
            user_prompt: None,
            sampling: Sampling::default(),
            filters: Filters::default(),
            context_messages: 20,
            response_chance: 1.0,
            minimum_pause: Duration::ZERO,
        }
    }
}

/// The personas by name. All clones share one set, so every clone knows an added persona at once.
#[derive(Clone, Debug, Default)]
pub struct Personas(Arc<RwLock<BTreeMap<PersonaName, Arc<Persona>>>>);

/// A persona with this name exists already.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the persona {0} exists already; choose another name")]
pub struct NameTaken(pub PersonaName);

impl Personas {
    /// The persona with this name; `None` if no persona has it.
    pub fn get(&self, name: &PersonaName) -> Option<Arc<Persona>> {
        self.lock_for_read().get(name).cloned()
    }

    /// Whether a persona has this name.
    pub fn contains(&self, name: &PersonaName) -> bool {
        self.lock_for_read().contains_key(name)
    }

    /// All personas, sorted by name.
    pub fn all(&self) -> Vec<Arc<Persona>> {
        self.lock_for_read().values().cloned().collect()
    }

    /// Adds a persona, which can answer from now on.
    pub fn add(&self, persona: Persona) -> Result<(), NameTaken> {
        let mut personas = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if personas.contains_key(&persona.name) {
            return Err(NameTaken(persona.name));
        }
        personas.insert(persona.name.clone(), Arc::new(persona));
        Ok(())
    }

    fn lock_for_read(&self) -> impl Deref<Target = BTreeMap<PersonaName, Arc<Persona>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FromIterator<Persona> for Personas {
    /// If several personas have the same name, the last one is used.
    fn from_iter<I: IntoIterator<Item = Persona>>(personas: I) -> Self {
        let named = |persona: Persona| (persona.name.clone(), Arc::new(persona));
        Self(Arc::new(RwLock::new(
            personas.into_iter().map(named).collect(),
        )))
    }
}

/// The sampling settings of a model. The model's server decides about missing settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sampling {
    /// The temperature. With 0, the model always takes the likeliest token.
    pub temperature: Option<f64>,
    /// The maximum length of a reply, in tokens.
    pub max_tokens: Option<u32>,
    /// The model considers only the likeliest tokens, up to this total probability.
    pub top_p: Option<f64>,
    /// The reply ends before any of these texts.
    pub stop: Vec<String>,
}

/// The filters of a reply, before people see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Texts to remove wherever they occur.
    pub filter_out: Vec<String>,
    /// Texts that end the reply. The reply is cut before the first of them.
    pub trim_after: Vec<String>,
    /// Whether to remove white space at both ends.
    pub trim_whitespace: bool,
}

impl Filters {
    /// `text` without every text in `filter_out`.
    pub fn remove_unwanted(&self, text: &str) -> String {
        let unwanted = self.filter_out.iter();
        let unwanted = unwanted.filter(|unwanted| !unwanted.is_empty());
        unwanted.fold(text.to_owned(), |text, unwanted| text.replace(unwanted, ""))
    }

    /// `text` after all filters.
    pub fn apply(&self, text: &str) -> String {
        let mut text = self.remove_unwanted(text);
        let end = self
            .trim_after
            .iter()
            .filter(|mark| !mark.is_empty())
            .filter_map(|mark| text.find(mark.as_str()))
            .min();
        if let Some(end) = end {
            text.truncate(end);
        }
        if self.trim_whitespace {
            text.trim().to_owned()
        } else {
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_added_is_known_to_every_clone() {
        let personas: Personas = [Persona::new("ada", "echo")].into_iter().collect();
        let elsewhere = personas.clone();
        assert_eq!(personas.add(Persona::new("bob", "echo")), Ok(()));
        let known = elsewhere.all();
        let known: Vec<_> = known.iter().map(|known| known.name.as_str()).collect();
        assert_eq!(known, ["ada", "bob"]);
    }

    #[test]
    fn nobody_takes_the_name_of_another() {
        let personas: Personas = [Persona::new("ada", "echo")].into_iter().collect();
        let taken = personas.add(Persona::new("ada", "other"));
        assert_eq!(taken, Err(NameTaken("ada".into())));
        let ada = personas.get(&"ada".into());
        assert_eq!(ada.map(|ada| ada.agent.clone()), Some("echo".into()));
    }
}
