#!/usr/bin/env python3
"""Writes unicode_tables.h: what Python's str methods know beyond general categories and simple case mappings.

Made with Python 3.11 (Unicode 14.0):  python3 unicode_tables.py > unicode_tables.h
"""

import unicodedata

ALL = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def ranges(test):
    found = []
    for c in map(ord, filter(test, ALL)):
        if found and found[-1][1] == c - 1:
            found[-1][1] = c
        else:
            found.append([c, c])
    return found


def table(name, comment, test):
    print(f"// {comment}\nconstexpr CharRange {name}[] = {{")
    print("    " + ", ".join(f"{{0x{a:X}, 0x{b:X}}}" for a, b in ranges(test)) + "};\n")


def mappings(name, comment, change):
    print(f"// {comment}\nconstexpr LongMapping {name}[] = {{")
    rows = [(ord(c), change(c)) for c in ALL if len(change(c)) > 1]
    print("    " + ", ".join("{0x%X, U\"%s\"}" % (c, "".join(f"\\U{ord(x):08X}" for x in s)) for c, s in rows) + "};\n")


category = unicodedata.category
print("#pragma once\n// Written by unicode_tables.py; Unicode " + unicodedata.unidata_version + ".\n")
print("#include <string_view>\n\nnamespace ferry::jinja {\n")
print("struct CharRange {\n  char32_t first;\n  char32_t last;\n};\n")
print("struct LongMapping {\n  char32_t from;\n  std::u32string_view to;\n};\n")
table("kOtherDigits", "isdigit, but not of category Nd.", lambda c: c.isdigit() and category(c) != "Nd")
table("kOtherNumeric", "isnumeric, but of no number category.", lambda c: c.isnumeric() and category(c)[0] != "N")
table("kOtherLower", "Lowercase, but not of category Ll.", lambda c: c.islower() and category(c) != "Ll")
table("kOtherUpper", "Uppercase, but not of category Lu.", lambda c: c.isupper() and category(c) != "Lu")
mappings("kLongUpper", "Uppercase mappings to several characters.", str.upper)
mappings("kLongLower", "Lowercase mappings to several characters.", str.lower)
mappings("kLongTitle", "Titlecase mappings to several characters.", str.title)
print("}  // namespace ferry::jinja")
