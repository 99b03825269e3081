"""Pages of a browser that tests of one file use one after the other.

With a page of its own each test began a process that read and compiled all scripts anew, which took as long
as the test itself.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as Broken

OUTSIDE = -10, -10
FORGET = """async () => {
  localStorage.clear();
  sessionStorage.clear();
  for (const { name } of await indexedDB.databases()) {
    await new Promise((done, failed) => {
      Object.assign(indexedDB.deleteDatabase(name), { onsuccess: done, onerror: failed, onblocked: failed });
    });
  }
  for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister();
  for (const name of await caches.keys()) await caches.delete(name);
}"""


class Pages:
    """Lends pages, each in a context of its own, and takes them back as if nobody had used them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: dict[str, list[Page]] = {}
        self._lent: list[tuple[str, Page]] = []
        self._faults: list[str] = []

    def lend(self, size: dict[str, int], script: str = "", **options: Any) -> Page:
        """A page of that size. `script` runs before those of every document; `options` are the context's."""
        kind = repr((script, sorted(options.items())))
        idle = self._idle.setdefault(kind, [])
        page = idle.pop() if idle else self._new(script, options)
        page.set_viewport_size(size)
        self._lent.append((kind, page))
        return page

    def take_back(self, origin: str) -> list[str]:
        """Empty all that are lent, and what `origin` keeps there; gives the faults of their scripts."""
        faults, self._faults = self._faults, []
        for kind, page in self._lent:
            try:
                _empty(page, origin)
            except Broken:  # closed, or nobody serves it any more
                page.context.close()
            else:
                self._idle[kind].append(page)
        self._lent.clear()
        self._faults.clear()  # of scripts that were torn off
        return faults

    def close(self) -> None:
        """End all that were ever lent."""
        for page in [page for idle in self._idle.values() for page in idle]:
            page.context.close()

    def _new(self, script: str, options: dict[str, Any]) -> Page:
        context = self._browser.new_context(**options)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.on("pageerror", lambda fault: self._faults.append(f"{fault.name}: {fault}\n{fault.stack}"))
        return page


def _empty(page: Page, origin: str) -> None:
    page.unroute_all()
    page.context.set_offline(False)
    for other in page.context.pages:
        if other is not page:
            other.close()
    page.mouse.move(*OUTSIDE)
    page.goto(f"{origin}/healthz")
    page.evaluate(FORGET)
