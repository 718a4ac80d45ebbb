"""Campaigns and templates over REST: made, started, watched, held back, taken back."""

from __future__ import annotations

import pytest
from hypothesis import given

from core import clock
from core.campaigns import carrying, launching, queries
from core.campaigns.models import Campaign
from core.messaging.models import Message
from core.money import Money
from core.tenants import tenants, terms
from core.tenants.models import Tenant, TenantStatus
from core.tenants.profiles import profile
from tests import statements
from tests.api.makers import make_key, set_status
from tests.api.test_fuzz import ask_it, many, shaped
from tests.api.test_fuzz import values as any_values
from tests.campaigns import life
from tests.campaigns.makers import make_contacts
from tests.messaging.scene import assert_proved

TEXT = "Habari {{first_name|rafiki}}"
NINE = clock.now().replace(hour=6, minute=0, second=0, microsecond=0)  # 09:00 in Nairobi


@pytest.fixture(autouse=True)
def _morning():
    clock.freeze(NINE)


@pytest.fixture
def group(acme):
    """Three people."""
    return life.people(profile(acme.id), 3)


def create(client, acme, **more):
    asked = {"name": "Jumamosi", "message": TEXT} | more
    return client.post(f"{acme.path}/campaigns", json=asked)


def one(client, acme, campaign_id):
    return client.get(f"{acme.path}/campaigns/{campaign_id}").json


def act(client, acme, campaign_id, verb, **body):
    return client.post(f"{acme.path}/campaigns/{campaign_id}/{verb}", json=body)


def row(answer):
    return Campaign.get_by_id(answer.json["id"])


def test_a_campaign_starts_at_once_and_says_how_far_it_has_come(ask, acme, group):
    answer = create(ask, acme, groups=[group.id])
    assert (answer.status_code, answer.json["status"]) == (202, "preparing")
    assert (answer.json["held"], answer.json["recipients"]) == ("2.40", 3)

    life.deliver(life.work(row(answer)))
    life.work(row(answer))
    after = one(ask, acme, answer.json["id"])

    assert (after["status"], after["progress"]) == ("completed", 100)
    assert after["counters"] == {"submitted": 3}
    assert (after["cost"], after["charged"], after["held"]) == ("2.40", "2.40", "0.00")
    assert_proved()


def test_what_a_text_was_charged_stands_beside_its_price(ask, acme, group):
    """Of three texts one is held back, as its number opts out in time: it costs nothing."""
    campaign = life.work(row(create(ask, acme, groups=[group.id])))
    number = Message.select().order_by(Message.id).first().msisdn
    ask.post(f"{acme.path}/optouts", json={"phones": [number], "class": "transactional"})
    life.deliver(campaign)
    texts = ask.get(f"{acme.path}/sms/messages", params={"campaign": campaign.id}).json["data"]

    assert {each["cost"] for each in texts} == {"0.80"}
    assert {each["status"]: each["charged"] for each in texts} == {
        "suppressed": "0.00",
        "submitted": "0.80",
    }
    assert one(ask, acme, campaign.id)["charged"] == "1.60"


def test_a_long_list_asks_the_database_no_more_than_a_short_one(ask, acme, group):
    def asked():
        ask.get(f"{acme.path}/campaigns")
        with statements.noted() as said:
            assert len(ask.get(f"{acme.path}/campaigns").json["data"]) == made
        return len(said)

    def make(text):
        life.work(row(create(ask, acme, groups=[group.id], message=text)))

    made = 1
    make("Habari")
    before = asked()
    for made in range(2, 5):
        make(f"Habari {made}")

    assert asked() == before


def test_a_list_counts_who_was_chosen_one_by_one(ask, acme, group):
    numbers = [f"07120000{at:02d}" for at in range(30)]
    made = create(ask, acme, draft=True, to=numbers, groups=[group.id]).json
    (listed,) = ask.get(f"{acme.path}/campaigns").json["data"]

    assert made["audience"] == {"everyone": False, "groups": [group.id], "contacts": 0, "to": 30}
    assert listed["audience"] == made["audience"]
    (kept,) = queries.listing(profile(acme.id))
    assert kept.audience is None, "a page of long lists would be hundreds of megabytes"


