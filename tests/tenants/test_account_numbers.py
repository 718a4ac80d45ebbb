"""Account numbers: what people type, and every slip that must not pay for somebody else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tenants import account_numbers
from core.tenants.account_numbers import ALPHABET, LENGTH, make, read

numbers = st.builds(make)


def test_an_account_number_has_no_letter_that_looks_like_a_digit():
    assert len(set(ALPHABET)) == 32
    assert not set(ALPHABET) & set("O0I1")
    assert all(set(make()) <= set(ALPHABET) and len(make()) == LENGTH for _ in range(200))


@given(numbers)
def test_what_was_made_is_read(number):
    assert read(number) == (number, "")


@given(numbers, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_noticed(number, place, character):
    wrong = number[:place] + character + number[place + 1 :]

    assert (read(wrong) is None) == (wrong != number)


@given(numbers, st.integers(0, LENGTH - 2))
def test_every_pair_of_neighbours_changed_over_is_noticed(number, place):
    wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]

    assert (read(wrong) is None) == (wrong != number)


def test_for_one_number_every_slip_there_is_is_noticed():
    number = make()
    slips = {
        number[:place] + character + number[place + 1 :]
        for place in range(LENGTH)
        for character in ALPHABET
    } - {number}

    assert len(slips) == LENGTH * 31
    assert [slip for slip in slips if read(slip)] == []


@pytest.mark.parametrize("typed", ["{}", " {} ", "{}.", "#{}", "{}\n"])
def test_spaces_case_and_signs_around_it_do_not_matter(typed):
    number = make()
    spaced = f"{number[:3].lower()} - {number[3:].lower()}"

    assert read(typed.format(number)) == (number, "")
    assert read(typed.format(spaced)) == (number, "")


def test_what_follows_the_number_is_given_too():
    number = make()

    assert read(f"{number} ab-12") == (number, "AB12")


@settings(max_examples=300)
@given(st.text(max_size=30))
def test_anything_can_be_typed(typed):
    found = read(typed)

    assert found is None or account_numbers.normal(typed) == "".join(found)


@pytest.mark.parametrize(
    "typed", ["", "2", "222222", "０２３４５６７", "ŠŠŠŠŠŠŠ", "O234567", "1234567"]
)
def test_what_cannot_be_an_account_number_is_none(typed):
    assert read(typed) is None
