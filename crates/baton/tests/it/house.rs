//! The structure of the workspace: the permitted dependencies of each crate, and the code that documents name.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// Each crate, with its permitted dependencies in the workspace. Dependencies have no cycles.
const ARROWS: [(&str, &[&str]); 9] = [
    (
        "baton",
        &[
            "baton-agents",
            "baton-bridge",
            "baton-channels",
            "baton-chat",
            "baton-config",
            "baton-core",
            "baton-store",
        ],
    ),
    ("baton-agents", &["baton-core"]),
    ("baton-bridge", &["baton-chat", "baton-core"]),
    (
        "baton-channels",
        &["baton-chat", "baton-config", "baton-core"],
    ),
    ("baton-config", &["baton-chat", "baton-core"]),
    ("baton-chat", &["baton-core"]),
    ("baton-store", &["baton-core"]),
    // The product never depends on this crate, which another test checks.
    (
        "baton-testkit",
        &[
            "baton-agents",
            "baton-channels",
            "baton-chat",
            "baton-core",
            "baton-store",
        ],
    ),
    ("baton-core", &[]),
];

/// The dependencies of the core: no SQL, no HTTP, no platform.
const CORE: [&str; 11] = [
    "async-trait",
    "fastrand",
    "futures-util",
    "nix",
    "serde",
    "serde_json",
    "sha2",
    "thiserror",
    "tokio",
    "tokio-util",
    "tracing",
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .unwrap()
}

/// The dependencies of each crate in the workspace, without those of its tests.
fn built_with(metadata: &Metadata) -> BTreeMap<String, BTreeSet<String>> {
    let of = |package: &&cargo_metadata::Package| {
        let dependencies = package.dependencies.iter();
        let built = dependencies.filter(|it| it.kind != DependencyKind::Development);
        built.map(|it| it.name.clone()).collect()
    };
    let packages = metadata.workspace_packages();
    packages
        .iter()
        .map(|it| (it.name.to_string(), of(it)))
        .collect()
}

