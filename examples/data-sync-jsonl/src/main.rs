//! `data-sync` for folders of JSON-lines files too: every command, every setting, and the scheme `jsonl://`.
fn main() -> std::process::ExitCode {
    sync_runner::main(sync_runner::registry().with::<source_jsonl::JsonlDriver>())
}
