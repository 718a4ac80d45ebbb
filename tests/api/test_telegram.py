"""The webhook door of the bot: two secrets, stored at once, the same update once."""

from __future__ import annotations

import pytest

from core.settings import settings
from core.telegram import inbox

UPDATE = '{"update_id": 7, "message": {"text": "Habari"}}'
HEADER = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture
def post(web):
    def post(body=UPDATE, secret=None, header=None):
        known = settings().telegram.webhook_secret
        return web.simulate_post(
            f"/telegram/{secret or known}", body=body, headers={HEADER: header or known}
        )

    return post


def test_an_update_is_kept_as_it_came(post):
    answer = post()

    assert (answer.status_code, answer.text) == (200, "{}")
    assert [(each.update_id, each.raw) for each in inbox.waiting()] == [(7, UPDATE)]


def test_an_update_that_comes_again_is_answered_and_not_kept_twice(post):
    post()
    inbox.handled(7)

    assert post().status_code == 200
    assert inbox.waiting() == []


@pytest.mark.parametrize("secret", ["0", "é", "7E1E97A7C0FFEE7E1E97A7C0FFEE7E1E"])
def test_whoever_guesses_the_address_finds_nothing(post, secret):
    answer = post(secret=secret)

    assert (answer.status_code, answer.content) == (404, b"")
    assert inbox.waiting() == []


def test_whoever_knows_the_address_alone_is_not_telegram(post):
    assert post(header="guess").status_code == 403
    assert inbox.waiting() == []


@pytest.mark.parametrize(
    "body",
    ["{", "[]", "{}", '{"update_id": "7"}', '{"update_id": 0}', '{"update_id": 1e400}', b"\xff"],
)
def test_what_is_no_update_is_refused(post, body):
    assert post(body=body).status_code == 400
    assert inbox.waiting() == []


def test_a_body_without_end_is_not_read(post):
    assert post(body=b" " * (1024 * 1024 + 1)).status_code == 413


def test_without_a_secret_the_door_is_shut(post, change_settings):
    change_settings("telegram", webhook_secret="")

    assert post(secret="x", header="x").status_code == 404
