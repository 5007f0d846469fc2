//! Authentication and permissions. The argument type of a handler decides the permitted callers: a [`Caller`]
//! may be a guest, a [`Member`] has signed in, and an [`Operator`] runs this Baton.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, OptionalFromRequestParts};
use axum::http::{HeaderMap, header, request::Parts};
use baton_core::name::PersonId;
use baton_core::place::Place;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::app::App;
use super::error::ApiError;
use super::session::BySession;
use super::settings::{GUEST, LOCAL, PersonAccount, WebSettings};
use super::{DEFAULT_ROOM, account_name, channel_name, client, place};

/// Stands for the address of a request without a known peer.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// The author of a request, with access to at least one room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The stable person id.
    pub(crate) id: PersonId,
    /// The name for posts without `username`; `None` for a guest and for a local operator.
    pub(crate) name: Option<String>,
    role: Role,
    /// The rooms open to the caller.
    rooms: Rooms,
}

/// A set of rooms: those open to a caller, or those of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rooms {
    None,
    /// Only this room.
    Only(String),
    /// All rooms except these.
    AllBut(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Guest,
    Member,
    Operator,
}

/// A caller who has signed in or needs no sign-in.
pub(crate) struct Member(pub(crate) Caller);

/// A caller who is an operator.
pub(crate) struct Operator(pub(crate) Caller);

impl Caller {
    fn guest() -> Self {
        Self {
            id: GUEST.into(),
            name: None,
            role: Role::Guest,
            rooms: Rooms::Only(DEFAULT_ROOM.to_owned()),
        }
    }

    fn member(settings: &WebSettings, person: &PersonAccount) -> Self {
        Self {
            id: person.id.clone(),
            name: Some(person.name.clone()),
            role: if person.operator {
                Role::Operator
            } else {
                Role::Member
            },
            rooms: Rooms::AllBut(settings.closed_to(person)),
        }
    }

    /// The operator without an account: a caller of a loopback page without accounts, or this program's
    /// command line.
    fn local() -> Self {
        Self {
            id: LOCAL.into(),
            name: None,
            role: Role::Operator,
            rooms: Rooms::all(),
        }
    }

    pub(crate) fn is_guest(&self) -> bool {
        self.role == Role::Guest
    }

    pub(crate) fn is_operator(&self) -> bool {
        self.role == Role::Operator
    }

    pub(crate) fn may_enter(&self, room: &str) -> bool {
        self.rooms.hold(room)
    }

    /// Whether the caller may decide an approval with these deciders. Never true for a guest: all guests
    /// share one person id, so the author of a message cannot be told from other guests.
    pub(crate) fn decides(&self, deciders: &[PersonId]) -> bool {
        !self.is_guest() && (self.is_operator() || deciders.contains(&self.id))
    }

    /// Whether the caller may see the content of a place. Only operators see places of other channels here.
    pub(crate) fn sees(&self, place: &Place) -> bool {
        let ours = place.channel == channel_name() && place.account == account_name();
        if ours {
            self.may_enter(&place.address)
        } else {
            self.is_operator()
        }
    }

    /// Checks whether the caller may write in a room. The error asks a guest to sign in, and tells other
    /// callers that the room does not exist.
    pub(crate) fn enter(&self, room: &str) -> Result<(), ApiError> {
        if self.may_enter(room) {
            Ok(())
        } else if self.is_guest() {
            Err(ApiError::unauthorized(format!(
                "the room {room:?} is not public; sign in to enter"
            )))
        } else {
            Err(ApiError::not_found(format!("there is no room {room:?}")))
        }
    }

    /// The rooms to read for a request with the room `asked`, or with no room. A room closed to the caller
    /// reads as an empty room, so that its existence stays hidden.
    pub(crate) fn rooms(&self, asked: Option<&str>) -> Result<Rooms, ApiError> {
        match asked {
            Some(room) if self.may_enter(room) => Ok(Rooms::Only(room.to_owned())),
            Some(room) => {
                // Guests are told to sign in.
                if self.is_guest() {
                    self.enter(room)?;
                }
                Ok(Rooms::None)
            }
            None => Ok(self.rooms.clone()),
        }
    }
}

impl Rooms {
    pub(crate) fn all() -> Self {
        Self::AllBut(Vec::new())
    }

    pub(crate) fn hold(&self, room: &str) -> bool {
        match self {
            Self::None => false,
            Self::Only(only) => only == room,
            Self::AllBut(closed) => !closed.iter().any(|closed| closed == room),
        }
    }