#[test]
fn arrows_run_down_only() {
    let metadata = metadata();
    let crates = built_with(&metadata);
    let known: BTreeSet<_> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let all: BTreeSet<_> = crates.keys().cloned().collect();
    assert_eq!(all, known, "a new crate needs its arrows listed here");
    for (name, may) in ARROWS {
        for dependency in &crates[name] {
            let ours = all.contains(dependency);
            let allowed = !ours || may.contains(&dependency.as_str());
            assert!(allowed, "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn the_core_knows_no_platform_and_no_sql() {
    let crates = built_with(&metadata());
    let known: BTreeSet<_> = CORE.iter().map(|name| (*name).to_owned()).collect();
    let unknown: Vec<_> = crates["baton-core"].difference(&known).collect();
    assert!(
        unknown.is_empty(),
        "baton-core must not depend on {unknown:?}"
    );
}

#[test]
fn the_testkit_is_never_in_the_product() {
    for (name, dependencies) in built_with(&metadata()) {
        assert!(
            !dependencies.contains("baton-testkit"),
            "{name} is built with the testkit"
        );
    }
}

#[test]
fn files_stay_short() {
    /// The most lines of a file. A longer file contains more than one subject.
    const LONGEST: usize = 500;
    let mut long = Vec::new();
    for package in metadata().workspace_packages() {
        let source = package.manifest_path.parent().unwrap().join("src");
        each_file(&source, &mut |path, text| {
            let lines = text.lines().count();
            if lines > LONGEST {
                long.push(format!("{path}: {lines} lines"));
            }
        });
    }
    assert!(
        long.is_empty(),
        "these are more than one subject: {long:#?}"
    );
}

/// The name of a type that a line of code defines.
fn defined_type(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("pub").map_or(line, |rest| {
        let rest = rest.trim_start();
        let scope = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        scope.map_or(rest, |(_, rest)| rest.trim_start())
    });
    let (kind, rest) = line.split_once(' ')?;
    let name = rest
        .split(|letter: char| !letter.is_alphanumeric())
        .next()?;
    let is_type = matches!(kind, "struct" | "enum" | "trait");
    (is_type && name.starts_with(char::is_uppercase)).then_some(name)
}

#[test]
fn each_name_stands_for_one_thing() {
    /// Files with these names are clear from their folder.
    const CLEAR: [&str; 3] = ["lib", "main", "tests"];
    let (mut types, mut stems) = (BTreeMap::new(), BTreeMap::new());
    for package in metadata().workspace_packages() {
        if package.name.as_str() == "baton-testkit" {
            continue;
        }
        let source = package.manifest_path.parent().unwrap().join("src");
        each_file(&source, &mut |path, text| {
            let stem = path.file_stem().unwrap();
            if !CLEAR.contains(&stem) {
                let files: &mut Vec<_> = stems
                    .entry((package.name.to_string(), stem.to_owned()))
                    .or_default();
                files.push(path.to_owned());
            }
            for name in text.lines().filter_map(defined_type) {
                let files: &mut Vec<_> = types.entry(name.to_owned()).or_default();
                files.push(path.to_owned());
            }
        });
    }
    assert!(types.len() > 500, "{}", types.len());
    types.retain(|_, files| files.len() > 1);
    stems.retain(|_, files| files.len() > 1);
    assert!(types.is_empty(), "one name for several types: {types:#?}");
    assert!(stems.is_empty(), "one name for several files: {stems:#?}");
}

#[test]
fn unsafe_code_stands_in_one_file() {
    let mut found = Vec::new();
    for package in metadata().workspace_packages() {
        let source = package.manifest_path.parent().unwrap().join("src");
        each_file(&source, &mut |path, text| {
            if text.contains("unsafe_code") {
                found.push(path.file_name().unwrap().to_owned());
            }
        });
    }
    assert_eq!(found, ["memory.rs"]);
}

#[test]
fn the_tests_that_the_readme_names_are_there() {
    let root = metadata().workspace_root;
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let table = readme.lines().filter(|line| line.starts_with("| **"));
    let names: Vec<_> = table
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect();
    assert!(names.len() > 10, "{names:?}");
    let mut code = String::new();
    each_file(&root.join("crates"), &mut |_, text| code.push_str(text));
    for name in names {
        assert!(
            code.contains(&format!("fn {name}(")),
            "there is no test {name}"
        );
    }
}

#[test]
fn the_internals_name_existing_code() {
    /// The fewest references to functions. Fewer mean that the search for references is broken.
    const FEWEST: usize = 40;
    let root = metadata().workspace_root;
    let folder = root.join("docs/internals").read_dir_utf8().unwrap();
    let pages = folder.map(|entry| entry.unwrap().into_path());
    let mut functions = 0;
    let mut missing = BTreeSet::new();
    for page in pages.chain([root.join("ARCHITECTURE.md")]) {
        let name = page.file_name().unwrap();
        let text = std::fs::read_to_string(&page).unwrap();
        for reference in text.split('`').skip(1).step_by(2).filter(is_code_reference) {
            functions += usize::from(reference.contains("::"));
            if !code_exists(&root.join("crates"), reference) {
                missing.insert(format!("{name}: {reference}"));
            }
        }
    }
    assert!(missing.is_empty(), "this code does not exist: {missing:#?}");
    assert!(
        functions >= FEWEST,
        "only {functions} references to functions"
    );
}

/// Whether a span of code is a path below `crates/`, with or without a function.
fn is_code_reference(span: &&str) -> bool {
    let first = span.split_once('/').map(|(first, _)| first);
    first.is_some_and(|first| ARROWS.iter().any(|(name, _)| *name == first))
}

/// Whether a reference such as `baton-core/src/inbox.rs::ingest` names an existing file, and a function in this
/// file.
fn code_exists(crates: &Utf8Path, reference: &str) -> bool {
    let Some((file, function)) = reference.split_once("::") else {
        return crates.join(reference).exists();
    };
    let text = std::fs::read_to_string(crates.join(file)).unwrap_or_default();
    ["(", "<"]
        .iter()
        .any(|after| text.contains(&format!("fn {function}{after}")))
}

/// Visits every Rust file below a folder.
fn each_file(folder: &Utf8Path, visit: &mut impl FnMut(&Utf8Path, &str)) {
    for entry in folder.read_dir_utf8().unwrap() {
        let path = entry.unwrap().into_path();
        if path.is_dir() {
            each_file(&path, visit);
        } else if path.extension() == Some("rs") {
            visit(&path, &std::fs::read_to_string(&path).unwrap());
        }
    }
}
