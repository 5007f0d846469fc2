//! `POST /api/comments`: a person posts a message, or a worker posts a reply.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use baton_core::authority::Right;
use baton_core::message::{Author, MessageState, NewMessage, Priority};
use baton_core::name::ExternalId;
use baton_core::speech::is_recording;
use baton_core::store::{Ingested, Post, PostReply, Posted};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::web::app_state::AppState;
use crate::web::http::api_error::{ApiError, ErrorBody};
use crate::web::http::authentication::WebCaller;
use crate::web::http::client_address;
use crate::web::http::extractors::Json;
use crate::web::http::size_limits::{REPLY_LIMIT, TEXT_LIMIT};
use crate::web::model::client_fields::SentFields;
use crate::web::model::comment::{Comment, MessageType};
use crate::web::model::{author_names, input_validation};
use crate::web::room_place::{DEFAULT_ROOM, account_name, channel_name, place_of_room};
use crate::web::routes::{file_transfers, message_lookup};

/// The name of an author who gave no name.
const NOBODY: &str = "anonymous";

/// Pause after a refusal because of a full conversation, in seconds.
const AFTER_REFUSAL: u64 = 30;

/// A new message or reply. Unknown fields are ignored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewComment {
    /// Markdown, 1 to 16,000 characters, or 100,000 in a reply. Not only white space.
    /// Empty only if a recording, such as `voice-message.ogg`, is among the files.
    #[schema(max_length = 100_000)]
    text: String,
    /// The shown name of the author. By default the name of the signed-in person, or `anonymous`.
    #[schema(max_length = 64)]
    username: Option<String>,
    /// The room. By default `main`.
    #[schema(min_length = 1, max_length = 64)]
    domain: Option<String>,
    /// `human` (the default): a message to answer. `AI`: a reply from a worker.
    #[serde(rename = "message-type")]
    message_type: Option<MessageType>,
    /// The id of the comment that this comment replies to.
    #[schema(min_length = 1, max_length = 128, pattern = "^[!-~]+$")]
    reply_to: Option<String>,
    /// The persona that should answer, or that replies.
    entity: Option<String>,
    /// The priority, 0 to 99; 5 by default. Greater goes first.
    #[schema(minimum = 0, maximum = 99)]
    priority: Option<i64>,
    /// An id chosen by the client. A second request with the same id changes nothing.
    #[schema(min_length = 1, max_length = 128, pattern = "^(?!reply-|#)[!-~]+$")]
    id: Option<String>,
    /// The ids of files, as returned by `POST /api/files`. The files must be sent for the same room and
    /// persona.
    #[serde(default)]
    attachments: Vec<String>,
    #[serde(flatten)]
    fields: SentFields,
}

/// The stored comment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PostedComment {
    /// Always `true`.
    success: bool,
    /// `success`, or `duplicate` if the comment was stored before.
    status: &'static str,
    /// The stored comment.
    #[serde(flatten)]
    comment: Comment,
}

type PostAnswer = Result<(StatusCode, axum::Json<PostedComment>), ApiError>;

/// Post a message or a reply. The comment is stored when the call returns.
#[utoipa::path(post, path = "/api/comments", tag = "comments", request_body = NewComment, responses(
    (status = 201, description = "the comment is stored", body = PostedComment),
    (status = 200, description = "a comment with this id is stored already; nothing was changed", body = PostedComment),
    (status = 400, description = "a field is invalid", body = ErrorBody),
    (status = 401, description = "not public", body = ErrorBody),
    (status = 404, description = "no room open to the caller, or no comment that the reply answers", body = ErrorBody),
    (status = 409, description = "the id belongs to another comment, or the name to another person", body = ErrorBody),
    (status = 413, description = "longer than 256 KiB", body = ErrorBody),
    (status = 415, description = "not JSON", body = ErrorBody),
    (status = 429, description = "too many posts from this address, or too many waiting messages", body = ErrorBody),
))]
pub(crate) async fn post_comment(
    State(app): State<Arc<AppState>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    caller: WebCaller,
    headers: HeaderMap,
    Json(mut new): Json<NewComment>,
) -> PostAnswer {
    let (entity, priority) = (new.entity.take(), new.priority.take());
    (new.entity, new.priority) = new.fields.persona_and_priority(entity, priority)?;
    match new.message_type.unwrap_or(MessageType::Human) {
        MessageType::Human => {
            if let Some(limiter) = &app.post_limiter {
                limiter.check_address(client_address::find_address(
                    &app.settings,
                    peer,
                    &headers,
                ))?;
            }
            post_message(&app, &caller, new).await
        }
        MessageType::Ai => post_reply(&app, &caller, new).await,
        MessageType::Notice | MessageType::Question => Err(ApiError::invalid(
            "invalid_type",
            "`message-type` is human or AI; only this server writes notices and questions",
        )),
    }
}

