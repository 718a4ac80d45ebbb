"""What payments do by the clock."""

from core.payments import news, pushing, querying, watching
from core.queue import Periodic

PERIODIC = (
    Periodic(pushing.sweep, 2),
    Periodic(news.digest, 2),
    Periodic(querying.sweep, 5),
    Periodic(watching.check_callbacks, 900),
    Periodic(news.forget_old, 86_400, at=3 * 60 + 40),
)
