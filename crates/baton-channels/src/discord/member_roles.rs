//! The roles of people in a server. A message from REST has no roles.

use async_trait::async_trait;
use baton_chat::connector::{ConnectorError, RoleId, Roles, WorkspaceId};
use baton_core::name::PersonId;

use super::discord_connector::DiscordConnector;
use super::message_conversion::{parse_id, to_role_id};
use super::rest::RestError;

#[async_trait]
impl Roles for DiscordConnector {
    async fn fetch_roles(
        &self,
        workspace: &WorkspaceId,
        person: &PersonId,
    ) -> Result<Vec<RoleId>, ConnectorError> {
        let (server, user) = (parse_id(workspace.as_str())?, parse_id(person.as_str())?);
        match self.account.rest.fetch_member(server, user).await {
            Ok(member) => Ok(member.roles.into_iter().map(to_role_id).collect()),
            // The author has left the server.
            Err(RestError::Refused { .. }) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }
}