def test_a_draft_waits_with_its_estimate(ask, acme, group):
    answer = create(ask, acme, groups=[group.id], to="0733000111", draft=True)
    assert (answer.status_code, answer.json["status"]) == (201, "draft")
    estimate = answer.json["estimate"]
    assert (estimate["recipients"], estimate["spread"]) == (4, {"1": 4})
    assert (estimate["cost"], estimate["balance_after"]) == ("3.20", "496.80")
    assert Message.select().count() == 0

    sent = act(ask, acme, answer.json["id"], "send")

    assert (sent.status_code, sent.json["held"]) == (202, "3.20")


def test_a_price_that_has_risen_since_the_draft_was_shown_is_asked_about(ask, acme, group):
    draft = create(ask, acme, groups=[group.id], draft=True).json
    assert draft["estimate"]["cost"] == "2.40"
    tenants.set_terms(acme.id, price=Money.parse("1.00"), actor="admin:x", channel="admin")
    refused = act(ask, acme, draft["id"], "send")
    assert (refused.status_code, refused.json["code"]) == (409, "campaign_price_changed")

    too_much = act(ask, acme, draft["id"], "send", max_cost="2.99")
    assert too_much.json["code"] == "campaign_price_changed"
    assert create(ask, acme, groups=[group.id], max_cost="2.99").status_code == 409
    sent = act(ask, acme, draft["id"], "send", max_cost="3.00")
    assert (sent.status_code, sent.json["held"]) == (202, "3.00")


def test_too_little_money_says_for_how_many_it_reaches(ask, acme):
    many_people = life.people(profile(acme.id), 630)
    answer = create(ask, acme, groups=[many_people.id])

    assert (answer.status_code, answer.json["code"]) == (402, "insufficient_funds")
    assert answer.json["affordable"] == 625
    kept = one(ask, acme, answer.json["campaign"])
    assert (kept["status"], kept["problem"]["code"]) == ("draft", "insufficient_funds")
    assert "first 625 people" in kept["problem"]["detail"]
    assert Message.select().count() == 0

    sent = act(ask, acme, kept["id"], "send", first=625)
    assert (sent.status_code, sent.json["held"], sent.json["first"]) == (202, "500.00", 625)


def test_an_estimate_names_the_money_that_is_short(ask, acme):
    """As the start would, and until the start it is no problem of the draft's."""
    many_people = life.people(profile(acme.id), 630)
    draft = create(ask, acme, groups=[many_people.id], draft=True).json
    asked = {"groups": [many_people.id], "message": "Habari"}
    for found in (draft["estimate"], ask.post(f"{acme.path}/sms/estimate", json=asked).json):
        assert (found["recipients"], found["affordable"]) == (630, 625)
        assert (found["cost"], found["balance_after"]) == ("504.00", "-4.00")
        assert found["obstacle"] == {
            "code": "insufficient_funds",
            "detail": "This costs KES 504.00 and you have KES 500.00. "
            "Top up, or send to the first 625 people.",
        }
    assert draft["problem"] is None

    sent = act(ask, acme, draft["id"], "send")
    assert (sent.json["code"], sent.json["detail"]) == (
        found["obstacle"]["code"],
        found["obstacle"]["detail"],
    )
    part = act(ask, acme, draft["id"], "send", first=625)
    assert part.status_code == 202


def test_who_can_afford_nobody_is_offered_no_part(ask, acme, group):
    price = profile(acme.id).price_units
    Tenant.update(price_units=1000 * price, language="sw").where(Tenant.id == acme.id).execute()
    estimate = create(ask, acme, groups=[group.id], draft=True).json["estimate"]

    assert estimate["affordable"] == 0
    assert estimate["obstacle"]["detail"] == (
        "Hii inagharimu KES 2400.00 na una KES 500.00. Ongeza pesa, kisha utume tena."
    )


def test_what_is_wrong_with_the_people_is_named_before_the_money(ask, acme):
    many_people = life.people(profile(acme.id), 630)
    draft = create(ask, acme, groups=[many_people.id], message="Deni {{deni}}", draft=True).json

    assert draft["estimate"]["obstacle"]["code"] == "value_missing"


def test_a_large_one_is_counted_behind_the_answer(ask, acme, group, monkeypatch):
    monkeypatch.setattr(launching, "INLINE_MAX", 2)
    draft = create(ask, acme, groups=[group.id], draft=True)
    assert draft.json["estimate"] is None

    carrying.count(draft.json["id"])
    assert one(ask, acme, draft.json["id"])["estimate"]["cost"] == "2.40"

    started = create(ask, acme, groups=[group.id], message="Karibu")
    assert (started.json["status"], started.json["cost"]) == ("preparing", None)
    assert life.work(row(started)).status == "running"


