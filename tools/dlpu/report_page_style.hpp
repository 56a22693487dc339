#pragma once

/// The look of the report's page, in light and in dark.

namespace dlpu::command {

inline constexpr const char* report_page_style = R"css(
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1c2430; --muted: #5b6675; --line: #d8dde5; --grid: #e8ebf0;
  --accelerated: #2f73c9; --slow: #b98500; --cpu: #d2561e; --rejected: #86378f; --job: #a3acb8; --focus: #1c2430;
  --on-fill: #ffffff; --area: #2f73c933;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1a2029; --ink: #e6eaf0; --muted: #98a4b3; --line: #333d4a; --grid: #262e39;
    --accelerated: #6ba7f0; --slow: #e3b341; --cpu: #f0884f; --rejected: #c98ad3; --job: #66727f; --focus: #e6eaf0;
    --on-fill: #10151b; --area: #6ba7f033;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 14px/1.45 system-ui, "DejaVu Sans", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 20px 16px 48px; }
h1 { font-size: 22px; margin: 4px 0 2px; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 28px 0 10px; overflow-wrap: anywhere; }
h3 { font-size: 14px; margin: 18px 0 6px; }
p { margin: 4px 0 10px; }
.muted { color: var(--muted); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; margin: 0 0 14px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 5px 10px 5px 0; border-bottom: 1px solid var(--grid); vertical-align: top; }
th { color: var(--muted); font-weight: 500; white-space: nowrap; }
td.number, th.number { text-align: right; padding-left: 10px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.dot { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; vertical-align: -1px; }
.legend > span { margin-right: 16px; white-space: nowrap; }
button { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 999px;
  padding: 3px 12px; margin: 0 6px 6px 0; cursor: pointer; }
button[aria-pressed="true"] { border-color: var(--focus); box-shadow: inset 0 0 0 1px var(--focus); }
svg { display: block; }
svg text { fill: var(--ink); font: 12px system-ui, "DejaVu Sans", sans-serif; }
svg .muted { fill: var(--muted); }
svg .small { font-size: 10px; }
svg .grid { stroke: var(--grid); }
svg .edge { stroke: var(--muted); fill: none; opacity: 0.55; }
svg .whisker { stroke: var(--ink); stroke-width: 1.5; }
svg .area { fill: var(--area); stroke: var(--accelerated); stroke-width: 1.2; }
.accelerated { fill: var(--accelerated); background: var(--accelerated); }
.slow { fill: var(--slow); background: var(--slow); }
.cpu { fill: var(--cpu); background: var(--cpu); }
.rejected { fill: var(--rejected); background: var(--rejected); }
.job { fill: var(--job); background: var(--job); }
svg .node text { fill: var(--on-fill); font-size: 9.5px; }
ol, ul { margin: 4px 0 10px; padding-left: 22px; }
li { margin: 3px 0; }
)css";

}  // namespace dlpu::command
