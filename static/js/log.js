// A log: what is new is fetched from ?offset=N on each live event; follows its end until the reader scrolls up.
import { ask, announce } from "./api.js";
import { parts } from "./ansi.js";
import { number, say } from "./words.js";

const STAMP = /^\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?\s/;

class Log {
  constructor(box) {
    Object.assign(this, { box, offset: 0, count: 0, rest: "", following: true, query: "", decoder: new TextDecoder() });
    this.lines = box.querySelector("[data-log-lines]");
    this.lines.replaceChildren();
    this.listen();
    this.more();
  }

  listen() {
    const on = (selector, event, run) => this.box.querySelector(selector)?.addEventListener(event, run);
    this.box.addEventListener("live", () => this.more());
    on("[data-log-follow]", "click", () => this.follow(!this.following));
    on("[data-log-times]", "click", (event) => {
      const off = this.lines.classList.toggle("s-log-notimes");
      event.currentTarget.setAttribute("aria-pressed", String(!off));
    });
    on("[data-log-search]", "input", (event) => this.search(event.target.value));
    this.lines.addEventListener("wheel", (event) => { if (event.deltaY < 0) this.follow(false); }, { passive: true });
    this.lines.addEventListener("touchmove", () => this.follow(false), { passive: true });
    this.lines.addEventListener("keydown", (event) => {
      if (["ArrowUp", "PageUp", "Home"].includes(event.key)) this.follow(false);
      if (event.key === "End") this.follow(true);
    });
    addEventListener("hashchange", () => this.mark());
  }

  // One request at a time; events that come meanwhile ask once more afterwards.
  async more() {
    if (this.busy) { this.again = true; return; }
    this.busy = true;
    try {
      await this.fetch();
    } catch (fault) {
      this.say(say("log_failed", { why: fault.message }));
    }
    this.busy = false;
    if (this.again) { this.again = false; this.more(); }
  }

  async fetch() {
    const url = new URL(this.box.dataset.log, location.href);
    url.searchParams.set("offset", this.offset);
    const answer = await ask(url, { headers: { Accept: "text/plain, application/json" } });
    const first = this.count === 0;
    if ((answer.headers.get("Content-Type") ?? "").includes("json")) {
      const { text = "", lines, offset, ended } = await answer.json();
      this.write(lines ? lines.map((line) => `${line}\n`).join("") : text, ended);
      this.offset = offset;
    } else {
      const bytes = new Uint8Array(await answer.arrayBuffer());
      this.offset = Number(answer.headers.get("X-Log-Offset") ?? this.offset + bytes.length);
      this.write(this.decoder.decode(bytes, { stream: true }), ["1", "true"].includes(answer.headers.get("X-Log-Ended")));
      // A long log comes in pieces.
      if (bytes.length && this.offset < Number(answer.headers.get("X-Log-Size") ?? 0)) this.again = true;
    }
    if (first) this.mark();
  }

  write(text, ended) {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop();
    if (ended && this.rest) { lines.push(this.rest); this.rest = ""; }
    this.lines.append(...lines.map((line) => this.line(line.replace(/^.*\r(?!$)/, "").replace(/\r$/, ""))));
    this.tally();
    if (this.following) this.lines.scrollTop = this.lines.scrollHeight;
  }

  line(text) {
    this.count += 1;
    const row = document.createElement("div");
    row.className = "s-log-line";
    row.id = `L${this.count}`;
    const link = document.createElement("a");
    link.href = `#L${this.count}`;
    link.textContent = this.count;
    const words = document.createElement("span");
    const stamp = text.match(STAMP)?.[0] ?? "";
    if (stamp) words.append(span(stamp, ["s-log-time"]));
    words.append(...parts(text.slice(stamp.length)).map(([piece, classes]) => (classes.length ? span(piece, classes) : piece)));
    row.append(link, words);
    if (this.query) row.classList.toggle("s-log-hit", text.toLowerCase().includes(this.query));
    return row;
  }

  search(query) {
    this.query = query.trim().toLowerCase();
    for (const row of this.lines.children) {
      row.classList.toggle("s-log-hit", Boolean(this.query) && row.lastElementChild.textContent.toLowerCase().includes(this.query));
    }
    this.lines.classList.toggle("s-log-filtered", Boolean(this.query));
    this.tally();
  }

  tally() {
    const count = number(this.count);
    const hits = number(this.lines.querySelectorAll(".s-log-hit").length);
    this.say(this.query ? say("log_hits", { hits, count }) : this.count ? say("log_lines", { count }) : say("log_empty"));
  }

  say(sentence) { this.box.querySelector("[data-log-count]").textContent = sentence; }

  follow(on) {
    this.following = on;
    this.box.querySelector("[data-log-follow]")?.setAttribute("aria-pressed", String(on));
    if (on) { this.lines.scrollTop = this.lines.scrollHeight; announce(say("follow")); }
  }

  mark() {
    const row = /^#L\d+$/.test(location.hash) ? this.lines.querySelector(location.hash) : null;
    this.lines.querySelector(".s-log-line-marked")?.classList.remove("s-log-line-marked");
    if (!row) return;
    this.follow(false);
    row.classList.add("s-log-line-marked");
    row.scrollIntoView({ block: "center" });
  }
}

function span(text, classes) {
  const element = document.createElement("span");
  element.className = classes.join(" ");
  element.textContent = text;
  return element;
}

export function enhance(box) {
  if (!box.dataset.ready) { box.dataset.ready = "yes"; box.log = new Log(box); }
}
