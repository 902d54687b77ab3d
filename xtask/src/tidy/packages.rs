//! What a package is, as far as the rules care.

use cargo_metadata::{DependencyKind, Metadata};

/// A package of the workspace.
#[derive(Debug, Clone, Default)]
pub(super) struct Package {
    pub(super) name: String,
    /// From the root of the workspace.
    pub(super) folder: String,
    pub(super) dependencies: Vec<Dependency>,
    pub(super) has_description: bool,
    pub(super) has_readme: bool,
}

/// A line of its `[dependencies]`, `[dev-dependencies]` or `[build-dependencies]`.
#[derive(Debug, Clone, Default)]
pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) is_dev: bool,
    /// A path and no version: it is left out when the package is published.
    pub(super) is_path_only: bool,
}

impl Package {
    pub(super) fn all(metadata: &Metadata) -> Vec<Self> {
        let root = &metadata.workspace_root;
        let package = |found: &&cargo_metadata::Package| {
            let folder = found.manifest_path.parent().and_then(|path| path.strip_prefix(root).ok());
            Self {
                name: found.name.to_string(),
                folder: folder.map(ToString::to_string).unwrap_or_default(),
                dependencies: found.dependencies.iter().map(dependency).collect(),
                has_description: found.description.as_deref().is_some_and(|text| !text.trim().is_empty()),
                has_readme: found
                    .readme
                    .as_ref()
                    .is_some_and(|path| folder.is_some_and(|f| root.join(f).join(path).is_file())),
            }
        };
        metadata.workspace_packages().iter().map(package).collect()
    }
}

fn dependency(found: &cargo_metadata::Dependency) -> Dependency {
    Dependency {
        name: found.name.clone(),
        is_dev: found.kind == DependencyKind::Development,
        is_path_only: found.path.is_some() && found.req.to_string() == "*",
    }
}

/// Packages whose folder has another name, for a reason.
const OTHER_NAMES: [(&str, &str); 1] = [("tests", "sync-tests")];

pub(super) fn folder_is_name(packages: &[Package]) -> Vec<String> {
    let wrong = packages.iter().filter(|package| {
        let last = package.folder.rsplit('/').next().unwrap_or_default();
        last != package.name && !OTHER_NAMES.contains(&(&package.folder, &package.name))
    });
    wrong
        .map(|package| format!("the package {} lives in {}: give both one name", package.name, package.folder))
        .collect()
}

pub(super) fn described(packages: &[Package]) -> Vec<String> {
    let mut broken = Vec::new();
    for package in packages {
        if !package.has_description {
            broken.push(format!("{}/Cargo.toml has no description", package.folder));
        }
        if package.folder.starts_with("crates/") && !package.has_readme {
            broken.push(format!("{}/Cargo.toml names no README.md that exists", package.folder));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(folder: &str, name: &str) -> Package {
        Package {
            folder: folder.into(),
            name: name.into(),
            has_description: true,
            has_readme: true,
            dependencies: vec![],
        }
    }

    #[test]
    fn a_folder_of_another_name_is_found() {
        let packages = [package("crates/a", "a"), package("tests", "sync-tests"), package("xtask", "xtask")];
        assert!(folder_is_name(&packages).is_empty());
        assert_eq!(folder_is_name(&[package("crates/a", "b"), package("tests", "a")]).len(), 2);
    }

    #[test]
    fn a_missing_description_or_readme_is_found() {
        assert!(described(&[package("crates/a", "a")]).is_empty());
        let mut bare = package("crates/a", "a");
        (bare.has_description, bare.has_readme) = (false, false);
        assert_eq!(
            described(&[bare]),
            ["crates/a/Cargo.toml has no description", "crates/a/Cargo.toml names no README.md that exists"]
        );
    }
}
