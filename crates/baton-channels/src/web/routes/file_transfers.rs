//! `POST /api/files` and `GET /api/files/...`. A file is sent before its message. A caller may read a file if
//! the caller may read the comment of the file.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use baton_core::authority::Right;
use baton_core::files::{FileError, Files, Incoming};
use baton_core::message::Attachment;
use baton_core::name::PersonaName;
use baton_core::place::Place;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;
use utoipa::{IntoParams, ToSchema};

use super::message_lookup;
use crate::web::app_state::AppState;
use crate::web::http::api_error::{ApiError, ErrorBody};
use crate::web::http::authentication::{SignedInCaller, WebCaller};
use crate::web::http::client_address;
use crate::web::http::extractors::{Path, Query};
use crate::web::model::file_view::{encode_path_part, picture_type};
use crate::web::model::input_validation;
use crate::web::model::public_id::BY_NUMBER;
use crate::web::room_place::{DEFAULT_ROOM, account_name, channel_name, place_of_room};

/// The path for uploads.
pub(crate) const UPLOAD_PATH: &str = "/api/files";

/// The name and the later message of an uploaded file.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadQuery {
    /// The name of the file.
    name: String,
    /// The room of the later message. By default the room `main`.
    domain: Option<String>,
    /// The persona of the later message. By default the default persona.
    entity: Option<String>,
}

/// A stored file without a message yet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadedFile {
    /// The id of the file, for `attachments` of a message.
    file: String,
    /// The name of the file, without unsafe characters.
    name: String,
    /// The size in bytes.
    size: u64,
}

/// Send a file as the body of the request.
///
/// The file is stored when the call returns. A message then names the file in `attachments`.
#[utoipa::path(post, path = "/api/files", tag = "comments", params(UploadQuery),
    request_body(content = String, content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "the file is stored", body = UploadedFile),
        (status = 400, description = "no such persona, or an incomplete file", body = ErrorBody),
        (status = 401, description = "only for signed-in callers", body = ErrorBody),
        (status = 404, description = "no room open to the caller, or this Baton accepts no files", body = ErrorBody),
        (status = 413, description = "larger than the limit for files", body = ErrorBody),
        (status = 415, description = "not application/octet-stream", body = ErrorBody),
        (status = 429, description = "too many files from this address", body = ErrorBody),
        (status = 507, description = "no space on the disk, or too many uploads without a message", body = ErrorBody),
    ))]
pub(crate) async fn upload_file(
    State(app): State<Arc<AppState>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    SignedInCaller(caller): SignedInCaller,
    headers: HeaderMap,
    Query(query): Query<UploadQuery>,
    body: Body,
) -> Result<(StatusCode, axum::Json<UploadedFile>), ApiError> {
    let room = match query.domain.as_deref() {
        Some(room) => input_validation::check_room(room)?,
        None => DEFAULT_ROOM,
    };
    caller.check_entry(room)?;
    let persona = app.find_persona(query.entity.as_deref())?.name.clone();
    let files = require_files(&app)?;
    if let Some(limiter) = &app.upload_limiter {
        limiter.check_address(client_address::find_address(&app.settings, peer, &headers))?;
    }
    let file = files
        .begin_upload(&place_of_room(room), &persona, &query.name)
        .await
        .map_err(|error| file_refusal(&error))?;
    let kept = receive_upload(file, body).await?;
    let sent = UploadedFile {
        file: kept.id().to_owned(),
        name: kept.name.clone(),
        size: kept.size,
    };
    Ok((StatusCode::CREATED, axum::Json(sent)))
}

async fn receive_upload(mut file: Incoming, body: Body) -> Result<Attachment, ApiError> {
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| upload_cut_off())?;
        file.write(&piece)
            .await
            .map_err(|error| file_refusal(&error))?;
    }
    file.finish().await.map_err(|error| file_refusal(&error))
}

fn upload_cut_off() -> ApiError {
    ApiError::invalid(
        "cut_off",
        "the file did not arrive completely; send the file again",
    )
}

