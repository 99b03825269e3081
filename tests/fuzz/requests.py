"""Requests made by schemathesis from the complete OpenAPI, sent to the application in this process.

Every operation is called by somebody who may call it, with made-up and with real ids. Whole sequences follow
what answers and parameters have in common.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.edge.test_bad_input import real_path
from tests.edge.town import Town, routes

# The end of its own session is no accident that a fuzzer shall have.
LEFT_OUT = ("/api/v1/terminal/sessions", "/api/v1/sessions/current")
EXPLAINED = (503,)  # with a code: a channel or the database is away
STEPS = 8


class Fuzz:
    """Counts answers by status and collects faults."""

    def __init__(self, town: Town, seed: int) -> None:
        self._town, self._seed = town, seed
        self.schema = schemathesis.openapi.from_wsgi("/openapi.json", town.app)
        self.callers = {(route.path, route.method): route.callers()[0] for route in routes(town.app)}
        self.statuses: Counter[int] = Counter()
        self.faults: list[str] = []

    @property
    def sent(self) -> int:
        return sum(self.statuses.values())

    def every_operation(self, examples: int) -> None:
        """Call each operation so often; half of the calls have real ids in their path."""
        for found in self.schema.get_all_operations():
            operation = found.ok()
            if operation.path not in LEFT_OUT:
                self._operation(operation, examples)

    def _operation(self, operation: Any, examples: int) -> None:
        @hypothesis.seed(self._seed)
        @self._settings(examples)
        @hypothesis.given(operation.as_strategy(), st.booleans())
        def call(case: Any, real: bool) -> None:
            if real:
                path = real_path(self._town, operation.path)
                case.path_parameters = _parameters(operation.path, path)
            self.ask(case)

        call()

    def in_sequence(self, examples: int) -> None:
        """Whole sequences of calls."""
        fuzz = self

        class Sequence(self.schema.as_state_machine()):
            def get_call_kwargs(self, case: Any) -> dict[str, Any]:
                return {"headers": fuzz.headers(case)}

            def validate_response(self, response: Any, case: Any, **_more: Any) -> None:
                fuzz.look(case, response)

        for number in range(examples):
            # Each by itself: what the shop answers depends on what was sent before, and must.
            run = hypothesis.seed(1000 * self._seed + number)(Sequence.TestCase)
            run.settings = self._settings(1, stateful_step_count=STEPS)
            run().runTest()

    def ask(self, case: Any) -> None:
        self.look(case, case.call(headers=self.headers(case)))

    def headers(self, case: Any) -> dict[str, str]:
        caller = self.callers[case.operation.path, case.method.upper()]
        return dict(self._town.headers(caller)) if caller else {}

    def look(self, case: Any, response: Any) -> None:
        self.statuses[response.status_code] += 1
        if response.status_code < 500:
            return
        told = response.json() if "json" in response.headers.get("content-type", [""])[0] else {}
        if response.status_code not in EXPLAINED or not told.get("code"):
            self.faults.append(
                f"{response.status_code} {case.method} {case.operation.path} "
                f"{case.path_parameters} {case.query} {str(case.body)[:400]}"
            )

    def _settings(self, examples: int, **more: Any) -> settings:
        return settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            derandomize=False,
            **more,
        )


def _parameters(pattern: str, path: str) -> dict[str, str]:
    """The path's parameters as they stand in a path of that pattern."""
    shape = re.sub(r"\\?{(\w+)\\?}", r"(?P<\1>[^/]+)", re.escape(pattern))
    return re.fullmatch(shape, path).groupdict()
