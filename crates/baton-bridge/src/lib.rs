//! The bridge to live sessions: coding agents that people run in their own terminals.
//!
//! # Layout