/// The uploaded files that a message names.
pub(crate) async fn take_uploads(
    app: &AppState,
    caller: &WebCaller,
    place: &Place,
    persona: &PersonaName,
    names: &[String],
) -> Result<Vec<Attachment>, ApiError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    if !caller.has_right(Right::ActUnderOwnId) {
        return Err(ApiError::unauthorized("sign in to send files"));
    }
    let files = require_files(app)?;
    let most = files.limits().at_once;
    if names.len() > most {
        return Err(ApiError::invalid(
            "too_many_files",
            format!("one message takes at most {most} files"),
        ));
    }
    let taken = files.take(place, persona, names).await;
    taken.map_err(|error| file_refusal(&error))
}

/// Read one file of a comment. The first file has number 0.
///
/// A browser shows pictures, and saves all other files.
#[utoipa::path(get, path = "/api/files/{id}/{number}", tag = "comments",
    params(("id" = String, Path, description = "the comment's id"), ("number" = usize, Path, description = "the number of the file, from 0")),
    responses(
        (status = 200, description = "the file", content_type = "application/octet-stream", body = String),
        (status = 401, description = "not public", body = ErrorBody),
        (status = 404, description = "there is no such file, or the file was removed", body = ErrorBody),
    ))]
pub(crate) async fn download_file(
    State(app): State<Arc<AppState>>,
    caller: WebCaller,
    Path((id, number)): Path<(String, usize)>,
) -> Result<Response, ApiError> {
    let attachments = find_attachments(&app, &caller, &id).await?;
    let gone = || ApiError::not_found(format!("comment {id:?} has no file number {number}"));
    let attachment = attachments.get(number).ok_or_else(gone)?;
    // The file may be gone, because files are deleted after a time.
    let opened = require_files(&app)?
        .open(attachment)
        .await
        .ok_or_else(gone)?;
    let (kind, how) = match picture_type(&attachment.name) {
        Some(kind) => (kind, "inline"),
        None => ("application/octet-stream", "attachment"),
    };
    let disposition = format!(
        "{how}; filename*=UTF-8''{}",
        encode_path_part(&attachment.name)
    );
    let disposition = HeaderValue::from_str(&disposition)
        .unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        // Nothing in the file can run or be framed, whatever the type of the file.
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'"),
        ),
        (header::CONTENT_LENGTH, opened.size.into()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    // Sends no more than the announced length, even if the file grows meanwhile.
    let content = ReaderStream::new(opened.file.take(opened.size));
    Ok((headers, Body::from_stream(content)).into_response())
}

/// The files of a comment, or of a message from another channel that a worker answers.
async fn find_attachments(
    app: &AppState,
    caller: &WebCaller,
    id: &str,
) -> Result<Vec<Attachment>, ApiError> {
    let unknown = || message_lookup::no_comment(id);
    if id.starts_with(BY_NUMBER) {
        let message = message_lookup::find_message_for_worker(app, caller, id).await?;
        let persona = app.inbox.personas().get(&message.persona);
        let is_workers =
            persona.is_some_and(|persona| app.settings.worker_agents.contains(&persona.agent));
        return is_workers
            .then_some(message.attachments)
            .ok_or_else(unknown);
    }
    let post = app
        .views()
        .post(
            &channel_name(),
            &account_name(),
            input_validation::check_id(id)?,
        )
        .await?
        .filter(|post| caller.may_enter(&post.place.address));
    post.map(|post| post.files).ok_or_else(unknown)
}

fn require_files(app: &AppState) -> Result<&Arc<Files>, ApiError> {
    let files = app.inbox.files();
    files.ok_or_else(|| ApiError::not_found("this Baton accepts no files"))
}

fn file_refusal(error: &FileError) -> ApiError {
    match error {
        FileError::TooLarge { .. } => {
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", error)
        }
        FileError::TooManyUploads { .. } => {
            tracing::warn!(%error, "a file could not be stored");
            ApiError::new(StatusCode::INSUFFICIENT_STORAGE, "uploads_full", error)
        }
        FileError::Unknown { .. } => ApiError::invalid("unknown_file", error),
        FileError::Disk { .. } => {
            tracing::error!(%error, "a file could not be stored");
            ApiError::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "disk",
                "the file could not be stored; the log has the reason. Try again later",
            )
        }
    }
}
