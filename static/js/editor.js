// A plain text area for SQL: line numbers, Tab indents (Escape first, then Tab leaves), Enter keeps the indent.
export function enhance(box) {
  if (box.matches("textarea")) return; // the field itself carries the mark too
  const area = box.querySelector("textarea");
  const lines = box.querySelector(".s-editor-lines");
  if (!area || box.dataset.ready) return;
  box.dataset.ready = "yes";
  let leave = false;

  const number = () => {
    const count = area.value.split("\n").length;
    lines.textContent = Array.from({ length: count }, (_, index) => index + 1).join("\n");
    lines.style.blockSize = `${area.offsetHeight}px`;
    lines.scrollTop = area.scrollTop;
  };
  area.addEventListener("input", number);
  area.addEventListener("scroll", () => { lines.scrollTop = area.scrollTop; });
  area.addEventListener("blur", () => { leave = false; });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { leave = true; return; }
    if (event.key === "Tab" && !leave && !event.ctrlKey && !event.altKey) { event.preventDefault(); indent(area, event.shiftKey); }
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) keepIndent(area, event);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) area.form?.requestSubmit();
    if (event.key !== "Tab") leave = false;
  });
  new ResizeObserver(number).observe(area);
  number();
}

// setRangeText would forget the undo history; insertText keeps it.
const insert = (text) => document.execCommand("insertText", false, text);

function indent(area, back) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  if (from === to && !back) return insert("  ");
  const start = value.lastIndexOf("\n", from - 1) + 1;
  const block = value.slice(start, to);
  const moved = back ? block.replace(/^ {1,2}/gm, "") : block.replace(/^/gm, "  ");
  area.setSelectionRange(start, to);
  insert(moved);
  area.setSelectionRange(start, start + moved.length);
}

function keepIndent(area, event) {
  const start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
  const space = area.value.slice(start, area.selectionStart).match(/^ */)[0];
  if (space) { event.preventDefault(); insert(`\n${space}`); }
}
