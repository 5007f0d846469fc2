//! Authentication, and the roles of callers. The argument type of a handler decides the permitted callers: a
//! [`WebCaller`] may be a guest, a [`SignedInCaller`] has signed in, and an [`OperatorCaller`] runs this
//! Baton.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, OptionalFromRequestParts};
use axum::http::{HeaderMap, header, request::Parts};
use baton_core::authority::{Forbidden, PersonRole, Principal, Right};
use baton_core::message::Author;
use baton_core::name::PersonId;
use baton_core::place::Place;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::access_state::AccessState;
use super::api_error::ApiError;
use super::client_address;
use crate::web::room_place::{DEFAULT_ROOM, account_name, channel_name, place_of_room};
use crate::web::settings::{GUEST, LOCAL, PersonAccount, WebSettings};

/// Stands for the address of a request without a known peer.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// The roles of a signed-in person.
const SIGNED_IN_ROLES: &[PersonRole] = &[PersonRole::Identified, PersonRole::Worker];
/// The roles of an operator.
const OPERATOR_ROLES: &[PersonRole] = &[
    PersonRole::Identified,
    PersonRole::Worker,
    PersonRole::Operator,
];
/// The roles in an open room. The web makes no difference between speakers and moderators.
const ROOM_ROLES: &[PersonRole] = &[
    PersonRole::Reader,
    PersonRole::Speaker,
    PersonRole::Moderator,
];

/// Name of a local operator in decisions.
const OPERATOR: &str = "the operator";

/// The author of a request, with access to at least one room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WebCaller {
    /// The person, with the roles that do not concern a room.
    principal: Principal,
    /// The name for posts without `username`; `None` for a guest and for a local operator.
    pub(crate) name: Option<String>,
    /// The rooms open to the caller.
    rooms: RoomSet,
}

/// A set of rooms: those open to a caller, or those of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RoomSet {
    None,
    /// Only this room.
    Only(String),
    /// All rooms except these.
    AllBut(Vec<String>),
}

/// The caller according to the cookie; attached to the request.
#[derive(Clone)]
pub(crate) struct CookieCaller(pub(crate) WebCaller);

/// A caller who has signed in or needs no sign-in.
pub(crate) struct SignedInCaller(pub(crate) WebCaller);

/// A caller who is an operator.
pub(crate) struct OperatorCaller(pub(crate) WebCaller);

impl WebCaller {
    fn new_guest() -> Self {
        Self {
            principal: build_principal(GUEST.into(), GUEST, &[]),
            name: None,
            rooms: RoomSet::Only(DEFAULT_ROOM.to_owned()),
        }
    }

    fn for_person(settings: &WebSettings, person: &PersonAccount) -> Self {
        let roles = if person.operator {
            OPERATOR_ROLES
        } else {
            SIGNED_IN_ROLES
        };
        let principal = build_principal(person.id.clone(), &person.name, roles);
        let rooms = if principal.has_right(Right::SeeEverything) {
            RoomSet::all()
        } else {
            RoomSet::AllBut(settings.rooms_without(&person.id))
        };
        Self {
            principal,
            name: Some(person.name.clone()),
            rooms,
        }
    }

    /// The operator without an account: a caller of a loopback page without accounts, or this program's
    /// command line.
    fn local_operator() -> Self {
        Self {
            principal: build_principal(LOCAL.into(), OPERATOR, OPERATOR_ROLES),
            name: None,
            rooms: RoomSet::all(),
        }
    }

    /// The stable person id.
    pub(crate) fn id(&self) -> &PersonId {
        self.principal.id()
    }

    /// The person, with the roles that do not concern a room.
    pub(crate) fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The person, with the roles in a place. Places of other channels give no roles here, so only operators
    /// have rights there.
    pub(crate) fn principal_in(&self, place: &Place) -> Principal {
        let ours = place.channel == channel_name() && place.account == account_name();
        let is_open = ours && self.rooms.contains_room(&place.address);
        let roles = if is_open { ROOM_ROLES } else { &[] };
        self.principal.clone().with_roles(roles.iter().copied())
    }

    /// Whether the caller has a right that does not concern a room.
    pub(crate) fn has_right(&self, right: Right<'_>) -> bool {
        self.principal.has_right(right)
    }

    /// Whether the caller may read in a room.
    pub(crate) fn may_enter(&self, room: &str) -> bool {
        self.principal_in(&place_of_room(room))
            .has_right(Right::ReadPlace)
    }

    /// Checks whether the caller may write in a room. The error asks a guest to sign in, and tells other
    /// callers that the room does not exist.
    pub(crate) fn check_entry(&self, room: &str) -> Result<(), ApiError> {
        let caller_there = self.principal_in(&place_of_room(room));
        caller_there
            .check_right(Right::Speak)
            .map_err(|error| match error {
                Forbidden::Guest => ApiError::unauthorized(format!(
                    "the room {room:?} is not public; sign in to enter"
                )),
                _ => ApiError::not_found(format!("there is no room {room:?}")),
            })
    }

    /// The rooms to read for a request with the room `asked`, or with no room. A room closed to the caller
    /// reads as an empty room, so that its existence stays hidden.
    pub(crate) fn rooms_to_read(&self, asked: Option<&str>) -> Result<RoomSet, ApiError> {
        match asked {
            Some(room) if self.may_enter(room) => Ok(RoomSet::Only(room.to_owned())),
            Some(room) => {
                // Guests are told to sign in.
                if !self.has_right(Right::ActUnderOwnId) {
                    self.check_entry(room)?;
                }
                Ok(RoomSet::None)
            }
            None => Ok(self.rooms.clone()),
        }
    }
}

fn build_principal(id: PersonId, name: &str, roles: &[PersonRole]) -> Principal {
    let name = name.to_owned();
    Principal::new(Author { id, name }, roles.iter().copied())
}

