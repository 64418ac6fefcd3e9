"""What was given back elsewhere, told apart from what we paid ourselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from makegood.makegoods.given_back import Flow, not_ours

FLOWS = st.lists(
    st.builds(
        lambda hours, minor: Flow(datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hours), minor),
        st.integers(0, 5),
        st.integers(1, 4),
    ),
    max_size=6,
)


@given(back=FLOWS, paid=FLOWS, more=FLOWS)
def test_a_payment_of_ours_explains_at_most_itself(back: list[Flow], paid: list[Flow], more: list[Flow]) -> None:
    def beyond(back: list[Flow], paid: list[Flow]) -> int:
        return sum(one.minor for one in not_ours(back=back, paid=paid))

    given_back, ours = sum(one.minor for one in back), sum(one.minor for one in paid)
    assert max(0, given_back - ours) <= beyond(back, paid) <= given_back
    assert beyond(back, paid) <= beyond(back + more, paid) <= beyond(back, paid) + sum(one.minor for one in more)
    assert beyond(back, paid + more) <= beyond(back, paid)
    assert beyond(back, back) == 0
    if not {one.minor for one in back} & {one.minor for one in paid}:
        assert beyond(back, paid) == given_back


@given(back=FLOWS, paid=FLOWS)
def test_a_payment_explains_nothing_of_before_it(back: list[Flow], paid: list[Flow]) -> None:
    last = max((one.at for one in back), default=None)
    later = [Flow(last + timedelta(seconds=1), one.minor) for one in paid] if last else []
    assert not_ours(back=back, paid=later) == sorted(back)
