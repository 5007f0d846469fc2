//! Baton as people see it, over the fake platform and real files: scenarios, crashes, and what every
//! channel must hold to.

mod channels;
mod crashes;
mod model;
mod personas;
mod process;
mod turns;
