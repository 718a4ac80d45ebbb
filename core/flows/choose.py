"""Which business, for those who belong to several."""

from __future__ import annotations

from core.dialogue.steps import Choose, Flow, Once
from core.flows.visits import Visit
from core.flows.wording import brief, business, somebody
from core.tenants import people, roles, rows


def choose(visit: Visit) -> Flow:
    """Pick the business to act for from now on."""
    present = business(visit)
    person = somebody(visit)
    open_to = people.businesses(person.id)
    if len(open_to) < 2:
        return visit.say("You belong to one business: {business}.", business=present.name)
    options = {
        f"b{tenant.id}": f"{brief(tenant.name, 24)}, {roles.name(role, visit.language)}"
        for tenant, role in open_to
    }
    chosen = yield from Choose("choose", visit.say("Which business?"), options)
    tenant_id = int(chosen.removeprefix("b"))
    yield from Once("choose_set", lambda once: people.choose(person, tenant_id))
    return visit.say("You act for {business} now.", business=brief(rows.get(tenant_id).name, 60))
