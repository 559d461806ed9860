/** Where tokens stand on the screen: from a point to tokens, from a line to the next. */

const RTL = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/;

/** The direction in which a word is written, null for digits and signs. */
export function directionOf(word) {
  if (RTL.test(word)) return "rtl";
  return /\p{L}/u.test(word) ? "ltr" : null;
}

/** Index of the token that an element belongs to, null for none. */
export function tokenOf(node) {
  const found = node?.closest?.("[data-token]");
  return found ? Number(found.dataset.token) : null;
}

/** The last token that ends before a point and the first that begins after it; one and the same
 * where the point is on it. Between words and lines the nearest token tells.
 */
export function placeAt(nodes, x, y) {
  const on = tokenOf(document.elementFromPoint(x, y));
  if (on !== null) return { before: on, after: on };
  const { token, rect } = nearest(nodes, x, y);
  if (x >= rect.left && x <= rect.right) return { before: token, after: token };
  const isRight = x > rect.right;
  return follows(nodes, token, isRight)
    ? { before: token, after: token + 1 }
    : { before: token - 1, after: token };
}

/** The tokens from one place to another, whichever comes first; null where none is between. */
export function between(one, other) {
  const [first, last] =
    one.after + one.before <= other.after + other.before
      ? [one.after, other.before]
      : [other.after, one.before];
  return first <= last ? [first, last] : null;
}

/** The nearest token one line up (-1) or down (1); the token itself on the last line. */
export function onNextLine(nodes, token, step) {
  const from = nodes[token].getClientRects()[0];
  const rects = nodes.map((node) => node.getClientRects()[0]);
  const ahead = rects.filter((rect) => step * (middle(rect) - middle(from)) > from.height / 2);
  if (!ahead.length) return token;
  const y = step * Math.min(...ahead.map((rect) => step * middle(rect)));
  return nearest(nodes, (from.left + from.right) / 2, y).token;
}

function middle(rect) {
  return (rect.top + rect.bottom) / 2;
}

/** The nearest token on the nearest line. */
function nearest(nodes, x, y) {
  const found = nodes.flatMap((node, token) =>
    [...node.getClientRects()].map((rect) => ({ token, rect })),
  );
  const off = (rect) => Math.abs(middle(rect) - y);
  const line = found.reduce((a, b) => (off(b.rect) < off(a.rect) ? b : a)).rect;
  const aside = ({ rect }) => Math.max(rect.left - x, x - rect.right, 0);
  return found
    .filter(({ rect }) => Math.abs(middle(rect) - middle(line)) < line.height / 2)
    .reduce((a, b) => (aside(b) < aside(a) ? b : a));
}

/** Whether what is beside a token on the screen comes after it in the text. */
function follows(nodes, token, isRight) {
  const here = nodes[token].getBoundingClientRect();
  const sideOf = (other) => {
    const rect = nodes[other]?.getBoundingClientRect();
    if (!rect || Math.abs(middle(rect) - middle(here)) > here.height / 2) return null;
    return rect.left > here.left;
  };
  if (sideOf(token + 1) !== null) return sideOf(token + 1) === isRight;
  if (sideOf(token - 1) !== null) return sideOf(token - 1) !== isRight;
  return isRight === (getComputedStyle(nodes[token]).direction === "ltr");
}
