//! Questions of the model to people, through the tool `AskUserQuestion`.
//!
//! The CLI asks for permission to use the tool. The answer to this request carries the answers of people.

use serde_json::{Map, Value, json};

use super::events::ToolRequest;

/// The tool's name.
pub const TOOL: &str = "AskUserQuestion";

/// The questions of one request, one to four.
#[derive(Debug, Clone, PartialEq)]
pub struct Questions {
    /// The questions, in order.
    pub questions: Vec<UserQuestion>,
    /// The input of the tool, repeated in the answer.
    input: Map<String, Value>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserQuestion {
    /// The text of the question, also the key of its answer.
    pub question: String,
    /// A heading of one or two words.
    pub header: Option<String>,
    /// The options. People may always answer in their own words.
    pub options: Vec<QuestionOption>,
    /// Whether people may choose several options.
    pub multi_select: bool,
}

/// An option of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionOption {
    /// A few words; also the text of the answer.
    pub label: String,
    /// An explanation of the option.
    pub description: Option<String>,
}

/// The answers do not fit the questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The number of answers differs from the number of questions.
    #[error("there are {questions} questions, and {answers} answers; answer each question")]
    Count {
        /// The number of questions.
        questions: usize,
        /// The number of answers.
        answers: usize,
    },
    /// An answer is empty.
    #[error("question {number} is not answered; choose an option or write something")]
    Empty {
        /// The number of the question, from 1.
        number: usize,
    },
    /// An answer has several options, but the question allows one.
    #[error("question {number} takes one answer; choose one option only")]
    TooMany {
        /// The number of the question, from 1.
        number: usize,
    },
}

impl Questions {
    /// The questions in a request; `None` for another tool, or an input without valid questions.
    pub fn of(request: &ToolRequest) -> Option<Self> {
        if request.tool != TOOL {
            return None;
        }
        Self::from_input(&request.input)
    }

    /// The questions in the input of the tool; `None` if any question is not valid.
    pub fn from_input(input: &Value) -> Option<Self> {
        let input = input.as_object()?;
        let questions: Option<Vec<_>> = input
            .get("questions")?
            .as_array()?
            .iter()
            .map(UserQuestion::parse_question)
            .collect();
        // A question that cannot be parsed would be lost. Without a result, people see the whole input.
        let questions = questions.filter(|questions| !questions.is_empty())?;
        Some(Self {
            questions,
            input: input.clone(),
        })
    }

    /// Returns the tool's input together with the answers, for [`allow`](super::outgoing::allow). `answers`
    /// has one list per question: the labels of the chosen options, or people's own text.
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
            // The CLI's own form for several options.
            answered.insert(question.question.clone(), chosen.join(", ").into());
        }
        let mut input = self.input.clone();
        input.insert("answers".to_owned(), answered.into());
        Ok(input.into())
    }
}

impl UserQuestion {
    fn parse_question(value: &Value) -> Option<Self> {
        let text_field = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let options = value.get("options").and_then(Value::as_array);
        Some(Self {
            question: text_field("question")?,
            header: text_field("header").filter(|header| !header.is_empty()),
            options: options
                .into_iter()
                .flatten()
                .map(QuestionOption::parse_option)
                .collect::<Option<_>>()?,
            multi_select: value.get("multiSelect") == Some(&json!(true)),
        })
    }
}

impl QuestionOption {
    fn parse_option(value: &Value) -> Option<Self> {
        let text_field = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            label: text_field("label")?,
            description: text_field("description").filter(|text| !text.is_empty()),
        })
    }
}
