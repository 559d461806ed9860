/** The card: one task in its view, with the annotator's changes to it. */

import { element } from "./elements.js";
import { shown } from "./json.js";
import { choiceView } from "./views/choice.js";
import { manualView } from "./views/manual.js";
import { classificationView, nerView, textView } from "./views/plain.js";

const VIEWS = {
  text: textView,
  classification: classificationView,
  ner: nerView,
  ner_manual: manualView,
  choice: choiceView,
};

export class Card {
  constructor(node, config, hooks) {
    this.node = node;
    this.config = config;
    this.hooks = hooks;
    this.task = null;
    this.view = null;
  }

  /** Show a task, or a sentence where there is none. */
  show(task, sentence) {
    this.task = task;
    this.flag = { flagged: task?.flagged === true, note: task?.flag_note ?? "" };
    if (task === null) {
      this.view = null;
      this.node.replaceChildren(element("p", { class: "empty" }, sentence));
      return;
    }
    this.view = VIEWS[this.config.view_id](task, this.config, this.hooks);
    this.marker = element("p", { class: "flagged" });
    this.node.replaceChildren(this.marker, this.view.node, this.meta(task));
    const text = this.node.querySelector(".text");
    text.dir = this.config.writing_dir;
    if (this.config.lang) text.lang = this.config.lang;
    this.showFlag();
    this.scroll();
    this.focus();
  }

  /** Begin at the top of the text, or where the span that is asked about stands. */
  scroll() {
    this.node.scrollTop = 0;
    const [line] = this.node.querySelector("mark")?.getClientRects() ?? [];
    const hidden = line ? line.bottom - this.node.getBoundingClientRect().bottom : 0;
    if (hidden > 0) this.node.scrollTop = hidden + this.node.clientHeight / 2;
  }

  focus() {
    this.node.querySelector(".text")?.focus({ preventScroll: true });
  }

  setFlag(flagged, note) {
    this.flag = { flagged, note: flagged ? note : "" };
    this.showFlag();
  }

  showFlag() {
    this.marker.hidden = !this.flag.flagged;
    this.marker.textContent = `⚑ flagged${this.flag.note ? `: ${this.flag.note}` : ""}`;
  }

  /** The task as it is now, with an answer: a new object. */
  answer(decision) {
    const { flagged: _, flag_note: __, ...task } = this.task;
    const { flagged, note } = this.flag;
    return {
      ...task,
      ...this.view.fields?.(),
      ...(flagged ? { flagged, ...(note ? { flag_note: note } : {}) } : {}),
      answer: decision,
      _timestamp: Math.floor(Date.now() / 1000),
    };
  }

  meta(task) {
    const entries = this.config.hide_meta ? [] : Object.entries(task.meta ?? {});
    const rows = entries.map(([name, value]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, shown(value))),
    );
    return element("dl", { class: "meta", "aria-label": "meta" }, ...rows);
  }
}
