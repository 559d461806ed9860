/** JSON that comes back as it went in: 1.0 stays 1.0, and long numbers keep all their digits.
 *
 * Browsers without `JSON.rawJSON` round such numbers as JavaScript always has.
 */

const lossless = typeof JSON.rawJSON === "function";

function keep(_key, value, context) {
  if (typeof value !== "number" || context?.source === undefined) return value;
  return String(value) === context.source ? value : JSON.rawJSON(context.source);
}

export function parse(text) {
  return lossless ? JSON.parse(text, keep) : JSON.parse(text);
}

/** A number to compute with, of one that was kept as it came. */
export function numberOf(value) {
  return Number(value?.rawJSON ?? value);
}

/** A value of a task as text for the page. */
export function shown(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
