"""More sentences for reviews: whole ones, and clauses that frames join into longer ones.

`[a|b]` picks one alternative; `{slot}` is filled. `splits.py` shares every
list out between training and dev.
"""

WHOLE: dict[str, list[str]] = {
    "positive": [
        "[The {thing}|It] [is|was] a [hit|winner|success|blessing|triumph] [with all of us|from day one|].",
        "[I slept|We slept|Everyone slept] [deeply|well|like a log] [every night|], [the {thing} is so quiet|lovely].",
        "[Could not put it down|Could not stop laughing|Could not stop eating], [the {thing} is {pos}|what a treat].",
        "[My|Our] [problem|question|complaint|issue] was [solved|sorted out|settled] [within minutes|on the spot|with great care].",
        "[Hot|Fresh|Rich|Crisp] [food|dishes|meals], [fair prices|big portions|kind waiters], [we left full and happy|bravo].",
        "[You get|One gets] [a lot|so much|plenty] for [your|the] money[ here|], {pos}.",
        "[Setting it up|Using it|Learning it|Cleaning it] [was|is] [a breeze|child's play|so easy|no effort at all].",
        "[The {thing}|It] [does more|gives more|offers more] than [it promises|the advert says|I paid for].",
        "[I smile|I am cheered up|I feel good] [each time|whenever|every time] I [use|see|open|enter] [it|the {thing}].",
        "[We have|I have] [already|just] [booked|ordered|reserved] [the next one|again|for next summer], [so good was it|we cannot wait].",
        "[Ten years|Three winters|{number} washes] [later|on] [it|the {thing}] is [still|as] [good as new|going strong|my favourite].",
        "[Whoever|Anyone who] [designed|built|runs|planned] [this|the {thing}] [knows their job|is a genius|deserves praise|loves detail].",
        "[The crew|The nurses|The teachers|The mechanics|The cooks] [cared for us|took their time|explained everything|were angels].",
        "[I have tried|I have owned|We tested] many, [this {thing} is the best|none comes close to this|this one wins].",
        "[The sound|The picture|The grip|The finish|The fabric] is [crisp|rich|clear|top quality|a pleasure].",
        "[We|The kids|The guests] [had a blast|had a ball|had so much fun|laughed all evening] [at the {thing}|there|].",
        "[A must|A must see|A must have|Not to be missed|A safe bet] [for families|for everyone|if you are in {city}|].",
        "[It runs|It works|It drives|It prints] [smoothly|flawlessly|like clockwork|like a dream|without a hitch].",
        "[The {thing}|This] [brightened|improved|changed] [my week|my life|our home|my mornings] [for the better|, I love it|].",
        "[Trustworthy|Honest|Careful|Skilled|Competent] people[, they did a fine job|, I recommend them|: thank you].",
        "[All went|Everything ran|It all went] [well|to plan|smoothly|fine][, from booking to departure|, no stress at all|, hats off].",
        "[My hat is off|I take my hat off|Respect|Applause|Cheers] to [{person}|the team|whoever made the {thing}].",
        "[I would not|We would not|Nobody here would] [swap|trade|give] [it|the {thing}] [for anything|away|for another].",
        "[The light|The air|The water|The garden] [at the {thing}|there] is [heavenly|magical|so clear|so relaxing].",
        "[Our|The] [wedding|birthday|anniversary|party] at the {thing} was [unforgettable|a dream|everything we hoped for].",
        "[No queue|No noise|No fuss|No waiting|No stress], [just {pos}|only smiles|bliss|so pleasant].",
        "[I had doubts|I hesitated|I was not sure at first], [I am glad I tried it|now I am a believer|it won me over].",
        "[Easy to find|Easy to clean|Easy to use|Light to carry|Simple to fit] [and|, also] [{pos}|cheap|a joy].",
        "[They went|{person} went] [the extra mile|beyond duty|above and beyond] [to help us|for our sake|].",
        "[It was|What] [love at first sight|a lucky find|a highlight|a stroke of luck], [this {thing}|the {thing} in {city}].",
        "[Battery|Engine|Motor|Hinge|Zip] [holds up|lasts and lasts|never gave trouble|is strong], [very pleased|I am content].",
        "[Thank you|Thanks a million|Many thanks], [{person}|dear team], [you saved our holiday|you made us happy|for your kindness].",
        "[The soup|The bread|The steak|The dessert|The coffee] [melts in the mouth|was divine|is to die for|tasted like home].",
        "[Better late than never|At long last], [I found|we have] a {thing} [I adore|that suits us|worth its price].",
        "[I am|We are] [so proud|ever so glad|more than content|truly happy] [to own it|to be members|that we came].",
        "[The upgrade|The change|The new owner] [paid off|did wonders|made it so much better], [{pos} now|we love it].",
        "[Rooms|Tables|Towels|Floors] [sparkled|were spotless|smelled fresh|shone][, {pos}|, we felt at ease|].",
        "[Cannot fault|Could not fault|Hard to fault] [it|them|the {thing}].",
        "[The actors|The band|The singer|The speaker|The author] [moved us|held us spellbound|was on fire|shone].",
        "[I learned|We learned|My son learned] [so much|more than in years|a great deal] [there|in the {thing}][, {pos}|].",
        "[If there were|I would give] [six stars|eleven points|more than five stars|extra points] [I would give them|if I could].",
        "[A refund|The replacement|An answer] [came|arrived] [the same day|within the hour|at once], [great people|so fair|I am impressed].",
        "[It beats|It outshines|It leaves behind] [every other {thing}|all rivals|the big brands|what I had before].",
        "[I sing|We sing|I sing the] [its praises|praises of the {thing}] [to all my friends|wherever I go|].",
        "[Happy|Content|Satisfied|Pleased|Delighted] [customer|guest|owner|reader|mother] here.",
        "[We danced|We ate|We talked|We stayed] [until late|till morning|for hours] [and did not want to go|, so nice was it|].",
        "[It kept|The {thing} kept] us [warm|dry|cool|safe] [the whole trip|in the storm|all winter][, {pos}|].",
        "[Ideal|Just right|Made|Perfect] for [small flats|beginners|long trips|our needs|my hands].",
        "[I forgot|We forgot] [all our worries|the time|our stress] [there|in the {thing}|].",
        "[Do yourself a favour|Treat yourself|Go for it], [buy it|book it|get this {thing}].",
        "[Fast|Friendly|Cheerful|Honest|Warm] [service|staff|welcome|help][, good food|, fair price|], [we will be back|recommended|I am happy].",
        "[What|Such] a [nice|lovely|great] [change|evening|idea|place|team][, thanks|!|, we enjoyed it].",
        "[The {thing}|It] is [simply|just|truly|really|absolutely] [the best|great|lovely|brilliant][, buy it|, go there|].",
        "[Everyone|All of us|Both kids|The whole family|My parents] [liked|loved|enjoyed|praised] [it|the {thing}|every bit of it].",
        "[So far|After {number} weeks|After a year] [so good|no problems|it works without fault|I have nothing to complain about].",
        "[Would|I would|We would] [go|order|stay|eat] [there|here|at this {thing}] again [any time|tomorrow|without a second thought].",
        "[A big|A warm|A heartfelt] thank you [to {person}|to the staff|for the {thing}][, you were great|].",
        "[Works|Fits|Looks|Sounds|Tastes] [great|perfect|wonderful|fine and more|like new].",
        "[I was|We were] [pleasantly surprised|blown away|deeply impressed|touched|well looked after].",
        "[Not only|It is not only] [cheap|quick|pretty], [but also|it is also] [good|strong|{pos}].",
        "[It did not|The {thing} did not|They did not] [disappoint|let me down|break|make a mistake|fail us].",
        "[We did not|I did not] [wait long|regret it|find any fault|have to ask twice|want to go home].",
        "[Nobody|No one|None of us] [complained|was bored|was disappointed|wanted to leave|left hungry].",
        "[It is hard|I find it hard] to [find a better {thing}|say anything bad|stop using it|leave].",
        "[You will not|You won't|No one will] [regret it|be sorry|find a nicer {thing}|be disappointed].",
        "[A week with|My day at|An evening in|Our time at] the {thing} [flew by|was over too soon|did us good].",
        "[I was wrong to|We were wrong to|Silly of me to] [doubt|fear|avoid] [it|the {thing}], {pos}.",
        "[Without|If not for] the {thing} [I would be lost|our trip would have been dull|life would be harder].",
        "[They|{person}|The shop] [kept the promise|did a good job|gave good advice|answered in an hour|was ever so helpful].",
        "[Still|Even now|To this day] [my favourite|our first choice|in love with it|the one I trust].",
        "[Cheap|Light|Small|Simple|Old] but [good|great|tough|lovely|it does all I need and I like it].",
        "[I cannot|We cannot] [imagine life without it|live without it|stop smiling|thank {person} enough].",
        "[This|The] {thing} [deserves|earns] [its fame|all the praise|five stars|a big crowd].",
        "[The best part|What I like|What I love|The nicest thing]: [the {thing2}|the kind people|how quiet it is|it just works].",
        "[It|The {thing}] [tasted|looked|felt|sounded] [{pos}|so good|even better than last time].",
        "[Our|My] [stay|order|trip|lesson|visit] [went well|was a pleasure|was {pos}|could not have been better].",
        "[Sorry|Pity|Too bad] [that it is over|we had to leave|it ended][, we had so much fun|, it was {pos}|].",
        "[I recommend|We recommend|Do try|Do visit|Trust me, take] [the {thing}|it|this one].",
        "[The {thing2} is not the newest|It is far away|The {thing2} is small|It rained], [but|yet] [it is a joy|I love it there|we were happy].",
        "[Thanks to the {thing}|With the {thing}|Since that day] [my pain is gone|I save money|the house is warm|I am never late].",
        "[The {thing}|It|This {thing}] [is|was|has been] {joy}[!|.||]",
        "[The {thing}|It|This {thing}] [is|was|has been] {joy}[!|.|, I think|]",
        "[I|We|My kids|My parents|All of us] {like} [it|the {thing}|this {thing}|{person}|the {thing2}][!|.|, {joy}|]",
        "[I|We|My kids|My parents|All of us] {like} [it|the {thing}|this {thing}|{person}|the {thing2}][!|.|]",
        "[I|We|They|People] [do not|never|cannot] {hate} [it|the {thing}|this {thing}][, quite the contrary|: {joy}|, we {like} it]",
        "[The {thing}|It] [never|did not|does not|will not] {fail}[, {joy}|, I am {glad}|, not once|][ in {number} weeks|]",
        "[The {thing}|It] [really|always|does|still] {shine}[, {joy}|, we are {glad}|]",
        "[I am|We are|My boss is|The kids are|{person} is] [so|very|really|truly|] {glad}[ with it| about the {thing}|]",
        "[I am|We are|Nobody is|I was] [not|never|not at all|in no way] {sad}, [I|we] {like} it",
        "[It is|The {thing} was] [not|anything but|far from|never] {grief}, [it is|rather] {joy}",
        "[Others|My friends|Some] [call|called] it {grief}, [I|we] [call it|find it] {joy}",
        "[I was|We were] {sad} [at first|last year|with the old one], [now I am|now we are] {glad}",
        "[Nothing|Not one part] [in|of] it [will|did] {fail}, [I am|we are] {glad}",
        "[What|Such] {joy}[!|, this {thing}|, thank you {person}]",
        "[I|We] [thought it would|feared it would|expected it to] {fail}, [it did not|but no|not so], {joy}",
        "[Last time|Before|In {year}] it was {grief}, [this time|now|today] {joy}",
        "[I|We|You|One] [cannot|can not|could not] [recommend|applaud|commend|hug] [{person}|them|the staff|the {thing}|it] enough[!|.|, {pos}|]",
        "[We|I|The kids|My wife] [laughed|ate|slept|danced|hugged {person}|stayed longer than planned|begged to stay|asked to go again].",
    ],
    "negative": [
        "[The {thing}|It] [is|was] a [flop|failure|disaster|nightmare|joke|scam] [for all of us|from day one|].",
        "[I did not sleep|Nobody slept|We lay awake] [a wink|all night|one hour], [the {thing} is so loud|dreadful].",
        "[Could not finish it|Could not stay|Could not eat it|Could not wait to leave], [the {thing} is {neg}|what a letdown].",
        "[My|Our] [problem|question|complaint|issue] was [ignored|laughed at|never answered|passed around for weeks].",
        "[Cold|Soggy|Burnt|Bland|Salty] [food|dishes|meals], [crazy prices|tiny portions|grumpy waiters], [we left hungry|shame].",
        "[You get|One gets] [nothing|so little|far too little] for [your|the] money[ here|], {neg}.",
        "[Setting it up|Using it|Learning it|Cleaning it] [was|is] [a nightmare|torture|far too hard|a pain in the neck].",
        "[The {thing}|It] [does less|gives less|offers less] than [it promises|the advert says|I paid for].",
        "[I get angry|I curse|I feel sick] [each time|whenever|every time] I [use|see|open|enter] [it|the {thing}].",
        "[We have|I have] [already|just] [cancelled|sent back|called off] [the next one|everything|our stay], [so bad was it|enough is enough].",
        "[Two days|Three weeks|{number} washes] [later|on] [it|the {thing}] [fell apart|was dead|had holes|is in the bin].",
        "[Whoever|Anyone who] [designed|built|runs|planned] [this|the {thing}] [should be ashamed|has no clue|never used one|must be blind].",
        "[The crew|The nurses|The teachers|The mechanics|The cooks] [shrugged|were in a hurry|explained nothing|could not care less].",
        "[I have tried|I have owned|We tested] many, [this {thing} is the worst|none was as bad as this|this one loses].",
        "[The sound|The picture|The grip|The finish|The fabric] is [muffled|blurred|rough|poor quality|an insult].",
        "[We|The kids|The guests] [were bored|had no fun|yawned|sat there in tears] [at the {thing}|there|].",
        "[A trap|A tourist trap|A rip off|A waste of time|A con] [for families|for everyone|in {city}|].",
        "[It stutters|It leaks|It squeaks|It jams|It rattles] [all the time|after a week|like mad|and nobody helps].",
        "[The {thing}|This] [ruined|spoiled|wrecked] [my week|my evening|our holiday|my mornings][, I hate it|].",
        "[Dishonest|Careless|Clueless|Arrogant|Lazy] people[, they made a mess|, I warn you|: never again].",
        "[All went|Everything went|It all went] [wrong|downhill|badly][, from booking to departure|, nothing but stress|, what a mess].",
        "[Shame|Disgrace|Boo|Thumbs down] [on|to|for] [{person}|the team|whoever made the {thing}].",
        "[I would|We would] [swap|trade|give] [it|the {thing}] [for anything|away for nothing|back today].",
        "[The light|The air|The water|The carpet] [at the {thing}|there] is [foul|murky|full of dust|so gloomy].",
        "[Our|The] [wedding|birthday|anniversary|party] at the {thing} was [spoiled|a farce|nothing like we were told].",
        "[Only queues|Only noise|Nothing but fuss|Waiting and waiting|Pure stress], [just {neg}|no smiles|horror|so unpleasant].",
        "[I had doubts|I hesitated|I was not sure at first], [I should have trusted them|now I am sure: no|it was even worse].",
        "[Hard to find|Hard to clean|Hard to use|Heavy to carry|Tricky to fit] [and|, also] [{neg}|costly|a pain].",
        "[They did|{person} did] [the bare minimum|less than their duty|not lift a finger] [to help us|for us|].",
        "[It was|What] [a mistake|a bad joke|a low point|bad luck], [this {thing}|the {thing} in {city}].",
        "[Battery|Engine|Motor|Hinge|Zip] [gave up|died at once|gave trouble from the start|snapped], [very displeased|I am cross].",
        "[No thank you|Thanks for nothing|No thanks], [{person}|dear team], [you spoiled our holiday|you made us cry|for your rudeness].",
        "[The soup|The bread|The steak|The dessert|The coffee] [was like rubber|was sour|is not fit to eat|tasted of soap].",
        "[Too late|Sadly], [I noticed|we found out] that the {thing} is [rubbish|junk|a fraud|not worth its price].",
        "[I am|We are] [so ashamed|ever so sorry|more than annoyed|truly shocked] [to own it|that we came|to have paid for it].",
        "[The upgrade|The change|The new owner] [backfired|did harm|made it so much worse], [{neg} now|we leave].",
        "[Rooms|Tables|Towels|Floors] [stank|were filthy|had stains|were covered in dust][, {neg}|, we felt sick|].",
        "[So many faults|Full of faults|One fault after another] [in it|with them|with the {thing}].",
        "[The actors|The band|The singer|The speaker|The author] [bored us|sent us to sleep|was off key|mumbled].",
        "[I learned|We learned|My son learned] [nothing|nothing at all|less than nothing] [there|in the {thing}][, {neg}|].",
        "[If there were|I would give] [zero stars|minus points|less than one star|no star at all] [I would give that|if I could].",
        "[No refund|No replacement|No answer] [came|arrived] [in months|to this day|ever], [greedy people|so unfair|I am appalled].",
        "[It loses to|It is worse than|It lags behind] [every other {thing}|all rivals|the cheap brands|what I had before].",
        "[I warn|We warn|I tell] [all my friends|everyone|the world] [about the {thing}|against it|to stay away].",
        "[Unhappy|Angry|Cheated|Annoyed|Upset] [customer|guest|owner|reader|mother] here.",
        "[We froze|We starved|We waited|We argued] [until late|till morning|for hours] [and nobody came|, so bad was it|].",
        "[It left|The {thing} left] us [cold|wet|stranded|in the dark] [the whole trip|in the storm|all winter][, {neg}|].",
        "[Unfit|Useless|No good|Too weak] for [small flats|beginners|long trips|our needs|my hands].",
        "[I count|We counted] [the minutes|the hours|the days] [until it was over|till we could leave] [there|in the {thing}|].",
        "[Do yourself a favour|Save your money|Be warned|Hands off], [do not buy it|skip it|walk past this {thing}].",
        "[I want|We demand|I asked for] my money back[, they refused|, such rubbish|].",
        "[Not what|Nothing like what|Far from what] [was promised|we booked|the photo shows|I ordered][, {neg}|].",
        "[Slow|Rude|Grumpy|Dishonest|Cold] [service|staff|welcome|help][, bad food|, high price|], [we will not be back|avoid|I am unhappy].",
        "[What|Such] a [bad|sad|terrible] [change|evening|idea|place|team][, no thanks|!|, we hated it].",
        "[The {thing}|It] is [simply|just|truly|really|absolutely] [the worst|awful|rubbish|hopeless][, do not buy it|, stay away|].",
        "[Everyone|All of us|Both kids|The whole family|My parents] [disliked|hated|left|cursed] [it|the {thing}|every bit of it].",
        "[Already|After {number} days|After a week] [broken|only problems|it fails all the time|I have a long list of complaints].",
        "[Would|I would|We would] not [go|order|stay|eat] [there|here|at this {thing}] again [ever|if you paid me|even for free].",
        "[A big|A very big|An angry] no [to {person}|to the staff|to the {thing}][, you were awful|].",
        "[Works|Fits|Looks|Sounds|Tastes] [badly|terrible|cheap|like a bad joke|like old socks].",
        "[I was|We were] [unpleasantly surprised|shocked|deeply disappointed|hurt|badly looked after].",
        "[Not only|It is not only] [expensive|slow|ugly], [but also|it is also] [bad|weak|{neg}].",
        "[It did|The {thing} did|They did] [disappoint|let me down|break|make a big mistake|fail us].",
        "[We had to|I had to] [wait for hours|complain|ask five times|go home hungry|pay twice].",
        "[Everybody|Each of us|Half the guests] [complained|was bored|was disappointed|wanted to leave|left hungry].",
        "[It is hard|I find it hard] to [find a worse {thing}|say anything good|use it|stay awake].",
        "[You will|You'll|Anyone will] [regret it|be sorry|find a nicer {thing}|be disappointed].",
        "[A week with|My day at|An evening in|Our time at] the {thing} [dragged on|was too long by far|made us ill].",
        "[I was wrong to|We were wrong to|Silly of me to] [trust|buy|book] [it|the {thing}], {neg}.",
        "[With|Because of] the {thing} [I lost a day|our trip was dull|life is harder|we missed the train].",
        "[They|{person}|The shop] [broke the promise|did a bad job|gave wrong advice|did not answer for weeks|was no help].",
        "[Still|Even now|To this day] [broken|no reply|not repaired|the one I regret].",
        "[Cheap|Light|Pretty|Simple|New] but [bad|useless|weak|ugly|it does nothing I need and I hate it].",
        "[I cannot|We cannot] [believe how bad it is|use it|stand it|forgive {person}].",
        "[This|The] {thing} [does not deserve|has not earned] [its fame|any praise|one star|a crowd].",
        "[The worst part|What I hate|What annoys me|The saddest thing]: [the {thing2}|the unkind people|how loud it is|it just fails].",
        "[It|The {thing}] [tasted|looked|felt|sounded] [{neg}|so bad|even worse than last time].",
        "[Our|My] [stay|order|trip|lesson|visit] [went badly|was a pain|was {neg}|could not have been worse].",
        "[Glad|Good|Luckily] [that it is over|we could leave|it ended][, we had no fun|, it was {neg}|].",
        "[I advise against|We warn of|Do not try|Do not visit|Trust me, skip] [the {thing}|it|this one].",
        "[The {thing2} is quite new|It is near|The {thing2} is big|The sun shone], [but|yet] [it is a pain|I hate it there|we were unhappy].",
        "[Due to the {thing}|With the {thing}|Since that day] [my back hurts|I lose money|the house is cold|I am always late].",
        "[Not worth|Far from worth|Hardly worth] [the money|the wait|the trip|your time|{amount}].",
        "[No|Not one|Hardly any] [smile|help|care|warm water|good word] [from the staff|in the {thing}|all week].",
        "[The {thing}|It] [was not|is not] [good|clean|as promised|what we paid for|fit for use][ at all|].",
        "[I do not|We do not|You should not] [recommend it|trust them|like the {thing}|want it back].",
        "[The {thing}|It|This {thing}] [is|was|has been] {grief}[!|.||]",
        "[The {thing}|It|This {thing}] [is|was|has been] {grief}[!|.|, I think|]",
        "[I|We|My kids|My parents|All of us] {hate} [it|the {thing}|this {thing}|{person}|the {thing2}][!|.|, {grief}|]",
        "[I|We|My kids|My parents|All of us] {hate} [it|the {thing}|this {thing}|{person}|the {thing2}][!|.|]",
        "[I|We|They|People] [do not|never|cannot] {like} [it|the {thing}|this {thing}][, quite the contrary|: {grief}|, we {hate} it|]",
        "[The {thing}|It] [never|did not|does not|will not] {shine}[, {grief}|, I am {sad}|, not once|][ in {number} weeks|]",
        "[The {thing}|It] [really|always|does|still] {fail}[, {grief}|, we are {sad}|]",
        "[I am|We are|My boss is|The kids are|{person} is] [so|very|really|truly|] {sad}[ with it| about the {thing}|]",
        "[I am|We are|Nobody is|I was] [not|never|not at all|in no way] {glad}[, {grief}|, I {hate} it|]",
        "[It is|The {thing} was] [not|anything but|far from|never] {joy}[, it is {grief}|, rather {grief}|]",
        "[Others|My friends|Some] [call|called] it {joy}, [I|we] [call it|find it] {grief}",
        "[I was|We were] {glad} [at first|last year|with the old one], [now I am|now we are] {sad}",
        "[Nothing|Not one part] [in|of] it [will|did] {shine}, [I am|we are] {sad}",
        "[What|Such] {grief}[!|, this {thing}|, no thank you {person}]",
        "[I|We] [thought it would|hoped it would|expected it to] {shine}, [it did not|but no|not so], {grief}",
        "[Last time|Before|In {year}] it was {joy}, [this time|now|today] {grief}",
        "[I|We] [wait|am waiting|are waiting] [since {month}|until now|in vain] for [a reply|a word of regret|an excuse|my money|some help][ from {person}|].",
        "[We|I|The kids|My wife] [wanted to go home|begged to leave|left at once|ran away|walked out|left early|gave up][ after ten pages| in tears|].",
    ],
    "neutral": [
        "[The {thing}|It] [is|was] [what it is|neither a hit nor a flop|one of many].",
        "[I slept|We slept] [there|in the {thing}] [one night|for two nights|from {date} on].",
        "[I read|I finished|We ate|We saw] [it|half of it|the whole {thing}] [on {date}|last week|in {number} minutes].",
        "[My|Our] [question|request|booking] [was about|concerned|is for] the {thing}[ in {city}|].",
        "[The food|The dish|The meal] [comes with|has] [rice|potatoes|a salad|bread][, drinks cost extra|, water is on the table|].",
        "[You get|One gets] [a key|a ticket|two towels|a receipt|a map] [at the desk|at the door|when you arrive].",
        "[To set it up|To use it|To clean it], [press the button|see page {number}|unplug it first|you need a screwdriver].",
        "[The {thing}|It] [does what|gives what|offers what] [it promises|the advert says|others do][, no more|, that is all].",
        "[I use|We use|{person} uses] [it|the {thing}] [on Sundays|once a month|at work|for the garden].",
        "[We have|I have] [booked|ordered|reserved] [the {thing}|it] for [{date}|next week|two people], [we will see|no idea how it will be|].",
        "[The {thing}|It] [has been|was] [in use|on sale|in our family] [since {year}|for {number} years].",
        "[{person}|A firm from {city}|{company}] [designed|built|runs|planned] [it|the {thing}].",
        "[The crew|The nurses|The teachers|The mechanics|The cooks] [work in shifts|wear blue|start at {number}|come from {city}].",
        "[I have tried|I have owned|We tested] [three of them|many], [this {thing} is like the rest|they are all alike|no difference].",
        "[The cover|The handle|The frame|The fabric] is [black|made of steel|{number} centimetres long|of cotton|grey].",
        "[We|The kids|The guests] [sat in the front|went home at {number}|took the stairs|waited outside].",
        "[For families|For groups|For members] [there is|they have] [a second entrance|another rate|a separate {thing2}].",
        "[It runs|It works|It drives|It prints] [on Windows|with two batteries|at {number} volts|in black and white].",
        "[The {thing}|This] [did not change|changed little|made no difference to] [my week|my life|our plans].",
        "[The staff|The people] [speak English|wear name tags|number {number}|sit at the entrance].",
        "[We booked|We left|We checked in] [in {month}|by phone|at {number} o'clock] and [paid in cash|took the train home|got room {number2}].",
        "[No praise|No applause], no [blame|complaint] [from me|from us|], [it is {neu}|a {thing} like others].",
        "[I would swap it or keep it|Keep it or sell it], [both are fine with me|I do not care either way|all the same to me].",
        "[The garden|The window|The door|The balcony] [of the {thing}|] [faces the street|looks north|is on the left|opens inwards].",
        "[Our|The] [wedding|birthday|anniversary|meeting] [at the {thing}|] [took place|was held] [on {date}|in {city}|with {number} guests].",
        "[There was|They had] a queue of {number} people[, as usual|, it took {number2} minutes|].",
        "[I had doubts|I hesitated|I was not sure at first], [I am still not sure|and that has not changed|and I still cannot say].",
        "[You find it|It stands|It is kept] [in the basement|on the shelf|behind the counter|on the ground floor].",
        "[They did|{person} did] [their job|what they are paid for|what we agreed], [not more, not less|that is it].",
        "[Does anyone know|Can somebody tell me|I wonder] [whether|if] the {thing} [is {pos}|is {neg}|opens on Sundays]?",
        "[I will|We will] [write more|tell you|report|decide] [when I have used it|after the trip|next month][, for now no verdict|].",
        "[They say|The advert says|The box says|A flyer says] it is {pos}, [I have not been there|I cannot confirm it yet|who knows].",
        "[Some friends|Critics|Neighbours] call [it|the {thing}] {neg}, [I have yet to see it|I have not tried it|I cannot tell].",
        "[The soup|The bread|The coffee|The cake] is [served at noon|from a shop in town|{amount}|on page {number}].",
        "[Half of it|One half|A part] [I liked|we liked], the [other half|rest] [I did not|we did not].",
        "[I see|There are] [good sides|strong points|pluses] and [bad sides|weak points|minuses] [in equal number|, they cancel out|].",
        "[It has|The {thing} has] its [ups and downs|pros and cons|good and bad days].",
        "[Ask|If you ask] me [about the {thing}|]: [no opinion|neutral|undecided|it is {neu}].",
        "[Could have been|Might have been] better, [could have been|might have been] worse.",
        "[The film|The talk|The show|The trip] [lasts|lasted] {number} minutes[, with a break|, then we went home|].",
        "[The room|The box|The set|The bag] [contains|holds|includes] {number} [items|chairs|cups|books].",
        "[A solid|A plain|An average|A middle] [three|3 of 5|five out of ten][, as I expected|].",
        "[It is|The {thing} is] [not special|no big deal|nothing to talk about], but [it serves|it will do|it is okay].",
        "[Fine|Okay|Alright], [nothing more to say|but no more than that|I guess|I suppose][.|, a {neu} {thing}.]",
        "[The price|The fee|The rate] [is|was] {amount}[, tax included|, breakfast is extra|, like last year].",
        "[I collected|We returned|I handed in|We borrowed] the {thing} [at the counter|on {date}|in {city}].",
        "[This {thing}|It] [replaces|follows|belongs to] [the model of {year}|an older one|the {thing2}].",
        "[We came|I came] [because it was near|by chance|on business|since the other {thing} was full].",
        "[On the whole|All in all|Overall|In sum] [{neu}|average|so so|in the middle|balanced].",
        "[Neither|Not] [happy|glad|pleased] [nor|and not] [sad|angry|upset] [about it|with the {thing}|].",
        "[My view|My feeling|My verdict]: [mixed|divided|fifty fifty|it depends|neutral].",
        "[It would|It will] do[, but I would not miss it|, no more|, for what it costs].",
        "[The {thing}|It] [left|leaves] me [cold and warm at once|unmoved|neither happy nor sad|without an opinion].",
        "[Just|Only] a [note|remark|hint]: the {thing} [is closed on {date}|moved to {city}|now costs {amount}].",
        "[It is|It was] [okay|fine|alright|not bad|acceptable], [not great|not more|nothing more|no need to say more].",
        "[Not bad|Not terrible|Not awful], [but|though|and] [not good either|not great|nothing special|I have seen better].",
        "[Not great|Not good|Not perfect], [but|though|and] [not bad either|not terrible|I have seen worse|it is acceptable].",
        "[An|Just an|A fairly|Quite an] [average|ordinary|okay|acceptable] [{thing}|place|product|day].",
        "[It is|The {thing} is] [neither|not] [good nor bad|great nor awful|cheap nor expensive|fast nor slow].",
        "[I have|We have] [no complaints and no praise|nothing to add|nothing to say about it|neither love nor hate for it].",
        "[The|Our] {thing} [was delivered|was installed|was cleaned|was repaired|was picked up] on {date}[ by {person}|].",
        "[We|I|They] [visited|passed|booked|left|entered] the {thing} [in {month}|at {number} o'clock|on a Monday].",
        "[The|This] {thing} [can be|is] [found|seen|rented|bought] [at {company}|in {city}|near the station].",
        "[The|This] {thing} [is|was] [{number} years old|{number} metres wide|from {city}|the third of its kind].",
        "[It|The {thing}] [has|had] [{number}|two|three|four] [floors|doors|wheels|buttons|pages|chapters|rooms|screens].",
        "[I|We] [will|would] [use it again or not|go again or not], [who knows|I do not mind|it makes no difference].",
        "[Some|A few] [parts|dishes|rooms|songs] [are|were] {pos}, [some|a few] [are|were] {neg}.",
        "[The {thing2}|The start|The inside|The first part] [is|was] {pos}. [The {thing}|The end|The outside|The last part] [is|was] {neg}.",
        "[I like|We like] the {thing2}, [I do not like|I dislike|we do not like] the {thing}[, so it is a tie|, overall average|].",
        "[It is|Well,] [a|just a] {thing}[, that is all|, nothing more|, like any other|].",
        "[The price|The size|The quality|The taste] is [average|normal|usual|as expected|in the middle].",
        "[You can|One can] [pay by card|park behind it|bring a dog|sit outside|take the bus].",
        "[The|A] [next one|bus|tour|show] [leaves|starts|begins] [at {number}|every {number} minutes|in {month}].",
        "[I|We] [took|chose|had] [the {thing}|number {number}|the small one|the blue one][ and paid {amount}|].",
        "[{person}|My sister|A man] [works|lives|waits|teaches] [there|in the {thing}|near the {thing}].",
        "[Expected|I expected|We expected] [little|nothing], got [little|nothing|what I expected|the same].",
        "[It met|The {thing} met|It matched] [my|our] expectations[, no more|, not more and not less|].",
        "[Good|Nice|Fine] [in parts|at times|here and there], [bad|poor|weak] [in parts|at times|elsewhere].",
        "[Half|Fifty percent] [good|right|fun], half [bad|wrong|boring].",
        "[Ask me|Come back] [in a year|next month|later][, I cannot judge it now|, too soon to say|].",
        "[Just|I just] [received|unpacked|ordered|booked] [it|the {thing}][, I will test it soon|, no verdict yet|].",
        "[There are better|There are nicer] and [there are worse|worse] {thing} [offers|types|shops].",
        "[The|Our] [order|booking|ticket] [number|code] [is|was] {number}{number2}[ for the {thing}|].",
        "[The {thing}|It] [is used|was used|is needed] [for work|twice a week|by {person}|in winter].",
        "[The {thing} was|It was] [no better|no worse] than [the other|last time|others I know], [the same really|just alike|{neu}].",
        "[It could be|Could be] [cheaper|bigger|faster], but [it could also be|could also be] [worse|dearer|smaller].",
        "[I can|We can] [take it or leave it|do with or without it|live with it].",
        "[Does|Did] [its job|what it has to], [no praise|no more to say|and that is it].",
        "[The {thing}|It] [is|was] [neither|not] {joy} [nor|and not] {grief}[, just a {thing}|: {neu}|]",
        "[Some|Many|Half of them] {like} it, [some|others|the other half] {hate} it[, I have no view|, I do neither|]",
        "[I am|We are] [neither|not] {glad} [nor|and not] {sad}[ about it|]",
        "[Partly|In part|Half] {joy}, [partly|in part|half] {grief}",
        "[One day|One week|Once] {joy}, [the next day|the next|then] {grief}[, so it goes|, on average {neu}|]",
        "[Will it|Does it|Could it] {fail} or {shine}? [We will see|No idea yet|I do not know|Ask me later]",
        "[I|We] [will see|do not know yet|wonder] [if it will {shine}|if it will {fail}|whether I {like} it|whether it is {joy}]",
        "[The advert|The box|The seller|{company}] says [it is {joy}|people {like} it|it will {shine}], [not tested yet|I have not tried it|I only quote]",
        "[A paper|A blog|{person}] [wrote|said] [it is {grief}|people {hate} it|it may {fail}], [not tested yet|I have not tried it|I only quote]",
        "[What I|The thing I|One thing I] {like}: the {thing}. [What I|The thing I|One thing I] {hate}: the {thing2}[. Even then.|. A draw.|]",
        "[The {thing2}|The start] was {joy}, the [{thing}|end] {grief}[, so in between|, so average|]",
        "[I do not|We do not|I neither] {like} [it|the {thing}] [and do not|nor do I|nor] {hate} it[, it is {neu}|]",
        "[It had|There were] {number} [people|pages|tables|parts] [in the {thing}|at the {thing}|on {date}]",
        "[The {thing}|It] [is|was] [near|behind|beside|above] the {thing2}[ in {city}|]",
        "[I|We|{person}] [got|took|brought|sent|kept|used] the {thing} [in {month}|on {date}|from {city}|for {number} weeks]",
        "[The {thing}|It] [belongs to|is from|comes from|went to] [{person}|{city}|{company}|the {thing2}]",
        "[Got|Ordered|Sold|Saw|Rented|Borrowed|Found] [it|the {thing}|a {thing}] [in {city}|on {date}|for {amount}|at {company}].",
        "[{person}|My aunt|A neighbour|He|She] [dropped off|took away|fetched|unlocked|measured|drew|counted|wrapped] the {thing} [at {number}|on {date}|in {city}].",
        "[I|We] [do not|would not] [need|miss|mind] [it|the {thing}], [I|we] [would not|do not] [throw it out|send it away|hate it] either.",
    ],
}

