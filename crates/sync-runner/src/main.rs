//! The `data-sync` command with the bundled drivers.
fn main() -> std::process::ExitCode {
    sync_runner::main(sync_runner::registry())
}
