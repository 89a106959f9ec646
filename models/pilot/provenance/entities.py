"""Entities for the generator: names, companies, products, places, codes.

Each split has its own word lists. Training also draws invented words from
random syllables; whatever is on the dev or held-out lists is rejected there.
"""

from __future__ import annotations

import json
import random
import re
import string
from collections.abc import Sequence
from dataclasses import dataclass

import phrasings
import tickets

FIRST: dict[str, list[str]] = {
    "train": """Anna Ben Clara David Emma Frank Grace Henry Irene Jack Karen Leo Maria Nora Oscar Paul Rosa Sam Tina
        Victor Wendy Alice Bruno Carlos Diana Erik Fiona George Hanna Ivan Julia Kevin Laura Martin Nina Peter Rita
        Simon Tom Ursula Yusuf Zoe Ahmed Li Chen Priya Ravi Sofia Jonas Lukas Amira Olga Jean Pierre Marta Pablo Sven
        Ingrid Hiro Yuki John Mary James Linda Robert Sarah Michael Lisa Thomas Susan Daniel Nancy Mark Emily""".split(),
    "dev": "Agnes Boris Celine Dmitri Estelle Felix Greta Hugo Isla Jakob Klara Lionel".split(),
    "heldout": """Adelheid Bartholomew Cosima Desmond Eleni Florian Gwendolyn Hamish Ines Joaquin Katarzyna Lorcan
        Mirela Nikolai Oluwaseun Petronella Quentin Rosalind Stellan Tamsin Ulrike Vikram Wilhelmina Xavier Yolanda
        Zbigniew Bronwyn Caspian Thandiwe Evander""".split(),
}

LAST: dict[str, list[str]] = {
    "train": """Smith Miller Brown Jones Davis Wilson Moore Taylor Clark Lewis Young King Wright Hill Green Baker Adams
        Nelson Carter Meyer Schmidt Weber Wagner Becker Fischer Rossi Bianchi Garcia Lopez Silva Santos Kim Lee Park
        Wang Zhang Singh Kumar Patel Khan Ali Hassan Novak Horvat Jansen Berg Larsen Hansen Olsen Dubois Martin Petit
        Tanaka Sato Mori Costa Reyes Cruz Johnson Doe Walker Roberts Turner Phillips Evans""".split(),
    "dev": "Abbott Bergmann Castellan Dvorak Engel Farrow Gallo Hoffer Ibsen Jurgens".split(),
    "heldout": """Achterberg Blackwood Cunningham Delacroix Eisenhardt Featherstone Grabowski Hollingsworth
        Iannucci Jablonski Kowalczyk Lindqvist Montgomery Nakashima Okonkwo Pemberton Quigley Rasmussen Szymanski
        Thistlewood Underhill Valverde Whitcombe Yamaguchi Zimmerli Brannigan Castellanos Fairweather""".split(),
}

COMPANY: dict[str, list[str]] = {
    "train": """Acme Globex Northwind Contoso Initech Umbra Brightline Redwood Silverlake Bluebird Sunrise Ironworks
        Cloudnine Greenfield Harbor Summit Pioneer Atlas Orion Vertex Nova Delta Omega Apex Zenith Falcon Maple Cedar
        Granite Crystal Ember Polar Quantum Rocket Stellar Titan Union Velvet Willow""".split(),
    "dev": "Alderbrook Copperfield Dunmore Easterly Foxglove Glenhaven Hightower".split(),
    "heldout": """Kestrelmark Thornbury Ashgrove Wexcombe Larkspur Obsidia Pembrix Quillfeather Ravenscar Saltmarsh
        Tidewell Umberton Vantagor Winterbourne Yarrowdale Zephyrine Brackenhall Cobaltix Driftmoor Elmswick
        Fennimore Gryphonet Halcyonia Juniperia""".split(),
}