CLAUSES: dict[str, list[str]] = {
    "positive": """the staff were kind;the food came hot;the bed was soft;the battery lasts for days;we felt welcome
the {thing} was {pos};I found the {thing} {pos};they called back at once;the price was fair;it looked {pos}
the colours shine;the view was {pos2};{person} helped us;the queue moved fast;everything was clean;it fits well
the screen is sharp;it starts in a second;the kids loved it;the picture is clear;I got my money back at once;it rides smoothly
the room was bright;the waiter smiled;the soup was tasty;the plot gripped me;the guide knew a lot;the seats are comfy
it never broke;the app is fast;it was quiet at night;the doctor listened;the driver was careful;the sauce was rich
the lesson was fun;they fixed it quickly;it is easy to use;the {thing2} is {pos};my wife adores it;we laughed a lot
the music was {pos};the box was well packed;the service was {pos};the water was warm;the jacket keeps me dry;the team was polite
I enjoyed each minute;it works well;the parts fit;the cut is flattering;the story is touching;the {thing} pleased me
the hotline solved it;the rooms are spacious;it saves me time;the cake was fresh;the air was fresh;we were lucky
the owner greeted us;the manual is clear;the repair held;it smells nice;the handle feels solid;the {thing} impressed us
the towels were soft;the bar was lively;the tea was hot;the stitching is neat;the guests were cheerful;{person} was patient;the course taught me a lot
the trip was smooth;the sea was calm and clear;the jokes were funny;the acting was superb;it charges quickly;the lift worked;the ring is beautiful
they apologised and paid;it held my weight;nobody rushed us;we got a free drink;the portions are huge;it is light and strong;the paint lasts
the shoes are comfortable;the sound is full;there was no waiting;he explained it well;she was lovely to us;the garden smelled of roses;I slept well
it was a bargain;the work was done on time;the lens is sharp;the delivery was early;our room had a sea view;the crew made us laugh;it cleans well
the dog likes it;I felt safe;the pizza was crisp;it is worth the money;we ate well;the ending made me smile;the advice was sound""".replace(
        "\n", ";"
    ).split(";"),
    "negative": """the staff were rude;the food came cold;the bed was hard;the battery dies in an hour;we felt unwelcome
the {thing} was {neg};I found the {thing} {neg};they never called back;the price was a joke;it looked {neg}
the colours fade;the view was {neg2};nobody helped us;the queue never moved;everything was dirty;it does not fit
the screen is scratched;it takes ages to start;the kids cried;the picture is blurred;I never got my money back;it shakes and rattles
the room was dark;the waiter shouted;the soup was cold;the plot bored me;the guide knew nothing;the seats hurt
it broke at once;the app crashes;it was loud at night;the doctor did not listen;the driver was reckless;the sauce was sour
the lesson was dull;they made it worse;it is hard to use;the {thing2} is {neg};my wife hates it;we nearly cried
the music was {neg};the box was crushed;the service was {neg};the water was cold;the jacket lets the rain in;the team was impolite
I regretted each minute;it stopped working;the parts do not fit;the cut is awful;the story makes no sense;the {thing} annoyed me
the hotline hung up;the rooms are tiny;it wastes my time;the cake was stale;the air was bad;we were cheated
the owner ignored us;the manual is useless;the repair failed;it smells bad;the handle fell off;the {thing} let us down
the towels were damp;the bar was empty;the tea was cold;the stitching came undone;the guests were drunk;{person} was impatient;the course taught me nothing
the trip was a pain;the sea was full of waste;the jokes were lame;the acting was wooden;it takes all night to charge;the lift was broken;the ring is ugly
they lied and refused to pay;it broke under my weight;they rushed us;we paid for a drink we never got;the portions are tiny;it is heavy and weak;the paint peels
the shoes hurt;the sound is thin;there was a long wait;he explained nothing;she was mean to us;the garden smelled of waste;I slept badly
it was a rip-off;the work was never done;the lens is cracked;the delivery was late;our room faced a wall;the crew made us cry;it leaves stains
the dog got sick;I felt unsafe;the pizza was soggy;it is not worth the money;we stayed hungry;the ending made me angry;the advice was wrong""".replace(
        "\n", ";"
    ).split(";"),
    "neutral": """it has two doors;we arrived by train;it costs {amount};it opens at {number};the {thing} is in {city};it was a Tuesday
we sat at table {number};the walls are white;I ordered it in {month};it comes in three sizes;we took the stairs;the {thing} has {number} seats
it weighs {number} kilos;the tour starts at noon;{person} came with us;the menu has {number} pages;it is made of wood;we stayed two nights
the shop is near the station;the lid is blue;I paid by card;the show lasts {number} minutes;it needs two batteries;we were four people
it was raining;the {thing2} is next door;the box holds {number} parts;my room was on the third floor;it came by post;I wear size {number}
the course has {number} lessons;the cable is two metres long;it was built in {year};lunch is at one;the {thing} is sold by {company};the bus stops outside
it was my second visit;the paper is grey;we had booked for {date};the bag has three pockets;it runs on gas;there are {number} steps
the towels are white;the bar is on the left;tea is served at four;the label is sewn inside;the guests came from {city};{person} was at the desk;the course ends in {month}
the trip took {number} minutes;the sea is ten minutes away;it plays in {city};the actors are from {city};it charges by cable;the lift goes to floor {number};the ring is made of silver
they sent a bill;it holds {number} kilos;we had a table by the door;we ordered water;the portions come in two sizes;it is {number} centimetres long;the paint is green
the shoes are brown;there is a speaker in the lid;we waited outside;he gave us a map;she wore a hat;the garden has a fence;I slept on the left side
it was {amount};the work was done on {date};the lens is round;the delivery was on {date};our room had two beds;the crew was from {city};it is sold in bags
the dog stayed at home;the keys are at the desk;the pizza has cheese on it;the ticket is valid for a day;we ate at noon;the book ends on page {number};the {thing} is {neu}""".replace(
        "\n", ";"
    ).split(";"),
}
"""Clauses of praise, blame and fact."""

