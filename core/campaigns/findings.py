"""What pricing finds beside the sums: how dear the writing is, and who keeps it from starting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

import msgspec

from core import phone, text
from core.campaigns import audience
from core.campaigns.audience import Recipient
from core.campaigns.models import Campaign
from core.campaigns.placeholders import ValueMissing
from core.campaigns.shortcomings import (
    NobodyLeft,
    RepeatTooSoon,
    SenderReachesNobody,
    TextsEmpty,
    TextsTooLong,
)
from core.campaigns.wording import Priced, local
from core.errors import Refused
from core.messaging import guards, reach
from core.messaging.errors import NoRecipients
from core.messaging.preparing import SEGMENTS_MAX
from core.settings import settings

NAMED_MAX = 3
SAMPLES = 3
OFFENDERS_MAX = 10
# The codes of what a pricing itself finds to be in the way.
OBSTACLES = frozenset(
    kind.code
    for kind in (
        *(ValueMissing, TextsTooLong, TextsEmpty),
        *(SenderReachesNobody, RepeatTooSoon, NobodyLeft, NoRecipients),
    )
)
# Reasons of the people themselves, beside numbers that are none or stand there twice.
_OWN_REASONS = (audience.OPTED_OUT, audience.BLOCKED, *guards.Reason)


class Named(msgspec.Struct):
    """How many people something concerns, and the numbers of the first few."""

    count: int = 0
    numbers: list[str] = []

    def add(self, msisdn: str) -> None:
        """One more."""
        self.count += 1
        if len(self.numbers) < NAMED_MAX:
            self.numbers.append(local(msisdn))

    @property
    def words(self) -> str:
        """The first few, as a sentence names them."""
        return ", ".join(self.numbers)


class Missing(msgspec.Struct):
    """A value that some people lack."""

    name: str
    count: int
    numbers: list[str]


class Offending(msgspec.Struct):
    """A character that makes a text dear; `suggestion` is what would be put for it, if anything.

    `position` is where it stands in the first text that has it.
    """

    character: str
    position: int
    name: str
    suggestion: str | None


class Sample(msgspec.Struct):
    """One of the texts, as it goes."""

    to: str
    text: str
    segments: int


class Findings(msgspec.Struct, omit_defaults=True):
    """What a campaign keeps of its pricing, as JSON.

    `unicode` counts the people whose text takes UCS-2, `saves` the segments that a rewrite to GSM-7
    saves, or would save, with all of them. `operators` says how many people each network has,
    `closed` how many are left out at each one that has not approved the sender ID. `obstacle` is
    the code of what keeps the campaign from starting, and `concerned` whom.
    """

    unicode: int = 0
    saves: int = 0
    offenders: list[Offending] = []
    operators: dict[str, int] = {}
    closed: dict[str, int] = {}
    without_consent: int = 0
    missing: list[Missing] = []
    samples: list[Sample] = []
    obstacle: str | None = None
    concerned: Named | None = None

    def stored(self) -> str:
        """As a campaign keeps it."""
        return msgspec.json.encode(self).decode()

    def forget_people(self) -> None:
        """Name nobody any more: one of them was erased while they were counted."""
        self.samples = []
        for each in self.missing:
            each.numbers = []
        if self.concerned is not None:
            self.concerned.numbers = []

    def refusal(self, sender: str | None) -> Refused | None:
        """What keeps the campaign from starting under a sender ID, to be said in words."""
        if self.obstacle is None:
            return None
        if self.obstacle == ValueMissing.code:
            first = self.missing[0]
            return ValueMissing(
                name=first.name, count=first.count, numbers=", ".join(first.numbers)
            )
        whom = self.concerned or Named()
        if self.obstacle == TextsTooLong.code:
            return TextsTooLong(count=whom.count, numbers=whom.words, limit=SEGMENTS_MAX)
        if self.obstacle == TextsEmpty.code:
            return TextsEmpty(count=whom.count, numbers=whom.words)
        if self.obstacle == SenderReachesNobody.code:
            operator = reach.named(at for at, people in self.closed.items() if people)
            return SenderReachesNobody(sender=sender, operator=operator, count=whom.count)
        if self.obstacle == RepeatTooSoon.code:
            return RepeatTooSoon(minutes=settings().rules.repeat_minutes)
        return NobodyLeft(count=whom.count) if whom.count else NoRecipients()


def of(campaign: Campaign) -> Findings:
    """What was found in the last pricing of a campaign; nothing when it has had none."""
    return msgspec.json.decode(campaign.findings or "{}", type=Findings)


def words_of(campaign: Campaign) -> str:
    """The words of a campaign as people read them: its own, or a template's as somebody gets it."""
    samples = of(campaign).samples
    return campaign.message or (samples[0].text if samples else "")


def first_words_of(campaign: Campaign) -> str:
    """The words as the first of the people gets them; as they were written when nobody is known."""
    samples = of(campaign).samples
    return samples[0].text if samples else campaign.message or ""


