"""Phrasings of the documents for field extraction, by kind and split.

`LINES` are labelled lines, `CLAUSES` single sentences for one slot, `WHOLE`
complete messages. Slots named in `EXTRA` are distractors that no key asks for.
"""

KEYS: dict[str, tuple[str, ...]] = {
    "invoice": ("vendor", "invoice_number", "date", "currency", "total"),
    "order": ("customer", "order_number", "item", "quantity", "city"),
    "contact": ("name", "company", "email", "phone"),
    "meeting": ("person", "date", "time", "place"),
}

# Slot -> labels, for documents made of lines such as "Vendor: Acme Ltd".
LABELS: dict[str, dict[str, dict[str, list[str]]]] = {
    "invoice": {
        "vendor": {
            "train": ["Vendor", "From", "Seller", "Supplier", "Company", "Issued by", "Billed by", "Sender"],
            "dev": ["Invoice from"],
            "heldout": ["Supplier name", "Invoice by", "Vendor name"],
        },
        "invoice_number": {
            "train": [
                "Invoice number",
                "Invoice no",
                "Invoice",
                "Invoice #",
                "No.",
                "Number",
                "Inv. no.",
                "Document number",
                "Invoice ID",
            ],
            "dev": ["Bill number"],
            "heldout": ["Number of invoice", "Our invoice no.", "Bill no."],
        },
        "date": {
            "train": ["Date", "Invoice date", "Issued", "Issued on", "Dated", "Date of issue", "Billing date"],
            "dev": ["Document date"],
            "heldout": ["Issue date", "Date of invoice", "Invoice issued on"],
        },
        "money": {
            "train": [
                "Total",
                "Amount",
                "Amount due",
                "Total due",
                "Sum",
                "To pay",
                "Grand total",
                "Total amount",
                "Balance due",
            ],
            "dev": ["Total sum"],
            "heldout": ["Amount to pay", "Total to be paid", "Invoice total"],
        },
    },
    "order": {
        "customer": {
            "train": ["Customer", "Name", "Buyer", "Ordered by", "Client", "Customer name"],
            "dev": ["Order by"],
            "heldout": ["Name of customer", "Name of buyer", "Client name"],
        },
        "order_number": {
            "train": ["Order number", "Order no", "Order", "Order #", "Order ID", "Number", "No."],
            "dev": ["Your order"],
            "heldout": ["Number of order", "Our order no.", "Order nr."],
        },
        "item": {
            "train": ["Item", "Product", "Article", "Goods", "Ordered item", "What"],
            "dev": ["Ordered"],
            "heldout": ["Product name", "Ordered product", "Name of item"],
        },
        "quantity": {
            "train": ["Quantity", "Qty", "Pieces", "Amount", "How many", "Count", "Units"],
            "dev": ["Number of pieces"],
            "heldout": ["Ordered quantity", "Number of units", "Item count"],
        },
        "city": {
            "train": ["City", "Ship to", "Deliver to", "Delivery city", "Destination", "Place"],
            "dev": ["Send to"],
            "heldout": ["Shipping city", "City of delivery", "Delivered to"],
        },
    },
    "contact": {
        "name": {
            "train": ["Name", "Contact", "Person", "Full name", "Contact person", "Who"],
            "dev": ["Contact name"],
            "heldout": ["Name of contact", "My name"],
        },
        "company": {
            "train": ["Company", "Firm", "Employer", "Organisation", "Works at", "Business"],
            "dev": ["Company name"],
            "heldout": ["Name of company", "My company"],
        },
        "email": {
            "train": ["E-mail", "Email", "Mail", "E-mail address", "Write to", "Email address"],
            "dev": ["Contact mail"],
            "heldout": ["Mail address", "My e-mail"],
        },
        "phone": {
            "train": ["Phone", "Tel.", "Telephone", "Mobile", "Phone number", "Call", "Tel"],
            "dev": ["Contact phone"],
            "heldout": ["Mobile phone", "My phone"],
        },
    },
    "meeting": {
        "person": {
            "train": ["With", "Person", "Guest", "Attendee", "Who", "Meeting with"],
            "dev": ["Meet with"],
            "heldout": ["Name of guest", "Person to meet"],
        },
        "date": {
            "train": ["Date", "Day", "When", "On", "Meeting date"],
            "dev": ["Day of meeting"],
            "heldout": ["Date of meeting", "Meeting day"],
        },
        "time": {
            "train": ["Time", "Start", "At", "Starts at", "Hour", "Begin"],
            "dev": ["Start time"],
            "heldout": ["Time of meeting", "Meeting starts at"],
        },
        "place": {
            "train": ["Place", "Where", "Location", "City", "Venue", "In"],
            "dev": ["Meeting place"],
            "heldout": ["Place of meeting", "Meeting location"],
        },
    },
}

