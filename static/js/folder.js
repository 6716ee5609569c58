// A folder as one file: a tar that is made while it is sent, the same from wherever somebody goes on.
// A hundred thousand small files would be as many requests, and no page would know after a reload which of them are there.
const BLOCK = 512;
const WORDS = new TextEncoder();
const OCTAL_UP_TO = 0o77777777777;

export class Folder {
  // `files`: [{ path, file }] below the folder; `types`: endings that rows come from.
  constructor(name, files, types) {
    this.name = `${name}.tar`;
    const fits = ({ path }) => types.some((type) => path.toLowerCase().replace(/\.gz$/u, "").endsWith(type));
    const shown = files.filter(({ path }) => !path.split("/").some((part) => part.startsWith(".") || part.startsWith("__MACOSX")));
    this.leftOut = shown.filter((one) => !fits(one)).map(({ path }) => path);
    this.files = shown.filter(fits).sort((a, b) => (a.path < b.path ? -1 : 1));
    this.begins = new Float64Array(this.files.length);
    let at = 0;
    this.files.forEach(({ path, file }, place) => {
      this.begins[place] = at;
      at += headOf(path, file.size).length + padded(file.size);
    });
    this.size = this.files.length ? at + 2 * BLOCK : 0;
  }

  // Tells whether it is the same folder after a reload: every path, size and time is in it.
  get lastModified() {
    this.print ??= this.files.reduce((sum, { path, file }) => mixed(sum, `${path}:${file.size}:${file.lastModified}\n`), 0x811c9dc5);
    return `${this.files.length}:${this.print}`;
  }

  slice(start, end) {
    const parts = [];
    for (let at = start; at < Math.min(end, this.size);) {
      const part = this.part(at, Math.min(end, this.size) - at);
      parts.push(part);
      at += part.size ?? part.length;
    }
    return new Blob(parts);
  }

  // How many files have gone by then.
  filesAt(offset) { return offset >= this.size ? this.files.length : Math.max(0, this.placeOf(offset)); }

  // The path of a file between the two places that cannot be read any more; empty where all can.
  async unreadable(start, end) {
    for (let place = this.placeOf(start); place < this.files.length && this.begins[place] < end; place += 1) {
      const { path, file } = this.files[place];
      try { await file.slice(0, 1).arrayBuffer(); } catch { return path; }
    }
    return "";
  }

  placeOf(offset) {
    let low = 0, high = this.files.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.begins[middle] <= offset) low = middle; else high = middle - 1;
    }
    return low;
  }

  // Some of the bytes from a place on, of one file at most.
  part(at, length) {
    const place = this.placeOf(at), { path, file } = this.files[place];
    const head = headOf(path, file.size), within = at - this.begins[place];
    if (within < head.length) return head.subarray(within, within + length);
    const inside = within - head.length;
    if (inside < file.size) return file.slice(inside, Math.min(file.size, inside + length));
    const next = place + 1 < this.files.length ? this.begins[place + 1] : this.size;
    return new Uint8Array(Math.min(next - at, length));
  }
}

// What was chosen with a folder's own button.
export function chosen(files) {
  const listed = [...files].map((file) => ({ path: file.webkitRelativePath.split("/").slice(1).join("/"), file }));
  return { name: files[0].webkitRelativePath.split("/")[0], files: listed };
}

// The folder among what was dropped; to be asked at once, since a browser forgets it after the event.
export function folderIn(items) {
  return [...items ?? []].map((item) => item.webkitGetAsEntry?.()).find((entry) => entry?.isDirectory);
}

export async function walked(folder, inner = "") {
  const found = [], reader = folder.createReader();
  // A browser answers with some of them at a time, and at last with none.
  for (let some = await listed(reader); some.length; some = await listed(reader)) {
    const parts = await Promise.all(some.map(async (entry) => {
      const path = `${inner}${entry.name}`;
      if (entry.isDirectory) return walked(entry, `${path}/`);
      return [{ path, file: await new Promise((resolve, reject) => { entry.file(resolve, reject); }) }];
    }));
    for (const part of parts) for (const one of part) found.push(one);
  }
  return found;
}

function listed(reader) { return new Promise((resolve, reject) => { reader.readEntries(resolve, reject); }); }

// As GNU tar writes it, without owner and time: a long name goes before in a block of its own.
function headOf(path, size) {
  const name = WORDS.encode(path);
  if (name.length <= 100) return block(name, size, "0");
  const whole = new Uint8Array(BLOCK + padded(name.length + 1) + BLOCK);
  whole.set(block(WORDS.encode("././@LongLink"), name.length + 1, "L"));
  whole.set(name, BLOCK);
  whole.set(block(name.subarray(0, 100), size, "0"), whole.length - BLOCK);
  return whole;
}

function block(name, size, type) {
  const head = new Uint8Array(BLOCK);
  const put = (at, text) => head.set(WORDS.encode(text), at);
  head.set(name);
  put(100, "0000644\0" + "0000000\0" + "0000000\0");
  if (size <= OCTAL_UP_TO) put(124, `${size.toString(8).padStart(11, "0")}\0`);
  else for (let at = 135, left = size; at > 124; at -= 1, left = Math.floor(left / 256)) head[at] = left % 256;
  if (size > OCTAL_UP_TO) head[124] = 0x80;
  put(136, "00000000000\0");
  put(148, "        ");
  put(156, type);
  put(257, "ustar  \0");
  put(148, `${head.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `);
  return head;
}

function padded(size) { return Math.ceil(size / BLOCK) * BLOCK; }

// FNV-1a, 32 bits.
function mixed(sum, text) {
  for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return sum;
}