def test_what_is_missing_is_named_and_nothing_stays(ask, acme, group):
    answer = create(ask, acme, groups=[group.id], message="Una deni {{amount}}")

    assert (answer.status_code, answer.json["code"]) == (422, "value_missing")
    assert "amount" in answer.json["detail"]
    assert Campaign.select().count() == 0


def test_everybody_is_a_word(ask, acme, group):
    make_contacts(profile(acme.id), 1, first=77_000_000)
    everybody = create(ask, acme, contacts="all", draft=True).json["estimate"]
    grouped = create(ask, acme, groups="all", draft=True).json["estimate"]

    assert (everybody["recipients"], grouped["recipients"]) == (4, 3)


def test_a_pause_and_a_cancel_are_harmless_twice(ask, acme, group):
    campaign = create(ask, acme, groups=[group.id]).json["id"]
    life.work(Campaign.get_by_id(campaign))
    for _ in range(2):
        assert act(ask, acme, campaign, "pause").json["status"] == "paused"
    assert act(ask, acme, campaign, "resume").json["status"] == "running"
    for _ in range(2):
        assert act(ask, acme, campaign, "cancel").json["status"] == "cancelling"
    life.work(Campaign.get_by_id(campaign))

    after = one(ask, acme, campaign)
    assert (after["status"], after["released"], after["cost"]) == ("cancelled", "2.40", "0.00")
    refused = act(ask, acme, campaign, "pause")
    assert (refused.status_code, refused.json["code"]) == (409, "campaign_state")
    assert "cancelled already" in refused.json["detail"]
    assert act(ask, acme, campaign, "send").status_code == 409


def test_one_past_its_day_asks_for_a_yes(ask, acme, group):
    campaign = create(ask, acme, groups=[group.id]).json["id"]
    life.work(Campaign.get_by_id(campaign))
    act(ask, acme, campaign, "pause")
    clock.advance(24 * 3600)

    refused = act(ask, acme, campaign, "resume")
    assert (refused.status_code, refused.json["code"]) == (409, "campaign_stale")
    assert act(ask, acme, campaign, "resume", confirm=True).json["status"] == "running"


def test_the_id_of_one_group_alone_is_no_list(ask, acme, group):
    answer = create(ask, acme, groups=group.id)

    (wrong,) = answer.json["errors"]
    assert (wrong["field"], wrong["code"]) == ("groups", "wrong_type")
    assert wrong["detail"] == 'This must be a list or "all", not text.'


def test_an_estimate_tells_all_times_in_one_zone(ask, acme, group):
    asked = {"groups": [group.id], "message": "Offa", "class": "promotional"}
    for hour in (0, 15):
        clock.freeze(NINE.replace(hour=hour))
        told = ask.post(f"{acme.path}/sms/estimate", json=asked).json
        draft = create(ask, acme, draft=True, **asked).json

        moments = [told["goes_at"], told["until"], *(each["goes_at"] for each in told["windows"])]
        assert all(each.endswith("Z") for each in moments), moments
        assert draft["estimate"]["until"].endswith("Z")


def test_the_same_again_asks_for_a_yes(ask, acme, group):
    life.deliver(life.work(row(create(ask, acme, groups=[group.id]))))
    clock.advance(11 * 60)
    again = create(ask, acme, groups=[group.id], name="Tena")
    assert (again.status_code, again.json["code"]) == (409, "campaign_repeat")
    assert Campaign.select().count() == 1

    assert create(ask, acme, groups=[group.id], confirm=True).status_code == 202


@pytest.mark.parametrize("is_worked", [False, True])
def test_nobody_is_asked_for_a_yes_that_would_do_nothing(ask, acme, group, is_worked):
    """Minutes after the first, everybody would be held back at the hand-over."""
    first = row(create(ask, acme, groups=[group.id]))
    if is_worked:
        life.deliver(life.work(first))
    for more in ({}, {"confirm": True}):
        again = create(ask, acme, groups=[group.id], **more)
        assert (again.status_code, again.json["code"]) == (409, "campaign_repeat_too_soon")
        assert "10 minutes" in again.json["detail"]


