// One question before what cannot be taken back: data-confirm on a form (or on a button of it) asks in the page's own dialog.
const dialog = document.getElementById("confirm");
let pending = null;

const asker = (event) => (event.submitter?.dataset.confirm ? event.submitter : event.target.closest?.("form[data-confirm]"));

function open(from, go) {
  const { confirm, confirmTitle, confirmVerb, confirmName } = from.dataset;
  const danger = "confirmDanger" in from.dataset || Boolean(confirmName);
  const typed = dialog.querySelector("[data-typed]");
  const field = typed.querySelector("input");
  const yes = dialog.querySelector("[data-yes]");
  dialog.querySelector("[data-words]").textContent = confirm;
  if (confirmTitle) dialog.querySelector("[data-title]").textContent = confirmTitle;
  if (confirmVerb) yes.textContent = confirmVerb;
  yes.className = `btn ${danger ? "btn-danger" : "btn-primary"}`;
  typed.hidden = !confirmName;
  typed.querySelector("[data-name]").textContent = confirmName ?? "";
  field.value = "";
  const check = () => { yes.disabled = Boolean(confirmName) && field.value.trim() !== confirmName; };
  field.oninput = check;
  check();
  pending = go;
  dialog.returnValue = "";
  dialog.showModal();
  (confirmName ? field : danger ? dialog.querySelector("[value='']") : yes).focus();
}

if (dialog) {
  dialog.addEventListener("close", () => {
    const go = pending;
    pending = null;
    if (dialog.returnValue === "yes") go?.();
  });
  // In the capture phase, so that neither htmx nor the browser sends the form before the answer.
  document.addEventListener("submit", (event) => {
    const from = asker(event);
    if (!from || event.target.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { target: form, submitter } = event;
    open(from, () => {
      if (!form.isConnected) { // a live part was drawn anew while the question stood
        form.hidden = true;
        document.body.append(form);
        window.htmx?.process(form);
      }
      form.dataset.confirmed = "yes";
      form.requestSubmit(submitter ?? undefined);
      delete form.dataset.confirmed;
    });
  }, true);
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) { event.preventDefault(); document.getElementById(opener.dataset.dialog)?.showModal(); }
  if (event.target.matches?.("dialog.s-dialog")) event.target.close();
});

// A question that came as an answer to htmx: it stands over the page until it is answered or left.
document.body.addEventListener("htmx:load", (event) => {
  const asked = event.target.closest?.("dialog[data-open]") ?? event.target.querySelector?.("dialog[data-open]");
  if (!asked || asked.open) return;
  asked.addEventListener("close", () => asked.remove());
  asked.showModal();
});
