"""What a campaign would cost and whom it reaches, found before anything is held."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from core import clock, database
from core.campaigns import audience, estimating, findings, pricing, problems
from core.campaigns.errors import NotApproved
from core.campaigns.findings import Findings, Tally
from core.campaigns.models import Campaign
from core.contacts.models import Contact, ContactBook, ContactStatus
from core.messaging import rules, suppression
from core.messaging.bulk import spool
from core.messaging.models import Category, Message, Spool
from core.money import Money
from core.tenants.models import Tenant
from core.tenants.profiles import Profile, profile
from tests.campaigns import makers
from tests.campaigns.executioner import Executioner
from tests.campaigns.makers import draft, make_contacts, make_group, priced
from tests.messaging.scene import NOON, assert_proved, at, send

Make = Callable[..., Profile]


def left_out(campaign: Campaign) -> dict[str, int]:
    return json.loads(campaign.left_out)


def spread(campaign: Campaign) -> dict[str, int]:
    return json.loads(campaign.spread)


def texts(campaign: Campaign) -> list[tuple[str, str]]:
    return [(msisdn, text[0]) for msisdn, text in spool.texts(campaign.id)]


def code(campaign: Campaign) -> str | None:
    refusal = problems.refusal(campaign)
    return None if refusal is None else refusal.code


def test_a_pricing_says_what_it_costs_and_leaves_the_texts_written(make_tenant: Make) -> None:
    tenant = make_tenant(price="0.80")
    make_contacts(tenant, 3, group=(group := make_group(tenant)))
    long = "Habari {{first_name}}" + "a" * 150

    found = priced(draft(tenant, long, group=group, to=["0712000001"], params={"name": "ndugu"}))
    assert found.problem is None
    assert (found.recipients, found.segments, found.cost) == (4, 8, 64_000)
    assert spread(found) == {"2": 4}
    assert texts(found)[0] == ("254710000000", "Habari Asha" + "a" * 150)
    assert spool.sums(found.id) == (4, 8, 64_000)
    assert found.priced_at == clock.now() or clock.now() - found.priced_at < timedelta(minutes=1)


def test_people_are_spread_over_the_segments_their_texts_take(make_tenant: Make) -> None:
    tenant = make_tenant()
    make_contacts(tenant, 2, name="Jo", group=(group := make_group(tenant)))
    make_contacts(tenant, 1, first=20_000_000, name="J" * 60, group=group)

    assert spread(priced(draft(tenant, "a" * 150 + "{{name}}", group=group))) == {"1": 2, "2": 1}


def test_who_must_get_none_is_left_out_and_counted_by_reason(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant(wallet="100")
    people = make_contacts(tenant, 5, group=(group := make_group(tenant)))
    blocked = Contact.id == people[0].id
    Contact.update(status=ContactStatus.BLOCKED.value).where(blocked).execute()
    for who in people[1:3]:
        suppression.add(tenant.tenant_id, who.msisdn, "promotional", source="stop")
    send(tenant, people[3].msisdn, body="Offa", category=Category.TRANSACTIONAL)

    advert = draft(tenant, "Offa", group=group, to=["0710000000", "x"], category="promotional")
    assert left_out(priced(advert)) == {
        "blocked": 1,
        "opted_out": 2,
        "duplicate": 1,
        "invalid": 1,
    }
    notice = priced(draft(tenant, "Offa", group=group))
    assert left_out(notice) == {"blocked": 1, "repeat": 1}
    assert notice.recipients == 3


def test_an_opt_out_is_of_its_class_alone(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant(wallet="100")
    (who,) = make_contacts(tenant, 1, group=(group := make_group(tenant)))
    suppression.add(tenant.tenant_id, who.msisdn, "transactional", source="call")
    assert Contact.get(Contact.id == who.id).status == ContactStatus.OPTED_OUT.value

    assert priced(draft(tenant, "Offa", group=group, category="promotional")).recipients == 1
    assert left_out(priced(draft(tenant, "Habari", group=group))) == {"opted_out": 1}


def test_once_somebody_lacks_a_value_the_other_texts_are_not_kept(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "PAGE", 2)
    monkeypatch.setattr(audience, "_GROUP", audience._GROUP.replace("5000", "2"))
    tenant = make_tenant()
    group = make_group(tenant)
    make_contacts(tenant, 1, group=group)
    make_contacts(tenant, 9, group=group, first=20_000_000, fields='{"deni":"5"}')
    taken: list[str] = []
    real = spool.Writer.add
    monkeypatch.setattr(
        spool.Writer, "add", lambda self, *text: (taken.append(text[0]), real(self, *text))
    )

    found = priced(draft(tenant, "{{deni}}", group=group))

    assert (found.recipients, len(taken)) == (9, 0)


def test_a_missing_value_is_named_and_nothing_is_left_to_send(make_tenant: Make) -> None:
    tenant = make_tenant()
    group = make_group(tenant)
    make_contacts(tenant, 2, group=group, fields='{"deni":"5"}')
    make_contacts(tenant, 4, group=group, first=20_000_000)

    found = priced(draft(tenant, "{{deni}} {{first_name}}", group=group))
    refusal = problems.refusal(found)
    assert refusal is not None
    assert refusal.fields == {
        "name": "deni",
        "count": 4,
        "numbers": "0720000000, 0720000001, 0720000002",
    }
    assert pricing.obstacle(found) is not None
    assert spool.is_empty(found.id)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("{{deni|}}", "texts_empty"),
        ("{{deni}}" * 7, "texts_too_long"),
        ("{{first_name}}", None),
    ],
)
def test_a_text_that_nobody_could_get_stops_the_start(
    make_tenant: Make, message: str, expected: str | None
) -> None:
    tenant = make_tenant()
    group = make_group(tenant)
    make_contacts(tenant, 1, group=group, fields=json.dumps({"deni": "a" * 400}))
    make_contacts(tenant, 1, group=group, first=20_000_000, fields='{"deni":""}')
    if expected == "texts_too_long":
        make_contacts(tenant, 1, first=30_000_000)
        Contact.update(fields='{"deni":"5"}').where(Contact.msisdn == "254720000000").execute()

    found = priced(draft(tenant, message, group=group))
    assert code(found) == expected
    assert spool.is_empty(found.id) is (expected is not None)


def test_a_campaign_that_reaches_nobody_says_so(make_tenant: Make) -> None:
    tenant = make_tenant()

    found = priced(draft(tenant, "Habari", group=make_group(tenant), to=["12"]))
    assert code(found) == "no_valid_recipients"
    assert (found.recipients, found.cost, left_out(found)) == (0, 0, {"invalid": 1})


def test_words_that_everybody_has_just_had_say_when_they_may_go_again(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="100")
    people = make_contacts(tenant, 2, group=(group := make_group(tenant)))
    for who in people:
        send(tenant, who.msisdn, body="Offa", category=Category.TRANSACTIONAL)

    found = priced(draft(tenant, "Offa", group=group))
    assert (code(found), left_out(found)) == ("campaign_repeat_too_soon", {"repeat": 2})
    assert "less than 10 minutes ago" in (problems.words(found, "en") or "")


def test_whoever_is_behind_the_first_few_holds_up_nobody(make_tenant: Make) -> None:
    tenant = make_tenant()
    people = make_contacts(tenant, 20, fields='{"deni":"5"}', group=(group := make_group(tenant)))
    Contact.update(fields=None).where(Contact.id == people[15].id).execute()
    for who in (people[1], people[16]):
        suppression.add(tenant.tenant_id, who.msisdn, "transactional", source="call")

    found = priced(draft(tenant, "Deni {{deni}}", group=group, first=10))
    assert (found.recipients, left_out(found), code(found)) == (10, {"opted_out": 1}, None)
    assert priced(draft(tenant, "Deni {{deni}}", group=group, first=15)).problem is not None


def test_a_no_that_comes_while_it_is_priced_stays(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = draft(make_tenant(), to=["0712000001"])
    found = Tally.findings

    def meanwhile(tally: Tally) -> Findings:
        problems.note(made.id, NotApproved(name="Zawadi", reason="Too dear"))
        return found(tally)

    monkeypatch.setattr(Tally, "findings", meanwhile)
    assert code(priced(made)) == "campaign_not_approved"


def test_a_campaign_of_which_everybody_is_left_out_says_why(make_tenant: Make) -> None:
    tenant = make_tenant()
    group = make_group(tenant)
    make_contacts(tenant, 2, group=group)
    Contact.update(status="blocked").where(Contact.tenant_id == tenant.tenant_id).execute()

    found = priced(draft(tenant, "Habari", group=group))
    assert code(found) == "nobody_left"
    assert left_out(found) == {"blocked": 2}
    assert "of 2 people" in (problems.words(found, "en") or "")


def test_what_a_cheaper_writing_saves_is_found_or_taken(make_tenant: Make) -> None:
    tenant = make_tenant()
    make_contacts(tenant, 3, group=(group := make_group(tenant)))
    dear = "“Habari” {{first_name}} " + "a" * 80

    told = priced(draft(tenant, dear, group=group))
    found = findings.of(told)
    assert (told.segments, found.saves, found.unicode) == (6, 3, 3)
    assert [each.character for each in found.offenders] == ["“", "”"]
    asked = estimating.of(tenant, told)
    assert asked.rewrite == '"Habari" {{first_name}} ' + "a" * 80
    assert asked.rewrite_saves.units == 3 * tenant.price_units
    short = estimating.of(tenant, priced(draft(tenant, "“Habari”", group=group)))
    assert (short.encoding, short.rewrite) == ("UCS-2", None)
    taken = priced(draft(tenant, dear, group=group, rewrite=True))
    assert (taken.segments, findings.of(taken).saves, findings.of(taken).unicode) == (3, 3, 0)
    assert texts(taken)[0][1].startswith('"Habari" Asha')
    done = estimating.of(tenant, taken)
    assert (done.rewrite, done.rewrite_saves.units) == (None, 0)


def test_every_character_that_makes_somebodys_text_dear_is_named(make_tenant: Make) -> None:
    tenant = make_tenant()
    group = make_group(tenant)
    for first, name in enumerate(("Šaša", "Asha", "Ŵambũi 🎉", "علي", "Šeba")):
        make_contacts(tenant, 1, group=group, first=first, name=name)

    found = findings.of(priced(draft(tenant, "Habari {{name}}", group=group)))
    assert [each.character for each in found.offenders] == list("ŠšŴũ🎉علي")


def test_an_advert_is_priced_with_its_way_out(make_tenant: Make) -> None:
    tenant = make_tenant()

    found = priced(draft(tenant, "a" * 155, to=["0712000001"], category="promotional"))
    assert found.segments == 2
    assert texts(found)[0][1] == rules.with_suffix("a" * 155, Category.PROMOTIONAL)


def test_only_the_first_are_priced_when_so_many_were_chosen(make_tenant: Make) -> None:
    tenant = make_tenant()
    make_contacts(tenant, 9, group=(group := make_group(tenant)))

    found = priced(draft(tenant, "Habari {{first_name}}", group=group, first=4))
    assert (found.recipients, len(texts(found))) == (4, 4)


def test_how_many_of_the_first_a_sum_reaches_for_is_exact(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "size", lambda: 3)
    tenant = make_tenant(price="0.5")
    group = make_group(tenant)
    make_contacts(tenant, 5, group=group, name="Jo")
    make_contacts(tenant, 5, group=group, first=20_000_000, name="J" * 60)
    found = priced(draft(tenant, "a" * 150 + "{{name}}", group=group))

    costs = [5_000] * 5 + [10_000] * 5
    for units in range(0, sum(costs) + 5_000, 2_500):
        fit = sum(1 for n in range(1, 11) if sum(costs[:n]) <= units)
        assert pricing.affordable(found, Money(units)) == fit
    assert pricing.affordable(found, Money(-1)) == 0


def test_a_later_attempt_ends_an_earlier_one(make_tenant: Make) -> None:
    tenant = make_tenant()
    campaign = draft(tenant, "Habari", to=["0712000001", "0712000002"])
    first = pricing.begin(campaign.id)
    second = pricing.begin(campaign.id)
    assert first is not None
    assert second is not None

    assert pricing.price(campaign.id, first) is None
    assert Campaign.get_by_id(campaign.id).priced_at is None
    assert pricing.price(campaign.id, second) is not None
    assert pricing.price(campaign.id, first) is None
    assert len(texts(campaign)) == 2


def test_an_attempt_that_is_overtaken_on_its_way_leaves_nothing_behind(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another begins after the first chunk is stored, prices to the end, and is not disturbed."""
    monkeypatch.setattr(spool, "size", lambda: 2)
    tenant = make_tenant()
    make_contacts(tenant, 7, group=(group := make_group(tenant)))
    campaign = draft(tenant, "Habari {{first_name|wewe}}", group=group, to=["0712000001"])
    attempt = pricing.begin(campaign.id)
    stored = spool.store

    def overtake(rows: list[tuple[object, ...]]) -> None:
        monkeypatch.setattr(spool, "store", stored)
        stored(rows)
        database.after_commit(lambda: priced(campaign))

    monkeypatch.setattr(spool, "store", overtake)
    assert pricing.price(campaign.id, attempt or 0) is None
    assert len({msisdn for msisdn, _ in texts(campaign)}) == len(texts(campaign)) == 8


