// Vercel's AI SDK at the gateway: its providers for OpenAI's dialect and for Anthropic's, before the mock in both dialects
// and our engine.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, generateObject, generateText, Output, stepCountIs, streamObject, streamText, tool } from "ai";
import { z } from "zod";

globalThis.AI_SDK_LOG_WARNINGS = false;
const { FERRY_GATEWAY_URL: url, FERRY_GATEWAY_KEY: apiKey } = process.env;
const baseURL = `${url}/v1`;
const providers = {
  "openai-compatible": createOpenAICompatible({
    name: "ferry",
    baseURL,
    apiKey,
    includeUsage: true,
    supportsStructuredOutputs: true,
  }),
  anthropic: createAnthropic({ baseURL, apiKey }),
};
const TEXT = "The ferry crosses the river at noon, and returns before dusk with its passengers.";
const Day = z.strictObject({ day: z.enum(["monday", "friday"]) });
const asked = { prompt: "hello", maxRetries: 0, maxOutputTokens: 100 };
const sail = () =>
  tool({ description: "Tells when a ferry sails.", inputSchema: Day, execute: async ({ day }) => `at noon on ${day}` });

for (const [name, provider] of Object.entries(providers)) {
  for (const route of ["openai", "anthropic", "own"]) {
    const model = provider(route);

    test(`ai with ${name} at ${route}: text, whole and streamed`, async () => {
      const whole = await generateText({ model, ...asked });
      assert.equal(whole.finishReason, "stop");
      assert.ok(whole.usage.inputTokens > 0 && whole.usage.outputTokens > 0);
      if (route !== "own") assert.equal(whole.text, TEXT);
      const streamed = streamText({ model, ...asked });
      const pieces = [];
      for await (const piece of streamed.textStream) pieces.push(piece);
      assert.ok(pieces.length > 10);
      assert.equal(pieces.join(""), whole.text);
      assert.equal((await streamed.usage).outputTokens, whole.usage.outputTokens);
    });

    test(`ai with ${name} at ${route}: tools over two steps, whole and streamed`, async () => {
      const choose = ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? "required" : "none" });
      const options = { model, ...asked, tools: { sail: sail() }, prepareStep: choose, stopWhen: stepCountIs(2) };
      const streamed = streamText(options);
      await streamed.consumeStream();
      for (const steps of [(await generateText(options)).steps, await streamed.steps]) {
        assert.equal(steps.length, 2);
        const [result] = steps[0].toolResults;
        assert.match(result.output, /at noon on (monday|friday)/);
        assert.equal(steps[0].finishReason, "tool-calls");
        assert.ok(steps[1].text);
      }
    });

    test(`ai with ${name} at ${route}: objects, whole and streamed`, async () => {
      const whole = await generateObject({ model, ...asked, schema: Day });
      assert.ok(Day.safeParse(whole.object).success);
      const output = await generateText({ model, ...asked, output: Output.object({ schema: Day }) });
      assert.ok(Day.safeParse(output.output).success);
      const streamed = streamObject({ model, ...asked, schema: Day });
      const states = [];
      for await (const state of streamed.partialObjectStream) states.push(state);
      assert.deepEqual(states.at(-1), await streamed.object);
    });
  }

  test(`ai with ${name}: failures`, async () => {
    const fails = (route, status, retryable) =>
      assert.rejects(generateText({ model: provider(route), ...asked }), (error) => {
        assert.ok(APICallError.isInstance(error), error);
        assert.deepEqual([error.statusCode, error.isRetryable], [status, retryable]);
        return true;
      });
    await fails("nobody", 404, false);
    await fails("refused", 400, false);
    await fails("broken", 503, true);
    for (const route of ["cut", "cut_anthropic"]) {
      const errors = [];
      const streamed = streamText({ model: provider(route), ...asked, onError: ({ error }) => errors.push(error) });
      await streamed.consumeStream();
      assert.equal(errors.length, 1);
    }
  });
}
