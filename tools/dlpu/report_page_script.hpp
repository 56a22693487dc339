#pragma once

/// Draws the report's page from the data in it.

namespace dlpu::command {

inline constexpr const char* report_page_script = R"js(
"use strict";
const report = JSON.parse(document.getElementById("data").textContent);
const kinds = { a: "accelerated", s: "slow", c: "cpu", r: "rejected" };
const kindNames = { a: "accelerated", s: "slow", c: "on the CPU", r: "refused" };

function element(name, attributes, ...children) {
  const isDrawing = ["svg", "g", "rect", "line", "path", "text", "title"].includes(name);
  const made = isDrawing ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}
const number = (x) => (x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2));
const bytes = (n) => (n === 0 ? "0" : n >= 2 ** 30 ? (n / 2 ** 30).toFixed(0) + " GiB" : n >= 1048576 ? (n / 1048576).toFixed(1) + " MiB" : (n / 1024).toFixed(1) + " KiB");
const rowName = (row) => row.target + (row.device ? " \u00b7 " + row.device : "") + " \u00b7 " + row.scheme;
function drawing(width, height, label, ...children) {
  return element("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, ...children);
}
/// Round steps of an axis from 0 to at least `most`.
function ticks(most) {
  const raw = most / 5, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= raw);
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, i) => i * step);
}
function latencyText(row) {
  if (row.ms === null) return row.uncalibrated ? "uncalibrated" : "\u2013";
  return `${number(row.ms)} ms (${number(row.low)}\u2013${number(row.high)})` + (row.uncalibrated ? " *" : "");
}

function summary(model) {
  const withAccuracy = model.rows.some((row) => row.accuracy !== null);
  const heads = ["target", "scheme", "verdict", "accuracy", "latency, 90 %", "memory", "off the accelerator", "first to fix"];
  const numeric = [3, 4, 5, 6];
  const cell = (name, text, i) => element(name, numeric.includes(i) ? { class: "number" } : {}, text);
  const keep = (_, i) => withAccuracy || i !== 3;
  const body = model.rows.map((row) => {
    const total = bytes(row.arena + row.weights) + (row.memory ? " of " + bytes(row.memory) : "");
    const off = [...row.verdicts].filter((v) => v === "c" || v === "r").length;
    const worst = row.verdict.startsWith("does not") ? "r" : ["r", "c", "s", "a"].find((k) => row.verdicts.includes(k)) || "a";
    const verdict = element("span", {}, element("span", { class: "dot " + kinds[worst] }), row.verdict);
    const accuracy = row.accuracy === null ? "\u2013" : (100 * row.accuracy).toFixed(2) + " %";
    const name = row.target + (row.device ? " \u00b7 " + row.device : "");
    const texts = [name, row.scheme, verdict, accuracy, latencyText(row), total, String(off), row.first || "\u2013"];
    return element("tr", {}, ...texts.map((text, i) => cell("td", text, i)).filter(keep));
  });
  return element("div", { class: "card scroll" }, element("table", {},
    element("thead", {}, element("tr", {}, ...heads.map((text, i) => cell("th", text, i)).filter(keep))),
    element("tbody", {}, ...body)));
}

function legend() {
  const entry = (kind, name) => element("span", {}, element("span", { class: "dot " + kind }), name);
  return element("p", { class: "legend muted" }, ...Object.keys(kinds).map((k) => entry(kinds[k], kindNames[k])),
    entry("job", "no operator's: what each job costs"));
}

