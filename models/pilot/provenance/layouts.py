"""Training documents put together from small parts.

Such a document states the wanted values among rivals: values of the same type
that belong to something else, such as a due date beside the invoice date. The
right one can only be told by its label or by the words around it.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import documents

Expand = Callable[[str], str]
"""Draws one alternative of each `[a|b]` and fills the slots."""

# Labels are a frame around a noun.
NOUNS: dict[str, dict[str, list[str]]] = {
    "invoice": {
        "vendor": """vendor|seller|supplier|issuer|biller|provider|shop|firm|company|dealer|manufacturer|contractor
            |creditor|trader|store|sender|merchant|business|agency|workshop""".split("|"),
        "invoice_number": """invoice number|invoice no.|invoice no|invoice nr|invoice|bill|bill no.|document no.|number
            |invoice ID|invoice code|reference|inv. number|billing number|receipt number|voucher number""".split("|"),
        "date": """date|invoice date|billing date|day|issue date|date of invoice|date of billing|bill from|issued
            |written|drawn up on|made out on|created|invoice day|printed and sent""".split("|"),
        "money": """total|amount|sum|amount due|total due|balance|grand total|sum to pay|final sum|total cost
            |payable amount|gross|gross total|amount to pay|end total|invoice total|all in all|final price""".split(
            "|"
        ),
    },
    "order": {
        "customer": """customer|buyer|client|orderer|purchaser|person|name|recipient|receiver|ordering party
            |purchased by|ordered by|sold to|customer name|account holder|for""".split("|"),
        "order_number": """order number|order no.|order no|order nr|order|order ID|order code|reference|number
            |purchase number|purchase order|order ref|sales order|job number|request number""".split("|"),
        "item": """item|product|article|goods|thing|item name|description|product name|what|position|merchandise
            |ordered product|ordered goods|type of goods|wanted item|ware""".split("|"),
        "quantity": """quantity|qty|pieces|count|units|amount|number of units|how many|pcs|item count
            |ordered quantity|unit count|volume|how many pieces|quantity in pieces""".split("|"),
        "city": """city|town|destination|ship to|deliver to|delivery city|place|place of delivery|goes to|location
            |shipping city|delivery town|bring to|target city|city of delivery|to""".split("|"),
    },
    "contact": {
        "name": """name|person|contact|contact person|full name|employee|who|your contact|agent|speaker|manager
            |responsible person|first and last name|caller|clerk|sales person""".split("|"),
        "company": """company|firm|employer|organisation|business|works for|organization|works at|employed by
            |corporation|enterprise|workplace|institution|name of company""".split("|"),
        "email": """e-mail|email|mail|mail address|e-mail address|electronic mail|write to|email address|mailbox
            |mail to|business mail|personal e-mail|online|direct mail""".split("|"),
        "phone": """phone|telephone|tel.|tel|mobile|cell|call|phone number|telephone number|direct line|dial|ring
            |mobile phone|office number|business phone|reachable at""".split("|"),
    },
    "meeting": {
        "person": """with|person|guest|visitor|partner|attendee|who|participant|name|you meet|speaker|client
            |expected guest|interview partner|we meet|talk to""".split("|"),
        "date": """date|day|when|on|meeting date|calendar date|appointed day|scheduled|planned date|event date
            |meeting day|date of meeting|date of the visit|set for""".split("|"),
        "time": """time|hour|at|start|starts|begins|clock time|from|beginning|meeting time|time of day|begin
            |time of meeting|starting hour|first talk|o'clock""".split("|"),
        "place": """place|location|where|venue|city|site|in|meeting point|spot|address|place of meeting|room or city
            |held at|we meet in|event location|town or room""".split("|"),
    },
}
FRAMES = ("{}", "{}", "{}", "{}", "the {}", "our {}", "your {}", "their {}", "{} is", "{} here", "1) {}", "{} *")

