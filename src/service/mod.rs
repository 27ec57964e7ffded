#![allow(dead_code, missing_docs)]
pub(crate) mod store;