function latencyChart(model) {
  const rows = model.rows.filter((row) => row.ms !== null);
  if (rows.length === 0) return null;
  const left = 250, width = 900, line = 30, top = 8, most = Math.max(...rows.map((row) => row.high));
  const marks = ticks(most), x = (ms) => left + (ms / marks[marks.length - 1]) * (width - left - 130);
  const bottom = top + rows.length * line;
  const parts = marks.flatMap((ms) => [
    element("line", { x1: x(ms), x2: x(ms), y1: top, y2: bottom, class: "grid" }),
    element("text", { x: x(ms), y: bottom + 16, "text-anchor": "middle", class: "muted small" }, String(+ms.toPrecision(6)))]);
  rows.forEach((row, i) => {
    const y = top + i * line, middle = y + line / 2;
    const worst = ["r", "c", "s", "a"].find((k) => row.verdicts.includes(k)) || "a";
    parts.push(
      element("text", { x: left - 10, y: middle + 4, "text-anchor": "end" }, rowName(row)),
      element("rect", { x: x(0), y: y + 7, width: Math.max(1, x(row.ms) - x(0)), height: line - 14, rx: 2, class: kinds[worst] },
        element("title", {}, latencyText(row))),
      element("line", { x1: x(row.low), x2: x(row.high), y1: middle, y2: middle, class: "whisker" }),
      ...[row.low, row.high].map((ms) => element("line", { x1: x(ms), x2: x(ms), y1: middle - 5, y2: middle + 5, class: "whisker" })),
      element("text", { x: x(row.high) + 8, y: middle + 4, class: "muted" }, number(row.ms) + " ms" + (row.uncalibrated ? " *" : "")));
  });
  parts.push(element("text", { x: width - 6, y: bottom + 16, "text-anchor": "end", class: "muted small" }, "ms per inference"));
  return element("div", { class: "card" }, element("h3", { style: "margin-top:0" }, "Estimated latency with 90 % intervals"),
    element("div", { class: "scroll" }, drawing(width, bottom + 24, "Latency per target", ...parts)));
}

function timeline(model, row) {
  if (row.ms === null) return null;
  const width = 1100, height = 44, total = row.ms, parts = [];
  let at = 0;
  const span = (ms, kind, text) => {
    const w = (ms / total) * width;
    if (w > 0) parts.push(element("rect", { x: at, y: 4, width: Math.max(0.3, w - (w > 3 ? 0.6 : 0)), height: 30, class: kind },
      element("title", {}, text)));
    at += w;
  };
  span(row.fixed, "job", `each job: ${number(row.fixed)} ms`);
  if (row.fetch > 0) span(row.fetch, "job", `weights beyond the cache: ${number(row.fetch)} ms`);
  model.operators.forEach((op, i) =>
    span(row.operatorMs[i], kinds[row.verdicts[i]], `${op.number} ${op.type} ${op.name}: ${row.operatorMs[i].toFixed(3)} ms`));
  return element("div", {}, element("h3", {}, `Timeline, operator by operator: ${number(total)} ms`),
    element("div", { class: "scroll" }, drawing(width, height, "Time of each operator", ...parts)),
    element("p", { class: "muted" }, "The model shares the time out by multiply-accumulates and bytes; single operators were never measured."));
}

function memoryChart(model, row) {
  const width = 1100, height = 150, bottom = height - 20, left = 70, most = Math.max(1, ...row.live), n = row.live.length;
  if (n === 0) return null;
  const x = (i) => left + (i / n) * (width - left - 4), y = (b) => bottom - (b / most) * (bottom - 12);
  let path = `M${x(0)} ${bottom}`;
  row.live.forEach((b, i) => { path += `L${x(i).toFixed(1)} ${y(b).toFixed(1)}L${x(i + 1).toFixed(1)} ${y(b).toFixed(1)}`; });
  path += `L${x(n)} ${bottom}Z`;
  const lines = [0, 0.5, 1].flatMap((share) => [
    element("line", { x1: left, x2: width, y1: y(share * most), y2: y(share * most), class: "grid" }),
    element("text", { x: left - 8, y: y(share * most) + 4, "text-anchor": "end", class: "muted small" }, bytes(share * most))]);
  const hits = row.live.map((b, i) => element("rect", { x: x(i), y: 0, width: x(i + 1) - x(i), height: bottom, fill: "transparent" },
    element("title", {}, `${model.operators[i].number} ${model.operators[i].type}: ${bytes(b)}`)));
  return element("div", {}, element("h3", {}, `Memory over time: ${bytes(row.arena)} for activations, ${bytes(row.weights)} for weights`),
    element("div", { class: "scroll" }, drawing(width, height, "Memory while each operator runs", ...lines,
      element("path", { d: path, class: "area" }), ...hits,
      element("text", { x: width - 4, y: height - 5, "text-anchor": "end", class: "muted small" }, "operators in their order"))));
}

