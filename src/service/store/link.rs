//! A connection to a store: one server, or a cluster of them.

use std::time::Duration;

use redis::cluster::ClusterConnection;
use redis::{
    Cmd, Connection, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, ServerErrorKind,
    Value,
};

use super::{Call, Reply, Unavailable};

/// The replies to calls, and why one of them failed.
pub(super) struct Replies {
    pub(super) all: Vec<Reply>,
    pub(super) fault: Option<String>,
}

/// A connection.
pub(in crate::service) enum Link {
    /// To one server.
    Server(Connection),
    /// To a cluster. A call goes to the server that has its key.
    Cluster(Box<ClusterConnection>),
}

impl Link {
    /// Sends all calls at once (to a cluster, one after another), and returns their replies in order.
    ///
    /// # Errors
    /// The connection cannot be used any more: it is broken, the server did not reply within `limit`, or
    /// it takes no writes because another one has become the primary. A cluster connects to its nodes
    /// again by itself, and does without one of them.
    pub(super) fn send(&mut self, calls: &[&Call], limit: Duration) -> RedisResult<Replies> {
        self.set_limit(limit)?;
        let mut results = self.query(calls.iter().map(|call| call.by_hash()))?;
        // After a restart or a failover, the server does not know the scripts.
        let unknown = (0..).zip(&results).filter(|(_, result)| is_unknown_script(result));
        let unknown = unknown.map(|(at, _)| at).collect::<Vec<usize>>();
        if !unknown.is_empty() {
            let again = unknown.iter().filter_map(|&at| calls.get(at));
            let again = self.query(again.map(|call| call.with_text()))?;
            for (at, result) in unknown.into_iter().zip(again) {
                if let Some(place) = results.get_mut(at) {
                    *place = result;
                }
            }
        }
        let mut replies = Replies { all: Vec::with_capacity(results.len()), fault: None };
        for result in results {
            match result {
                Ok(Value::Int(number)) => replies.all.push(Ok(number)),
                Err(error) if matches!(self, Self::Server(_)) && is_of_the_server(&error) => {
                    return Err(error);
                }
                other => {
                    let fault =
                        other.err().map_or("another reply".to_owned(), |error| category(&error));
                    replies.fault.get_or_insert(fault);
                    replies.all.push(Err(Unavailable));
                }
            }
        }
        Ok(replies)
    }

    /// The members of a set, or how many it has if there are more than `most`: those are not read.
    pub(in crate::service) fn members(
        &mut self,
        key: &str,
        most: usize,
        limit: Duration,
    ) -> RedisResult<Result<Vec<Vec<u8>>, usize>> {
        self.set_limit(limit)?;
        let number = self.ask("SCARD", key)?;
        if number > most { Ok(Err(number)) } else { self.ask("SMEMBERS", key).map(Ok) }
    }

    /// Runs a command that reads one key.
    fn ask<T: FromRedisValue>(&mut self, command: &str, key: &str) -> RedisResult<T> {
        let mut command = redis::cmd(command);
        command.arg(key);
        match self {
            Self::Server(connection) => command.query(connection),
            Self::Cluster(connection) => command.query(connection.as_mut()),
        }
    }

    fn set_limit(&mut self, limit: Duration) -> RedisResult<()> {
        match self {
            Self::Server(connection) => {
                connection.set_write_timeout(Some(limit))?;
                connection.set_read_timeout(Some(limit))
            }
            Self::Cluster(connection) => {
                connection.set_write_timeout(Some(limit))?;
                connection.set_read_timeout(Some(limit))
            }
        }
    }

    fn query(
        &mut self,
        commands: impl Iterator<Item = Cmd>,
    ) -> RedisResult<Vec<RedisResult<Value>>> {
        match self {
            Self::Server(connection) => {
                let mut pipeline = Pipeline::new();
                for command in commands {
                    pipeline.add_command(command);
                }
                pipeline.ignore_errors().query(connection)
            }
            // The crate's pipeline for clusters takes no EVALSHA.
            Self::Cluster(connection) => {
                Ok(commands.map(|command| command.query(connection.as_mut())).collect())
            }
        }
    }
}

fn is_unknown_script(result: &RedisResult<Value>) -> bool {
    matches!(result, Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript))
}

/// Whether no call can succeed on this connection: the server is a replica now, starts, or is gone.
fn is_of_the_server(error: &RedisError) -> bool {
    use ServerErrorKind::{BusyLoading, ClusterDown, MasterDown, ReadOnly};
    let of_server = matches!(
        error.kind(),
        ErrorKind::Server(BusyLoading | ClusterDown | MasterDown | ReadOnly)
    );
    of_server || error.is_io_error() || error.is_unrecoverable_error()
}

/// What an error is about. Its text may quote a URL, and so a password.
pub(super) fn category(error: &RedisError) -> String {
    error.category().to_owned()
}
