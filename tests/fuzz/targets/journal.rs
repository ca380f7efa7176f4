//! [`tawk_fuzz::journal`] under libFuzzer.

#![no_main]

tawk_fuzz::target!(tawk_fuzz::journal);
