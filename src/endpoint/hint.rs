//! Hints of the embedding program.

use std::fmt;
use std::sync::Arc;

use super::Refusal;

/// Replaces the hint of a refusal, if your program can say how its operator allows the request. The
/// default keeps the library's hints.
#[derive(Clone, Default)]
pub struct Hint(Option<Arc<HintOf>>);

type HintOf = dyn Fn(&Refusal) -> Option<String> + Send + Sync;

impl Hint {
    /// Wraps a function that returns a hint, or `None` to keep the library's.
    pub fn new(hint: impl Fn(&Refusal) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hint)))
    }

    pub(super) fn of(&self, refusal: &Refusal) -> Option<String> {
        self.0.as_ref().and_then(|hint| hint(refusal))
    }
}

impl fmt::Debug for Hint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Hint")
    }
}
