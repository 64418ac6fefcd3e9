"""A message that says otherwise than its case: names, sums, orders and promised days, on both sides."""

from __future__ import annotations

import pytest

from makegood.core.wording import Case, lint
from makegood.rules.wording_data import wording_rules


def wrong(text: str, **facts: str) -> list[str]:
    """The passages of `text` that contradict the case."""
    findings = lint(text=text, rules=wording_rules(), case=Case(**facts)).findings  # type: ignore[arg-type]
    return [finding.text for finding in findings if finding.rule == "wording.wrong-fact"]


@pytest.mark.parametrize(
    ("text", "facts", "passage"),
    [
        ("Dear Mr Pohl, I am sorry.", {"customer": "Mr Weiss"}, "Mr Pohl"),
        ("Dear Mr Weiss, I am sorry.", {"customer": "Mrs Weiss"}, "Mr Weiss"),
        ("Hi Jonah, sorry about the steak.", {"customer": "Jonas"}, "Jonah"),
        ("Dear Mrs Underhill, we are sorry, Mrs Underwood, again.", {"customer": "Mrs Underhill"}, "Mrs Underwood"),
        ("I have put €65 back on your card.", {"amount": "€85"}, "€65"),
        ("You get the 10,000 Ft back on Friday.", {"amount": "8,000 Ft"}, "10,000 Ft"),
        ("We took £24 off the bill.", {"amount": "£42.00"}, "£24"),
        ("The right one leaves today, order 1187.", {"order": "1178"}, "1187"),
        ("It was parcel BK-3370.", {"order": "BK-3307"}, "BK-3370"),
        ("We promised it for Tuesday and did not come.", {"promised": "Monday"}, "Tuesday"),
        ("It was due on 11 June.", {"promised": "10 June"}, "11 June"),
        ("You were booked for 14:30.", {"promised": "15:30"}, "14:30"),
        ("The nurse didn't come on Friday at 3 as agreed.", {"promised": "Thursday at 3"}, "Friday"),
        ("We cancelled your Saturday rental.", {"promised": "Sunday"}, "Saturday"),
        ("We took $89.00 twice and refunded $98.00 today.", {"amount": "$89.00"}, "$98.00"),
        ("Your bill is now R 1 940.", {"amount": "R 1 490"}, "R 1 940"),
        ("Order YK-55 didn't leave.", {"order": "YK-45"}, "YK-55"),
        ("Dear Bob,\n\nI am sorry.", {"customer": "Ana"}, "Bob"),
        ("Hello Maria Silva! I am sorry.", {"customer": "Ana Ferreira"}, "Maria Silva"),
        ("Good morning Jens, I am sorry.", {"customer": "Ana Ferreira"}, "Jens"),
        ("Dear Ms Rossi, it comes on Monday. By the way, Ms Russo, it is blue.", {"customer": "Ms Rossi"}, "Ms Russo"),
        ("We fitted it on the wrong side, Mr Ames, and I'm sorry.", {"customer": "Mr Hames"}, "Mr Ames"),
        ("Your card works. Mrs Ferrera-Bolt can use it.", {"customer": "Mrs Ferreira-Holt"}, "Mrs Ferrera-Bolt"),
        ("We sent order 61-884 astray; a second is under order 61-848.", {"order": "61-884"}, "61-848"),
        ("It will come on Monday 18 August.", {"promised": "Monday 11 August"}, "18 August"),
        ("We drilled through the pipe on 5 May.", {"what": "drilled through water pipe on 4 May"}, "5 May"),
        ("We hung the wrong door on 12 June.", {"promised": "12 July"}, "12 june"),
        ("I'd promised it to you for 1 March.", {"promised": "1 Feb"}, "1 march"),
        ("They come today, well ahead of your 9 July date.", {"promised": "7 July"}, "9 july"),
        ("Your bed came on 14 May in place of the 12th.", {"promised": "11 May"}, "in place of the 12th"),
        ("She didn't bother going in on Tuesday at noon.", {"promised": "Monday at noon"}, "tuesday"),
        ("Your tablets weren't ready for 2 p.m. as promised.", {"promised": "ready by 4 p.m."}, "2 p.m."),
        ("GV-4471 was refused. You have a new one, GV-4417.", {"order": "GV-4471"}, "gv-4417"),
    ],
)
def test_finds_what_contradicts_the_case(text: str, facts: dict[str, str], passage: str) -> None:
    assert [found.lower() for found in wrong(text, **facts)] == [passage.lower()]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("Dear Ms Weiss, I am sorry. Mr Pohl will call you.", {"customer": "Ms Weiss"}),
        ("Hi Anna, I am sorry.", {"customer": "Mrs Weiss"}),
        ("Dear Zoë, I am sorry.", {"customer": "Zoe"}),
        ("Sorry, the courier lost it.", {"customer": "Mrs Weiss"}),
        ("Dear guest, I am sorry.", {"customer": "guest"}),
        ("Dear Customer, I am sorry.", {"customer": "Ana Ferreira"}),
        ("Hello There! I am sorry.", {"customer": "Ana Ferreira"}),
        ("Dear Ferreira family, I am sorry.", {"customer": "Ana Ferreira"}),
        ("Hi Bob, I am sorry.", {"customer": "Robert Hale"}),
        ("Hi Liz, I am sorry.", {"customer": "Elizabeth Hale"}),
        ("Hi Kate, I am sorry.", {"customer": "Katherine Hale"}),
        ("Dear Bob, I am sorry.", {"customer": "Hale Ltd"}),
        ("To Lisbon, where you waited, we sent another.", {"customer": "Ana Ferreira"}),
        ("Hi Bob and Ana, I am sorry.", {"customer": "Ana Ferreira"}),
        ("I have put €85 back on your card, and €10 for the taxi.", {"amount": "€85.00"}),
        ("You get 1.250,00 € back on Friday.", {"amount": "1,250 €"}),
        ("The taxi was €19 and we pay it too.", {"amount": "€85"}),
        ("Order 1178 leaves today on van 1187.", {"order": "#1178"}),
        ("Ring me on 555 0142 before 5.", {"order": "4471-B"}),
        ("We drilled through the pipe on 4 May and mend it on 5 May.", {"what": "drilled through pipe on 4 May"}),
        ("We drilled through the pipe. Ann mends it on 12 May.", {"what": "drilled through pipe on 4 May"}),
        ("We said Monday 11 August; it will be Monday 18 August.", {"promised": "Monday 11 August"}),
        ("Your neighbour Mr Bauer let us in.", {"customer": "Mr Barlow"}),
        ("We promised Monday, and it comes on Tuesday.", {"promised": "Monday 3 June"}),
        ("It will be with you on Thursday.", {"promised": "Monday"}),
        ("You were booked for 3:30 pm.", {"promised": "15:30"}),
        ("To Mr Hale's letter about the mouse.", {"customer": "Mr Hale"}),
        ("We missed Monday and come on Friday at 3, as arranged by phone today.", {"promised": "Monday"}),
        ("You get €12 of the €21.50 back.", {"amount": "€21.50"}),
        ("Tanaka-sama, there was crab in it.", {"customer": "Ms Tanaka"}),
        ("Stan, that tyre had a plug in it.", {"customer": "Mr Stanley"}),
        ("\u00a330, half of your bill, has gone back to you.", {"amount": "\u00a360"}),
        ("As a Friend (\u00a345 a year) you'd have the first pick.", {"amount": "\u00a349"}),
        ("The battery is due with you on Tuesday.", {"promised": "Friday"}),
        ("It came on 14 May, three days late.", {"promised": "11 May"}),
        ("We put SP-616 and SP-661 in the wrong sleeves.", {"order": "SP-616"}),
        ("Anything at all.", {}),
    ],
)
def test_leaves_alone_what_agrees_or_says_something_else(text: str, facts: dict[str, str]) -> None:
    assert wrong(text, **facts) == []


