//! Whoever reads the replica gives way to whoever keeps it fresh.

/// How much lower the priority is. As a processor is shared between two threads, this one gets about a tenth: enough for a short answer,
/// and next to nothing taken from a sync. On a processor that nobody else wants, it costs nothing.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Lowers the priority of the thread that calls it, for good; a thread that it starts begins there, and may go lower still. Where threads
/// have no priority of their own, nothing happens.
pub(crate) fn lower() {
    // A thread that keeps its priority works as well.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICE);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn it_is_this_threads_alone() {
        let now = || rustix::process::getpriority_process(None).unwrap();
        let before = now();
        let lowered = std::thread::spawn(move || {
            super::lower();
            now()
        });
        assert_eq!(lowered.join().unwrap(), (before + super::NICE).min(19));
        assert_eq!(now(), before);
    }
}
