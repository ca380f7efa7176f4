//! [`tawk_fuzz::model`] under libFuzzer.

#![no_main]

tawk_fuzz::target!(tawk_fuzz::model);
