// OpenAI's JavaScript client against a started server.
import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";

const { FERRY_URL, FERRY_MODEL: model, FERRY_KEY: apiKey } = process.env;
const client = new OpenAI({ baseURL: `${FERRY_URL}/v1`, apiKey, maxRetries: 0 });
const messages = [{ role: "user", content: "What is Ferry?" }];

test("lists and retrieves models", async () => {
  const ids = [];
  for await (const entry of client.models.list()) ids.push(entry.id);
  assert.deepEqual(ids, [model]);
  assert.equal((await client.models.retrieve(model)).object, "model");
});

test("answers a chat", async () => {
  const answer = await client.chat.completions.create({ model, messages, max_tokens: 12, temperature: 0 });
  assert.equal(answer.choices[0].message.role, "assistant");
  assert.ok(answer.choices[0].message.content.length > 0);
  assert.ok(["stop", "length"].includes(answer.choices[0].finish_reason));
  assert.ok(answer.usage.completion_tokens <= 12);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
});

test("streams the same text, with usage at the end", async () => {
  const options = { model, messages, max_tokens: 24, temperature: 0 };
  const whole = await client.chat.completions.create(options);
  const stream = await client.chat.completions.create({
    ...options,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "";
  let finish = null;
  let usage = null;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    finish = chunk.choices[0]?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, whole.choices[0].message.content);
  assert.equal(finish, whole.choices[0].finish_reason);
  assert.deepEqual(usage.completion_tokens, whole.usage.completion_tokens);
});

test("the stream helper collects a message", async () => {
  const stream = client.chat.completions.stream({ model, messages, max_tokens: 8, temperature: 0 });
  const content = await stream.finalContent();
  assert.ok(content.length > 0);
});

test("gives logprobs", async () => {
  const answer = await client.chat.completions.create({
    model,
    messages,
    max_tokens: 4,
    temperature: 0,
    logprobs: true,
    top_logprobs: 2,
  });
  const tokens = answer.choices[0].logprobs.content;
  assert.ok(tokens.length > 0 && tokens.length <= 4);
  for (const token of tokens) {
    assert.ok(token.logprob <= 0);
    assert.equal(token.top_logprobs.length, 2);
    assert.equal(token.top_logprobs[0].token, token.token); // greedy took the likeliest
  }
});

test("completes a prompt", async () => {
  const answer = await client.completions.create({ model, prompt: "The ferry", max_tokens: 5, temperature: 0 });
  assert.ok(answer.usage.completion_tokens <= 5);
  assert.equal(answer.object, "text_completion");
});

test("repeats itself with a seed", async () => {
  const ask = (seed) =>
    client.chat.completions.create({ model, messages, max_tokens: 16, temperature: 1, seed });
  const [a, b] = await Promise.all([ask(7), ask(7)]);
  assert.equal(a.choices[0].message.content, b.choices[0].message.content);
  assert.equal(a.system_fingerprint, b.system_fingerprint);
});

test("maps failures to the client's errors", async () => {
  const chat = (change, other = client) => other.chat.completions.create({ model, messages, max_tokens: 2, ...change });
  await assert.rejects(chat({ model: "nobody" }), (error) => {
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.equal(error.code, "model_not_found");
    return true;
  });
  await assert.rejects(chat({ temperature: 9 }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.param, "temperature");
    return true;
  });
  const stranger = new OpenAI({ baseURL: `${FERRY_URL}/v1`, apiKey: "sk-wrong", maxRetries: 0 });
  await assert.rejects(chat({}, stranger), OpenAI.AuthenticationError);
});

test("a cancelled stream leaves the server well", async () => {
  const stream = await client.chat.completions.create({
    model,
    messages,
    stream: true,
    max_tokens: 200,
    ignore_eos: true,
  });
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta?.content) break; // leaving the loop aborts the request
  }
  const answer = await client.chat.completions.create({ model, messages, max_tokens: 2 });
  assert.ok(answer.id.startsWith("chatcmpl-"));
});

test("several at once get their own answers", async () => {
  const ask = (i) =>
    client.completions.create({ model, prompt: `Number ${i}:`, max_tokens: 8, temperature: 0 });
  const alone = [];
  for (let i = 0; i < 6; ++i) alone.push((await ask(i)).choices[0].text);
  const together = await Promise.all(alone.map((_, i) => ask(i)));
  assert.deepEqual(together.map((answer) => answer.choices[0].text), alone);
});
