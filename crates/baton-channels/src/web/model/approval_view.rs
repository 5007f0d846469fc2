//! The JSON of an approval: the question of an agent, the right to decide, and the outcome.

use baton_core::approval::{Approval, ApprovalState, Choice, Wants};
use baton_core::authority::Right;
use baton_core::name::PersonId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::web::http::authentication::WebCaller;

/// A question of an agent that people decide.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Approval)]
pub(crate) struct ApprovalView {
    /// The number of the approval.
    id: i64,
    /// The channel where people are asked.
    channel: String,
    /// The address of the place in the channel. On the web, the room.
    domain: String,
    /// The persona that asks.
    entity: String,
    /// The number of the answered message.
    message_id: i64,
    /// The tool that the agent wants to use, as named by the agent.
    tool: String,
    /// The action of the tool, as one line of Markdown.
    title: String,
    /// `open`, `allowed`, `denied` or `expired`.
    state: &'static str,
    /// `permission`: people allow or deny. `answers`: people answer each of `choices`.
    wants: &'static str,
    /// The further uses that "allow for this session" would allow. Left out if unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<String>,
    /// The questions to answer, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<ChoiceView>,
    /// Whether the caller may decide the approval now.
    may_decide: bool,
    /// The outcome and the decider, as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    /// The time of the question, in milliseconds since 1970.
    timestamp: i64,
    /// The time when the approval expires and counts as denied, in milliseconds since 1970. A restart of
    /// Baton begins the time anew. Left out until people can see the approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    /// The people who may decide besides operators. Not shown to clients.
    #[serde(skip)]
    deciders: Vec<PersonId>,
}

/// One question of an approval with `answers`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Choice)]
pub(crate) struct ChoiceView {
    /// The subject, in a word or two.
    header: String,
    /// The question.
    text: String,
    /// The offered answers. Any other text is an answer too.
    options: Vec<ChoiceOptionView>,
    /// Whether several options may be taken together.
    several: bool,
}

/// An offered answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ChoiceOption)]
pub(crate) struct ChoiceOptionView {
    /// The answer.
    label: String,
    /// An explanation of the answer.
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
}

/// An approval with the whole input of the tool, which may be long.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ApprovalInFull)]
pub(crate) struct ApprovalDetailView {
    #[serde(flatten)]
    asked: ApprovalView,
    /// The whole input of the tool.
    input: Value,
}

impl ApprovalView {
    /// The approval for a caller who may not decide.
    pub(crate) fn new(approval: &Approval) -> Self {
        let (wants, grant, choices) = match &approval.question.wants {
            Wants::Permission { grant } => ("permission", grant.clone(), Vec::new()),
            Wants::Answers { choices } => {
                let choices = choices.iter().map(ChoiceView::from).collect();
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

    /// The approval as this caller may see it.
    pub(crate) fn seen_by(mut self, caller: &WebCaller) -> Self {
        self.may_decide = self.is_open() && caller.has_right(Right::Decide(&self.deciders));
        self
    }

    /// The deciders besides operators, and the approval as a decider sees it; `None` if the approval is not
    /// open.
    pub(crate) fn for_deciders(&self) -> Option<(Vec<PersonId>, Self)> {
        self.is_open().then(|| {
            let theirs = Self {
                may_decide: true,
                ..self.clone()
            };
            (self.deciders.clone(), theirs)
        })
    }

    /// The outcome, or a sentence for an open approval.
    pub(crate) fn in_words(&self) -> String {
        let outcome = self.outcome.clone();
        outcome.unwrap_or_else(|| "nobody has decided yet".to_owned())
    }

    fn is_open(&self) -> bool {
        self.state == ApprovalState::Open.as_str()
    }
}

impl ApprovalDetailView {
    /// The approval as this caller may see it.
    pub(crate) fn seen_by(approval: Approval, caller: &WebCaller) -> Self {
        Self {
            asked: ApprovalView::new(&approval).seen_by(caller),
            input: approval.question.input,
        }
    }
}

impl From<&Choice> for ChoiceView {
    fn from(choice: &Choice) -> Self {
        let options = choice.options.iter().map(|option| ChoiceOptionView {
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
