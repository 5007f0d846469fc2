//! A program and all that it starts, as one thing that can be ended.

use std::io;
use std::process::ExitStatus;

use nix::libc;
use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};

use super::pipes::Pipes;

/// A process group that we started. Dropped, all of it is killed.
pub(super) struct Group(Option<Box<dyn ChildWrapper>>);

impl Group {
    /// Starts a program as the leader of a new group.
    pub(super) fn spawn(command: Command) -> io::Result<Self> {
        let child = CommandWrap::from(command)
            .wrap(ProcessGroup::leader())
            .spawn()?;
        Ok(Self(Some(child)))
    }

    fn child(&mut self) -> &mut dyn ChildWrapper {
        self.0.as_mut().expect("taken only by reap").as_mut()
    }

    /// The ways to talk with it; once.
    pub(super) fn pipes(&mut self) -> Pipes<ChildStdin, ChildStdout, ChildStderr> {
        let child = self.child();
        Pipes {
            stdin: child.stdin().take(),
            stdout: child.stdout().take(),
            stderr: child.stderr().take(),
        }
    }

    /// Asks all of it to end.
    pub(super) fn ask_to_end(&mut self) {
        // An error says that nothing is left of it.
        let _ = self.child().signal(libc::SIGTERM);
    }

    /// Ends all of it.
    pub(super) fn kill(&mut self) {
        let _ = self.child().start_kill();
    }

    /// Returns when the program itself has ended, whatever it left running. May be dropped and
    /// called again.
    pub(super) async fn leader_ends(&mut self) -> io::Result<ExitStatus> {
        self.child().inner_mut().wait().await
    }

    /// Ends what is left, and waits until none of it is, not even as a zombie.
    pub(super) async fn reap(mut self) {
        if let Some(mut child) = self.0.take() {
            end(&mut *child).await;
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(mut child) = self.0.take() else {
            return;
        };
        let _ = child.start_kill();
        // Without a runtime the program is going down, and what is killed is reaped by init.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { end(&mut *child).await });
        }
    }
}

async fn end(child: &mut dyn ChildWrapper) {
    let _ = child.start_kill();
    let _ = child.wait().await;
}
