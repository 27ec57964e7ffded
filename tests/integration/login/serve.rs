//! `lkt serve` with logins, from outside.
