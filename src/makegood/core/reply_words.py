"""The words by which a customer's reply is read; English first, with the commonest of six other languages.

Patterns match lower-case text with straight quotes. What is listed as trouble only ever sends a reply to its owner, so
that list may be wide; what is listed as thanks keeps a reply from the owner, so that list is narrow.
"""

from __future__ import annotations

import re


def _any(*patterns: str) -> re.Pattern[str]:
    """One pattern of many, each at word boundaries where it begins and ends with a letter."""
    return re.compile("|".join(rf"(?<!\w)(?:{pattern})(?!\w)" for pattern in patterns))


def _listed(block: str) -> re.Pattern[str]:
    """One pattern of many, written with " | " or a line end between them."""
    return _any(*re.split(r" \| |\n", block.strip()))


_NOUN = (
    r"(?:problems?|issues?|mistakes?|errors?|mix-?ups?|delays?|leaks?|faults?|damage|complaints?|mess|confusion|"
    r"troubles?|situation|matter|claim|double charge|overcharge|hassle|inconvenience|bad start|wait)"
)
_RESOLVED = r"(?:fixed|resolved|solved|sorted(?: out)?|corrected|gone|cleared(?: up)?|taken care of|put right|settled)"
_SWIFT = r"(?:quick\w*|fast\w*|soon\w*|prompt\w*|kind\w*|generous\w*|nice\w*|good|great|friendly|helpful|excellent)"

