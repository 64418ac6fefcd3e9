"""The apology linter: each rule on both sides, what it finds in an apology, and what holds for any text."""

from __future__ import annotations

import time

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.test_wording_data import DOCUMENT

from makegood.core.evidence import GRADES
from makegood.core.wording import Case, Linted, lint, tells_what
from makegood.core.wording.reading import read
from makegood.core.wording.types import ELEMENTS
from makegood.core.wording.weighing import weigh
from makegood.rules.wording_data import parsed, wording_rules

RULES = wording_rules()

GOOD = (
    "Hi Ana, your parcel was promised for Tuesday and did not come. We put it on the wrong van. I am sorry. "
    "A new one left Porto this morning and will be with you by Thursday noon. I'll call you at two today. Maria"
)


def linted(text: str, **case: object) -> Linted:
    return lint(text=text, rules=RULES, case=Case(**case))  # type: ignore[arg-type]


def found(text: str, **case: object) -> set[str]:
    return {finding.rule.removeprefix("wording.") for finding in linted(text, **case).findings}


# Each rule: sentences that must be found, then near ones that must not.
TABLE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "conditional": (
        (
            "We apologise for any inconvenience this may have caused.",
            "I\u2019m sorry if you were inconvenienced.",
            "Apologies to anyone who was affected.",
            "If our service fell short of what you expected, then we apologize.",
            "We regret any distress caused.",
            "Sorry that the delay might have upset your plans.",
        ),
        (
            "I'm sorry we lost it. If you'd rather have a refund, tell me.",
            "Sorry about the room, and if you want another one just say so.",
            "I am sorry that you waited 40 minutes.",
            'I am sorry. You wrote "sorry if I was upset, but nobody came" and you had every reason.',
        ),
    ),
    "feelings": (
        (
            "I am sorry you feel that way.",
            "We're sorry that you feel let down.",
            "Sorry for how you perceived our waiter's joke.",
            "We are sorry some people took offense.",
        ),
        ("I'm sorry I made you feel unwelcome.", "I'm sorry you had to wait.", "I feel terrible about the cake."),
    ),
    "disappointed": (
        ("We are sorry to hear that you were disappointed.", "Sorry for your frustration."),
        ("I am sorry that you stood in the rain.", "We lost your coat and I'm sorry you were upset by it."),
    ),
    "passive": (
        (
            "Mistakes were made.",
            "An error occurred.",
            "There was a miscommunication about your room.",
            "It appears that there was an oversight.",
            "Something went wrong.",
        ),
        ("We made a mistake.", "The mistake was ours.", "It was my mistake.", "I got it wrong."),
    ),
    "blame": (
        (
            "You should have checked the size chart.",
            "Had you told us, we could have helped.",
            "The delay was due to your incorrect address.",
            "As clearly stated in our terms, bags are not covered.",
            "In future please make sure you arrive early.",
            "No other customers have complained.",
            "You need to understand that we were full.",
        ),
        (
            "You should have had it on Tuesday.",
            "You should have been told.",
            "None of this was your fault.",
            "You shouldn't have had to call twice.",
            "You did nothing wrong.",
        ),
    ),
    "excuse": (
        (
            "This was due to circumstances beyond our control.",
            "We are experiencing higher than normal call volumes.",
            "These things happen.",
            "In our defence, it was Saturday.",
            "As you can imagine, we were busy.",
            "Nobody is perfect.",
        ),
        (
            "We were two people short on Saturday and I should have called you.",
            "That is no excuse.",
            "A tree came down on the line at Mill Road.",
        ),
    ),
    "policy": (
        (
            "As per our policy, refunds take 30 days.",
            "We have no record of your call.",
            "We cannot offer compensation.",
            "We are not liable for the damage.",
            "Our staff followed all procedures correctly.",
        ),
        ("We did not follow our own rules.", "I take responsibility for it.", "Our policy was wrong and I've said so."),
    ),
    "sorry-but": (
        ("I'm sorry, but you have to wait your turn.", "Sorry about that, however our system is slow."),
        ("I'm sorry, but sorry is not enough.", "I am sorry. But for you the box would still be here."),
    ),
    "minimising": (
        (
            "Sorry about the slight delay.",
            "It was only 20 minutes.",
            "It could have been worse.",
            "It was not a big deal.",
        ),
        ("That was no small thing.", "We only told you after 40 minutes.", "Here is a small thank-you for the call."),
    ),
    "forgiveness": (
        (
            "Please forgive us.",
            "We beg you to stay.",
            "I hope you can find it in your heart.",
            "Give us another chance.",
        ),
        ("I don't ask you to like it.", "Take as long as you need."),
    ),
    "dismissive": (
        ("I don't see what else you want from me.", "Get over it.", "Sorry about that, okay?"),
        ("What else can I do for you?", "I see what you mean.", "Tell me what else went wrong."),
    ),
    "staff-blame": (
        (
            "I've given her a final warning.",
            "The waiter has been sacked.",
            "Our trainee messed it up.",
            "It was Danny's fault.",
        ),
        ("My colleague Dan will bring it.", "None of it was your fault.", "I'm the manager responsible here."),
    ),
    "vague-next": (
        (
            "Someone from the team will be in touch.",
            "You will have it at some point.",
            "We will call when we get a chance.",
        ),
        ("Someone from the depot will call you by 4 today.", "I will call you at four.", "Come when it suits you."),
    ),
    "selling": (
        (
            "Check out our new spring collection!",
            "Why not upgrade to our Premium plan?",
            "Save 20% on your next purchase over \u00a350.",
            "Don't miss our exclusive offers.",
            "Download our app today.",
        ),
        (
            "I've upgraded you to a sea view at no cost.",
            "The new one is on its way.",
            "Your next visit is on us.",
            "I ordered a new cable for your bike.",
        ),
    ),
    "improvement": (
        (
            "This will never happen again.",
            "We'll make sure it doesn't happen again.",
            "We promise to do better.",
            "We strive to improve.",
            "Lessons will be learned.",
            "We are taking steps to prevent this in future.",
        ),
        ("I've moved the desk.", "You will have it by nine.", "Are you feeling better?"),
    ),
    "review-bargain": (
        ("Could you take down your review?", "In return, we ask for a 5-star rating."),
        ("I read your review this morning.", "Thank you for the honest review."),
    ),
    "jargon": (
        (
            "Your RMA failed the ASN match at the 3PL.",
            "The ticket was triaged and RCA shows a stale cache.",
            "It got an exception scan 14 and is pending a manual re-manifest.",
            "The CRM sync failed, so we need you to re-auth.",
        ),
        (
            "Your TV comes by DPD on Monday; bring your ID and the PIN.",
            "Doors open at 9 AM in the UK and the USA.",
            "I checked the GPS of the van and the CCTV at the till.",
        ),
    ),
    "scripted": (
        ("Dear valued customer, your parcel is here.", "Your satisfaction is very important to us.", "Rest assured."),
        ("Your parcel is at the depot in Leeds.", "Thanks for the photo."),
    ),
}


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, (bad, _) in TABLE.items() for text in bad])
def test_finds(rule: str, text: str) -> None:
    assert rule in found(text), linted(text)


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, (_, fine) in TABLE.items() for text in fine])
def test_leaves_alone(rule: str, text: str) -> None:
    assert rule not in found(text), linted(text)


