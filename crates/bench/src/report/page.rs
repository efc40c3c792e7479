//! A page of HTML that needs nothing from elsewhere: no network, no scripts.

use std::fmt::Write;

use crate::plot::escaped;

const STYLE: &str = "
body { font: 16px/1.5 system-ui, sans-serif; color: #222; margin: 2rem auto; max-width: 1060px;
  padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; }
h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid #ddd; padding-bottom: .2rem; }
p.note { color: #555; max-width: 48rem; }
.tiles { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.2rem 0; }
.tile { border: 1px solid #ddd; border-radius: 6px; padding: .5rem .9rem; min-width: 7rem; }
.tile b { display: block; font-size: 1.35rem; }
.tile span { color: #555; font-size: .85rem; }
table { border-collapse: collapse; margin: .6rem 0; font-size: .9rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .55rem; text-align: right; border-bottom: 1px solid #eee; }
th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 2px solid #bbb; }
table.facts td { text-align: left; vertical-align: top; }
table.facts td:first-child { color: #555; white-space: nowrap; }
code { background: #f4f4f4; padding: .1rem .3rem; border-radius: 3px; overflow-wrap: anywhere; }
figure { margin: 1rem 0; }
svg { width: 100%; height: auto; border: 1px solid #eee; border-radius: 6px; }
.good { color: #00703c; }
ul.checks { list-style: none; padding-left: .5rem; }
.wide { overflow-x: auto; }
";

/// A page that grows.
pub(super) struct Page(String);

impl Page {
    pub(super) fn new(title: &str) -> Self {
        let title = escaped(title);
        Self(format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        ))
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.add(format_args!("<h2>{}</h2>\n", escaped(text)));
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.add(format_args!("<p class=\"note\">{}</p>\n", escaped(text)));
    }

    /// Figures that are seen first: what, and how much with its unit.
    pub(super) fn tiles(&mut self, tiles: &[(String, String)]) {
        self.0.push_str("<div class=\"tiles\">\n");
        for (name, value) in tiles {
            let (name, value) = (escaped(name), escaped(value));
            self.add(format_args!("<div class=\"tile\"><b>{value}</b><span>{name}</span></div>\n"));
        }
        self.0.push_str("</div>\n");
    }

    pub(super) fn figure(&mut self, svg: &str) {
        self.add(format_args!("<figure>\n{svg}</figure>\n"));
    }

    /// Names and values.
    pub(super) fn facts(&mut self, rows: &[(String, String)]) {
        self.0.push_str("<table class=\"facts\">\n");
        for (name, value) in rows {
            let value = match name.as_str() {
                "command" => format!("<code>{}</code>", escaped(value)),
                _ => escaped(value),
            };
            self.add(format_args!("<tr><td>{}</td><td>{value}</td></tr>\n", escaped(name)));
        }
        self.0.push_str("</table>\n");
    }

    pub(super) fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        self.0.push_str("<div class=\"wide\"><table>\n<thead><tr>");
        for cell in head {
            self.add(format_args!("<th>{}</th>", escaped(cell)));
        }
        self.0.push_str("</tr></thead>\n");
        for row in rows {
            self.0.push_str("<tr>");
            for cell in row {
                self.add(format_args!("<td>{}</td>", escaped(cell)));
            }
            self.0.push_str("</tr>\n");
        }
        self.0.push_str("</table></div>\n");
    }

    /// What was found right.
    pub(super) fn checks(&mut self, checks: &[String]) {
        self.0.push_str("<ul class=\"checks\">\n");
        for check in checks {
            self.add(format_args!("<li><span class=\"good\">✓</span> {}</li>\n", escaped(check)));
        }
        self.0.push_str("</ul>\n");
    }

    pub(super) fn finish(mut self) -> String {
        self.0.push_str("</body>\n</html>\n");
        self.0
    }

    fn add(&mut self, text: std::fmt::Arguments<'_>) {
        self.0.write_fmt(text).expect("a String takes all");
    }
}
