//! A value that many requests use, and that is replaced while they do.

use std::sync::{Arc, PoisonError, RwLock};

/// A value that can be replaced by another between two requests. Its clones share it.
#[derive(Debug)]
pub struct Replaceable<T>(Arc<RwLock<Arc<T>>>);

impl<T> Clone for Replaceable<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Replaceable<T> {
    /// Shares a value.
    pub fn new(value: impl Into<Arc<T>>) -> Self {
        Self(Arc::new(RwLock::new(value.into())))
    }

    /// The value of this moment.
    pub fn load(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has requests from now on use another value.
    pub fn replace(&self, value: impl Into<Arc<T>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = value.into();
    }
}