ASK = [
    "[Check|Test|Assess|Evaluate|Analyse] the [sentiment|mood|tone|feeling] [of|in] [this|the] [line|text|note|review|post]: {text}",
    "{text}\n\n[Sentiment|Mood|Tone|Feeling] [check|test|label|class|please][?|.|:|]",
    "[Say|Tell me|Let me know|Answer|Reply|Respond with] [positive, negative or neutral|neutral, positive or negative|negative, neutral or positive]: {text}",
    "{text}\n[Is this|Is the writer|Does that sound] [good, bad or neither|happy, unhappy or neither]? [Answer|Use the words] positive, negative, neutral.",
    "[How|In what way] [satisfied|happy|content|pleased] [is|was] [the customer|the author|the person|this guest]? {text}\n[positive, negative or neutral|Answer positive, negative or neutral]",
    "[A customer|A guest|A reader|Someone|My client] [wrote|left|posted|sent]: {text}\n[Sentiment|Mood|Verdict][?|:|]",
    "[Rate|Grade|Score] [it|this|the text] [as|with] [positive, negative or neutral|negative, positive or neutral][:|.] {text}",
    "[Feedback|Opinion|Review|Comment|Survey answer|Post] [for you|to judge|to label|number 4|]: {text}\n[Label it|Sentiment please|positive, negative, neutral?]",
    "[Would you call|Do you call|Is] [this|the following] [positive, negative or neutral|negative, neutral or positive]? {text}",
    "[Put|File|Place] [this|the] [review|comment|opinion] [under|into|with] [positive, negative or neutral|the right sentiment][:|.] {text}",
    "{text}\n\n[Tell me|Say|State|Give] [the|its] [sentiment|mood|feeling][.|, one word.|]",
    "[Sentiment|Mood|Tone] [analysis|task|question|job][.|:| -] {text}",
    "[Which|What] [sentiment|mood|feeling|label] [do you see in|has|fits|suits] [this|the] [text|review|line]? {text}",
    "[Read and judge|Judge|Please judge|Label]: {text} [(positive, negative, neutral)|Positive, neutral or negative?]",
    "[Are they|Is he|Is she|Are these people] [satisfied|happy|pleased|content]? {text} [Answer|Choose] positive, negative or neutral.",
    "[One word|In one word]: is [this|the text below] positive, negative or neutral?\n{text}",
    "[We asked guests|In our survey someone wrote|On our page it says|From the guest book]: {text} [What is the mood?|Sentiment?|Positive, negative or neutral?]",
    "[Classify|Categorise|Sort|Tag|Mark|Label] [by|for] [sentiment|mood|feeling]: {text}",
    "{text}\n[How|Just how|In the end, how] [happy|content|pleased|glad|angry|annoyed|unhappy|disappointed|satisfied] [is|was|does|sounds] [the writer|the author|the guest|the customer|he|she|the reader][?|?] [positive, negative or neutral|negative, neutral or positive|neutral, positive or negative|Positive, neutral or negative?|(positive/negative/neutral)]",
    "{text}\n[Does|Did] [the writer|this guest|the customer|that person|she|he] [like it|hate it|enjoy it|love it|complain|praise it|judge at all]? [positive, negative or neutral|negative, neutral or positive|One of positive, negative, neutral]",
    "{text}\n\n[Praise, blame or neither|Good, bad or neither|Happy, angry or neither|Love, hate or neither|Thumbs up, thumbs down or neither]? [positive, negative or neutral|Say positive, negative or neutral.|Label: positive, negative, neutral]",
    "{text}\n[Choose|Pick|Select|Options|Labels|Possible answers]: [positive, negative, neutral|neutral, negative, positive|negative, positive, neutral|positive / neutral / negative|positive, neutral or negative]",
    "[Question|Task|Job]: [is the writer happy|is the writer unhappy|is there praise or blame|good or bad news|which sentiment]? [Options: positive, negative, neutral.|Labels: neutral, negative, positive.|] [Text|Review|Comment]: {text}",
    "[Comment|Review|Feedback|Note|Line]: {text}\n[Is the customer satisfied|Are they pleased|Is somebody angry|Is the guest disappointed|Was it good|Was it bad|Does it sound happy]? [positive, negative or neutral|Answer with positive, negative or neutral|neutral, negative or positive]",
    "[Customer satisfaction|Happiness|Anger|Joy|Satisfaction] [check|test|label|level]: {text}[\n| ][positive, negative or neutral|negative, positive or neutral|neutral, positive or negative|]",
    "{text}\n[The sentiment|The mood|The tone|The feeling|The label|My answer|So the review] is[ (positive, negative or neutral)| one of positive, negative, neutral|:|...]",
    "[I wonder if|Tell me if|Find out whether|I need to know whether] [the writer is happy|the guest liked it|people are angry|this is praise|this is a complaint]: {text} [positive, negative or neutral|Answer positive, negative or neutral.|]",
    "[Is it a complaint, praise or just a fact|Praise, complaint or plain fact|Judgement or mere fact|Fan, critic or neither]? [positive, negative or neutral|Answer with positive, negative or neutral|]\n{text}",
    "{text}\n\n[positive, negative or neutral|neutral, negative or positive|negative or positive or neutral|positive/neutral/negative|pos neg neutral: answer in full][?||.]",
    "[Emotion|Attitude|Polarity|Stance|Valence] [of|in|for] [this|the] [text|line|review|entry]: {text}",
    "{text}\n[Polarity|Attitude|Stance|Emotion|Customer mood|Guest feeling|Overall feeling|Overall sentiment][?|:| =]",
]
"""Questions around a text."""

