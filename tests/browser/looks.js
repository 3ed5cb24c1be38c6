// Measures what a reader sees: see looks.py. Returns a list of sentences, empty where all is well.
async ({ root, mayScroll, pieces, leaveOut }) => {
  const said = new Set();
  const short = (text) => text.replace(/\s+/g, " ").trim().slice(0, 60);
  const visible = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getBoundingClientRect().width > 0;
  const name = (e) => `${e.tagName.toLowerCase()}.${[...e.classList].join(".")} "${short(e.innerText || e.alt || "")}"`;

  // --- colours: the contrast of a text with what lies behind it, as WCAG 2 counts it

  const brush = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  function rgba(colour) {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  }
  const over = (top, below) => [0, 1, 2].map((i) => top[3] * top[i] + (1 - top[3]) * below[i]).concat(1);
  function behind(element) {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const layer = rgba(getComputedStyle(e).backgroundColor);
      layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  }
  function brightness(colour) {
    const [r, g, b] = colour.slice(0, 3).map((v) => (v / 255 <= 0.04045 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  function contrast(element) {
    const below = behind(element);
    const [a, b] = [brightness(over(rgba(getComputedStyle(element).color), below)), brightness(below)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }

  // --- printed tables: the first row that is longer than a line of a text that wraps

  function torn(text) {
    const row = text.innerText.split("\n").sort((a, b) => b.length - a.length)[0];
    if ((row.match(/\S {2,}\S/g) || []).length < 2) return null;
    const pen = new OffscreenCanvas(1, 1).getContext("2d");
    const style = getComputedStyle(text);
    pen.font = `${style.fontSize} ${style.fontFamily}`;
    const room = text.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const fit = Math.floor(room / pen.measureText("0").width);
    return row.length > fit ? `${row.length} characters where ${fit} fit: ${short(row)}` : null;
  }

  // --- pictures

  async function looks(image) {
    await image.decode().catch(() => {});
    if (!image.naturalWidth) return "does not load";
    if (image.src.includes("svg")) return null;
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const pixels = canvas.getImageData(0, 0, image.naturalWidth, image.naturalHeight).data;
    let [clear, other, counted] = [0, 0, 0];
    for (let i = 0; i < pixels.length; i += 4 * 7) {
      counted += 1;
      clear += pixels[i + 3] < 250;
      other += Math.abs(pixels[i] - pixels[0]) + Math.abs(pixels[i + 1] - pixels[1]) + Math.abs(pixels[i + 2] - pixels[2]) > 30;
    }
    if (clear > 0.01 * counted && brightness(behind(image)) < 0.8) return "is transparent, on a dark page";
    return other < 0.002 * counted ? "is empty" : null;
  }

  // --- the page, element by element

  // What MathJax writes for screen readers alone is not seen, but counts as wide as its text
  const unseen = document.head.appendChild(document.createElement("style"));
  unseen.textContent = "mjx-assistive-mml { display: none !important; }";

  for (const page of document.querySelectorAll(root)) {
    const edge = page.getBoundingClientRect().right;
    for (const e of page.querySelectorAll("*")) {
      if (e.closest("svg, .cm-editor, .visually-hidden, mjx-container *") || !visible(e)) continue;
      const style = getComputedStyle(e);
      const clips = style.overflowX !== "visible" && style.display !== "inline";
      if (e.closest(mayScroll)) continue;
      if (clips && e.scrollWidth > e.clientWidth + 1)
        said.add(`cut: ${e.scrollWidth - e.clientWidth} pixels of ${name(e)}`);
      const held = (function within(p) {
        return p && p !== page && (getComputedStyle(p).overflowX !== "visible" || within(p.parentElement));
      })(e.parentElement);
      if (!held && e.getBoundingClientRect().right > edge + 1)
        said.add(`too wide: ${Math.round(e.getBoundingClientRect().right - edge)} pixels of ${name(e)}`);
      if (e.tagName === "PRE" && style.whiteSpace !== "pre" && torn(e)) said.add(`torn: a row of a table wraps, "${torn(e)}"`);
      const own = [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent.trim());
      if (own && !(leaveOut && e.closest(leaveOut)) && contrast(e) < 4.5)
        said.add(`faint: contrast ${contrast(e).toFixed(1)} of ${name(e)} (${style.color})`);
    }
    for (const image of page.querySelectorAll("img")) {
      if (!visible(image)) continue;
      const fault = await looks(image);
      if (fault) said.add(`picture: ${name(image)} ${fault}`);
    }
    const boxes = [...page.querySelectorAll(pieces)].filter(visible);
    boxes.slice(1).forEach((box, i) => {
      const before = boxes[i].getBoundingClientRect();
      if (!boxes[i].contains(box) && box.getBoundingClientRect().top < before.bottom - 1)
        said.add(`overlap: ${name(boxes[i])} and ${name(box)}`);
    });
  }
  unseen.remove();
  return [...said];
}
