"""Campaigns: one text to many people, from the draft to the last text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from api.calls import TenantCall
from api.fields import (
    CURRENCY,
    Amount,
    Instant,
    Kes,
    Name,
    Phone,
    Request,
    SenderId,
    Shape,
    Words,
    money,
    utc,
)
from api.operations import for_tenant
from api.pages import Page, Paging, page
from api.resources.estimates import EstimateAnswer, Obstacle, shown
from api.resources.sms import REFUSES, SendAnswer, answer
from api.resources.wanting import (
    Chosen,
    Contacts,
    Groups,
    ManyNumbers,
    Params,
    TemplateRef,
    numbers,
    params,
)
from core.campaigns import (
    audience,
    campaigns,
    cancelling,
    errors,
    estimating,
    launching,
    pausing,
    placeholders,
    problems,
    queries,
    shortcomings,
    templates,
    testing,
)
from core.campaigns.campaigns import Wanted
from core.campaigns.models import Campaign, CampaignStatus
from core.campaigns.queries import Progress
from core.contacts.contacts import ContactNotFound
from core.contacts.groups import GroupNotFound
from core.errors import Refused
from core.ledger.errors import DailyCapReached
from core.messaging import refusals
from core.messaging.errors import NoRecipients
from core.messaging.models import Category, Status
from core.money import Money
from core.tenants import fields
from core.tenants.profiles import Profile

SEND, READ = "messages:send", "messages:read"

MAKES: tuple[type[Refused], ...] = (
    *(kind for kind in REFUSES if kind is not NoRecipients),
    errors.WordsOrTemplate,
    placeholders.PlaceholderWrong,
    templates.TemplateNotFound,
    audience.NobodyChosen,
    audience.TooManyNumbers,
    GroupNotFound,
    ContactNotFound,
    fields.FieldMissing,
    fields.FieldTooLong,
    fields.FieldUnprintable,
)
STARTS: tuple[type[Refused], ...] = (
    errors.CampaignNotFound,
    errors.CampaignState,
    errors.CampaignRepeat,
    errors.PriceChanged,
    errors.StillCounting,
    errors.FirstOutOfRange,
    errors.NotAffordable,
    DailyCapReached,
    NoRecipients,
    placeholders.ValueMissing,
    shortcomings.TextsTooLong,
    shortcomings.TextsEmpty,
    shortcomings.NobodyLeft,
    shortcomings.RepeatTooSoon,
    shortcomings.SenderReachesNobody,
    *REFUSES,
)

First = Annotated[
    int,
    msgspec.Meta(ge=1, le=100_000_000, description="Send to the first so many people only."),
]
Confirm = Annotated[bool, msgspec.Meta(description="Yes to what was asked back with a 409.")]
MaxCost = Annotated[
    Amount, msgspec.Meta(description="Shillings; when it costs more, it does not start.")
]


class CampaignRequest(Chosen, frozen=True, kw_only=True):
    """A campaign: words or a template, and who gets it."""

    name: Name = ""
    message: Words | None = None
    template: TemplateRef | None = None
    params: Params | None = None
    class_: Category = msgspec.field(name="class", default=Category.TRANSACTIONAL)
    sender_id: SenderId | None = None
    schedule_at: Instant | None = None
    rewrite: Literal["never", "gsm7"] = "never"
    draft: Annotated[bool, msgspec.Meta(description="Make it, and send it later.")] = False
    first: First | None = None
    confirm: Confirm = False
    max_cost: MaxCost | None = None

    def wanted(self, tenant_id: int) -> Wanted:
        """What the act is asked to make."""
        return Wanted(
            name=self.name,
            audience=self.audience(tenant_id),
            message=self.message,
            template_id=self.template,
            params=params(self.params),
            category=self.class_,
            sender_id=self.sender_id,
            schedule_at=self.schedule_at,
            rewrite=self.rewrite == "gsm7",
        )


class CampaignChange(Request, frozen=True, kw_only=True):
    """What to change of a draft; what is left out stays. Words replace a template, and it them."""

    name: Name | UnsetType = UNSET
    message: Words | UnsetType = UNSET
    template: TemplateRef | UnsetType = UNSET
    params: Params | UnsetType | None = UNSET
    groups: Groups | UnsetType | None = UNSET
    contacts: Contacts | UnsetType | None = UNSET
    to: Phone | ManyNumbers | UnsetType | None = UNSET
    class_: Category | UnsetType = msgspec.field(name="class", default=UNSET)
    sender_id: SenderId | UnsetType | None = UNSET
    schedule_at: Instant | UnsetType | None = UNSET
    rewrite: Literal["never", "gsm7"] | UnsetType = UNSET

    def wanted(self, tenant_id: int, before: Wanted) -> Wanted:
        """What the draft becomes."""
        message, template = before.message, before.template_id
        if self.message is not UNSET or self.template is not UNSET:
            message = None if self.message is UNSET else self.message
            template = None if self.template is UNSET else self.template
        chosen = before.audience
        given = Chosen(
            groups=None if self.groups is UNSET else self.groups,
            contacts=None if self.contacts is UNSET else self.contacts,
            to=None if self.to is UNSET else self.to,
        ).audience(tenant_id)
        return Wanted(
            name=_or(self.name, before.name),
            audience=audience.Audience(
                everyone=chosen.everyone if self.contacts is UNSET else given.everyone,
                groups=chosen.groups if self.groups is UNSET else given.groups,
                contacts=chosen.contacts if self.contacts is UNSET else given.contacts,
                to=chosen.to if self.to is UNSET else numbers(self.to),
            ),
            message=message,
            template_id=template,
            params=before.params if self.params is UNSET else params(self.params),
            category=_or(self.class_, before.category),
            sender_id=_or(self.sender_id, before.sender_id),
            schedule_at=_or(self.schedule_at, before.schedule_at),
            rewrite=before.rewrite if self.rewrite is UNSET else self.rewrite == "gsm7",
        )


def _or(given: Any, before: Any) -> Any:
    return before if given is UNSET else given


class SendCampaign(Request, frozen=True, kw_only=True):
    """How to send a draft."""

    first: First | None = None
    confirm: Confirm = False
    max_cost: MaxCost | None = None


class ResumeCampaign(Request, frozen=True, kw_only=True):
    """Going on with a paused campaign."""

    confirm: Confirm = False


class TestCampaign(Request, frozen=True, kw_only=True):
    """Where to send one text of it; the phone of the business when left out."""

    to: Phone | None = None


class CampaignFilter(Paging, frozen=True, kw_only=True):
    """Which campaigns to list."""

    status: CampaignStatus | None = None


class AudienceShape(Shape, frozen=True, kw_only=True):
    """Who was chosen. Of a long list of numbers or contacts only the count is told."""

    everyone: bool
    groups: list[str]
    contacts: int
    to: int


class TemplateUsed(Shape, frozen=True, kw_only=True):
    """The template of a campaign, and the words of the version that it goes with.

    They stay readable here when the template is removed.
    """

    id: str
    version: int
    message: str | None


class CampaignShape(Shape, frozen=True, kw_only=True):
    """A campaign and how far it has come.

    `left_out` says how many get no text, by reason; `counters` are its texts by status. `progress`
    is the share, in percent, of which nothing waits any more; of a cancelled campaign, the share
    that was handed over. `cost` is the price of all its texts before it starts; from then on it is
    what is left of that, `charged` and `held` together, and goes down by what is given back, which
    is `released`. `problem` says why it did not start or stands still.
    """

    id: str
    name: str
    status: CampaignStatus
    class_: str = msgspec.field(name="class")
    sender_id: str | None
    message: str | None
    template: TemplateUsed | None
    params: dict[str, str]
    audience: AudienceShape
    rewrite: Literal["never", "gsm7"]
    schedule_at: Instant | None
    first: int | None
    recipients: int | None
    left_out: dict[str, int]
    counters: dict[str, int]
    progress: int
    cost: Kes | None
    charged: Kes
    held: Kes
    released: Kes
    currency: str
    eta: Instant | None
    good_until: Instant | None
    problem: Obstacle | None
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None


class RefusalShape(Shape, frozen=True, kw_only=True):
    """Why texts were refused, and how many; of more than 1,000 only the first are looked at."""

    code: str
    detail: str
    count: int


class CampaignDetail(CampaignShape, frozen=True, kw_only=True):
    """A campaign with what it would do, when that is known, and why texts of it were refused."""

    estimate: EstimateAnswer | None
    refusals: list[RefusalShape]


def _fields(profile: Profile, rows: Sequence[Campaign]) -> list[dict[str, Any]]:
    """Read what is shown of some campaigns, with as many questions as for one."""
    come, chosen = queries.progress_of(rows), queries.chosen(rows)
    words = templates.used_by(rows)
    return [_values(profile, row, come[row.id], chosen[row.id], words) for row in rows]


def _values(
    profile: Profile,
    row: Campaign,
    come: Progress,
    chosen: queries.Chosen,
    words: Mapping[tuple[str, int], str],
) -> dict[str, Any]:
    problem = problems.refusal(row)
    is_known = row.priced_at is not None
    cost = Money(row.cost)
    if row.started_at is not None:
        cost = come.cost_taken + come.cost_held
    return {
        "id": row.id,
        "name": row.name,
        "status": come.status,
        "class_": row.category,
        "sender_id": row.sender_id,
        "message": row.message,
        "template": None
        if row.template_id is None
        else TemplateUsed(
            id=row.template_id,
            version=row.template_version or 1,
            message=words.get((row.template_id, row.template_version or 1)),
        ),
        "params": queries.document(row.params),
        "audience": AudienceShape(**chosen._asdict()),
        "rewrite": "gsm7" if row.rewrite else "never",
        "schedule_at": row.schedule_at,
        "first": row.first,
        "recipients": row.recipients if is_known else None,
        "left_out": queries.document(row.left_out),
        "counters": dict(come.counts),
        "progress": come.percent,
        "cost": cost.text() if is_known else None,
        "charged": come.cost_taken.text(),
        "held": come.cost_held.text(),
        "released": come.released.text(),
        "currency": CURRENCY,
        "eta": None if come.eta is None else utc(come.eta),
        "good_until": row.good_until,
        "problem": None
        if problem is None
        else Obstacle(code=problem.code, detail=problem.words(profile.language)),
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def _detail(profile: Profile, row: Campaign) -> CampaignDetail:
    estimate = None
    if row.started_at is None and row.priced_at is not None:
        price = Money(row.price_units or 0)
        estimate = shown(profile, estimating.of(profile, row), price)
    (found,) = _fields(profile, [row])
    why = refusals.of(row.id) if found["counters"].get(Status.REJECTED.value) else []
    told = [
        RefusalShape(code=each.code, detail=each.words(profile.language), count=each.count)
        for each in why
    ]
    return CampaignDetail(**found, estimate=estimate, refusals=told)


class Campaigns:
    """GET and POST /api/{tenant}/campaigns"""

    @for_tenant("listCampaigns", scope=READ)
    def on_get(self, call: TenantCall, where: CampaignFilter) -> Page[CampaignShape]:
        """List campaigns, newest first; a test key lists rehearsed ones."""
        status = () if where.status is None else (where.status,)
        shown: dict[str, CampaignShape] = {}

        def read(after: str | None, limit: int) -> list[Campaign]:
            found = queries.listing(call.profile, status=status, after=after, limit=limit)
            fields_ = _fields(call.profile, found)
            shown.update({each["id"]: CampaignShape(**each) for each in fields_})
            return found

        return page(call, where, read, lambda row: shown[row.id], key=lambda row: row.id)

    @for_tenant("createCampaign", scope=SEND, status=202, also=(201,), refuses=(*MAKES, *STARTS))
    def on_post(self, call: TenantCall, asked: CampaignRequest) -> CampaignDetail:
        """Make a campaign and start it, or with `draft` only make it.

        Its whole cost is held before the first text, or nothing is sent. When the money does not
        reach, the answer says for how many people it does, and the campaign stays as a draft. A
        large one is counted first: it is *preparing*, and then starts or is a draft again with a
        `problem`.
        """
        wanted = asked.wanted(call.tenant_id)
        if asked.draft:
            call.status = 201
            made = campaigns.create(
                call.profile, wanted, once=call.once, actor=call.actor, channel="api"
            )
            launching.estimate(call.profile, made.id)
            return _detail(call.profile, queries.one(call.profile, made.id))
        started = launching.send(
            call.profile,
            wanted,
            first=asked.first,
            confirm=asked.confirm,
            agreed=money(asked.max_cost),
            once=call.once,
            actor=call.actor,
            channel="api",
        )
        return _detail(call.profile, started)


class OneCampaign:
    """GET, PATCH and DELETE /api/{tenant}/campaigns/{id}"""

    @for_tenant("getCampaign", scope=READ, refuses=(errors.CampaignNotFound,))
    def on_get(self, call: TenantCall, id: str) -> CampaignDetail:
        """One campaign: its estimate while it is a draft, then how far it has come.

        The estimate is null while a large audience is being counted: ask again.
        """
        launching.estimate(call.profile, id)
        return _detail(call.profile, queries.one(call.profile, id))

    @for_tenant(
        "updateCampaign",
        scope=SEND,
        refuses=(errors.CampaignNotFound, errors.CampaignState, *MAKES),
    )
    def on_patch(self, call: TenantCall, id: str, asked: CampaignChange) -> CampaignDetail:
        """Change a draft."""
        campaigns.change(
            call.profile,
            id,
            lambda before: asked.wanted(call.tenant_id, before),
            actor=call.actor,
            channel="api",
        )
        launching.estimate(call.profile, id)
        return _detail(call.profile, queries.one(call.profile, id))

    @for_tenant(
        "deleteCampaign",
        scope=SEND,
        refuses=(errors.CampaignNotFound, errors.CampaignState),
        while_suspended=True,
    )
    def on_delete(self, call: TenantCall, id: str) -> None:
        """Remove a draft."""
        campaigns.remove(call.profile, id, actor=call.actor, channel="api")


class SendsCampaign:
    """POST /api/{tenant}/campaigns/{id}/send"""

    @for_tenant("sendCampaign", scope=SEND, status=202, refuses=STARTS)
    def on_post(self, call: TenantCall, id: str, asked: SendCampaign) -> CampaignDetail:
        """Start a draft, for everybody or for the first so many people.

        When the price has risen since its estimate, or it costs more than `max_cost`, nothing
        starts: look at the new estimate and ask again.
        """
        started = launching.launch(
            call.profile,
            id,
            first=asked.first,
            confirm=asked.confirm,
            agreed=money(asked.max_cost),
            once=call.once,
            actor=call.actor,
            channel="api",
        )
        return _detail(call.profile, started)


class PauseCampaign:
    """POST /api/{tenant}/campaigns/{id}/pause"""

    @for_tenant(
        "pauseCampaign",
        scope=SEND,
        refuses=(errors.CampaignNotFound, errors.CampaignState),
        while_suspended=True,
    )
    def on_post(self, call: TenantCall, id: str) -> CampaignDetail:
        """Let nothing more go from this moment. The money stays set aside."""
        paused = pausing.pause(call.profile, id, actor=call.actor, channel="api")
        return _detail(call.profile, paused)


class ResumesCampaign:
    """POST /api/{tenant}/campaigns/{id}/resume"""

    @for_tenant(
        "resumeCampaign",
        scope=SEND,
        refuses=(errors.CampaignNotFound, errors.CampaignState, errors.CampaignStale),
    )
    def on_post(self, call: TenantCall, id: str, asked: ResumeCampaign) -> CampaignDetail:
        """Go on. A campaign whose day is over goes on only with `confirm`."""
        resumed = pausing.resume(
            call.profile, id, confirm=asked.confirm, actor=call.actor, channel="api"
        )
        return _detail(call.profile, resumed)


class CancelCampaign:
    """POST /api/{tenant}/campaigns/{id}/cancel"""

    @for_tenant(
        "cancelCampaign",
        scope=SEND,
        refuses=(errors.CampaignNotFound, errors.CampaignState),
        while_suspended=True,
    )
    def on_post(self, call: TenantCall, id: str) -> CampaignDetail:
        """Stop it for good. What has not gone does not go, and its money is yours again."""
        cancelled = cancelling.cancel(call.profile, id, actor=call.actor, channel="api")
        return _detail(call.profile, cancelled)


class TestsCampaign:
    """POST /api/{tenant}/campaigns/{id}/test"""

    @for_tenant(
        "testCampaign",
        scope=SEND,
        status=202,
        refuses=(
            errors.CampaignNotFound,
            errors.NotAffordable,
            DailyCapReached,
            placeholders.ValueMissing,
            *REFUSES,
        ),
    )
    def on_post(self, call: TenantCall, id: str, asked: TestCampaign) -> SendAnswer:
        """Send what the first of its people would get to a phone of your own, as one text."""
        return answer(
            testing.send_test(
                call.profile, id, asked.to, once=call.once, actor=call.actor, channel="api"
            )
        )
