"""A page about each code, in English and Swahili: where the `type` of a problem leads."""

from __future__ import annotations

import html
import inspect
from string import Formatter

import falcon

from api import problems
from core.errors import NotFound, Refused
from core.settings import settings

POLICY = "default-src 'none'; style-src 'unsafe-inline'"

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto }}
code {{ background: #eee; padding: 0 .3em }}
td {{ padding: .2em 1em .2em 0; vertical-align: top }}
</style>
{body}
</html>
"""


def _page(title: str, body: str) -> bytes:
    return _PAGE.format(title=html.escape(title), body=body).encode()


def _sentence(text: str) -> str:
    """A sentence, its placeholders shown as such; braces that are meant stay braces."""
    parts = Formatter().parse(text)
    return "".join(
        html.escape(literal) + (f"<i>{html.escape(field)}</i>" if field else "")
        for literal, field, _, _ in parts
    )


def _article(code: str, kind: type[Refused]) -> str:
    app = html.escape(settings().app.name)
    meaning = html.escape(inspect.getdoc(kind) or "")
    return f"""<h1>{html.escape(kind.title)}</h1>
<p><code>{code}</code>, HTTP status {problems.status_of(kind)}</p>
<p>{meaning}</p>
<h2>What to do</h2>
<p>{_sentence(kind.sentence)}</p>
<h2 lang="sw">{html.escape(problems.swahili_of(kind.title))}</h2>
<p lang="sw">{_sentence(problems.swahili_of(kind.sentence))}</p>
<p><a href="/docs/errors">All codes of {app}</a></p>"""


def _row(code: str, kind: type[Refused]) -> str:
    return (
        f'<tr><td><a href="/docs/errors/{code}"><code>{code}</code></a>'
        f"<td>{problems.status_of(kind)}<td>{html.escape(kind.title)}"
    )


class ErrorIndex:
    """GET /docs/errors"""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List every code."""
        rows = "\n".join(_row(*each) for each in Refused.catalogue().items())
        _show(resp, "Error codes", f"<h1>Error codes</h1>\n<table>{rows}\n</table>")


class ErrorPage:
    """GET /docs/errors/{code}"""

    def on_get(self, req: falcon.Request, resp: falcon.Response, code: str) -> None:
        """Tell about one code."""
        kind = Refused.catalogue().get(code)
        if kind is None:
            raise NotFound
        _show(resp, kind.title, _article(code, kind))


def _show(resp: falcon.Response, title: str, body: str) -> None:
    resp.content_type = "text/html; charset=utf-8"
    resp.set_header("Content-Security-Policy", POLICY)
    resp.data = _page(title, body)
