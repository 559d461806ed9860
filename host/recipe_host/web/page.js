/** The page: connects the session with the elements. */

import { Card } from "./card.js";
import { Session } from "./session.js";
import { element } from "./elements.js";
import { actionKeys, actionOf, keyName } from "./keys.js";
import { Outbox } from "./outbox.js";
import { getProject, HTTPError, Unreachable, validateAnswer } from "./server.js";
import * as sidebar from "./sidebar.js";

const SIGNS = { accept: "✓", reject: "✕", ignore: "∅", undo: "↶", flag: "⚑", save: "↓", help: "?" };
const RETRY_SECONDS = 1;
const byId = (id) => document.getElementById(id);

class Page {
  constructor(project) {
    this.project = project;
    this.keys = actionKeys(project.keymap);
    if (!project.show_flag) delete this.keys.flag;
    this.remarks = [];
    this.shown = undefined;
    this.card = new Card(byId("card"), project, {
      accept: () => this.act("accept"),
      announce: (text) => (byId("announcer").textContent = text),
    });
    const outbox = new Outbox(`${project.store}/${project.namedSession ?? ""}`);
    this.session = new Session(project, outbox, {
      onChange: () => this.refresh(),
      onNotice: (_, text) => this.remark(text),
    });
    this.actions = {
      accept: () => this.decide("accept"),
      reject: () => this.decide("reject"),
      ignore: () => this.decide("ignore"),
      undo: () => this.session.undo(),
      save: () => this.session.save(),
      flag: () => this.openFlag(),
      help: () => this.openHelp(),
    };
  }

  start() {
    document.title = `${this.project.dataset || this.project.recipe_name} · recipe-host`;
    byId("description").textContent = this.project.task_description;
    byId("description").hidden = !this.project.task_description;
    sidebar.showRun(byId("run"), this.project);
    this.makeButtons();
    this.makeHelp();
    this.listen();
    this.refresh();
    this.session.start();
  }

  makeButtons() {
    const answers = ["accept", "reject", "ignore", "undo"];
    const shown = answers.filter((action) => this.project.buttons.includes(action));
    const others = ["flag", "save", "help"].filter((action) => action in this.keys);
    const buttons = [...shown, ...others].map((action) => {
      const name = `${action} (${this.keys[action].join(", ")})`;
      const sign = element("span", { "aria-hidden": "true" }, SIGNS[action]);
      const button = element(
        "button",
        { type: "button", class: action, title: name, "aria-label": name, "data-action": action },
        sign,
        element("span", { class: "name" }, action),
      );
      button.addEventListener("click", () => this.act(action));
      return button;
    });
    byId("actions").replaceChildren(...buttons);
  }

  makeHelp() {
    sidebar.showInstructions(byId("instructions"), this.project.instructions);
    const rows = Object.entries(this.keys).map(([action, keys]) => [action, keys.join(" or ")]);
    rows.push(["labels, options", "1 to 9, 0, with shift, with shift and alt"]);
    if (this.project.view_id === "ner_manual") {
      rows.push(["move over the text", "arrow keys, ctrl and arrows, home, end"]);
      rows.push(["select and mark", "shift and arrows, then enter or a label's key"]);
      rows.push(["relabel a span", "arrow keys to it, then a label's key"]);
      rows.push(["remove a span", "enter on it, or a click"]);
    }
    byId("keys").replaceChildren(
      ...rows.map(([what, keys]) =>
        element("div", {}, element("dt", {}, what), element("dd", {}, keys)),
      ),
    );
  }

