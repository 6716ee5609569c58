// Passkeys: a button with data-passkey="make" or "show" asks the server for the challenge (data-options), the device for its
// answer, and sends the button's form with the answer in the hidden field that data-into names.
import { toast } from "./toasts.js";
import { say } from "./words.js";

const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const toText = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const known = (list) => list?.map((one) => ({ ...one, id: toBytes(one.id) }));

async function make(options) {
  const { user, challenge, excludeCredentials } = options;
  return navigator.credentials.create({ publicKey: {
    ...options, challenge: toBytes(challenge), user: { ...user, id: toBytes(user.id) }, excludeCredentials: known(excludeCredentials),
  } });
}

async function show(options) {
  const { challenge, allowCredentials } = options;
  return navigator.credentials.get({ publicKey: { ...options, challenge: toBytes(challenge), allowCredentials: known(allowCredentials) } });
}

function written({ id, rawId, type, response }, extensions) {
  const fields = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const given = fields.filter((name) => response[name]).map((name) => [name, toText(response[name])]);
  return JSON.stringify({ id, rawId: toText(rawId), type, response: Object.fromEntries(given), clientExtensionResults: extensions });
}

async function press(button) {
  button.setAttribute("data-busy", "");
  try {
    const answer = await fetch(button.dataset.options, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? say("offline"));
    const { publicKey } = await answer.json();
    const found = await (button.dataset.passkey === "make" ? make(publicKey) : show(publicKey));
    button.form.elements[button.dataset.into].value = written(found, found.getClientExtensionResults());
    button.form.submit();
  } catch (error) {
    // The browser says so for "cancelled", "timed out" and "not allowed" alike, and in its own language.
    toast(error.name === "NotAllowedError" ? say("no_passkey") : error.message, "error");
    button.removeAttribute("data-busy");
  }
}

export function enhance(button) {
  if (!window.PublicKeyCredential) return;
  button.hidden = false;
  button.addEventListener("click", () => press(button));
}
