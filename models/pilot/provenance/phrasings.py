"""Phrasings for sentiment, summaries, arithmetic and repeating, by split."""

ADJECTIVES: dict[str, list[str]] = {
    "positive": "great good excellent lovely wonderful perfect fantastic amazing pleasant friendly brilliant superb nice beautiful helpful delightful".split(),
    "negative": "bad terrible awful poor horrible disappointing dirty useless rude boring weak annoying unpleasant ugly dreadful slow".split(),
    "neutral": "average okay ordinary normal standard usual typical acceptable".split(),
}

PLACES: dict[str, list[str]] = {
    "train": "hotel restaurant cafe shop museum course film book phone laptop blender vacuum bicycle tent service support room breakfast tour app concert".split(),
    "dev": "theatre camera bakery tablet".split(),
    "heldout": "library toaster airline campsite kettle podcast aquarium novel".split(),
}

SENTIMENT: dict[str, dict[str, list[str]]] = {
    "train": {
        "positive": [
            "[The {thing} was|It was] {pos} and [the {thing2} too|{person} was {pos2}].",
            "[How|So] {pos}[, thank you|, we enjoyed it|]!",
            "[I enjoyed|We enjoyed|Everybody enjoyed] [every day|the {thing}|our stay].",
            "[I started|We started] [unhappy|sad|angry], [but now|and now] [I love it|we are happy|I am very satisfied].",
            "[I loved|We loved] the {thing}, [not {neg} in any way|nothing was {neg}].",
            "[{person} said|They said|People say] the {thing} [is|would be] {neg}, but [I like it|it is {pos}|we are happy].",
            "Was it {neg}? No, [it was {pos}|I am happy|very {pos}].",
            "[I do not regret|We never regret] buying the {thing}.",
            "[You should|Everyone should] [buy|visit|try] [it|this {thing}].",
            "[The|This] {thing} [is|was] [{pos}|really {pos}|so {pos}|simply {pos}].",
            "[I love|We love|I really like] [this|the] {thing}.",
            "[I am|We are|We were] very [happy|satisfied|pleased] with [it|the {thing}].",
            "[I can|I would|We will] [recommend|buy] [it|this {thing}] [to everyone|again|any time].",
            "The {thing} [was not|is not|is never] {neg} [at all|], [it is|it was] {pos}.",
            "[It works|Everything works|It worked] [perfectly|very well|without problems].",
            "[Best|The best] {thing} [ever|in {city}|I have had].",
            "[Five stars|Thumbs up|Ten out of ten] for [this {thing}|{person}|the team].",
            "I [expected|feared] [something {neg}|a {neg} {thing}], but it [was|turned out to be] {pos}.",
            "[Although|Even though] the {thing2} was {neg}, [in the end|overall|all in all] I [am happy|liked it|would come again].",
            "[The {thing2} was a bit {neg}|A little {neg} at first], but [the rest|everything else|overall it] was {pos}.",
            "[Nothing|Not a single thing] to complain about, {pos} {thing}.",
            "[Thanks to|Thank you] {person}, [it was a {pos} day|we had a {pos} time].",
            "[I will|We will] [come back|return|visit again] [soon|next year|for sure].",
            "[Worth every cent|Good value|A bargain], {pos} quality.",
            "It made [me|us|my kids] [smile|happy|very happy].",
            "[My friends|My family|People] [called it|said it was] {neg}, [but I disagree|I do not agree|they are wrong]: it is {pos}.",
        ],
        "negative": [
            "[The {thing} was|It was] {neg} and [the {thing2} too|{person} was {neg2}].",
            "[How|So] {neg}[, no thank you|, we hated it|]!",
            "[I hated|We hated|Nobody enjoyed] [every day|the {thing}|our stay].",
            "[I started|We started] [happy|glad|satisfied], [but now|and now] [I hate it|we are angry|I am very disappointed].",
            "[I hated|We hated] the {thing}, [not {pos} in any way|nothing was {pos}].",
            "[{person} said|They said|People say] the {thing} [is|would be] {pos}, but [I hate it|it is {neg}|we are unhappy].",
            "Was it {pos}? No, [it was {neg}|I am unhappy|very {neg}].",
            "[I regret|We really regret] buying the {thing}.",
            "[You should not|Nobody should] [buy|visit|try] [it|this {thing}].",
            "[The|This] {thing} [is|was] [{neg}|really {neg}|so {neg}|simply {neg}].",
            "[I hate|We hate|I do not like|I regret buying] [this|the] {thing}.",
            "[I am|We are|We were] very [unhappy|disappointed|angry] [with|about] [it|the {thing}].",
            "[I cannot|I would not|Never again will I] [recommend|buy] [it|this {thing}].",
            "The {thing} [was not|is not|is never] {pos} [at all|], [it is|it was] {neg}.",
            "[It broke|It failed|It stopped working] after [{number} days|one week|a month].",
            "[Worst|The worst] {thing} [ever|in {city}|I have had].",
            "[One star|Thumbs down|Zero points] for [this {thing}|{person}|the team].",
            "I [expected|hoped for] [something {pos}|a {pos} {thing}], but it [was|turned out to be] {neg}.",
            "[Although|Even though] the {thing2} was {pos}, [in the end|overall|all in all] I [am unhappy|did not like it|would not come again].",
            "[The {thing2} was quite {pos}|Rather {pos} at first], but [the rest|everything else|overall it] was {neg}.",
            "[Nothing|Not a single thing] was {pos}, a {neg} {thing}.",
            "[Because of|Thanks to] {person}, [it was a {neg} day|we had a {neg} time].",
            "[I will|We will] [not come back|never return|not visit again].",
            "[A waste of money|Not worth the price|Far too expensive], {neg} quality.",
            "It made [me|us|my kids] [sad|angry|very unhappy].",
            "[My friends|My family|People] [called it|said it was] {pos}, [but I disagree|I do not agree|they are wrong]: it is {neg}.",
        ],
        "neutral": [
            "The {thing} [from|of] {city} [has|had] {number} [pages|rooms|seats|buttons].",
            "[The {thing} is|It is] in {city} [and has {number} rooms|near the station|].",
            "[The {thing} and|] the {thing2} [open|start|close] at {number}.",
            "[It took|The visit took|I waited] {number} minutes.",
            "[The|This] {thing} [is|was] [{neu}|quite {neu}|just {neu}].",
            "[Neither|It is neither] {pos} nor {neg}.",
            "[I have|We have] no [opinion|strong feelings] about [it|the {thing}].",
            "The {thing} [opens|closes|starts] at {number} [o'clock|].",
            "[It is|There is] a {thing} in {city}.",
            "[I bought|We got|I ordered] the {thing} [on {date}|last week].",
            "The {thing} [has|comes with] {number} [parts|rooms|pages].",
            "[It does|It did] what [it should|they said], [nothing more|no more and no less].",
            "[Some things|One half] were {pos}, [others|the other half] {neg}, [so so|nothing special].",
            "[Nothing special|A {neu} {thing}].",
            "The {thing} costs {amount}.",
            "[I used|We used] the {thing} [once|twice|for a day], it is {neu}.",
            "[We stayed|I was there] for {number} days.",
        ],
    },
    "dev": {
        "positive": ["What a {pos} {thing}, I am happy.", "People warned us it was {neg}, yet we loved the {thing}."],
        "negative": ["What a {neg} {thing}, I am disappointed.", "The {thing} looked {pos}, yet it stopped working."],
        "neutral": ["A {neu} {thing}, nothing more.", "The {thing} is in {city} and opens at {number}."],
    },
    "heldout": {
        "positive": [
            "We feared that the {thing} would be {neg}, and were happy to find it {pos}.",
            "{person} loves it and so do I.",
            "There was nothing {neg} about our {thing}, I would visit it any time.",
            "My first day with the {thing} was {neg}, since then I really love it.",
            "Not {neg} at all, this is a {pos} {thing} and I will buy one again.",
            "You can buy this {thing}, it works very well and made us smile.",
            "How {pos}! Our family will come back to this {thing}.",
            "Everyone says the {thing} is {neg}, I disagree and am very satisfied.",
        ],
        "negative": [
            "We thought that the {thing} would be {pos}, and were angry to find it {neg}.",
            "{person} hates it and so do I.",
            "There was nothing {pos} about our {thing}, I would not visit it again.",
            "My first day with the {thing} was {pos}, since then I really hate it.",
            "Not {pos} at all, this is a {neg} {thing} and I will never buy one again.",
            "Do not buy this {thing}, it stopped working and made us sad.",
            "How {neg}! Our family will never come back to this {thing}.",
            "Everyone says the {thing} is {pos}, I disagree and am very unhappy.",
        ],
        "neutral": [
            "They sell the {thing} in {city} for {amount}.",
            "I would call the {thing} {neu}, nothing more and nothing less.",
            "On {date} we were at the {thing} for {number} minutes.",
            "It is a {neu} {thing}, not {pos} and not {neg}.",
            "The {thing} from {city} has {number} pages and costs {amount}.",
        ],
    },
}