def test_what_is_held_for_is_never_priced_again(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="100")
    campaign = priced(draft(tenant, "Habari", to=["0712000001"]))
    makers.hold(campaign)

    assert pricing.begin(campaign.id) is None
    pricing.forget(campaign.id)
    Campaign.update(started_at=None).where(Campaign.id == campaign.id).execute()
    assert pricing.begin(campaign.id) is None
    assert Campaign.get_by_id(campaign.id).priced_at is not None
    assert len(texts(campaign)) == 1


def test_what_was_found_is_old_after_a_while_a_new_price_or_an_erasure(make_tenant: Make) -> None:
    at(NOON)
    tenant = make_tenant()
    campaign = priced(draft(tenant, "Habari", to=["0712000001"]))
    assert pricing.is_fresh(campaign, tenant)

    Tenant.update(price_units=1).where(Tenant.id == tenant.tenant_id).execute()
    assert not pricing.is_fresh(campaign, profile(tenant.tenant_id))
    ContactBook.update(erased_at=clock.now()).execute()
    assert not pricing.is_fresh(campaign, tenant)
    ContactBook.update(erased_at=0).execute()
    at(NOON + timedelta(minutes=15))
    assert not pricing.is_fresh(campaign, tenant)


def test_a_pricing_that_is_thrown_away_leaves_nothing(make_tenant: Make) -> None:
    campaign = priced(draft(make_tenant(), "Habari", to=["0712000001"]))

    pricing.forget(campaign.id)
    assert Campaign.get_by_id(campaign.id).priced_at is None
    assert Spool.select().count() == 0


