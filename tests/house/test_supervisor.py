"""`tuma up`'s heart: parts started together, stopped together, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.settings import load
from core.supervisor import moved, parts_of, welcome

ROOT = Path(__file__).parents[2]

# Runs a supervisor over the commands given, each ready at once.
DRIVER = """
import shlex, signal, sys
from core.supervisor import Part, Supervisor
parts = [Part(*each.split("=", 1)) for each in sys.argv[2:]]
for part in parts:
    part.command = shlex.split(part.command)
supervisor = Supervisor(parts, env={"MARK": "from-up"}, grace_s=float(sys.argv[1]))
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, supervisor.ask)
supervisor.start()
try:
    status = supervisor.run(lambda: True, lambda: print("ready", flush=True))
finally:
    supervisor.stop()
sys.exit(status)
"""
SAY_AND_STAY = "sh -c 'echo pid $$; exec sleep 60'"
DEAF = "sh -c 'trap \"echo deaf\" TERM; echo pid $$; while :; do sleep 1; done'"


@pytest.fixture
def up():
    """Start a supervisor over some parts and wait until it is ready and each has said its pid."""
    started = []

    def start(*parts: str, pids: int = 1, grace_s: float = 2):
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(grace_s), *parts],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        started.append(process)
        found, lines = [], []
        while len(found) < pids or "ready" not in lines:
            lines.append(process.stdout.readline().rstrip())
            assert lines[-1] or process.poll() is None
            if "| pid " in lines[-1]:
                found.append(int(lines[-1].rpartition(" ")[2]))
        return process, found, lines

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int, within_s: float = 60) -> bool:
    deadline = time.monotonic() + within_s
    while is_running(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_every_part_cleanly(up, how):
    process, pids, _ = up(f"web={SAY_AND_STAY}", f"worker={SAY_AND_STAY}", pids=2)
    process.send_signal(how)

    assert process.wait(timeout=60) == 0
    assert all(map(gone, pids))


def test_a_part_that_ends_stops_the_others_and_is_named(up):
    process, pids, _ = up(f"web={SAY_AND_STAY}", "worker=sh -c 'sleep 0.6; exit 3'")

    assert process.wait(timeout=60) == 1
    assert "worker has stopped by itself (exit status 3)" in process.stdout.read()
    assert all(map(gone, pids))


def test_a_part_that_is_killed_is_named_with_the_signal(up):
    process, pids, _ = up(f"web={SAY_AND_STAY}")
    os.kill(pids[0], signal.SIGSEGV)

    assert process.wait(timeout=60) == 1
    assert "web has stopped by itself (SIGSEGV)" in process.stdout.read()


def test_a_part_that_will_not_stop_is_ended_after_the_grace(up):
    process, pids, _ = up(f"web={DEAF}")
    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=60) == 0
    assert all(map(gone, pids))


def test_a_second_signal_ends_the_waiting(up):
    process, _, _ = up(f"web={DEAF}", grace_s=600)
    process.send_signal(signal.SIGINT)
    assert any("deaf" in line for line in process.stdout)
    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=60) == 0


def test_nothing_outlives_a_supervisor_that_is_killed(up):
    process, pids, _ = up(f"web={SAY_AND_STAY}", f"worker={DEAF}", pids=2)
    process.kill()

    assert all(map(gone, pids))


def test_what_a_part_started_goes_with_it(up):
    """A part's own children are in its group, and the group is ended whole."""
    process, pids, _ = up(
        'web=sh -c \'sh -c "trap \\"\\" TERM; echo pid \\$\\$; sleep 60" & wait\''
    )
    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=60) == 0
    assert all(map(gone, pids))


def test_every_line_carries_the_name_of_its_part(up):
    _, _, lines = up(f"web={SAY_AND_STAY}", f"worker={SAY_AND_STAY}", pids=2)

    assert sorted(line.split("|")[0] for line in lines if "pid" in line) == ["web    ", "worker "]


def test_parts_are_given_their_overrides(up):
    _, _, lines = up("web=sh -c 'echo $MARK; echo pid $$; exec sleep 60'")

    assert "web | from-up" in lines


def test_the_usual_ports_need_no_override():
    assert moved(load(env={}), 8000) == {}


def test_other_ports_move_every_address_of_ours():
    overrides = moved(load(env={}), 9100)

    assert overrides["TUMA_APP__PUBLIC_URL"] == "http://127.0.0.1:9100"
    assert overrides["TUMA_ONFON__BASE_URL"] == "http://127.0.0.1:9101/onfon/v1/sms"
    assert overrides["TUMA_MPESA__BASE_URL"] == "http://127.0.0.1:9101/daraja"
    assert overrides["TUMA_TELEGRAM__BASE_URL"] == "http://127.0.0.1:9101/telegram/bot"
    assert len(overrides) == 7


def test_an_address_somebody_chose_stays():
    chosen = load(env={"TUMA_ONFON__BASE_URL": "http://127.0.0.1:7777/v1/sms"})

    assert "TUMA_ONFON__BASE_URL" not in moved(chosen, 9100)


def test_production_has_no_stand_ins(monkeypatch):
    from dataclasses import replace

    sandbox = load(env={})
    production = replace(sandbox, app=replace(sandbox.app, environment="production"))

    assert [part.name for part in parts_of(sandbox, 8000)] == ["sandbox", "web", "worker", "bot"]
    assert [part.name for part in parts_of(production, 8000)] == ["web", "worker", "bot"]
    assert "Handset" in welcome(sandbox, 8000)
    assert "Handset" not in welcome(production, 8000)
