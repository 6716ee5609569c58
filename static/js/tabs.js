// Tabs that do not all fit: the current one is brought into view, also after a part came anew.
function show(root) {
  for (const tab of root.querySelectorAll?.(".s-tabs > [aria-current]") ?? []) {
    const box = tab.getBoundingClientRect();
    const frame = tab.parentElement.getBoundingClientRect();
    if (box.left < frame.left || box.right > frame.right) {
      tab.parentElement.scrollLeft += box.left + box.width / 2 - (frame.left + frame.width / 2);
    }
  }
}

show(document);
document.body.addEventListener("htmx:load", (event) => show(event.target));