def test_every_rule_is_tested() -> None:
    whole_message = {
        "repeat", "many-sorries", "no-apology", "no-responsibility", "no-repair", "no-what", "no-when", "no-facts",
        "no-next", "script", "claims-cause", "balance", "wrong-fact",
    }  # fmt: skip
    assert {rule.removeprefix("wording.") for rule in RULES.rules} == set(TABLE) | whole_message


def test_a_plain_specific_apology_has_no_finding() -> None:
    result = linted(GOOD)
    assert result.findings == ()
    assert not result.flagged
    assert result.has_apology
    assert {"regret", "responsibility", "repair"} <= set(result.elements)


@pytest.mark.parametrize(
    ("element", "text", "words"),
    [
        ("regret", "I am sorry.", "sorry"),
        ("explanation", "It was late because the van broke down.", "because"),
        ("responsibility", "That was our mistake.", "our mistake"),
        ("repentance", "I am ashamed.", "ashamed"),
        ("repair", "I have refunded \u00a320.", "I have refunded"),
        ("forgiveness", "I ask your forgiveness.", "forgiveness"),
        ("explanation", "I am sorry. Your desk did not come on Saturday.", "Your desk did not come"),
        (
            "explanation",
            "I am sorry that the new lamp arrived badly scratched.",
            "the new lamp arrived badly scratched",
        ),
    ],
)
def test_elements_with_their_spans(element: str, text: str, words: str) -> None:
    spans = [text[span.start : span.end] for span in linted(text).spans if span.name == element]
    assert words in spans


def test_the_elements_are_those_of_the_research() -> None:
    assert tuple(RULES.elements) == ELEMENTS


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (GOOD.replace("We put it on the wrong van. ", ""), "no-responsibility"),
        ("I am sorry that I forgot your starter last night, Ben.", "no-repair"),
        ("I am sorry that I forgot your starter, Ben.", "no-next"),
        ("We are sorry for the mistake we made. We will fix it.", "no-what"),
        ("I am sorry I dropped your cake. I have refunded you.", "no-when"),
    ],
)
def test_says_what_an_apology_lacks(text: str, rule: str) -> None:
    result = linted(text)
    assert rule in found(text)
    missing = next(finding for finding in result.findings if finding.rule == f"wording.{rule}")
    assert missing.text == "sorry"