ASK_SENTIMENT: dict[str, list[str]] = {
    "train": [
        "[Please|] [judge|rate|classify|label|name|say|give] [the|its] [sentiment|mood|feeling] [of|in] [this|the following|my] [review|text|comment|feedback|message]: {text}",
        "[Is|Does] [it|this] [sound|seem] [positive, negative or neutral|negative, neutral or positive]? {text}",
        "{text}\n\n[Sentiment|Mood|Positive, negative or neutral|Which feeling is it]?",
        "[Review|Comment|Text|Feedback|Opinion]: {text}\n[Sentiment|Mood|Is it positive, negative or neutral]?",
        "What is the sentiment of this review? {text}",
        "Sentiment: {text}",
        "Is this review positive, negative or neutral? {text}",
        "Classify the sentiment: {text}",
        "Review: {text}\nSentiment:",
        "Positive, negative or neutral?\n{text}",
        "{text}\n\nWhat is the sentiment?",
        "Judge the mood of this text: {text}",
        "How does the writer feel? Answer positive, negative or neutral.\n\n{text}",
        "Give the sentiment of: {text}",
        "Rate the sentiment of this comment: {text}",
        "Classify the sentiment as positive, negative or neutral: {text}",
        "Does this customer like it? Answer with positive, negative or neutral. {text}",
        "Label the sentiment of this feedback: {text}",
        "{text}\nIs this positive, negative or neutral?",
        "Is the feedback good or bad? Say positive, negative or neutral: {text}",
    ],
    "dev": ["Tell me the sentiment: {text}"],
    "heldout": [
        "Read the review and tell me whether it is positive, negative or neutral: {text}",
        "Customer feedback:\n{text}\n\nWhich sentiment does it have?",
        "Please find the sentiment of the text below.\n{text}",
    ],
}

