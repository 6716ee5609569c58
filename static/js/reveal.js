// A password can be looked at before it is sent; without scripts the button is not there.
export function enhance(button) {
  const field = document.getElementById(button.dataset.reveal);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    field.focus();
  });
  // Sent and remembered by the browser as a password, not as a text.
  field.form?.addEventListener("submit", () => { field.type = "password"; });
}