# Rivals as a label and a value, and as a sentence.
RIVALS: dict[str, list[str]] = {
    "invoice": [
        "[Due date|Payment due|Pay until|Due|Deadline|To be paid by]\t{date2}",
        "[Delivery date|Delivered on|Order date|Ordered on|Shipped on|Received on|Contract of]\t{date3}",
        "[Next invoice|Reminder on|Valid until|Service until|Discount until|Printed on|Paid on]\t{date4}",
        "[Subtotal|Net|Net amount|Before tax|Goods|Items|Unit price|Price per piece]\t{other}",
        "[Tax|VAT|Sales tax|Shipping|Freight|Handling|Packing|Service fee]\t{other2}",
        "[Discount|Deposit|Already paid|Paid in advance|Credit|Old balance|Last invoice|You save]\t{other3}",
        "[Customer number|Customer no.|Client ID|Account|Our account|Contract|Contract no.]\t{code}",
        "[Order number|Order no.|Your order no.|Delivery note|Tracking|Project|Tax ID|VAT ID|Offer]\t{code2}",
        "[Bill to|Billed to|Invoice to|Customer|Client|Buyer|Recipient|Ship to]\t{person2}",
        "[Bill to|Billed to|Customer|Client|Buyer|Ordered by|Carrier|Bank|Insured by]\t{company2}",
        "[Clerk|Contact|Approved by|Checked by|Attention|Signed|Accountant|Your agent]\t{person3}",
        "[City|Branch|Delivered to|Place|Court|Bank in]\t{city}",
        "[Item|Article|Goods|For|Service|Description]\t{items}",
        "[Phone|Fax|Hotline]\t{phone}",
        "[Pieces|Days|Hours|Discount in %|Position|Page]\t{number}",
    ],
    "order": [
        "[Order date|Ordered on|Date|Placed on|Received|Confirmed on]\t{date2}",
        "[Deliver by|Deliver before|Needed by|Arrives|Wanted on|Latest delivery]\t{date3}",
        "[Price|Unit price|Total|Cost|Sum|Value|Shipping cost|Tax]\t{other}",
        "[Customer number|Customer no.|Client ID|Account no.|Member]\t{code}",
        "[Invoice|Invoice no.|Tracking|Parcel|Article number|Item code|Offer|Contract]\t{code2}",
        "[Sold by|Seller|Shop|Supplier|Carrier|Shipped by|Our partner|Made by]\t{company2}",
        "[Clerk|Sales agent|Packed by|Driver|Checked by|Approved by|Entered by|Neighbour]\t{person2}",
        "[From|Shipped from|Warehouse|Made in|Sent from|Branch|Bill goes to]\t{city2}",
        "[Not in stock|Sold out|Cancelled|Earlier order|Free gift|Next time|Instead of]\t{item2}",
        "[Boxes|Parcels|Pallets|Weight in kg|Days|Discount in %|In stock|Page]\t{number}",
        "[Phone|Fax|Mobile of the driver]\t{phone}",
        "[E-mail|Mail|Receipt to]\t{email}",
    ],
    "contact": [
        "[Fax|Fax number|Fax no.]\t{phone2}",
        "[Assistant|Boss|Colleague|Deputy|Secretary|Recommended by|Met by|Introduced by]\t{person2}",
        "[Website|Web|Homepage|Page]\twww.{word}.com",
        "[Partner company|Old employer|Before that at|Client|Supplier|Customer of|Member of]\t{company2}",
        "[City|Office in|Town|Based in|Branch|Region]\t{city}",
        "[Since|Met on|Last call|Birthday|First talk|Entry of]\t{date2}",
        "[Title|Role|Position|Department|Job]\t[sales|head of {word}|engineer|director|{word} manager|buyer|marketing]",
        "[Room|Floor|Desk|Building]\t{number}",
        "[Customer number|Client ID|Badge|Staff number]\t{code}",
        "[Speaks|Language|Hobby|Topic]\t[English|French|German|{word}]",
    ],
    "meeting": [
        "[Booked by|Invited by|Notes by|Host|Organiser|Sent by|Room booked by|Assistant]\t{person2}",
        "[Invited on|Reply by|Booked on|Sent on|Old date|Not on|Next meeting|Confirmed on]\t{date2}",
        "[Ends at|End|Until|Lunch at|Break at|Train at|Doors open|Old time|Taxi at]\t{clock}",
        "[Train from|Coming from|Flight from|Next time in|Parking in|Hotel in|Guest from]\t{city2}",
        "[Topic|Subject|Agenda|About|Purpose|Title]\t[{item}|the {word}|prices|the budget|{item2}]",
        "[Company|Firm|Client|Works for]\t{company2}",
        "[Phone|Call if late|Hotline|Dial in]\t{phone}",
        "[Duration|Minutes|Seats|People|Persons|Floor]\t{number}",
        "[Code|Booking|Reference|Ticket]\t{code}",
    ],
}
ASIDES: dict[str, list[str]] = {
    "invoice": [
        "[It is|Payment is] due [on|by] {date2}.",
        "[Please|You must|Kindly] [pay|transfer it] [by|before|until] {date2}.",
        "[We ordered|The goods came|They delivered|The work was done] on {date3}.",
        "[Without|Before] tax [it was|it would be|the price is] {other}.",
        "[Shipping|The tax|Packing|The driver] [costs|is|adds] {other2}.",
        "[A deposit of|An advance of] {other3} [was paid|is not counted] [on {date4}|before|].",
        "[Last month|Last year|In {month}] [it was|we paid|the bill was] {other3}.",
        "[The|Our|Your] [customer number|contract|order|account] is {code2}.",
        "[The bill is|It is|Both are] addressed to {person2}.",
        "{person3} [checked|approved|forwarded|must sign|will pay] it.",
        "[It covers|This is for|We got|They delivered] {items}.",
        "[Questions|In doubt|Problems]? {person3}, {phone}.",
        "[The carrier|Our bank|The other supplier] [is|was] {company2}.",
        "[Not to be mixed up with|Do not confuse it with|It replaces] [number|invoice|bill] {code}.",
    ],
    "order": [
        "[It was|They] [placed|ordered|wrote] [it|] on {date2}.",
        "[They need|We need|Please send] it [by|before] {date3}.",
        "[One|A piece|All of it] [costs|is] {other}.",
        "[Price|Piece price|In total|Worth|At] {other}[ each|].",
        "[The parcel|Tracking|The invoice] [number is|has number] {code2}.",
        "{person2} [packs|sends|checks|entered|will drive] it.",
        "[It ships|The truck leaves|They come] from {city2}.",
        "[Last time|Before that|In {month}] [it was|they took] {number2} {item2}.",
        "[The|Our] [supplier|carrier|shop] is {company2}.",
        "[Not|But not|No longer] {item2}[, these are sold out|, please|].",
        "[Use|It fills|Put it in] {number2} boxes.",
        "[The bill|The invoice] goes to [{city2}|{company2}].",
    ],
    "contact": [
        "[My|The] [assistant|colleague|boss] is {person2}.",
        "[Before|Until {date2}] [I was|she was|he was] [at|with] {company2}.",
        "[The|Our] fax [number|] is {phone2}.",
        "[We are|The office is|I live] in {city}.",
        "[We met|We spoke|They called] on {date2} [in {city}|].",
        "[Our|The] [page|website] is www.{word}.org.",
        "[Not|No longer] {person2}[, who has left|, please|].",
        "[We|They] [sell|make|need] {item}.",
        "[Please|] [mention|quote] {code} [when you call|].",
    ],
    "meeting": [
        "{person2} [booked it|invited us|takes notes|cannot come|sends regards].",
        "[It was|The old date was|First it was planned for] {date2}.",
        "[It ends|We stop|The room is ours until|Lunch is] [at|] {clock}.",
        "[The guest|She|He] [comes|travels|flies] from {city2}.",
        "[The talk is|It is] about {item}.",
        "[They work|She works|He works] for {company2}.",
        "[Please|] [answer|reply|confirm] [by|before] {date2}.",
        "[Next time|Later|In {year}] we [meet|go] in {city2}.",
        "[If you are late|In doubt] call {phone}.",
        "It [takes|lasts] {number} minutes.",
    ],
}