COMPANY_SUFFIX: dict[str, list[str]] = {
    "train": [
        "Ltd",
        "GmbH",
        "Inc.",
        "LLC",
        "AG",
        "Corp",
        "Group",
        "Trading",
        "Solutions",
        "Systems",
        "Foods",
        "Supplies",
        "& Sons",
        "Partners",
    ],
    "dev": ["Ltd", "GmbH", "Logistics"],
    "heldout": ["Ltd", "GmbH", "Inc.", "Industries", "Holdings", "Workshop", "& Co", "Textiles"],
}

CITY: dict[str, list[str]] = {
    "train": """Berlin Paris London Madrid Rome Vienna Prague Warsaw Oslo Boston Chicago Denver Dallas Tokyo Osaka Seoul
        Delhi Mumbai Cairo Lagos Nairobi Lima Toronto Sydney Lisbon Porto Dublin Zurich Munich Hamburg Milan""".split(),
    "dev": "Antwerp Bergen Cordoba Dundee Essen".split(),
    "heldout": "Gothenburg Ljubljana Montevideo Reykjavik Thessaloniki Winterthur Bratislava Edmonton Fukuoka Groningen".split(),
}

ITEM_ADJ: dict[str, list[str]] = {
    "train": "red blue green black white small large wooden steel paper plastic cotton office garden kitchen desk digital portable electric folding used round soft heavy".split(),
    "dev": "yellow leather compact outdoor".split(),
    "heldout": "purple bamboo ceramic vintage copper woollen striped magnetic".split(),
}

ITEM_NOUN: dict[str, list[str]] = {
    "train": "chairs tables lamps pens boxes cables screens keyboards shoes jackets bottles cups plates hinges screws batteries bags books clocks filters folders printers phones speakers tents towels helmets gloves drills ladders".split(),
    "dev": "mirrors baskets pillows routers candles".split(),
    "heldout": "umbrellas envelopes teapots hammocks notebooks saddles lanterns thermometers wheelbarrows cushions".split(),
}

PRODUCT: dict[str, list[str]] = {
    "train": """PhotoBox CleanMax SoundBar TaskFlow MailPro NoteHub EasyScan PowerDrill SmartLamp AquaPump SkyCam DataVault
        HomeHub FitBand QuickPay GardenBot PrintJet CloudSync TravelBag CoffeeKing""".split(),
    "dev": "HeatWave PixelPad RouteMate StockLens".split(),
    "heldout": "ThermoNest LumenDesk VocalMint GlideMop OrbitCase PaperTrail BreezeFan NimbusDrive CinderStove MosaicTab".split(),
}

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
CURRENCIES = {"EUR": "€", "USD": "$", "GBP": "£", "CHF": "CHF"}
ONSETS = "b c d f g h j k l m n p r s t v w z br ch cl cr dr fl fr gr kl kr pl pr qu sch sh sk sl sp st str th tr tw x y".split()
VOWELS = "a e i o u a e i o u a e i o u a e i o u ai au ea ee ei ia ie io oa oo ou y ö ü é á ø å".split()
CODAS = ["", "", "", "", *"b ck d f g k l ll m n nd ng nt p r rd rk rn s sh ss st t th x z".split()]
DOMAIN_END = ("com", "org", "net", "de", "io", "co.uk", "eu")
RESERVED = {
    word.lower()
    for lists in (FIRST, LAST, COMPANY, CITY, ITEM_ADJ, ITEM_NOUN, PRODUCT, phrasings.PLACES, phrasings.TEAMS)
    for split in ("dev", "heldout")
    for word in lists[split]
}
LETTERS = string.ascii_lowercase


def _train_words() -> list[str]:
    """Words of the training texts; invented words are spliced from them."""
    tables = json.dumps(
        [tickets.TRAIN, phrasings.SENTIMENT["train"], phrasings.FILLER["train"], phrasings.ACTIONS["train"]]
    )
    lists = " ".join(
        " ".join(entries["train"]) for entries in (FIRST, LAST, COMPANY, CITY, ITEM_ADJ, ITEM_NOUN, PRODUCT)
    )
    words = set(re.findall("[a-z]{3,}", f"{tables} {lists}".lower()))
    return sorted(words - RESERVED)


TRAIN_WORDS = _train_words()


