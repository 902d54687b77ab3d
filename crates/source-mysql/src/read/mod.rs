//! The reads that a source offers, one file each.

use sync_core::{ReadRequest, Reader, Result};

use crate::known::Known;
use crate::pool::Pool;

/// Starts the read that `request` asks for.
pub(crate) async fn read(_pool: &Pool, _known: &Known, request: ReadRequest) -> Result<Box<dyn Reader>> {
    Err(request.scope.unsupported())
}