# A sentence is a lead and fragments in any order.
LEADS: dict[str, list[str]] = {
    "invoice": [
        "{vendor} [billed|charged|invoiced|wants|asks for|claims|demands|requests|is owed|gets|received] {money}",
        "{money} [to|for|owed to|due to|payable to|paid to|from|by|charged by|billed by] {vendor}",
        "[please pay|transfer|pay|wire|book|approve|settle|remit|we paid|they paid] {money} [to|for] {vendor}",
        "[bill|invoice|payment request|new bill|an invoice] [from|by|of] {vendor} [for|over|of|about] {money}",
        "[we|I|you|they] [owe|paid|have to pay|must pay] {vendor} {money}",
        "[our supplier|the company|the firm|the shop] {vendor} [sent a bill of|wants|asks for|charges] {money}",
        "[from|by|via|to|for|at] {vendor}: {money}",
        "[with|for|to] {vendor} [we have|there is|goes] a bill of {money}",
        "[received|got|booked|paid|came in|open] from {vendor}: {money}",
        "[a sum of|a total of|exactly|altogether] {money} [is due to|goes to|for] {vendor}",
    ],
    "order": [
        "{customer} [orders|ordered|bought|wants|asked for|takes|requests|will take|gets|needs|buys] {quantity} {item}",
        "{quantity} {item} [for|ordered by|bought by|sold to|wanted by|reserved for|from] {customer}",
        "[please send|ship|pack|reserve|prepare|deliver|we send|I sent|put aside] {quantity} {item} [to|for] {customer}",
        "[our|the|a|one] [client|customer|buyer] {customer} [needs|gets|ordered|takes|wants] {quantity} {item}",
        "[order|new order|purchase|sale] [by|from|of] {customer}: {quantity} {item}",
        "{customer}: {quantity} [x|pieces of|times|] {item}",
        "[sold|shipped|packed|booked] {quantity} {item} [to|for] {customer}",
        "[for|to|from|by|with] {customer}: {quantity} {item}",
        "[for|to] {customer} [go|we send|we need|belong|please pack] {quantity} {item}",
        "[as|because] {customer} [wrote|asked|called], [we send|pack] {quantity} {item}",
        "{item} ({quantity}) [for|to] {customer}",
        "[it is|this is|here is] {customer} [with|and I need|and we want] {quantity} {item}",
    ],
    "contact": [
        "{name} [of|from|at|with|works for|works at|is with|represents|calls from|writes for] {company}",
        "[contact|ask for|speak to|get in touch with|look for|meet] {name} [at|of|from] {company}",
        "{company}: [contact|ask for|talk to|our man is|we know|] {name}",
        "{name}, {company}",
        "{company}, {name}",
        "[I am|this is|it is|here is] {name} [of|from|at|and my company is|and I work for] {company}",
        "[at|for|with] {company} [you find|we know|there is|ask] {name}",
        "[with|via|from|by|on behalf of] {name} [of|from|at] {company}",
        "[as|since|when] {name} [works for|joined|left for] {company}",
        "{name} ({company})",
        "[our|the|your|a] [contact|partner|agent] [at|from] {company} is {name}",
    ],
    "meeting": [
        "[meeting|call|lunch|interview|talk|appointment|workshop|visit|coffee|review|training|dinner] with {person}",
        "{person} [will come|visits us|meets you|wants to talk|is expected|will be there|joins us|speaks|arrives]",
        "[please meet|we see|I meet|see|you meet|let us see|talk to|pick up|welcome] {person}",
        "[our|the|a] [guest|visitor|client|speaker] {person} [comes|will be here|arrives|is due]",
        "[I have|we have|you have|they have] [a meeting|lunch|a call|an interview] with {person}",
        "[with|by|for|about|around|before] {person}",
        "[as|because|if] {person} [wants a talk|asked for it|is here]",
        "[planned|fixed|booked|confirmed|new]: {person}",
        "[can you|could you|please|will you] [see|meet|join|call] {person}",
    ],
}
FRAGMENTS: dict[str, dict[str, list[str]]] = {
    "invoice": {
        "invoice_number": [
            "[invoice|bill|invoice no.|no.|number|document|inv.|with invoice|see invoice|as invoice] {invoice_number}",
            "({invoice_number})",
            "[the|its] [number|reference|invoice number] [is|being] {invoice_number}",
            "#{invoice_number}",
            "[for|on|under|in] [bill|invoice|number|our invoice|their invoice] {invoice_number}",
        ],
        "date": [
            "[on|dated|of|from|issued|issued on|written on|as of|date|date:|with date|made on] {date}",
            "({date})",
            "[the|its] [date|day] [is|being] {date}",
            "[sent|billed|printed|created|drawn up] [on|] {date}",
        ],
    },
    "order": {
        "order_number": [
            "[order|order no.|no.|number|order number|ref.|with order|under order|as order|see order] {order_number}",
            "({order_number})",
            "[the|its] [number|order|reference|order number] [is|being] {order_number}",
            "#{order_number}",
            "[on|in|for|from] [order|purchase order|our order|request] {order_number}",
        ],
        "city": [
            "[to|for delivery to|shipped to|destination|going to|delivery in|sent to|destination:] {city}",
            "({city})",
            "[the|its] [city|destination|town] [is|being] {city}",
            "[in|bound for|by truck to|all the way to|for our office in|for the branch in] {city}",
        ],
    },
    "contact": {
        "email": [
            "[e-mail|mail|email|write to|reach at|reachable at|mail to|by mail|mail:|e-mail:] {email}",
            "<{email}>",
            "({email})",
            "[the|my|her|his] [mail|address|e-mail] [is|being] {email}",
            "[or|and|just] [write|mail] [to|] {email}",
        ],
        "phone": [
            "[phone|tel.|call|mobile|cell|number|dial|ring|telephone|phone:|tel:|by phone] {phone}",
            "({phone})",
            "[the|my|her|his] [number|phone|mobile] [is|being] {phone}",
            "[or|and|just] [call|ring|phone] {phone}",
        ],
    },
    "meeting": {
        "date": [
            "[on|planned for|for|set for|date:|date|this is|day:|scheduled for|held on] {date}",
            "({date})",
            "[the|its] [day|date] [is|being] {date}",
            "[not on {date2} but on|no longer {date2} but] {date}",
        ],
        "time": [
            "[at|from|starting at|start|beginning at|time:|time|exactly at|start:] {time}",
            "({time})",
            "[not at {clock} but at|no longer {clock} but] {time}",
            "[the|our] [start|hour|time] [is|being] {time}",
        ],
        "place": [
            "[in|at|place:|location:|venue:|held in|over in|here in|down in|back in] {place}",
            "({place})",
            "[the|our] [place|venue|location] [is|being] {place}",
        ],
    },
}
GREETINGS = (
    "Hi,",
    "Hello,",
    "Dear all,",
    "Good morning,",
    "Hello team,",
    "FYI:",
    "Note:",
    "Please file this.",
    "For your records.",
    "As discussed:",
    "Forwarded message",
    "From the inbox:",
    "Good news!",
    "Copy for you.",
)
ENDINGS = (
    "Thanks!",
    "Thank you.",
    "Best regards",
    "Please confirm.",
    "That is all.",
    "More later.",
    "Have a nice day.",
    "Sent from my phone",
    "Please file it.",
    "Do not reply to this mail.",
    "All prices in our currency.",
    "Page 1 of 1",
)
MARKS = (": ", ": ", ": ", ":", " - ", " = ", " : ", "=", " ", ":  ", "\n", ":\n", " -> ", "\t", " is ", " | ")
BULLETS = ("", "", "", "", "- ", "* ", "> ", "| ", "+ ")
BETWEEN = ("\n", "\n", "\n", "\n\n", ". ", "; ", ", ", " | ", " / ", " ")