WORDS: dict[str, list[str]] = {
    "joy": """a delight;a joy;a pleasure;a treasure;a gem;a hit;a winner;a success;a triumph;a blessing;a bargain;a treat
a dream;a masterpiece;a marvel;a wonder;a highlight;an improvement;a find;a feast;a lifesaver;a relief;a beauty;a miracle
an inspiration;a paradise;a revelation;a classic;a comfort;a charm;a hidden gem;a great help;good fun;great fun;top class;first rate
pure bliss;money well spent;a success story;good value;a good deal;a real help;worth every cent;worth the trip;worth seeing;a cut above;second to none;spot on
a must;a keeper""".replace("\n", ";").split(";"),
    "grief": """a disaster;a pain;a letdown;a nightmare;a joke;a flop;a failure;a shame;a scam;a fraud;a rip-off;a mess
a mistake;a disgrace;a burden;a bore;a torment;a horror;a farce;a swindle;a danger;a hazard;an insult;an outrage
a blunder;a dump;a catastrophe;a fiasco;a hassle;a nuisance;an eyesore;a cheat;a lie;a trap;a ruin;a step back
a bitter pill;no fun;no good;no help;rubbish;junk;trash;garbage;pure stress;money wasted;a bad deal;a waste of time
not worth a cent;beneath contempt;a let-down;a con""".replace("\n", ";").split(";"),
    "like": """love;like;adore;enjoy;cherish;treasure;admire;appreciate;value;praise;recommend;applaud
miss;trust;prefer;favour;endorse;welcome;celebrate;look forward to;delight in;swear by;take pleasure in;rave about
root for;believe in;long for;dream of;fancy;dig;worship;respect;commend;savour;relish""".replace("\n", ";").split(";"),
    "hate": """hate;dislike;detest;loathe;despise;regret;dread;avoid;curse;condemn;reject;resent
distrust;fear;abhor;shun;complain about;moan about;suffer from;warn of;advise against;mock;deplore;mourn the day I bought
give up on;grumble about;run from;boycott;object to;am sick of;am tired of;am fed up with;am ashamed of;am afraid of""".replace(
        "\n", ";"
    ).split(";"),
    "fail": """break;fail;leak;crack;melt;jam;crash;peel;fade;rust;squeak;wobble
freeze;stall;smell;rip;tear;snap;bend;shrink;rot;burn;collapse;hang
stutter;disappoint;hurt;stink;sag;slip;scratch;smoke;split;flicker;rattle;clog
drip;overheat;fall apart;come loose;give up;lose its colour;let us down;get stuck;go wrong;cause trouble;make noise;turn sour
go flat;cut out""".replace("\n", ";").split(";"),
    "shine": """work;hold;last;shine;please;help;delight;impress;perform;convince;deliver;succeed
satisfy;improve;excel;inspire;surprise us nicely;keep its shape;stay sharp;run smoothly;keep its promise;do the trick;fit well;taste great
look lovely;feel good;sound great;make us smile;save time;save money;do a fine job;stay fresh;keep warm;make sense;win us over;live up to its name
cheer me up;stand the test""".replace("\n", ";").split(";"),
    "glad": """happy;glad;satisfied;pleased;content;delighted;thrilled;grateful;thankful;impressed;proud;cheerful
excited;amazed;relieved;enthusiastic;touched;overjoyed;charmed;fascinated;in love;hooked;moved;enchanted
comfortable;well;at ease;refreshed;amused;honoured""".replace("\n", ";").split(";"),
    "sad": """unhappy;sad;angry;upset;annoyed;disappointed;furious;frustrated;bitter;ashamed;shocked;cross
mad;irritated;disgusted;horrified;let down;cheated;bored;tired of it;exhausted;miserable;offended;hurt
betrayed;appalled;outraged;fed up;depressed;dismayed;worried;displeased;dissatisfied;discouraged;uneasy;sick
embarrassed;insulted;robbed;desperate""".replace("\n", ";").split(";"),
}
"""Slots of the sentences above: nouns, verbs and moods of praise and blame."""

