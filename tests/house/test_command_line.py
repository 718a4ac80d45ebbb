"""`tuma` as it is typed: what it needs, what it prints, and with which status it ends."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from core import web
from core.settings import load
from tests import servers

ROOT = Path(__file__).parents[2]
COMMANDS = [
    ["up"], ["web"], ["worker"], ["bot"], ["sandbox"], ["migrate"], ["migrate", "--status"],
    ["doctor"], ["prove"], ["admin", "key"], ["demo"], ["talk", "menu"], ["screens"],
]  # fmt: skip


def environment(folder: Path, **overrides: str) -> dict[str, str]:
    kept = {name: given for name, given in os.environ.items() if not name.startswith("TUMA_")}
    ours = {f"TUMA_{name}": given for name, given in overrides.items()}
    return {**kept, "TUMA_DATABASE__URL": f"sqlite:///{folder}/tuma.db", **ours}


def tuma(folder: Path, *words: str, **overrides: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "core", *words],
        cwd=ROOT, env=environment(folder, **overrides),
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_wrong_setting_stops_every_command_with_one_line(tmp_path, words):
    done = tuma(tmp_path, *words, ONFON__BATCH_SIZE="many")

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("onfon.batch_size must be a whole number")
    assert list(tmp_path.iterdir()) == []


def test_help_lists_the_commands(tmp_path):
    said = tuma(tmp_path, "--help").stdout

    assert [words[0] for words in COMMANDS if words[0] not in said] == []


def test_migrating_again_changes_nothing(tmp_path):
    assert "applied 0001_initial" in tuma(tmp_path, "migrate").stdout
    assert tuma(tmp_path, "migrate").stdout == "nothing to apply\n"
    assert "waiting" not in tuma(tmp_path, "migrate", "--status").stdout


def test_status_lists_what_waits_and_applies_nothing(tmp_path):
    tuma(tmp_path, "migrate", "--status")

    assert "waiting 0001_initial" in tuma(tmp_path, "migrate", "--status").stdout


def test_an_admin_key_is_printed_once_and_kept_as_a_digest(tmp_path):
    tuma(tmp_path, "migrate")
    done = tuma(tmp_path, "admin", "key", "--name", "Asha")
    key = done.stdout.strip()

    assert done.returncode == 0
    assert len(key) > 30
    database = sqlite3.connect(tmp_path / "tuma.db")
    assert key not in "\n".join(database.iterdump())
    database.close()


def test_demo_data_is_not_for_production():
    given = {
        "APP__ENVIRONMENT": "production",
    }
    assert tuma(ROOT, "demo", **given).returncode != 0


@pytest.mark.parametrize(
    ("token", "said"), [("", "the bot is off"), ("1:abc", "")], ids=["off", "on"]
)
def test_the_bot_runs_until_it_is_told_to_stop(tmp_path, token, said):
    process = subprocess.Popen(
        [sys.executable, "-m", "core", "bot"],
        cwd=ROOT, env=environment(tmp_path, TELEGRAM__TOKEN=token),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    with process:
        line = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        status = process.wait(timeout=100)

    assert said in line
    assert status == 0


def test_the_web_server_is_sized_for_the_database():
    one = web.command(load(env={"TUMA_DATABASE__URL": "sqlite:///x.db"}), "127.0.0.1:1")
    many = web.command(load(env={"TUMA_DATABASE__URL": "postgresql://x/y"}), "127.0.0.1:1")

    def given(line, option):
        return line[line.index(option) + 1]

    assert (given(one, "--workers"), given(one, "--threads")) == ("1", "32")
    assert (given(many, "--workers"), given(many, "--threads")) == ("2", "8")
    assert "--max-requests" not in one
    assert "--max-requests" in many
    assert "--no-control-socket" in one


def test_the_doctor_names_each_fault_and_fails(tmp_path):
    dead = f"http://127.0.0.1:{servers.free_port()}"
    done = tuma(
        tmp_path, "doctor", APP__PUBLIC_URL=dead, ONFON__BASE_URL=dead, MPESA__BASE_URL=dead
    )
    lines = done.stdout.splitlines()

    assert done.returncode == 1
    assert done.stderr == ""
    assert [line.split()[1] for line in lines if line.startswith("FAULT")] == [
        "Database",
        "Onfon",
        "M-Pesa",
        "Public",
    ]
    assert "run `tuma migrate`" in lines[1]
    assert "Onfon is not answering" in lines[5]
    assert "start `tuma web`" in lines[7]


def test_the_doctor_examines_postgres_and_redis_too(tmp_path):
    services = {"DATABASE__URL": servers.fresh_database(), "QUEUE__URL": servers.redis()}
    tuma(tmp_path, "migrate", **services)
    said = tuma(tmp_path, "doctor", **services).stdout

    assert "ok    Database    PostgreSQL answers" in said
    assert "ok    Queue       Redis answers" in said
    assert "ok    Clock" in said


def test_the_doctor_finds_a_database_that_is_not_there_and_keeps_its_password(tmp_path):
    url = f"postgresql://tuma:hunter2@127.0.0.1:{servers.free_port()}/tuma"
    done = tuma(tmp_path, "doctor", DATABASE__URL=url)

    assert "FAULT Database" in done.stdout
    assert "hunter2" not in done.stdout
