//! How a question is spelled in JSON: what an agent asks, who may decide, what came of it.

use baton_core::approval::{Approval, ApprovalState, Choice, Wants};
use baton_core::name::PersonId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::access::Caller;

/// Something that an agent waits for people to decide.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Approval)]
pub(crate) struct Asked {
    /// Its number.
    id: i64,
    /// The channel where people are asked.
    channel: String,
    /// The place there; on the web, the room.
    domain: String,
    /// The persona that asks.
    entity: String,
    /// The number of the message that is being answered.
    message_id: i64,
    /// The tool that it wants to use, as the agent names it.
    tool: String,
    /// One line of Markdown: what it would do.
    title: String,
    /// `open`, `allowed`, `denied`, `expired` or `answered-at-terminal`.
    state: &'static str,
    /// `permission` is allowed or denied; `answers` takes an answer to each of `choices`.
    wants: &'static str,
    /// What "allow for this session" would let through from then on; where that can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<String>,
    /// What is to be answered, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<ChoiceAsked>,
    /// Whether the caller may decide it now.
    may_decide: bool,
    /// What came of it and by whom, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    /// When it was asked, in milliseconds since 1970.
    timestamp: i64,
    /// When it is denied by itself, in milliseconds since 1970; later after a restart, for then its
    /// time begins anew. Left out before people can see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    /// Who may decide, besides operators: not everybody's to know.
    #[serde(skip)]
    deciders: Vec<PersonId>,
}

/// One of the things that an agent wants to be told.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Choice)]
pub(crate) struct ChoiceAsked {
    /// A word or two: what it is about.
    header: String,
    /// What is asked.
    text: String,
    /// What may be answered; any other text may be as well.
    options: Vec<OptionOffered>,
    /// Whether several options may be taken together.
    several: bool,
}

/// One possible answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ChoiceOption)]
pub(crate) struct OptionOffered {
    /// The answer itself.
    label: String,
    /// What it would mean.
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
}

/// The same with the tool's whole input, which may be long.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ApprovalInFull)]
pub(crate) struct AskedInFull {
    #[serde(flatten)]
    asked: Asked,
    /// The tool's input, whole.
    input: Value,
}

impl Asked {
    /// As somebody sees it who may not decide.
    pub(crate) fn new(approval: &Approval) -> Self {
        let (wants, grant, choices) = match &approval.question.wants {
            Wants::Permission { grant } => ("permission", grant.clone(), Vec::new()),
            Wants::Answers { choices } => {
                let choices = choices.iter().map(ChoiceAsked::from).collect();
                ("answers", None, choices)
            }
        };
        Self {
            id: approval.id.0,
            channel: approval.place.channel.to_string(),
            domain: approval.place.address.clone(),
            entity: approval.persona.to_string(),
            message_id: approval.message.0,
            tool: approval.question.tool.clone(),
            title: approval.question.title.clone(),
            state: approval.state.as_str(),
            wants,
            grant,
            choices,
            may_decide: false,
            outcome: approval.outcome(),
            timestamp: approval.at.0,
            expires_at: approval.expires_at.map(|at| at.0),
            deciders: approval.deciders.clone(),
        }
    }

    /// As this caller sees it.
    pub(crate) fn seen_by(mut self, caller: &Caller) -> Self {
        self.may_decide = self.is_open() && caller.decides(&self.deciders);
        self
    }

    /// As who may decide sees it, and who that is besides operators; `None` where nobody may.
    pub(crate) fn for_deciders(&self) -> Option<(Vec<PersonId>, Self)> {
        self.is_open().then(|| {
            let theirs = Self {
                may_decide: true,
                ..self.clone()
            };
            (self.deciders.clone(), theirs)
        })
    }

    /// What came of it, or that nothing has yet.
    pub(crate) fn in_words(&self) -> String {
        let outcome = self.outcome.clone();
        outcome.unwrap_or_else(|| "nobody has decided yet".to_owned())
    }

    fn is_open(&self) -> bool {
        self.state == ApprovalState::Open.as_str()
    }
}

impl AskedInFull {
    /// As this caller sees it.
    pub(crate) fn seen_by(approval: Approval, caller: &Caller) -> Self {
        Self {
            asked: Asked::new(&approval).seen_by(caller),
            input: approval.question.input,
        }
    }
}

impl From<&Choice> for ChoiceAsked {
    fn from(choice: &Choice) -> Self {
        let options = choice.options.iter().map(|option| OptionOffered {
            label: option.label.clone(),
            description: option.description.clone(),
        });
        Self {
            header: choice.header.clone(),
            text: choice.text.clone(),
            options: options.collect(),
            several: choice.several,
        }
    }
}
