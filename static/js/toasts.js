// Notices in the corner: from Django's messages, from the HX-Trigger header {"toast": {text, level, undo}}, from other scripts.
import { icon, csrfHeaders } from "./api.js";
import { asksByItself } from "./pace.js";
import { say } from "./words.js";

const region = document.getElementById("toasts");
const icons = { success: "circle-check-filled", error: "alert-octagon-filled", warning: "alert-triangle-filled", info: "info-circle" };

export function toast(text, level = "info", undo = "") {
  const box = document.createElement("div");
  box.className = `s-toast s-toast-${level}`;
  box.dataset.toast = "";
  const words = document.createElement("p");
  words.textContent = text;
  words.className = "flex-fill";
  const close = document.createElement("button");
  close.type = "button";
  close.className = "s-icon-btn";
  close.dataset.toastClose = "";
  close.setAttribute("aria-label", say("close"));
  close.append(icon("x"));
  box.append(icon(icons[level] ?? icons.info, ""), words, ...(undo ? [undoButton(undo, box)] : []), close);
  region.append(box);
  onlyNewest(box);
  settle(box);
}

// What is refused again and again is said once: the newest stands, with the number of the newest request.
function onlyNewest(box) {
  if (!box.classList.contains("s-toast-error")) return;
  const words = (one) => one.querySelector("p")?.textContent.trim();
  for (const one of region.querySelectorAll(".s-toast-error")) if (one !== box && words(one) === words(box)) one.remove();
}

function undoButton(url, box) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-sm";
  button.textContent = say("undo");
  button.addEventListener("click", async () => {
    box.remove();
    const answer = await fetch(url, { method: "POST", headers: { ...csrfHeaders(), "HX-Request": "true" } }).catch(() => null);
    if (answer?.ok) location.reload(); else toast(say("offline"), "error");
  });
  return button;
}

// Errors stay until they are closed; the rest goes after a while, unless it is being read.
function settle(box) {
  if (box.classList.contains("s-toast-error")) return;
  let left = 10;
  const timer = setInterval(() => {
    if (!box.isConnected) return clearInterval(timer);
    if (box.matches(":hover, :focus-within") || document.hidden) return;
    left -= 1;
    if (left <= 0) box.remove();
  }, 1000);
}

region?.querySelectorAll("[data-toast]").forEach(settle);
document.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest("[data-toast]")?.remove());
document.body.addEventListener("toast", (event) => toast(event.detail.text ?? event.detail.value, event.detail.level, event.detail.undo));
region?.addEventListener("htmx:load", (event) => event.detail.elt.matches?.("[data-toast]") && onlyNewest(event.detail.elt));
for (const lost of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(lost, ({ detail }) => asksByItself(detail.requestConfig.elt) || toast(say("offline"), "error"));
}