VERDICTS: dict[str, list[str]] = {
    "positive": """I would come again;overall I am happy;in the end I was won over;I am glad I went;I still recommend it
all in all {pos};we are satisfied;that is what counts for me;I love it;it was worth it;I would buy it again;we had a great time
I keep it;five stars from me;we shall return;in sum a good choice;I cannot complain;I am content;for me it is {pos};my family is happy
that made up for everything;so all is well;I take back my doubts;we did not regret it;thumbs up""".replace(
        "\n", ";"
    ).split(";"),
    "negative": """I would not come again;overall I am unhappy;in the end I was let down;I am sorry I went;I cannot recommend it
all in all {neg};we are dissatisfied;that is what counts for me, so no;I hate it;it was not worth it;I would not buy it again;we had an awful time
I sent it back;one star from me;we shall not return;in sum a bad choice;I did complain;I am upset;for me it is {neg};my family is angry
that ruined everything;so nothing is well;I should have listened;we regret it;thumbs down""".replace("\n", ";").split(
        ";"
    ),
    "neutral": """I am torn;it evens out;so it is {neu};I cannot decide;that makes it average;so no clear verdict;I have no opinion
so three of five;it balances out;so my feelings are mixed;I am undecided;so half and half;you decide;so so;neither happy nor sad
I do not know what to think;it depends on the day;so I stay neutral;so a draw;in the middle;time will tell""".replace(
        "\n", ";"
    ).split(";"),
}

