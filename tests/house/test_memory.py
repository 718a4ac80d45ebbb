"""Processes that live long are told to leave what is loaded alone."""

from __future__ import annotations

import json
import subprocess
import sys

PROBE = """
import gc, json
from core import memory
memory.settle()
loaded, made = gc.get_freeze_count(), [[] for _ in range(1000)]
print(json.dumps([loaded, len(gc.get_objects()), gc.get_threshold()]))
"""


def test_what_is_loaded_is_left_out_of_collections() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, check=True)
    loaded, tracked, threshold = json.loads(done.stdout)

    assert loaded > 5000  # modules, classes, functions
    assert 1000 <= tracked < loaded  # what was made since is looked at as ever
    assert threshold[0] > 700  # what Python does by itself
