//! Which crate may depend on which: arrows point one way.

use cargo_metadata::DependencyKind;

use crate::assert_none;
use crate::repository::{crate_name, packages};

/// What a crate of ours may depend on.
struct Layer {
    name: &'static str,
    /// Crates of ours.
    uses: &'static [&'static str],
    /// Further crates of ours, for its tests.
    tests_use: &'static [&'static str],
}

/// From the bottom to the top.
const LAYERS: &[Layer] = &[
    Layer { name: "ir", uses: &[], tests_use: &[] },
    Layer { name: "compiler", uses: &["ir"], tests_use: &[] },
    Layer { name: "kernel", uses: &["ir"], tests_use: &[] },
    Layer { name: "schema", uses: &["ir", "kernel"], tests_use: &[] },
    Layer { name: "cpython", uses: &["ir", "kernel"], tests_use: &["compiler", "local", "log"] },
    Layer { name: "local", uses: &["ir", "kernel"], tests_use: &[] },
    Layer { name: "log", uses: &[], tests_use: &[] },
    Layer { name: "embedded", uses: &["ir", "kernel", "log"], tests_use: &[] },
    Layer { name: "protocol", uses: &[], tests_use: &[] },
    Layer { name: "json", uses: &["ir", "kernel"], tests_use: &[] },
    Layer { name: "server", uses: &["ir", "json", "kernel", "protocol"], tests_use: &[] },
    Layer {
        name: "maintenance",
        uses: &["embedded", "ir", "json", "kernel", "server"],
        tests_use: &[],
    },
    Layer { name: "checker", uses: &["ir", "kernel"], tests_use: &[] },
    Layer { name: "simulator", uses: &["checker", "ir", "kernel"], tests_use: &["local"] },
    Layer { name: "bench", uses: &["kernel", "log", "protocol"], tests_use: &[] },
    Layer {
        name: "cli",
        uses: &[
            "bench",
            "compiler",
            "cpython",
            "embedded",
            "ir",
            "kernel",
            "local",
            "maintenance",
            "schema",
            "server",
            "simulator",
        ],
        tests_use: &[],
    },
    Layer { name: "native", uses: &["cli", "cpython", "protocol"], tests_use: &[] },
    Layer { name: "tidy", uses: &[], tests_use: &["compiler"] },
];

/// Crates of others that belong to one layer: what they bring is that layer's affair alone.
const OWNED: &[(&str, &[&str])] = &[
    ("annotate-snippets", &["compiler"]),
    ("axum", &["server"]),
    ("clap", &["cli", "simulator"]),
    ("futures-util", &["bench"]),
    ("hdrhistogram", &["bench"]),
    ("http-body-util", &["server"]),
    ("hyper", &["server"]),
    ("hyper-util", &["server"]),
    ("indicatif", &["cli"]),
    ("libc", &["cpython", "native"]),
    ("lsm-tree", &["embedded"]),
    ("mimalloc", &["compiler", "native"]),
    ("petgraph", &["checker"]),
    ("prometheus-client", &["server"]),
    ("pyo3", &["cpython", "native"]),
    ("pyo3-build-config", &["cpython"]),
    ("ruff_python_ast", &["compiler"]),
    ("ruff_python_parser", &["compiler"]),
    ("ruff_text_size", &["compiler"]),
    ("rmp", &["protocol"]),
    ("rmpv", &["bench", "native", "protocol", "server"]),
    ("tokio", &["bench", "server"]),
    ("tower", &["server"]),
    ("tracing", &["cpython", "embedded", "server"]),
    ("tracing-subscriber", &["server"]),
    ("xxhash-rust", &["embedded", "log"]),
    ("ureq", &["maintenance"]),
];

#[test]
fn dependencies_between_our_crates_point_one_way() {
    let mut problems = Vec::new();
    for package in packages() {
        let name = crate_name(&package.name).expect("our packages are named anabranch-…");
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == name) else {
            problems.push(format!("the crate {name} is in no layer: add it to LAYERS"));
            continue;
        };
        for dependency in &package.dependencies {
            let Some(used) = crate_name(&dependency.name) else { continue };
            let is_allowed = layer.uses.contains(&used)
                || dependency.kind == DependencyKind::Development
                    && layer.tests_use.contains(&used);
            if !is_allowed {
                problems.push(format!("{name} depends on {used}, which its layer does not allow"));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn layers_are_crates_above_what_they_use() {
    let packages = packages();
    let mut problems = Vec::new();
    for (position, layer) in LAYERS.iter().enumerate() {
        if !packages.iter().any(|package| crate_name(&package.name) == Some(layer.name)) {
            problems.push(format!("there is no crate {}: take it from LAYERS", layer.name));
        }
        for used in layer.uses {
            if !LAYERS[..position].iter().any(|below| below.name == *used) {
                problems.push(format!("{used} is not below {}", layer.name));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn crates_of_others_stay_in_their_layer() {
    let mut problems = Vec::new();
    for package in packages() {
        let name = crate_name(&package.name).expect("our packages are named anabranch-…");
        for dependency in &package.dependencies {
            let owned = OWNED.iter().find(|(owned, _)| *owned == dependency.name);
            if owned.is_some_and(|(_, owners)| !owners.contains(&name)) {
                problems.push(format!("{name} must not depend on {}", dependency.name));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn flaws_are_for_tests_only() {
    let mut problems = Vec::new();
    for package in packages() {
        for dependency in &package.dependencies {
            let is_flawed = dependency.features.iter().any(|feature| feature == "flaws");
            if is_flawed && dependency.kind != DependencyKind::Development {
                problems.push(format!("{} is built with {}/flaws", package.name, dependency.name));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn packages_are_named_after_their_folders() {
    let mut problems = Vec::new();
    for package in packages() {
        let folder = package.manifest_path.parent().and_then(|folder| folder.file_name());
        if crate_name(&package.name) != folder {
            problems.push(format!("{} is in the folder {folder:?}", package.name));
        }
    }
    assert_none(&problems);
}
