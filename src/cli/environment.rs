//! What the process was started with, behind a trait so that tests can do without a process.

/// Variables of the environment.
pub(crate) trait Environment {
    /// A variable's value; one that is not UTF-8 counts as absent.
    fn variable(&self, name: &str) -> Option<String>;
}

/// The process's own environment.
pub(crate) struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}
