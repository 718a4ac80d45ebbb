"""The README's commands do what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import database
from core.campaigns.models import Campaign
from core.contacts.imports.models import Import
from core.messaging.models import Message
from core.payments.models import TopUp
from tests.stack import Stack, wait_until

ROOT = Path(__file__).parents[2]
OWNER = "0722000001"

# A newcomer counts the seconds; a machine that is busy with other tests may need more of them.
SLEEP = "sleep() { echo ASLEEP; read -r; }\n"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path, "sqlite")
    try:
        made.start_all()
        database.open_database(made.environment["TUMA_DATABASE__URL"])
        yield made
    finally:
        database.close_all()
        made.stop()


def awaited(stack: Stack) -> list[Callable[[], object]]:
    """What each `sleep` of the block is there for."""
    delivered = (Message.tenant_id != 0) & (Message.status == "delivered")
    return [
        lambda: stack._code(OWNER),
        lambda: stack.state()["prompts"],
        lambda: TopUp.select().where(TopUp.status == "completed").exists(),
        lambda: Message.select().where(delivered).count() == 3,
        lambda: Import.select().where(Import.status == "completed").exists(),
        lambda: Campaign.select().where(Campaign.status == "completed").exists(),
    ]


def run(stack: Stack, script: str) -> str:
    """Run the block, and wake it up from each sleep when that has served its purpose."""
    waits = iter(awaited(stack))
    said = []
    with subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", SLEEP + script],
        cwd=ROOT,
        env=stack.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as block:
        assert block.stdin is not None
        assert block.stdout is not None
        for line in block.stdout:
            said.append(line)
            if line.endswith("ASLEEP\n"):
                wait_until(next(waits))
                block.stdin.write("\n")
                block.stdin.flush()
    assert block.returncode == 0, "".join(said)
    assert next(waits, None) is None
    return "".join(said)


def test_the_first_texts_of_the_readme_arrive(stack: Stack) -> None:
    """A newcomer who pastes the README's block ends with an exact balance and a clean proof."""
    blocks = re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert len(blocks) == 1
    script = blocks[0].replace("http://127.0.0.1:8000", stack.url)
    script = script.replace("http://127.0.0.1:8001", stack.sandbox)
    script = script.replace(".venv/bin/tuma", f"{sys.executable} -m core")
    said = run(stack, script)

    assert "496.80" in said
    assert said.count('"status":"delivered"') >= 3
    assert '"status":"completed"' in said
    assert "DIFF" not in said
