// Relative times stay true, and running work shows its elapsed time and estimated rest.
import { ago, duration, say } from "./words.js";

function refresh() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const said = ago(new Date(time.dateTime));
    if (time.textContent !== said) time.textContent = said;
  }
  for (const words of document.querySelectorAll("[data-elapsed-since]")) {
    const elapsed = (Date.now() - new Date(words.dataset.elapsedSince)) / 1000;
    const done = Number(words.dataset.percent) / 100;
    const guess = done > 0.02 && done < 1 && elapsed > 5;
    words.textContent = say(guess ? "elapsed_rest" : "elapsed", { elapsed: duration(elapsed), rest: duration(elapsed / done - elapsed) });
  }
}

setInterval(() => { if (!document.hidden) refresh(); }, 1000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
refresh();