# Slot -> sentences that state it, for prose made of single clauses.
CLAUSES: dict[str, dict[str, dict[str, list[str]]]] = {
    "invoice": {
        "vendor": {
            "train": [
                "[This is|Here is|Attached is] [an invoice|a bill|the invoice] from {vendor}.",
                "{vendor} [sent|has sent] [us|you] [an invoice|a bill].",
                "The [vendor|seller|supplier] is {vendor}.",
                "[We bought|The goods were bought] from {vendor}.",
                "{vendor} thanks you for your [order|business].",
                "[Issued|Billed] by {vendor}.",
            ],
            "dev": ["You get this invoice from {vendor}."],
            "heldout": ["We received a bill, the sender is {vendor}.", "Today {vendor} has billed us."],
        },
        "invoice_number": {
            "train": [
                "The invoice [number|no.] is {invoice_number}.",
                "[It has|It carries] the number {invoice_number}.",
                "[Please quote|Use] {invoice_number} [when you pay|in your payment].",
                "[Invoice|Bill] {invoice_number}.",
                "[Reference|Document]: invoice {invoice_number}.",
            ],
            "dev": ["Its number reads {invoice_number}."],
            "heldout": [
                "You find it under invoice number {invoice_number}.",
                "Please write {invoice_number} on the payment.",
            ],
        },
        "date": {
            "train": [
                "It [was issued|is dated|was written] [on|] {date}.",
                "The [invoice|billing] date is {date}.",
                "[Dated|Issued] {date}.",
                "[We sent|They sent] it on {date}.",
                "Date of the invoice: {date}.",
            ],
            "dev": ["On {date} it was issued."],
            "heldout": ["The date on the bill is {date}.", "They issued it on {date}."],
        },
        "money": {
            "train": [
                "The [total|amount|sum] is {money}.",
                "[Please pay|You owe|We have to pay] {money}.",
                "[Total|Amount] due: {money}.",
                "[It comes to|It adds up to|That makes] {money} [in total|].",
                "{money} [is|are] due [soon|in total|within 14 days].",
                "The total amount [to pay|due] is {money}.",
            ],
            "dev": ["In total we owe {money}."],
            "heldout": ["The sum to be paid is {money}.", "All in all you have to pay {money}."],
        },
    },
    "order": {
        "customer": {
            "train": [
                "[The customer|The buyer|The client] is {customer}.",
                "{customer} [placed|made|sent] [an order|a new order].",
                "[My name is|This is|I am] {customer}.",
                "[Ordered|Bought] by {customer}.",
                "We have [an order|a request] from {customer}.",
            ],
            "dev": ["It was {customer} who placed the order."],
            "heldout": ["The order was placed by {customer}.", "A request came in from {customer}."],
        },
        "order_number": {
            "train": [
                "The order [number|no.|ID] is {order_number}.",
                "[Order|Order number] {order_number}.",
                "[It has|It got] the number {order_number}.",
                "[Our reference|Reference] is order {order_number}.",
            ],
            "dev": ["Please book it as order {order_number}."],
            "heldout": ["We gave it the order number {order_number}.", "You find it as order {order_number}."],
        },
        "bought": {
            "train": [
                "[We need|I need|They want|Please send] {quantity} {item}.",
                "[It is|It was] for {quantity} {item}.",
                "[The order|It] [contains|includes|lists] {quantity} {item}.",
                "{quantity} {item} [were ordered|are needed|, please].",
                "[Item|Product]: {item}, {quantity} [pieces|units].",
                "[The item is|It is about] {item}, [the quantity is|quantity] {quantity}.",
                "{quantity} x {item}.",
            ],
            "dev": ["What we need are {quantity} {item}."],
            "heldout": [
                "The client wants to get {quantity} {item}.",
                "The product is {item} and we need {quantity} of them.",
            ],
        },
        "city": {
            "train": [
                "[Please ship|Please deliver|Send] [it|them|everything] to {city}.",
                "The [delivery|shipment] goes to {city}.",
                "[Ship|Deliver] to {city}.",
                "The [city|destination] is {city}.",
                "[We are|The buyer is] [in|from] {city}.",
            ],
            "dev": ["Everything has to go to {city}."],
            "heldout": ["They have to be shipped to {city}.", "{city} is where the goods go."],
        },
    },
    "contact": {
        "name": {
            "train": [
                "[My name is|This is|I am] {name}.",
                "[The contact|Your contact|The person to ask] is {name}.",
                "[Please contact|Ask for|Talk to] {name}.",
                "{name} [is our contact|wrote to us|called today].",
            ],
            "dev": ["The one to talk to is {name}."],
            "heldout": ["We got a message of {name}.", "You can ask {name}."],
        },
        "company": {
            "train": [
                "[I work|She works|He works] [at|for] {company}.",
                "[Our|The] company is {company}.",
                "[I am|They are] [from|with] {company}.",
                "{company} is [the company|our firm|my employer].",
                "[We are|I write for] {company}.",
            ],
            "dev": ["The firm is called {company}."],
            "heldout": ["The name of our company is {company}.", "My employer is {company}."],
        },
        "email": {
            "train": [
                "[My|The] [e-mail|email|mail address] is {email}.",
                "[Write|Send a mail|Please write] to {email}.",
                "[You can reach me|Reach us] at {email}.",
                "E-mail: {email}.",
            ],
            "dev": ["For mail use {email}."],
            "heldout": ["Please use the e-mail address {email}.", "A mail to {email} is best."],
        },
        "phone": {
            "train": [
                "[My|The|Our] [phone|phone number|telephone|mobile] is {phone}.",
                "[Call|Please call|Ring] [me|us|] [at|on|] {phone}.",
                "[You can call|Or call] {phone}.",
                "Tel. {phone}.",
            ],
            "dev": ["By phone: {phone}."],
            "heldout": ["The number to call is {phone}.", "On the phone you reach us at {phone}."],
        },
    },
    "meeting": {
        "person": {
            "train": [
                "[I have|We have|There is] a [meeting|call] with {person}.",
                "[Let us|Please] meet {person}.",
                "{person} [will come|comes to see us|wants to meet].",
                "[You will meet|We meet|I meet] {person}.",
                "The [guest|other person] is {person}.",
            ],
            "dev": ["A meeting is planned with {person}."],
            "heldout": ["{person} wants to see you.", "We will have a talk with {person}."],
        },
        "date": {
            "train": [
                "[It is|It will be|The meeting is] on {date}.",
                "The [date|day] is {date}.",
                "[We meet|See you|Come] on {date}.",
                "[Planned|Fixed] for {date}.",
            ],
            "dev": ["The day will be {date}."],
            "heldout": ["It was planned for {date}.", "The date we agreed on is {date}."],
        },
        "time": {
            "train": [
                "[It starts|It begins|We start|We meet] at {time}.",
                "The time is {time}.",
                "[At|From] {time}.",
                "[Be there|Please come] at {time}.",
            ],
            "dev": ["The start is {time}."],
            "heldout": ["The meeting begins at {time}.", "Please be ready at {time}."],
        },
        "place": {
            "train": [
                "[It is|We meet|It takes place|We will be] in {place}.",
                "The [place|location|venue] is {place}.",
                "[Come|Please come|Travel] to {place}.",
                "[Where|Place]: {place}.",
            ],
            "dev": ["The venue will be in {place}."],
            "heldout": ["The meeting takes place in {place}.", "You have to travel to {place}."],
        },
    },
}

