/** The views without editing: `text`, `classification`, `ner`. */

import { element } from "../elements.js";
import { colour } from "../labels.js";
import { pieces } from "../offsets.js";

/** A marked stretch of text with its label. */
function marked(text, label, config) {
  const mark = element("mark", { class: "span" }, text, element("b", { class: "tag" }, label));
  colour(mark, label, config);
  return mark;
}

export function textView(task) {
  return { node: element("div", { class: "text", tabindex: "0" }, task.text ?? "") };
}

export function classificationView(task, config) {
  const label = task.label ? element("h2", { class: "label" }, task.label) : null;
  if (label) colour(label, task.label, config);
  return { node: element("div", {}, label, textView(task).node) };
}

export function nerView(task, config) {
  const { parts, hidden } = pieces(task.text, task.spans ?? []);
  const shown = parts.map(({ text, span }) => (span ? marked(text, span.label, config) : text));
  const node = element("div", { class: "text", tabindex: "0" }, ...shown);
  if (!hidden.length) return { node };
  const others = hidden.map((span) => element("li", {}, marked(span.text, span.label, config)));
  const list = element("ul", { class: "hidden-spans", "aria-label": "overlapping spans" }, ...others);
  return { node: element("div", {}, node, list) };
}
