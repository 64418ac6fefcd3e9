"""What a browser is told is encrypted as RFC 8291 reckons its example, and proved as RFC 8292 says."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.push_service import CURVE, Browser, bytes_of, proved, text_of

from makegood.messages.push import LARGEST, encrypted, own_key, proof
from makegood.organizations.devices import Subscription

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
"""RFC 8291, appendix A, as are the five below."""
RECEIVER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
SAID = b"When I grow up, I want to be a watermelon"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7"
    "A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_standard_comes_out_byte_by_byte() -> None:
    once = ec.derive_private_key(int.from_bytes(bytes_of(SENDER), "big"), CURVE)
    to = Subscription(endpoint="", key=bytes_of(RECEIVER), auth=bytes_of(AUTH))
    assert text_of(encrypted(SAID, to=to, once=once, salt=bytes_of(SALT))) == BODY


def test_only_its_browser_reads_it_and_the_largest_fits() -> None:
    browser = Browser(endpoint="https://push.example.com/x")
    to = Subscription(endpoint=browser.endpoint, key=browser.key, auth=browser.auth)
    said = b'"' + b"x" * (LARGEST - 2) + b'"'
    first, second = encrypted(said, to=to), encrypted(said, to=to)
    assert browser.read(first) == browser.read(second) == "x" * (LARGEST - 2)
    assert first[:16] != second[:16]
    assert first[21:86] != second[21:86]


def test_who_sends_is_proved_to_one_service_for_half_a_day() -> None:
    where = "https://push.example.com"
    said = proof(endpoint=f"{where}/to/x?y=1", contact="https://makegood.example.com", now=NOW)
    claims = proved(said, of=where)
    assert claims["sub"] == "https://makegood.example.com"
    assert claims["exp"] == int(NOW.timestamp()) + 12 * 3600
    assert said.endswith(f"k={own_key()}")
    assert len(bytes_of(own_key())) == 65
