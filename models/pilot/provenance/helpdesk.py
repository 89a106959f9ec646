"""More help-desk sentences, and frames that put the topic of another ticket beside the real one.

`[a|b]` picks one alternative; `{slot}` is filled. `splits.py` shares every
list out between training and dev.
"""

WHOLE: dict[str, list[str]] = {
    "billing": [
        "[My|Our] [bank|card issuer|bank manager] [asks|wants to know] [who you are|what {amount} is for|why you debit us].",
        "[I|We] [dispute|contest|do not accept|object to] [the charge|invoice {code}|this bill|the fee of {amount}].",
        "[Invoice|Bill|Statement] {code} [has|shows|carries] [a wrong name|the old address|no tax number|two items we did not order].",
        "[Where|When] [is|will I get] [my credit note|the corrected invoice|the refund of the overpayment|the bill for {month}]?",
        "[You|They] [keep|go on] [charging|billing|debiting] [my card|us|me] [after I cancelled|although the contract ended|every week].",
        "[The|Our] [direct debit|standing order|instalment|rate] of {amount} [went out twice|was too high|bounced|is due on {date}, can it wait].",
        "[Please|Kindly] [send|mail|issue] [the invoice|all bills|a receipt] [to our accounts office|as a PDF|in euros|with the cost centre {code}].",
        "[Is|Was] [sales tax|VAT|the service fee|a tip] [included in|part of|added to] [the sum|my bill|{amount}]?",
        "[I paid|We transferred] [too much|{amount} too much|the same bill twice|the wrong sum], [please pay it back|can you credit it|what now].",
        "[A|The] [debt collector|reminder|final notice] [writes|says|claims] [we owe {amount}|the bill is overdue], [but it is paid|that is false|please check].",
        "[Can|May] [I|we] [pay|settle] [in instalments|in two rates|by invoice|in another currency|with PayPal|after {date}]?",
        "[My|The] [trial|free month|voucher|coupon|gift balance] [should have made it free|was not counted|was ignored], [yet you took {amount}|and I was charged].",
        "[Why|For what] [do I pay|was I billed|am I charged] {amount} [more|extra|on top] [than last month|this time|in {month}]?",
        "[Update|Change|Remove] [my credit card|our bank details|the payment method|the billing contact][, please|].",
        "[The|Your] [currency|exchange rate|rounding|arithmetic] [on|in] [the invoice|bill {code}] [is off|looks wrong|cost us {amount}].",
        "[We|I] [never signed up for|did not agree to|know nothing of] [this fee|the surcharge|the yearly charge|a payment of {amount}].",
        "[How|When] [often|soon] [will|do] [you|they] [bill|charge|debit] [us|me]?",
        "[Our|The] [purchase order|cost centre|tax code] [is missing|must be shown|belongs] on [the invoice|every bill|invoice {code}].",
        "[Payment|My payment|The wire] [of {amount}|for {code}|] [is pending|shows as unpaid|was rejected|cannot be matched], [though the bank sent it|why|please look].",
        "[Cancel|Stop|End] [the automatic renewal|my subscription|billing], [I will not pay|no more charges please|you charged me again].",
        "[The|Your] [deposit|booking fee|cancellation fee|setup fee] [was kept|was charged|of {amount} should be returned][, I protest|, on what grounds|].",
        "[Do|Would] you [accept|take] [American Express|bank transfer|cheques|cash|crypto] [for the yearly fee|for my bill|]?",
        "[{amount} is|That is|Your total is] [not|hardly] what [we agreed|the contract says|was quoted] [, correct the bill|, send a new invoice|].",
        "[I need|My tax adviser needs|The auditors need] [all invoices|the payment history|a yearly summary of payments] [for|of] {year}.",
        "[The|My] [refund|money] for the [double|wrong|second] [charge|payment] [has not reached my bank|is missing].",
        "[Two|Three] [debits|charges|withdrawals] [on the same day|in one week|of {amount}] [must be|is surely|look like] a mistake.",
        "[My|Our] [employer|company|firm] [pays|will pay] the [bill|invoice], [where do I enter that|please address it to {company}].",
        "[What|How much] [do I|do we] [still owe|have to pay|have left to pay] [for {month}|in total|]?",
        "[The|Your] [pay button|checkout|payment page] [took the money|charged me] [twice|but gave no receipt|and no bill came].",
        "[Interest|Late charges|Dunning costs] of {amount} [are|seem] [unfair|wrong], [I paid in time|the bill came late].",
        "[I|We] [only|just] want to know [why I paid {amount}|what the fee is|how the bill is made up].",
        "[There|Here] is [money missing|a wrong debit|an extra {amount}|a second charge] on my [card|account statement|bank account].",
        "[Please|Can you] [lower|check|explain|correct|resend|cancel] [the bill|invoice {code}|our invoice|the amount due|the late fee].",
        "[The|Your] [yearly|monthly|extra|hidden] [fee|charge|costs] [is too high|was not announced|came as a surprise|should be dropped].",
        "[I|We] [pay|have to pay] [too much|twice|for nothing|{amount} more than before].",
        "[My|Our] [payment|bank transfer|cheque|instalment] [is late|will be late|was sent today|did not arrive at your bank].",
        "[A|The] [bill|receipt|invoice|statement] [is wrong|is missing|is late|is in the wrong name|came twice].",
        "[Give me back|Pay back|Return|Refund] [the {amount} you took|my deposit|the fee|what was charged twice][, please|].",
        "[Which|What] [account|IBAN|bank] [do I|should we] [pay to|use for the payment|send the money to]?",
        "[The price|The sum|The total|The amount] [on|of] [the invoice|my bill] [is not right|does not add up|changed].",
        "[I|We] [got|received] [an invoice|a bill|a reminder] [without|for] [an order|a service we cancelled|{amount}][, please explain|].",
        "[My|The] card [was charged|has been charged|got charged] [again|for last year|{amount}|without my consent].",
        "[The|My|Our|Your|This] {dues} {dispute}.",
        "[The|My|Our|Your|This] {dues} {dispute}, [please check|please correct it|why|I want it back|who can explain it].",
        "[Please help|Hello|Problem|Sorry]: [the|my|our] {dues} {dispute}.",
    ],
    "technical": [
        "[The|Our] [dishwasher|heater|monitor|speaker|drill|alarm] [hums|smokes|trips the fuse|beeps|will not heat up] [since {date}|all night|].",
        "[I|We] [see|get] [nothing but errors|garbage characters|a spinning wheel|a grey box|code {code}] [in|on] [the dashboard|every page|the display].",
        "[Dragging|Copying|Sorting|Filtering|Undoing] [does not work|freezes the window|gives {code}|takes minutes].",
        "[The|My] [phone|tablet|watch|console] [loses|drops|does not keep] [the connection|bluetooth|the time|its settings].",
        "[Half of|All|None of] [the icons|the sensors|our scanners|the lights] [are gone|stopped|respond|went dark] [after the patch|today|].",
        "[{product}|The device|The unit] [overheats|vibrates|leaks oil|shuts down|reboots] [under load|after {number} minutes|for no reason].",
        "[The|Your] [site|web shop|service|API|cloud] [times out|is unreachable|throws error {code}|is down].",
        "[What|Which] [driver|firmware|version|cable|setting] [do I need|is needed|fixes that] [for {product}|to stop the crash|].",
        "[Our|The] [data|records|photos|notes|settings] [vanished|were wiped|are scrambled] [after the update|overnight|].",
        "[How|Can you tell me how] [do I|to] [reset|calibrate|pair|connect|debug|reinstall] {product}?",
        "[The|A] [macro|formula|script|filter|query] [returns nonsense|hangs|is broken|raises error {code}].",
        "[Voice|Video|Sound|Text] [is choppy|lags|is out of sync|comes too late|is distorted] [in meetings|on calls|].",
        "[The|My] [cursor|mouse|pen|trackpad] [jumps|freezes|disappears|clicks twice] [in {product}|all the time|].",
        "[Every|Each] [night|hour|morning] [the job|the sync|the import|our server] [dies|aborts|fails|stops] [with {code}|].",
        "[The|This] [screen|form|dialog|wizard] [cannot be closed|is cut off|has no buttons|is blank] [on small screens|in Firefox|].",
        "[Is|Are] [there|you aware of] [an outage|known bugs|a problem with the server|a fault in {product}]?",
        "[Notifications|Reminders|Pop ups|Alarms] [do not show|come late|never ring|appear twice] [on my phone|since the update|].",
        "[The|Our] [projector|camera|printer|label printer|card reader] [prints blank|prints stripes|is offline|sees no paper|needs a driver].",
        "[{product}|It|The app] [asks for|needs|wants] [an update|a restart] [each time|every day] [and then crashes|, is that a bug|and nothing happens].",
        "[Something|A process|A plug-in] [blocks|slows|eats] [the computer|the network|all memory|the disk] [when {product} runs|].",
        "[Typing|Scrolling|Opening a tab|Switching pages] [is slow|stutters|takes seconds] [on our machines|since version {number}|].",
        "[We|I] [tried|did] [everything in the manual|a reset|another cable|a new battery], [it is still dead|the error stays|no change].",
        "[The|Your] [map|clock|calendar|counter|thermometer] [is wrong|shows the wrong time|is an hour off|counts backwards].",
        "[Files|Pictures|Tables|Mails] [with accents|over {number} MB|from a Mac] [cannot be read|break the import|arrive damaged].",
        "[The|A] [green|red|yellow] [light|lamp|LED] [blinks|stays on|is off], [what is wrong|what does it mean|and {product} does nothing].",
        "[The|Our] [integration|interface|connector|link] [to|with] [our system|the database|{product}] [is broken|stopped|sends errors].",
        "[No|Not one] [printer|browser|computer] [here|in the office] [opens|shows|runs] [the page|the file|{product}] [properly|any more].",
        "[Water|Dust|Smoke] [got in|comes out|inside], now {product} [does not start|smells burnt|is silent], [can it be repaired|what do I do].",
        "[The|My] [remote control|button|switch|knob|lever] [does nothing|is stuck|reacts late|is dead].",
        "[Installing|Updating|Starting] [ends|stops] [at {number} percent|halfway|with {code}].",
        "[It|The {noun}|{product}] [is broken|does not work|stopped working|has a fault|keeps failing][, what can I do|, please help|].",
        "[Help|Please help], [the screen is black|nothing works|the program is stuck|the machine is dead|it crashed again].",
        "[I|We] [cannot|can't] [open|start|save|print|install|update] [it|the file|the program|{product}|anything].",
        "[There|Here] is [an error|a bug|a technical problem|no signal|a crash] [in|with] [the app|{product}|your software].",
        "[The|My] [app|program|machine|device|website] [is slow|is stuck|hangs|crashes|does not respond|gives errors].",
        "[What|How] [does error {code} mean|do I repair it|can I stop the crashes|do I connect it to the network]?",
        "[The|Our] [internet|wifi|line|bluetooth|network] [is down|is slow|does not connect|keeps dropping].",
        "[After|Since] the [update|restart|upgrade|storm] [nothing works|the app crashes|the sound is gone|it shows an error].",
        "[The|A] [cable|plug|battery|fan|motor|key] [is loose|got hot|makes noise|does not charge].",
        "[The|Your] [download|upload|video|page|search] [fails|stops|does not load|shows an error|is broken].",
        "[Why|When] does [it|the app|{product}] [crash|freeze|restart|turn off|show nothing] [all the time|every day|when I use it]?",
        "[Is|Was] the [server|system|website] [down|offline|broken|hacked] [today|last night|now]?",
        "[The|My|Our|Your|This] {device} {fault}.",
        "[The|My|Our] {device} {fault} [since {date}|after the update|again|all the time|every day|when I start it|for no reason].",
        "[Please help|Hello|Problem|Sorry]: [the|my|our] {device} {fault}.",
        "[The|My] {device} {fault}, [please fix it|can you repair it|what can I do|and the {device2} {fault2}].",
    ],
    "account": [
        "[I|We] [moved|got married|changed firms], [please change|how do I change] [my name in the profile|my user data|the details of my account].",
        "[The|Your] [captcha|code generator|security question|fingerprint] [keeps me out|rejects me|is refused] [when I sign in|at login|].",
        "[Somebody|A stranger|An ex-colleague|My son] [uses|got into|knows the password of|hacked] my [account|profile|login].",
        "[How|Where] [do I|can we] [invite|add|remove|block] [a colleague|users|members|a teammate] [in our workspace|]?",
        "[Please|Kindly] [deactivate|close|erase|reactivate|unblock|restore] my [account|profile|user].",
        "[My|The] [password|PIN|passphrase|login] [expired|is refused|was reset without me|does not work].",
        "[I|We] [cannot|can no longer] [get in|sign on|enter the portal|reach my profile], [it says user unknown|the password is right|help].",
        "[The|My] [verification|confirmation|welcome|activation] [e-mail|mail|link] [never arrived|has expired|went to spam].",
        "[Who|Which person] [can|may] [see|edit|manage] [my data|our profiles|the member list|user rights]?",
        "[I|She|He] [left|joins|leaves] the [company|team|project], [please remove the login|a new user is needed|change the owner].",
        "[Can|May] [I|we] [have|use|link] [one login for two firms|a second profile|a shared user|Google to sign in|a shorter user name]?",
        "[Change|Update|Correct] [my e-mail address|my phone number|my date of birth|the display name] [in my account|in the profile|][, please|].",
        "[It|The site|The portal] [says|tells me] [wrong password|no such user|account disabled|e-mail already used].",
        "[Give|Grant|Allow] [{person}|our trainee|the auditor] [read rights|admin rights|access to the workspace|a guest login].",
        "[Take|Revoke|Withdraw] [the admin role|all access|editing rights] [from|of] {person}.",
        "[I|We] [signed up|registered] [twice|with a typo|with the wrong e-mail], [can you merge it|please correct it|now I cannot confirm].",
        "[My|Our] [authenticator|phone with the codes|security key|recovery code] [was stolen|is lost|broke], [how do I sign in|I am locked out].",
        "[Which|What] [e-mail|user name|phone] [is|did I use] [for|with|behind] my [login|account|profile]?",
        "[Log|Sign] me out [everywhere|on all devices|of the old phone].",
        "[What|Which] [personal data|information] [do you store|is saved|is in my profile], [please delete it|I want a copy].",
        "[The|My] [avatar|profile photo|signature|language setting|time zone] [in my account|in the profile] [cannot be changed|is wrong].",
        "[Our|The] [administrator|owner|manager] [left|is ill|died], [who can take over the account|nobody has admin rights now].",
        "[I|We] [forgot|mislaid|mistyped] [the password|my PIN|the user name] [again|], [send me a new one|how do I reset it].",
        "[Unsubscribe|Remove|Take] me [from the newsletter|off the mailing list|from your mails][, the setting in my profile does not stay|].",
        "[The|Your] [reset|password] [page|link|form] [wants a code I lack|is expired|leads back to login].",
        "[Is|Was] my [account|profile] [hacked|suspended|deleted]? [I see a login from {city}|I cannot get in|My data is gone].",
        "[Single sign on|The company login|Two step login] [fails|refuses us|must be set up] [for new staff|since we changed the domain|].",
        "[How long|Why] [is|was] my [user|login|account] [blocked|frozen|on hold]?",
        "[My|Our] [membership|user] [number|id] [is unknown|is lost|does not match my name].",
        "[I want|We wish] to [transfer|hand over|rename] [the account|my profile|the workspace] [to {person}|].",
        "[I|We] [cannot|can't] [log in|sign in|get into my account|open my profile|remember the password][, please help|].",
        "[Please|Can you] [reset|change|send|unlock|delete] my [password|login|account|user name|profile].",
        "[My|The] [account|login|user|profile] [is locked|is gone|does not exist|was deleted|is not active].",
        "[How|Where] [do I|can I] [change my password|delete my account|edit my profile|log out|sign up]?",
        "[A|The] [new|second] [user|member|colleague|admin] [needs access|should get a login|cannot log in|must be added].",
        "[The|My] [login|sign in|password] [page|link|code|mail] [does not come|is not accepted|has expired|is wrong].",
        "[I|She|He] [has|needs|wants] [a new password|admin rights|a login|another user name|access to the account].",
        "[Someone|A person I do not know|My ex] [logged in as me|changed my password|uses my profile|stole my login].",
        "[I|We] want to [close|rename|open|share|merge] [the account|our accounts|a profile|my login].",
        "[My|Our] [e-mail|name|phone number|address] in the [profile|account|user settings] [is old|must be changed|is wrong].",
        "[Who|Why] [changed my user name|is logged in|has access to my account|was my login blocked]?",
        "[Too many|Five|Three] [wrong|failed] [passwords|logins|tries], [now I am locked out|open my account please|what now].",
        "[The|My|Our] {access} {barred}.",
        "[The|My|Our] {access} {barred}, [please help|what can I do|can you fix that|I cannot get in|how do I change it].",
        "[Please help|Hello|Problem|Sorry]: [the|my|our] {access} {barred}.",
    ],
    "delivery": [
        "[Nobody|No courier|No driver] [rang|knocked|showed up|stopped here] [today|on {date}|all day].",
        "[The|My] [carton|envelope|consignment|pallet|sack] [lies|waits|sits] [in the depot|in {city}|at customs|in the rain].",
        "[Could|Can] you [ship|send|post|route] [it|order {code}|{product}] [by express|to my work|abroad|to a pick up point|on Saturday]?",
        "[I|We] [moved|will be away|am on holiday], [please send the parcel to {city}|deliver later|change the delivery address].",
        "[The|Your] [parcel service|carrier|forwarder|postman] [lost|dropped|swapped|misplaced] [my box|our shipment|the letter].",
        "[What|Which] [day|time|hour] [does|will] [the lorry|the driver|my package|the furniture] [come|arrive|be here]?",
        "[Tracking|The tracking|The shipment page] [stopped|froze|says unknown|shows another town|is empty] [since {date}|].",
        "[Only|Just] [one of {number}|half of the|a part of the] [boxes|chairs|goods] [came|was delivered|is here], [where is the rest|the others are missing].",
        "[My|The] [neighbour|porter|guard|office] [refused|accepted|never saw] [the parcel|it|the delivery].",
        "[Has|Was] [order {code}|{product}|my order] [left|been sent|been shipped|been packed] [yet|]?",
        "[Delivery|Shipping|Dispatch] [was promised|was set|is planned] for {date}, [nothing came|it is late|can it be earlier].",
        "[The|A] [card|slip|note|mail] [says|claims] [I was not home|they tried|it was handed over], [that is not true|where is it|I was here].",
        "[Would|Will] you [deliver|ship|bring it] [to {city}|to islands|upstairs|at the weekend|on a holiday]?",
        "[It|The package|The crate] [went|was brought|was taken] to [the wrong house|number {number}|our old address|a shop far away].",
        "[How|Why] [long|so long] [is|takes] [the transport|the shipping|it on the road|delivery]?",
        "[Please|Kindly] [leave it|put it|drop it|unload it] [by the door|at gate {number}|in the shed|with the porter][ when you come|].",
        "[The|Our] [shipment|freight|container|cargo] [is held|waits|is stuck] [at the border|in the port|in {city}], [which papers are needed|when does it go on].",
        "[I|We] [wait|sit here|stay home] [since {date}|for days|every morning] [for|and wait for] [my parcel|the truck|{product}].",
        "[Give|Send|Tell] me [the tracking number|the shipment status|the time slot|the name of the carrier][ of {code}|].",
        "[The|Your] [driver|van|truck] [blocked our gate|threw the box|came at {number}|drove away|has the wrong address].",
        "[Stop|Hold|Redirect|Turn round] the [parcel|shipment|truck], [the address is wrong|nobody is there|it must go to {city}].",
        "[My|Our] [order|goods] [should|were to] be here [by now|last week|on {date}], [still nothing|what happened|where are they].",
        "[Can|May] [my son|{person}|a neighbour] [receive|sign for|collect|fetch] [the parcel|the delivery|it] [for me|at the depot|]?",
        "[The|My] [door code|floor|street|post code|name on the bell] [for the delivery|for the driver] [is {code}|has changed|was missing].",
        "[You|They] [shipped|sent|delivered] [to {city}|to my ex|to the office] [instead of|and not to] [my house|{person}|the branch].",
        "[Is|Are] [the goods|my shoes|the chairs] [on the way|in transit|still in stock waiting to be sent]?",
        "[Two|Three|Four] [weeks|days] [late|and no parcel|without news] [, where is {code}|: where is my package|].",
        "[An|The] empty [box|envelope|parcel] [was delivered|came by post], [the goods were lost on the way|was it opened in transit].",
        "[We|I] [want|need] [a fixed time|a call before delivery|delivery before noon|a new delivery date].",
        "[Does|Can] someone [carry|bring|haul] [it|the pallet|{product}] [to the third floor|inside|into the cellar] [on delivery|when you deliver|]?",
        "[Where|When] [is it|is my order|does it come|will it be here|is the parcel]?",
        "[My|Our|The] [parcel|package|order|delivery|box] [is late|is lost|did not come|has not arrived|is not here].",
        "[I|We] [still wait|have waited for {number} days|am waiting] for [the delivery|my order|a parcel].",
        "[Please|Can you] [deliver|send|bring] [it|the parcel] [later|tomorrow|to {city}|to my neighbour|to the office].",
        "[The|Your] [driver|courier|delivery man] [did not come|was late|left|was rude|went to the wrong door].",
        "[The|My] [delivery address|street|shipping address] [is wrong|has changed|should be {city}|is not complete].",
        "[Nothing|No parcel|No box|Nothing at all] [came|has come|was delivered|has arrived] [yet|today|so far].",
        "[The|Your] tracking [says|shows] [nothing|delivered|delayed|in {city}], [but it is not here|is that right|where is it].",
        "[Was|Has] my [parcel|order|package] [sent|been sent|been lost|left the warehouse]?",
        "[How long|How many days] [does|will] [delivery|shipping|the parcel|the post] [take|need][ to {city}|]?",
        "[Can|May] I [change|choose] the [delivery date|delivery time|address for the parcel]?",
        "[The|A] [box|parcel|package] [was left in the rain|is at the post office|was given to a neighbour|came to the wrong address].",
        "[The|My|Our] {parcel} {delay}.",
        "[The|My|Our] {parcel} {delay}, [where is it|please check|what happened|can you find it|when will it come].",
        "[Please help|Hello|Problem|Sorry]: [the|my|our] {parcel} {delay}.",
    ],
    "returns": [
        "[The|My] [coat|mixer|carpet|bicycle|toy] [is torn|has a dent|is not my taste|is too tight], [I send it back|take it back please|I want another].",
        "[I|We] [want|ask|wish] to [undo|cancel|reverse] [the purchase|what I bought] and [hand back|return|send back] [it|the goods|{product}].",
        "[Can|May] [it|{product}|the set|an opened box] [be returned|go back|be swapped|be exchanged] [after {number} days|without the tag|in a store|]?",
        "[The|Your] [return|returns] [portal|form|label|desk] [rejects my order|does not print|is hard to find|lacks {product}].",
        "[You|They] [sent|gave|delivered] [the wrong article|a used one|size {number}|two left shoes], [please swap it|I return it|exchange it].",
        "[How|Where] [do I|can I|should we] [drop off|post|bring] [the return|what I send back|the unwanted goods]?",
        "[My|The] [return|parcel with the return|item I sent back] [arrived at your place|was scanned|is at your store], [still no refund|why no answer|when is it processed].",
        "[Something|A screw|The lid|A wheel] [is missing|was broken|fell off] [in the box|when I opened it|], [I need a replacement|please send a spare|swap it].",
        "[It|{product}|The lamp] [broke|tore|cracked|rusted] [within a week|under warranty|on day one], [I claim a new one|please replace it|I want my money back].",
        "[Is|Are] [sale items|gifts|opened goods|shoes] [returnable|open to exchange|excluded from returns]?",
        "[Please|Kindly] [collect|pick up|fetch] [the faulty {noun}|what I return|the wrong goods] [from {city}|on {date}|].",
        "[The|My] [exchange|swap|replacement] [is the wrong size too|has not been sent|was refused|took weeks].",
        "[I|We] [ordered|bought] [too many|the same thing twice|one too much], [the extra goes back|can I return it|take back the rest].",
        "[Who|What] [pays|covers] [the postage|the cost] [of|for] [a return|sending it back|an exchange]?",
        "[Refund|Credit|Pay back] [the jacket|{product}|what I sent back|the returned goods][, please|, I posted it on {date}|].",
        "[The|A] [colour|shape|pattern|size] [is not as shown|differs from the picture|does not suit], [so I return it|I want to swap|may it go back].",
        "[Which|What] [condition|box|papers] [must|should] [a return|the item I send back|it] [be in|have]?",
        "[The|Your] [guarantee|warranty] [claim|case] {code} [for a new one|for a replacement] [was denied|is open|takes ages].",
        "[My|Our] [daughter|aunt|boss] [got two of them|dislikes it|has one already], [may we exchange the gift|the present goes back].",
        "[I|We] [have|got] [no|not the] [receipt|original box|label], [can I still return it|will you take it back|how do I send it back].",
        "[Until|By] [when|what day] [must I|can we] [return it|send it back|decide to keep it]?",
        "[The|Your] [shop|branch|store] [in {city}|] [would not|refused to] [exchange|take back|replace] [it|the broken {noun}].",
        "[Swap|Exchange|Replace] [the small one|the red one|{product}|size {number}] [for|by] [a large one|the blue one|a working one], please.",
        "[It|The fabric|The glass] [smells|scratches|came chipped|looks used], [I will not keep it|back it goes|I want it replaced].",
        "[I|We] [regret|rethought] [the order|this purchase] and [will not keep it|use my right to return it|send everything back].",
        "[What|How] is the status of [my return|return {code}|the exchange|my warranty replacement]?",
        "[I|We] [returned|sent back] {number} [pieces|items] but [only one|half] [was refunded|was credited|was registered as returned].",
        "[Can|Could] I [keep|throw away|donate] the [broken|wrong] [item|one] and [get a new one|have it replaced|skip the return]?",
        "[A|The] [seam|zip|leg|hinge|corner] [is split|is bent|came off|is loose] [out of the box|], [I would like a fresh one|please take it back].",
        "[Our|My] [trial of the mattress|30 day test of the goods] [is over|ends], [we send it back|how do I return it].",
        "[I|We] [want|would like|wish] to [return|send back|exchange|swap] [it|this|the {noun}|my order|what I bought].",
        "[Please|Can you] [take it back|exchange it|replace it|swap it|send a return label|pick it up again].",
        "[The|My] [{noun}|item|product|thing] [is broken|is damaged|is the wrong size|is not what I ordered|does not fit], [I want to return it|please exchange it|send a new one].",
        "[How|Where] [do I|can I|does one] [return|send back|exchange] [it|something|a gift|the wrong item]?",
        "[It is|It was] [the wrong colour|the wrong one|too large|too short|damaged], [I send it back|can I exchange it|I want another].",
        "[I|We] [sent it back|returned it|gave it back] [on {date}|weeks ago], [where is my refund|have you got it|when do I get the new one].",
        "[The|A] [return|exchange|replacement] [is late|was turned down|has not come|takes too long|is for order {code}].",
        "[Can|May] [I|we] [return|exchange|give back] [a used one|a gift|it without the box|only one of them|it in the shop]?",
        "[I|We] [do not need it|do not like it|have no use for it|bought the wrong one], [so I return it|please take it back|I send it back].",
        "[The|Your] return [label|address|form|policy] [is missing|is not clear|does not work|, where is it].",
        "[Send|Give|Get] me [a replacement|a new one|another {noun}|a working one], [mine is broken|this one is damaged|it came with a defect].",
        "[It|The {noun}] [arrived|came|was] [in pieces|damaged|dirty|bent|scratched|with a hole], [I want to give it back|replace it please|I will return it].",
        "[The|My|Our] {goods} {defect}, {swap}.",
        "[It|One|This one|The thing I bought] {defect}, {swap}.",
        "[Please help|Hello|Problem|Sorry]: [the|my|our] {goods} {defect}. Now {swap}?",
    ],
    "sales": [
        "[What|How much] [do you ask|is the price|must I spend] for [{number} of them|{product}|a whole set|the large version]?",
        "[We|I] [open|run|plan|furnish] [a hotel|a shop|an office|a school] [in {city}|] and [need an offer|want to buy {product}|look for equipment].",
        "[Is|Would] {product} [right|suitable|good enough|big enough] for [a family|a team of {number}|a workshop|old people]? [I consider it|We might buy it|].",
        "[Could|Can] [a salesman|someone|your expert] [advise|visit|phone|meet] [us|me] [before we order|about {product}|on {date}]?",
        "[Do|Can] [you|they] [make|sell|supply|offer] [custom sizes|bulk packs|gift sets|refurbished ones|a bigger model]?",
        "[I|We] [compare|weigh up|look at] [your offer and another|models|suppliers], [what makes {product} better|can you go lower|which is best].",
        "[Please|Kindly] [offer|quote|propose] [a package|a price|terms] for [{number} licences|our branch|a long contract|{product}].",
        "[Which|What] [of your products|edition|bundle|size] [fits|suits|would serve] [a start-up|a beginner|a large kitchen|{number} people]?",
        "[Are|Is] [there|it] [a discount|a special deal|a student rate|free setup] [if I buy today|for {number} pieces|for schools|]?",
        "[I|We] [want|plan] to [try|test|see|rent] {product} [first|for a week|before buying], [is that possible|how does it work|].",
        "[The|Your] [new|next|latest] [model|edition|line] [looks good|interests us], [when can I order|what will it cost|send details].",
        "[Our|My] [budget|limit] is {amount}, [is there something|what do you recommend|which model can we get].",
        "[How|By when] [can|do] [I|we] [order|buy|book|reserve] [{product}|a larger plan|more seats|the annual plan]?",
        "[Does|Will] [the premium version|{product}|the large plan] [include|have|offer] [training|five users|a stand|support], [before I buy|I want to know before ordering].",
        "[Send|Mail|Give] [us|me] [your catalogue|samples|an offer|a leaflet|data sheets] [of|on|for] [{product}|all models|the new line].",
        "[We|{company}] [would like|want] to [resell|stock|distribute|partner] [your goods|{product}|with you].",
        "[Is|Are] {product} [in the shop|available in green|still sold|in the sale|sold without the stand]?",
        "[I am|We are] [not a customer yet|new here|looking around], [what do you sell|tell me about your plans|which packages exist].",
        "[We|I] [outgrew|filled] [the small plan|our plan|the basic edition], [what does the next one cost|offer us an upgrade|how much are more seats].",
        "[Show|Present|Demonstrate] {product} to [our board|us|my team] [in {city}|online|on {date}], [please|if you can].",
        "[What|Which] [extras|options|colours|accessories] [can I order|come with {product}|do you sell|are for sale]?",
        "[A|The] [tender|request for offers] [of|by] {company} [asks for|needs] [{number} units|your price|{product}], [will you bid|please take part].",
        "[Can|Would] you [match|beat|lower] [the price of a rival|{amount}|an offer I have]?",
        "[If|Suppose] [I take|we order] [three years|the whole range|{number}], [how much off|what is the best price|do you give a discount]?",
        "[I|We] [think of|dream of|decide on] [switching to you|leaving our vendor|buying], [what would you offer|convince me|who can advise us].",
        "[Do|Does] [non-profits|schools|reseller|a bulk order] get [better terms|a lower price|a rebate]?",
        "[Is|Can] [leasing|renting|a trial|hire purchase] [of {product}|] [possible|be had], [and at what price|and how do we order|].",
        "[What|Where] [is|are] [the difference between your plans|the pros of the large model|your showroom|your opening offers]?",
        "[We|I] [saw|read|heard] [your advert|about {product}|your stand at the fair], [tell us more|send an offer|how much is one].",
        "[Put together|Prepare|Work out] [an offer|a bundle|a price] [for {company}|for {number} desks|with {product}][, please|].",
        "[What|How much] [does it cost|is it|does {product} cost|do you charge for {product}]?",
        "[I|We] [want|would like|need] [to buy|to order|an offer for|a price for] [{product}|{number} pieces|a new {noun}|the large plan].",
        "[Please|Can you] [send|make|give] [me|us] [an offer|a price|a quote|your prices|more information] [for|on] {product}.",
        "[Do|Can] you [sell|offer|have] [{product}|a {noun}|something like it|a cheaper one|a family plan]?",
        "[Is|Are] there [a discount|a trial|other models|a cheaper plan|special prices][ for {number} people|]?",
        "[Which|What] [{noun}|model|plan|product] [is best|should I buy|do you recommend|is right for us]?",
        "[I am|We are] [thinking of buying|interested in|looking for|about to order] [{product}|a {noun}|a new plan].",
        "[Can|Could] [I|we] [try|test|see] [it|{product}] [before I buy|first|in a shop|for free]?",
        "[Who|When] can [sell me one|show me {product}|tell me about prices|call us about an offer]?",
        "[Is|Will] {product} [for sale|available|in stock|cheaper soon|sold in {city}]?",
        "[We|I] [need|want] {number} [licences|seats|chairs|tablets], [what is your best price|please make an offer|do you have them].",
        "[Tell me|I want to know|We ask] [more about {product}|what you offer|the price of {product}|which plans you have][ before we buy|].",
        "[Hello|Good day|One question|Please], {interest}[?|, please?|]",
        "[I ask|We ask]: {interest}?",
        "[Sales question|For the sales team|A customer asks]: {interest}?",
    ],
}

