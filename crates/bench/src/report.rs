//! What was found: text for people, JSON for programs, pages with plots for both to look at.

mod comparison;
mod findings;
mod page;
mod peers;
mod table;
mod trial_json;
mod trial_page;
mod trial_text;

pub use comparison::{comparison_json, comparison_text};
pub use findings::{findings_json, findings_page, findings_text};
pub use peers::{peers_json, peers_text};
pub use trial_json::trial_json;
pub use trial_page::trial_page;
pub use trial_text::trial_text;

/// Parts of all requests whose latencies are told.
const PERCENTILES: [(&str, f64); 6] = [
    ("p50", 0.5),
    ("p90", 0.9),
    ("p95", 0.95),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("p99.99", 0.9999),
];
