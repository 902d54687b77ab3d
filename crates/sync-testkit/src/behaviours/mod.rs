//! One file a behaviour: what is done to the source, and what must come of it.

pub(crate) mod absent;
pub(crate) mod arrives_once;
pub(crate) mod by_key;
pub(crate) mod changes;
pub(crate) mod dropped;
pub(crate) mod during_copy;
pub(crate) mod filter;
pub(crate) mod identity;
pub(crate) mod late_commit;
pub(crate) mod limits;
pub(crate) mod quiet;
pub(crate) mod resume;
pub(crate) mod secrets;
pub(crate) mod silent_update;
pub(crate) mod ties;
pub(crate) mod unchanged;