def test_with_a_yes_the_same_words_go_to_whoever_is_new_in_the_group(ask, acme, group):
    life.deliver(life.work(row(create(ask, acme, groups=[group.id]))))
    make_contacts(profile(acme.id), 2, group=group, first=30_000_000)
    draft = create(ask, acme, groups=[group.id], draft=True).json
    refused = act(ask, acme, draft["id"], "send")
    assert (refused.json["code"], draft["left_out"]) == ("campaign_repeat", {"repeat": 3})

    assert act(ask, acme, draft["id"], "send", confirm=True).json["recipients"] == 2


def test_a_repeated_request_makes_one_campaign(ask, acme, group):
    key = {"Idempotency-Key": "a"}
    asked = {"message": TEXT, "groups": [group.id]}
    first = ask.post(f"{acme.path}/campaigns", json=asked, headers=key)
    second = ask.post(f"{acme.path}/campaigns", json=asked, headers=key)

    assert first.json == second.json
    assert (second.status_code, second.headers["Idempotent-Replayed"]) == (202, "true")
    assert Campaign.select().count() == 1


def test_a_repeat_after_a_top_up_starts_the_draft_of_the_first_try(ask, acme):
    many_people = life.people(profile(acme.id), 630)
    key = {"Idempotency-Key": "a"}
    asked = {"message": TEXT, "groups": [many_people.id]}

    def again(**more):
        clock.advance(1)
        return ask.post(f"{acme.path}/campaigns", json=asked | more, headers=key)

    tries = [again() for _ in range(3)]
    assert [each.status_code for each in tries] == [402, 402, 402]
    (draft,) = {each.json["campaign"] for each in tries}
    assert Campaign.select().count() == 1
    assert again(first=625).json["code"] == "idempotency_key_reused"

    terms.adjust_wallet(
        acme.id, Money.kes(100), "Top-up", once="a", actor="admin:x", channel="admin"
    )
    started = again()
    assert (started.status_code, started.json["id"], started.json["held"]) == (202, draft, "504.00")
    assert again().headers["Idempotent-Replayed"] == "true"
    assert Campaign.select().count() == 1


def test_a_repeat_starts_nothing_more_when_the_draft_was_sent_meanwhile(ask, acme):
    many_people = life.people(profile(acme.id), 630)
    key = {"Idempotency-Key": "a"}
    asked = {"message": TEXT, "groups": [many_people.id], "confirm": True}
    draft = ask.post(f"{acme.path}/campaigns", json=asked, headers=key).json["campaign"]
    assert act(ask, acme, draft, "send", first=1).status_code == 202

    for _ in range(2):
        clock.advance(1)
        repeat = ask.post(f"{acme.path}/campaigns", json=asked, headers=key)
        assert (repeat.status_code, repeat.json["code"]) == (409, "campaign_state")
    assert Campaign.select().count() == 1


def test_a_draft_is_changed_and_removed(ask, acme, group):
    path = f"{acme.path}/campaigns/" + create(ask, acme, groups=[group.id], draft=True).json["id"]
    changed = ask.patch(path, json={"message": "x" * 200, "to": ["0733000111"]}).json
    assert (changed["name"], changed["estimate"]["cost"]) == ("Jumamosi", "6.40")
    assert changed["audience"] == {
        "everyone": False, "groups": [group.id], "contacts": 0, "to": 1,
    }  # fmt: skip

    assert ask.delete(path).status_code == 204
    assert ask.get(path).status_code == 404


def test_a_draft_to_a_removed_group_can_be_read_and_changed(ask, acme, group):
    path = f"{acme.path}/campaigns/" + create(ask, acme, groups=[group.id], draft=True).json["id"]
    assert ask.delete(f"{acme.path}/groups/{group.id}").status_code == 204
    clock.advance(3600)

    found = ask.get(path)
    assert (found.status_code, found.json["problem"]["code"]) == (200, "no_valid_recipients")
    changed = ask.patch(path, json={"groups": [], "to": ["0733000111"]})
    assert changed.json["estimate"]["recipients"] == 1


def test_what_is_on_its_way_is_not_changed(ask, acme, group):
    path = f"{acme.path}/campaigns/" + create(ask, acme, groups=[group.id]).json["id"]

    assert ask.patch(path, json={"name": "Nyingine"}).status_code == 409
    assert ask.delete(path).status_code == 409


