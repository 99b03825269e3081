"""The scanner's two input paths: nothing is lost or cut in two, people are not taken for scanners."""

import pytest

START = """async () => {
  const { startScanner } = await import(document.documentElement.dataset.assets + "/core/scanner.js");
  window.read = [];
  window.pause = 0;
  startScanner(async (code) => {
    await new Promise((done) => setTimeout(done, window.pause));
    window.read.push(code);
  });
}"""


BURST = """([keys, times]) => { for (let round = 0; round < times; round++) for (const key of keys)
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })); }"""


@pytest.fixture
def reader(new_context, shop):
    page = new_context(service_workers="block").new_page()
    page.goto(shop.url + "/terminal/selftest")
    page.wait_for_selector(".scan-field", state="attached")
    page.evaluate("document.querySelectorAll('.scan-field').forEach((field) => field.remove())")
    page.evaluate(START)
    return page


def burst(page, code, *ends, times=1):
    """Keys all in one go: a busy machine does not tear the code apart between two of them.

    The page's first key wakes its sound, which takes a while, so one goes before.
    """
    page.keyboard.press("Shift")
    page.evaluate(BURST, [[*code, *ends], times])


def after(page, milliseconds):
    """When so much of the page's own time has passed."""
    page.wait_for_function(
        "until => performance.now() > until", arg=page.evaluate("performance.now()") + milliseconds
    )


def wait_for(page, codes):
    page.wait_for_function("codes => JSON.stringify(window.read) === JSON.stringify(codes)", arg=codes)


def test_enter_ends_a_burst_at_once(reader):
    burst(reader, "TOTE-7", "Enter")
    wait_for(reader, ["TOTE-7"])


def test_a_burst_without_enter_ends_by_silence(reader):
    burst(reader, "6999000000018")
    wait_for(reader, ["6999000000018"])


@pytest.mark.parametrize("delay", [60, 200])
def test_enter_ends_a_code_at_any_speed(reader, delay):
    """Those of a scanner that is slow, and of a person; the others are the bursts here."""
    reader.keyboard.type("TOTE-7", delay=delay)
    reader.keyboard.press("Enter")
    wait_for(reader, ["TOTE-7"])


def test_a_person_who_types_slowly_without_enter_is_no_scanner(reader):
    reader.keyboard.type("123456", delay=130)
    after(reader, 300)
    assert reader.evaluate("window.read") == []


def test_text_that_an_input_method_commits_is_read(reader):
    client = reader.context.new_cdp_session(reader)
    reader.evaluate("document.querySelector('.scan-field').focus()")
    client.send("Input.insertText", {"text": "6999000000018"})
    wait_for(reader, ["6999000000018"])


def test_nothing_is_captured_while_a_real_input_has_focus(reader):
    reader.evaluate("document.body.insertAdjacentHTML('beforeend', '<input id=own>')")
    reader.focus("#own")
    reader.keyboard.type("6999000000018", delay=0)
    assert reader.input_value("#own") == "6999000000018"
    assert reader.evaluate("window.read") == []


def test_the_same_code_within_300_ms_is_one_read_and_later_a_second(reader):
    burst(reader, "TOTE-7", "Enter", times=2)
    after(reader, 400)
    burst(reader, "TOTE-7", "Enter")
    reader.wait_for_function("() => window.read.length >= 2")
    assert len(reader.evaluate("window.read")) == 2


def test_a_hundred_scans_while_the_page_is_busy_all_arrive_in_order(reader):
    reader.evaluate("window.pause = 5")
    codes = [f"TOTE-{n}" for n in range(100)]
    burst(reader, [key for code in codes for key in (*code, "Enter")])
    wait_for(reader, codes)
