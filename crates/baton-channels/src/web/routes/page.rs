//! The page: a room as HTML with its newest posts, so that a reader sees these posts at once. The page's script reads
//! all later posts from the stream.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Html;
use baton_core::authority::Right;
use baton_core::commands::OFFERS;
use serde::Deserialize;

use super::comments::change_mark::newest_sequence;
use super::comments::comment_pages::{CommentsQuery, read_page};
use crate::web::app_state::AppState;
use crate::web::http::api_error::ApiError;
use crate::web::http::authentication::WebCaller;
use crate::web::http::extractors::{Path, Query};
use crate::web::http::size_limits::TEXT_LIMIT;
use crate::web::model::comment::{Comment, MessageType};
use crate::web::model::input_validation;
use crate::web::room_place::DEFAULT_ROOM;
use page_view::{FilterView, OfferedFiles, PageView, PersonaView, PostView, quote_post};

mod page_view;

/// The filter of posts in the page's address.
#[derive(Default, Deserialize)]
pub(crate) struct PageQuery {
    user: Option<String>,
    search: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Serves the default room.
pub(crate) async fn serve_default_room(
    State(app): State<Arc<AppState>>,
    caller: Option<WebCaller>,
    Query(query): Query<PageQuery>,
) -> Result<(StatusCode, Html<String>), ApiError> {
    render_room(&app, caller, DEFAULT_ROOM, query).await
}

/// Serves the room with this name.
pub(crate) async fn serve_room(
    State(app): State<Arc<AppState>>,
    caller: Option<WebCaller>,
    Path(room): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<(StatusCode, Html<String>), ApiError> {
    render_room(&app, caller, input_validation::check_room(&room)?, query).await
}

async fn render_room(
    app: &AppState,
    caller: Option<WebCaller>,
    room: &str,
    query: PageQuery,
) -> Result<(StatusCode, Html<String>), ApiError> {
    let filter = FilterView::from(query);
    let mut page = PageView {
        room: room.to_owned(),
        public: room == DEFAULT_ROOM,
        closed: true,
        name: String::new(),
        cursor: 0,
        more: false,
        before: None,
        filter,
        personas: Vec::new(),
        answering: String::new(),
        posts: Vec::new(),
        blank: PostView::default(),
        text_limit: TEXT_LIMIT,
        offers: &[],
        files: None,
    };
    // A caller who may not enter gets an empty page with only the sign-in form.
    let Some(caller) = caller else {
        return Ok((StatusCode::UNAUTHORIZED, Html(render_page(&page)?)));
    };
    page.name = caller.name.clone().unwrap_or_default();
    let is_signed_in = caller.has_right(Right::ActUnderOwnId);
    if !is_signed_in && !caller.may_enter(room) {
        return Ok((StatusCode::UNAUTHORIZED, Html(render_page(&page)?)));
    }
    page.closed = false;
    if is_signed_in {
        page.offers = &OFFERS;
        page.files = app.inbox.files().map(|files| OfferedFiles {
            limits: files.limits(),
            hears: app.settings.hears,
        });
    }
    page.personas = persona_views(app);
    page.answering = app.settings.default_persona.to_string();
    // The cursor is read before the posts. A post stored in between comes twice, and the script shows the post once.
    page.cursor = newest_sequence(app, &caller.rooms_to_read(Some(room))?)
        .await?
        .0;
    let comments = read_page(app, &caller, page.filter.comments_query(room)).await?;
    page.more = comments.has_more;
    page.before = comments.before.map(|before| before.to_string());
    page.posts = post_views(&comments.comments);
    Ok((StatusCode::OK, Html(render_page(&page)?)))
}

fn render_page(page: &PageView) -> Result<String, ApiError> {
    page.render().map_err(|error| {
        tracing::error!(room = page.room, %error, "the page could not be rendered");
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "page_failed",
            "the page could not be rendered; the log has the reason",
        )
    })
}

/// All personas by name, but the default persona first.
fn persona_views(app: &AppState) -> Vec<PersonaView> {
    let mut personas = app.inbox.personas().all();
    personas.sort_by_key(|persona| persona.name != app.settings.default_persona);
    personas
        .into_iter()
        .map(|persona| PersonaView {
            name: persona.name.to_string(),
            color: persona.color.clone().unwrap_or_default(),
        })
        .collect()
}

fn post_views(comments: &[Comment]) -> Vec<PostView> {
    let by_id: HashMap<_, _> = comments
        .iter()
        .map(|comment| (comment.id.as_str(), comment))
        .collect();
    comments
        .iter()
        .map(|comment| {
            let answered = comment.reply_to.as_deref().and_then(|id| by_id.get(id));
            post_view(comment, answered.copied())
        })
        .collect()
}

fn post_view(comment: &Comment, answered: Option<&Comment>) -> PostView {
    let post = PostView {
        id: comment.id.clone(),
        seq: comment.seq,
        kind: match comment.message_type {
            MessageType::Human => "human",
            MessageType::Ai => "ai",
            MessageType::Notice => "notice",
            MessageType::Question => "question",
        },
        name: comment.username.clone(),
        color: comment.fields.color.clone().unwrap_or_default(),
        entity: comment.entity.clone(),
        reply_to: comment.reply_to.clone().unwrap_or_default(),
        quote: answered.map_or_else(
            || "an earlier post".to_owned(),
            |answered| quote_post(&answered.username, &answered.text),
        ),
        html: comment.html.to_string(),
        shortened: comment.shortened,
        files: comment.files.clone(),
        ..PostView::default()
    };
    let state = comment.state.map_or("", |state| state.as_str());
    let mut post = post.with_time(comment.timestamp).with_state(
        state,
        comment.position,
        comment.reason.as_deref().unwrap_or_default(),
    );
    if let Some(approval) = &comment.approval {
        post.approval = to_json(approval);
        // Readers without the script see these words. The script replaces the words by a card.
        post.state_words = approval.in_words();
    }
    if !comment.activities.is_empty() {
        post.activities = to_json(&comment.activities);
    }
    post
}

fn to_json(what: &impl serde::Serialize) -> String {
    serde_json::to_string(what).expect("plain fields are always JSON")
}

impl From<PageQuery> for FilterView {
    /// Ignores an unknown type, because a link from elsewhere may hold anything.
    fn from(query: PageQuery) -> Self {
        let kind = query.kind.filter(|kind| MessageType::parse(kind).is_some());
        Self {
            user: query.user.unwrap_or_default(),
            search: query.search.unwrap_or_default(),
            kind: kind.unwrap_or_default(),
        }
    }
}

impl FilterView {
    fn comments_query(&self, room: &str) -> CommentsQuery {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        CommentsQuery {
            domain: Some(room.to_owned()),
            before: Some("latest".to_owned()),
            user: some(&self.user),
            search: some(&self.search),
            kind: some(&self.kind),
            ..CommentsQuery::default()
        }
    }
}
