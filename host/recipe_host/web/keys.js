/** Which key does what. */

const ACTIONS = {
  accept: ["a"],
  reject: ["x"],
  ignore: ["space"],
  undo: ["backspace", "del"],
  save: ["ctrl+s", "command+s"],
  flag: ["f"],
  help: ["h"],
};
const NAMES = { " ": "space", Delete: "del", Escape: "esc" };

/** Name of a pressed key, such as `a`, `ctrl+s`, `shift+1`. */
export function keyName(event) {
  // With shift a digit key writes a sign that differs from keyboard to keyboard.
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  const key = digit ? digit[1] : (NAMES[event.key] ?? event.key.toLowerCase());
  const shifts = event.shiftKey && (digit || key.length > 1 || key !== key.toUpperCase());
  const held = [
    event.ctrlKey && "ctrl",
    event.metaKey && "command",
    shifts && "shift",
    event.altKey && "alt",
  ];
  return [...held.filter(Boolean), key].join("+");
}

/** Key of the n-th label or option (from 0): 1 to 9, 0, with shift, with shift and alt. */
export function numberKey(index) {
  const held = ["", "shift+", "shift+alt+"][Math.floor(index / 10)];
  return held === undefined ? null : `${held}${(index + 1) % 10}`;
}

/** The keys of all actions, the defaults replaced by those of the settings. */
export function actionKeys(keymap) {
  const known = Object.keys(ACTIONS).filter((action) => keymap[action]);
  const chosen = known.map((action) => [action, keymap[action].map((key) => key.toLowerCase())]);
  return { ...ACTIONS, ...Object.fromEntries(chosen) };
}

/** The key of each label or option: from the settings, else by its number. */
export function choiceKeys(names, byLabel) {
  return names.map((name, index) => byLabel[name]?.toLowerCase() ?? numberKey(index));
}

/** The action of a key, null for none. */
export function actionOf(keys, name) {
  return Object.keys(keys).find((action) => keys[action].includes(name)) ?? null;
}
