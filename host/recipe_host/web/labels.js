/** Colours of labels: by their place in the list, or as `custom_theme.labels` has them. */

const HUES = 12;

/** Give an element the colour of a label. */
export function colour(node, label, config) {
  const custom = config.custom_theme.labels?.[label];
  if (custom) {
    node.style.setProperty("--tint", custom);
    node.style.setProperty("--ink", readable(custom));
  } else {
    node.dataset.hue = String(place(label, config.labels) % HUES);
  }
}

/** The label's place; labels that are not in the list get one from their letters. */
function place(label, labels) {
  const index = labels.indexOf(label);
  if (index >= 0) return index;
  return [...label].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 9973, 7);
}

/** Black or white, whichever has more contrast on the colour (WCAG 2, relative luminance). */
function readable(custom) {
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = custom;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return luminance > 0.179 ? "#000" : "#fff";
}
