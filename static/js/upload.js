// A file or a folder sent in pieces: resumes after a reload or a lost connection, can be paused, refuses a wrong type
// before sending.
import { askJson, csrfHeaders } from "./api.js";
import { Folder, chosen, folderIn, walked } from "./folder.js";
import { bytes, duration, number, say } from "./words.js";

const PACKED = [".zip", ".gz", ".tar"];
const WAITS = [1000, 2000, 5000, 10_000, 20_000];

class Upload {
  constructor(box) {
    this.box = box;
    this.input = this.part("file");
    const { upload, accept, limit } = box.dataset;
    this.url = upload;
    this.types = accept ? accept.split(",").map((type) => type.trim().toLowerCase()) : [];
    this.limit = Number(limit) || Infinity;
    // Drops may miss the box: the whole page takes them while it holds this box.
    this.input.addEventListener("change", () => this.take(this.input.files));
    this.offerFolders();
    for (const name of ["dragover", "dragleave", "drop"]) document.addEventListener(name, (event) => this.drag(event));
    this.part("pause").addEventListener("click", () => (this.paused ? this.run() : this.pause()));
    this.part("cancel").addEventListener("click", () => this.cancel());
    // A form that is sent while the file is on its way waits for it; else the whole file would go along with the form.
    box.closest("form")?.addEventListener("submit", (event) => this.hold(event));
    addEventListener("online", () => { if (this.lost) this.run(); });
    addEventListener("beforeunload", (event) => { if (this.request) event.preventDefault(); });
    // A quick person had chosen before this was here; so may a browser that restored the form.
    this.take(this.input.files);
  }

  part(name) { return this.box.querySelector(`[data-upload-${name}]`); }

