"""Seeded, varied text for comparing tokenizers: many scripts, code, emoji, marks, broken UTF-8, long runs."""
import random
import unicodedata

SENTENCES = [
    "The quick brown fox jumps over the lazy dog, doesn't it? I'll say we've SEEN it; they'd RE'd 'S.",
    "In 1984, 3.14159 was still pi; 1234567890 isn't. Prices: $5.99, €12,50, £3 and ₹1,00,000.",
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. Ärger, Öl, Übung, Straße.",
    "Portez ce vieux whisky au juge blond qui fume : « l'été, ça coûte cher » — n'est-ce pas ?",
    "Съешь же ещё этих мягких французских булок, да выпей чаю. Нещо на Български!",
    "Ξεσκεπάζω τὴν ψυχοφθόρα βδελυγμία. Άλφα, βήτα, γάμμα; ΣΊΣΥΦΟΣ.",
    "敏捷的棕色狐狸跳过了懒狗。人工智能正在改变世界，我们需要谨慎。龘靐齉爩",
    "いろはにほへと ちりぬるを。カタカナ、ひらがな、漢字が混ざった文章です。ﾊﾝｶｸ",
    "다람쥐 헌 쳇바퀴에 타고파. 한국어 문장을 토큰으로 나눕니다. ㄱㄴㄷ",
    "نص حكيم له سر قاطع وذو شأن عظيم مكتوب على ثوب أخضر ومغلف بجلد أزرق. ١٢٣٤٥",
    "דג סקרן שט בים מאוכזב ולפתע מצא חברה. שָׁלוֹם",
    "ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण का सर्वनाश। क्षत्रिय ज्ञान १२३",
    "เป็นมนุษย์สุดประเสริฐเลิศคุณค่า กว่าบรรดาฝูงสัตว์เดรัจฉาน ๑๒๓",
    "សត្វ ខ្មែរ ភាសា မြန်မာဘာသာ ຄວາມຮັກ བོད་ཡིག ქართული ენა հայերեն አማርኛ ᏣᎳᎩ",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪🇫🇷 🤷🏾‍♂️ 🧑‍🚀 ❤️‍🔥 🦙.cpp ✅ ①②③ ½ ¾ Ⅷ ㉿ ™ © ®",
    "Cafe\u0301 A\u030a\u0301 n\u0303 q\u0323\u0307 q\u0307\u0323 \u1e9b\u0323 ﬁ ﬀ Å Ω K ｆｕｌｌ ﷺ 가 \u1100\u1161\u11a8",
    "x\u200by\u200cz\u200d \u00a0nbsp\u2003em\u3000ideographic\u2028line\u2029par\u0085nel\ufeff\u00ad\u061c",
    "def f(x: int) -> str:\n    return f\"{x!r:>10}\"  # comment\n\n\nif __name__ == '__main__':\n\tprint(f(42))\n",
    "int main(void) {\r\n\tfor (int i = 0; i < 10; ++i) { printf(\"%d\\n\", i); }\r\n\treturn 0;\r\n}\r\n",
    "SELECT * FROM t WHERE a>=1 AND b<>'x' -- ok\n<div class=\"a b\">&nbsp;</div>\n{\"k\": [1, 2.5e-3, null]}",
    "https://example.com/a/b?c=d&e=%20f#g user@example.org C:\\Users\\x /usr/local/bin ~/x.tar.gz",
    "camelCase PascalCase snake_case SCREAMING_CASE kebab-case XMLHttpRequest iPhone4S v2.0.1-rc3",
    "'s 'S 't 'T 're 'RE 've 'VE 'm 'M 'll 'LL 'd 'D '\u017f ''s 's's I\u2019m don\u2019t",
    "!!! ??? ... --- === *** ### @@@ $$$ %%% ^^^ &&& ((( ))) [[[ ]]] {{{ }}} <<< >>> ||| \\\\\\ /// ~~~ ``` +++",
    "<s> </s> <unk> <|endoftext|> <|im_start|>user <|im_end|> [CLS] [SEP] [UNK] [MASK] <tool_call> <0x0A>",
    "İstanbul ıssız ǅ ǆ ẞ ß ŉ ǰ ΐ և ﬓ Dž ſ K \u1c80 ꭰ Ꭰ 𐐀𐐨 𝐀𝛼 𠀀𠜎 \U0001f9ff \ue000 \ufffd \u0000 \u0001 \u007f",
]


def piece(rng):
    kind = rng.random()
    if kind < 0.45:
        return rng.choice(SENTENCES)
    if kind < 0.60:
        words = rng.choice(SENTENCES).split()
        rng.shuffle(words)
        return " ".join(words)
    if kind < 0.70:
        s = rng.choice(SENTENCES)
        at = rng.randrange(len(s))
        return s[at:at + rng.randrange(1, 20)]
    if kind < 0.78:
        return rng.choice(" \t\n\r0123456789aAéж中\u0301 .'-▁") * rng.choice([1, 2, 3, 4, 5, 7, 8, 16, 33, 64, 200])
    if kind < 0.84:
        return "".join(rng.choice(" \t\n\r\u00a0\u3000\u2028\x0b\x0c\x85") for _ in range(rng.randrange(1, 9)))
    if kind < 0.90:
        return "".join(chr(code_point(rng)) for _ in range(rng.randrange(1, 12)))
    if kind < 0.94:
        return "".join(rng.choice("abcdefgh '0123\n") for _ in range(rng.randrange(1, 60)))
    if kind < 0.97:
        return str(rng.randrange(10 ** rng.randrange(1, 20)))
    return bytes(rng.randrange(256) for _ in range(rng.randrange(1, 12))).decode("utf-8", errors="replace")


def code_point(rng):
    """Assigned by Unicode 14, or never: parts of the reference know later characters, and Ferry does not yet."""
    while True:
        c = rng.choice([rng.randrange(0x250), rng.randrange(0x3000), rng.randrange(0x10000), rng.randrange(0x20000),
                        rng.randrange(0x110000)])
        if unicodedata.category(chr(c)) not in ("Cs", "Cn") or 0x40000 <= c < 0xE0000:
            return c


def text(rng, most_pieces=8):
    separators = ["", " ", "\n", "  ", "\n\n", ", "]
    return "".join(piece(rng) + rng.choice(separators) for _ in range(rng.randrange(1, most_pieces)))


def texts(seed, count, most_pieces=8):
    rng = random.Random(seed)
    return [text(rng, most_pieces) for _ in range(count)]


def corpus():
    return SENTENCES
