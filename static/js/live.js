// One websocket per page. It subscribes to every topic named in data-live-topic and tells those elements: "live" (not
// bubbling, so that a part inside a live part does not refresh both) and "live:<kind>" (bubbling); event.detail is the
// message. After a gap that cannot be told event by event, every element hears "live" of kind "refresh".
import { clock, say } from "./words.js";

const SILENCE = 40_000; // two heartbeats and a half
const STALE_AFTER = 10_000;
const dot = document.querySelector("[data-live-dot]");
const { tenant, liveSince } = document.body.dataset;
const rendered = liveSince ? Number(liveSince) : null; // the ledger's number when the page was read: nothing after it is missed

class Live {
  constructor() {
    this.known = new Set();
    this.waiting = new Map(); // element → kind → message, while the page is not seen
    this.since = null;
    this.tries = 0;
    this.heard = Date.now();
    this.lostAt = null;
    this.watch();
  }

  topics() {
    return new Set([...document.querySelectorAll("[data-live-topic]")].map((element) => element.dataset.liveTopic));
  }

  watch() {
    const look = () => this.look();
    look();
    document.body.addEventListener("htmx:afterSettle", look);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) { this.deliver(); this.hasten(); } });
    addEventListener("online", () => this.hasten());
    addEventListener("pagehide", () => this.socket?.close());
    setInterval(() => this.tick(), 2000);
  }

  look() {
    const wanted = this.topics();
    if (!wanted.size && !this.known.size) return;
    if (!this.socket) return this.open();
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const fresh = [...wanted].filter((topic) => !this.known.has(topic));
    const gone = [...this.known].filter((topic) => !wanted.has(topic));
    const since = this.since ?? rendered;
    if (fresh.length) this.send({ subscribe: fresh, ...(since === null ? {} : { since }) });
    if (gone.length) this.send({ unsubscribe: gone });
    this.known = wanted;
  }

  open() {
    clearTimeout(this.timer);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.known = new Set();
    this.socket = new WebSocket(`${scheme}://${location.host}/ws/?tenant=${encodeURIComponent(tenant)}`);
    this.socket.onopen = () => { this.heard = Date.now(); this.look(); };
    this.socket.onmessage = (event) => this.hear(JSON.parse(event.data));
    this.socket.onclose = () => this.lose();
    this.show();
  }

  send(message) { this.socket.send(JSON.stringify(message)); }

  hear(message) {
    this.heard = Date.now();
    if (message.subscribed || message.heartbeat) {
      this.since = message.seq ?? this.since;
      this.tries = 0;
      this.lostAt = null;
      this.closing = "";
    }
    if (message.closing) this.closing = message.closing;
    if (message.error) console.warn("live:", message.error);
    if (message.reload) this.tellAll({ kind: "refresh" });
    if (message.topic) this.tell(message);
    this.show();
  }

  tell(message) {
    for (const element of document.querySelectorAll(`[data-live-topic="${CSS.escape(message.topic)}"]`)) this.pass(element, message);
  }

  tellAll(message) {
    document.querySelectorAll("[data-live-topic]").forEach((element) => this.pass(element, { ...message, topic: element.dataset.liveTopic }));
  }

  pass(element, message) {
    if (document.hidden) {
      if (!this.waiting.has(element)) this.waiting.set(element, new Map());
      this.waiting.get(element).set(message.kind, message);
      return;
    }
    element.dispatchEvent(new CustomEvent("live", { detail: message }));
    element.dispatchEvent(new CustomEvent(`live:${message.kind}`, { detail: message, bubbles: true }));
  }

  deliver() {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const [element, messages] of waiting) if (element.isConnected) for (const message of messages.values()) this.pass(element, message);
  }

  lose() {
    this.lostAt ??= Date.now();
    this.known = new Set();
    const pause = Math.min(15_000, 500 * 2 ** this.tries) * (0.75 + Math.random() / 2);
    this.tries += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), this.closing ? Math.max(pause, 5000) : pause);
    this.show();
  }

  hasten() {
    if (this.socket && this.socket.readyState === WebSocket.CLOSED) { this.tries = 0; this.open(); }
  }

  tick() {
    const open = this.socket?.readyState === WebSocket.OPEN;
    if (open && Date.now() - this.heard > SILENCE) { this.lostAt ??= this.heard; this.socket.close(); }
    this.show();
  }

  show() {
    if (!dot || !this.socket) return;
    const lost = this.lostAt !== null;
    const stale = lost && Date.now() - this.lostAt > STALE_AFTER;
    const state = stale ? "stale" : lost || this.since === null ? "reconnecting" : "live";
    const words = stale ? say("stale", { time: clock(new Date(this.lostAt)) }) : say(state);
    dot.hidden = false;
    dot.title = this.closing ?? "";
    if (dot.dataset.state !== state) dot.dataset.state = state;
    const place = dot.querySelector("[data-live-words]");
    if (place.textContent !== words) place.textContent = words;
  }
}

if (tenant) window.sanadLive = new Live();
