// What htmx needs around a swap: refusals go where the server says, a lost session goes to sign-in, readers hear what changed.
import { announce } from "./api.js";
import { asksByItself, isAway } from "./pace.js";
import { toast } from "./toasts.js";

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  // What the front door refuses by itself is told in problem details, which no part of a page can show.
  if (xhr.getResponseHeader("Content-Type")?.startsWith("application/problem+json")) {
    event.detail.shouldSwap = false;
    if (!(asksByItself(event.detail.requestConfig.elt) && isAway(xhr))) toast(JSON.parse(xhr.responseText).detail, "error");
  }
  // A refusal retargeted to the notices must not be looked through for the part that was asked for.
  if (xhr.getResponseHeader("HX-Retarget") === "#toasts") event.detail.selectOverride = "unset";
  if (new URL(xhr.responseURL, location.href).pathname.startsWith("/accounts/login")) {
    event.detail.shouldSwap = false;
    // A page that was read just now would only be read again, and again: it is open to all, its part is not.
    if (performance.now() > 10_000) location.reload();
  }
});
// htmx reads an answer as if scripts were off: what is there for those comes to life, and its fields hold a form back.
for (const swapped of ["htmx:load", "htmx:historyRestore"]) {
  document.body.addEventListener(swapped, ({ target }) => {
    for (const part of target.querySelectorAll?.("noscript") ?? []) part.remove();
  });
}
document.body.addEventListener("htmx:afterSettle", (event) => {
  const part = event.detail.elt;
  const said = part?.matches?.("[data-announce]") ? part : part?.querySelector?.("[data-announce]");
  if (said) announce(said.textContent.trim());
});
