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

// What somebody wrote in one form goes along when another form asks for the page anew; what they left alone does not.
document.addEventListener("submit", (event) => {
  const from = event.target.dataset.carry && document.querySelector(event.target.dataset.carry);
  for (const field of from ? from.elements : []) {
    if (field.name && field.type !== "hidden" && changed(field)) carry(event.target, field);
  }
});

export function changed(field) {
  if (field.matches("select")) {
    const first = [...field.options].find((option) => option.defaultSelected) ?? field.options[0];
    return field.value !== first?.value;
  }
  if (field.type === "radio") return field.checked && !field.defaultChecked;
  return field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
}

function carry(form, field) {
  form.querySelectorAll("input[type=hidden]").forEach((old) => { if (old.name === field.name) old.remove(); });
  const value = field.type === "checkbox" && !field.checked ? "" : field.value;
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: field.name, value }));
}

// A short name is written along with the name it is made from, until somebody writes it by hand.
document.addEventListener("input", (event) => {
  if (event.target.dataset.slugOf) { event.target.dataset.own = event.target.value && "yes"; return; }
  const slug = event.target.id && event.target.form?.querySelector(`[data-slug-of="${event.target.id}"]`);
  if (slug && !slug.dataset.own) slug.value = slugOf(event.target.value);
});
document.querySelectorAll("[data-slug-of]").forEach((field) => { if (field.value) field.dataset.own = "yes"; });

// As the server does it: letters without their marks, all else a dash.
function slugOf(name) {
  const plain = name.normalize("NFKD").replace(/[^\x00-\x7f]/g, "").toLowerCase();
  return plain.replace(/[^a-z0-9_\s-]/g, "").replace(/[\s_-]+/g, "-").slice(0, 63).replace(/^-+|-+$/g, "");
}
