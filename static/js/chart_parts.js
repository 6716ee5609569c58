// What charts share: Plotly fetched once, colours out of the page's tokens, figures as rows.
import { language } from "./words.js";

const loaded = new Map();

function script(source) {
  if (!loaded.has(source)) {
    loaded.set(source, new Promise((resolve, reject) => {
      const element = document.createElement("script");
      element.src = source;
      element.onload = resolve;
      element.onerror = () => reject(new Error(source));
      document.head.append(element);
    }));
  }
  return loaded.get(source);
}

export async function plotly(strict) {
  const { plotly: small, plotlyStrict: large } = document.body.dataset;
  if (!window.Plotly || (strict && window.Plotly.sanadStrict !== true)) {
    await script(strict ? large : small);
    window.Plotly.sanadStrict = Boolean(strict);
    if (language !== "en") window.Plotly.register(calendar()); // its own English is complete
  }
  return window.Plotly;
}

// Names of days and months as the browser knows them: Plotly's own Arabic has those of the Levant.
function calendar() {
  const names = (count, date, options) => Array.from({ length: count }, (_, index) =>
    new Intl.DateTimeFormat("ar-AE", { ...options, timeZone: "UTC" }).format(date(index)));
  const day = (index) => new Date(Date.UTC(2023, 0, 1 + index)); // a Sunday
  const month = (index) => new Date(Date.UTC(2023, index, 1));
  const format = {
    days: names(7, day, { weekday: "long" }), shortDays: names(7, day, { weekday: "short" }),
    months: names(12, month, { month: "long" }), shortMonths: names(12, month, { month: "short" }), date: "%d/%m/%Y",
  };
  return { moduleType: "locale", name: language, dictionary: {}, format };
}

// Custom properties hold light-dark() pairs; only a used colour tells which one is in force.
export function colours() {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const read = (name) => { probe.style.color = `var(${name})`; return getComputedStyle(probe).color; };
  const names = { text: "--s-text", soft: "--s-text-2", line: "--s-line", paper: "--s-canvas", raised: "--s-raised", edge: "--s-line-2", accent: "--s-accent" };
  const found = Object.fromEntries(Object.entries(names).map(([key, name]) => [key, read(name)]));
  probe.style.color = "light-dark(rgb(255, 255, 255), rgb(0, 0, 0))";
  found.dark = getComputedStyle(probe).color === "rgb(0, 0, 0)";
  probe.remove();
  return found;
}

// Safe for colour blindness (after Okabe and Ito), tuned to each ground.
const WAYS = {
  light: ["#0c6a65", "#d55e00", "#4464ad", "#a3438f", "#8a7a00", "#5b6a6c", "#009e73", "#b0241c"],
  dark: ["#62cbbf", "#ff9e57", "#8fb1ff", "#e39bd3", "#d9cb4a", "#aab6b7", "#5fd3a6", "#ff948a"],
};
const SCALES = {
  light: [[0, "#f1f6f5"], [0.35, "#a9d3ce"], [0.7, "#3f948d"], [1, "#084c48"]],
  dark: [[0, "#172122"], [0.35, "#1f5450"], [0.7, "#3f9d94"], [1, "#a5f0e6"]],
};

export function dressed(layout) {
  const c = colours();
  const axis = { gridcolor: c.line, linecolor: c.edge, zerolinecolor: c.edge, tickcolor: c.edge, automargin: true, ticks: "", tickfont: { color: c.soft, size: 11 }, title: { font: { color: c.soft, size: 11 } } };
  const font = { family: getComputedStyle(document.body).fontFamily, size: 12, color: c.text };
  const scale = SCALES[c.dark ? "dark" : "light"];
  const template = {
    layout: {
      font, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", colorway: WAYS[c.dark ? "dark" : "light"],
      colorscale: { sequential: scale }, xaxis: axis, yaxis: axis, hovermode: "x unified",
      hoverlabel: { bgcolor: c.raised, bordercolor: c.edge, font: { ...font, color: c.text } }, legend: { orientation: "h", y: 1.12, x: 0, font },
    },
    data: { heatmap: [{ colorscale: scale, colorbar: { outlinewidth: 0, thickness: 10, tickfont: { color: c.soft } }, xgap: 1, ygap: 1 }], histogram: [{ marker: { line: { width: 0 } } }] },
  };
  return { autosize: true, margin: { l: 48, r: 12, t: 24, b: 36 }, uirevision: "stay", ...layout, template };
}

// Every point of every trace as a row: [column names, rows].
export function figures(data) {
  if (data.some((trace) => trace.z)) {
    const { x = [], y = [], z } = data.find((trace) => trace.z);
    return [["", ...x], z.map((row, index) => [y[index] ?? index, ...row])];
  }
  const names = data.map((trace, index) => trace.name ?? `y${index + 1}`);
  const rows = new Map();
  data.forEach((trace, column) => {
    const values = trace.y ?? trace.values ?? [];
    (trace.x ?? trace.labels ?? values.map((_, index) => index)).forEach((x, index) => {
      if (!rows.has(x)) rows.set(x, [x, ...data.map(() => "")]);
      rows.get(x)[column + 1] = values[index] ?? "";
    });
  });
  return [["x", ...names], [...rows.values()]];
}

// Whether it is an address of this portal. A browser takes a backslash for a slash, and leaves out tabs and ends of lines.
export const isOurs = (address) => typeof address === "string" && /^\/(?!\/)[^\s\\]*$/.test(address);

// Where the points of the figures lead, by what their row begins with.
export function leads(data) {
  const found = new Map();
  for (const { x = [], customdata = [] } of data) x.forEach((value, index) => { if (isOurs(customdata[index])) found.set(value, customdata[index]); });
  return found;
}

// Text as Plotly is to show it: it takes what looks like tags for tags, links among them, and values are anybody's.
export function asText(given) {
  if (typeof given === "string") return given.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  if (Array.isArray(given)) return given.map(asText);
  if (given === null || typeof given !== "object") return given;
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, asText(value)]));
}

// What a spreadsheet would take for a formula begins with an apostrophe, as in what the portal writes itself.
export function csv([head, rows]) {
  const cell = (value) => {
    let text = value === null || value === undefined ? "" : String(value);
    if (/^[=+\-@\t\r\n＝＋－＠]/.test(text) && Number.isNaN(Number(text))) text = `'${text}`;
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n");
}

export function tableOf([head, rows], caption, links = new Map()) {
  const table = document.createElement("table");
  table.className = "s-plain-table";
  table.createCaption().textContent = caption;
  const cells = (row, values, tag) => values.forEach((value, index) => {
    const cell = document.createElement(tag === "th" || index === 0 ? "th" : "td");
    const text = value === null || value === undefined ? "–" : value;
    const to = tag !== "th" && index === 0 && links.get(value);
    cell.append(to ? Object.assign(document.createElement("a"), { href: to, textContent: text }) : text);
    if (tag === "th") cell.scope = "col"; else if (index === 0) cell.scope = "row";
    if (typeof value === "number") cell.className = "s-num";
    row.append(cell);
  });
  cells(table.createTHead().insertRow(), head, "th");
  const body = table.createTBody();
  rows.slice(0, 2000).forEach((row) => cells(body.insertRow(), row, "td"));
  return table;
}