def test_one_text_goes_to_a_phone_of_ones_own(ask, acme, group):
    campaign = create(ask, acme, groups=[group.id], draft=True).json["id"]
    sent = act(ask, acme, campaign, "test")

    assert (sent.status_code, sent.json["accepted"], sent.json["cost"]) == (202, 1, "0.80")
    assert sent.json["messages"][0]["to"] == "254712345678"
    assert Message.get().body == "Habari Asha"
    elsewhere = act(ask, acme, campaign, "test", to="0733000111")
    assert elsewhere.json["messages"][0]["to"] == "254733000111"


def test_its_texts_are_found_by_it(ask, acme, group):
    campaign = create(ask, acme, groups=[group.id]).json["id"]
    life.work(Campaign.get_by_id(campaign))
    ask.post(f"{acme.path}/sms/send", json={"to": "0712345678", "message": "Habari"})
    found = ask.get(f"{acme.path}/sms/messages", params={"campaign": campaign}).json["data"]

    assert {each["campaign"] for each in found} == {campaign}
    assert len(found) == 3


def test_a_list_is_of_ones_own_mode(ask, rehearse, acme, rival, with_key, group):
    create(ask, acme, groups=[group.id])
    rehearsed = create(rehearse, acme, to="0712000001")
    assert rehearsed.status_code == 202

    def ids(client, business):
        return [each["id"] for each in client.get(f"{business.path}/campaigns").json["data"]]

    assert ids(rehearse, acme) == [rehearsed.json["id"]]
    assert len(ids(ask, acme)) == 1
    stranger = with_key(rival.live)
    assert ids(stranger, rival) == []
    for verb in ("send", "pause", "resume", "cancel", "test"):
        answer = act(stranger, rival, rehearsed.json["id"], verb)
        assert (answer.status_code, answer.json["code"]) == (404, "campaign_not_found")


def test_a_list_comes_in_pages_and_by_status(ask, acme, group):
    for number in range(3):
        create(ask, acme, groups=[group.id], message=f"Habari {number}", draft=number < 2)
    first = ask.get(f"{acme.path}/campaigns", params={"limit": 2}).json
    second = ask.get(f"{acme.path}/campaigns", params={"after": first["next"]}).json
    drafts = ask.get(f"{acme.path}/campaigns", params={"status": "draft"}).json["data"]

    assert [len(first["data"]), len(second["data"]), len(drafts)] == [2, 1, 2]
    assert first["data"][0]["held"] == "2.40"


def test_a_suspended_business_may_still_stop_its_campaigns(ask, acme, group):
    campaign = create(ask, acme, groups=[group.id]).json["id"]
    set_status(acme.id, TenantStatus.SUSPENDED)

    assert create(ask, acme, groups=[group.id]).status_code == 403
    assert act(ask, acme, campaign, "resume").status_code == 403
    assert act(ask, acme, campaign, "pause").json["status"] == "paused"
    assert act(ask, acme, campaign, "cancel").json["status"] == "cancelling"


def test_a_key_needs_the_scope(acme, with_key, group):
    reader = with_key(make_key(acme.id, scopes=["messages:read"]))

    assert create(reader, acme, groups=[group.id]).json["code"] == "missing_scope"
    assert reader.get(f"{acme.path}/campaigns").status_code == 200


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"message": None}, "message_or_template"),
        ({"template": "Karibu"}, "message_or_template"),
        ({"message": None, "template": "Karibu"}, "template_not_found"),
        ({"message": "Habari {{"}, "placeholder_wrong"),
        ({"message": " "}, "text_empty"),
        ({"groups": ["grp_none"]}, "group_not_found"),
        ({"contacts": ["con_none"]}, "contact_not_found"),
        ({"groups": []}, "nobody_chosen"),
        ({"sender_id": "BANK"}, "sender_not_approved"),
        ({"schedule_at": "2020-01-01T00:00:00Z"}, "schedule_in_past"),
        ({"groups": "some"}, "wrong_type"),
        ({"first": 0}, "out_of_range"),
        ({"to": ["12"], "groups": []}, "no_valid_recipients"),
        ({"params": {f"v{n}": 1 for n in range(51)}}, "too_many_items"),
        ({"params": {"a": "x" * 501}}, "too_long"),
    ],
)
def test_what_cannot_be_right_is_refused_in_words(ask, acme, group, asked, code):
    answer = create(ask, acme, **{"groups": [group.id], **asked})

    assert answer.json["code"] == code
    assert Campaign.select().count() == 0


# Templates.


def template(client, acme, **more):
    asked = {"name": "Deni", "message": "Habari {{name|rafiki}}, deni ni {{amount}}"} | more
    return client.post(f"{acme.path}/templates", json=asked)


