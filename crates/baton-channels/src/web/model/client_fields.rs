//! The fields that clients of the comment API keep with a comment for themselves and for workers.
//! Baton stores and returns these fields, and acts on `entity` and `priority` of `botParams` alone.

use baton_core::message::MessageState;
use baton_core::store::Post;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::input_validation;
use crate::web::http::api_error::ApiError;

/// The longest `misc`, in characters.
const LONGEST_MISC: usize = 1_000;
/// The longest `language`, in characters: the longest tag that RFC 5646 makes likely.
const LONGEST_LANGUAGE: usize = 35;
/// The largest `context`, in bytes of JSON. Each claim of the message carries it.
const LARGEST_CONTEXT: usize = 64 * 1024;
/// The largest `botParams`, in bytes of JSON. Each page of comments carries it.
const LARGEST_BOT_PARAMS: usize = 2 * 1024;

/// The names of these fields in the `extra` value of a message.
const COLOR: &str = "color";
const TIMESTAMP: &str = "timestamp";
const LANGUAGE: &str = "language";
const MISC: &str = "misc";
const CONTEXT: &str = "context";
const BOT_PARAMS: &str = "botParams";

/// The client's own fields in a request.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SentFields {
    /// CSS colour of the name: `#rgb`, `#rrggbb`, `rgb(r, g, b)`, or nine decimal digits.
    color: Option<String>,
    /// The client's own time, in milliseconds since 1970. Returned as `clientTimestamp`; the order is
    /// Baton's.
    timestamp: Option<i64>,
    /// The language of the text, as a tag of at most 35 characters.
    language: Option<String>,
    /// At most 1,000 characters for the client's own use.
    misc: Option<String>,
    /// Earlier messages for the worker that answers: at most 64 KiB in all.
    context: Option<Vec<String>>,
    /// The persona (`entity`), the priority (`priority`), and other values for the client's own use: at most
    /// 2 KiB in all.
    bot_params: Option<Map<String, Value>>,
}

impl SentFields {
    /// The persona and the priority of a new comment. Either may be given beside `botParams` or within
    /// `botParams`. If given in both, both must be equal.
    pub(crate) fn persona_and_priority(
        &self,
        entity: Option<String>,
        priority: Option<i64>,
    ) -> Result<(Option<String>, Option<i64>), ApiError> {
        let within = |name: &str| {
            let params = self.bot_params.as_ref()?;
            params.get(name).filter(|value| !value.is_null())
        };
        let inner_entity = match within("entity") {
            None => None,
            Some(Value::String(entity)) => Some(entity.clone()),
            Some(_) => return Err(invalid_param("entity", "the name of a persona")),
        };
        let inner_priority = match within("priority") {
            None => None,
            Some(value) => Some(
                value
                    .as_i64()
                    .ok_or_else(|| invalid_param("priority", "a number"))?,
            ),
        };
        Ok((
            one_of("entity", entity, inner_entity)?,
            one_of("priority", priority, inner_priority)?,
        ))
    }

    /// The `extra` value to store with the message or the reply.
    pub(crate) fn into_extra(self) -> Result<Value, ApiError> {
        let mut extra = Map::new();
        if let Some(color) = self.color.as_deref().filter(|color| !color.is_empty()) {
            extra.insert(
                COLOR.to_owned(),
                input_validation::parse_color(color)?.into(),
            );
        }
        if let Some(timestamp) = self.timestamp {
            extra.insert(TIMESTAMP.to_owned(), timestamp.into());
        }
        for (name, value, longest) in [
            (LANGUAGE, self.language, LONGEST_LANGUAGE),
            (MISC, self.misc, LONGEST_MISC),
        ] {
            let Some(value) = value.filter(|value| !value.is_empty()) else {
                continue;
            };
            if value.chars().count() > longest {
                return Err(too_large(name, &format!("{longest} characters")));
            }
            extra.insert(name.to_owned(), value.into());
        }
        if let Some(context) = self.context.filter(|context| !context.is_empty()) {
            insert_limited(&mut extra, CONTEXT, context.into(), LARGEST_CONTEXT)?;
        }
        if let Some(params) = self.bot_params.filter(|params| !params.is_empty()) {
            insert_limited(&mut extra, BOT_PARAMS, params.into(), LARGEST_BOT_PARAMS)?;
        }
        Ok(if extra.is_empty() {
            Value::Null
        } else {
            extra.into()
        })
    }
}

fn insert_limited(
    extra: &mut Map<String, Value>,
    name: &str,
    value: Value,
    largest: usize,
) -> Result<(), ApiError> {
    if value.to_string().len() > largest {
        return Err(too_large(name, &format!("{largest} bytes of JSON")));
    }
    extra.insert(name.to_owned(), value);
    Ok(())
}

fn too_large(name: &str, limit: &str) -> ApiError {
    ApiError::invalid("too_large", format!("`{name}` has at most {limit}"))
}

fn invalid_param(name: &str, expected: &str) -> ApiError {
    ApiError::invalid(
        "invalid_bot_params",
        format!("`{name}` of `botParams` is {expected}, or left out"),
    )
}

fn one_of<T: PartialEq>(
    name: &str,
    outer: Option<T>,
    inner: Option<T>,
) -> Result<Option<T>, ApiError> {
    if outer.is_some() && inner.is_some() && outer != inner {
        return Err(ApiError::invalid(
            "invalid_bot_params",
            format!(
                "`{name}` has different values inside and outside `botParams`; send one of them"
            ),
        ));
    }
    Ok(outer.or(inner))
}

/// The client's own fields in a response.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredFields {
    /// CSS colour of the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) color: Option<String>,
    /// The client's own time, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_timestamp: Option<i64>,
    /// The language of the text, as a tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// For the client's own use.
    #[serde(skip_serializing_if = "Option::is_none")]
    misc: Option<String>,
    /// Earlier messages for the worker that answers. Lists and the stream leave these out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) context: Vec<String>,
    /// The sent object. `entity`, `priority`, `status` (`pending`, `processing`, `complete`, or `failed`) and
    /// `processed` have their present values. Only for a person's message.
    #[serde(skip_serializing_if = "Option::is_none")]
    bot_params: Option<Map<String, Value>>,
}

impl StoredFields {
    pub(crate) fn of_post(post: &Post) -> Self {
        let text = |name: &str| {
            post.extra
                .get(name)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let context = post.extra.get(CONTEXT).and_then(Value::as_array);
        let context = context.into_iter().flatten().filter_map(Value::as_str);
        Self {
            color: text(COLOR),
            client_timestamp: post.extra.get(TIMESTAMP).and_then(Value::as_i64),
            language: text(LANGUAGE),
            misc: text(MISC),
            context: context.map(str::to_owned).collect(),
            bot_params: post.state.map(|state| bot_params(post, state)),
        }
    }
}

fn bot_params(post: &Post, state: MessageState) -> Map<String, Value> {
    let sent = post.extra.get(BOT_PARAMS).and_then(Value::as_object);
    let mut params = sent.cloned().unwrap_or_default();
    let (status, processed) = match state {
        MessageState::Waiting => ("pending", false),
        MessageState::Running => ("processing", false),
        MessageState::Answered => ("complete", true),
        MessageState::Dead | MessageState::Refused | MessageState::Withdrawn => ("failed", true),
    };
    params.insert("entity".to_owned(), post.persona.as_str().into());
    params.insert("priority".to_owned(), post.priority.into());
    params.insert("status".to_owned(), status.into());
    params.insert("processed".to_owned(), processed.into());
    params
}
