// A part of the page that asks for itself when something happens asks once at a time, and again only a pause after the
// answer. What happens meanwhile is remembered and asked for at the pause's end: the last event is never the one that is
// not heard. (htmx's own throttle forgets it, and what it queues dies with the element that the answer replaces.)
// A question that got no answer, because the portal is away or has no room, is asked again as well, and said to nobody:
// the part stands as it was.
import { changed } from "./forms.js";

const PAUSE = 500;
const AWAY = [429, 502, 503, 504];
const AWAY_PAUSE = 3000;
const SELECTOR = "[data-live-topic][id]";
const REACHABLE = "a[href], button, summary, [tabindex]";
const busy = new Map(); // id of a part → { swapped: the answer took its place, again: to be asked for once more }
let byItself = null; // the state of the part that asked for the swap under way; null where a person did
let pressed = null; // what is being pressed: a click that begins on one element and ends on its successor is none
let kept = null; // where the focus was in what is being swapped

document.body.addEventListener("htmx:confirm", (event) => {
  const { elt } = event.detail;
  if (!elt.matches(SELECTOR)) return;
  const state = busy.get(elt.id);
  if (!state) { busy.set(elt.id, {}); return; }
  state.again = true;
  event.preventDefault();
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const state = busy.get(event.detail.requestConfig.elt.id);
  byItself = state ?? null;
  if (!state) return;
  state.swapped = true;
  if (isAway(event.detail.xhr)) event.detail.shouldSwap = false; else look(event.detail);
});
document.body.addEventListener("htmx:oobBeforeSwap", (event) => { if (byItself) look(event.detail); });
document.body.addEventListener("htmx:afterSettle", () => {
  const place = kept && document.getElementById(kept.id)?.querySelectorAll(REACHABLE)[kept.index];
  kept = null;
  place?.focus({ preventScroll: true });
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  const { elt } = event.detail.requestConfig;
  const state = busy.get(elt.id);
  if (!state || !elt.matches(SELECTOR)) return;
  const away = isAway(event.detail.xhr);
  // Or another part's answer took its place first, so this answer reached nobody.
  if (away || (event.detail.successful && !state.swapped)) state.again = true;
  const pause = away ? pauseOf(event.detail.xhr) : Number(elt.dataset.livePause ?? PAUSE);
  setTimeout(() => rested(elt.id), pause);
});

// Status 0: no connection, or none in time.
export function isAway(xhr) { return xhr.status === 0 || AWAY.includes(xhr.status); }

// Not all pages at once when the portal is back.
function pauseOf(xhr) {
  const said = Number(xhr.getResponseHeader("Retry-After")) * 1000;
  return Math.max(AWAY_PAUSE, Math.min(said || 0, 60_000)) * (1 + Math.random() / 2);
}

export function asksByItself(elt) { return busy.has(elt.id) && elt.matches(SELECTOR); }

function rested(id) {
  const again = busy.get(id)?.again;
  busy.delete(id);
  const part = again && document.getElementById(id);
  // A lost connection is told by the dot, and every part is asked anew once it is back.
  if (part) htmx.ajax("get", part.getAttribute("hx-get"), { source: part }).catch(console.debug);
}

document.addEventListener("pointerdown", ({ target }) => { pressed = target; }, true);
for (const released of ["pointerup", "pointercancel"]) {
  document.addEventListener(released, () => setTimeout(() => { pressed = null; }), true); // the click comes before
}

// What somebody writes is not taken from under their hands, nor what they press, and who stands on a link or a button
// stays there.
function look(swap) {
  if (pressed && swap.target.contains(pressed)) { byItself.again = true; swap.shouldSwap = false; return; }
  const fields = [...swap.target.querySelectorAll("input:not([type=hidden]), textarea, select")];
  if (fields.some((field) => field === document.activeElement || changed(field))) { swap.shouldSwap = false; return; }
  const index = [...swap.target.querySelectorAll(REACHABLE)].indexOf(document.activeElement);
  if (index >= 0) kept = { id: swap.target.id, index };
}
