//! Records a sign-in, and removes expired and surplus ones.

use baton_core::store::{SIGN_INS_KEPT, SignIn, StoreError};
use rusqlite::params;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct SignInCommand(pub(in crate::sqlite) SignIn);

impl WriteCommand for SignInCommand {
    type Answer = ();
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<StoreError>> {
        let SignIn {
            key,
            person,
            proof,
            until,
        } = &self.0;
        tx.run("DELETE FROM sign_in WHERE until <= ?1", params![tx.wall.0])?;
        tx.run(
            "INSERT INTO sign_in (key, person, proof, until) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (key) DO UPDATE
             SET person = excluded.person, proof = excluded.proof, until = excluded.until",
            params![key, person.as_str(), proof, until.0],
        )?;
        let kept = i64::try_from(SIGN_INS_KEPT).unwrap_or(i64::MAX);
        tx.run(
            "DELETE FROM sign_in WHERE person = ?1 AND key <> ?2 AND key NOT IN
             (SELECT key FROM sign_in WHERE person = ?1 ORDER BY until DESC LIMIT ?3)",
            params![person.as_str(), key, kept],
        )?;
        Ok(())
    }
}
