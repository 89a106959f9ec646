#!/usr/bin/env python3
"""Random templates through jinja2 and through ours.

    python3 differ.py TEST_PROGRAM [COUNT [SEED]]

Writes COUNT random cases with what jinja2 makes of them, has infer_template_test render them (its case
CasesFromElsewhere), and prints what differs.
"""

import json
import os
import random
import re
import subprocess
import sys
import tempfile

from conversations import BASE
from reference import render

NAMES = ["n", "neg", "zero", "f", "t", "no", "none_value", "empty", "s", "multi", "spaced", "uni", "csv", "digits",
         "num_text", "list", "words", "mixed", "nested", "empty_list", "d", "deep", "people", "messages", "missing",
         "x", "y", "i", "ns"]
LITERALS = ["0", "1", "2", "-1", "3", "10", "2.5", "0.1", "'a'", "'ab'", "'l'", "','", "' '", "''", "'é😀'", "'\\n'",
            "true", "false", "none", "[]", "{}", "()", "'Hello'", "'0x1F'", "'%s'", "'{}'", "'<&>'", "1e16", "100"]
FILTERS = ["upper", "lower", "title", "capitalize", "trim", "length", "first", "last", "list", "string", "int", "float",
           "abs", "round", "sort", "reverse", "unique", "join", "sum", "min", "max", "tojson", "items", "dictsort", "e",
           "safe", "default('q')", "d('q', true)", "join(',')", "join('é')", "replace('l', 'L')", "replace('', '-')",
           "indent", "indent(2, true)", "truncate(5)", "truncate(6, true, '.', 0)", "center(9)", "wordcount",
           "urlencode", "batch(2)", "slice(2)", "map('upper')", "map('string')", "map(attribute='name')", "select",
           "reject", "select('string')", "reject('none')", "selectattr('age')", "rejectattr('age', 'defined')",
           "map('length')", "tojson(indent=2)", "sort(reverse=true)", "list|length", "round(1)", "int(7)", "count",
           "format(1)", "format('a', 'b')", "groupby('age')", "attr('name')", "forceescape", "trim('Ha')", "map('first')",
           "sort(attribute='name')", "max(attribute='age')", "dictsort(by='value')", "sum(start=1)", "float(1.5)",
           "map(attribute='age', default=0)", "batch(3, 'z')", "string|length", "tojson(sort_keys=true)"]
TESTS = ["defined", "undefined", "none", "string", "number", "integer", "float", "boolean", "mapping", "iterable",
         "sequence", "odd", "even", "true", "false", "lower", "upper", "divisibleby(2)", "in('abc')", "eq(1)", "ne('a')",
         "lt(2)", "gt(1)", "in([1, 'a'])", "escaped", "equalto('a')", "sameas(none)", "filter", "test"]
METHODS = ["upper()", "lower()", "title()", "strip()", "lstrip()", "rstrip()", "split()", "split(',')", "split('l', 1)",
           "rsplit(' ', 1)", "splitlines()", "startswith('H')", "endswith('d')", "replace('l', 'r')", "find('l')",
           "count('l')", "items()", "keys()", "values()", "get('a')", "get('name', 'z')", "isdigit()", "isalpha()",
           "capitalize()", "swapcase()", "center(8)", "zfill(6)", "join(['a', 'b'])", "join(words)", "format(1, 'b')",
           "index('l')", "index(1)", "count(1)", "append(1)", "pop()", "removeprefix('He')", "islower()", "isupper()",
           "partition('l')", "rpartition('o')", "ljust(7, '.')", "isspace()", "istitle()", "casefold()", "copy()",
           "rfind('l')", "expandtabs()", "isalnum()"]
ATTRIBUTES = ["a", "b", "x", "y", "name", "age", "role", "content", "items", "n", "0", "city", "z", "foo"]
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", ">", "<=", ">=", "in", "not in", "and", "or", "+",
             "~"]

CONSTANT_SLICE = re.compile(r"\((?:-?[\d.e]+|true|false|none|\(.{0,60}\)|-\w+|not \w+|range\(\d\)|\{[^{}]*\})\)\[[-\d]*:")


