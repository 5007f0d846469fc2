//! The questions that the model asks people, with the tool `AskUserQuestion`.
//!
//! The CLI asks whether the tool may be used; the answer to that carries the people's answers.

use serde_json::{Map, Value, json};

use super::events::ToolRequest;

/// The tool's name.
pub const TOOL: &str = "AskUserQuestion";

/// What is asked, one to four questions.
#[derive(Debug, Clone, PartialEq)]
pub struct Questions {
    /// The questions, in order.
    pub questions: Vec<Question>,
    /// What the tool was given, which the answer says again.
    input: Map<String, Value>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The question, by which it is answered.
    pub question: String,
    /// A word or two for a heading.
    pub header: Option<String>,
    /// What can be chosen. People may always answer in words of their own.
    pub options: Vec<Choice>,
    /// Several may be chosen.
    pub multi_select: bool,
}

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// A few words, which are the answer.
    pub label: String,
    /// What it means.
    pub description: Option<String>,
}

/// The answers do not fit the questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// One answer a question.
    #[error("there are {questions} questions, and {answers} answers; answer each one")]
    Count {
        /// How many questions.
        questions: usize,
        /// How many answers.
        answers: usize,
    },
    /// An answer says nothing.
    #[error("question {number} is not answered; choose an option or write something")]
    Empty {
        /// Which one, from 1.
        number: usize,
    },
    /// Several were chosen where one is asked for.
    #[error("question {number} wants one answer; choose one option only")]
    TooMany {
        /// Which one, from 1.
        number: usize,
    },
}

impl Questions {
    /// The questions in a request; `None` where it is about another tool or has none.
    pub fn of(request: &ToolRequest) -> Option<Self> {
        if request.tool != TOOL {
            return None;
        }
        Self::from_input(&request.input)
    }

    /// The questions in what the tool is given.
    pub fn from_input(input: &Value) -> Option<Self> {
        let input = input.as_object()?;
        let questions: Option<Vec<_>> = input
            .get("questions")?
            .as_array()?
            .iter()
            .map(Question::read)
            .collect();
        // One that cannot be read would go unasked: better that people see the whole input.
        let questions = questions.filter(|questions| !questions.is_empty())?;
        Some(Self {
            questions,
            input: input.clone(),
        })
    }

    /// The input with which [`allow`](super::outgoing::allow) answers. One list a question: the
    /// labels that were chosen, or what was written instead.
    pub fn answered(&self, answers: &[Vec<String>]) -> Result<Value, AnswerError> {
        if answers.len() != self.questions.len() {
            return Err(AnswerError::Count {
                questions: self.questions.len(),
                answers: answers.len(),
            });
        }
        let mut answered = Map::new();
        for (at, (question, chosen)) in self.questions.iter().zip(answers).enumerate() {
            let number = at + 1;
            if chosen.iter().all(|answer| answer.trim().is_empty()) {
                return Err(AnswerError::Empty { number });
            }
            if chosen.len() > 1 && !question.multi_select {
                return Err(AnswerError::TooMany { number });
            }
            // The CLI's own form for several.
            answered.insert(question.question.clone(), chosen.join(", ").into());
        }
        let mut input = self.input.clone();
        input.insert("answers".to_owned(), answered.into());
        Ok(input.into())
    }
}

impl Question {
    fn read(value: &Value) -> Option<Self> {
        let words = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let options = value.get("options").and_then(Value::as_array);
        Some(Self {
            question: words("question")?,
            header: words("header").filter(|header| !header.is_empty()),
            options: options
                .into_iter()
                .flatten()
                .map(Choice::read)
                .collect::<Option<_>>()?,
            multi_select: value.get("multiSelect") == Some(&json!(true)),
        })
    }
}

impl Choice {
    fn read(value: &Value) -> Option<Self> {
        let words = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            label: words("label")?,
            description: words("description").filter(|words| !words.is_empty()),
        })
    }
}
