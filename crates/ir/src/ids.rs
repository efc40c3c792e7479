//! Typed indices into the tables of a [`Program`](crate::Program).

use std::fmt;

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in the table this id indexes.
            pub fn index(self) -> usize {
                self.0 as usize
            }

            /// The id of the table's entry at `index`.
            pub fn from_index(index: usize) -> Self {
                Self(u32::try_from(index).expect("this is a bug in Anabranch: a table outgrew u32"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    };
}

typed_id!(
    /// A module of the application, in import order.
    ModuleId, "module"
);
typed_id!(
    /// An operator: the dataflow vertex of one entity class.
    OperatorId, "op"
);
typed_id!(
    /// A method of an entity class or a helper function.
    FunctionId, "fn"
);
typed_id!(
    /// A segment within its function; `seg0` is where a call starts.
    SegmentId, "seg"
);
