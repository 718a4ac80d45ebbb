"""A set of numbers answers as a plain set does, in memory that does not grow with it."""

from hypothesis import given
from hypothesis import strategies as st

from core.numberset import NumberSet

NUMBERS = st.one_of(
    st.from_regex(r"254[17][0-9]{8}", fullmatch=True),
    st.from_regex(r"254[0-9]{6,10}", fullmatch=True),
    st.sampled_from(
        ["256772123456", "447700900123", "x0123456789abcd", "254700000000", "254199999999", ""]
    ),
)


@given(st.lists(NUMBERS))
def test_it_answers_as_a_set_of_texts_does(numbers: list[str]) -> None:
    ours, plain = NumberSet(), set[str]()
    for number in numbers:
        assert (number in ours) == (number in plain)
        assert ours.add(number) == (number not in plain)
        plain.add(number)
        assert number in ours

    assert len(ours) == len(plain)


def test_what_is_no_text_is_not_in_it() -> None:
    seen = NumberSet()
    seen.add("254712345678")

    assert 254712345678 not in seen


def test_every_ninth_of_kenyas_numbers_stays_apart() -> None:
    """Neighbours share a byte."""
    seen = NumberSet()
    numbers = [f"254{lead}{n:08d}" for lead in (1, 7) for n in range(0, 100_000_000, 999_983)]

    assert all(seen.add(number) for number in numbers)
    assert not any(f"{int(number) + 1}" in seen for number in numbers[:-1])
    assert len(seen) == len(numbers)
