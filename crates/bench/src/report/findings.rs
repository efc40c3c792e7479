//! What an experiment found: text, JSON, and a page.

use serde_json::{Value as Json, json};

use super::page::Page;
use super::table::table;
use crate::environment::Environment;
use crate::experiment::{Drawing, Figure, Findings, Settings};
use crate::plot::{Bars, Lines, Scale, number};

/// For people at a terminal.
pub fn findings_text(findings: &Findings) -> String {
    let mut text = format!("{}\n{}\n", findings.title, findings.summary);
    for figure in &findings.figures {
        let (title, head, rows) = cells(figure);
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        text.push_str(&format!("\n{title}\n{}", table(&head, &rows)));
    }
    text.push('\n');
    for remark in &findings.remarks {
        text.push_str(&format!("{remark}\n"));
    }
    text.push_str(&format!("checked: {}\n", findings.checked.join("; ")));
    text
}

/// For programs.
pub fn findings_json(findings: &Findings, settings: &Settings, environment: &Environment) -> Json {
    let rows = environment.rows().into_iter();
    let environment: serde_json::Map<String, Json> =
        rows.map(|(name, value)| (name, Json::String(value))).collect();
    json!({
        "experiment": findings.name,
        "title": findings.title,
        "summary": findings.summary,
        "environment": environment,
        "rounds": settings.rounds,
        "warm_up_seconds": settings.times.warm_up.as_secs_f64(),
        "measured_seconds": settings.times.measured.as_secs_f64(),
        "figures": findings.figures.iter().map(figure_json).collect::<Vec<_>>(),
        "checked": findings.checked,
        "remarks": findings.remarks,
    })
}

/// As HTML.
pub fn findings_page(
    findings: &Findings,
    settings: &Settings,
    environment: &Environment,
) -> String {
    let mut page = Page::new(&format!("Anabranch: {}", findings.title));
    page.paragraph(&findings.summary);
    for figure in &findings.figures {
        let (title, head, rows) = cells(figure);
        page.heading(&title);
        page.figure(&figure.svg());
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        page.table(&head, &rows);
    }
    for remark in &findings.remarks {
        page.paragraph(remark);
    }
    page.heading("Checked at the end");
    page.checks(&findings.checked);
    page.heading("Machine and command");
    let mut rows = environment.rows();
    rows.push(("rounds, of which the median counts".to_owned(), settings.rounds.to_string()));
    let seconds = |time: std::time::Duration| format!("{} s", time.as_secs_f64());
    rows.push(("warm-up of each round".to_owned(), seconds(settings.times.warm_up)));
    rows.push(("measured in each round".to_owned(), seconds(settings.times.measured)));
    page.facts(&rows);
    page.finish()
}

/// Title, head and rows of a figure as a table.
fn cells(figure: &Figure) -> (String, Vec<String>, Vec<Vec<String>>) {
    match &figure.drawing {
        Drawing::Bars(bars) => bars_cells(bars),
        Drawing::Lines(lines) => lines_cells(lines),
    }
}

fn bars_cells(bars: &Bars) -> (String, Vec<String>, Vec<Vec<String>>) {
    let series = bars.series.iter().map(|name| format!("{name}, {}", bars.y.label));
    let head = std::iter::once(bars.x.clone()).chain(series).collect();
    let rows = bars.groups.iter().map(|(name, values)| {
        std::iter::once(name.clone()).chain(values.iter().map(|it| number(*it))).collect()
    });
    (bars.title.clone(), head, rows.collect())
}

fn lines_cells(lines: &Lines) -> (String, Vec<String>, Vec<Vec<String>>) {
    let mut places: Vec<f64> =
        lines.series.iter().flat_map(|series| series.points.iter().map(|(x, _)| *x)).collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    let series = lines.series.iter().map(|series| format!("{}, {}", series.name, lines.y.label));
    let head = std::iter::once(lines.x.label.clone()).chain(series).collect();
    let rows = places.iter().map(|place| {
        let values = lines.series.iter().map(|series| {
            let point = series.points.iter().find(|(x, _)| x == place);
            point.and_then(|(_, y)| *y).map_or(String::new(), number)
        });
        std::iter::once(place_name(lines, *place)).chain(values).collect()
    });
    (lines.title.clone(), head, rows.collect())
}

fn place_name(lines: &Lines, place: f64) -> String {
    match &lines.x.scale {
        Scale::Named(names) => {
            let name = names.iter().find(|(at, _)| *at == place);
            name.map_or_else(|| number(place), |(_, name)| name.clone())
        }
        _ => number(place),
    }
}

fn figure_json(figure: &Figure) -> Json {
    match &figure.drawing {
        Drawing::Bars(bars) => json!({
            "name": figure.name,
            "title": bars.title,
            "x": bars.x,
            "y": bars.y.label,
            "series": bars.series.iter().enumerate().map(|(position, name)| json!({
                "name": name,
                "points": bars.groups.iter()
                    .map(|(group, values)| json!([group, values[position]]))
                    .collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        }),
        Drawing::Lines(lines) => json!({
            "name": figure.name,
            "title": lines.title,
            "x": lines.x.label,
            "y": lines.y.label,
            "series": lines.series.iter().map(|series| json!({
                "name": series.name,
                "points": series.points.iter().map(|(x, y)| match &lines.x.scale {
                    Scale::Named(_) => json!([place_name(lines, *x), y]),
                    _ => json!([x, y]),
                }).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        }),
    }
}
