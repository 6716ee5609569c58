// Light, dark or as the device: applied at once, kept by the server; charts hear "theme:changed".
import { csrfHeaders } from "./api.js";

const root = document.documentElement;
const tell = () => document.dispatchEvent(new CustomEvent("theme:changed"));

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-theme-form]");
  const chosen = event.submitter?.value;
  if (!form || !chosen) return;
  event.preventDefault();
  root.dataset.bsTheme = chosen;
  document.querySelector('meta[name="color-scheme"]')?.setAttribute("content", chosen === "system" ? "light dark" : chosen);
  for (const button of form.elements) if (button.name === "theme") button.setAttribute("aria-pressed", String(button.value === chosen));
  // A form that shows the theme, as one's account does, would else put the old one back when it is saved.
  for (const field of document.querySelectorAll("select[name=theme]")) field.value = chosen;
  fetch(form.action, { method: "POST", headers: csrfHeaders(), body: new URLSearchParams({ theme: chosen }), redirect: "manual" }).catch(() => {});
  tell();
});
