// Copy buttons, and the tabs of code snippets.
import { announce } from "./api.js";
import { toast } from "./toasts.js";
import { say } from "./words.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const source = button.dataset.copyFrom ? button.closest("[data-snippet]").querySelector(button.dataset.copyFrom) : null;
  try {
    await navigator.clipboard.writeText(button.dataset.copy ?? source.innerText);
  } catch {
    return toast(say("copy_failed"), "warning");
  }
  announce(say("copied"));
  flash(button);
});

function flash(button) {
  const use = button.querySelector("use");
  const words = button.querySelector("span");
  if (!use || button.dataset.flashing) return;
  const before = [use.getAttribute("href"), words?.textContent];
  button.dataset.flashing = "yes";
  use.setAttribute("href", before[0].replace(/#.*/, "#check"));
  if (words) words.textContent = say("copied");
  setTimeout(() => {
    use.setAttribute("href", before[0]);
    if (words) words.textContent = before[1];
    delete button.dataset.flashing;
  }, 1500);
}

function choose(tab, focus) {
  const tabs = [...tab.parentElement.children];
  const panels = tab.closest("[data-snippet]").querySelectorAll("pre[role=tabpanel]");
  tabs.forEach((one, index) => {
    one.setAttribute("aria-selected", String(one === tab));
    one.tabIndex = one === tab ? 0 : -1;
    panels[index].hidden = one !== tab;
  });
  if (focus) tab.focus();
}

function prepare(root) {
  root.querySelectorAll("[data-snippet] pre[data-tab-panel]").forEach((panel) => { panel.hidden = true; });
}

document.addEventListener("click", (event) => { const tab = event.target.closest("[data-snippet] [role=tab]"); if (tab) choose(tab); });
document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[data-snippet] [role=tab]");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !step) return;
  const tabs = [...tab.parentElement.children];
  const turn = document.documentElement.dir === "rtl" ? -step : step;
  choose(tabs[(tabs.indexOf(tab) + turn + tabs.length) % tabs.length], true);
});
prepare(document);
document.body.addEventListener("htmx:load", (event) => prepare(event.target));