SAFE = _any(
    # Words of trouble inside what is plainly no trouble.
    r"no (?:problems?|worries|rush|hurry|complaints?|issues?|hassle|fuss|trouble|harm done|hard feelings)"
    r"(?: (?:at all|whatsoever|since|so far|now|anymore|any more))?",
    r"(?:not|no longer) (?:a|an) (?:problem|issue)(?: (?:anymore|any more|at all))?",
    r"not bad(?: at all)?",
    r"no (?:more|further|other) (?:problems?|issues?|complaints?|questions?|action|help)(?: (?:is |are )?(?:needed|"
    r"required|necessary))?",
    r"nothing (?:else|more|further)(?: (?:is |to )?(?:needed|required|add|ask|do))?",
    r"(?:there is |there's )?no need to \w+(?: \w+){0,3}",
    r"(?:don't|do not|not to) worry(?: about (?:it|that))?",
    r"(?:can't|cannot|can not|couldn't|could not) (?:thank|praise) \w+(?: \w+){0,4} enough",
    r"(?:can't|cannot|couldn't|could not) (?:fault|complain|be (?:happier|better|more)|have (?:asked|hoped|wished) for|"
    r"ask for (?:more|better)|recommend \w+ (?:enough|highly enough))",
    r"can(?:'t|not) wait to (?:come back|visit|return)",
    r"without (?:any |a |further |much )?(?:hassle|problems?|issues?|trouble|delay|fuss|hitch)",
    r"(?:trouble|hassle|problem)-free",
    r"(?:you )?(?:didn't|did not|don't) (?:have|need) to(?: do (?:that|this))?",
    rf"(?:didn't|did not|wasn't|hadn't|never) expect\w* [^.,;!?\n]{{0,30}}?{_SWIFT}",
    r"(?:won't|not going to|not gonna|can't|not to) lie",
    r"(?:these|such) things happen",
    r"without (?:a|any) hitch",
    r"\b(?:at |by |for )?\d{1,2}(?:[:.]\d\d)?(?: ?(?:am|pm|o'clock))?(?: (?:on the dot|sharp|today|tomorrow|tonight))|"
    r"(?:at|by) \d{1,2}(?:[:.]\d\d)?(?: ?(?:am|pm|o'clock))?|\d{1,2}[:.]\d\d(?: ?(?:am|pm))?|on the dot",
    r"(?:(?:the )?(?:money|discount|bit|something)|\d+ ?%|[£$€]\d+) off",
    r"how (?:you|to|it's|things are|problems are)(?: should be)? (?:fix|handle|solve|put right|deal with|done|handled)"
    rf"(?:s|ed)?(?: (?:a|an|any|your|these|this)(?: \w+)?(?: {_NOUN})?)?",
    rf"never (?:had|seen|experienced|received|known) (?:such )?(?:a )?(?:\w+ )?(?:better|{_SWIFT})",
    rf"(?:{_SWIFT}|earlier|better|more|sooner|faster) than (?:i |we )?(?:had )?(?:expected|promised"
    r"|hoped|thought|feared)",
    r"as (?:promised|agreed|described|expected|you said)",
    # Trouble that has been put right.
    r"for (?:\w+ly )?(?:fix|sort|resolv|solv|handl|correct|replac|repair|find|track|look)ing "
    r"(?:(?:out|up|down|after) )?(?:\w+ ){0,2}(?:delayed|late|missing|lost|broken|damaged|"
    r"faulty|defective|cancell?ed) \w+",
    rf"(?:fix|sort|resolv|solv|handl|correct|clear|address|settl)(?:ing|ed)(?: (?:out|up))? (?:\w+ ){{0,3}}{_NOUN}",
    rf"(?:taking care of|dealing with|putting right|looking into|responding to|sorted|help(?:ing)?(?: me| us)? with|"
    rf"your (?:help|work|support|assistance) (?:with|on)) (?:\w+ ){{0,3}}{_NOUN}",
    rf"{_NOUN}(?: (?:is|was|are|were|has been|have been|has|got|seems|'s))?"
    rf"(?: (?:now|all|finally|fully|completely|already|quickly|been))* {_RESOLVED}",
    rf"{_NOUN}'s (?:now |all |been )*{_RESOLVED}",
    r"(?:missing|late|lost|delayed) (?:\w+ ){1,3}?(?:(?:has|have|just|now|finally|also|has now|did) )*"
    r"(?:arrived|turned up|is here|was delivered|came (?:today|this morning|through))",
    rf"(?:despite|after) (?:all )?(?:the|my|that|this|our) (?:\w+ ){{0,2}}{_NOUN}",
    r"sorry (?:for|about) (?:the|my|any) (?:late|delayed|slow) (?:reply|response|answer)",
    r"sorry (?:for|about) (?:the|my|any) (?:trouble|bother|confusion|fuss|tone)",
    r"sorry to (?:have )?bother(?:ed)?(?: you)?",
    # "Again", "would", "please" and "if" that ask for nothing.
    r"(?:thanks|thank you|cheers|many thanks|grateful|sorry)(?: \w+){0,2} (?:once )?again",
    r"(?:once )?again,? (?:many )?thank",
    r"(?:works?|working|(?:up and )?running|happy|smiling|back to normal|in order) again",
    r"(?:i|we)(?:'ll| will|'d| would) (?:definitely |certainly |gladly |happily |be sure to |surely )*(?:be back|"
    r"recommend|come (?:back|again)|return|(?:order|shop|book|buy|stay|fly)(?: \w+){0,3} again|"
    r"use (?:you|your \w+) again|tell (?:all )?my friends)(?: (?:again|soon))?",
    r"(?:hope|look(?:ing)? forward) to (?:see|stay|visit|shop|order|fly)(?:ing)?(?: \w+){0,3} (?:again|soon)",
    r"(?:i|we)(?:'d| would) (?:just |also |really )*(?:like|love|want) to (?:say )?(?:a )?(?:big )?thank",
    r"(?:just |only )*want(?:ed)? to (?:say(?: that)?|tell you(?: that)?|express|"
    r"let you know(?: that)?|thank|add my thanks)",
    r"please (?:pass (?:on|along)|give|send|extend|share)(?: \w+){0,2} (?:my|our) (?:\w+ )?(?:thanks|regards|"
    r"compliments|gratitude)|please thank",
    r"(?:please |you (?:can|may) |feel free to )+(?:go ahead and )?(?:now )?close (?:the|this|my|it)(?: \w+)?",
    r"(?:let me know )?if you need anything(?: else| more)? from (?:me|us|my side)",
    r"still (?:very |really )?(?:happy|love|loving|a fan|impressed|grateful)",
    r"(?:you|me|love it) too",
    r"i(?:'d| had)? (?:was |were |been )(?:really |so |quite |a bit |a little )*(?:dreading|worried|worrying|nervous|"
    r"anxious|afraid|bracing|prepared)(?: [\w']+){0,8}",
    r"(?:the |my |our )?(?:money|refund|internet|wi-?fi|broadband|power|electricity|(?:hot )?water|heating|service|"
    r"line|phone|signal|access|account|website|app|booking|lights?)(?:'s| is| are| has been| was)?"
    r"(?: (?:now|all|already))? back"
    r"(?: (?:up|on|in|to normal|online))?(?! (?:to square|down|off))",
    r"(?:have a|enjoy (?:your|the|a)) (?:\w+ )?(?:day|week|weekend|evening|night|one|time|rest of your day)",
    r"merci encore|encore merci|funktioniert (?:jetzt )?wieder|keine? probleme?|pas de (?:souci|problème)s?|"
    r"sin problemas?|sem problemas?|ningún problema|nenhum problema|alles wieder",
)

