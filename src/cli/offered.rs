//! Arguments that take any text, with values that a shell's completion offers.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command, Error};

/// Parses with a function, and offers values.
#[derive(Debug, Clone)]
pub(super) struct Offered<T> {
    parse: fn(&str) -> Result<T, String>,
    values: fn() -> Vec<String>,
}

impl<T> Offered<T> {
    pub(super) fn new(parse: fn(&str) -> Result<T, String>, values: fn() -> Vec<String>) -> Self {
        Self { parse, values }
    }
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Offered<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<T, Error> {
        let parse = self.parse;
        // By way of clap's own, for its wording of errors.
        let parser = StringValueParser::new().try_map(move |text| parse(&text));
        parser.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.values)().into_iter().map(PossibleValue::new)))
    }
}
