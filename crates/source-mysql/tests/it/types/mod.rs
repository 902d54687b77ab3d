//! Every type of the table of cases, by the copy and by the poll, held against what is written there and against the server itself.

mod cases;
mod page;