/// Operators from left to right by how many stand before them on the longest way, side by side where several do; in bands
/// below each other, as text runs.
const box = { w: 122, h: 30, dx: 137, dy: 44, columns: 8, pad: 8, gap: 18, letters: 17 };
function graphPlaces(model) {
  if (model.places) return model.places;
  const used = new Map();
  model.places = model.operators.map(() => ({ depth: 0, lane: 0 }));
  model.operators.forEach((op, i) => {
    const place = model.places[i];
    for (const from of op.from) place.depth = Math.max(place.depth, model.places[from].depth + 1);
    place.lane = used.get(place.depth) || 0;
    used.set(place.depth, place.lane + 1);
  });
  const lanes = [];
  for (const p of model.places) {
    p.band = Math.floor(p.depth / box.columns);
    lanes[p.band] = Math.max(lanes[p.band] || 0, p.lane + 1);
  }
  const tops = [box.pad];
  lanes.forEach((count, band) => tops.push(tops[band] + count * box.dy + box.gap));
  for (const p of model.places) {
    p.x = box.pad + (p.depth % box.columns) * box.dx;
    p.y = tops[p.band] + p.lane * box.dy;
    p.top = tops[p.band];
  }
  model.height = tops[tops.length - 1];
  return model.places;
}
/// A line between two boxes: below what stands between them, and around the ends of bands.
function edgePath(a, b) {
  const x1 = a.x + box.w, y1 = a.y + box.h / 2, x2 = b.x, y2 = b.y + box.h / 2;
  if (a.band !== b.band) return `M${x1} ${y1}h6V${b.top - box.gap / 2}H${x2 - 5}V${y2}H${x2}`;
  if (b.depth - a.depth === 1) return `M${x1} ${y1}C${x1 + 9} ${y1} ${x2 - 9} ${y2} ${x2} ${y2}`;
  const low = Math.max(a.y, b.y) + box.h + 7;
  return `M${x1 - 12} ${a.y + box.h}C${x1 - 12} ${low} ${x1} ${low} ${x1 + 8} ${low}H${x2 - 6}C${x2 + 4} ${low} ${x2 + 12} ${low} ${x2 + 12} ${b.y + box.h}`;
}
function graphDrawing(model, row) {
  const places = graphPlaces(model), parts = [];
  model.operators.forEach((op, i) => {
    for (const from of op.from) parts.push(element("path", { d: edgePath(places[from], places[i]), class: "edge" }));
  });
  model.operators.forEach((op, i) => {
    const p = places[i], rule = row.ruleOf[i] >= 0 ? "\n" + row.rules[row.ruleOf[i]] : "";
    const type = op.type.length > box.letters ? op.type.slice(0, box.letters - 1) + "\u2026" : op.type;
    parts.push(element("g", { class: "node" },
      element("rect", { x: p.x, y: p.y, width: box.w, height: box.h, rx: 4, class: kinds[row.verdicts[i]] }),
      element("text", { x: p.x + 6, y: p.y + 12 }, type),
      element("text", { x: p.x + 6, y: p.y + 24, opacity: 0.85 }, op.shape),
      element("title", {}, `${op.number} ${op.type} ${op.name}: ${kindNames[row.verdicts[i]]}${rule}`)));
  });
  return element("div", {}, element("h3", {}, "The network, coloured by what the chip does with each operator"),
    element("div", { class: "scroll" }, drawing(box.pad * 2 + box.columns * box.dx, model.height, "Graph of the network", ...parts)));
}

