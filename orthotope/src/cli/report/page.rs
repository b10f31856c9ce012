//! The frame of the page and its style: nothing is loaded from anywhere.

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5c6675; --paper: #fff; --line: #d5dae1;
  --asked: #3d6fb6; --rounding: #e0812f; --headers: #b8447a; --tails: #8a63c9; --magazines: #9aa4b1; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #a0aaba; --paper: #14181f; --line: #343c49;
  --asked: #6f9fe0; --rounding: #f0a054; --headers: #dd7aa8; --tails: #b295ea; --magazines: #737f8f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.45rem; line-height: 1.25; overflow-wrap: anywhere; margin: 0 0 .4rem; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .2rem; }
p { margin: .3rem 0 .8rem; max-width: 46rem; }
.note { color: var(--soft); font-size: .87rem; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: .4rem 0; font-size: .87rem; color: var(--soft); }
.legend svg { width: .8rem; height: .8rem; margin-right: .35rem; vertical-align: -1px; }
.row { display: grid; grid-template-columns: 5.2rem minmax(0, 1fr) max-content; gap: 0 .7rem; align-items: center; }
.row > b { font-weight: 500; text-align: right; white-space: nowrap; }
.row > i { font-style: normal; font-variant-numeric: tabular-nums; white-space: nowrap; color: var(--soft); font-size: .87rem;
  min-width: 4.6rem; text-align: right; }
.sizes .row { grid-template-columns: 5.2rem minmax(0, 1fr); }
.row svg { display: block; width: 100%; overflow: visible; }
svg text { font: 11.5px system-ui, sans-serif; fill: var(--soft); }
.asked { fill: var(--asked); } .rounding { fill: var(--rounding); } .headers { fill: var(--headers); }
.tails { fill: var(--tails); } .magazines { fill: var(--magazines); }
.grid { stroke: var(--line); } .axis { stroke: var(--soft); } .tick { stroke: var(--ink); stroke-width: 1.25; }
.wide { overflow-x: auto; margin-top: 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .25rem .8rem .25rem 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { font-weight: 500; color: var(--soft); }
th:first-child, td:first-child { text-align: left; }
@media (max-width: 56rem) { .quarter { display: none; } }
@media (max-width: 36rem) { .half { display: none; }
  .row { grid-template-columns: 4.6rem minmax(0, 1fr); gap: 0 .5rem; }
  .row > i { grid-column: 2; text-align: left; margin-bottom: .35rem; }
  .row > i:empty { display: none; } .sizes .row { grid-template-columns: 4.6rem minmax(0, 1fr); } }
";

/// A whole page.
pub(super) fn page(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{} – orthotope</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\
         <p class=\"note\">Made by orthotope {}.</p>\n</body>\n</html>\n",
        escape(title),
        env!("CARGO_PKG_VERSION")
    )
}

/// A line of a chart: its name, the drawing, and the value in words.
pub(super) fn row(name: &str, drawing: &str, value: &str) -> String {
    format!(
        "<div class=\"row\"><b>{}</b>{drawing}<i>{}</i></div>\n",
        escape(name),
        escape(value)
    )
}

/// What the colours mean.
pub(super) fn legend(parts: &[(&str, &str)]) -> String {
    let mut html = String::from("<div class=\"legend\">");
    for (class, meaning) in parts {
        html += &format!(
            "<span><svg viewBox=\"0 0 8 8\"><rect class=\"{class}\" width=\"8\" height=\"8\"/></svg>{meaning}</span>"
        );
    }
    html + "</div>\n"
}

/// Text as HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
