//! What lkt takes from an env file: for each of its variables the value, with a warning where common
//! readers differ, or the reason why it cannot know. A pure function of the text.

use std::collections::{BTreeMap, HashMap};

use zeroize::Zeroizing;

use super::dollar::Substitute;
use super::lines::{Entry, Form, entries};
use super::quoting::{Difference, Spelled, spelled};
use super::refusal::Refusal;
use crate::cli::keys::Variable;

/// What a file says about a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    /// The line that counts.
    pub(super) line: usize,
    pub(super) result: Result<Spelled, Refusal>,
}

/// Whether a file's `$NAME` is replaced, and by what.
#[derive(Clone, Copy)]
pub(super) enum Dollars<'a> {
    /// A `$NAME` is refused.
    Refused,
    /// It is replaced by this environment's variable, or by one of the same file.
    Replaced(&'a dyn Fn(&str) -> Option<String>),
}

/// Reads lkt's own variables from the text of an env file.
pub(super) fn verdicts(text: &str, dollars: Dollars<'_>) -> BTreeMap<Variable, Verdict> {
    let mut found = BTreeMap::new();
    let mut before = HashMap::new();
    let entries = entries(text);
    for variable in Variable::ALL {
        let mut own = entries.iter().filter(|entry| entry.name == variable.name());
        let Some(last) = own.next_back() else { continue };
        if let Dollars::Replaced(_) = dollars {
            let earlier = entries.iter().take_while(|entry| entry.line < last.line);
            before = earlier.map(|entry| (entry.name, entry)).collect();
        }
        let result = read(last, variable, dollars, &before);
        let result = result.and_then(|spelled| set_again(spelled, last, own));
        found.insert(variable, Verdict { line: last.line, result });
    }
    found
}

/// The first line that begins with `LIVEKIT_` or `LKT_` and does not set a variable.
pub(super) fn malformed_line(text: &str) -> Option<usize> {
    let entries = entries(text);
    let mut malformed = entries.iter().filter(|entry| {
        entry.form == Form::Other && !entry.raw.is_empty() && !Variable::is_named(entry.name)
    });
    malformed.next().map(|entry| entry.line)
}

/// The names of the variables that a file sets, in order, whosever they are.
pub(super) fn names(text: &str) -> Vec<&str> {
    let set = entries(text).into_iter().filter(|entry| entry.form == Form::Assignment);
    set.filter(|entry| !entry.raw.is_empty()).map(|entry| entry.name).collect()
}

/// The last line that sets a variable counts. Some readers use the first one.
fn set_again<'e>(
    mut spelled: Spelled,
    last: &Entry<'_>,
    earlier: impl Iterator<Item = &'e Entry<'e>>,
) -> Result<Spelled, Refusal> {
    let mut different = earlier.filter(|entry| !entry.raw.is_empty() && entry.raw != last.raw);
    match different.next() {
        Some(_) if spelled.value.is_empty() => Err(Refusal::EmptyAgain),
        Some(first) => {
            spelled.differences.push(Difference::SetTwice(first.line));
            Ok(spelled)
        }
        None => Ok(spelled),
    }
}

/// Reads an entry. `before` has the entries above it, by name.
fn read(
    entry: &Entry<'_>,
    variable: Variable,
    dollars: Dollars<'_>,
    before: &HashMap<&str, &Entry<'_>>,
) -> Result<Spelled, Refusal> {
    let Dollars::Replaced(environment) = dollars else {
        return match read_line(entry, variable, &|_| None) {
            Ok(Spelled { is_substituted: true, .. }) | Err(Refusal::Unset) => Err(Refusal::Dollar),
            result => result,
        };
    };
    // A variable whose own value needs another one counts as not set, so that the cost of a file has a
    // bound.
    let from_file = |name: &str| {
        let spelled = read_line(before.get(name)?, Variable::SecretFile, &|_| None).ok()?;
        (!spelled.is_substituted).then_some(spelled.value)
    };
    read_line(entry, variable, &|name| {
        environment(name).map(Zeroizing::new).or_else(|| from_file(name))
    })
}

fn read_line(
    entry: &Entry<'_>,
    variable: Variable,
    substitute: Substitute<'_>,
) -> Result<Spelled, Refusal> {
    match entry.form {
        Form::Assignment => {}
        Form::Colon => return Err(Refusal::Colon),
        Form::Other => return Err(Refusal::NotAssigned),
    }
    let mut spelled = spelled(entry.raw, variable, substitute)?;
    // dotenvy is the reader. Where no rule explains a difference, the line is not read.
    let is_explained = spelled.differences.iter().any(|found| *found != Difference::Note);
    if !is_explained && dotenvy_value(entry).as_ref() != Some(&spelled.value) {
        return Err(Refusal::Unclear);
    }
    if entry.is_spaced {
        spelled.differences.push(Difference::Spaced);
    }
    Ok(spelled)
}

/// Stands for a `$`, which dotenvy would replace. This code point does not occur in text.
const PLAIN_DOLLAR: &str = "\u{10FFFF}";

/// The value as dotenvy reads the line by itself, without variables.
fn dotenvy_value(entry: &Entry<'_>) -> Option<Zeroizing<String>> {
    let raw = Zeroizing::new(entry.raw.replace('$', PLAIN_DOLLAR));
    let line = Zeroizing::new(format!("NAME={}\n", raw.as_str()));
    let (_, value) = dotenvy::Iter::new(line.as_bytes()).next()?.ok()?;
    Some(Zeroizing::new(Zeroizing::new(value).replace(PLAIN_DOLLAR, "$")))
}
