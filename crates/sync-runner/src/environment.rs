//! What the C library's allocator and MySQL's driver take from the environment when a program starts, and from nowhere else.

use std::env;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// MySQL's driver keeps up to 128 buffers for later, each of the size of the widest row that went through it, up to so many bytes:
/// 4 MB, unless it is told otherwise. Whoever sets it has settled all of this.
const KEPT_BUFFERS: (&str, &str) = ("MYSQL_ASYNC_BUFFER_SIZE_CAP", "65536");

/// What is larger than so many bytes goes back to the system when it is freed. On its own the allocator soon keeps pieces of up to 32 MB
/// for others of their size. What is free at the end of its memory goes back beyond some more: the batches of a copy come and go there, and
/// would have the system clear their pages again and again.
const ALLOCATOR: [(&str, &str); 2] = [("MALLOC_MMAP_THRESHOLD_", "1048576"), ("MALLOC_TRIM_THRESHOLD_", "4194304")];

/// Lets this program begin once more, as the same process, with the limits that keep wide rows within `memory_budget`. What the user set
/// stays as it is; where it can't begin anew it goes on as it is, with more memory.
pub(crate) fn settle() {
    if env::var_os(KEPT_BUFFERS.0).is_some() {
        return;
    }
    let Ok(program) = env::current_exe() else { return };
    let mut given = env::args_os();
    let mut command = Command::new(program);
    if let Some(name) = given.next() {
        command.arg0(name);
    }
    let missing = ALLOCATOR.into_iter().filter(|(name, _)| env::var_os(name).is_none());
    let error = command.args(given).envs(missing.chain([KEPT_BUFFERS])).exec();
    tracing::debug!("wide rows may take more memory than they should: the program can't begin anew: {error}");
}
