//! Who may see whom: what only one part of the system knows stays there.

use super::packages::{Dependency, Package};

const CORE: &str = "sync-core";
const KIT: &str = "sync-testkit";

/// What any package may use in its tests.
const FOR_TESTS: [&str; 2] = [KIT, "test-servers"];

/// Crates that one package of ours may see.
const SEEN_BY: [(&str, &str); 3] = [("figment", "sync-runner"), ("clap", "sync-runner"), ("axum", "sync-http")];

/// The developer's commands are no part of the product.
const EXEMPT: &str = "xtask";

/// Sources, sinks and the kit depend on the contract, and not on each other.
pub(super) fn drivers_depend_on_core_alone(packages: &[Package]) -> Vec<String> {
    let is_driver = |name: &str| name.starts_with("source-") || name.starts_with("sink-") || name == KIT;
    let allowed = |dependency: &Dependency| {
        dependency.name == CORE || (dependency.is_dev && FOR_TESTS.contains(&dependency.name.as_str()))
    };
    let drivers = packages.iter().filter(|package| is_driver(&package.name));
    drivers
        .flat_map(|driver| {
            ours(driver, packages).filter(|d| !allowed(d)).map(|d| depends(driver, d, "on sync-core alone"))
        })
        .collect()
}

/// The contract knows nobody; its tests may use the kit, which a published package must not name.
pub(super) fn core_depends_on_none_of_ours(packages: &[Package]) -> Vec<String> {
    let allowed = |dependency: &Dependency| dependency.is_dev && dependency.is_path_only;
    let core = packages.iter().filter(|package| package.name == CORE);
    core.flat_map(|core| {
        ours(core, packages)
            .filter(|d| !allowed(d))
            .map(|d| depends(core, d, "on none of ours; its dev-dependencies by path only"))
    })
    .collect()
}

/// The configuration library, the command line and the HTTP server stay in one place each.
pub(super) fn some_crates_are_seen_once(packages: &[Package]) -> Vec<String> {
    let mut broken = Vec::new();
    // An example is somebody's application, which may use what it likes.
    let is_ours = |package: &&Package| package.name != EXEMPT && !package.folder.starts_with("examples/");
    for package in packages.iter().filter(is_ours) {
        for (seen, by) in SEEN_BY {
            if package.name != by && package.dependencies.iter().any(|dependency| dependency.name == seen) {
                broken.push(format!("{} depends on {seen}, which only {by} may", package.name));
            }
        }
    }
    broken
}

fn ours<'a>(package: &'a Package, packages: &'a [Package]) -> impl Iterator<Item = &'a Dependency> {
    package.dependencies.iter().filter(|dependency| packages.iter().any(|other| other.name == dependency.name))
}

fn depends(package: &Package, dependency: &Dependency, rule: &str) -> String {
    format!("{} depends on {}; it may depend {rule}", package.name, dependency.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[Dependency]) -> Package {
        Package { name: name.into(), dependencies: dependencies.to_vec(), ..Package::default() }
    }

    fn on(name: &str) -> Dependency {
        Dependency { name: name.into(), ..Dependency::default() }
    }

    fn in_tests_on(name: &str) -> Dependency {
        Dependency { is_dev: true, ..on(name) }
    }

    fn workspace(more: &[Package]) -> Vec<Package> {
        let names = ["sync-core", "sync-testkit", "test-servers", "source-postgres", "sync-runner", "xtask"];
        let others = names.iter().filter(|name| more.iter().all(|package| package.name != **name));
        others.map(|name| package(name, &[])).chain(more.iter().cloned()).collect()
    }

    #[test]
    fn a_driver_that_knows_another_is_found() {
        let good = package(
            "source-x",
            &[on("sync-core"), on("tokio"), in_tests_on("sync-testkit"), in_tests_on("test-servers")],
        );
        assert!(drivers_depend_on_core_alone(&workspace(&[good])).is_empty());
        for wrong in [on("source-postgres"), in_tests_on("source-postgres"), on("sync-testkit"), on("sync-runner")] {
            let packages = workspace(&[package("sink-x", &[on("sync-core"), wrong])]);
            assert_eq!(drivers_depend_on_core_alone(&packages).len(), 1);
        }
        let kit = package("sync-testkit", &[on("source-postgres")]);
        let expected = "sync-testkit depends on source-postgres; it may depend on sync-core alone";
        assert_eq!(drivers_depend_on_core_alone(&workspace(&[kit])), [expected]);
    }

    #[test]
    fn a_contract_that_knows_somebody_is_found() {
        let by_path = Dependency { is_path_only: true, ..in_tests_on("sync-testkit") };
        assert!(core_depends_on_none_of_ours(&workspace(&[package("sync-core", &[on("serde"), by_path])])).is_empty());
        for wrong in [in_tests_on("sync-testkit"), on("sync-runner"), Dependency { is_path_only: true, ..on("xtask") }]
        {
            assert_eq!(core_depends_on_none_of_ours(&workspace(&[package("sync-core", &[wrong])])).len(), 1);
        }
    }

    #[test]
    fn a_crate_that_is_seen_twice_is_found() {
        let good = [package("sync-runner", &[on("clap"), on("figment")]), package("xtask", &[on("clap")])];
        assert!(some_crates_are_seen_once(&workspace(&good)).is_empty());
        let example = Package { folder: "examples/embed".into(), ..package("embed", &[on("axum")]) };
        assert!(some_crates_are_seen_once(&[example]).is_empty());
        let wrong = [package("sync-runner", &[on("axum")]), package("sync-core", &[in_tests_on("figment")])];
        assert_eq!(
            some_crates_are_seen_once(&wrong),
            [
                "sync-runner depends on axum, which only sync-http may",
                "sync-core depends on figment, which only sync-runner may"
            ]
        );
    }
}
