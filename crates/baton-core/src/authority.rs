//! Who may do what. A channel describes a person as a [`Principal`], and asks for a [`Right`]. Only this module
//! knows the rules, so no channel can grant more than another.

use std::collections::BTreeSet;

use crate::message::Author;
use crate::name::PersonId;

#[cfg(test)]
mod tests;

/// A person with the roles that the channel found, in one place where a role concerns a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The stable id, and the name that a decision shows.
    pub author: Author,
    roles: BTreeSet<PersonRole>,
}

/// A fact about a person that rights depend on. Channels find the facts, and draw no conclusions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PersonRole {
    /// The person id belongs to this person alone. A guest is not identified, because all guests share one id.
    Identified,
    /// The person may see and control everything.
    Operator,
    /// The person may act as a worker.
    Worker,
    /// The place is visible to the person.
    Reader,
    /// The person may talk to Baton in the place.
    Speaker,
    /// The person may manage the messages of others in the place. In a place without such a distinction, every
    /// speaker is a moderator.
    Moderator,
    /// The person administers the server of the place.
    Administrator,
    /// The place has chosen its deciders, and the person is one. The deciders of an approval itself do not
    /// count there.
    Decider,
    /// The place has chosen its deciders, and the person is none. So even the author of the answered message
    /// decides nothing.
    Bystander,
}