/// The text of a person's message. The words of a recording are a text too.
fn check_text(new: &NewComment) -> Result<String, ApiError> {
    // An id ends with the name of its file.
    let names = new.attachments.iter().filter_map(|id| id.split_once('-'));
    let speaks = names.into_iter().any(|(_, name)| is_recording(name));
    if speaks && new.text.trim().is_empty() {
        return Ok(String::new());
    }
    Ok(input_validation::said(&new.text, TEXT_LIMIT)?)
}

/// Stores a person's message.
async fn post_message(app: &AppState, caller: &WebCaller, new: NewComment) -> PostAnswer {
    let text = check_text(&new)?;
    let room = match new.domain.as_deref() {
        Some(room) => input_validation::check_room(room)?,
        None => DEFAULT_ROOM,
    };
    caller.check_entry(room)?;
    let persona = app.find_persona(new.entity.as_deref())?.name.clone();
    let route = app.inbox.route(place_of_room(room), &persona);
    let external_id = match new.id.as_deref() {
        Some(id) => {
            let id = input_validation::check_new_id(id)?;
            check_no_reply(app, id).await?;
            id.into()
        }
        None => new_external_id(app),
    };
    let username = new
        .username
        .as_deref()
        .map(input_validation::check_username)
        .transpose()?;
    let name = username.flatten().or_else(|| caller.name.clone());
    if let Some(name) = name.as_deref() {
        author_names::check_author_name(&app.settings, app.inbox.personas(), caller, name)?;
    }
    let reply_to = new
        .reply_to
        .as_deref()
        .map(input_validation::check_id)
        .transpose()?;
    let message = NewMessage {
        external_id,
        part_ids: Vec::new(),
        route: route.ok_or_else(|| ApiError::not_found("this persona was removed just now"))?,
        author: Author {
            id: caller.id().clone(),
            name: name.unwrap_or_else(|| NOBODY.to_owned()),
        },
        text,
        attachments: file_transfers::take_uploads(
            app,
            caller,
            &place_of_room(room),
            &persona,
            &new.attachments,
        )
        .await?,
        reply_to: reply_to.map(ExternalId::from),
        // The place is enough to route a reply on the web.
        reply_route: Value::Null,
        extra: new.fields.into_extra()?,
        priority: check_priority(caller, new.priority)?,
    };
    let room = room.to_owned();
    let ingested = app.inbox.ingest(message).await?.into_iter().next();
    let ingested = ingested.ok_or_else(|| ApiError::conflict("nothing was stored; try again"))?;
    let (code, status, message) = match ingested {
        Ingested::Stored(message) => (StatusCode::CREATED, "success", message),
        Ingested::Duplicate(message) | Ingested::Refused(message)
            if message.state == MessageState::Refused =>
        {
            return Err(ApiError::too_many(
                "too_many_waiting",
                message.reason.unwrap_or_default(),
                AFTER_REFUSAL,
            ));
        }
        Ingested::Duplicate(message) | Ingested::Refused(message) => {
            // A caller who guesses an id must not learn of comments in another room.
            if message.place.address != room {
                return Err(id_taken(message.external_id.as_str()));
            }
            (StatusCode::OK, "duplicate", message)
        }
    };
    let comment = Comment::of_message(&app.comments, message).await?;
    Ok((
        code,
        axum::Json(PostedComment {
            success: true,
            status,
            comment,
        }),
    ))
}

