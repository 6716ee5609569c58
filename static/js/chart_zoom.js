// What of a chart is looked at stands in the page's address, so that whoever gets the address sees the same piece:
// zoom.<chart>=x:FROM..TO,y:FROM..TO, in the axis's own units (numbers, or times as Plotly writes them).
const RANGE = /^([xy]\d*):([-\d.eE+:T Z]+)\.\.([-\d.eE+:T Z]+)$/;
const CHANGED = /^([xy])axis(\d*)\.(range|autorange)/;

const bound = (text) => (Number.isFinite(Number(text)) ? Number(text) : text);
const axisOf = (short) => `${short[0]}axis${short.slice(1)}`;

export class Zoom {
  constructor(box) {
    const path = new URL(box.dataset.chart, location.href).pathname.split("/").filter(Boolean);
    this.key = `zoom.${box.id || path.slice(-2).join(".").replace(/\.json$/, "")}`;
    this.axes = new Map(); // "x", "y2" → [from, to]
    for (const part of (new URLSearchParams(location.search).get(this.key) ?? "").split(",")) {
      const found = RANGE.exec(part);
      if (found) this.axes.set(found[1], [bound(found[2]), bound(found[3])]);
    }
  }

  // The layout to draw: what the server gave, but for the piece that the reader has chosen.
  over(layout) {
    for (const [short, range] of this.axes) layout[axisOf(short)] = { ...layout[axisOf(short)], range: [...range], autorange: false };
    return layout;
  }

  // After the reader has dragged over a piece, or asked for all of it again by a double click.
  follow(plot) {
    plot.on("plotly_relayout", (change) => {
      const named = Object.keys(change).map((key) => CHANGED.exec(key)).filter(Boolean);
      const touched = new Set(named.map(([, letter, number]) => letter + number));
      for (const short of touched) {
        const axis = axisOf(short);
        if (change[`${axis}.autorange`]) this.axes.delete(short);
        else this.axes.set(short, plot.layout[axis].range.map((value) => bound(String(value))));
      }
      if (touched.size) this.write();
    });
  }

  write() {
    const here = new URL(location.href);
    const said = [...this.axes].map(([short, [from, to]]) => `${short}:${from}..${to}`).join(",");
    if (said) here.searchParams.set(this.key, said); else here.searchParams.delete(this.key);
    history.replaceState(history.state, "", here);
  }
}
