"""The demo's business, as somebody finds it who has just typed `tuma demo`."""

from __future__ import annotations

import sqlite3

from tests.house.test_command_line import tuma


def test_the_demo_has_a_list_a_campaign_and_clean_books(tmp_path):
    """Lists, templates, a finished campaign and answers are there, and every shilling is proved."""
    tuma(tmp_path, "migrate")
    done = tuma(tmp_path, "demo")
    again = tuma(tmp_path, "demo")
    proved = tuma(tmp_path, "prove")
    database = sqlite3.connect(tmp_path / "tuma.db")
    asked = (
        "SELECT name, size FROM contact_group ORDER BY size",
        "SELECT created, rejected, status FROM contact_import",
        "SELECT name FROM template ORDER BY name",
        "SELECT status, recipients FROM campaign",
        "SELECT verdict FROM inbound ORDER BY id",
    )
    regulars, imported, templates, campaign, replies = (
        database.execute(each).fetchall() for each in asked
    )
    database.close()

    assert (done.returncode, again.returncode, proved.returncode) == (0, 0, 0), done.stderr
    assert [name for name, _ in regulars] == ["VIP", "Wateja"]
    assert regulars[-1][1] == 80
    assert imported == [(80, 2, "completed")]
    assert templates == [("Appointment",), ("Offer",)]
    assert campaign == [("completed", 80)]
    assert replies == [("opt_out",), (None,)]
