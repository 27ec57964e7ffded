//! A value that can be replaced while requests use it.

use std::sync::{Arc, PoisonError, RwLock};

/// A value that can be replaced between two requests. Its clones share the value.
#[derive(Debug)]
pub struct Replaceable<T>(Arc<RwLock<Arc<T>>>);

impl<T> Clone for Replaceable<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Replaceable<T> {
    /// Creates a value that can be shared.
    pub fn new(value: impl Into<Arc<T>>) -> Self {
        Self(Arc::new(RwLock::new(value.into())))
    }

    /// Returns the current value.
    pub fn load(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the value for all later requests.
    pub fn replace(&self, value: impl Into<Arc<T>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = value.into();
    }
}
