// Ctrl-K: a dialog over a server-side search. Without script the button is a link to the search page.
const dialog = document.getElementById("palette");

function open() {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  const input = dialog.querySelector("input");
  input.select();
  htmx.trigger(input, "palette:open");
}

function mark(options, at) {
  options.forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
  options[at]?.scrollIntoView({ block: "nearest" });
  dialog.querySelector("input").setAttribute("aria-activedescendant", options[at]?.id ?? "");
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k" && dialog) { event.preventDefault(); open(); }
});
document.addEventListener("click", (event) => {
  if (dialog && event.target.closest("[data-palette]") && !event.metaKey && !event.ctrlKey) { event.preventDefault(); open(); }
});
// “?” in the empty search lists the shortcuts. Outside it is no shortcut: a single sign would be in the way of speech input.
dialog?.addEventListener("keydown", (event) => {
  if (event.key !== "?" || !event.target.matches("input") || event.target.value) return;
  event.preventDefault();
  const keys = dialog.querySelector("[data-shortcuts]");
  keys.open = !keys.open;
});
dialog?.addEventListener("keydown", (event) => {
  const options = [...dialog.querySelectorAll("a[role=option], button[role=option]")];
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && options.length) { event.preventDefault(); mark(options, (at + step + options.length) % options.length); }
  if (event.key === "Enter" && options[at]) { event.preventDefault(); options[at].click(); }
});
// An act of the palette comes back to where it was called.
dialog?.addEventListener("submit", (event) => {
  const here = event.target.querySelector("[data-here]");
  if (here) here.value = location.pathname + location.search;
});
