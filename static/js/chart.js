// A chart is drawn when it is seen, again when its topic changes, and follows theme and language.
import { askJson, download } from "./api.js";
import { asText, csv, dressed, figures, isOurs, leads, plotly, tableOf } from "./chart_parts.js";
import { Zoom } from "./chart_zoom.js";
import { language, say } from "./words.js";

const PAUSE = 1000; // at most one refetch a second, however fast events come

class Chart {
  constructor(box) {
    this.box = box;
    this.plot = this.part("plot");
    this.zoom = new Zoom(box);
    // What a link leads to: the name is that of the piece's own words in the address, so it stays over swaps.
    this.box.id ||= this.zoom.key.replace(/^zoom/, "chart");
    this.listen();
    this.arrive();
    const seen = new IntersectionObserver(([entry]) => { this.seen = entry.isIntersecting; if (this.seen && (this.due || !this.drawn)) this.draw(); }, { rootMargin: "120px" });
    seen.observe(box);
    // A plot that a swap has taken away is told its size as well, and Plotly refuses what is not displayed.
    new ResizeObserver(() => { if (this.drawn && this.plot.getClientRects().length) window.Plotly.Plots.resize(this.plot); }).observe(this.plot);
  }

  part(name) { return this.box.querySelector(`[data-chart-${name}]`); }

  listen() {
    this.box.addEventListener("live", () => this.refresh());
    document.addEventListener("theme:changed", () => { if (this.given) this.paint(); });
    this.part("table")?.addEventListener("click", () => this.turn());
    this.part("csv")?.addEventListener("click", () => download(`${this.name()}.csv`, csv(figures(this.given.data)), "text/csv"));
    this.part("png")?.addEventListener("click", () => this.save({ format: "png", scale: 2 }));
    this.part("svg")?.addEventListener("click", () => this.save({ format: "svg" })); // sharp at any size, its words can be changed
    // Ahead of the copy button's own listener, which is the document's (copy.js).
    this.part("link")?.addEventListener("click", ({ currentTarget }) => { currentTarget.dataset.copy = this.address(); });
    this.part("full")?.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : this.box.requestFullscreen()));
  }

  // The page as it is now, with the piece that is looked at, at this chart.
  address() {
    const here = new URL(location.href);
    here.hash = this.box.id;
    return here.href;
  }

  // Whoever follows such a link lands at the chart, readers of the screen too; its name may be younger than the page.
  arrive() {
    if (decodeURIComponent(location.hash.slice(1)) !== this.box.id) return;
    this.box.tabIndex = -1;
    this.box.scrollIntoView({ block: "start" });
    this.box.focus({ preventScroll: true });
  }

  name() { return this.box.querySelector(".s-chart-title").textContent.trim().replace(/\s+/g, "-"); }

  save(as) { return window.Plotly.downloadImage(this.plot, { ...as, filename: this.name() }); }

  refresh() {
    this.due = true;
    if (!this.seen || this.timer) return;
    this.timer = setTimeout(() => { this.timer = null; this.draw(); }, PAUSE);
  }

  async draw() {
    if (this.busy) { this.due = true; return; }
    this.busy = true;
    this.due = false;
    try {
      const [given] = await Promise.all([askJson(this.box.dataset.chart), plotly("chartStrict" in this.box.dataset)]);
      this.given = given;
      await this.paint();
    } catch (fault) {
      this.refuse(say("chart_failed", { why: fault.message }));
    }
    this.busy = false;
    if (this.due) this.refresh();
  }

  async paint() {
    const { data = [], layout = {}, said } = this.given;
    if (!data.length || data.every((trace) => !(trace.x?.length || trace.y?.length || trace.z?.length || trace.dimensions?.length))) {
      return this.refuse(said ?? say("chart_empty"));
    }
    this.part("refused")?.remove();
    this.plot.hidden = this.tabled ?? false;
    // Plotly writes into what it is given; it gets a copy, so that a repaint starts from what the server said.
    await window.Plotly.react(this.plot, asText(data), this.zoom.over(dressed(asText(layout))), { displayModeBar: false, displaylogo: false, doubleClick: "autosize", locale: language });
    if (!this.drawn) { this.zoom.follow(this.plot); this.plot.on("plotly_click", (click) => this.lead(click.points)); }
    this.plot.classList.toggle("s-chart-leads", leads(data).size > 0);
    this.drawn = true;
    this.part("wait")?.remove();
    this.part("tools").hidden = false;
    if (said) { this.part("said").textContent = said; this.plot.setAttribute("aria-label", `${this.box.querySelector(".s-chart-title").textContent}. ${said}`); }
    if (this.tabled) this.fill();
  }

  refuse(sentence) {
    this.part("wait")?.remove();
    this.plot.hidden = true;
    const words = this.part("refused") ?? Object.assign(document.createElement("p"), { className: "s-chart-refused" });
    words.dataset.chartRefused = "";
    words.textContent = sentence;
    this.plot.after(words);
  }

  turn() {
    this.tabled = !this.tabled;
    const button = this.part("table");
    button.setAttribute("aria-pressed", String(this.tabled));
    button.setAttribute("aria-label", say(this.tabled ? "chart_show_chart" : "chart_show_table"));
    this.plot.hidden = this.tabled;
    this.part("figures").hidden = !this.tabled;
    if (this.tabled) this.fill(); else window.Plotly.Plots.resize(this.plot);
  }

  // A point whose trace has addresses as `customdata` opens its own; the table has the same as links, for the keyboard.
  lead(points) {
    const { data } = this.given;
    const to = points.map((point) => data[point.curveNumber]?.customdata?.[point.pointNumber]).find(isOurs);
    if (to) location.assign(to);
  }

  fill() {
    const { data } = this.given;
    this.part("figures").replaceChildren(tableOf(figures(data), say("chart_table"), leads(data)));
  }
}

export function enhance(box) {
  if (!box.dataset.ready) { box.dataset.ready = "yes"; box.chart = new Chart(box); }
}