ASK = [
    "[Say|Tell me|State] [which|what] [category|topic|queue|label] [this|the] [message|ticket|text] [is|has|falls under|goes to][:|.] {text}",
    "{text}\n\n[Where|In which queue|In which box|With whom] [does it belong|should I put it|would it go|is it right]? {labels}",
    "[Inbox|Support inbox|Help centre|Hotline|Desk|Mailbox][, new message|, new item|, today|][:|] {text} [Its label|The topic|The category|Its group] is?",
    "[Put|Stick|Set|Add] [a|the|one|the right] [label|tag|category] [on|to] [it|the ticket|this mail|the message below]: {text}",
    "[Category|Queue|Label|Topic] of the [message|ticket|text|mail] [below|that follows|here]?\n{text}",
    "[Match|Map|Connect] [this|the] [ticket|message|mail] [to|with] [one of {labels}|a category|its label]. {text}",
    "[Help me|Can you|Could you|Would you] [sort|file|label|route|classify|triage] [this|it|the following mail][: |. |?\n]{text}",
    "[Triage|Dispatch|Routing|Sorting] [task|job|desk|] - {text}\n[Category|Label|Queue][?|:|]",
    "[Our|The] [client|customer|user|caller] [says|complains|asks|reports]: {text} [Who takes it|Which queue|What category|Label it]? ({labels})",
    "{text}\n\n[In one word|One word only|Only the label]: [category|queue|topic][?|.]",
    "[Is|Would] [this|the text] [count as|be|concern|go under] {labels}? {text}",
    "[Set|Fill in] the [category|label|topic] field ({labels}) for: {text}",
    "[Assign|Give] [it|this mail|the message] to [a team|a queue|a category|one of {labels}]: {text}",
    "[Subject|Topic] [unknown|missing], [text|message|body]: {text} [Category|Label|Topic]?",
    "[Read|Look at|Check|See] [this|the] [support mail|customer mail|complaint|question] and [name|choose|give|tell me] [the category|its label|one of {labels}].\n{text}",
    "[Tag|Label|Class|Category] ({labels}): {text}",
    "{text}\n\n[Which of these|What of these|One of these] [fits|applies|is right|describes it|suits]: {labels}[?|.|]",
    "{text}\n[Choose|Pick|Select|Options|Labels|Possible answers|Queues|Teams]: {labels}",
    "{text}\n[Its|The|This ticket's] [category|label|topic|queue|team|class] [is|would be|should be][:|...| one of {labels}:|]",
    "[Question|Task|Job]: [which category|what label|which queue|who is responsible]? [Options: {labels}.|Labels: {labels}.|] [Ticket|Message|Text]: {text}",
    "[Message|Ticket|Mail|Note|Complaint]: {text}\n[Whose job is it|Who should answer|Who deals with it|What is it about|Where should it go|Which desk]? [{labels}|Answer with one of {labels}|]",
    "[Category|Topic|Queue] [check|test|label]: {text}[\n| ][{labels}|]",
    "[I wonder|Tell me|Find out|I need to know] [which category it is|where it belongs|what it is about|who takes it]: {text} [{labels}|One of {labels}.|]",
    "{text}\n\n[billing, technical, account, delivery, returns or sales|{labels}][?||.]",
    "[Department|Desk|Responsible team|Ticket class] [of|for] [this|the] [text|line|mail|entry]: {text}",
    "{text}\n[Department|Desk|Responsible|Ticket class|Support topic|Issue type][?|:| =]",
    "[Look at|Consider|Take] [this ticket|the message|the mail below] and [decide|say|tell] [what it is about|where it goes]. [Labels: {labels}.|] {text}",
]
"""Questions around a text."""

