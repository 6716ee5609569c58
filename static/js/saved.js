// Saved filters follow the address: a list is filtered and sorted without its head being drawn anew.
const LEFT_OUT = new Set(["page", "export", "unless", "saved"]);

// As the server keeps a query: words in one order, empty ones and places in the list left out.
function kept(search) {
  const pairs = [...new URLSearchParams(search)].filter(([name, value]) => value && !LEFT_OUT.has(name));
  return pairs.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)).map((pair) => pair.join("=")).join("&");
}

function follow(menu) {
  const now = kept(location.search);
  menu.querySelector("[data-saved-now]").value = location.search.slice(1);
  for (const link of menu.querySelectorAll("[data-saved-query]")) {
    if (kept(link.dataset.savedQuery) === now) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const current = menu.querySelector('[data-saved-query]:not([data-saved-query=""])[aria-current] bdi');
  const name = menu.querySelector("[data-saved-name]");
  name.replaceChildren(current ? current.cloneNode(true) : menu.dataset.saved);
}

export function enhance(menu) {
  follow(menu);
  for (const event of ["htmx:pushedIntoHistory", "htmx:historyRestore"]) {
    document.body.addEventListener(event, () => { if (menu.isConnected) follow(menu); });
  }
  menu.querySelector("[data-saved-form]").addEventListener("submit", () => follow(menu));
}