function reasons(row) {
  const items = row.rules.map((rule, r) => {
    const count = row.ruleOf.filter((x) => x === r).length;
    return element("li", {}, `${count} operator${count === 1 ? "" : "s"}: ${rule} `, element("span", { class: "muted" }, `[${row.sources[r]}]`));
  });
  for (const text of [row.network, row.remark]) if (text) items.push(element("li", {}, text));
  if (items.length === 0) return null;
  return element("div", {}, element("h3", {}, "Why"), element("ul", {}, ...items));
}
function advice(row) {
  if (row.advice.length === 0) return null;
  return element("div", {}, element("h3", {}, "Advice"), element("ol", {}, ...row.advice.map((a) => element("li", {},
    element("strong", {}, a.gain >= 0.005 ? `about ${number(a.gain)} ms less: ` : "no gain that the model knows: "), a.text + " ",
    element("span", { class: "muted" }, `[${a.source}]`)))));
}

function details(model) {
  const panel = element("div", {}), buttons = element("div", {});
  const show = (index) => {
    const row = model.rows[index];
    [...buttons.children].forEach((b, i) => b.setAttribute("aria-pressed", String(i === index)));
    panel.replaceChildren(...[timeline(model, row), memoryChart(model, row), graphDrawing(model, row), reasons(row), advice(row)].filter(Boolean));
  };
  model.rows.forEach((row, i) => {
    const button = element("button", { type: "button" }, rowName(row));
    button.addEventListener("click", () => show(i));
    buttons.append(button);
  });
  const timed = model.rows.findIndex((row) => row.ms !== null);
  const mixed = model.rows.findIndex((row) => row.ms !== null && new Set(row.verdicts).size > 1);
  show(mixed >= 0 ? mixed : Math.max(0, timed));
  return element("div", { class: "card" }, buttons, legend(), panel);
}

function togetherTable(together) {
  const head = ["model", "wanted/s", "achieved/s", "skipped", "longest wait", "run", "change of model"];
  if (together.problem) return element("div", { class: "card" }, element("h3", { style: "margin-top:0" }, together.target), element("p", {}, together.problem));
  const body = together.models.map((m) => element("tr", {}, element("td", {}, m.model), ...[number(m.wanted_rate), number(m.achieved_rate),
    (100 * m.skipped_share).toFixed(0) + " %", number(m.worst_wait_ms) + " ms", number(m.run_ms) + " ms", number(m.switch_ms) + " ms"]
    .map((text) => element("td", { class: "number" }, text))));
  const verdict = together.keeps_up ? "All rates are reached." : together.stop ? `Stop ${together.stop}: the others then keep their rates.`
    : "The rates are not reached, and stopping one model does not help.";
  return element("div", { class: "card scroll" }, element("h3", { style: "margin-top:0" },
    `${together.target}: busy ${(100 * together.utilization).toFixed(0)} %, ${(100 * together.switch_share).toFixed(0)} % with changing models`),
    element("table", {}, element("thead", {}, element("tr", {}, ...head.map((text, i) => element("th", i ? { class: "number" } : {}, text)))),
      element("tbody", {}, ...body)), element("p", {}, verdict));
}

const main = document.querySelector("main");
for (const model of report.models) {
  main.append(element("h2", {}, model.name), element("p", { class: "muted" },
    `${model.operators.length} operators, ${(model.macs * 1e-6).toFixed(1)} million multiply-accumulates, ${(model.parameters * 1e-6).toFixed(2)} million parameters`),
    ...[summary(model), latencyChart(model), details(model)].filter(Boolean));
}
if (report.together.length > 0) main.append(element("h2", {}, "Together on one device"), ...report.together.map(togetherTable));
for (const sentence of report.cpu) main.append(element("p", {}, sentence));
)js";

}  // namespace dlpu::command