/// Stores a reply of a worker, with or without a claim of the message.
async fn post_reply(app: &AppState, caller: &WebCaller, new: NewComment) -> PostAnswer {
    if !caller.has_right(Right::ActUnderOwnId) {
        return Err(ApiError::unauthorized(
            "only signed-in callers may post as a persona; leave `message-type` out",
        ));
    }
    let text = input_validation::said(&new.text, REPLY_LIMIT)?;
    let answered = match new.reply_to.as_deref() {
        Some(id) => Some(message_lookup::find_message(app, caller, id).await?),
        None => None,
    };
    let asked_persona = answered.as_ref().map(|message| message.persona.as_str());
    let persona = new.entity.as_deref().or(asked_persona);
    let persona = app.find_persona(persona)?;
    // The filters of the persona apply as in a turn.
    let text = persona.filters.apply(&text);
    if text.trim().is_empty() {
        return Err(ApiError::invalid(
            "invalid_text",
            format!("the filters of {} remove the whole text", persona.name),
        ));
    }
    let persona = persona.name.clone();
    // The place of a reply is the place of its message.
    let place = match (&answered, new.domain.as_deref()) {
        (Some(message), _) => message.place.clone(),
        (None, Some(room)) => place_of_room(input_validation::check_room(room)?),
        (None, None) => place_of_room(DEFAULT_ROOM),
    };
    caller.check_entry(&place.address)?;
    let external_id = match new.id.as_deref() {
        Some(id) => {
            let id = input_validation::check_new_id(id)?;
            check_no_message(app, id).await?;
            Some(id.into())
        }
        None => None,
    };
    let room = place.address.clone();
    let route = app.inbox.route(place, &persona);
    let posted = app
        .store()
        .post_reply(PostReply {
            route: route.ok_or_else(|| ApiError::not_found("this persona was removed just now"))?,
            external_id,
            message: answered.map(|message| message.id),
            text,
            extra: new.fields.into_extra()?,
        })
        .await?;
    let (code, status, post) = match posted {
        Posted::Stored(post) => (StatusCode::CREATED, "success", post),
        Posted::Duplicate(post) if post.place.address != room => return Err(id_taken(&post.id)),
        Posted::Duplicate(post) => (StatusCode::OK, "duplicate", post),
    };
    let comment = Comment::of_post(&app.comments, post).await?;
    Ok((
        code,
        axum::Json(PostedComment {
            success: true,
            status,
            comment,
        }),
    ))
}

fn id_taken(id: &str) -> ApiError {
    ApiError::conflict(format!(
        "the id {id:?} belongs to another comment; choose a new id"
    ))
}

/// Messages and replies are stored separately, but share the ids.
async fn check_no_reply(app: &AppState, id: &str) -> Result<(), ApiError> {
    match find_post(app, id).await? {
        Some(post) if post.message.is_none() => Err(id_taken(id)),
        _ => Ok(()),
    }
}

async fn check_no_message(app: &AppState, id: &str) -> Result<(), ApiError> {
    match find_post(app, id).await? {
        Some(post) if post.message.is_some() => Err(id_taken(id)),
        _ => Ok(()),
    }
}

async fn find_post(app: &AppState, id: &str) -> Result<Option<Post>, ApiError> {
    Ok(app
        .views()
        .post(&channel_name(), &account_name(), id)
        .await?)
}

/// A new id. The ids are in the order of time, which helps in logs.
fn new_external_id(app: &AppState) -> ExternalId {
    let millis = app.settings.clock.wall().0.max(0).unsigned_abs();
    let nanos = u32::try_from(millis % 1_000).unwrap_or_default() * 1_000_000;
    let time = uuid::Timestamp::from_unix(uuid::NoContext, millis / 1_000, nanos);
    uuid::Uuid::new_v7(time).to_string().into()
}

fn check_priority(caller: &WebCaller, asked: Option<i64>) -> Result<Priority, ApiError> {
    let Some(asked) = asked else {
        return Ok(Priority::default());
    };
    let priority = u8::try_from(asked)
        .ok()
        .and_then(|priority| Priority::try_from(priority).ok())
        .ok_or_else(|| {
            ApiError::invalid(
                "invalid_priority",
                format!("`priority` is 0 to {}, not {asked}", Priority::MAX),
            )
        })?;
    if !caller.has_right(Right::ActUnderOwnId) && priority > Priority::default() {
        return Err(ApiError::unauthorized(
            "only signed-in callers may set a priority; leave `priority` out",
        ));
    }
    Ok(priority)
}
