// Tables: a sticky head where they fit, columns as wide as they were dragged, arrows from row to row, live refresh that never moves rows under the pointer.
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
    if (table.dataset.liveTopic) table.addEventListener("live", () => changed(table));
  }
}

function changed(table) {
  // A list of what happened counts what is new and waits to be asked; the reader's place never moves.
  if (table.hasAttribute("data-live-bar")) return counted(table);
  if (!table.matches(":hover, :focus-within")) return htmx.trigger(table, "table:refresh");
  if (table.querySelector(".s-live-new")) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-sm s-live-new";
  button.textContent = say("new_rows");
  button.addEventListener("click", () => htmx.trigger(table, "table:refresh"));
  table.prepend(button);
}

function counted(table) {
  const count = Number(table.dataset.liveBar || 0) + 1;
  table.dataset.liveBar = count;
  let button = table.querySelector(".s-live-new");
  if (!button) {
    button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm s-live-new";
    button.addEventListener("click", () => htmx.trigger(table, "table:refresh"));
    table.prepend(button);
  }
  button.textContent = say("new_count", { n: count });
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