def label_choices(kind: str, slot: str) -> list[str]:
    """The labels of a slot; whatever is on the dev or held-out lists is left out."""
    table = documents.LABELS[kind][slot]
    reserved = {label.lower() for split in ("dev", "heldout") for label in table[split]}
    nouns = [noun.strip() for noun in NOUNS[kind][slot]]
    made = [frame.format(noun) for noun in nouns for frame in FRAMES]
    return [label for label in table["train"] + made if label.lower() not in reserved]


LABELS = {(kind, slot): label_choices(kind, slot) for kind, slots in NOUNS.items() for slot in slots}


def letter_case(label: str, rng: random.Random) -> str:
    form = rng.random()
    if form < 0.15:
        return label.upper()
    if form < 0.3:
        return label.lower()
    if form < 0.45:
        return label.title()
    return label[:1].upper() + label[1:]


def form(kind: str, shown: dict[str, str], absent: list[str], expand: Expand, rng: random.Random) -> str:
    """Labels and values: lines, a table with a head, or tags."""
    pairs = [
        (letter_case(rng.choice(LABELS[kind, slot]), rng), value) for slot, value in shown.items() if slot not in absent
    ]
    if rng.random() < 0.4:
        rng.shuffle(pairs)
    for rival in rng.sample(RIVALS[kind], rng.choice((0, 0, 1, 1, 2, 3, 4))):
        label, value = expand(rival).split("\t")
        pairs.insert(rng.randint(0, len(pairs)), (label, value))
    style = rng.random()
    if style < 0.08:
        comma = rng.choice((";", " | ", "\t", " ; "))
        return comma.join(label for label, _ in pairs) + "\n" + comma.join(value for _, value in pairs)
    if style < 0.13:
        tags = [(label.lower().replace(" ", "_").strip(".*"), value) for label, value in pairs]
        return "\n".join(f"<{tag}>{value}</{tag}>" for tag, value in tags)
    mark, bullet, between = rng.choice(MARKS), rng.choice(BULLETS), rng.choice(BETWEEN)
    if "\n" in mark or mark in ("\t", " | ") or mark == between == " ":
        between = "\n"  # else nothing would show where a value ends
    quote = '"' if rng.random() < 0.06 else ""
    lines = [f"{bullet}{label}{mark}{quote}{value}{quote}" for label, value in pairs]
    if rng.random() < 0.2:
        lines.insert(0, rng.choice((kind, kind.upper(), kind.capitalize(), f"New {kind}", f"{kind.capitalize()} data")))
    return between.join(lines)


