//! The program with a bot on a fake Bot API server of Telegram.

mod busy_day;
mod telegram_day;
