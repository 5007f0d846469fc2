//! The roles of people in a server. A message from REST has no roles.

use async_trait::async_trait;
use baton_chat::connector::{ConnectorError, RoleId, Roles, WorkspaceId};
use baton_core::name::PersonId;

use super::discord_connector::DiscordConnector;
use super::discord_id::parse_id;

#[async_trait]
impl Roles for DiscordConnector {
    async fn fetch_roles(
        &self,
        workspace: &WorkspaceId,
        person: &PersonId,
    ) -> Result<Vec<RoleId>, ConnectorError> {
        let (server, user) = (parse_id(workspace.as_str())?, parse_id(person.as_str())?);
        let member = self.account.rest.fetch_member(server, user).await?;
        Ok(member.roles.into_iter().map(Into::into).collect())
    }
}
