"""Structured output of the bundled model: whatever it would like to say, its answer keeps to the schema."""

import json
import random
import re
import unittest
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, Optional

import openai
from ferry import NAME, Server
from pydantic import BaseModel, ConfigDict, Field
from test_server import ask

PROMPTS = 1000
DATE = r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"


class Invoice(BaseModel):
    """What the schema says, checked by another program than the one that enforced it."""

    model_config = ConfigDict(extra="forbid", strict=True)
    vendor: str = Field(max_length=60)
    invoice_number: Optional[str] = Field(max_length=20)
    date: str = Field(pattern=f"^{DATE}$")
    currency: Literal["EUR", "USD", "GBP", "CHF"]
    total: float


INVOICE = {
    "type": "object",
    "properties": {
        "vendor": {"type": "string", "maxLength": 60},
        "invoice_number": {"anyOf": [{"type": "string", "maxLength": 20}, {"type": "null"}]},
        "date": {"type": "string", "pattern": f"^{DATE}$"},
        "currency": {"enum": ["EUR", "USD", "GBP", "CHF"]},
        "total": {"type": "number"},
    },
    "required": ["vendor", "invoice_number", "date", "currency", "total"],
    "additionalProperties": False,
}
STRICT = {"type": "json_schema", "json_schema": {"name": "invoice", "strict": True, "schema": INVOICE}}


def invoice_text(dice):
    vendor = dice.choice(("Harbor Foods Ltd", "Acme GmbH", "Blue Fern Studio", "Müller & Söhne KG", "Northwind", "Zoë's Bakery"))
    number = f"{dice.choice(('INV-', '', 'R', '#'))}{dice.randint(1, 99999)}"
    date = f"{dice.randint(1, 28)} {dice.choice(('March', 'May', 'October', 'December'))} {dice.randint(2019, 2027)}"
    total = f"{dice.randint(1, 9999):,}.{dice.randint(0, 99):02d}"
    money = dice.choice((f"EUR {total}", f"${total}", f"£{total}", f"CHF {total}"))
    return dice.choice((
        f"Invoice {number} from {vendor}, dated {date}, total {money}.",
        f"{vendor} billed us {money} on {date} with invoice {number}.",
        f"We got {number} from {vendor}: {money}, {date}.",
    ))  # fmt: skip


class StructuredTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--max-running", "32")
        cls.client = openai.OpenAI(base_url=f"{cls.server.url}/v1", api_key="none", max_retries=0, timeout=120)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.server.__exit__()

    def say(self, content, **change):
        return self.client.chat.completions.create(
            model=NAME, messages=[{"role": "user", "content": content}], **{"temperature": 1, "seed": 7, **change}
        )

    def test_a_thousand_invoices_at_temperature_1(self):
        def extract(i):
            text = invoice_text(random.Random(i))
            answer = self.say(f"Extract the fields as JSON: {text}", response_format=STRICT, seed=i).choices[0]
            return text, answer.finish_reason, answer.message.content

        with ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(extract, range(PROMPTS)))
        right = 0
        for text, finish, content in answers:
            with self.subTest(text=text, content=content):
                self.assertEqual(finish, "stop")
                invoice = Invoice.model_validate_json(content)
                right += invoice.vendor in text
        # It is still the model that answers.
        self.assertGreater(right, PROMPTS / 4)

    def test_the_model_keeps_its_own_order_unless_strict(self):
        names = list(INVOICE["properties"])
        backwards = INVOICE | {"properties": {name: INVOICE["properties"][name] for name in reversed(names)}}
        text = "Extract the fields as JSON: Acme GmbH billed us EUR 80.00 on 12 May 2024 with invoice R7."
        for strict, expected in ((False, names), (True, names[::-1])):
            answer = self.client.chat.completions.create(
                model=NAME,
                messages=[{"role": "user", "content": text}],
                temperature=0,
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "invoice", "strict": strict, "schema": backwards},
                },
            )
            self.assertEqual(list(json.loads(answer.choices[0].message.content)), expected)

    def test_the_client_parses_into_a_class(self):
        class Ticket(BaseModel):
            label: Literal["billing", "technical", "account", "delivery", "returns", "sales"]
            urgent: bool

        completion = self.client.chat.completions.parse(
            model=NAME,
            messages=[{"role": "user", "content": "Classify this ticket: The app crashes every time I press save."}],
            response_format=Ticket,
            temperature=0,
        )
        self.assertIsInstance(completion.choices[0].message.parsed, Ticket)

    def test_a_stream_says_the_same(self):
        text = "Extract the fields as JSON: " + invoice_text(random.Random(5))
        whole = self.say(text, response_format=STRICT).choices[0].message.content
        stream = self.say(text, response_format=STRICT, stream=True)
        self.assertEqual("".join(chunk.choices[0].delta.content or "" for chunk in stream), whole)
        Invoice.model_validate_json(whole)

    def test_several_choices_with_logprobs(self):
        answer = self.say("What is Ferry?", n=4, logprobs=True, extra_body={"guided_choice": ["a boat", "a ship", "a program"]})
        for choice in answer.choices:
            self.assertIn(choice.message.content, ("a boat", "a ship", "a program"))
            self.assertEqual("".join(token.token for token in choice.logprobs.content), choice.message.content)

    def test_any_json_object(self):
        for seed in range(20):
            answer = self.say("Tell me.", response_format={"type": "json_object"}, seed=seed, max_tokens=900).choices[0]
            if answer.finish_reason == "stop":
                self.assertIsInstance(json.loads(answer.message.content), dict)

    def test_completions_by_regex_and_grammar(self):
        for field, value in (("guided_regex", "[a-f]{4}-[0-9]{4}"), ("grammar", 'root ::= [a-f]{4} "-" [0-9]{4}')):
            for seed in range(20):
                body = {"model": NAME, "prompt": "Code:", "temperature": 1, "seed": seed, field: value}
                status, _, answer = ask(self.server, "POST", "/v1/completions", body)
                self.assertEqual(status, 200, answer)
                self.assertRegex(json.loads(answer)["choices"][0]["text"], re.compile("^[a-f]{4}-[0-9]{4}$"))

    def refusal(self, **change):
        body = {"model": NAME, "messages": [{"role": "user", "content": "x"}], **change}
        status, _, text = ask(self.server, "POST", "/v1/chat/completions", body)
        self.assertEqual(status, 400, text)
        return json.loads(text)["error"]

    def test_what_cannot_be_kept_to_is_refused_with_its_keyword(self):
        schema = {"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True}}}
        error = self.refusal(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}})
        self.assertEqual(error["param"], "response_format.json_schema.schema")
        self.assertIn("uniqueItems", error["message"])
        self.assertIn("/properties/a", error["message"])
        self.assertEqual(self.refusal(guided_regex="(a")["param"], "guided_regex")
        self.assertEqual(self.refusal(grammar="root ::= x")["param"], "grammar")
        self.assertEqual(self.refusal(guided_json="{")["param"], "guided_json")
        self.assertEqual(self.refusal(response_format={"type": "xml"})["param"], "response_format.type")
        twice = self.refusal(guided_regex="a", guided_choice=["a"])
        self.assertIn("guided_regex", twice["message"])


if __name__ == "__main__":
    unittest.main()
