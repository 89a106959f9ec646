// The JavaScript clients of OpenAI and Anthropic at the gateway, before the mock in both dialects and our engine.
import assert from "node:assert/strict";
import { test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { zodFunction } from "openai/helpers/zod";
import { z } from "zod";

const { FERRY_GATEWAY_URL: baseURL, FERRY_GATEWAY_KEY: apiKey } = process.env;
const openai = new OpenAI({ baseURL: `${baseURL}/v1`, apiKey, maxRetries: 0 });
const anthropic = new Anthropic({ baseURL, apiKey, maxRetries: 0 });
const messages = [{ role: "user", content: "hello" }];
const TEXT = "The ferry crosses the river at noon, and returns before dusk with its passengers.";
const Day = z.strictObject({ day: z.enum(["monday", "friday"]) });
const sail = { name: "sail", description: "Tells when a ferry sails.", input_schema: z.toJSONSchema(Day) };

for (const model of ["openai", "anthropic", "own"]) {
  test(`openai at ${model}: an answer, whole and streamed`, async () => {
    const whole = await openai.chat.completions.create({ model, messages });
    assert.equal(whole.model, model);
    if (model !== "own") assert.equal(whole.choices[0].message.content, TEXT);
    const stream = openai.chat.completions.stream({ model, messages, stream_options: { include_usage: true } });
    let events = 0;
    for await (const chunk of stream) events += chunk.choices.length;
    const streamed = await stream.finalChatCompletion();
    assert.ok(events > 10);
    assert.equal(streamed.choices[0].message.content, whole.choices[0].message.content);
    assert.equal(streamed.usage.total_tokens, whole.usage.total_tokens);
  });

  test(`openai at ${model}: a tool is called, and its result is given back`, async () => {
    const tools = [zodFunction({ name: "sail", parameters: Day })];
    const asked = { model, messages, tools, tool_choice: "required", max_tokens: 100 };
    const whole = (await openai.chat.completions.parse(asked)).choices[0].message;
    const streamed = (await openai.chat.completions.stream(asked).finalChatCompletion()).choices[0].message;
    for (const message of [whole, streamed]) {
      const [call] = message.tool_calls;
      assert.ok(Day.safeParse(call.function.parsed_arguments).success, call.function.arguments);
      const history = [...messages, { role: "assistant", tool_calls: [call] }];
      const result = { role: "tool", tool_call_id: call.id, content: "at noon" };
      const answer = await openai.chat.completions.create({ model, tools, messages: [...history, result] });
      assert.ok(answer.choices[0].message.content);
    }
  });

  test(`openai at ${model}: an answer by schema`, async () => {
    const response_format = {
      type: "json_schema",
      json_schema: { name: "day", strict: true, schema: z.toJSONSchema(Day) },
    };
    const { choices } = await openai.chat.completions.parse({ model, messages, response_format });
    assert.ok(Day.safeParse(choices[0].message.parsed).success);
  });

  test(`anthropic at ${model}: an answer, whole and streamed`, async () => {
    const asked = { model, messages, max_tokens: 100 };
    const whole = await anthropic.messages.create(asked);
    assert.deepEqual([whole.model, whole.role, whole.stop_reason], [model, "assistant", "end_turn"]);
    if (model !== "own") assert.equal(whole.content[0].text, TEXT);
    const stream = anthropic.messages.stream(asked);
    const pieces = [];
    stream.on("text", (piece) => pieces.push(piece));
    const streamed = await stream.finalMessage();
    assert.ok(pieces.length > 10);
    assert.equal(pieces.join(""), whole.content[0].text);
    assert.deepEqual(streamed.content[0].text, whole.content[0].text);
    assert.equal(streamed.usage.output_tokens, whole.usage.output_tokens);
  });

  test(`anthropic at ${model}: a tool is called, and its result is given back`, async () => {
    const asked = { model, messages, max_tokens: 100, tools: [sail], tool_choice: { type: "any" } };
    const whole = await anthropic.messages.create(asked);
    const streamed = await anthropic.messages.stream(asked).finalMessage();
    for (const { content, stop_reason } of [whole, streamed]) {
      const call = content.find((block) => block.type === "tool_use");
      assert.equal(stop_reason, "tool_use");
      assert.ok(Day.safeParse(call.input).success, JSON.stringify(call));
      const history = [...messages, { role: "assistant", content: [call] }];
      const result = { type: "tool_result", tool_use_id: call.id, content: "at noon" };
      const answer = await anthropic.messages.create({
        ...asked,
        tool_choice: undefined,
        messages: [...history, { role: "user", content: [result] }],
      });
      assert.ok(answer.content[0].text);
    }
  });
}

test("failures become the clients' errors", async () => {
  const chat = (model, other = openai) => other.chat.completions.create({ model, messages });
  const message = (model, other = anthropic) => other.messages.create({ model, messages, max_tokens: 9 });
  await assert.rejects(chat("nobody"), OpenAI.NotFoundError);
  await assert.rejects(message("nobody"), Anthropic.NotFoundError);
  await assert.rejects(chat("refused"), OpenAI.BadRequestError);
  await assert.rejects(message("refused"), Anthropic.BadRequestError);
  await assert.rejects(chat("busy"), OpenAI.RateLimitError);
  await assert.rejects(message("busy_anthropic"), Anthropic.RateLimitError);
  await assert.rejects(chat("unpaid"), OpenAI.InternalServerError);
  await assert.rejects(message("gone"), Anthropic.InternalServerError);
  const stranger = { apiKey: "fk_nobody", maxRetries: 0 };
  await assert.rejects(chat("openai", new OpenAI({ baseURL: `${baseURL}/v1`, ...stranger })), OpenAI.AuthenticationError);
  await assert.rejects(message("openai", new Anthropic({ baseURL, ...stranger })), Anthropic.AuthenticationError);
});

test("a stream that is cut is an error, not an answer", async () => {
  const drain = async (stream) => {
    for await (const event of await stream) assert.ok(event);
  };
  for (const model of ["cut", "cut_anthropic"]) {
    await assert.rejects(drain(openai.chat.completions.create({ model, messages, stream: true })), OpenAI.APIError);
    await assert.rejects(
      drain(anthropic.messages.create({ model, messages, max_tokens: 99, stream: true })),
      Anthropic.APIError,
    );
  }
});

test("an aborted stream ends at once", { timeout: 5000 }, async () => {
  for (const open of [
    () => openai.chat.completions.create({ model: "slow", messages, stream: true }),
    () => anthropic.messages.create({ model: "slow_anthropic", messages, max_tokens: 500, stream: true }),
  ]) {
    const stream = await open(); // ten seconds of it
    let events = 0;
    for await (const _ of stream) if (++events === 5) stream.controller.abort();
    assert.equal(events, 5);
  }
});

test("models and tokens in Anthropic's form", async () => {
  const ids = [];
  for await (const model of anthropic.models.list()) ids.push(model.id);
  assert.ok(ids.includes("own"));
  assert.equal((await anthropic.models.retrieve("own")).type, "model");
  assert.ok((await anthropic.messages.countTokens({ model: "own", messages })).input_tokens > 0);
});
