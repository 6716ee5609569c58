// The chain strip: hover or focus shows digest and actor; the current node is brought into view.
let shown = null;

function show(node) {
  const tip = document.getElementById(node.dataset.chainNode);
  if (!tip || tip === shown) return;
  hide();
  tip.showPopover();
  const box = node.getBoundingClientRect();
  const room = tip.getBoundingClientRect();
  const left = Math.min(Math.max(8, box.left), document.documentElement.clientWidth - room.width - 8);
  const below = box.bottom + 6 + room.height < innerHeight;
  tip.style.left = `${Math.round(left)}px`;
  tip.style.top = `${Math.round(below ? box.bottom + 6 : box.top - room.height - 6)}px`;
  shown = tip;
}

function hide() {
  if (shown?.matches(":popover-open")) shown.hidePopover();
  shown = null;
}

const nodeOf = (event) => event.target.closest?.("[data-chain-node]");
document.addEventListener("pointerover", (event) => {
  const node = nodeOf(event);
  if (node) show(node); else if (shown && !shown.contains(event.target)) hide();
});
document.addEventListener("focusin", (event) => { const node = nodeOf(event); if (node) show(node); else hide(); });
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && shown) hide(); });
document.addEventListener("scroll", hide, { capture: true, passive: true });

for (const strip of document.querySelectorAll("[data-chain]")) {
  const more = () => {
    const fits = strip.scrollWidth <= strip.clientWidth + 1;
    if (fits) strip.removeAttribute("tabindex"); else strip.tabIndex = 0;
    strip.classList.toggle("s-chain-start", !fits && Math.abs(strip.scrollLeft) > 2);
    strip.classList.toggle("s-chain-end", !fits && Math.abs(strip.scrollLeft) + strip.clientWidth < strip.scrollWidth - 2);
  };
  new ResizeObserver(more).observe(strip);
  strip.addEventListener("scroll", more, { passive: true });
  const current = strip.querySelector("[aria-current]");
  if (!current || strip.scrollWidth <= strip.clientWidth) continue;
  const box = current.getBoundingClientRect();
  const frame = strip.getBoundingClientRect();
  strip.scrollLeft += box.left + box.width / 2 - (frame.left + frame.width / 2);
}
