//! For sources whose protocol is binary: what all decoders do alike on the way from a server's bytes to the cells of a
//! [`RowBatch`](crate::RowBatch).

mod ascii;
mod calendar;
mod malformed;
mod real;

pub use ascii::Ascii;
pub use calendar::{date_of, days_of};
pub use malformed::Malformed;
pub use real::{push_real, whole, write_real};
