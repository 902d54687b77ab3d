//! The rules of the house that a compiler does not know. Each is a pure function of what it looks at, and answers one
//! sentence for each place where it is broken.

mod dependencies;
mod excerpts;
mod files;
mod links;
mod packages;
mod proofs;
mod texts;

use std::process::Command;

use cargo_metadata::MetadataCommand;
use files::TextFile;
use packages::Package;

use crate::Outcome;

pub(crate) fn run() -> Outcome {
    let root = test_servers::workspace_root();
    let metadata = MetadataCommand::new().current_dir(&root).no_deps().exec()?;
    let packages = Package::all(&metadata);
    let names = tracked_names(&root)?;
    let texts = TextFile::read_all(&root, &names);
    let broken: Vec<String> = [
        dependencies::drivers_depend_on_core_alone(&packages),
        dependencies::core_depends_on_none_of_ours(&packages),
        dependencies::some_crates_are_seen_once(&packages),
        packages::folder_is_name(&packages),
        packages::described(&packages),
        links::lead_somewhere(&texts, &|path| root.join(path).exists()),
        files::short_enough(&texts),
        files::at_home_everywhere(&texts),
        excerpts::are_verbatim(&texts),
        proofs::exist(&texts),
        proofs::errors_are_said(&texts),
        texts::are_tested(&texts),
        texts::have_remedies(&texts),
        texts::is_current(&texts),
    ]
    .concat();
    for sentence in &broken {
        eprintln!("tidy: {sentence}");
    }
    if !broken.is_empty() {
        return Err(format!("{} places break a rule of the house", broken.len()).into());
    }
    println!("tidy: {} packages and {} files keep the rules", packages.len(), texts.len());
    Ok(())
}

/// Writes the page of all errors anew.
pub(crate) fn write_errors() -> Outcome {
    let root = test_servers::workspace_root();
    let texts = TextFile::read_all(&root, &tracked_names(&root)?);
    Ok(std::fs::write(root.join(texts::PAGE), texts::page(&texts))?)
}

/// What is in the repository, or would be with the next commit.
fn tracked_names(root: &std::path::Path) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let mut command = Command::new("git");
    let answer = command.args(["ls-files", "-z", "-co", "--exclude-standard"]).current_dir(root).output()?;
    if !answer.status.success() {
        return Err(format!("git ls-files: {}", String::from_utf8_lossy(&answer.stderr).trim()).into());
    }
    let text = String::from_utf8_lossy(&answer.stdout);
    Ok(text.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}
