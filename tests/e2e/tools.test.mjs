// Tools with OpenAI's JavaScript client and zod, and thoughts in its streams. The model behind it knows neither: what
// is forced upon it must come out right all the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";
import { zodFunction } from "openai/helpers/zod";
import { z } from "zod";

const { FERRY_THINKER_URL, FERRY_THINKER: model, FERRY_KEY: apiKey } = process.env;
const client = new OpenAI({ baseURL: `${FERRY_THINKER_URL}/v1`, apiKey, maxRetries: 0 });

const Weather = z.strictObject({ city: z.string().max(12), days: z.int().min(1).max(7), unit: z.enum(["C", "F"]) });
const request = (change = {}) => ({
  model,
  messages: [{ role: "user", content: "What is the weather in Zürich?" }],
  tools: [zodFunction({ name: "get_weather", description: "The weather in a city.", parameters: Weather })],
  tool_choice: "required",
  parallel_tool_calls: false,
  max_tokens: 120,
  ...change,
});

test("parses the arguments of calls into what zod knows", async () => {
  for (let seed = 0; seed < 6; ++seed) {
    const { choices } = await client.chat.completions.parse(request({ seed }));
    assert.equal(choices[0].finish_reason, "tool_calls");
    const [call] = choices[0].message.tool_calls;
    assert.equal(call.function.name, "get_weather");
    assert.ok(Weather.safeParse(call.function.parsed_arguments).success, call.function.arguments);
  }
});

test("collects a streamed call", async () => {
  const stream = client.chat.completions.stream(request({ seed: 2 }));
  const pieces = [];
  stream.on("tool_calls.function.arguments.delta", ({ arguments_delta }) => pieces.push(arguments_delta));
  const { choices } = await stream.finalChatCompletion();
  const [call] = choices[0].message.tool_calls;
  assert.equal(pieces.join(""), call.function.arguments);
  assert.ok(pieces.length > 3, "arguments come as they are made");
  assert.ok(Weather.safeParse(call.function.parsed_arguments).success);
});

test("runs the tool and gives its result back", async () => {
  const asked = [];
  const runner = client.chat.completions.runTools({
    ...request({ tool_choice: { type: "function", function: { name: "get_weather" } } }),
    tools: [
      zodFunction({
        name: "get_weather",
        parameters: Weather,
        function: (weather) => {
          asked.push(weather);
          return "rain";
        },
      }),
    ],
  });
  await runner.done();
  assert.equal(asked.length, 1);
  assert.ok(Weather.safeParse(asked[0]).success);
  assert.equal(runner.messages.at(-1).role, "tool");
  assert.equal(runner.messages.at(-1).content, "rain");
});

test("streams the thought before the answer", async () => {
  const stream = await client.chat.completions.create({
    ...request({ tools: undefined, tool_choice: undefined, parallel_tool_calls: undefined, stream: true }),
    chat_template_kwargs: { enable_thinking: true },
    thinking_token_budget: 8,
  });
  let thought = "";
  let text = "";
  for await (const { choices } of stream) {
    const { reasoning_content: piece, content } = choices[0]?.delta ?? {};
    assert.ok(!piece || !text);
    thought += piece ?? "";
    text += content ?? "";
  }
  assert.ok(thought && text);
});