class Grammar:
    def __init__(self, rng):
        self.rng = rng

    def pick(self, items):
        return self.rng.choice(items)

    def expression(self, depth):
        if depth <= 0:
            return self.pick(NAMES) if self.rng.random() < 0.6 else self.pick(LITERALS)
        kind = self.rng.randrange(16)
        one = lambda: self.expression(depth - 1 - self.rng.randrange(2))
        if kind < 3:
            return f"{one()}|{self.pick(FILTERS)}"
        if kind < 5:
            return f"({one()}).{self.pick(METHODS)}"
        if kind < 7:
            return f"({one()} {self.pick(OPERATORS)} {one()})"
        if kind == 7:
            return f"{one()} {self.pick(OPERATORS)} {one()}"
        if kind == 8:
            return f"({one()} is {self.pick(['', 'not '])}{self.pick(TESTS)})"
        if kind == 9:
            return f"({one()}).{self.pick(ATTRIBUTES)}"
        if kind == 10:
            return f"({one()})[{one()}]"
        if kind == 11:
            bounds = [self.pick(["", "", "1", "-1", "2", "-2", "0", "5"]) for _ in range(3)]
            return f"({one()})[{bounds[0]}:{bounds[1]}" + (f":{bounds[2]}]" if bounds[2] else "]")
        if kind == 12:
            return f"({one()} if {one()}" + (f" else {one()})" if self.rng.random() < 0.8 else ")")
        if kind == 13:
            return "[" + ", ".join(one() for _ in range(self.rng.randrange(4))) + "]"
        if kind == 14:
            return self.pick([f"{{'a': {one()}, 'b': {one()}}}", f"({one()}, {one()})", f"(not {one()})", f"(-{one()})",
                              f"range({self.rng.randrange(6)})", f"dict(a={one()})", f"m({one()})", f"({one()},)"])
        return one()

    def space(self):
        return self.pick(["", "", "", " ", "\n", "  \n  ", "\n\n", "\t", "x", " y ", "é\n"])

    def tag(self, inside):
        return "{%" + self.pick(["", "", "-", "+"]) + f" {inside} " + self.pick(["", "", "-", "+"]) + "%}"

    def statement(self, depth):
        kind = self.rng.randrange(12) if depth > 0 else 0
        body = lambda: self.body(depth - 1)
        expr = lambda: self.expression(self.rng.randrange(3))
        if kind < 4:
            return "{{" + self.pick(["", "-"]) + f" {self.expression(self.rng.randrange(4))} " + self.pick(["", "-"]) + "}}"
        if kind == 4:
            other = self.tag("else") + body() if self.rng.random() < 0.5 else ""
            more = self.tag(f"elif {expr()}") + body() if self.rng.random() < 0.3 else ""
            return self.tag(f"if {expr()}") + body() + more + other + self.tag("endif")
        if kind < 7:
            target = self.pick(["i", "i", "x", "k, v"])
            source = self.pick(["list", "words", "range(3)", "d", "d.items()", "people", "messages", "s", expr()])
            test = self.pick(["", "", f" if {expr()}"])
            control = self.pick(["", "", "", self.tag("if loop.index > 1") + self.tag(self.pick(["break", "continue"]))
                                 + self.tag("endif")])
            seen = "{{ loop." + self.pick(["index", "first", "last", "length", "revindex", "previtem", "nextitem", "index0"]
                                          ) + " }}" if self.rng.random() < 0.5 else ""
            other = self.tag("else") + body() if self.rng.random() < 0.3 else ""
            return self.tag(f"for {target} in {source}{test}") + seen + control + body() + other + self.tag("endfor")
        if kind == 7:
            return self.tag(f"set {self.pick(['x', 'y', 'n', 'ns.a', 'x, y'])} = {expr()}")
        if kind == 8:
            return self.tag("set x" + self.pick(["", "|upper", "|trim"])) + body() + self.tag("endset")
        if kind == 9:
            return self.tag(f"with x = {expr()}") + body() + self.tag("endwith")
        if kind == 10:
            return self.tag("filter " + self.pick(["upper", "trim", "replace('a', 'b')"])) + body() + self.tag("endfilter")
        return self.pick([self.tag("macro q(x, y=1)") + body() + self.tag("endmacro") + "{{ q(1) }}",
                          "{#" + self.pick(["", "-"]) + " c " + self.pick(["", "-"]) + "#}",
                          self.tag("call m(1)") + body() + self.tag("endcall"),
                          self.tag("raw") + "{{ x }}" + self.tag("endraw")])

    def body(self, depth):
        return "".join(self.space() + self.statement(depth) for _ in range(1 + self.rng.randrange(3))) + self.space()

    def template(self):
        if self.rng.random() < 0.5:
            return "{{ " + self.expression(1 + self.rng.randrange(4)) + " }}"
        return ("{% set ns = namespace(a=1) %}{% macro m(x) %}[{{ x }}{{ caller() if caller is defined }}]{% endmacro %}"
                + self.body(3))


def comparable(case):
    """Without Python's addresses, integers beyond 128 bits, and what Jinja makes of `(1)[2:]` while it compiles."""
    if CONSTANT_SLICE.search(case["template"]):
        return False
    text = case.get("output", "")
    if len(text) > 20000 or " at 0x" in text.lower() or any(len(word) > 38 for word in text.replace("-", " ").split() if word.isdigit()):
        return False
    return "integer string conversion" not in case.get("error", "")


def main():
    program, count, seed = sys.argv[1], int((sys.argv[2:] + [1000])[0]), int((sys.argv[3:] + [1])[0])
    grammar = Grammar(random.Random(seed))
    cases = []
    while len(cases) < count:
        template = grammar.template()
        if "**" in template and template.count("**") > 1:
            continue  # towers of powers take Python for ever
        case = {"template": template, **render(template, BASE)}
        if comparable(case):
            cases.append(case)
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8", delete=False) as file:
        json.dump({"context": BASE, "cases": cases}, file, ensure_ascii=False)
    done = subprocess.run([program, "--gtest_filter=TemplateGolden.CasesFromElsewhere"],
                          env={**os.environ, "FERRY_TEMPLATE_CASES": file.name}, capture_output=True, text=True)
    os.unlink(file.name)
    failed = sum("error" in case for case in cases)
    print(f"{count} cases (seed {seed}), {failed} of them errors in both or in one; {done.stdout.count('Failure')} differ")
    print(done.stdout[-20000:] if done.returncode else "")
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