/// An action, with its subject where the rule needs one. The place of the subject is the place of the
/// principal's roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right<'a> {
    /// Act under an own id. Guests may not: commands, files, workers, priorities, the steps of turns in full.
    ActUnderOwnId,
    /// Read what people and personas say in the place.
    ReadPlace,
    /// Send messages to Baton in the place.
    Speak,
    /// Read the state of the conversation, its queue, and the trace of a message, without private details.
    ReadStatus,
    /// Stop a message of the place, whoever wrote the message, and so the turn that answers the message.
    StopMessage,
    /// Retry a message of the place, whoever wrote the message.
    Retry,
    /// Forget the session of a conversation in the place.
    Reset,
    /// Choose the model of a conversation in the place.
    ChangeModel,
    /// Let the messages of a conversation in the place come with or without a sound.
    Mute,
    /// Give the place another name.
    Rename,
    /// Read an approval of the place with these deciders, with the whole input of the tool.
    ReadApproval(&'a [PersonId]),
    /// Decide an approval with these deciders.
    Decide(&'a [PersonId]),
    /// Stop the turn that waits for an approval of the place with these deciders.
    StopAsking(&'a [PersonId]),
    /// Claim, answer and give back messages of the place, like a worker.
    ClaimWork,
    /// Let an agent work on a new project in the place.
    AddProject,
    /// Write under the names of other people, like a bridge program.
    SpeakForOthers,
    /// See and control everything: status, private details, dead letters, and places of all channels.
    SeeEverything,
}

/// The reason why a principal does not have a right. Channels choose the words for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// The person is a guest. After signing in, the answer can be another.
    #[error("a guest may not do this; sign in first")]
    Guest,
    /// The place is not open to the person, or Baton does not listen to the person there.
    #[error("this place is not open to you")]
    Outside,
    /// Only moderators may do this.
    #[error("only a moderator of this place may do this")]
    NotModerator,
    /// Only administrators may do this.
    #[error("only an administrator of this server may do this")]
    NotAdministrator,
    /// Only workers may do this.
    #[error("only a worker may do this")]
    NotWorker,
    /// Only the deciders of the place may do this.
    #[error("only a decider of this place may do this")]
    NotDecider,
    /// The approval has other deciders.
    #[error("this approval has other deciders")]
    NotNamed,
    /// Only operators may do this.
    #[error("only an operator may do this")]
    NotOperator,
}

impl Principal {
    /// The person with these roles.
    pub fn new(author: Author, roles: impl IntoIterator<Item = PersonRole>) -> Self {
        Self {
            author,
            roles: roles.into_iter().collect(),
        }
    }

    /// Adds roles, such as those in a place.
    #[must_use]
    pub fn with_roles(mut self, roles: impl IntoIterator<Item = PersonRole>) -> Self {
        self.roles.extend(roles);
        self
    }

    /// The stable id of the person.
    pub fn id(&self) -> &PersonId {
        &self.author.id
    }

    /// Whether [`check_right`](Self::check_right) succeeds.
    pub fn has_right(&self, right: Right<'_>) -> bool {
        self.check_right(right).is_ok()
    }

    /// Checks whether the person may act. Operators may do everything. The error names the first missing role.
    pub fn check_right(&self, right: Right<'_>) -> Result<(), Forbidden> {
        if self.has_role(PersonRole::Operator) {
            return Ok(());
        }
        match right {
            Right::ActUnderOwnId => self.require_identity(),
            Right::ReadPlace => self.require_role(PersonRole::Reader, Forbidden::Outside),
            Right::Speak => self.require_role(PersonRole::Speaker, Forbidden::Outside),
            Right::ReadStatus
            | Right::StopMessage
            | Right::Retry
            | Right::ChangeModel
            | Right::Mute => self.require_identified_speaker(),
            Right::Reset | Right::Rename => {
                self.require_identified_speaker()?;
                self.require_role(PersonRole::Moderator, Forbidden::NotModerator)
            }
            Right::ReadApproval(deciders) => self.check_approval_reader(deciders),
            Right::Decide(deciders) => self.check_decider(deciders),
            Right::StopAsking(deciders) => {
                self.check_approval_reader(deciders)?;
                // A stop ends the question, which is the deciders' to answer.
                if self.has_role(PersonRole::Bystander) {
                    return Err(Forbidden::NotDecider);
                }
                Ok(())
            }
            Right::ClaimWork => {
                self.require_role(PersonRole::Worker, Forbidden::NotWorker)?;
                self.require_role(PersonRole::Reader, Forbidden::Outside)
            }
            Right::AddProject => {
                self.require_role(PersonRole::Administrator, Forbidden::NotAdministrator)
            }
            Right::SpeakForOthers | Right::SeeEverything => {
                self.require_identity()?;
                Err(Forbidden::NotOperator)
            }
        }
    }

    /// A decider may read an approval even in a place where Baton does not listen to the decider.
    fn check_approval_reader(&self, deciders: &[PersonId]) -> Result<(), Forbidden> {
        self.require_identity()?;
        self.require_role(PersonRole::Reader, Forbidden::Outside)?;
        let is_asked = self.has_role(PersonRole::Decider) || deciders.contains(self.id());
        if is_asked || self.has_role(PersonRole::Speaker) {
            Ok(())
        } else {
            Err(Forbidden::Outside)
        }
    }

    fn check_decider(&self, deciders: &[PersonId]) -> Result<(), Forbidden> {
        // All guests share one id, so the author of a message cannot be told from other guests.
        self.require_identity()?;
        if self.has_role(PersonRole::Decider) {
            Ok(())
        } else if self.has_role(PersonRole::Bystander) {
            Err(Forbidden::NotDecider)
        } else if deciders.contains(self.id()) {
            Ok(())
        } else {
            Err(Forbidden::NotNamed)
        }
    }

    fn require_identified_speaker(&self) -> Result<(), Forbidden> {
        self.require_identity()?;
        self.require_role(PersonRole::Speaker, Forbidden::Outside)
    }

    fn require_identity(&self) -> Result<(), Forbidden> {
        self.require_role(PersonRole::Identified, Forbidden::Guest)
    }

    fn require_role(&self, role: PersonRole, otherwise: Forbidden) -> Result<(), Forbidden> {
        if self.has_role(role) {
            Ok(())
        } else if self.has_role(PersonRole::Identified) {
            Err(otherwise)
        } else {
            Err(Forbidden::Guest)
        }
    }

    fn has_role(&self, role: PersonRole) -> bool {
        self.roles.contains(&role)
    }
}
