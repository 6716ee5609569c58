// The picture of lineage: arrow keys walk along its edges, up and down among what stands beside; what is meant comes into view.
const rtl = () => document.documentElement.dir === "rtl";

function named(node, list) {
  return list.split(" ").filter(Boolean).map((id) => document.getElementById(id)).filter((one) => one && one !== node);
}

function nearest(node, others) {
  const middle = (one) => { const box = one.getBoundingClientRect(); return box.top + box.height / 2; };
  return others.sort((a, b) => Math.abs(middle(a) - middle(node)) - Math.abs(middle(b) - middle(node)))[0];
}

function beside(picture, node, down) {
  const here = node.getBoundingClientRect();
  const column = [...picture.querySelectorAll("[data-lineage-node]")].filter((one) => Math.abs(one.getBoundingClientRect().left - here.left) < 4);
  column.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
  return column[column.indexOf(node) + (down ? 1 : -1)];
}

function next(picture, node, key) {
  if (key === "ArrowDown" || key === "ArrowUp") return beside(picture, node, key === "ArrowDown");
  const onwards = (key === "ArrowRight") !== rtl();
  return nearest(node, named(node, onwards ? node.dataset.behind : node.dataset.before));
}

export function enhance(picture) {
  picture.addEventListener("keydown", (event) => {
    const node = event.target.closest("[data-lineage-node]");
    if (!node || !event.key.startsWith("Arrow") || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const other = next(picture, node, event.key);
    other?.focus({ preventScroll: true });
    other?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  const current = picture.querySelector("[aria-current]");
  if (!current) return;
  const box = current.getBoundingClientRect();
  const frame = picture.getBoundingClientRect();
  picture.scrollLeft += box.left + box.width / 2 - (frame.left + frame.width / 2);
  picture.scrollTop += box.top + box.height / 2 - (frame.top + frame.height / 2);
}
