//! Records and reads sign-ins.

use async_trait::async_trait;
use baton_core::store::{SignIn, SignInStore, StoreError};

use super::Sqlite;
use super::commands::{SignInCommand, SignOutCommand};
use super::queries;

#[async_trait]
impl SignInStore for Sqlite {
    async fn sign_in(&self, sign_in: SignIn) -> Result<(), StoreError> {
        self.writer.run(SignInCommand(sign_in)).await
    }

    async fn signed_in(&self, key: &str) -> Result<Option<SignIn>, StoreError> {
        let key = key.to_owned();
        self.readers
            .run_query(move |connection| queries::read_sign_in(connection, &key))
            .await
    }

    async fn sign_out(&self, key: &str) -> Result<(), StoreError> {
        self.writer.run(SignOutCommand(key.to_owned())).await
    }
}