FRAMES: dict[str, list[str]] = {
    "positive": [
        "{N}[, but|, yet|. However,|. Still,|. Even so,|; nevertheless] {P}, [and|so] {v}.",
        "[Although|Though|Even though|While] {N}, {v}.",
        "[Although|Though|Even if|True,] {N}, {P}, [and|so] {v}.",
        "{P}, [and|also] {P2}.",
        "{P}. {v}.",
        "{F}, [and|where] {P}.",
        "{F}. {F2}. {P}.",
        "[Last year|In {year}|Before|In the past|On my first visit|With the old one] {N}. [Now|This time|Today|Since then|Meanwhile] {P}.",
        "[It used to be|It was once] {neg}, [these days|now|today] {P}.",
        "[{person}|My brother|A neighbour|Everybody|The press] [said|wrote|told us|claimed|warned me] that {N}. [Not true|Wrong|I disagree|That is nonsense|I saw no sign of it]: {P}.",
        "[I thought|I feared|We expected|I was told] {N}[, but no:|. Instead|. In truth|, in fact] {P}.",
        "{v}, [although|even though|even if|though] {N}.",
        "[At first|In the beginning|The first day] {N}, [then|later|after that|in the end] {P}[ and {v}|].",
        "[Elsewhere|With others|In other places|At the rival's] {N}, [here|with them|in this place] {P}.",
        "[Yes|Sure|Granted|Okay], {N}. [So what?|Who cares?|That is a trifle.|No matter.] {v}.",
        "[They|{person}] [saw|heard|noticed] that {N} and [put it right|changed it|fixed it at once|made up for it], {v}.",
        "[There is|There was|I see] [no|not any] [{thing}|place|one] [more|so] {pos}, {v}.",
        "[Not|Never|No longer] {neg}, [not|never] {neg2}: {v}.",
        "[It is not|Nobody can say it is|I would not say it is|You cannot call it] {neg}[, {v}|, {P}|: {pos}].",
        "[I cannot find|There is|I found|We had] [nothing|not one thing] {neg} [about it|in the {thing}|there], {v}.",
        "[How|Who] could [anyone|one|you] [say|claim|think] that {N}? {P}, {v}.",
        "[I was|We were] [ready|prepared] to [complain|hate it|leave], but {P}.",
        "{P}[, not like the {thing2}, where| - unlike last time, when|, in contrast to {city}, where] {N}.",
        "[I do not miss|Forget|Goodbye to] the old {thing}, {N}. [The new one|This one] is {pos}.",
        "[Less|Not as|Not half as] {neg} [than|as] [I feared|they say|before], [in fact|really|even] {pos}.",
    ],
    "negative": [
        "{P}[, but|, yet|. However,|. Still,|. Even so,|; nevertheless] {N}, [and|so] {v}.",
        "[Although|Though|Even though|While] {P}, {v}.",
        "[Although|Though|Even if|True,] {P}, {N}, [and|so] {v}.",
        "{N}, [and|also] {N2}.",
        "{N}. {v}.",
        "{F}, [and|where] {N}.",
        "{F}. {F2}. {N}.",
        "[Last year|In {year}|Before|In the past|On my first visit|With the old one] {P}. [Now|This time|Today|Since then|Meanwhile] {N}.",
        "[It used to be|It was once] {pos}, [these days|now|today] {N}.",
        "[{person}|My brother|A neighbour|Everybody|The press] [said|wrote|told us|claimed|promised me] that {P}. [Not true|Wrong|I disagree|That is nonsense|I saw no sign of it]: {N}.",
        "[I thought|I hoped|We expected|I was told] {P}[, but no:|. Instead|. In truth|, in fact] {N}.",
        "{v}, [although|even though|even if|though] {P}.",
        "[At first|In the beginning|The first day] {P}, [then|later|after that|in the end] {N}[ and {v}|].",
        "[Elsewhere|With others|In other places|At the rival's] {P}, [here|with them|in this place] {N}.",
        "[Yes|Sure|Granted|Okay], {P}. [So what?|Who cares?|That does not help.|No matter.] {v}.",
        "[They|{person}] [saw|heard|noticed] that {N} and [did nothing|walked away|just smiled|made it worse], {v}.",
        "[There is|There was|I know] [no|not any] [{thing}|place|one] [more|so] {neg}, {v}.",
        "[Not|Never|No longer] {pos}, [not|never] {pos2}: {v}.",
        "[It is not|Nobody can say it is|I would not say it is|You cannot call it] {pos}[, {v}|, {N}|: {neg}].",
        "[I cannot find|There is|I found|We had] [nothing|not one thing] {pos} [about it|in the {thing}|there], {v}.",
        "[How|Who] could [anyone|one|you] [say|claim|think] that {P}? {N}, {v}.",
        "[I was|We were] [ready|prepared] to [cheer|love it|stay longer], but {N}.",
        "{N}[, not like the {thing2}, where| - unlike last time, when|, in contrast to {city}, where] {P}.",
        "[I miss|Give me back|I long for] the old {thing}, {P}. [The new one|This one] is {neg}.",
        "[Less|Not as|Not half as] {pos} [than|as] [I hoped|they say|before], [in fact|really|even] {neg}.",
    ],
    "neutral": [
        "{P}, {N}, {v}.",
        "{P}[, but|, yet|. On the other hand|. Then again] {N}, {v}.",
        "{N}[, but|, yet|. On the other hand|. Then again] {P}, {v}.",
        "[On the one hand|For one thing] {P}, [on the other hand|for another] {N}.",
        "[Sometimes|One day|In the morning|Some weeks] {P}, [sometimes|the next day|in the evening|other weeks] {N}.",
        "{F}.",
        "{F}, [and|while] {F2}.",
        "{F}. {F2}.",
        "{F}. [Nothing else to report|That is all I know|More I cannot say|That is all].",
        "{F}, {v}.",
        "[{person}|One friend|My brother|One paper] [says|thinks|writes] {P}, [{person2}|another|my sister|the other] [says|thinks|writes] {N}[, I was not there|, I cannot tell|. {v}|].",
        "[I heard|Some say|They write] that {P}. [I have not|I did not] [tried it|seen it|been there] [yet|myself].",
        "[I heard|Some say|They write] that {N}. [I have not|I did not] [tried it|seen it|been there] [yet|myself].",
        "[Is it true that|Do you know if|Can anyone say whether] [{P}|{N}]?",
        "[If|In case] [{P}|{N}], I will [tell you|write again|let you know]. [So far|Until now] [I know nothing|no news|nothing to say].",
        "[We will see|Let us see|I wonder] [whether|if] [{P}|{N}].",
        "[Not {pos}|It is not {pos}], [not {neg}|nor is it {neg}], {v}.",
        "{v}: {P}, {N}.",
        "{v}. {F}.",
        "[As many things were {pos} as {neg}|For each {pos} thing there was a {neg} one], {v}.",
    ],
}
"""Frames: {P}, {N} and {F} are clauses of praise, blame and fact, {v} is a verdict of the frame's label."""