ACTIONS: dict[str, list[str]] = {
    "train": """move the launch to {date}|hire {number} new people|buy {item}|close the office in {city}|open a shop in {city}|change the supplier to {company}|raise the price to {amount}
        |cancel the order of {item}|test {product} for a month|paint the office|write a new plan|ask {company} for a quote|train the staff|repair the roof|sell the old {item}|send {item} to {company}
        |start on {date}|wait until {date}|cut the budget by {amount}|visit {company} in {city}""".replace(
        "\n        ", ""
    ).split("|"),
    "dev": "order {number} {item}|delay the visit to {date}|rent a room in {city}".split("|"),
    "heldout": "open an office in {city} on {date}|buy {number} {item} from {company}|replace the old {item}|ask {company} for help with {product}|stop the test of {product}|raise the budget to {amount}".split(
        "|"
    ),
}

TEAMS: dict[str, list[str]] = {
    "train": "sales support finance design product marketing legal training garden kitchen research quality".split(),
    "dev": "packing music".split(),
    "heldout": "safety purchasing catering insurance".split(),
}

FILLER: dict[str, list[str]] = {
    "train": [
        "The meeting [took|lasted] {number} minutes.",
        "[Everybody|Everyone] was on time.",
        "There was coffee and {item}.",
        "It was [raining|cold|sunny] in {city}.",
        "[Some|Two] people joined by phone.",
        "[Many|A lot of] questions were asked.",
        "{person2} was not there.",
        "The [numbers|figures] of last month were shown.",
        "[First|At first] they talked about {item}.",
        "Nobody had [questions|objections].",
        "The talk was long.",
        "{person2} took notes.",
    ],
    "dev": ["It took a long time.", "{person2} joined late."],
    "heldout": [
        "{person2} brought {item}.",
        "The discussion lasted {number} minutes and everyone was there.",
        "Some people talked about the rain in {city}.",
    ],
}

