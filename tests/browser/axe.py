"""What axe looks for, and when a page is drawn whole, so that it looks at what a person sees."""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT

# Drawn whole: nothing is being fetched, the letters are there, no colour is on its way to another, and no chart that is
# in view still waits.
SETTLED = """() => document.readyState === 'complete' && document.fonts.status === 'loaded'
  && !document.querySelector('.htmx-request, .htmx-settling')
  && !document.getAnimations().some((one) => one instanceof CSSTransition)
  && [...document.querySelectorAll('[data-chart-wait]')].every((wait) => wait.getBoundingClientRect().top > innerHeight)
"""
COLOUR = "color-contrast"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {COLOUR: {"enabled": False}},  # asked by itself, below
}
# Colours beside those of words on their ground.
OF_COLOURS = {"runOnly": {"type": "rule", "values": ["link-in-text-block"]}}
# How a page is looked at in each language: schemes, what is looked for in each, and whether at each word's colours. The
# dark page is the same page: nothing but its colours can be wrong then. The Arabic one has the colours of the English.
LOOKS = {"en": (("light", RULES, True), ("dark", OF_COLOURS, True)), "ar": (("light", RULES, False),)}

# What axe says of one scheme, short; as a whole it is serialised twice on its way, with all that is right.
_RUN = """async (options) => {
  const { violations } = await axe.run({ ...options, resultTypes: ["violations"] });
  return violations.map(({ id, impact, nodes }) => ({ id, impact, html: nodes[0].html }));
}"""
# The contrast of words is what takes axe longest by far, and rows, buttons and frames are drawn alike. Whether words
# can be read follows from their colour, size and weight and from the colours behind them: what axe has decided of such
# words once it is not asked again, on whatever page they stand. Where it could not say (they are partly covered, or lie
# on a picture), it is asked of each, but for words in the same place of the same component. Tables fade out where they
# are scrolled, and axe says nothing of words on a gradient: without it, it does.
_CONTRAST = """async (known) => {
  const clear = (colour) => colour === "transparent" || /[,/] 0\\)$/.test(colour);
  const drawn = (one) => {
    const { width, height, right, bottom } = one.getBoundingClientRect();
    return width > 1 && height > 1 && right > 0 && bottom + scrollY > 0
      && one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  };
  // What lies on its neighbours, or behind them, without being around them: its colours.
  const afloat = (one) => {
    const { position, backgroundColor: colour, backgroundImage: image } = getComputedStyle(one);
    const floats = ["absolute", "fixed"].includes(position) && !(clear(colour) && image === "none") && drawn(one);
    return floats ? `${colour} ${image} ` : "";
  };
  const digest = (text) => [...text].reduce(([a, b], sign) => [Math.imul(a ^ sign.charCodeAt(0), 2654435761),
    Math.imul(b ^ sign.charCodeAt(0), 1597334677)], [0xdeadbeef, 0x41c6ce57]).map((half) => half >>> 0).join("-");
  const word = ["color", "fontSize", "fontWeight", "textShadow", "fill", "stroke"];
  const faded = [...document.querySelectorAll(".s-table-scroll")];
  faded.forEach((one) => one.style.setProperty("background-image", "none"));
  const before = new Set(known), groups = new Map();
  const walk = (one, above) => {
    const style = getComputedStyle(one);
    if (style.display === "none") return;
    const { backgroundColor: colour, backgroundImage: image, opacity, filter, mixBlendMode: blend } = style;
    let { behind, through, place, among } = above;
    place += ` ${one.localName}.${one.getAttribute("class") ?? ""}`;
    if (opacity !== "1" || filter !== "none" || blend !== "normal")
      through += `${opacity} ${filter} ${blend} ${behind};`;
    if (image !== "none" || !clear(colour)) behind = `${colour.startsWith("rgb(") ? "" : behind}${colour} ${image};`;
    const words = one.matches("input, select, textarea")
      || [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (words && drawn(one)) {
      const off = (one.control ?? one).closest(":disabled, [aria-disabled=true]");
      const looks = [...word.map((name) => style[name]), behind, through, off ? "off" : "", among && among + place];
      const key = digest(looks.join("|")), here = digest(key + place);
      if (!before.has(key) && !before.has(here)) groups.set(key, [...(groups.get(key) ?? []), { one, here }]);
    }
    const children = [...one.children];
    if (one !== document.body) among += children.map(afloat).join("");
    children.forEach((child) => walk(child, { behind, through, place, among }));
  };
  walk(document.documentElement, { behind: "", through: "", place: "", among: "" });
  const found = [], decided = new Set();
  const ask = async (elements) => {
    if (!elements.length) return;
    elements.forEach(({ one }) => one.setAttribute("data-look", ""));
    const { violations, passes } = await axe.run({ runOnly: ["color-contrast"], elementRef: true,
      resultTypes: ["violations", "passes"] });
    elements.forEach(({ one }) => one.removeAttribute("data-look"));
    for (const { nodes } of [...violations, ...passes]) for (const { element } of nodes) decided.add(element);
    found.push(...violations);
  };
  axe.configure({ rules: [{ id: "color-contrast", selector: "[data-look]" }] });
  await ask([...groups.values()].map(([first]) => first));
  await ask([...groups.values()].filter(([first]) => !decided.has(first.one)).flatMap(([, ...others]) => others));
  faded.forEach((one) => one.style.removeProperty("background-image"));
  const learnt = [...groups].flatMap(([key, members]) => members.some(({ one }) => decided.has(one))
    ? [key] : members.map(({ here }) => here));
  return { found: found.map(({ id, impact, nodes }) => ({ id, impact, html: nodes[0].html })), learnt };
}"""


class Axe:
    """Looks at pages, one after another, and remembers which words can be read on which ground."""

    def __init__(self):
        self.known = set()

    def faults(self, page, options, *, colours):
        """What axe finds on the page as it stands: dicts of id, impact and the HTML of the first place."""
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        found = page.evaluate(_RUN, options)
        if colours:
            seen = page.evaluate(_CONTRAST, sorted(self.known))
            self.known |= set(seen["learnt"])
            found += seen["found"]
        return found