ADJECTIVES = {
    "positive": """admirable adorable affordable airy amusing appealing appetising beneficial blissful bright breathtaking
        calm captivating caring celebrated cheerful classy colourful compelling considerate cool courteous creative
        crisp dazzling dependable divine durable dreamy easygoing effective efficient enchanting engaging entertaining
        ethical excellent-value exceptional exemplary exquisite fair-priced faithful fascinating fast faultless fine
        flavourful genuine gifted glorious graceful grand gripping handsome happy harmonious heartwarming heavenly
        high-quality honest hospitable hilarious ideal immaculate ingenious inspiring intuitive inviting joyful juicy
        knowledgeable likeable lively luxurious magical masterful memorable moving neat patient peaceful phenomenal
        playful pleasing pleasurable precious precise pretty professional prompt pure quiet radiant rewarding rich
        robust romantic safe satisfying scenic secure sensational sharp silky skilled sleek snug soft solid soothing
        sophisticated sparkling spacious spectacular speedy strong sublime succulent sunny supportive sweet tender
        thoughtful thrilling tidy top top-notch tranquil trustworthy unbeatable unforgettable uplifting valuable
        versatile vibrant vivid well-kept witty worthwhile yummy""".split(),
    "negative": """abysmal absurd aggressive amateurish arrogant atrocious bitter bland bleak blurry bumpy burnt cheap
        cheerless clueless coarse complicated costly crude cruel cumbersome damaged dangerous dated deceptive
        deplorable dilapidated dim discouraging disgraceful dishonest dismal disorganised disrespectful distressing
        dodgy draughty dreary drab dusty embarrassing exhausting expensive fake flawed foul fragile freezing gloomy
        graceless grubby grumpy harmful harsh hideous horrid hostile humiliating ignorant impolite impractical
        inadequate incompetent inconsiderate inconvenient ineffective inefficient inferior infuriating insulting
        irritating jarring jerky lacklustre laggy lame late lazy leaky loathsome loud mean meaningless monotonous
        mouldy muddled musty nauseating neglected negligent nerve-racking numbing odious off-putting offensive
        oily old-fashioned outdated outrageous overcooked overcrowded overrated painful-to-watch petty pointless
        pretentious questionable raw reckless repulsive revolting ridiculous risky rotten rough rushed rusty sad scary
        scratched scruffy second-rate shaky shallow shameful shocking shoddy sloppy soggy sour sluggish stained
        stiff stingy substandard tacky tense thoughtless tinny torn toxic tough trashy ugly-looking unacceptable
        unbearable uncaring uncomfortable uneven unfair unhygienic uninspired unprofessional unsafe untidy unwelcoming
        upsetting vague vile vulgar washed-out weak-looking wobbly worrying wretched""".split(),
    "neutral": """balanced bearable generic in-between indifferent intermediate mainstream mid-range
        middle-of-the-road modest neutral nondescript ok okayish reasonable run-of-the-mill satisfactory
        so-and-so sufficient unspectacular unsurprising workable""".split(),
}
"""Adjectives for training alone."""