    /// The rooms for a store query; `None` for all rooms.
    pub(crate) fn only(&self) -> Option<Vec<String>> {
        match self {
            Self::None => Some(Vec::new()),
            Self::Only(room) => Some(vec![room.clone()]),
            Self::AllBut(_) => None,
        }
    }

    /// The excluded rooms for a store query.
    pub(crate) fn not_in(&self) -> Vec<Place> {
        match self {
            Self::None | Self::Only(_) => Vec::new(),
            Self::AllBut(closed) => closed.iter().map(|room| place(room)).collect(),
        }
    }
}

/// Identifies the caller by the token in the header, by the cookie, or as a guest.
async fn identify(app: &App, parts: &Parts) -> Result<Caller, ApiError> {
    let (settings, headers) = (&*app.settings, &parts.headers);
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(NOWHERE, |ConnectInfo(peer)| *peer);
    let address = client::address(settings, peer, headers);
    if let Some(token) = bearer(headers)? {
        return sign_in(app, address, &token).await?.ok_or_else(|| {
            ApiError::unauthorized("this token is not one of ours; check it, or leave it out")
        });
    }
    if let Some(BySession(caller)) = parts.extensions.get() {
        return Ok(caller.clone());
    }
    if settings.public {
        Ok(Caller::guest())
    } else if settings.people.is_empty() && !settings.strangers_come(app.listening) {
        Ok(Caller::local())
    } else {
        Err(ApiError::unauthorized(
            "sign in first: `Authorization: Bearer TOKEN`, or POST /api/session",
        ))
    }
}

/// Finds the person with this token; `None` if nobody has it. After too many wrong tokens from the
/// address, the check waits first, and another wrong token is refused.
pub(crate) async fn sign_in(
    app: &App,
    address: IpAddr,
    token: &SecretString,
) -> Result<Option<Caller>, ApiError> {
    // This token cannot be guessed, and wrong tokens of others must not lock out the operator.
    if let Some(ours) = &app.settings.operator_token
        && same(ours, token)
    {
        return Ok(Some(Caller::local()));
    }
    app.tries.wait_before(address).await;
    let found = of_token(&app.settings, token);
    if found.is_none() {
        app.tries.wrong(address)?;
    }
    Ok(found)
}

/// The person with this token. Compares all tokens in constant time, so that the duration tells nothing.
fn of_token(settings: &WebSettings, token: &SecretString) -> Option<Caller> {
    let mut found = None;
    for person in &settings.people {
        if same(&person.token, token) {
            found = Some(Caller::member(settings, person));
        }
    }
    found
}

/// The person's token and roles; `None` if there is no such person.
pub(crate) fn token_of<'a>(
    settings: &'a WebSettings,
    id: &PersonId,
) -> Option<(&'a SecretString, Caller)> {
    if id.as_str() == LOCAL {
        let token = settings.operator_token.as_ref()?;
        return Some((token, Caller::local()));
    }
    let person = settings.people.iter().find(|person| person.id == *id)?;
    Some((&person.token, Caller::member(settings, person)))
}

/// Compares two tokens in constant time. An empty token never matches, whatever the configuration.
fn same(ours: &SecretString, theirs: &SecretString) -> bool {
    let (ours, theirs) = (ours.expose_secret(), theirs.expose_secret());
    let equal: bool = ours.as_bytes().ct_eq(theirs.as_bytes()).into();
    equal && !ours.is_empty()
}

fn bearer(headers: &HeaderMap) -> Result<Option<SecretString>, ApiError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let token = value.to_str().ok().and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| SecretString::from(token.trim()))
    });
    token
        .map(Some)
        .ok_or_else(|| ApiError::unauthorized("send `Authorization: Bearer TOKEN`, nothing else"))
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        identify(app, parts).await
    }
}

/// For the page, which shows a sign-in form to unknown callers.
impl OptionalFromRequestParts<Arc<App>> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<Option<Self>, Self::Rejection> {
        Ok(identify(app, parts).await.ok())
    }
}

impl FromRequestParts<Arc<App>> for Member {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let caller = identify(app, parts).await?;
        if caller.is_guest() {
            return Err(ApiError::unauthorized("this is not public; sign in first"));
        }
        Ok(Self(caller))
    }
}

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Member(caller) = Member::from_request_parts(parts, app).await?;
        if !caller.is_operator() {
            return Err(ApiError::forbidden(
                "only an operator may do this; ask one to set `operator = true` for you",
            ));
        }
        Ok(Self(caller))
    }
}