WHOLE: dict[str, dict[str, list[str]]] = {
    "invoice": {
        "train": [
            "Invoice {invoice_number} from {vendor}, [dated|issued] {date}, total {money}.",
            "{vendor} [billed|charged|invoiced] us {money} on {date} [with|under] invoice {invoice_number}.",
            "On {date} {vendor} sent invoice {invoice_number} [over|for] {money}.",
            "[Dear customer,|Hello,] [please find|here is] our invoice {invoice_number} of {date}. [Please pay|The amount is] {money}. [Regards,|Best,] {vendor}",
            "{vendor}\nInvoice {invoice_number}\n{date}\nTotal {money}",
            "{vendor}\nInvoice no. {invoice_number}\nDate {date}\n{items}\nTotal: {money}",
            "We got a bill from {vendor}: number {invoice_number}, {date}, {money}.",
            "{money} [to|for] {vendor}, invoice {invoice_number}, {date}.",
            "[Please pay|Can you pay] {money} to {vendor} for invoice {invoice_number} [from|of] {date}.",
            "INVOICE {invoice_number}\n{vendor}, {city}\nIssued {date}\nBill to: {customer}\nSubtotal {other}\nAmount due {money}",
            "The [bill|invoice] {invoice_number} which {vendor} [wrote|issued] on {date} is [about|over] {money}.",
            "Bought from {vendor} on {date}. Invoice {invoice_number}. Paid {money}.",
            "{customer} got invoice {invoice_number} on {date}. The vendor {vendor} asks for {money}.",
        ],
        "dev": [
            "On {date} we had to pay {money} to {vendor}, see invoice {invoice_number}.",
            "{vendor}, bill no. {invoice_number}, {money}, issued on {date}.",
        ],
        "heldout": [
            "Please book: {vendor} wants {money}, the invoice number is {invoice_number} and it was issued on {date}.",
            "Bill {invoice_number}, {date}. You owe {vendor} a total of {money}.",
            "Hello {customer}, for your order we charge {money}. Our invoice {invoice_number} was written on {date}. Yours, {vendor}",
            "{vendor} - {city}\nDate {date}\nInvoice: {invoice_number}\nFor: {customer}\nPlease pay {money}",
        ],
    },
    "order": {
        "train": [
            "{customer} [ordered|bought|wants] {quantity} {item}, order {order_number}, [to|for delivery to|ship to] {city}.",
            "Order {order_number}: {quantity} {item} for {customer} in {city}.",
            "[Hello,|Hi,] I [want to order|would like|need] {quantity} {item}. [Please ship|Send it] to {city}. Order {order_number}. [Thanks,|Best,] {customer}",
            "{quantity} {item} [go|are going] to {customer} in {city} [under|with] order number {order_number}.",
            "[Please send|Ship] {quantity} {item} to {customer}, {city} (order {order_number}).",
            "{order_number}\n{customer}\n{city}\n{quantity} x {item}",
            "On {date} {customer} from {city} ordered {quantity} {item}. The order number is {order_number}.",
            "New order {order_number} by {customer}. {quantity} {item}. Destination {city}.",
            "We ship {quantity} {item} to {city} for {customer} as order {order_number}.",
        ],
        "dev": ["For {customer} in {city}: order {order_number}, {quantity} {item}."],
        "heldout": [
            "Our client {customer} lives in {city} and wants {quantity} {item}, the number of the order is {order_number}.",
            "Please deliver to {city}: {quantity} {item} which {customer} bought with order {order_number}.",
            "Good day, this is {customer} from {city}. I placed order {order_number} for {quantity} {item}.",
        ],
    },
    "contact": {
        "train": [
            "{name}\n{company}\n{email}\n{phone}",
            "[Best|Kind] regards,\n{name}\n{company}\nTel. {phone}\n{email}",
            "{name} [from|of|at] {company}, {email}, {phone}.",
            "[My name is|I am] {name} and I work [for|at] {company}. [Reach me at|Write to] {email} or call {phone}.",
            "[Please call|Call] {name} ({company}) [at|on] {phone} or [write|mail] to {email}.",
            "Hello, this is {name} from {company}. My number is {phone} and my e-mail is {email}.",
            "{company}: ask for {name}, phone {phone}, mail {email}.",
            "[New contact|Contact]: {name}, {company}, phone {phone}, e-mail {email}.",
            "Thanks for the talk. You can reach me by mail at {email} or by phone at {phone}.\n{name}, {company}",
        ],
        "dev": ["{name} works at {company}; the phone is {phone}, the mail {email}."],
        "heldout": [
            "If you have questions, {name} at {company} can help: {phone} or {email}.",
            "I met {name} today, who works for {company}. Mail: {email}, mobile: {phone}.",
            "Yours,\n{name}\n\n{company} | {phone} | {email}",
        ],
    },
    "meeting": {
        "train": [
            "[Meeting|Call|Appointment] with {person} on {date} at {time} in {place}.",
            "{person} [will meet|wants to meet|can see] [you|us] in {place} on {date} at {time}.",
            "[Let us|Shall we|Can we] meet in {place} on {date} at {time}? [Best,|Regards,] {person}",
            "On {date} at {time} [I meet|we meet|there is a call with] {person} in {place}.",
            "[Reminder|Note]: {time}, {date}, {person}, {place}.",
            "Hello, I [will be|am] in {place} on {date}. [Can we meet|Let us meet] at {time}? {person}",
            "At {time} on {date} {person} [comes to|arrives in|visits us in] {place}.",
            "{place}, {date}, {time}: [meeting|lunch|interview] with {person}.",
        ],
        "dev": ["{person} expects you on {date} at {time} in {place}."],
        "heldout": [
            "Please come to {place}, where you will meet {person} at {time} on {date}.",
            "The talk with {person} was moved to {date}, {time}, and will be in {place}.",
            "{person} here, I would like to see you in {place}. Is {date} at {time} fine?",
        ],
    },
}

