/** One annotation session in the browser: its tasks and answers, without the page's elements.
 *
 * An answer is first in `undoable` (it can be taken back), then in `sending` (its batch is sent
 * until the server confirms it), then only on the server's disk.
 */

import { Connection } from "./connection.js";
import { numberOf } from "./json.js";
import { newId } from "./outbox.js";
import { Sending } from "./sending.js";
import { getProject, getQuestions, HTTPError, Unreachable } from "./server.js";

const LOOK_AGAIN_SECONDS = 10;
const SHOWN = 10; // latest answers on the page
const LAST_UNDO_SECONDS = 3; // how long the last answers of a stream can be undone
const LEARNED_SECONDS = [0.5, 1, 2, 4, 8]; // between looks at a recipe that is learning

export class Session {
  constructor(project, outbox, { onChange, onNotice }) {
    this.project = project;
    this.outbox = outbox;
    this.page = newId();
    outbox.claim(this.page); // before reading, so that no other page writes meanwhile
    this.queue = [];
    this.undoable = [];
    this.connection = new Connection(() => this.onChange());
    this.sending = new Sending(project, outbox, this.connection, {
      onReply: (reply) => this.readConfirmation(reply),
      onConfirmed: (entries) => this.noteSaved(entries),
      onRefused: (answers, sentence) => this.takeBack(answers, sentence),
      onChange: () => this.onChange(),
    });
    this.history = [];
    this.counts = { accept: 0, reject: 0, ignore: 0 };
    this.batch = newId();
    this.confirmed = 0; // batches
    this.looks = 0; // at what the recipe learns from them
    this.total = null;
    this.progress = null;
    this.learning = { waiting: 0, error: "" };
    this.ended = false;
    this.openElsewhere = 0;
    this.takenOver = false;
    this.opened = false;
    this.onChange = onChange;
    this.onNotice = onNotice;
  }

  get latest() {
    return this.history.slice(0, SHOWN);
  }

  get current() {
    return this.queue[0] ?? null;
  }

  /** Number of answers that the server has not confirmed. */
  get unsaved() {
    return this.undoable.length + this.sending.entries.length;
  }

  /** Send what earlier visits left, then ask for tasks. */
  start() {
    this.sending.send();
    this.fetch();
  }

  /** Add an answer and go on to the next task at once. */
  submit(answer) {
    if (!this.ownsSession()) return;
    this.queue.shift();
    if (this.sizeOf(this.batch) >= this.batchSize) this.batch = newId();
    const entry = this.outbox.add(this.batch, answer);
    this.undoable.push(entry);
    this.addToHistory(entry);
    this.counts[answer.answer] += 1;
    this.sendWholeBatches();
    this.onChange();
    if (this.isShort) this.fetch();
  }

  /** Undo the last `count` answers; their tasks return as they were answered. */
  undo(count = 1) {
    if (!this.ownsSession()) return;
    for (const entry of this.undoable.splice(Math.max(0, this.undoable.length - count)).reverse()) {
      this.outbox.remove([entry]);
      this.queue.unshift(entry.answer);
      this.counts[entry.answer.answer] -= 1;
      this.history = this.history.filter((one) => one.number !== entry.number);
    }
    this.onChange();
  }

  /** Send everything, also what could still be undone. */
  save() {
    this.moveToSending(this.undoable.length);
    this.sending.send();
    this.onChange();
  }

  /** Send everything before the page goes away; what does not get through is sent next time. */
  leave() {
    if (this.takenOver) return;
    this.moveToSending(this.undoable.length);
    this.sending.leave();
  }

  /** Stop: another page has taken the session over. */
  stop() {
    this.takenOver = true;
    this.sending.stop();
    this.onChange();
  }

  ownsSession() {
    if (!this.takenOver && !this.outbox.isClaimedBy(this.page)) this.stop();
    return !this.takenOver;
  }

  addToHistory(entry) {
    this.history.unshift({ number: entry.number, answer: entry.answer, saved: false });
    // What is undone leaves the list, so that it holds as many stored answers behind it.
    this.history.length = Math.min(this.history.length, SHOWN + this.undoable.length);
  }

