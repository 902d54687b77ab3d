//! Texts that stand in no test, each with its reason.

/// A part of the text, and why no test can have the program say it.
pub(super) const ALLOWED: [(&str, &str); 7] = [
    ("its file system allows no write-ahead log", "takes a file system without shared memory"),
    ("put the file on a local disk", "the same"),
    ("there is more than one statement", "two statements are refused before SQLite sees them"),
    ("another table's rows could not be stored", "three tables in a row must fail in the transaction that both share"),
    ("reading ended in the middle of rows that belong together", "the run that would tell it is the one that ended"),
    ("can't start the writer thread", "takes a machine without another thread"),
    ("the server can't be started", "takes a machine without another thread or socket"),
];
