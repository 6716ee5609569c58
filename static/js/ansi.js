// Terminal colours as classes; every other escape sequence is dropped.
const SEQUENCE = /\x1b\[([0-9;]*)m/g;
const OTHER = /\x1b(?:\[[0-9;?]*[A-Za-ln-z]|\][^\x07]*(?:\x07|$)|[()][A-Z0-9])|[\x00-\x08\x0b\x0c\x0e-\x1a]/g;

export function parts(line) {
  const clean = line.replace(OTHER, "");
  const found = [];
  let classes = [];
  let at = 0;
  for (const match of clean.matchAll(SEQUENCE)) {
    if (match.index > at) found.push([clean.slice(at, match.index), classes]);
    classes = next(classes, match[1]);
    at = match.index + match[0].length;
  }
  if (at < clean.length) found.push([clean.slice(at), classes]);
  return found;
}

function next(classes, codes) {
  let now = [...classes];
  for (const code of codes.split(";").map(Number)) {
    if (!code) now = [];
    else if (code === 39) now = now.filter((name) => !/^ansi-[39]\d$/.test(name));
    else if (code <= 4) now.push(`ansi-${code}`);
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) now = [...now.filter((name) => !/^ansi-[39]\d$/.test(name)), `ansi-${code}`];
  }
  return now;
}
