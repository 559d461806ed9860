/** What surrounds the card: progress, counts, latest answers, notices. */

import { element } from "./elements.js";

const SIGNS = { accept: "✓", reject: "✕", ignore: "∅" };
const SNIPPET = 60;

function pairs(entries) {
  return entries
    .filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, String(value))),
    );
}

export function showRun(node, project) {
  node.replaceChildren(
    ...pairs([
      ["recipe", project.recipe_name],
      ["dataset", project.dataset || "not saved"],
      ["session", project.session_id],
    ]),
  );
}

/** What the annotators were told to do, as the text of elements of three kinds. */
export function showInstructions(node, blocks) {
  const heading = blocks.length ? [element("h2", {}, "Instructions")] : [];
  const shown = blocks.map(([kind, text]) =>
    kind === "li"
      ? element("ul", {}, element("li", {}, text))
      : element(kind === "h3" ? "h3" : "p", {}, text),
  );
  node.replaceChildren(...heading, ...shown);
}

export function showProgress(node, session) {
  node.hidden = session.progress === null;
  node.value = session.progress ?? 0;
  node.title = `${Math.round(100 * (session.progress ?? 0))} %`;
}

export function showCounts(node, session) {
  const share = session.progress === null ? "unknown" : `${Math.round(100 * session.progress)} %`;
  node.replaceChildren(
    ...pairs([
      ["accepted", session.counts.accept],
      ["rejected", session.counts.reject],
      ["ignored", session.counts.ignore],
      ["not yet saved", session.unsaved],
      ["in the dataset", session.total],
      ["progress", share],
    ]),
  );
}

/** The latest answers; those that are not sent yet can be brought back, with all after them. */
export function showHistory(node, session) {
  const undoable = session.undoable.map((entry) => entry.number);
  const rows = session.latest.map(({ number, answer, saved }) => {
    const text = answer.text ?? "";
    const snippet = text.length > SNIPPET ? `${text.slice(0, SNIPPET)}…` : text;
    const sign = element("span", { class: `sign ${answer.answer}` }, SIGNS[answer.answer]);
    const state = saved ? "saved" : "not yet saved";
    const name = element("span", { class: "unseen" }, answer.answer);
    const what = [sign, name, " ", element("bdi", {}, snippet)]; // bdi: in the text's direction
    const index = undoable.indexOf(number);
    if (index < 0) return element("li", { title: state }, ...what);
    const button = element("button", { type: "button", title: "back to this task" }, ...what);
    button.addEventListener("click", () => session.undo(undoable.length - index));
    return element("li", {}, button);
  });
  node.replaceChildren(...rows);
}

/** The messages on what is wrong, each with its kind and perhaps an action. */
export function notices(session, remarks) {
  const found = [];
  if (session.takenOver) {
    found.push([
      "problem",
      "This session is open in another tab or browser, which has its tasks now. " +
        "Two people need two sessions: add ?session=name to the address.",
      ["Go on here", () => location.reload()],
    ]);
  }
  if (session.connection.error) {
    const kept = session.unsaved
      ? `${session.unsaved} answers are kept in this browser and sent when it is back.`
      : "Nothing is lost; trying again.";
    found.push(["problem", `${sentence(session.connection.error)} ${kept}`]);
  }
  if (!session.outbox.canStore) {
    const why = "This browser keeps nothing for this page, so each answer is sent at once.";
    found.push(["remark", `${why} Wait for “not yet saved” to be 0 before you close it.`]);
  }
  if (session.learning.error) {
    found.push(["remark", `All answers are stored. ${sentence(session.learning.error)}`]);
  }
  if (session.sending.refused.length) {
    found.push([
      "problem",
      "The server does not take some answers. They are kept in this browser.",
      ["Download them", () => download(session.sending.refused)],
    ]);
  }
  return [...found, ...remarks.map((remark) => ["problem", remark])];
}

export function showNotices(node, found) {
  const key = JSON.stringify(found);
  if (node.dataset.key === key) return; // said already: screen readers would say it again
  node.dataset.key = key;
  const rows = found.map(([kind, text, action]) => {
    const row = element("p", { class: `notice ${kind}` }, text);
    if (action) {
      const button = element("button", { type: "button" }, action[0]);
      button.addEventListener("click", action[1]);
      row.append(" ", button);
    }
    return row;
  });
  node.replaceChildren(...rows);
}

function sentence(text) {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

function download(batches) {
  const answers = batches.flatMap((batch) => batch.entries.map((entry) => entry.answer));
  const lines = answers.map((answer) => `${JSON.stringify(answer)}\n`);
  const link = element("a", { download: "answers.jsonl" });
  link.href = URL.createObjectURL(new Blob(lines, { type: "application/jsonl" }));
  link.click();
}
