//! Keeps the platform's report about a topic.

use baton_core::store::{StoreError, TopicAddress, TopicNews, TopicReport};
use baton_core::topic::{TopicNamer, TopicState};
use rusqlite::params;

use crate::sqlite::moved_places::{find_account, read_moved_address};
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct ReportTopicCommand(pub(in crate::sqlite) TopicReport);

impl WriteCommand for ReportTopicCommand {
    type Answer = ();
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<StoreError>> {
        let TopicReport { topic, news } = &self.0;
        let (account, address) = ensure_account(tx, topic)?;
        if *news == TopicNews::Gone {
            forget_topic(tx, account, &address)?;
            return Ok(());
        }
        tx.run(
            "INSERT INTO reported_topic (account, address) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![account, address],
        )?;
        match news {
            TopicNews::Seen | TopicNews::Gone => {}
            TopicNews::Named { name, by } => tx.run(
                "UPDATE reported_topic SET name = ?3, named_by = ?4
                 WHERE account = ?1 AND address = ?2 AND (named_by IS NULL OR NOT ?5)",
                params![
                    account,
                    address,
                    name,
                    by.as_str(),
                    *by == TopicNamer::Platform
                ],
            )?,
            TopicNews::Closed | TopicNews::Reopened => tx.run(
                "UPDATE reported_topic SET closed = ?3 WHERE account = ?1 AND address = ?2",
                params![account, address, *news == TopicNews::Closed],
            )?,
        }
        Ok(())
    }
}

/// The number of the account, and the id of the topic after all moves of its chat.
fn ensure_account(
    tx: &WriteTransaction<'_>,
    topic: &TopicAddress,
) -> rusqlite::Result<(i64, String)> {
    let (channel, name) = (topic.channel.as_str(), topic.account.as_str());
    tx.run(
        "INSERT INTO account (channel, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        [channel, name],
    )?;
    let account = find_account(tx.connection, channel, name)?;
    let account = account.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let moved = read_moved_address(tx.connection, account, &topic.id)?;
    Ok((account, moved.unwrap_or_else(|| topic.id.clone())))
}

/// Forgets a topic that does not exist any more. The conversation of the topic gets another one with its next reply.
fn forget_topic(tx: &WriteTransaction<'_>, account: i64, address: &str) -> rusqlite::Result<()> {
    tx.run(
        "UPDATE topic SET state = ?3, platform_id = NULL, gone_fence = fence, until = ?4,
             title = coalesce((SELECT name FROM reported_topic
                               WHERE account = ?1 AND address = ?2), title)
         WHERE platform_id = ?2 AND conversation IN
             (SELECT c.id FROM conversation c JOIN place p ON p.id = c.place
              WHERE c.id = topic.conversation AND p.account = ?1)",
        params![account, address, TopicState::Gone.as_str(), tx.steady.0],
    )?;
    tx.run(
        "DELETE FROM reported_topic WHERE account = ?1 AND address = ?2",
        params![account, address],
    )
}