@dataclass(frozen=True)
class Date:
    """A calendar date with the way it is written in a document."""

    iso: str
    text: str
    month: str
    year: int


class Entities:
    """Draws entities of one split from a random source."""

    def __init__(self, split: str, rng: random.Random, pieces: Sequence[str] = ()) -> None:
        """`pieces` are the letter sequences of a tokenizer; invented words are joined from them."""
        self.split = split
        self.rng = rng
        self.pieces = pieces

    def word(self, low: int = 1, high: int = 3) -> str:
        """An invented lower-case word that is on no dev or held-out list."""
        rng = self.rng
        while True:
            form = rng.random()
            if self.pieces and form < 0.4:
                word = "".join(rng.choice(self.pieces) for _ in range(rng.randint(low, high + 1)))[:14]
            elif form < 0.6:
                count = min(rng.randint(low, high), rng.randint(low, high))
                word = "".join(rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(CODAS) for _ in range(count))
            elif form < 0.72:
                word = "".join(rng.choice(rng.choice(("aeiou", LETTERS))) for _ in range(rng.randint(3, 4 * high - 2)))
            elif form < 0.92:
                start, end = rng.choice(TRAIN_WORDS), rng.choice(TRAIN_WORDS)
                word = start[: rng.randint(1, len(start))] + end[rng.randint(0, len(end) - 1) :]
            else:
                word = rng.choice(TRAIN_WORDS)
            if word not in RESERVED:
                return word

    def _pick(self, lists: dict[str, list[str]], invented: float) -> str:
        if self.split == "train" and self.rng.random() < invented:
            return self.word().capitalize()
        return self.rng.choice(lists[self.split])

    def first(self) -> str:
        return self._pick(FIRST, 0.75)

    def last(self) -> str:
        last = self._pick(LAST, 0.8)
        return f"{last}-{self._pick(LAST, 0.8)}" if self.rng.random() < 0.04 else last

    def person(self) -> str:
        return f"{self.first()} {self.last()}"

    def company(self) -> str:
        rng = self.rng
        name = self._pick(COMPANY, 0.8)
        if rng.random() < 0.15:
            name += " " + self._pick(COMPANY, 0.8)
        if self.split == "train" and rng.random() < 0.07:
            name = name.upper() if rng.random() < 0.5 else name.lower()
        return f"{name} {rng.choice(COMPANY_SUFFIX[self.split])}" if rng.random() < 0.7 else name

    def city(self) -> str:
        return self._pick(CITY, 0.75)

    def item(self) -> str:
        noun = self._term(ITEM_NOUN)
        return f"{self._term(ITEM_ADJ)} {noun}" if self.rng.random() < 0.8 else noun

    def _term(self, lists: dict[str, list[str]]) -> str:
        if self.split == "train" and self.rng.random() < 0.65:
            return self.word()
        return self.rng.choice(lists[self.split])

    def product(self) -> str:
        rng = self.rng
        if rng.random() < 0.4:
            noun = rng.choice(ITEM_NOUN[self.split])
            return f"the {rng.choice(ITEM_ADJ[self.split])} {noun}"
        name = self._pick(PRODUCT, 0.7)
        if rng.random() < 0.3:
            name += f" {rng.choice(['X', 'Pro', 'S', 'Mini', ''])}{rng.randint(2, 900)}"
        return f"the {name}" if rng.random() < 0.6 else name

    def letters(self, low: int, high: int) -> str:
        return "".join(self.rng.choice(string.ascii_uppercase) for _ in range(self.rng.randint(low, high)))

    def digits(self, low: int, high: int) -> str:
        return "".join(self.rng.choice(string.digits) for _ in range(self.rng.randint(low, high)))

    def code(self) -> str:
        """An order or error code such as `KX-20481` or `#4410`."""
        form = self.rng.randrange(4)
        if form == 0:
            return self.digits(4, 7)
        if form == 1:
            return f"{self.letters(1, 3)}-{self.digits(3, 6)}"
        if form == 2:
            return f"{self.letters(1, 3)}{self.digits(2, 5)}"
        return f"{self.digits(2, 4)}-{self.letters(1, 2)}{self.digits(1, 3)}"

    def document_number(self, prefixes: tuple[str, ...]) -> str:
        """An invoice or order number, with or without a prefix."""
        form = self.rng.randrange(5)
        if form == 0:
            return f"{self.rng.choice(prefixes)}-{self.date().year}-{self.digits(3, 5)}"
        if form == 1:
            return f"{self.rng.choice(prefixes)}{self.digits(4, 7)}"
        if form == 2:
            return f"{self.rng.choice(prefixes)}-{self.digits(3, 6)}"
        if form == 3:
            return f"{self.digits(4, 4)}/{self.digits(2, 4)}"
        return self.code()

    def date(self) -> Date:
        rng = self.rng
        year, month, day = rng.randint(2019, 2029), rng.randint(1, 12), rng.randint(1, 28)
        name = MONTHS[month - 1]
        iso = f"{year}-{month:02d}-{day:02d}"
        text = rng.choice(
            (
                iso,
                f"{day} {name} {year}",
                f"{name} {day}, {year}",
                f"{day:02d}.{month:02d}.{year}",
                f"{day} {name[:3]} {year}",
            )
        )
        return Date(iso, text, name, year)

    def cents(self) -> int:
        """An amount of money in cents."""
        rng = self.rng
        units = rng.choice((rng.randint(1, 99), rng.randint(100, 999), rng.randint(1000, 19999)))
        return units * 100 + rng.choice((0, 0, 50, 90, 95, 99, rng.randint(0, 99)))

    def amount(self) -> str:
        code = self.rng.choice(list(CURRENCIES))
        return money_text(self.rng, self.cents(), code)

    def number(self) -> str:
        return str(self.rng.randint(2, 90))

    def phone(self) -> str:
        form = self.rng.randrange(3)
        if form == 0:
            return f"+{self.digits(2, 2)} {self.digits(2, 3)} {self.digits(5, 7)}"
        if form == 1:
            return f"{self.digits(3, 3)}-{self.digits(3, 3)}-{self.digits(4, 4)}"
        return f"0{self.digits(2, 3)} {self.digits(6, 7)}"

    def email(self, person: str = "", company: str = "") -> str:
        """An e-mail address, often built from the person and the company."""
        rng = self.rng
        names = [ascii_word(part) for part in (person or self.person()).split()]
        local = rng.choice((names[0], ".".join(names), names[0][0] + names[-1], names[0] + self.digits(1, 3)))
        if self.split == "train" and rng.random() < 0.35:  # so that it is copied and not made from the name
            local = rng.choice(("", "info.", "office-", "mail_", f"{rng.choice(LETTERS)}.")) + ascii_word(self.word())
            local += rng.choice(("", "", self.digits(1, 3)))
        if self.split == "train" and local in RESERVED:  # an initial and a name can make one
            local += self.digits(1, 3)
        host = ascii_word((company or self.company()).split()[0])
        if self.split == "train" and rng.random() < 0.3:
            host = self.word(1, 2)
            host = ascii_word(host)
        return f"{local}@{host}.{rng.choice(DOMAIN_END)}"


def ascii_word(word: str) -> str:
    """The letters a-z of a word, in lower case."""
    return "".join(c for c in word.lower() if c in string.ascii_lowercase) or "info"


def money_text(rng: random.Random, cents: int, code: str) -> str:
    """An amount as people write it: `EUR 1,249.50`, `€80`, `12.00 USD`."""
    symbol = CURRENCIES[code]
    whole, rest = divmod(cents, 100)
    digits = f"{whole:,}" if rng.random() < 0.5 else str(whole)
    if rest or rng.random() < 0.6:
        digits += f".{rest:02d}"
    form = rng.randrange(4)
    if form == 0:
        return f"{code} {digits}"
    if form == 1 or code == "CHF":
        return f"{digits} {code}"
    return f"{symbol}{digits}" if form == 2 else f"{digits} {symbol}"
