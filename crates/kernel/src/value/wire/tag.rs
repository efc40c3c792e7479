//! The first byte of every value. Numbers are never reused: stored messages outlive programs.

pub(super) const NONE: u8 = 1;
pub(super) const FALSE: u8 = 2;
pub(super) const TRUE: u8 = 3;
pub(super) const INT: u8 = 4;
pub(super) const BIG_INT: u8 = 5;
pub(super) const FLOAT: u8 = 6;
pub(super) const STR: u8 = 7;
pub(super) const SURROGATE_STR: u8 = 8;
pub(super) const BYTES: u8 = 9;
pub(super) const LIST: u8 = 10;
pub(super) const TUPLE: u8 = 11;
pub(super) const DICT: u8 = 12;
pub(super) const SET: u8 = 13;
pub(super) const FROZEN_SET: u8 = 14;
pub(super) const DATE: u8 = 15;
pub(super) const TIME: u8 = 16;
pub(super) const DATE_TIME: u8 = 17;
pub(super) const TIME_DELTA: u8 = 18;
pub(super) const DECIMAL: u8 = 19;
pub(super) const UUID: u8 = 20;
pub(super) const ENUM_MEMBER: u8 = 21;
pub(super) const RECORD: u8 = 22;
pub(super) const REFERENCE: u8 = 23;
pub(super) const EXCEPTION: u8 = 24;
pub(super) const OPAQUE: u8 = 25;
pub(super) const SHARED: u8 = 26;

/// In the flags of a time: the second of two equal wall times.
pub(super) const FOLD: u8 = 1;
/// In the flags of a time: a fixed offset follows.
pub(super) const ZONE_OFFSET: u8 = 2;
/// In the flags of a time: the name of a zone follows.
pub(super) const ZONE_NAMED: u8 = 4;
