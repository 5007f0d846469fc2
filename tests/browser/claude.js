#!/usr/bin/env node
// A fake Claude Code CLI (`--input-format stream-json`). Each line of the message is one step:
//
//     Read {"file_path": "a.rs"}        uses a tool
//     ? Bash {"command": "make"}        asks for permission first
//     ! Bash {"command": "make"}        uses a tool, and the tool fails
//       Read {"file_path": "b.rs"}      a step of the helper started by an earlier line
//     So it is.                         says this text; the last text is the reply
//
// No tool is really run.

import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";

const session = randomUUID();
let uses = 0;

const say = (message) => process.stdout.write(`${JSON.stringify({ session_id: session, uuid: randomUUID(), ...message })}\n`);

/** The open requests of this CLI, by id. */
const waiting = new Map();

function request(what) {
  const id = randomUUID();
  say({ type: "control_request", request_id: id, request: what });
  return new Promise((answered) => waiting.set(id, answered));
}

const assistant = (content, parent) =>
  say({ type: "assistant", message: { role: "assistant", content: [content] }, parent_tool_use_id: parent });

async function use({ asks, fails, tool, input }, id, parent) {
  assistant({ type: "tool_use", id, name: tool, input }, parent);
  await request({ subtype: "hook_callback", callback_id: "before", input: { hook_event_name: "PreToolUse", tool_name: tool, tool_input: input, tool_use_id: id }, tool_use_id: id });
  const answer = asks ? await request({ subtype: "can_use_tool", tool_name: tool, input, tool_use_id: id }) : { behavior: "allow", updatedInput: input };
  const denied = answer.behavior === "deny";
  const given = answer.updatedInput?.answers ? JSON.stringify(answer.updatedInput.answers) : `what ${tool} found`;
  return { denied, text: denied ? answer.message : given, fails };
}

function result({ denied, text, fails }, id, parent) {
  say({
    type: "user", parent_tool_use_id: parent,
    message: { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: text, is_error: denied || fails }] },
    ...(denied && { tool_result_meta: [{ id, non_execution_kind: "permission-rule" }] }),
  });
}

const STEP = /^( *)([?!]?) ?([A-Z]\w+) (\{.*\})$/;

async function answer(text) {
  say({ type: "system", subtype: "init", cwd: process.cwd(), model: "fake", tools: [] });
  const reply = [];
  /** The running helper and its result. */
  let helper = null;
  for (const line of text.split("\n")) {
    const [, indent, mark, tool, input] = STEP.exec(line) ?? [];
    if (!tool) {
      reply.push(line);
      continue;
    }
    const id = `use-${++uses}`;
    if (!indent && helper) result(helper.result, helper.id, null);
    if (!indent) helper = null;
    const parent = indent ? helper?.id : null;
    const done = await use({ asks: mark === "?", fails: mark === "!", tool, input: JSON.parse(input) }, id, parent);
    if (tool === "Task") helper = { id, result: done };
    else result(done, id, parent);
    if (mark === "?") reply.push(done.text);
  }
  if (helper) result(helper.result, helper.id, null);
  const said = reply.join("\n").trim();
  assistant({ type: "text", text: said }, null);
  say({ type: "result", subtype: "success", is_error: false, result: said, num_turns: 1, duration_ms: 1, usage: {} });
  say({ type: "system", subtype: "session_state_changed", state: "idle" });
}

const input = createInterface({ input: process.stdin });
input.on("line", (line) => {
  const message = JSON.parse(line);
  if (message.type === "control_request") {
    say({ type: "control_response", response: { subtype: "success", request_id: message.request_id, response: {} } });
    if (message.request.subtype === "interrupt") process.exit(0);
  } else if (message.type === "control_response") {
    const { request_id: id, response } = message.response;
    waiting.get(id)?.(response ?? { behavior: "deny", message: "refused" });
    waiting.delete(id);
  } else if (message.type === "user") {
    answer(message.message.content[0].text);
  }
});
input.on("close", () => process.exit(0));