def test_a_template_is_kept_in_versions(ask, acme):
    made = template(ask, acme)
    assert (made.status_code, made.json["version"]) == (201, 1)
    assert made.json["placeholders"] == ["name", "amount"]
    path = f"{acme.path}/templates/{made.json['id']}"
    changed = ask.patch(path, json={"messages": {"en": "Hello {{name}}", "sw": "Habari {{name}}"}})

    assert (changed.json["version"], changed.json["messages"]["sw"]) == (2, "Habari {{name}}")
    versions = ask.get(f"{path}/versions").json["data"]
    assert [each["version"] for each in versions] == [2, 1]
    assert ask.get(f"{acme.path}/templates").json["data"][0]["version"] == 2
    assert ask.delete(path).status_code == 204
    assert ask.get(path).json["code"] == "template_not_found"


def test_what_a_campaign_said_is_shown_when_its_template_is_gone(ask, acme, group):
    made = template(ask, acme).json
    ask.patch(f"{acme.path}/templates/{made['id']}", json={"message": "Kwaheri"})
    campaign = create(ask, acme, message=None, template=made["id"], groups=[group.id]).json
    ask.delete(f"{acme.path}/templates/{made['id']}")

    shown = one(ask, acme, campaign["id"])
    assert shown["message"] is None
    assert shown["template"] == {"id": made["id"], "version": 2, "message": "Kwaheri"}


def test_the_versions_of_a_template_come_a_page_at_a_time(ask, acme):
    path = f"{acme.path}/templates/{template(ask, acme).json['id']}"
    for number in range(2, 6):
        ask.patch(path, json={"message": f"Habari {{{{name}}}}, {number}"})
    first = ask.get(f"{path}/versions?limit=3").json
    rest = ask.get(f"{path}/versions?limit=3&after={first['next']}").json

    assert [each["version"] for each in first["data"]] == [5, 4, 3]
    assert [each["version"] for each in rest["data"]] == [2, 1]
    assert (first["has_more"], rest["has_more"], rest["next"]) == (True, False, None)
    assert ask.get(f"{path}/versions?limit=201").json["code"] == "out_of_range"
    assert ask.get(f"{path}/versions?after=x").status_code == 400


def test_a_template_takes_words_in_one_language_beside_the_others(ask, acme):
    path = f"{acme.path}/templates/{template(ask, acme).json['id']}"

    added = ask.patch(path, json={"messages": {"sw": "Habari"}}).json
    assert (added["language"], sorted(added["messages"])) == ("en", ["en", "sw"])
    refused = ask.patch(path, json={"messages": {"en": None}})
    assert refused.json["code"] == "no_words_in_language"
    taken = ask.patch(path, json={"messages": {"en": None}, "language": "sw"}).json
    assert (taken["language"], taken["messages"]) == ("sw", {"sw": "Habari"})
    seen = ask.post(f"{path}/preview", json={"version": 99})
    assert (seen.status_code, seen.json["code"]) == (404, "template_version_not_found")


def test_what_is_needed_is_said_when_neither_words_nor_a_template_are_given(ask, acme, group):
    neither = ask.post(f"{acme.path}/campaigns", json={"groups": [group.id], "draft": True}).json
    assert neither["code"] == "message_or_template"
    assert "write a message, or name a template" in neither["detail"]
    nobody = create(ask, acme, groups=[]).json
    assert '"contacts": "all"' in nobody["detail"]


def test_a_template_is_seen_as_a_contact_would(ask, acme, group):
    contact = make_contacts(profile(acme.id), 1, first=66_000_000, fields='{"Amount": "500"}')[0]
    path = f"{acme.path}/templates/{template(ask, acme).json['id']}/preview"

    seen = ask.post(path, json={"contact": contact.id}).json
    assert (seen["message"], seen["missing"]) == ("Habari Asha 0, deni ni 500", [])
    nobody = ask.post(path, json={"params": {"name": "Juma"}}).json
    assert (nobody["message"], nobody["missing"]) == (
        "Habari Juma, deni ni {{amount}}",
        ["amount"],
    )


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"name": ""}, "field_missing"),
        ({"message": None}, "message_or_messages"),
        ({"messages": {"en": "Hello"}}, "message_or_messages"),
        ({"message": "Habari {{ "}, "placeholder_wrong"),
        ({"language": "fr"}, "unknown_language"),
    ],
)
def test_a_template_that_cannot_be_right_is_refused(ask, acme, asked, code):
    assert template(ask, acme, **asked).json["code"] == code