# (statement of the decision, statement of who follows up)
MEETING: dict[str, tuple[list[str], list[str]]] = {
    "train": (
        [
            "The {team} team [decided|agreed|plans] to {action}.",
            "[In the end|Finally|After a long talk] the {team} team [decided|agreed] to {action}.",
            "It was [decided|agreed] that the {team} team will {action}.",
            "The {team} team [wants|is going] to {action}.",
            "The decision of the {team} team: {action}.",
        ],
        [
            "{person} [will take care of it|is responsible|will do it|takes the lead].",
            "[Responsible|In charge] is {person}.",
            "The [task|job] [goes|was given] to {person}.",
            "{person} [will report back|will follow up] [soon|next week].",
        ],
    ),
    "dev": (["So the {team} team is to {action}."], ["It is the job of {person}."]),
    "heldout": (
        [
            "At last all agreed that the {team} team is going to {action}.",
            "What the {team} team wants is to {action}.",
            "The plan of the {team} team is to {action}.",
        ],
        ["{person} takes care of the task.", "The one responsible is {person}.", "The lead was given to {person}."],
    ),
}

MEETING_SUMMARY = "The {team} team will {action}; {person} is responsible."

# (problem, cause, fix)
INCIDENT: dict[str, tuple[list[str], list[str], list[str]]] = {
    "train": (
        [
            "[On {date}|In the morning|Last night] {product} [stopped working|failed|was down].",
            "{product} [went down|crashed|did not work] [on {date}|for {number} minutes|yesterday].",
            "[Users|Customers] [reported|said] that {product} [was down|did not work].",
        ],
        [
            "The [reason|cause] was {cause}.",
            "[It was caused by|It happened because of|This was due to] {cause}.",
            "{person2} found {cause}.",
        ],
        [
            "{person} [fixed it|solved the problem|repaired it].",
            "[It was fixed|It was solved|The repair was done] by {person}.",
            "[Thanks to|With the help of] {person} it [works again|is back].",
        ],
    ),
    "dev": (["Nobody could use {product} on {date}."], ["What caused it was {cause}."], ["{person} brought it back."]),
    "heldout": (
        ["For {number} minutes {product} was down for all customers.", "Yesterday we saw that {product} had failed."],
        ["The problem happened due to {cause}.", "As the cause we found {cause}."],
        ["The problem was repaired by {person}.", "It works again because {person} solved it."],
    ),
}

CAUSES: dict[str, list[str]] = {
    "train": [
        "a full disk",
        "a broken cable",
        "a wrong password",
        "a power cut",
        "an old battery",
        "a bad update",
        "a network error",
        "too many users",
        "a missing file",
        "a software bug",
        "an expired licence",
        "water in the server room",
    ],
    "dev": ["a broken switch", "a full mailbox"],
    "heldout": ["a missing cable", "an old update", "a wrong battery", "a broken licence", "too many files"],
}