  /** Send the oldest whole batches, as long as `history_size` answers can still be undone. */
  sendWholeBatches() {
    const keep = this.isInstant ? 0 : this.project.history_size;
    while (this.undoable.length) {
      const first = this.undoable[0].batch;
      const count = this.sizeOf(first);
      const isOpen = first === this.batch && count < this.batchSize;
      if (isOpen || this.undoable.length - count < keep) break;
      this.moveToSending(count);
    }
    this.sending.send();
  }

  /** Answers are sent one by one where the recipe asks for it or the browser cannot store them. */
  get isInstant() {
    return this.project.instant_submit || !this.outbox.canStore;
  }

  get batchSize() {
    return this.isInstant ? 1 : this.project.batch_size;
  }

  sizeOf(batch) {
    return this.undoable.filter((entry) => entry.batch === batch).length;
  }

  moveToSending(count) {
    this.sending.add(this.undoable.splice(0, count));
    this.batch = newId();
  }

  noteSaved(entries) {
    const numbers = new Set(entries.map((entry) => entry.number));
    for (const one of this.history) one.saved ||= numbers.has(one.number);
  }

  /** Show refused answers to the annotator again. */
  takeBack(answers, sentence) {
    for (const answer of answers.reverse()) {
      this.queue.unshift(answer);
      this.counts[answer.answer] -= 1;
    }
    this.onNotice("refused", sentence);
  }

  /** Ask for tasks where few are left; one request at a time. */
  async fetch() {
    if (this.isFetching) return;
    this.isFetching = true;
    try {
      do {
        this.add(await this.connection.retry(() => this.ask()));
      } while (!this.ended && this.isShort);
    } catch (error) {
      if (!(error instanceof HTTPError)) throw error;
      if (error.status === 409) this.stop();
      else this.onNotice("refused", error.message);
    } finally {
      this.isFetching = false;
    }
  }

  get isShort() {
    return !this.takenOver && this.queue.length <= Math.ceil(this.project.batch_size / 2);
  }

  async ask() {
    const reply = await this.newest(
      getQuestions({
        session_id: this.project.namedSession,
        page: this.page,
        opening: !this.opened,
        holding: this.held(),
      }),
    );
    this.opened = true;
    return reply;
  }

  /** A reply, whose status is taken unless an answer was confirmed since it was asked for.
   *
   * It was made before that answer was stored, perhaps: then it is older than what the page shows.
   */
  async newest(request) {
    const { confirmed } = this;
    const reply = await request;
    if (confirmed === this.confirmed) this.readStatus(reply);
    return reply;
  }

  add(reply) {
    const held = new Set(this.held());
    this.queue.push(...reply.tasks.filter((task) => !held.has(this.hashOf(task))));
    this.ended = reply.tasks.length === 0;
    this.openElsewhere = reply.open_elsewhere;
    this.onChange();
    if (!this.ended) return;
    clearTimeout(this.looking);
    this.looking = setTimeout(() => this.fetch(), LOOK_AGAIN_SECONDS * 1000);
    clearTimeout(this.saving);
    this.saving = setTimeout(() => this.current ?? this.save(), LAST_UNDO_SECONDS * 1000);
  }

  /** The hashes of all tasks on this page: the server sends open ones again that did not arrive. */
  held() {
    const answers = [...this.sending.entries, ...this.undoable].map((entry) => entry.answer);
    return [...new Set([...this.queue, ...answers].map((task) => this.hashOf(task)))];
  }

  hashOf(task) {
    return this.project.exclude_by === "input" ? task._input_hash : task._task_hash;
  }

  readConfirmation(reply) {
    this.confirmed += 1;
    this.looks = 0;
    this.readStatus(reply);
  }

  readStatus(reply) {
    this.total = reply.total;
    this.progress = reply.progress == null ? this.progress : numberOf(reply.progress);
    this.learning = reply.learning;
    clearTimeout(this.learned);
    if (!this.learning.waiting || this.takenOver) return;
    const seconds = LEARNED_SECONDS[Math.min(this.looks, LEARNED_SECONDS.length - 1)];
    this.learned = setTimeout(() => this.lookAtLearning(), seconds * 1000);
  }

  /** Answers are confirmed before the recipe has learned from them, so its progress comes later. */
  async lookAtLearning() {
    this.looks += 1;
    try {
      await this.newest(getProject(this.project.sessionName));
    } catch (error) {
      if (!(error instanceof HTTPError || error instanceof Unreachable)) throw error;
    }
    this.onChange();
  }
}