def test_a_template_goes_to_a_short_list_by_its_name(ask, acme, group):
    template(ask, acme)
    asked = {"to": ["0710000000", "0733000111"], "template": "deni", "params": {"amount": 500}}
    estimate = ask.post(f"{acme.path}/sms/estimate", json=asked).json
    sent = ask.post(f"{acme.path}/sms/send", json=asked)

    assert (estimate["recipients"], estimate["cost"]) == (2, sent.json["cost"])
    bodies = {each.msisdn: each.body for each in Message.select()}
    assert bodies == {
        "254710000000": "Habari Asha 0, deni ni 500",
        "254733000111": "Habari rafiki, deni ni 500",
    }


def test_a_template_without_its_values_sends_nothing(ask, acme):
    template(ask, acme)
    answer = ask.post(f"{acme.path}/sms/send", json={"to": "0733000111", "template": "Deni"})

    assert (answer.status_code, answer.json["code"]) == (422, "value_missing")
    both = {"to": "0733000111", "template": "Deni", "message": "Habari"}
    answer = ask.post(f"{acme.path}/sms/send", json=both)
    assert answer.json["code"] == "message_or_template"
    answer = ask.post(f"{acme.path}/sms/send", json={"to": "0733000111"})
    assert answer.json["code"] == "missing_field"


def test_cheaper_words_are_those_of_the_template_and_there_only_when_they_save(ask, acme, group):
    template(ask, acme, message="“Habari” {{name|rafiki}} " + "x" * 60)
    asked = {"template": "Deni"}
    for whom in ({"to": "0710000000"}, {"groups": [group.id]}):
        found = ask.post(f"{acme.path}/sms/estimate", json=asked | whom).json
        assert found["rewrite"]["message"] == '"Habari" {{name|rafiki}} ' + "x" * 60
    for whom in ({"to": "0710000000"}, {"groups": [group.id]}):
        found = ask.post(f"{acme.path}/sms/estimate", json={"message": "“Hi”"} | whom).json
        assert (found["encoding"], found["rewrite"]) == ("UCS-2", None)


def test_a_send_to_groups_is_estimated_without_making_anything(ask, acme, group):
    asked = {"groups": [group.id], "to": "0710000000", "message": "Karibu! We’re open " + "x" * 60}
    found = ask.post(f"{acme.path}/sms/estimate", json=asked).json

    assert (found["recipients"], found["left_out"]) == (3, {"duplicate": 1})
    assert (found["encoding"], found["spread"], found["cost"]) == ("UCS-2", {"2": 3}, "4.80")
    assert found["rewrite"]["saves"] == "2.40"
    assert (found["affordable"], found["missing"]) == (3, [])
    assert Campaign.select().count() == 0


def test_too_many_people_are_counted_for_a_draft(ask, acme, group, monkeypatch):
    monkeypatch.setattr("core.campaigns.measuring.PEOPLE_MAX", 2)
    answer = ask.post(f"{acme.path}/sms/estimate", json={"groups": [group.id], "message": "Habari"})

    assert (answer.status_code, answer.json["code"]) == (422, "too_many_to_estimate")


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@many
@given(
    body=any_values
    | shaped(
        "name", "message", "template", "params", "groups", "contacts", "to", "class", "sender_id",
        "schedule_at", "rewrite", "draft", "first", "confirm", "messages", "language", "x",
        needed={"message": "Habari {{name|x}}", "to": "0712345678"},
    )
)  # fmt: skip
def test_nothing_asked_breaks_campaigns(ask, acme, body):
    ask_it(ask, "POST", f"{acme.path}/campaigns", body)
    ask_it(ask, "POST", f"{acme.path}/sms/estimate", body)
    made = create(ask, acme, to="0712345678", draft=True).json["id"]
    ask_it(ask, "PATCH", f"{acme.path}/campaigns/{made}", body)
    for verb in ("pause", "resume", "test", "send", "cancel"):
        ask_it(ask, "POST", f"{acme.path}/campaigns/{made}/{verb}", body)
    ask_it(ask, "POST", f"{acme.path}/templates", body)
    ask_it(ask, "PATCH", f"{acme.path}/templates/tpl_none", body)
    ask_it(ask, "POST", f"{acme.path}/templates/tpl_none/preview", body)
