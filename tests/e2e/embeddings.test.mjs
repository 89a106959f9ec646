// OpenAI's JavaScript client against a started encoder.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import OpenAI from "openai";

const { FERRY_ENCODER_URL, FERRY_ENCODER: model, FERRY_KEY: apiKey, FERRY_GOLDEN } = process.env;
const client = new OpenAI({ baseURL: `${FERRY_ENCODER_URL}/v1`, apiKey, maxRetries: 0 });
const golden = JSON.parse(readFileSync(FERRY_GOLDEN)).texts;
const cosine = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0) / Math.hypot(...a) / Math.hypot(...b);

test("embeds texts as the reference does", async () => {
  const answer = await client.embeddings.create({ model, input: golden.map((item) => item.text) });
  assert.equal(answer.data.length, golden.length);
  golden.forEach((item, i) => {
    assert.equal(answer.data[i].index, i);
    assert.ok(cosine(answer.data[i].embedding, item.embedding) > 0.999);
  });
  assert.equal(answer.usage.prompt_tokens, golden.reduce((sum, item) => sum + item.tokens.length, 0));
});

test("gives the same numbers as floats and as base64", async () => {
  const floats = await client.embeddings.create({ model, input: "a boat", encoding_format: "float" });
  const both = await client.embeddings.create({ model, input: "a boat" }); // asks for base64
  assert.deepEqual(both.data[0].embedding, floats.data[0].embedding.map(Math.fround));
});

test("refuses a chat and says where to send it", async () => {
  await assert.rejects(client.chat.completions.create({ model, messages: [{ role: "user", content: "Hi" }] }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.param, "model");
    assert.match(error.message, /\/v1\/embeddings/);
    return true;
  });
});
