"""The handset page: what it is made of, and that it asks for nothing from elsewhere."""

from __future__ import annotations

import re

import pytest

from sandbox.handset import FILES
from tests.sandbox.outside import Sandbox
from tests.sandbox.test_control import GROUPS

SCRIPTS = [name for name in FILES if name.endswith(".js")]
SHEETS = [name for name in FILES if name.endswith(".css")]


def text(sandbox: Sandbox, name: str) -> str:
    reply = sandbox.get(f"/handset/{name}")
    assert reply.ok
    return reply.text


def test_the_page_may_load_only_what_is_served_with_it(sandbox: Sandbox) -> None:
    page = sandbox.get("/")
    policy = page.headers["Content-Security-Policy"]
    files = re.findall(r'(?:src|href)="([^"]+)"', page.text)

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert {name for name in files if not name.startswith("data:")} == {
        f"/handset/{name}" for name in [*SHEETS, "handset.js"]
    }


def test_nothing_of_the_page_is_written_inside_it(sandbox: Sandbox) -> None:
    page = sandbox.get("/").text

    assert re.findall(r"<style|<script>|\sstyle=|\son[a-z]+=", page) == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_know_only_each_other(sandbox: Sandbox, name: str) -> None:
    script = text(sandbox, name)
    imports = re.findall(r'\b(?:from|import)[\s(]+"([^"]+)"', script)
    asked = re.findall(r"(?:ask|fetch)\(\s*[`\"]([^`\"]*)", script)

    assert all(one.removeprefix("./") in SCRIPTS for one in imports)
    assert all(one.startswith("/") for one in asked)


@pytest.mark.parametrize("name", SHEETS)
def test_sheets_ask_for_nothing(sandbox: Sandbox, name: str) -> None:
    assert re.findall(r"url\(|@import", text(sandbox, name)) == []


def test_every_field_of_the_page_has_a_label(sandbox: Sandbox) -> None:
    page = sandbox.get("/").text
    fields = re.findall(r"<(?:input|select|textarea)[^>]*>", page)
    labelled = re.findall(r'<label[^>]* for="([^"]+)"', page)
    inside = re.findall(r"<label(?:(?!</label>).)*?(<input[^>]*>)", page, re.DOTALL)

    alone = [
        field
        for field in fields
        if field not in inside
        and (found := re.search(r' id="([^"]+)"', field))
        and found[1] not in labelled
    ]
    assert len(fields) >= 10
    assert alone == []


def test_every_button_has_a_name(sandbox: Sandbox) -> None:
    buttons = re.findall(r"<button([^>]*)>(.*?)</button>", sandbox.get("/").text, re.DOTALL)
    nameless = [head for head, words in buttons if not words.strip() and "aria-label" not in head]

    assert len(buttons) >= 15
    assert nameless == [' type="button" class="pinned" hidden']  # gets its words with its message


def test_every_id_a_script_names_is_there(sandbox: Sandbox) -> None:
    page = sandbox.get("/").text
    ids = set(re.findall(r' id="([^"]+)"', page)) | {"admin"}
    named = {
        one for name in SCRIPTS for one in re.findall(r'\bat\("([^"]+)"\)', text(sandbox, name))
    }

    assert len(named) >= 30
    assert named - ids == set()


def test_the_familiar_faults_of_the_page_exist(sandbox: Sandbox) -> None:
    groups = "|".join(GROUPS)
    named = re.findall(rf'\["[^"]+", "({groups})", "([a-z0-9_]+)"', text(sandbox, "faults.js"))
    known = {(group, one.name) for group, switches in GROUPS.items() for one in switches}

    assert {group for group, _ in named} == set(GROUPS)
    assert set(named) <= known
