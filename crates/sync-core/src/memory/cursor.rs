//! The cursor of [`MemorySource`](super::MemorySource): all that it must remember of a table.

use serde::{Deserialize, Serialize};

use super::OwnedKey;
use crate::{Cursor, Error, OwnedValue, Result};

/// The version of the token's form.
const VERSION: u32 = 1;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct MemoryCursor {
    pub(super) v: u32,
    /// Every row changed at or before this version of the source is in the replica. Only a copy and a sweep move it.
    pub(super) horizon: u64,
    /// The last key of a copy under way; nothing once it is complete.
    pub(super) copied: Option<OwnedKey>,
    /// Whether the copy's rows come from more than one moment.
    pub(super) resumed: bool,
    /// The keyset of the last row that a poll gave.
    pub(super) position: Option<Vec<OwnedValue>>,
}

impl MemoryCursor {
    /// The start of a copy at this version; polls will go on from `position`, where the table ended then.
    pub(super) fn start(horizon: u64, position: Option<Vec<OwnedValue>>) -> Self {
        Self { v: VERSION, horizon, copied: None, resumed: false, position }
    }

    pub(super) fn parse(cursor: &Cursor) -> Result<Self> {
        serde_json::from_str(cursor.token())
            .ok()
            .filter(|cursor: &Self| cursor.v == VERSION)
            .ok_or_else(|| Error::expired("the cursor is not one of this source"))
    }

    pub(super) fn encode(&self) -> Cursor {
        // A struct of numbers, texts and lists has no case that JSON can't hold; an empty token would be refused as expired.
        Cursor::new(serde_json::to_string(self).unwrap_or_default())
    }
}
