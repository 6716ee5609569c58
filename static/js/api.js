// Requests to our own REST surface with the person's session; refusals become Errors whose message is the sentence to show.
import { say } from "./words.js";

export function csrfHeaders() {
  return JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
}

export async function ask(url, options = {}) {
  const headers = { Accept: "application/json", ...(options.method && options.method !== "GET" ? csrfHeaders() : {}), ...options.headers };
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...options, headers });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw Object.assign(new Error(say("offline")), { offline: true });
  }
  if (!response.ok) throw Object.assign(new Error(await sentenceOf(response)), { status: response.status });
  return response;
}

export async function askJson(url, options) {
  return (await ask(url, options)).json();
}

async function sentenceOf(response) {
  const fallback = `${response.status} ${response.statusText}`.trim();
  if (!(response.headers.get("Content-Type") ?? "").includes("json")) return fallback;
  const problem = await response.json().catch(() => ({}));
  const fields = Object.values(problem.errors ?? {}).flat();
  return [problem.detail ?? fallback, ...fields].join(" ");
}

export function icon(name, extra = "icon-s") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `icon ${extra}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

export function announce(sentence) {
  const region = document.getElementById("s-status");
  if (region) region.textContent = sentence;
}

export function download(name, content, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