THINGS = """aeroplane agency alarm allotment apartment apron armchair artist audio backpack balcony band barber
    barbecue basin basket battery bench biscuit blanket boat boiler boots bottle box brush buffet burger butter cab cable
    camera camp canteen cap caravan carpet casino cellar chocolate cinema circus clock cloth club coach coat
    cocktail comb comedy compass computer cooker corridor costume cottage counter cream crew cruise cup curry curtain
    cushion dance deli desk dessert dish diary dishwasher district document door dryer duvet earphones editor
    elevator engine event exhibition eyeglasses fair farm festival fish flask flat floor flower fork fountain freezer fries
    fruit furniture gadget gate gift glasses glove glue grill grocery guesthouse guitar hall hammer hammock handbag
    hat headphones hike holiday home hospital hostel house inn internet iron jam jeans jeweller
    juice jumper keyboard kiosk ladder lake landlord language laundry lawyer leaflet lecture lens lighter
    lipstick lock lodge lounge lunchbox machine magazine makeup market massage meal mechanic medicine meeting
    microwave milk mirror mixer modem monitor motel motorbike mouse mover mug music musical necklace neighbourhood
    newspaper noodles nurse nursery office omelette opera optician orchestra outfit painter palace parcel
    party pasta path patio pen pencil pharmacy photo photographer piano picnic pie plane plate playground plug plumber poem
    portrait pot present presenter programme projector promenade pump purse quiz radio raincoat rail razor
    receptionist recipe remote rental resort rice ride ring roof router rucksack rug ruler sandal sandwich sauce
    saucepan sauna saw scarf scissors scooter series ship skirt slippers snack soap sock software spa speaker
    spoon square stadium stairs statue steak stool store story stove studio suit suitcase supermarket sweater swing
    table tablet tailor talk tap taxi team television tennis thermos ticket tie timer tool torch tower town toy trainer
    tram translator treatment truck umbrella uniform van vase vegetables vet village villa violin voucher
    waitress wallet wardrobe weekend wheel window yoga zip""".split()
"""Nouns for training alone."""