TROUBLE = _listed(r"""
still | again | not | \w+n't | (?:do|did|does|is|was|are|have|has|ca|wo)nt | cannot | never | no | none | nothing
nobody | nowhere | neither | nor | without | nope | unfortunately | sadly | except | unless | until | till | instead
if | only | just (?:a|one|half) | only half | half (?:the|of|my|our|as|empty|full) | part(?:ly|ial\w*) | less than
short (?:of|by) | br[eo]k\w* | fail\w* | fault\w* | defect\w* | damag\w* | crack\w* | leak\w* | stain\w* | dirt\w*
filth\w* | smell\w* | stink\w* | nois[ey]\w* | loud | cold | freez\w* | frozen | wrong\w* | incorrect\w* | mistak\w*
errors? | problem\w* | issues? | bugs? | buggy | missing | miss(?:ed|es) | lost | late | later | delay\w* | wait\w*
slow\w* | stuck | stop(?:s|ped|ping)? | quit | refus\w* | reject\w* | declin\w* | cancel\w* | charg\w*
overcharg\w* | twice | double | duplicate\w* | billed | owes? | owed | same | another
(?:second|third|fourth|fifth|nth|\d+(?:nd|rd|th)) time | worse\w* | worst | bad\w* | poor\w* | terribl\w* | awful\w*
horribl\w* | useless | pointless | worthless | ridiculous\w* | pathetic | absurd | laughable | unaccept\w*
disappoint\w* | frustrat\w* | annoy\w* | angry | furious | upset\w* | unhappy | dissatisf\w* | disgust\w* | rude\w*
joke | scam\w* | fraud\w* | st[eo]l\w*n? | lie[ds]? | lying | liars? | lawyers? | solicitors? | court | sue
complain\w* | escalat\w* | managers? | supervisors? | chargebacks? | want\w* | need(?:s|ed|ing)? | expect\w*
should\w* | suppos\w* | said | told | claim\w* | would | could | when(?:ever)? | why | where
how (?:long|much|many|come|do|can) | please | can you | can someone | will you | yet
any (?:update|news|progress|word) | hear(?:d)? back | (?:call|phone|contact|ring|email) (?:me|us) | chas(?:e|ed|ing)
ignor\w* | empty | expired? | invalid | came back | (?:is|are|it's|that's|comes?|coming) back | happen(?:s|ed|ing)
keeps? | kept | last(?:ed|s)
(?:worked|working|running|fine|good|ok|okay) for (?:\d+|an?|about|one|two|three|maybe|less|all of)
(?:making|keeping|leaving|forcing|allowing|letting|causing) (?:me|us) (?!know|smile|happy|feel|posted|informed)\w+
lack\w* | los(?:e|es|ing) | canned | scripted | down the (?:drain|toilet) | no thanks to
(?:worked|fine|good|ok|okay) (?:until|till|yesterday|at first|initially|briefly)
(?:worked|working|fine) (?:once|one) | at first | initially | used to
(?:is|are|went|goes|going|still) (?:down|off|out) | off | unable | impossib\w* | hardly | barely | almost | nearly
(?:i )?guess | supposedly | apparently | allegedly | so-called | whatever | yeah,? right | for nothing
(?:a lot of|much|fat lot of) good | too (?!\b(?:and|but|so|thanks?|to)\b)\w+ | wast\w* | ruin\w* | hurt\w* | pain\w*
sick | ill | injur\w* | allerg\w* | danger\w* | unsafe | melt\w* | mou?ld\w* | wet | damp | soak\w* | flood\w*
holes? | torn | tear | ripp?\w* | scratch\w* | dent\w* | bent | loose | flicker\w* | crash\w* | dead | die[ds]?
blank | lock(?:ed|s) | block\w* | offline | disconnect\w* | drops? | dropped | overdue | pending
un(?:answered|resolved|paid|solved|usable|available|fair|helpful|professional) | incomplete | insufficient
inadequate | lousy | mess | nonsense | sarcas\w* | (?:un)?believabl\w* | seriously | really\?
after (?:\d+|a|two|three|four|five|six|several|many|all) (?:hours?|days?|weeks?|months?|these|this)
too (?:little|late) | better luck | reopen\w* | re-open\w* | follow(?:ing)? up | hungry | rotten | spoil\w* | burnt?
stale | raw | faded? | small(?:er)? | tight | short | hang\w* | glitch\w* | buzz\w* | squeak\w* | rattl\w* | drip\w*
clog\w* | jam(?:med|s)? | sinc(?:e|ere)? (?:then|monday|tuesday|yesterday|last) | nightmare | nicht | kein\w* | nie
nichts | immer noch | noch | aber | leider | kaputt\w* | falsch\w* | fehl\w* | warte\w* | wieder | schlecht\w*
defekt\w* | pas | rien | jamais | toujours | mais | encore | cassée?s? | malheureusement | manqu\w* | attend\w*
todavía | pero | aún | sigue\w* | rot[oa]s? | nada | nunca | falta\w* | mal | não | nao | ainda | mas | quebrad\w*
continua\w* | infelizmente | non | ancora | però | rott[oa] | purtroppo | niet | geen | nog | maar | helaas
problème?s? | problemas? | problemi?a?
""")
TROUBLE_SIGNS = re.compile("[🙄😡😠🤬👎😤😞😒😑🤦💩😭😢🙃]|(?<!\\w):-?[(/|]|/s\\b")

