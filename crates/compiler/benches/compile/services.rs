//! Entity code as people write it, in any amount.
//!
//! A *service* is some entity classes, a dataclass, an enum and helper functions with remote calls in
//! conditions, loops, handlers and comprehensions. An application is as many services as it takes,
//! each of which uses the one before it.

use std::collections::BTreeMap;

/// The text of a service with the number `@N`, which uses that with the number `@P`.
const SERVICE: &str = include_str!("service.py.txt");

/// How many services a module holds in an application of several modules.
const SERVICES_PER_MODULE: usize = 5;

const IMPORTS: &str = "\"\"\"Generated.\"\"\"\n\nimport uuid\nfrom dataclasses import dataclass, field\n\
                       from datetime import datetime, timedelta\nfrom enum import Enum\n\n\
                       from anabranch import delete, entity, exists, ref, transactional\n";

/// Module names, each with its text. The first one imports all others, directly or not.
pub(crate) type Application = BTreeMap<String, String>;

/// The number of lines of all modules.
pub(crate) fn line_count(application: &Application) -> usize {
    application.values().map(|text| text.lines().count()).sum()
}

/// At least `lines` lines in modules of some services each.
pub(crate) fn in_modules(lines: usize) -> Application {
    application(lines, SERVICES_PER_MODULE)
}

/// At least `lines` lines in the module `main`.
pub(crate) fn in_one_module(lines: usize) -> Application {
    application(lines, usize::MAX)
}

fn application(lines: usize, services_per_module: usize) -> Application {
    let mut modules = Application::new();
    let mut main = IMPORTS.to_owned();
    let mut count = 0;
    let service_lines = SERVICE.lines().count();
    let services = lines.div_ceil(service_lines);
    let is_split = services > services_per_module;
    let mut module = String::new();
    for number in 0..services {
        let service = SERVICE
            .replace("@N", &number.to_string())
            .replace("@P", &number.saturating_sub(1).to_string());
        if !is_split {
            main.push_str(&service);
            continue;
        }
        if number % services_per_module == 0 {
            module = IMPORTS.to_owned();
            if let Some(previous) = number.checked_sub(1) {
                let from = previous / services_per_module;
                module.push_str(&format!(
                    "from service{from} import Customer{previous}, Product{previous}, price_of{previous}\n"
                ));
            }
        }
        module.push_str(&service);
        count += 1;
        if count % services_per_module == 0 || number + 1 == services {
            let name = format!("service{}", number / services_per_module);
            main.push_str(&format!("import {name}\n"));
            modules.insert(name, std::mem::take(&mut module));
        }
    }
    modules.insert("main".to_owned(), main);
    modules
}
