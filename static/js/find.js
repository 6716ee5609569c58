// A long list of boxes is looked through by name, or by the value that stands behind it; what is ticked stays.
export function enhance(box) {
  const input = box.querySelector("[type=search]"), none = box.querySelector("[data-none]");
  const labels = [...box.querySelectorAll("label")].map((label) => [label, label.querySelector("input"), plain(label.textContent)]);
  input.hidden = false;
  input.addEventListener("input", () => {
    const wanted = plain(input.value);
    let found = 0;
    for (const [label, tick, name] of labels) {
      const hit = name.includes(wanted) || plain(tick.value) === wanted;
      label.hidden = !hit && !tick.checked;
      found += hit;
    }
    none.hidden = found > 0;
  });
  // Enter would send the whole form.
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}

// Without marks and case, and Arabic letters that are written either way as one.
function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}|\u0640/gu, "").replaceAll("ة", "ه").replaceAll("ى", "ي").toLowerCase().trim();
}
