/** Requests to the server. They fail as `Unreachable` (try again) or as `HTTPError` (do not). */

import { parse } from "./json.js";

const SECONDS = 20;

/** The server cannot be reached, or failed (5xx). */
export class Unreachable extends Error {}

/** The server refused the request: `status` (4xx) and its reply (`reply.error`). */
export class HTTPError extends Error {
  constructor(status, reply) {
    super(reply.error ?? `the server answered ${status}`);
    this.status = status;
    this.reply = reply;
  }
}

async function call(path, options) {
  let response;
  let text;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(SECONDS * 1000) });
    text = await response.text();
  } catch (error) {
    throw new Unreachable("the server cannot be reached", { cause: error });
  }
  const reply = read(text);
  if (response.ok) return reply;
  if (response.status >= 500) throw new Unreachable(reply.error ?? "the server failed");
  throw new HTTPError(response.status, reply);
}

function read(text) {
  try {
    return parse(text);
  } catch {
    return {};
  }
}

function post(path, body, options = {}) {
  const headers = { "Content-Type": "application/json" };
  return call(path, { ...options, method: "POST", headers, body: JSON.stringify(body) });
}

export function getProject(name) {
  return call(`/project?session=${encodeURIComponent(name)}`, {});
}

export function getQuestions(body) {
  return post("/get_session_questions", body);
}

export function giveAnswers(body, options) {
  return post("/give_answers", body, options);
}

export function validateAnswer(answer) {
  return post("/validate_answer", answer);
}