THANKS = _listed(r"""
thank\w* | thanx | thx | thnx | tnx | ty | tysm | cheers | ta | appreciat\w* | grateful\w* | gratitude | kudos
bless you | much obliged | danke\w* | vielen dank | besten dank | herzlichen dank | dank(?: (?:u|je))? | bedankt
merci | gracias | agrade\w* | obrigad\w* | valeu | grazie | tack | takk? | dziękuj\w* | dzięki | спасибо
благодар\w* | teşekkür\w* | ευχαριστώ
""")
THANKS_SIGNS = re.compile("[👍🙏❤💙💚🥰😊🙂😀😃😄😍👏🎉💯]|谢谢|謝謝|ありがとう|감사|شكرا")

OUTCOME = _listed(r"""
works? | working | running | fixed | sorted | resolved | solved | replaced | replacement | arrived | new one
worked out | in the end | made up for it | made it right | put (?:it )?right | turned (?:it|things) (?:a)?round
refunded
""")
"""What tells that trouble is over, not only that something else pleased."""

PLEASED = _listed(r"""
great(?:ly)? | excellent\w* | perfect\w* | brilliant\w* | wonderful\w* | fantastic\w* | amazing\w* | awesome
lovely | superb\w* | fabulous | outstanding | stellar | happy | happier | pleased | delighted | satisfied
impressed | relieved | love[ds]? | helpful | kind(?:ly|ness)? | friendly
you(?:'re| are)(?: all| both)? (?:an? |the )?(?:real |absolute )?(?:stars?|legends?|life ?savers?|hero|gems?|best)
(?:consider|regard|treat) (?:it|this|the matter|the case)(?: as| to be)? (?:closed|settled|resolved)
looks? (?:normal|good|fine|great|right|like new|as new|spotless|all right) | works for (?:me|us) | as good as new
(?:had|got|have|is|are|it's|all|everything|everything's) (?:\w+ ){0,2}(?:running|working)(?: fine| now| well)?
(?:refund|credit|money|payment)(?:'s| is| has| was)?(?: \w+){0,3} (?:on|in|into) my (?:account|statement|card|bank)
mean[st]? a lot(?: to (?:me|us))? | meant a lot | (?:so|very|really|super|pretty) (?:quick|fast|swift|prompt)(?:ly)?
works?(?: \w+)? (?:well|perfectly|fine|great|now|like a charm|a treat|beautifully|as new)
(?:it|that|everything|all) works | that worked | did the trick | does the job
working (?:well|perfectly|fine|great|now|beautifully|properly) | up and running
all (?:is |are )?(?:good|set|well|fine|ok|okay|clear|done|in order|right)
(?:good|nice|great) (?:job|work|service|one|to know|to hear|news) | well done | made my (?:day|week)
nice (?:of you|touch|gesture) | (?:five|5) stars? | top (?:service|notch|marks) | apology accepted
accept (?:your|the) apology | back to normal | alles (?:gut|bestens|klar|prima|super|in ordnung|wieder) | super
perfekt | prima | toll(?:er?)? | bestens | parfait\w* | tout est (?:réglé|bon|ok|parfait) | génial | perfecto
todo (?:bien|ok|perfecto|resuelto|arreglado|solucionado) | excelente | genial | perfeito | ótim[oa]
tudo (?:certo|resolvido|bem|ok) | perfetto | tutto (?:ok|bene|risolto)
""")