impl RoomSet {
    pub(crate) fn all() -> Self {
        Self::AllBut(Vec::new())
    }

    pub(crate) fn contains_room(&self, room: &str) -> bool {
        match self {
            Self::None => false,
            Self::Only(only) => only == room,
            Self::AllBut(closed) => !closed.iter().any(|closed| closed == room),
        }
    }

    /// The rooms for a store query; `None` for all rooms.
    pub(crate) fn included_addresses(&self) -> Option<Vec<String>> {
        match self {
            Self::None => Some(Vec::new()),
            Self::Only(room) => Some(vec![room.clone()]),
            Self::AllBut(_) => None,
        }
    }

    /// The excluded rooms for a store query.
    pub(crate) fn excluded_places(&self) -> Vec<Place> {
        match self {
            Self::None | Self::Only(_) => Vec::new(),
            Self::AllBut(closed) => closed.iter().map(|room| place_of_room(room)).collect(),
        }
    }
}

/// Identifies the caller by the token in the header, by the cookie, or as a guest.
async fn identify_caller(access: &AccessState, parts: &Parts) -> Result<WebCaller, ApiError> {
    let (settings, headers) = (&*access.settings, &parts.headers);
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(NOWHERE, |ConnectInfo(peer)| *peer);
    let address = client_address::find_address(settings, peer, headers);
    if let Some(token) = parse_bearer_token(headers)? {
        return authenticate_token(access, address, &token)
            .await?
            .ok_or_else(|| {
                ApiError::unauthorized(
                    "nobody here has this token; check the token, or leave it out",
                )
            });
    }
    if let Some(CookieCaller(caller)) = parts.extensions.get() {
        return Ok(caller.clone());
    }
    if settings.public {
        Ok(WebCaller::new_guest())
    } else if settings.people.is_empty() && !settings.strangers_come(access.listening) {
        Ok(WebCaller::local_operator())
    } else {
        Err(ApiError::unauthorized(
            "sign in first: `Authorization: Bearer TOKEN`, or POST /api/session",
        ))
    }
}

/// Finds the person with this token; `None` if nobody has it. After too many wrong tokens from the
/// address, the check waits first, and another wrong token is refused.
pub(crate) async fn authenticate_token(
    access: &AccessState,
    address: IpAddr,
    token: &SecretString,
) -> Result<Option<WebCaller>, ApiError> {
    // This token cannot be guessed, and wrong tokens of others must not lock out the operator.
    if let Some(ours) = &access.settings.operator_token
        && tokens_match(ours, token)
    {
        return Ok(Some(WebCaller::local_operator()));
    }
    access.sign_in_throttle.wait_before(address).await;
    let found = find_by_token(&access.settings, token);
    if found.is_none() {
        access.sign_in_throttle.record_wrong(address)?;
    }
    Ok(found)
}

/// The person with this token. Compares all tokens in constant time, so that the duration tells nothing.
fn find_by_token(settings: &WebSettings, token: &SecretString) -> Option<WebCaller> {
    let mut found = None;
    for person in &settings.people {
        if tokens_match(&person.token, token) {
            found = Some(WebCaller::for_person(settings, person));
        }
    }
    found
}

/// The person's token and roles; `None` if there is no such person.
pub(crate) fn find_account<'a>(
    settings: &'a WebSettings,
    id: &PersonId,
) -> Option<(&'a SecretString, WebCaller)> {
    if id.as_str() == LOCAL {
        let token = settings.operator_token.as_ref()?;
        return Some((token, WebCaller::local_operator()));
    }
    let person = settings.people.iter().find(|person| person.id == *id)?;
    Some((&person.token, WebCaller::for_person(settings, person)))
}

/// Compares two tokens in constant time. An empty token never matches, whatever the configuration.
fn tokens_match(ours: &SecretString, theirs: &SecretString) -> bool {
    let (ours, theirs) = (ours.expose_secret(), theirs.expose_secret());
    let equal: bool = ours.as_bytes().ct_eq(theirs.as_bytes()).into();
    equal && !ours.is_empty()
}

fn parse_bearer_token(headers: &HeaderMap) -> Result<Option<SecretString>, ApiError> {
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

impl<S: AsRef<AccessState> + Send + Sync> FromRequestParts<Arc<S>> for WebCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<S>) -> Result<Self, ApiError> {
        identify_caller(state.as_ref().as_ref(), parts).await
    }
}

/// For the page, which shows a sign-in form to unknown callers.
impl<S: AsRef<AccessState> + Send + Sync> OptionalFromRequestParts<Arc<S>> for WebCaller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &Arc<S>,
    ) -> Result<Option<Self>, Self::Rejection> {
        Ok(identify_caller(state.as_ref().as_ref(), parts).await.ok())
    }
}

impl<S: AsRef<AccessState> + Send + Sync> FromRequestParts<Arc<S>> for SignedInCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<S>) -> Result<Self, ApiError> {
        let caller = identify_caller(state.as_ref().as_ref(), parts).await?;
        if !caller.has_right(Right::ActUnderOwnId) {
            return Err(ApiError::unauthorized(
                "this address is not public; sign in first",
            ));
        }
        Ok(Self(caller))
    }
}

impl<S: AsRef<AccessState> + Send + Sync> FromRequestParts<Arc<S>> for OperatorCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<S>) -> Result<Self, ApiError> {
        let SignedInCaller(caller) = SignedInCaller::from_request_parts(parts, state).await?;
        if !caller.has_right(Right::SeeEverything) {
            return Err(ApiError::forbidden(
                "only an operator may do this; ask an operator to set `operator = true` for you",
            ));
        }
        Ok(Self(caller))
    }
}
