// The sentences that scripts say, translated on the server (foundation.web.words), and figures as readers write them.
const page = document.documentElement;
export const language = page.lang || "en";
const locale = language.startsWith("ar") ? "ar-AE-u-nu-latn" : "en-GB";
const table = JSON.parse(document.getElementById("s-words")?.textContent ?? "{}");

export function say(key, values = {}) {
  return (table[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function bytes(amount) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (amount >= 999.5 && unit < units.length - 1) { amount /= 1000; unit += 1; }
  // Isolated, so that the unit stays beside its figure in right-to-left text.
  return `\u2068${unit && amount < 99.95 ? amount.toFixed(1) : amount.toFixed(0)}\u202f${units[unit]}\u2069`;
}

export function number(value, digits = 3) {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
}

export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 90) return say("second", { n: Math.max(0, Math.round(seconds)) });
  if (seconds < 5400) return say("minute", { n: Math.round(seconds / 60) });
  return say("hour", { n: (seconds / 3600).toFixed(1) });
}

export function clock(date) {
  return new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", timeZoneName: "short" }).format(date);
}

const relative = new Intl.RelativeTimeFormat(locale, { numeric: "always" });
const steps = [["year", 31536000, 1.5], ["month", 2592000, 1.5], ["week", 604800, 1.5], ["day", 86400, 1], ["hour", 3600, 1], ["minute", 60, 1]];

export function ago(date) {
  const seconds = (date - Date.now()) / 1000;
  for (const [unit, size, from] of steps) {
    if (Math.abs(seconds) >= size * from) return relative.format(Math.round(seconds / size), unit);
  }
  return relative.format(Math.round(seconds), "second");
}