def sentences(kind: str, expand: Expand, rng: random.Random) -> str:
    """One sentence or a few: a lead and its fragments, with asides between."""
    lead = expand(rng.choice(LEADS[kind]))
    parts = [expand(rng.choice(choices)) for choices in FRAGMENTS[kind].values()]
    rng.shuffle(parts)
    first = parts.pop() if rng.random() < 0.3 else ""
    comma = rng.choice((", ", ", ", " ", "; ", " - ", ". ", ".\n"))
    lines = [part[:1].upper() + part[1:] for part in parts] if "." in comma else parts
    text = comma.join([lead, *lines])
    if first:
        text = f"{first}{rng.choice((', ', ': ', ' - '))}{text}"
    text = text[:1].upper() + text[1:] + rng.choice((".", ".", ".", "", "!"))
    return " ".join(around(text, [expand(aside) for aside in asides(kind, rng)], rng))


def asides(kind: str, rng: random.Random) -> list[str]:
    return rng.sample(ASIDES[kind], rng.choice((0, 0, 1, 1, 2)))


def around(text: str, extra: list[str], rng: random.Random) -> list[str]:
    """The text with some sentences before and after it."""
    parts = [text]
    for sentence in extra:
        parts.insert(rng.choice((0, len(parts))), sentence)
    if rng.random() < 0.2:
        parts.insert(0, rng.choice(GREETINGS))
    if rng.random() < 0.2:
        parts.append(rng.choice(ENDINGS))
    return parts
