// Tables: a sticky head where they fit, columns as wide as they were dragged, arrows from row to row, live refresh that never moves rows under the pointer.
import { announce } from "./api.js";
import { say } from "./words.js";

const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => fit(target.closest("[data-table]"))));

const columns = new ResizeObserver((entries) => entries.forEach(({ target }) => { if (target.style.width) adjusted(target); }));
// Widths by page, table and column, so that they outlive a swap of the table.
const widths = new Map();
const keyOf = (column) => `${location.pathname} ${column.closest("[data-table]").id} ${column.dataset.col}`;

function adjusted(column) {
  widths.set(keyOf(column), column.style.width);
  const head = column.closest("th"), table = column.closest("table");
  if (!head.classList.contains("s-adjusted")) for (const row of table.rows) row.cells[head.cellIndex]?.classList.add("s-adjusted");
  fit(table.closest("[data-table]"));
}

function fit(table) {
  const scroll = table?.querySelector(".s-table-scroll");
  if (!scroll) return;
  const fits = scroll.firstElementChild.offsetWidth <= scroll.clientWidth + 1;
  table.classList.toggle("s-table-fits", fits);
  scroll.tabIndex = fits ? -1 : 0;
}

function prepare(root) {
  const found = [...root.querySelectorAll("[data-table]"), ...(root.matches?.("[data-table]") ? [root] : [])];
  for (const table of found) {
    fit(table);
    const scroll = table.querySelector(".s-table-scroll");
    if (scroll) sizes.observe(scroll);
    for (const column of table.querySelectorAll("[data-col]")) {
      column.style.width = widths.get(keyOf(column)) ?? "";
      columns.observe(column);
    }
    if (table.dataset.liveTopic) table.addEventListener("live", heard);
  }
}

// One function for all: a table that is prepared twice hears each message once.
function heard({ currentTarget, detail }) {
  if (concerns(currentTarget, detail)) changed(currentTarget, detail);
}

// A list that names kinds of things is asked for anew by events of these alone; a gap may have hidden one.
function concerns(table, message) {
  const kinds = table.dataset.liveKinds?.split(" ");
  return !kinds || message.kind === "refresh" || kinds.includes(message.kind.split(".")[0]);
}

// A list of what happened counts what is new and waits to be asked; the reader's place never moves. Other lists do so
// under the pointer or the focus: what came is counted, and of whatever else has changed it is said that it has.
function changed(table, message) {
  const always = table.hasAttribute("data-live-bar");
  if (!always && !table.matches(":hover, :focus-within")) return htmx.trigger(table, "table:refresh");
  const came = always || message.kind.endsWith(".created");
  const count = Number(table.dataset.liveNew || 0) + (came ? 1 : 0);
  table.dataset.liveNew = count;
  let button = table.querySelector(".s-live-new");
  if (!button) {
    button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm s-live-new";
    button.addEventListener("click", () => htmx.trigger(table, "table:refresh"));
    table.prepend(button);
  }
  const text = count ? say("new_count", { n: count }) : say("new_rows");
  if (button.textContent !== text) { button.textContent = text; announce(text); }
}

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("[data-table] tbody tr");
  if (!row || event.target.matches("input, select, textarea, summary")) return;
  const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling, Home: row.parentElement.firstElementChild, End: row.parentElement.lastElementChild }[event.key];
  const link = next?.querySelector("a[href], button");
  if (link) { event.preventDefault(); link.focus(); }
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto-submit]");
  if (form) form.requestSubmit();
});
prepare(document);
document.body.addEventListener("htmx:load", (event) => prepare(event.target));
