"""`tuma doctor`: is this installation fit to work? One line a check, in words for humans."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator

import peewee

from core import database, probe, queue
from core.gateways.daraja import Daraja
from core.gateways.errors import GatewayDown, GatewayRefused
from core.gateways.onfon import Credentials, Onfon
from core.logs import mask
from core.payments.provider import token_name
from core.payments.tokens import DatabaseTokens
from core.settings import Settings

DRIFT_MAX_S = 5.0
FREE_MIN_MB = 500


class Fault(Exception):
    """A check failed. Its text says what is wrong and what to do."""


Check = Callable[[Settings], str]


def check_settings(settings: Settings) -> str:
    """They were read and checked, or we would not be here."""
    return f"{settings.app.environment}, from {settings.root}"


def check_database(settings: Settings) -> str:
    """It answers and has every migration."""
    database.open_database()
    database.ping()
    status = database.migration_status()
    if waiting := [name for name, applied in status if not applied]:
        raise Fault(f"{len(waiting)} migrations are not applied: run `tuma migrate`.")
    kind = "PostgreSQL" if database.is_postgres() else "SQLite"
    return f"{kind} answers, {len(status)} migrations applied"


def check_queue(settings: Settings) -> str:
    """It can be asked."""
    queue.ping()
    return "Redis answers" if settings.queue.url else "the file beside the database answers"


def check_disk(settings: Settings) -> str:
    """There is room to write."""
    free = shutil.disk_usage(settings.root).free // 1_000_000
    if free < FREE_MIN_MB:
        raise Fault(f"only {free} MB are free: make room, or writes will soon fail.")
    return f"{free // 1000} GB free"


def check_clock(settings: Settings) -> str:
    """Signatures, tokens and the promotional window all go by it."""
    if time.time() < 1_760_000_000:
        raise Fault("this machine's clock is years behind: turn on time synchronisation.")
    if database.is_postgres():
        asked = time.time()
        theirs = float(database.execute("SELECT extract(epoch FROM now())").fetchone()[0])
        if abs(theirs - asked) > DRIFT_MAX_S:
            raise Fault(
                f"the database's clock differs by {abs(theirs - asked):.0f} s: "
                "turn on time synchronisation on both machines."
            )
    return f"{time.strftime('%H:%M')} here, times shown in {settings.app.time_zone}"


def check_onfon(settings: Settings) -> str:
    """The gateway takes our credentials."""
    onfon = settings.onfon
    keys = Credentials(onfon.base_url, onfon.api_key, onfon.client_id, onfon.access_key)
    balance = Onfon(keys, timeout_s=10).balance()
    return f"answers, {balance.raw} left"


def check_mpesa(settings: Settings) -> str:
    """Daraja gives us a token.

    Through the store that everybody shares, for a token of our own would end theirs.
    """
    mpesa = settings.mpesa
    tokens = DatabaseTokens(token_name(mpesa))
    client = Daraja(
        mpesa.base_url, mpesa.consumer_key, mpesa.consumer_secret, mpesa.shortcode,
        mpesa.till, mpesa.passkey, tokens, timeout_s=10,
    )  # fmt: skip
    try:
        tokens.get(client.fetch_token)
    except peewee.PeeweeException as error:
        raise Fault("not asked, because its token is kept in the database.") from error
    return f"gives a token for {settings.mpesa.shortcode}"


def check_public_url(settings: Settings) -> str:
    """Providers reach us under it; so must we."""
    url = f"{settings.app.public_url}/healthz"
    try:
        status, body = probe.get(url)
    except OSError as error:
        raise Fault(
            f"nothing answers at {url} ({error}): start `tuma web`, or correct app.public_url."
        ) from error
    if status != 200 or b'"ok"' not in body:
        raise Fault(f"{url} answers {status}, and not as Tuma does: correct app.public_url.")
    return f"{settings.app.public_url} reaches us, callbacks arrive below it"


CHECKS: tuple[tuple[str, Check], ...] = (
    ("Settings", check_settings),
    ("Database", check_database),
    ("Queue", check_queue),
    ("Disk", check_disk),
    ("Clock", check_clock),
    ("Onfon", check_onfon),
    ("M-Pesa", check_mpesa),
    ("Public URL", check_public_url),
)


def examine(settings: Settings) -> Iterator[tuple[str, bool, str]]:
    """Run every check, whatever the others found: name, whether it is fine, and what was found."""
    for name, check in CHECKS:
        try:
            yield name, True, check(settings)
        except Fault as fault:
            yield name, False, str(fault)
        except (GatewayDown, GatewayRefused) as error:
            yield name, False, mask(f"{error} ({error.why})")
        except Exception as error:
            # An edge: whatever a driver raises is a finding, not a crash.
            yield name, False, mask(" ".join(str(error).split()) or type(error).__name__)


def main(settings: Settings) -> int:
    """Print one line a check. Returns 1 when anything is wrong."""
    faults = 0
    for name, is_fine, found in examine(settings):
        faults += not is_fine
        print(f"{'ok   ' if is_fine else 'FAULT'} {name:<11} {found}", flush=True)
    return 1 if faults else 0