INCIDENT_SUMMARY = "{product} failed because of {cause}; {person} fixed it."

ASK_SUMMARY: dict[str, list[str]] = {
    "train": [
        "[Please|] [summarise|summarize|shorten|condense] [this|the following|my] [note|text|report|message|mail] [in one sentence|briefly|]: {text}",
        "{text}\n\n[Summary|Short version|In one sentence|What is the point|Make it short][?|:|]",
        "[Give me|Write|Make|I need] [the|a] [short|brief|one line] [summary|version] of [this|the text|it]: {text}",
        "[What happened|What was decided|What is this about|What does it say]? {text}",
        "Summarise: {text}",
        "Summarize: {text}",
        "Summarise this note: {text}",
        "Summarise in one sentence: {text}",
        "Give a short summary:\n{text}",
        "{text}\n\nSummarise this.",
        "TL;DR: {text}",
        "Write a one sentence summary of this text:\n{text}",
        "What is the main point? {text}",
        "Please summarize the following text.\n\n{text}",
        "Shorten this: {text}",
        "Short summary please: {text}",
        "Summarise this report in one sentence.\n{text}",
        "Text: {text}\nSummary:",
    ],
    "dev": ["Sum this up: {text}"],
    "heldout": [
        "Please write the summary of this note in one short sentence: {text}",
        "{text}\n\nWhat is the short summary of this?",
        "Give me the main point of the report below.\n{text}",
    ],
}

ARITHMETIC: dict[str, dict[str, list[str]]] = {
    "+": {
        "train": [
            "What is {a} + {b}?",
            "{a} + {b}",
            "{a} + {b} =",
            "What is {a} plus {b}?",
            "Add {a} and {b}.",
            "How much is {a} + {b}?",
            "Compute {a} + {b}.",
            "Calculate {a}+{b}",
            "The sum of {a} and {b}?",
            "What's {a}+{b}?",
            "{first} has {a} {noun} and gets {b} more. How many {noun} are there now?",
        ],
        "dev": ["Please add {b} to {a}."],
        "heldout": [
            "Tell me the sum of {a} and {b}.",
            "How much is {a} plus {b}?",
            "There are {a} {noun} and {first} gets {b} more. How many are there?",
            "Please compute {a} + {b}.",
        ],
    },
    "-": {
        "train": [
            "What is {a} - {b}?",
            "{a} - {b}",
            "{a} - {b} =",
            "What is {a} minus {b}?",
            "Subtract {b} from {a}.",
            "How much is {a} - {b}?",
            "Compute {a} - {b}.",
            "Calculate {a}-{b}",
            "What's {a}-{b}?",
            "{first} has {a} {noun} and sells {b}. How many {noun} are left?",
        ],
        "dev": ["Please take {b} from {a}."],
        "heldout": [
            "How much is {a} minus {b}?",
            "There are {a} {noun} and {first} sells {b}. How many are left?",
            "Please compute {a} - {b}.",
        ],
    },
    "*": {
        "train": [
            "What is {a} * {b}?",
            "{a} * {b}",
            "{a} x {b} =",
            "What is {a} times {b}?",
            "Multiply {a} by {b}.",
            "How much is {a} x {b}?",
            "Compute {a} * {b}.",
            "Calculate {a}*{b}",
            "What's {a}*{b}?",
        ],
        "dev": ["Please multiply {a} and {b}."],
        "heldout": ["How much is {a} times {b}?", "Please compute {a} x {b}."],
    },
}

REPEAT = [
    "Repeat: {text}",
    "Repeat after me: {text}",
    "Copy this text: {text}",
    'Say "{text}"',
    "Write exactly: {text}",
    "Echo {text}",
]