WORDS: dict[str, list[str]] = {
    "device": """router;modem;laptop;tablet;phone;printer;scanner;camera;screen
monitor;keyboard;mouse;headset;speaker;server;app;program;website
browser;plug-in;calendar;dashboard;database;inbox;editor;sensor;charger
battery;drive;software;player;heater;robot;display;touchpad;thermostat
watch;console;projector;chat window;search;menu;export;import;backup
update;installer;driver;video call;microphone;firewall;network;{product};{noun}""".replace("\n", ";").split(";"),
    "fault": """crashes;freezes;hangs;stops;is frozen;is slow;is dead;is stuck;does not start
will not start;does not load;does not open;does not respond;keeps crashing;keeps restarting;shows an error;shows error {code};shows nothing
is blank;goes black;flickers;beeps;overheats;smokes;gets hot;makes noise;is too loud
lost the signal;has no sound;has a bug;fails;failed;is offline;is down;cannot connect;will not connect
will not print;does not save;does not sync;times out;gives code {code};blinks red;does not turn on;turns itself off;lags
is broken;is not detected;is not compatible;eats the battery;runs out of memory""".replace("\n", ";").split(";"),
    "parcel": """parcel;package;order;box;letter;shipment;pallet;delivery;consignment
goods;carton;crate;envelope;order {code};parcel {code};freight;mail order;furniture delivery
shoes;books;{product}""".replace("\n", ";").split(";"),
    "delay": """has not arrived;did not arrive;never came;is late;is overdue;is lost;got lost;is delayed;is missing
is not here;is still on the way;is stuck at customs;is stuck in {city};went to the wrong address;was sent to {city};was left outside;was left with a stranger;was delivered next door
was delivered half;is somewhere in {city};was not handed over;is in the depot;should have come on {date};was due last week;left the warehouse on {date} and vanished;came to the old address;was brought at night
was thrown over the fence;has no tracking;cannot be tracked;shows as delivered""".replace("\n", ";").split(";"),
    "access": """account;login;password;user name;profile;access;sign in;registration;membership
PIN;user;admin login;login code;reset link;activation mail;security question;two step login;e-mail in the profile""".replace(
        "\n", ";"
    ).split(";"),
    "barred": """is locked;is blocked;does not work;is not accepted;was rejected;has expired;was changed by someone;was deleted;is gone
is wrong;is unknown;must be reset;should be changed;has to be removed;is not active;was never confirmed;is disabled;was hacked
is stolen;cannot be found;should be given to {person};must be renamed;needs to be unlocked;does not come by mail;is used by a stranger""".replace(
        "\n", ";"
    ).split(";"),
    "dues": """invoice;bill;charge;payment;fee;invoice {code};statement;receipt;debit
reminder;subscription fee;monthly charge;card payment;bank transfer;credit note;late fee;tax on the bill;sum
balance;instalment;deposit;surcharge""".replace("\n", ";").split(";"),
    "dispute": """is wrong;is too high;was charged twice;is not mine;is missing;is unclear;was paid already;was debited twice;came twice
has the wrong amount;has the wrong tax;has the wrong address on it;should be {amount};is {amount} too much;was never agreed;is unfair;was not refunded;is double
does not match the contract;was declined;bounced;is overdue;has increased;must be corrected;needs a correction;should be split;was taken without consent
is due when;must be cancelled""".replace("\n", ";").split(";"),
    "goods": """{noun};item;{product};coat;dress;lamp;toy;chair;vase
bag;gift;jacket;pair of shoes;table;plate""".replace("\n", ";").split(";"),
    "defect": """is broken;is damaged;is cracked;is torn;is scratched;is bent;is defective;is faulty;is too small
is too big;is too tight;is the wrong size;is the wrong colour;is the wrong model;does not fit;does not suit me;has a hole;has a stain
has a crack;has a dent;came broken;came damaged;arrived in pieces;is not what I ordered;is not needed;is not my style;was a double gift
looks different from the picture;looks used;smells;lacks a part;fell apart""".replace("\n", ";").split(";"),
    "swap": """I want to return it;I send it back;please take it back;can I return it;please exchange it;can I swap it;I want another one;I need a replacement;please replace it
how do I send it back;where do I return it;I would like to exchange it;send me a new one;I want my money back for it;it goes back to you;please send a return label;may I bring it back""".replace(
        "\n", ";"
    ).split(";"),
    "offer": """{product};the {noun};your large plan;a licence;the premium plan;a starter kit;the new model;your software;a set of {number}
a bigger version;the yearly plan;more seats;a second one;the deluxe model;your service""".replace("\n", ";").split(";"),
    "interest": """what does {offer} cost;how much is {offer};can I buy {offer};I want to buy {offer};we would like to order {offer};please send an offer for {offer};is there a discount on {offer};do you sell {offer} to schools;is {offer} available
when can we get {offer};I am interested in {offer};we think of buying {offer};can we test {offer} first;can I see {offer} somewhere;please quote {offer};who can advise us on {offer};which is better, {offer} or the old one;what comes with {offer}
do you rent {offer};is {offer} in stock;tell me more about {offer};what is your best price for {offer};show us {offer};I consider {offer}, is it right for us""".replace(
        "\n", ";"
    ).split(";"),
}
"""Slots of the sentences above; a dev sentence fills them with dev words."""

