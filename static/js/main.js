// Starts what the page has. Everything here makes links and forms pleasanter; nothing here is needed for them to work.
import "./theme.js";
import "./toasts.js";
import "./dialog.js";
import "./menu.js";
import "./copy.js";
import "./time.js";
import "./palette.js";
import "./table.js";
import "./chain.js";
import "./tabs.js";
import "./forms.js";
import "./swap.js";
import "./pace.js";
import "./live.js";

// The larger views are fetched where a page has them, also in fragments that come later.
const views = { "[data-chart]": "chart", "[data-log]": "log", "[data-upload]": "upload", "[data-editor]": "editor", "[data-find]": "find", "[data-passkey]": "passkey", "[data-reveal]": "reveal", "[data-lineage]": "lineage", "[data-saved]": "saved" };

function start(root) {
  for (const [selector, name] of Object.entries(views)) {
    const found = [...root.querySelectorAll(selector), ...(root.matches?.(selector) ? [root] : [])];
    if (found.length) import(`./${name}.js`).then((view) => found.forEach(view.enhance));
  }
}

start(document.body);
document.body.addEventListener("htmx:load", (event) => { if (event.target !== document.body) start(event.target); });
