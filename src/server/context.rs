//! What lanes share, and what a lane lends to the connection at hand.

use std::sync::Arc;

use mio::{Registry, Waker};

use super::Limits;
use super::clock::Clock;
use super::mailbox::Mailbox;
use super::slots::Slots;

/// What all lanes of a server share.
#[derive(Debug)]
pub(super) struct Shared<S> {
    pub(super) service: Arc<S>,
    pub(super) limits: Limits,
    pub(super) slots: Slots,
    /// Wakes the thread that accepts connections.
    pub(super) acceptor: Arc<Waker>,
}

/// What a lane lends to the connection at hand.
#[derive(Debug)]
pub(super) struct Context<S> {
    pub(super) shared: Arc<Shared<S>>,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) registry: Registry,
    pub(super) clock: Clock,
    /// Where bytes are read into.
    pub(super) read_buffer: Box<[u8]>,
    /// Where an answer is written.
    pub(super) answer: Vec<u8>,
    /// How many requests were answered, or wait for an answer.
    pub(super) requests: u64,
    /// Whether the server is told to stop: every answer is its connection's last.
    pub(super) is_finishing: bool,
}