ASIDES = [
    "This is not about {topic}",
    "[I am|We are] not [writing|asking|calling] [about|because of] {topic}[ any more|]",
    "[I do not|We do not] [want|need] [help with|anything about|news on] {topic}",
    "[My|Our] [earlier|last|first|previous|other] [ticket|mail|message] was about {topic}, [this one is not|that is done|forget it]",
    "[The matter|The issue|The question|The story] [of|with|about] {topic} [is closed|is solved|was settled|can wait|is history]",
    "[Do not|Please do not|Never] [send|forward|give] this to the [people|team|colleagues] [for|who handle] {topic}",
    "[With|As for|Regarding|Concerning] {topic} [all is well|I have no problem|everything is fine|there is nothing to do]",
    "[Thanks|Thank you] for [sorting out|solving|your help with] {topic}[ last week|]",
    "[You|Your colleague {person}|Somebody] [already|has already] [helped|answered|looked into it] [about|when I asked about] {topic}",
    "[It has|This has] nothing to do with {topic}",
    "[No|Not a] [complaint|question|word] about {topic}[ today| from me|]",
    "[I know|We know|I read] [the rules|the page|all] about {topic}, [that is clear|no question there|fine]",
    "[Someone|Your bot|The chat] [thought|believed|said] [I mean|it is about|I ask about] {topic}, [that is wrong|I do not|no]",
    "[Unlike|Different from] [last time|my last mail], {topic} is [fine|not the point|okay]",
    "[Leave|Put] {topic} aside",
    "[Instead of|Rather than|Not] {topic}, [it is|I mean] [the following|this|something else]",
    "{topic} [is okay|works|was fine|is not my problem|can stay as it is|has been dealt with]",
    "[The other day|Last month|In {month}|A year ago] I [asked|wrote|called] about {topic}, [you fixed it|thank you for that|it is solved]",
    "[A friend|My neighbour|Another customer] has [trouble|problems] with {topic}, [I do not|not me]",
    "[I wrote|We wrote] to you about {topic} [before|on {date}], [today it is something else|now there is a new matter]",
]
"""Remarks that name a topic the ticket is not about; `{topic}` is a noun phrase."""

