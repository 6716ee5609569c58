// A form is sent once; its errors take the focus.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || !event.target.matches("[data-form]")) return;
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "yes";
  (event.submitter ?? event.target.querySelector("[type=submit]"))?.setAttribute("data-busy", "");
});

function release() {
  document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent);
  document.querySelectorAll("[data-busy]").forEach((button) => button.removeAttribute("data-busy"));
}
// Back to the page out of the browser's memory, or an answer by htmx: the form can be sent again.
addEventListener("pageshow", release);
document.body.addEventListener("htmx:afterRequest", release);

document.querySelector("[data-focus]")?.focus();
document.body.addEventListener("htmx:load", (event) => event.target.querySelector?.("[data-focus]")?.focus());
document.addEventListener("click", (event) => {
  const link = event.target.closest(".s-note-bad a[href^='#']");
  const field = link && document.getElementById(link.hash.slice(1));
  if (field) { event.preventDefault(); (field.matches("fieldset") ? field.querySelector("input") ?? field : field).focus(); }
});