  listen() {
    document.addEventListener("keydown", (event) => this.press(event));
    // After a click keys go on working on the task, not on what was clicked.
    document.addEventListener("click", (event) => {
      const control = event.target.closest("button, label, input");
      if (event.detail > 0 && control && !event.target.closest("dialog")) this.card.focus();
    });
    for (const dialog of document.querySelectorAll("dialog")) {
      dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
      dialog.addEventListener("close", () => this.card.focus());
    }
    byId("set-flag").addEventListener("click", () => this.closeFlag(true));
    byId("unset-flag").addEventListener("click", () => this.closeFlag(false));
    byId("note").addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.closeFlag(true);
    });
    window.addEventListener("pagehide", () => this.session.leave());
    window.addEventListener("storage", () => this.session.ownsSession());
  }

  press(event) {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const name = keyName(event);
    const control = event.target.closest("button, input, summary, a");
    if (control && (name === "space" || name === "enter") && control.matches(":focus-visible")) return;
    const isTaken = this.card.view?.key?.(name);
    const action = isTaken ? null : actionOf(this.keys, name);
    if (!isTaken && !action) return;
    event.preventDefault();
    if (action && !event.repeat) this.act(action);
  }

  act(action) {
    if (!this.session.takenOver) this.actions[action]();
  }

  decide(decision) {
    if (this.card.task === null || this.isAsking) return;
    const answer = this.card.answer(decision);
    this.remarks = [];
    if (this.project.validates) this.submitChecked(answer);
    else this.session.submit(answer);
  }

  /** Ask the recipe to check the answer first; a refused one stays on the card. */
  async submitChecked(answer) {
    this.isAsking = true;
    try {
      const { error } = await validateAnswer(answer);
      if (error) this.remark(error);
      else this.session.submit(answer);
    } catch (error) {
      // Unreachable: keep the answer now; the server checks it again when it is sent.
      if (error instanceof Unreachable) this.session.submit(answer);
      else this.remark(error.message);
    } finally {
      this.isAsking = false;
    }
  }

  openHelp() {
    byId("help").showModal();
    byId("help").scrollTop = 0; // the button that has the focus is at its end
  }

  openFlag() {
    if (this.card.task === null) return;
    byId("note").value = this.card.flag.note;
    byId("unset-flag").hidden = !this.card.flag.flagged;
    byId("flag").showModal();
    byId("note").focus();
  }

  closeFlag(flagged) {
    this.card.setFlag(flagged, byId("note").value.trim());
    byId("flag").close();
  }

  remark(text) {
    this.remarks = [text];
    this.refresh();
  }

  /** Redraw the page; the card only where its task has changed. */
  refresh() {
    const { session } = this;
    const task = session.current;
    if (task !== this.shown || task === null) {
      this.shown = task;
      this.card.show(task, this.emptySentence());
    }
    for (const button of byId("actions").querySelectorAll("button")) {
      button.disabled = !this.isPossible(button.dataset.action);
    }
    byId("card").inert = session.takenOver;
    sidebar.showProgress(byId("progress"), session);
    sidebar.showCounts(byId("counts"), session);
    sidebar.showHistory(byId("history"), session);
    sidebar.showNotices(byId("notices"), sidebar.notices(session, this.remarks));
  }

  isPossible(action) {
    if (action === "help") return true;
    if (this.session.takenOver) return false;
    if (action === "undo") return this.session.undoable.length > 0;
    if (action === "save") return this.session.undoable.length > 0;
    return this.session.current !== null;
  }

  emptySentence() {
    const { session } = this;
    if (!session.ended) return "Waiting for tasks …";
    const saved = session.unsaved ? `${session.unsaved} answers are being saved.` : "All answers are saved.";
    if (!session.openElsewhere) return `No tasks are left. ${saved}`;
    const others = `${session.openElsewhere} tasks are still open with other annotators`;
    return `No tasks are left to hand out; ${others}. ${saved}`;
  }
}

/** Read the run's settings, and try again while the server is unreachable. */
async function open() {
  const name = new URLSearchParams(location.search).get("session") ?? "";
  try {
    const project = await getProject(name);
    // The id of an unnamed session changes with a restart, so the server is asked for it each time.
    const namedSession = name ? project.session_id : null;
    new Page({ ...project, sessionName: name, namedSession }).start();
  } catch (error) {
    if (!(error instanceof HTTPError || error instanceof Unreachable)) throw error;
    sidebar.showNotices(byId("notices"), [["problem", `The page cannot start: ${error.message}.`]]);
    if (error instanceof Unreachable) setTimeout(open, RETRY_SECONDS * 1000);
  }
}

open();
