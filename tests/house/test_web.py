"""The web server as it is really run, with a small application in place of ours."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from core import leash, probe, web
from core.settings import load
from tests import servers

ROOT = Path(__file__).parents[2]

APPLICATION = """
import logging
def application(environ, start_response):
    if environ["PATH_INFO"] == "/broken":
        raise ValueError("no such subscriber 254712345678")
    logging.getLogger("somewhere").warning("asked by 254712345678")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.url_scheme"].encode()]
"""


@pytest.fixture
def server(tmp_path):
    (tmp_path / "small.py").write_text(APPLICATION)
    port = servers.free_port()
    line = web.command(load(env={}), f"127.0.0.1:{port}")
    line[line.index(web.APPLICATION)] = "small:application"
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}", "TUMA_APP__LOG_FORMAT": "json"}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(leash.leashed(line), cwd=ROOT, env=env, stderr=log)
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 100
    while process.poll() is None and time.monotonic() < deadline:
        try:
            probe.get(url)
            break
        except OSError:
            time.sleep(0.05)
    yield process, url, tmp_path / "log"
    process.kill()
    process.wait()


def test_the_server_answers_and_stops_when_told(server):
    process, url, _ = server

    assert probe.get(url) == (200, b"http")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=100) == 0


def test_all_it_logs_is_json_without_numbers(server):
    process, url, log = server
    assert probe.get(f"{url}/broken")[0] == 500
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=100)

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {line["part"] for line in lines} == {"web"}
    assert "ValueError" in log.read_text()
    assert "254712345" not in log.read_text()


def test_a_server_without_tls_or_host_is_an_ordinary_error():
    with pytest.raises(OSError, match="refused"):
        probe.get(f"http://127.0.0.1:{servers.free_port()}")


def test_the_figures_of_servers_that_are_gone_are_cleared_away(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "put back after the test")
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR")
    process = subprocess.Popen(["true"])
    process.wait()
    gone = tmp_path / f"{web.FIGURES}-{process.pid}-abc"
    here = tmp_path / f"{web.FIGURES}-{os.getpid()}-abc"
    gone.mkdir()
    here.mkdir()

    web.share_figures()

    ours = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    assert set(tmp_path.iterdir()) == {here, ours}
