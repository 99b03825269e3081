"""Messages from the command line."""

from __future__ import annotations

from typing import Any


def test_a_test_message_goes_out_or_the_command_says_why_not(place: Any) -> None:
    place.init()
    sent = place.run("messages", "test", "--to", "13900000001")
    assert sent.returncode == 0, sent.stderr
    assert sent.stdout == "A message was handed over (sms, Console).\n"
    assert "SMS *******0001: 这是 fulfil 的测试消息。" in sent.stderr
    refused = place.run(
        "messages",
        "test",
        "--to",
        "ops@example.org",
        smtp_url="smtp://127.0.0.1:1",
        email_from="shop@example.org",
    )
    assert refused.returncode == 1 and refused.stderr.startswith("fulfil: The provider did not take it: ")
    assert refused.stderr.count("\n") == 1
    nobody = place.run("messages", "test", "--to", "nobody")
    assert (nobody.returncode, nobody.stderr) == (
        1,
        "fulfil: That is neither a phone number nor an e-mail address.\n",
    )


def test_a_wrong_setting_stops_the_start_with_one_line(place: Any) -> None:
    place.init()
    for setting in ({"alarm_contacts": "nonsense"}, {"sms_url": "http://127.0.0.1:1", "sms_body": "{"}):
        stopped = place.run("serve", "--port", "0", log_level="WARNING", **setting)
        assert stopped.returncode == 2 and stopped.stderr.count("\n") == 1, stopped.stderr
        assert list(setting)[-1] in stopped.stderr