TOPICS: dict[str, list[str]] = {
    "billing": """the invoice;the payment;the double charge;my bill;the late fee;the credit card;the refund of the overpayment;the receipt;the VAT;my bank transfer
the payment reminder;the monthly fee;the direct debit;the wrong amount;the open balance;the credit note""".replace(
        "\n", ";"
    ).split(";"),
    "technical": """the crash;the error message;the slow app;the wifi connection;the bug;the black screen;the update;the broken display;the server;the printer
the frozen window;the installation;the noise of the fan;the sync;the sound;the battery""".replace("\n", ";").split(";"),
    "account": """my password;the login;my user profile;the locked account;the sign up;the reset link;my user name;the admin rights;the two step login;my e-mail address
the new member;my profile picture;the deleted account;the login code;the registration;the blocked user""".replace(
        "\n", ";"
    ).split(";"),
    "delivery": """the late parcel;the shipment;the tracking number;the delivery address;the courier;the missing box;the driver;the shipping date;the lost package;the pallet
the transport;the delivery time;the wrong address;the truck;the express shipping;the letter""".replace("\n", ";").split(
        ";"
    ),
    "returns": """the return;the exchange;the replacement;the return label;the broken item;the wrong size;the goods I sent back;the warranty case;the faulty part;the swap
the damaged glass;the refund for the returned goods;the return form;the unwanted gift;the scratched table;the defective lamp""".replace(
        "\n", ";"
    ).split(";"),
    "sales": """the quote;the price list;the demo;the offer;the discount;the new model;the trial;the upgrade;the brochure;the larger plan
the sales call;the bulk order;the showroom;the premium plan;the catalogue;the spare licences""".replace(
        "\n", ";"
    ).split(";"),
}
"""Noun phrases per label, for training alone."""

