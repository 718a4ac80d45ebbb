"""The README's commands do what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.stack import Stack

ROOT = Path(__file__).parents[2]


def test_the_first_texts_of_the_readme_arrive(tmp_path: Path) -> None:
    """A newcomer who pastes the README's block ends with an exact balance and a clean proof."""
    stack = Stack(tmp_path, "sqlite")
    try:
        stack.start_all()
        blocks = re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
        assert len(blocks) == 1
        script = blocks[0].replace("http://127.0.0.1:8000", stack.url)
        script = script.replace("http://127.0.0.1:8001", stack.sandbox)
        script = script.replace(".venv/bin/tuma", f"{sys.executable} -m core")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=ROOT,
            env=stack.environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    finally:
        stack.stop()

    assert done.returncode == 0, done.stdout + done.stderr
    assert "496.80" in done.stdout
    assert done.stdout.count('"status":"delivered"') >= 3
    assert '"status":"completed"' in done.stdout
    assert "DIFF" not in done.stdout