  drag(event) {
    if (!this.box.isConnected || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.box.classList.toggle("s-drop-over", event.type === "dragover");
    if (event.type !== "drop") return;
    const folder = this.types.includes(".tar") && folderIn(event.dataTransfer.items);
    if (folder) this.takeFolder(folder.name, walked(folder));
    else this.take(event.dataTransfer.files);
  }

  // Without script a folder cannot be sent, so its button is there with script alone.
  offerFolders() {
    const [offer, input] = [this.part("pick"), this.part("folder")];
    if (!this.types.includes(".tar")) return;
    offer.hidden = false;
    offer.querySelector("button").addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      if (!input.files.length) return;
      const { name, files } = chosen(input.files);
      this.takeFolder(name, files);
      input.value = "";
    });
  }

  async takeFolder(name, found) {
    this.complain("");
    this.part("state").hidden = false;
    this.part("name").textContent = name;
    this.say(say("upload_looking", { name }));
    const types = this.types.filter((type) => !PACKED.includes(type));
    try {
      this.file = new Folder(name, await found, types);
    } catch (fault) {
      return this.fail(fault);
    }
    const { files, leftOut, size } = this.file;
    this.part("left").textContent = leftOut.length ? say("upload_left_out", { count: number(leftOut.length), names: leftOut.slice(0, 3).join(", ") }) : "";
    const sentence = !files.length ? say("upload_no_tables", { name, types: types.join(", ") }) : size > this.limit ? say("upload_large", { name, size: bytes(size), limit: bytes(this.limit) }) : "";
    if (sentence) {
      this.complain(sentence);
      this.part("state").hidden = true;
      this.file = null;
      return null;
    }
    this.id = null;
    return this.start();
  }

  hold(event) {
    if (!this.file || this.part("id").value) return;
    event.preventDefault();
    this.wanted = true;
    if (this.paused) this.run();
  }

  take(files) {
    if (!files.length) return;
    const [file] = files;
    const sentence = this.refusal(files, file);
    this.complain(sentence);
    if (sentence) { this.input.value = ""; return; }
    this.file = file;
    this.id = null;
    this.part("id").value = "";
    this.start();
  }

  refusal(files, { name, size }) {
    if (files.length > 1) return say("upload_many");
    if (this.types.length && !this.types.some((type) => name.toLowerCase().endsWith(type))) return say("upload_type", { name, types: this.types.join(", ") });
    if (!size) return say("upload_empty", { name });
    return size > this.limit ? say("upload_large", { name, size: bytes(size), limit: bytes(this.limit) }) : "";
  }

  complain(sentence) {
    const words = this.part("error");
    words.textContent = sentence;
    words.hidden = !sentence;
  }

  key() { return `sanad-upload:${this.box.dataset.project}:${this.file.name}:${this.file.size}:${this.file.lastModified}`; }

  address(id) { return this.url.endsWith("/") ? `${this.url}${id}/` : `${this.url}/${id}`; }

  async start() {
    const { name, size } = this.file;
    this.part("state").hidden = false;
    this.part("name").textContent = name;
    this.say(say("upload_starting", { name }));
    // What reading it in will probably take, told while it is being sent.
    const slot = this.part("expected");
    if (slot) htmx.ajax("GET", `${slot.dataset.uploadExpected}${size}`, { target: slot, swap: "innerHTML" });
    try {
      await this.resume() || await this.create(name, size);
    } catch (fault) {
      return this.fail(fault);
    }
    this.run();
  }

  async resume() {
    const id = localStorage.getItem(this.key());
    if (!id) return false;
    try {
      const { offset, chunk_size: chunk } = await askJson(this.address(id));
      Object.assign(this, { id, offset, chunk: chunk ?? 4 << 20 });
      this.say(say("upload_resuming", { name: this.file.name, sent: bytes(offset) }));
      return true;
    } catch (fault) {
      if (fault.offline) throw fault;
      localStorage.removeItem(this.key()); // finished, expired or another person's: begin anew
      return false;
    }
  }

  async create(filename, size) {
    const body = JSON.stringify({ project: this.box.dataset.project, filename, size });
    const made = await askJson(this.url, { method: "POST", body, headers: { "Content-Type": "application/json" } });
    Object.assign(this, { id: made.id, offset: made.offset ?? 0, chunk: made.chunk_size ?? 4 << 20 });
    localStorage.setItem(this.key(), made.id);
  }

  async run() {
    if (this.request || !this.file) return;
    this.paused = this.lost = false;
    this.part("pause").textContent = say("pause");
    this.begun = { at: Date.now(), offset: this.offset };
    let failures = 0;
    while (this.offset < this.file.size && !this.paused) {
      try {
        this.offset = await this.send();
        failures = 0;
      } catch (fault) {
        if (this.paused || !this.id) return;
        if (fault.status && fault.status < 500 && fault.status !== 409 && fault.status !== 429) return this.fail(fault);
        const gone = fault.status ? "" : await this.file.unreadable?.(this.offset, this.offset + this.chunk);
        if (gone) return this.fail(new Error(say("upload_changed", { name: gone })));
        await this.wait(failures);
        failures += 1;
        if (this.paused || !this.id) return;
      }
    }
    if (this.offset >= this.file.size) await this.complete();
  }

  async complete() {
    try {
      const slash = this.url.endsWith("/") ? "" : "/";
      const end = this.url.endsWith("/") ? "/" : "";
      await askJson(`${this.address(this.id)}${slash}complete${end}`, { method: "POST" });
      this.finish();
    } catch (fault) {
      this.fail(fault);
    }
  }

  // A lost connection: wait longer each time, then ask the server how far it came.
  async wait(failures) {
    this.lost = true;
    this.say(say("upload_waiting", { sent: bytes(this.offset) }));
    await new Promise((go) => { addEventListener("online", go, { once: true }); setTimeout(go, WAITS[Math.min(failures, WAITS.length - 1)]); });
    this.lost = false;
    const told = await askJson(this.address(this.id)).catch(() => null);
    if (told) { this.offset = told.offset; this.begun = { at: Date.now(), offset: told.offset }; }
  }

  // XMLHttpRequest, since fetch does not tell how much of a body has gone.
  send() {
    const piece = this.file.slice(this.offset, this.offset + this.chunk);
    return new Promise((resolve, reject) => {
      const request = this.request = new XMLHttpRequest();
      request.open("PUT", this.address(this.id));
      request.setRequestHeader("Upload-Offset", this.offset);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.setRequestHeader("Accept", "application/json");
      for (const [name, value] of Object.entries(csrfHeaders())) request.setRequestHeader(name, value);
      request.upload.onprogress = (event) => this.show(this.offset + event.loaded);
      request.onloadend = () => {
        this.request = null;
        const told = parsed(request.responseText);
        if (request.status >= 200 && request.status < 300) resolve(told.offset ?? this.offset + piece.size);
        else reject(Object.assign(new Error(told.detail ?? say("offline")), { status: request.status }));
      };
      request.send(piece);
    });
  }

  show(sent) {
    const { size } = this.file;
    const seconds = (Date.now() - this.begun.at) / 1000;
    const rate = seconds > 0.5 ? (sent - this.begun.offset) / seconds : 0;
    this.part("bar").value = (sent / size) * 100;
    const going = say("upload_going", { sent: bytes(sent), size: bytes(size), rate: bytes(rate), rest: duration(rate ? (size - sent) / rate : Infinity) });
    const { files } = this.file;
    this.say(files ? `${say("upload_files", { sent: number(this.file.filesAt(sent)), count: number(files.length) })} · ${going}` : going);
  }

  say(sentence) {
    const words = this.part("words");
    if (words.textContent !== sentence) words.textContent = sentence;
  }

  pause() {
    this.paused = true;
    this.request?.abort();
    this.part("pause").textContent = say("resume");
    this.say(say("upload_paused", { sent: bytes(this.offset), size: bytes(this.file.size) }));
  }

  async cancel() {
    const { id } = this;
    this.paused = true;
    this.id = null;
    this.request?.abort();
    if (this.file) localStorage.removeItem(this.key());
    if (id) await askJson(this.address(id), { method: "DELETE" }).catch(() => {});
    this.file = null;
    this.wanted = false;
    this.input.value = "";
    this.say(say("upload_cancelled"));
    this.part("bar").value = 0;
    for (const name of ["pause", "cancel"]) this.part(name).hidden = true;
    this.part("id").value = "";
  }

  fail(fault) {
    this.complain(say("upload_failed", { why: fault.message }));
    this.part("state").hidden = true;
    localStorage.removeItem(this.key());
    this.file = null;
    this.wanted = false;
    this.input.value = "";
  }

  finish() {
    const { name, size } = this.file;
    localStorage.removeItem(this.key());
    this.part("bar").value = 100;
    this.part("bar").classList.add("s-bar-ok");
    for (const button of ["pause", "cancel"]) this.part(button).hidden = true;
    this.say(say("upload_done", { name, size: bytes(size) }));
    this.part("id").value = this.id;
    // The file has gone in pieces; the form sends only its number.
    this.input.value = "";
    this.input.removeAttribute("name");
    this.box.dispatchEvent(new CustomEvent("upload:done", { bubbles: true, detail: { id: this.id, name, size } }));
    if (this.wanted || "submit" in this.box.dataset) this.box.closest("form")?.requestSubmit();
  }
}

function parsed(text) {
  try { return JSON.parse(text) ?? {}; } catch { return {}; }
}

export function enhance(box) {
  if (!box.dataset.ready) { box.dataset.ready = "yes"; box.upload = new Upload(box); }
}
