//! A machine made of memory, for tests.
