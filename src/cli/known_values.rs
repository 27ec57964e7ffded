//! A parser for values that a shell can complete, some or all of them.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command, Error};

/// Parses with one function, and offers the values of another for completion.
#[derive(Debug, Clone)]
pub(super) struct KnownValues<T> {
    parse: fn(&str) -> Result<T, String>,
    values: fn() -> Vec<String>,
}

impl<T> KnownValues<T> {
    pub(super) fn new(parse: fn(&str) -> Result<T, String>, values: fn() -> Vec<String>) -> Self {
        Self { parse, values }
    }
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for KnownValues<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<T, Error> {
        let parse = self.parse;
        // Uses clap's own parser, which creates the error.
        let parser = StringValueParser::new().try_map(move |text| parse(&text));
        parser.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.values)().into_iter().map(PossibleValue::new)))
    }
}
