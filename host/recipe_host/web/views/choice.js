/** The view `choice`: one or several of a task's options. */

import { element } from "../elements.js";
import { shown } from "../json.js";
import { choiceKeys } from "../keys.js";

export function choiceView(task, config, { accept }) {
  const options = task.options ?? [];
  const style = task.config?.choice_style ?? config.choice_style;
  const several = style === "multiple";
  const keys = choiceKeys(options.map((option) => shown(option.id)), config.keymap_by_label);
  const inputs = options.map((option) =>
    element("input", { type: several ? "checkbox" : "radio", name: "option", value: option.id }),
  );
  const given = new Set((task.accept ?? []).map(shown));
  inputs.forEach((input, index) => (input.checked = given.has(shown(options[index].id))));
  const rows = options.map((option, index) => {
    const hint = keys[index] && element("kbd", {}, keys[index]);
    const text = element("span", {}, option.text ?? shown(option.id));
    return element("label", { class: "option" }, inputs[index], text, hint || null);
  });
  const list = element("fieldset", { class: "options" }, element("legend", {}, "Options"), ...rows);
  const text = element("div", { class: "text", tabindex: "0" }, task.text ?? "");

  function choose(index) {
    inputs[index].checked = several ? !inputs[index].checked : true;
    chosen();
  }

  function chosen() {
    if (!several && config.choice_auto_accept) accept();
  }

  list.addEventListener("change", chosen);
  return {
    node: element("div", {}, text, list),
    fields: () => ({
      accept: options.filter((_, index) => inputs[index].checked).map((option) => option.id),
    }),
    key(name) {
      const index = keys.indexOf(name);
      if (index >= 0) choose(index);
      return index >= 0;
    },
  };
}