# Lines and sentences nobody asks for.
EXTRA: dict[str, dict[str, list[str]]] = {
    "invoice": {
        "train": [
            "Due [date|on|by]: {date2}",
            "VAT {number} %",
            "Subtotal: {other}",
            "[Bill to|Customer]: {customer}",
            "Payment terms: {number} days",
            "Thank you for your business!",
            "Tax: {other}",
            "{items}",
            "Bank transfer only.",
            "Delivered to {city}.",
            "Tel. {phone}",
        ],
        "dev": ["Pay by: {date2}", "Tax included."],
        "heldout": ["Please pay by {date2}", "Net: {other}", "Client: {customer}", "Many thanks for your order."],
    },
    "order": {
        "train": [
            "[Price|Cost]: {other}",
            "Please [hurry|be quick].",
            "Payment by card.",
            "Deliver by {date2}.",
            "Phone: {phone}",
            "Thank you.",
            "Pack it well, please.",
        ],
        "dev": ["Paid by transfer."],
        "heldout": ["Please pack it as a gift.", "It costs {other}.", "We need it by {date2}."],
    },
    "contact": {
        "train": [
            "[I look forward to hearing from you.|Talk soon.]",
            "We are based in {city}.",
            "Since {date2}.",
            "Sales manager",
            "Please answer soon.",
            "Office hours 9 to 5.",
        ],
        "dev": ["Head of sales"],
        "heldout": ["Our office is in {city}.", "Please call in the morning."],
    },
    "meeting": {
        "train": [
            "Please bring the [papers|plan|contract].",
            "Topic: {item}",
            "Call me if you are late: {phone}",
            "Lunch is included.",
            "Please confirm.",
            "Duration: {number} minutes",
        ],
        "dev": ["We talk about {item}."],
        "heldout": ["Please confirm by mail.", "It will take {number} minutes."],
    },
}

