"""A customer's "thanks" neither reopens nor cancels anything; every "still broken" reaches the owner (invariant 9)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.replies import TEXT_LIMIT, read_reply

THANKS = [
    "ok thanks",
    "Thanks!",
    "Thank you so much, the replacement arrived this morning and works perfectly. Really appreciate how quickly you "
    "sorted this.",
    "Great, all sorted now. Cheers, Tom",
    "Thanks again for your help, Maria",
    "No problem, thanks for letting me know.",
    "Much appreciated 👍",
    "I was worried at first but it all worked out perfectly in the end, thank you",
    "Thanks for fixing the problem so fast!",
    "Thank you for sorting out my delayed booking, we had a lovely stay.",
    "Received, thank you",
    "Thanks,\nAlex",
    "I really appreciate the apology and the refund. No further action needed.",
    "Thanks for getting back to me. The missing item finally arrived.",
    "You've been great. Please pass on my thanks to Ana at the desk.",
    # Other languages' plain thanks.
    "Vielen Dank, alles bestens!",
    "Merci beaucoup pour votre aide",
    "Muchas gracias por la rápida respuesta",
    "Muito obrigada pela ajuda!",
]
STILL_BROKEN = [
    "Thanks, but it still doesn't work",
    "thanks for nothing",
    "It happened again this morning.",
    "Great, another voucher I can't use",
    "I'm still waiting for my refund",
    "Thanks, it worked for about an hour",
    "Nope",
    "The new one is cracked too. Thanks anyway",
    "Thank you for your apology, however only half of the money has arrived",
    "Thanks for wasting my time",
    "Oh wonderful. Charged twice. Great job.",
    "Thanks. Same problem as before.",
    "Thanks Tom, the wifi dies every ten minutes",
    "You were late and rude, but the replacement works fine",
    "The problem is not resolved.",
    "Danke, aber die Heizung ist immer noch kaputt",
    "Merci mais le colis n'est pas arrivé",
    "Gracias, pero sigue sin funcionar",
    "Obrigado, mas ainda não recebi",
]
NOT_ONLY_THANKS = [
    # What no list of words can know must reach a person all the same.
    "Thank you for the reply. The heating is at 14 degrees in here.",
    "Thank you for the call. I'd appreciate it if somebody came this time.",
    "Thanks for sending someone. He knocked over the lamp.",
    "thanks for the refund of 12.50. I paid 25.",
    "Much appreciated that you replied. Parcel sits at the depot.",
    "ok",
    "",
    "   \n ",
    "🙄 thanks",
]


@pytest.mark.parametrize("text", THANKS)
def test_a_thanks_is_a_thanks(text: str) -> None:
    assert read_reply(text=text).kind == "thanks"


@pytest.mark.parametrize("text", STILL_BROKEN)
def test_still_broken_is_read_so(text: str) -> None:
    read = read_reply(text=text)
    assert (read.kind, read.reaches_owner) == ("still_broken", True)


@pytest.mark.parametrize("text", NOT_ONLY_THANKS)
def test_what_is_not_clearly_only_thanks_reaches_the_owner(text: str) -> None:
    assert read_reply(text=text).reaches_owner


@pytest.mark.parametrize("text", ["When will it arrive?", "Thanks! Which desk is it?", "¿Cuándo llega?"])
def test_a_question_is_a_question(text: str) -> None:
    assert read_reply(text=text).kind == "question"


@pytest.mark.parametrize("thanks", THANKS)
@pytest.mark.parametrize(
    "trouble", ["It is still broken.", "Nothing works.", "Where is my money?", "Water drips on the bed."]
)
def test_thanks_with_trouble_after_it_reaches_the_owner(thanks: str, trouble: str) -> None:
    assert read_reply(text=f"{thanks}\n{trouble}").reaches_owner
    assert read_reply(text=f"{trouble} {thanks}").reaches_owner


def test_a_long_reply_reaches_the_owner() -> None:
    assert read_reply(text="Thanks. " * TEXT_LIMIT).reaches_owner


def test_it_says_why() -> None:
    assert [reason.rule for reason in read_reply(text="Thanks, but no").reasons] == ["reply.trouble"]


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    read = read_reply(text=text)
    assert read.reasons
    assert read.reaches_owner == (read.kind != "thanks")


@given(
    st.text(max_size=100), st.sampled_from(["it still does not work", "nothing has arrived", "this is broken again"])
)
def test_plain_trouble_is_never_hidden_by_what_stands_before_it(before: str, trouble: str) -> None:
    assert read_reply(text=f"{before}. {trouble}").reaches_owner


@pytest.mark.parametrize(
    "text", ["Thanks, Joris!", "thank you very much joris", "Merci Joris Vos.", "Thanks, Joris, all good"]
)
def test_a_thanks_to_one_of_ours_by_name_is_a_thanks(text: str) -> None:
    assert read_reply(text=text, names=["Joris Vos"]).kind == "thanks"


@pytest.mark.parametrize(
    "text", ["Thanks, Rotterdam.", "Thanks, Joris. It drips still", "Thanks Joris, when?", "Joris"]
)
def test_what_is_more_than_a_thanks_to_one_of_ours_reaches_the_owner(text: str) -> None:
    assert read_reply(text=text, names=["Joris Vos", ""]).reaches_owner