class Tally:
    """Counts texts as they are priced."""

    def __init__(self, first: int | None, closed_at: Collection[str] = ()) -> None:
        """`first` is how many of the people get it at most; None is all.

        `closed_at` are the operators that have not approved the sender ID.
        """
        self._first = first
        self._closed = dict.fromkeys(sorted(closed_at), 0)
        self.left_out: Counter[str] = Counter()
        self.spread: Counter[int] = Counter()
        self.recipients = 0
        self._begins: Counter[str] = Counter()
        self._found = Findings()
        self._foreign: set[str] = set()
        self._missing: dict[str, Named] = {}
        self._too_long = Named()
        self._empty = Named()

    @property
    def is_full(self) -> bool:
        """Whether as many have been counted as shall get it."""
        return self._first is not None and self.recipients >= self._first

    @property
    def room(self) -> int | None:
        """How many more may get it; None is any number."""
        return None if self._first is None else self._first - self.recipients

    @property
    def segments(self) -> int:
        """All segments together."""
        return sum(each * people for each, people in self.spread.items())

    @property
    def is_sound(self) -> bool:
        """Whether nothing counted so far keeps the campaign from starting."""
        return not (self._missing or self._too_long.count or self._empty.count)

    def reached(self, page: list[Recipient]) -> list[Recipient]:
        """Take out those whose operator has not approved the sender ID, and count them."""
        if not self._closed:
            return page
        out = reach.beyond((who.msisdn for who in page), self._closed)
        for operator, people in Counter(out.values()).items():
            self._closed[operator] += people
        self.left_out.update({reach.NOT_AT_OPERATOR: len(out)})
        return [who for who in page if who.msisdn not in out]

    def lacks(self, who: Recipient, names: Sequence[str]) -> None:
        """Somebody has no value for these places."""
        for name in names:
            self._missing.setdefault(name, Named()).add(who.msisdn)

    def take(self, found: list[tuple[Recipient, Priced]]) -> list[tuple[Recipient, Priced]]:
        """Count texts, and give back those that go."""
        if self._first is not None:
            found = found[: self._first - self.recipients]
        self.recipients += len(found)
        sizes = Counter([priced.segments for _, priced in found])
        self.spread.update(sizes)
        if 0 in sizes or max(sizes, default=0) > SEGMENTS_MAX:
            self._note_sizes(found)
        self._begins.update([who.msisdn[:6] for who, _ in found])
        self._found.without_consent += sum([who.consent_id is None for who, _ in found])
        self._note_dear([priced for _, priced in found])
        for who, priced in found[: SAMPLES - len(self._found.samples)]:
            sample = Sample(who.msisdn, priced.body, priced.segments)
            self._found.samples.append(sample)
        return found

    def _note_sizes(self, found: Sequence[tuple[Recipient, Priced]]) -> None:
        for who, priced in found:
            if priced.segments > SEGMENTS_MAX:
                self._too_long.add(who.msisdn)
            elif priced.segments == 0:
                self._empty.add(who.msisdn)

    def _note_dear(self, found: Sequence[Priced]) -> None:
        dear = [each for each in found if each.is_unicode or each.saved]
        if not dear:
            return
        self._found.unicode += sum([each.is_unicode for each in dear])
        self._found.saves += sum([each.saved for each in dear])
        for each in dear:
            if each.is_unicode and not self._foreign.issuperset(text.foreign(each.body)):
                self._note_foreign(each.body)

    def _note_foreign(self, body: str) -> None:
        """Name the characters that no text before this one had, with their places in it."""
        named = self._found.offenders
        named += [
            Offending(each.character, each.position, each.name, each.suggestion)
            for each in text.offenders(body)
            if each.character not in self._foreign
        ][: OFFENDERS_MAX - len(named)]
        self._foreign.update(text.foreign(body))

    def findings(self) -> Findings:
        """All that was found."""
        found = self._found
        operators: Counter[str] = Counter()
        for begins, people in self._begins.items():
            operators[phone.operator(begins)] += people
        found.operators = dict(operators.most_common())
        found.closed = self._closed
        by_count = sorted(self._missing.items(), key=lambda item: -item[1].count)
        found.missing = [Missing(name, each.count, each.numbers) for name, each in by_count]
        found.obstacle, found.concerned = self._obstacle()
        return found

    def _obstacle(self) -> tuple[str | None, Named | None]:
        if self._missing:
            return ValueMissing.code, None
        if self._empty.count:
            return TextsEmpty.code, self._empty
        if self._too_long.count:
            return TextsTooLong.code, self._too_long
        if self.recipients:
            return None, None
        if count := self.left_out[reach.NOT_AT_OPERATOR]:
            return SenderReachesNobody.code, Named(count)
        if count := sum(self.left_out[reason] for reason in _OWN_REASONS):
            had_it = count == self.left_out[guards.Reason.REPEAT]
            return RepeatTooSoon.code if had_it else NobodyLeft.code, Named(count)
        return NoRecipients.code, None