def test_responsibility_for_causing_is_asked_only_when_the_fault_is_ours() -> None:
    text = "I'm sorry the storm cancelled your flight to Lisbon on Monday. I have booked you on the 07:40 tomorrow."
    assert "no-responsibility" in found(text, fault="ours")
    for fault in ("partner", "nobody", "unknown"):
        assert found(text, fault=fault) == set()


def test_responsibility_for_putting_right_is_always_asked() -> None:
    for fault in ("ours", "partner", "nobody", "unknown"):
        assert "no-repair" in found("I'm sorry the storm cancelled your flight to Lisbon on Monday.", fault=fault)


TOLD = (
    "I'm sorry about the wedding album, Beth. I chose the thin paper because the printer liked it, and the ink "
    "shows through on your grandmother's page."
)


@pytest.mark.parametrize(
    ("text", "stopped"),
    [
        (TOLD, True),
        (TOLD + " The heavy one is at your door on Friday.", False),
        (TOLD + " Rest assured that we value you.", True),
        ("I'm sorry about the wedding album, Beth.", True),
    ],
)
def test_what_is_lacking_is_advice_where_people_tell_what_they_did(text: str, stopped: bool) -> None:
    result = linted(text)
    assert "wording.no-repair" in {finding.rule for finding in result.findings}
    assert result.flagged is stopped


def test_claiming_the_cause_when_it_was_not_ours_is_advice() -> None:
    text = "I'm sorry the storm hit your tent on Monday. That was our mistake. I have sent you a new one."
    (finding,) = linted(text, fault="nobody").findings
    assert (finding.rule, finding.evidence, finding.severity) == ("wording.claims-cause", "P9", "advice")
    assert finding.text == "our mistake"
    assert "claims-cause" not in found(text, fault="ours")


def test_a_status_update_is_not_an_apology_but_may_not_sell() -> None:
    update = "Hello Ana, your parcel left Porto at 10:05 and will be with you by noon."
    assert linted(update).findings == ()
    assert not linted(update).has_apology
    assert found(update + " Check out our new collection!") == {"selling"}


def test_the_case_can_say_that_it_is_meant_as_an_apology() -> None:
    update = "Hello Ana, your parcel left Porto at 10:05 and will be with you by noon."
    assert "no-apology" in found(update, is_apology=True)
    assert found("Sorry about Friday.", is_apology=False) == set()


def test_a_verified_improvement_may_be_told() -> None:
    text = GOOD + " This will not happen again."
    assert "improvement" in found(text)
    assert found(text, improvement_verified=True) == set()


def test_the_purpose_of_a_change_already_made_is_only_advice() -> None:
    text = GOOD + " I have put a second lock on the van so that it doesn't happen again."
    result = linted(text)
    assert {(finding.rule, finding.severity) for finding in result.findings} == {("wording.improvement", "advice")}


def test_a_second_apology_is_blocked() -> None:
    assert found(GOOD, apologies_before=1) == {"repeat"}


def test_three_sorries_are_advice_and_four_are_blocked() -> None:
    padding = " The van goes past your street at ten and the driver, Rui, has your number and your gate code with him."
    three = linted(GOOD + " I am sorry about the gift. Sorry again." + padding)
    assert [(f.rule, f.severity) for f in three.findings] == [("wording.many-sorries", "advice")]
    four = linted(GOOD + " I am sorry about the gift. So sorry. Sorry again." + padding)
    assert [(f.rule, f.severity) for f in four.findings] == [("wording.many-sorries", "block")]


def test_the_facts_of_the_case_count_as_specifics() -> None:
    assert "no-facts" in found(GOOD, facts=("R-2048",))
    assert found(GOOD, facts=("R-2048", "porto")) == set()


TURNING = (
    "Dear Mr Lund, your table was given away on Friday. I'm sorry. We have kept one for you tomorrow at eight. "
    "Restaurants are always a little unpredictable and, honestly, I'm sure most people would simply have waited. "
    "Hopefully it was still a great evening!"
)


def test_a_message_that_turns_away_as_a_whole_is_found_at_its_heaviest_sentence() -> None:
    result = linted(TURNING)
    (finding,) = (item for item in result.findings if item.rule == "wording.balance")
    assert finding.severity == "block"
    assert finding.text.startswith("Restaurants are always")
    assert "balance" not in found(GOOD)


def test_a_closer_finding_in_the_same_sentence_makes_the_whole_one_needless() -> None:
    rules = attrs.evolve(wording_rules(), naming=None)
    text = TURNING.replace("honestly", "per our policy")
    assert "wording.balance" not in {one.rule for one in lint(text=text, rules=rules, case=Case()).findings}