FRAMES = [
    "[On {date}|Last week|A month ago|In {month}|Before] [I wrote|my mail said|we reported]: {other} [That is solved.|This is done.|You fixed it.|Forget that.] [Now|Today|New matter|This time]: {text}",
    "{text} [This is not the ticket|Please do not mix it up with the ticket|It is not the case] [in which I wrote|that said]: {other}",
    "[Ignore|Forget|Please ignore] [my last message|what I wrote before] ({other}) [Instead|My question is|I mean]: {text}",
    "[Others|My colleagues|Some people] [ask|write|complain]: {other} [Not me.|I do not.|My problem is another.|That is not my case.] {text}",
    "[First|At first] I [thought|wanted to write]: {other} [But no|That was wrong|I was mistaken]. {text}",
    "{other} [No, sorry, wrong text.|Wait, that is for another company.|Scratch that.|That line was from my old mail.] {text}",
    '[You|Your team|{person}] [took my ticket for|read my mail as|filed it as] "{other}" [The truth is|In fact|I wrote]: {text}',
    "{text} [As for my old question|About my other mail] ({other}): [solved, thanks|no longer needed|that one is closed].",
    "[The last time|In our last call] it was: {other} [It is fine now.|That works again.|Solved.] {text}",
    '[My neighbour|A friend|{person}] [once wrote|had this]: "{other}" [Mine is different.|I have another problem.] {text}',
    "{text} [I say this|I write] [because|as] [your bot|the chat] [understood|answered as if I wrote]: {other} [Wrong!|That is not it.|]",
    "[Do not|Please do not] [tell me about|send me the answer to] the question: {other} {text}",
]
"""Frames around a ticket, `{text}`, and one of another label, `{other}`, that no longer counts."""
