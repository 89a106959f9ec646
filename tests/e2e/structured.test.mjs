// Structured output with OpenAI's JavaScript client and zod: schemas as applications write them, and the answers as
// zod's own values.
import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";
import { LengthFinishReasonError } from "openai/error";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

const { FERRY_URL, FERRY_MODEL: model, FERRY_KEY: apiKey } = process.env;
const client = new OpenAI({ baseURL: `${FERRY_URL}/v1`, apiKey, maxRetries: 0 });

const Invoice = z.strictObject({
  vendor: z.string().max(60),
  invoice_number: z.string().max(20).nullable(),
  date: z.string().regex(/^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/),
  currency: z.enum(["EUR", "USD", "GBP", "CHF"]),
  total: z.number(),
});
const text = "Invoice INV-5512 from Harbor Foods Ltd, dated 3 March 2024, total EUR 1,240.50.";
const invoice = (change = {}) => ({
  model,
  messages: [{ role: "user", content: `Extract the fields as JSON: ${text}` }],
  response_format: zodResponseFormat(Invoice, "invoice"),
  temperature: 1,
  seed: 7,
  ...change,
});

test("parses an answer into what zod knows", async () => {
  const seeds = Array.from({ length: 24 }, (_, i) => i);
  const answers = await Promise.all(seeds.map((seed) => client.chat.completions.parse(invoice({ seed }))));
  for (const { choices } of answers) {
    assert.equal(choices[0].finish_reason, "stop");
    assert.deepEqual(choices[0].message.parsed, Invoice.parse(JSON.parse(choices[0].message.content)));
  }
  // They are the model's own: it was free within the schema.
  assert.ok(new Set(answers.map((answer) => answer.choices[0].message.content)).size > 1);
});

test("parses each of several choices", async () => {
  const { choices } = await client.chat.completions.parse(invoice({ n: 4 }));
  assert.equal(choices.length, 4);
  for (const choice of choices) assert.ok(Invoice.safeParse(choice.message.parsed).success);
});

test("keeps to nested, alternative and nullable shapes", async () => {
  const Shape = z.strictObject({
    kind: z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("count"), value: z.int().min(1).max(99) }),
      z.strictObject({ type: z.literal("flag"), value: z.boolean() }),
    ]),
    tags: z.array(z.enum(["a", "b", "c"])).min(1).max(3),
    note: z.string().max(10).nullable(),
    crew: z.array(z.strictObject({ name: z.enum(["captain", "mate"]), years: z.int().min(0).max(40) })).max(2),
  });
  const ask = (seed) =>
    client.chat.completions.parse({
      model,
      messages: [{ role: "user", content: "Describe the ferry as JSON." }],
      response_format: zodResponseFormat(Shape, "shape"),
      temperature: 1,
      seed,
    });
  const answers = await Promise.all(Array.from({ length: 24 }, (_, seed) => ask(seed)));
  for (const { choices } of answers) assert.ok(Shape.safeParse(choices[0].message.parsed).success);
  assert.equal(new Set(answers.map(({ choices }) => choices[0].message.parsed.kind.type)).size, 2);
});

test("keeps to a recursive shape", async () => {
  const Part = z.strictObject({
    name: z.enum(["boat", "crew", "dock"]),
    get parts() {
      return z.array(Part).max(1);
    },
  });
  const ask = (seed) =>
    client.chat.completions.parse({
      model,
      messages: [{ role: "user", content: "Describe the ferry as JSON." }],
      response_format: zodResponseFormat(Part, "part"),
      max_tokens: 300,
      temperature: 1,
      seed,
    });
  let whole = 0;
  for (const outcome of await Promise.allSettled(Array.from({ length: 24 }, (_, seed) => ask(seed)))) {
    if (outcome.status === "fulfilled") {
      assert.ok(Part.safeParse(outcome.value.choices[0].message.parsed).success);
      ++whole;
    } else {
      // Parts of parts without end are cut, and the client says so.
      assert.ok(outcome.reason instanceof LengthFinishReasonError, outcome.reason);
    }
  }
  assert.ok(whole > 0);
});

test("streams the text that parses, and tells it whole at the end", async () => {
  const { choices } = await client.chat.completions.parse(invoice());
  const stream = client.chat.completions.stream(invoice());
  let deltas = "";
  const snapshots = [];
  stream.on("content.delta", ({ delta, parsed }) => {
    deltas += delta;
    if (parsed) snapshots.push(parsed);
  });
  const done = [];
  stream.on("content.done", (event) => done.push(event));
  const final = await stream.finalChatCompletion();
  assert.equal(deltas, choices[0].message.content);
  assert.deepEqual(final.choices[0].message.parsed, choices[0].message.parsed);
  assert.deepEqual(done.map((event) => event.parsed), [choices[0].message.parsed]);
  // What is known so far can be shown before the answer is whole.
  assert.ok(snapshots.some((parsed) => "vendor" in parsed && !("total" in parsed)));
});

test("an answer that is cut is an error of the client's, not half an object", async () => {
  await assert.rejects(client.chat.completions.parse(invoice({ max_tokens: 5 })), LengthFinishReasonError);
});

test("refuses what it could not keep to", async () => {
  const response_format = {
    type: "json_schema",
    json_schema: {
      name: "unlike",
      schema: { type: "object", properties: { names: { type: "array", uniqueItems: true, items: { type: "string" } } } },
    },
  };
  await assert.rejects(client.chat.completions.parse(invoice({ response_format })), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.param, "response_format.json_schema.schema");
    assert.match(error.message, /uniqueItems/);
    return true;
  });
});
