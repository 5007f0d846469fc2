//! Who answers: a name, a colour, a prompt, sampling settings, filters.

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
    /// What people see and address.
    pub name: PersonaName,
    /// What answers for it.
    pub agent: AgentName,
    /// Where it works, absolute; goes before the agent's own, where the agent works in a folder.
    pub directory: Option<PathBuf>,
    /// CSS colour of the name on the web.
    pub color: Option<String>,
    /// What happens to a message that arrives while it is busy.
    pub mode: QueueMode,
    /// How long one turn may take.
    pub turn_limit: Duration,
    /// What the agent is told before anything else.
    pub system_prompt: Option<String>,
    /// Wraps every message: `{text}` and `{name}` stand for what was said and who said it.
    pub user_prompt: Option<String>,
    /// How a model chooses its words.
    pub sampling: Sampling,
    /// What is cut from a reply before anybody sees it.
    pub filters: Filters,
    /// How many earlier posts of the place the agent is shown.
    pub context_messages: usize,
    /// How likely a message is answered at all, 0 to 1.
    pub response_chance: f64,
    /// How long the conversation rests after each reply.
    pub minimum_pause: Duration,
}

impl Persona {
    /// A persona with nothing configured but its name and agent.
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

/// Who can answer, by name. All clones are one, so that whoever is added is known everywhere at once.
#[derive(Clone, Debug, Default)]
pub struct Personas(Arc<RwLock<BTreeMap<PersonaName, Arc<Persona>>>>);

/// There is a persona of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is a persona {0} already; choose another name")]
pub struct NameTaken(pub PersonaName);

impl Personas {
    /// The persona of that name.
    pub fn get(&self, name: &PersonaName) -> Option<Arc<Persona>> {
        self.read().get(name).cloned()
    }

    /// Whether there is one of that name.
    pub fn contains(&self, name: &PersonaName) -> bool {
        self.read().contains_key(name)
    }

    /// All of them, by name.
    pub fn all(&self) -> Vec<Arc<Persona>> {
        self.read().values().cloned().collect()
    }

    /// Lets one more answer from now on.
    pub fn add(&self, persona: Persona) -> Result<(), NameTaken> {
        let mut personas = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if personas.contains_key(&persona.name) {
            return Err(NameTaken(persona.name));
        }
        personas.insert(persona.name.clone(), Arc::new(persona));
        Ok(())
    }

    fn read(&self) -> impl Deref<Target = BTreeMap<PersonaName, Arc<Persona>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FromIterator<Persona> for Personas {
    /// Of several with one name the last counts.
    fn from_iter<I: IntoIterator<Item = Persona>>(personas: I) -> Self {
        let named = |persona: Persona| (persona.name.clone(), Arc::new(persona));
        Self(Arc::new(RwLock::new(
            personas.into_iter().map(named).collect(),
        )))
    }
}

/// How a model chooses its words; what is not set is left to the model's server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sampling {
    /// 0 always takes the likeliest word.
    pub temperature: Option<f64>,
    /// How long a reply may become.
    pub max_tokens: Option<u32>,
    /// Only words that together are this likely are considered.
    pub top_p: Option<f64>,
    /// The reply ends before any of these.
    pub stop: Vec<String>,
}

/// What is cut from a reply before anybody sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Each of these is removed wherever it stands.
    pub filter_out: Vec<String>,
    /// The reply ends before the first of any of these.
    pub trim_after: Vec<String>,
    /// White space at both ends is removed.
    pub trim_whitespace: bool,
}

impl Filters {
    /// `text` without the words that are removed wherever they stand.
    pub fn remove(&self, text: &str) -> String {
        let unwanted = self.filter_out.iter();
        let unwanted = unwanted.filter(|unwanted| !unwanted.is_empty());
        unwanted.fold(text.to_owned(), |text, unwanted| text.replace(unwanted, ""))
    }

    /// What is left of `text`.
    pub fn apply(&self, text: &str) -> String {
        let mut text = self.remove(text);
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