def test_an_update_about_a_failure_is_weighed_though_it_does_not_apologise() -> None:
    excuse = "Your order is delayed. Unfortunately that is always difficult, and frankly we hope it is no bother!"
    assert "balance" in found(excuse)
    assert "balance" not in found("Your order is delayed. It leaves today at noon and I will call you at two.")


def test_without_weights_nothing_is_weighed() -> None:
    bare = parsed(DOCUMENT)
    assert weigh(reading=read(text=TURNING, rules=RULES, case=Case()), rules=bare) is None


def test_three_stock_phrases_make_a_script() -> None:
    text = "Dear valued customer, your business is important to us. Rest assured, we look forward to serving you."
    assert "script" in found(text)
    assert linted(text).flagged


@pytest.mark.parametrize(
    "text", ["Sorry to bother you again.", "We regret to inform you that we are full.", "No apology needed!"]
)
def test_not_every_sorry_is_an_apology(text: str) -> None:
    assert not linted(text).has_apology


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I\u2019m sorry you feel that way.", "I'm sorry you feel that way."),
        ("We apologise for any inconvenience.", "We apologize for any inconvenience."),
        ("WE ARE SORRY IF YOU WERE UPSET", "we are sorry if you were upset"),
        ("I am\nsorry if\n you were upset.", "I am sorry if you were upset."),
    ],
)
def test_spelling_case_and_quotes_do_not_matter(one: str, other: str) -> None:
    assert found(one) == found(other)


@pytest.mark.parametrize(
    "link", ["https://care.example.org/s/{}", "care.example.org/s/{}?by={}#{}", "care+{}@example.org"]
)
def test_what_a_link_holds_is_no_word_of_the_letter(link: str) -> None:
    telling, plain = "46.L4-Cta8-SLA-not-our-fault", "7"
    letter = f"{GOOD}\nWhere it stands: {link}."
    assert found(letter.replace("{}", telling)) == found(letter.replace("{}", plain))
    assert "jargon" in found(f"{GOOD} The L4 desk has it.")


def test_a_finding_quotes_a_link_as_it_stands() -> None:
    letter = "Sorry that you https://shop.example/our-offers feel upset."
    assert letter in {one.text for one in linted(letter).findings}


def test_findings_carry_evidence_and_its_grade() -> None:
    for finding in linted("Mistakes were made. Sorry if you were upset. Don't miss our exclusive offers.").findings:
        assert finding.message
        assert finding.suggestion
        assert finding.evidence is None or finding.grade == GRADES[finding.evidence]


@pytest.mark.parametrize(
    "text",
    [
        "we " * 20_000,
        "sorry if " * 7_000,
        "w" * 60_000,
        "we-" * 20_000,
        " \n" * 30_000,
        '"' * 60_000,
        "hi we sent " * 5_000,
    ],
)
def test_no_text_makes_it_go_back_and_forth_without_end(text: str) -> None:
    started = time.process_time()
    linted(text)
    assert time.process_time() - started < 60, "a pattern tries ever more ways as the text grows"


FRAGMENTS = st.sampled_from(
    [text for bad, fine in TABLE.values() for text in (*bad, *fine)] + [GOOD, '"', "\u2019", "\u0130", "\u1e9e", "\n\n", "> ", "Dear Ana,"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.text(max_size=300), st.lists(FRAGMENTS, max_size=5).map(" ".join)),
    st.sampled_from(["", " ", "\n", " \n\t\n "]),
    st.sampled_from(["ours", "partner", "nobody", "unknown"]),
)
def test_any_text(text: str, trailing: str, fault: str) -> None:
    result = linted(text, fault=fault)
    for piece in (*result.findings, *result.spans):
        assert 0 <= piece.start <= piece.end <= len(text)
    assert all(finding.text == text[finding.start : finding.end] for finding in result.findings)
    assert result.flagged == any(finding.severity == "block" for finding in result.findings)
    assert linted(text + trailing, fault=fault) == result


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="fault must be one of ours, partner, nobody, unknown"):
        Case(fault="theirs")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("I am sorry that your desk did not come on Saturday.", True),
        ("Dear Ana,\n\nI am sorry. The lamp was broken when it reached you.\n\nBo", True),
        ("I am sorry that the fitter never rang at your door.", True),
        ("I am sorry.", False),
        ("I am sorry for the issue.", False),
        ("I have put a new desk on the van; it is with you on Saturday.", False),
    ],
)
def test_whatever_words_tell_what_failed_count_as_telling_it(text: str, told: bool) -> None:
    assert tells_what(text=text, rules=RULES) is told
