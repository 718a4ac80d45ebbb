"""The network counts segments on its own and comes to our numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core import text as ours
from sandbox import gsm

GSM = st.text(st.sampled_from(sorted(gsm.GSM - {"\r"})), min_size=1, max_size=1000)
ANY = st.text(st.sampled_from("abÀŴ你🎉{€ \n"), min_size=1, max_size=400)


@given(GSM | ANY)
def test_both_counts_agree(text: str) -> None:
    assert gsm.segments(text, not gsm.is_gsm(text)) == ours.segments(text)
