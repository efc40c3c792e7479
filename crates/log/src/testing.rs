//! Files that fail, for tests.