def test_a_wrong_fact_blocks() -> None:
    result = lint(text="Dear Mr Pohl, hello.", rules=wording_rules(), case=Case(customer="Mr Weiss"))
    assert result.flagged


INSIDERS = "flight HA 1545 from EWR to MSP, booked through PNR KXZ, was OCC held"
LETTER = (
    "Dear Femi,\n\nI am sorry that {what} on Tuesday. That was our mistake. I am having you rebooked by 14:00.\n\nMaria"
)


def test_what_the_case_itself_says_is_not_found_fault_with() -> None:
    """Words that only insiders know are the customer's own where their booking says them; anywhere else they are not."""
    case = Case(is_apology=True, told=(INSIDERS,))
    told = lint(text=LETTER.format(what=INSIDERS), rules=wording_rules(), case=case)
    assert told.findings == ()
    assert "explanation" in told.elements
    other = lint(text=LETTER.format(what=INSIDERS.replace("MSP", "XYZ")), rules=wording_rules(), case=case)
    assert "wording.jargon" in {one.rule for one in other.findings}


def test_the_customers_own_account_may_say_what_we_may_not() -> None:
    """A report such as "you were told off" stands in the letter as the fact that it is."""
    what = "you were told off for a simple misunderstanding"
    case = Case(is_apology=True, told=(what,))
    assert lint(text=LETTER.format(what=what), rules=wording_rules(), case=case).findings == ()