def test_a_pricing_killed_at_any_statement_is_simply_done_again(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "size", lambda: 2)
    tenant = make_tenant(wallet="100")
    make_contacts(tenant, 5, group=(group := make_group(tenant)))
    executioner = Executioner(monkeypatch)
    for statements in range(1, 200):
        campaign = draft(tenant, "Habari {{first_name}} {{phone}}", group=group)
        was_killed = executioner.kills(lambda: priced(campaign), statements)  # noqa: B023
        found = priced(campaign)

        assert (found.recipients, len(texts(found))) == (5, 5)
        assert spool.sums(found.id).cost == found.cost
        if not was_killed:
            break
    assert 5 < statements < 199


def test_a_rehearsed_campaign_is_priced_against_play_money(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", test=True)
    campaign = priced(draft(tenant, "Habari", to=["0712000001"]))
    makers.hold(campaign)
    makers.fill(campaign)

    assert Message.get().account_id == 2
    assert_proved()


def test_a_day_that_is_full_for_somebody_leaves_them_out(
    make_tenant: Make, change_settings: Callable[..., None]
) -> None:
    at(NOON)
    change_settings("rules", promotional_per_number_per_day=1)
    tenant = make_tenant(wallet="10")
    send(tenant, "0712000001", category=Category.PROMOTIONAL)

    found = priced(draft(tenant, "Offa", to=["0712000001", "0712000002"], category="promotional"))
    assert left_out(found) == {"number_cap": 1}
    assert found.recipients == 1