BENIGN = frozenset(
    """
a about absolutely account accepted actually afternoon all also am an and any anyone apology appointment are around
arrived as at attention away back bag bags bank be been best booking both by bye call came card care case cash chat
close closed colleague colleagues come coming complete completely confirm confirmation confirmed credit customer day
dear definitely delivered delivery desk did do does done email evening everybody everyone everything explaining
explanation fast few fine flight for form forward from full fully get getting gift give giving go good got guys had
hand happily hard has have having he hello help helped helping her here hey hi him his hotel how i i'd i'll i'm i've
in indeed info information into is it it's item its job kept last let letter lot love luggage luck lunch madam made
mail make many may me message money month morning most mr mrs ms much my name new news next nice night noted now of oh
ok okay on once one online order our out over package parcel part passed patience patient payment people person phone
place plan product promptly put quick quickly quite really receipt received receiving refund refunded regards reply
replied replacement resolution respond responding response responded rest right room safe safely same-day see seeing
sending sent serve service she shop sincerely sir smoothly so solution soon sort sorry speed speedy staff store
straight such suitcase super support sure swift swiftly taking talk team that that's the their them then there they
thing things this through ticket time to today together tonight took touch training truly turned understand
understanding understood up update updated us very via visit voucher was warm we we'll we're we've week weekend well
went were wishes with wonderfully work worked working works write yes yesterday you you're you've your yours finally
landed credited showed appeared receive gets today's monday tuesday wednesday thursday friday saturday sunday kind
warmest faithfully respectfully already hours minutes within hour early earlier perfectly viele grüße freundlichen mit
für die der das ihre ihr hilfe schnelle antwort und ich wir es ist bien cordialement pour votre aide le la les et
réponse rapide saludos por su ayuda y el todo muito pela pelo ajuda abraço atenciosamente e o os tudo re_safe
acknowledge acknowledged consider dealt way prompt promptness matter half two three driving drove take opened used
tried tested checked looked ate wore slept before tea dinner breakfast supper wife husband partner son daughter kids
children family mum mom dad mother father grandma birthday party he's she's they're they've ps hot water power heating
internet wifi broadband tv xx xxx xo hugs fixed resolved solved sorted settled speeds normal engineer driver
technician plumber receptionist chef waiter waitress agent rep representative side twenty ten five fifteen thirty
statement points wallet must say honest honestly tbh fair enough smile smiling relief
""".split()
)
"""Words that a clause without any sign of pleasure may be made of."""
