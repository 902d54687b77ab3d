//! One file a behaviour: what is done to the source, and what must come of it.

pub(crate) mod arrives_once;
pub(crate) mod by_key;
pub(crate) mod resume;
pub(crate) mod silent_update;
pub(crate) mod ties;
pub(crate) mod unchanged;