ASK: dict[str, list[str]] = {
    "train": [
        "Extract the fields as JSON: {text}",
        "Extract the fields as JSON:\n{text}",
        "Extract the fields as JSON.\n\n{text}",
        "Extract the {kind} as JSON: {text}",
        "Extract the {kind} fields as JSON with the keys {keys}.\n\n{text}",
        "Extract {keys} as JSON: {text}",
        "Return JSON with {keys} for this text:\n{text}",
        "Give me the {kind} data as JSON: {text}",
        "Read the {kind} and return JSON.\n\n{text}",
        "{text}\n\nExtract the fields as JSON.",
        "{text}\n\nReturn the {kind} as JSON.",
        "Turn this {kind} into JSON: {text}",
        "Convert to JSON: {text}",
        "JSON please: {text}",
        "Make JSON from this {kind}:\n{text}",
        "Find {keys} in the text and answer as JSON.\n{text}",
        "Extract the {kind} to JSON.\n\n{text}",
        "Extract JSON from this: {text}",
        "Fill the keys {keys} from the text: {text}",
        "Which fields are in this {kind}? Answer with JSON.\n{text}",
        "Extract this {kind} to a strict JSON object with the keys {keys}:\n{text}",
        "Parse this {kind}: {text}",
        "Text: {text}\nKeys: {keys}\nJSON:",
        "Extract the data from the following message as JSON.\n{text}",
        "I need the details of this {kind} as JSON: {text}",
        "Extract the {kind} details: {text}",
    ],
    "dev": ["Write the {kind} below as JSON.\n{text}", "Get {keys} out of this text as JSON: {text}"],
    "heldout": [
        "Please read this {kind} and give me its fields as JSON: {text}",
        "Here is a text:\n{text}\n\nAnswer with a JSON object that has the keys {keys}.",
        "Pull the fields out of the message below, JSON only.\n\n{text}",
        "What are {keys} here? Return JSON.\n{text}",
        "Convert the following {kind} text into a JSON object: {text}",
    ],
}
