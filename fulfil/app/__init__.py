"""The composition root: the only place that wires folders, registers stages and serves.

`wire(kit)` joins the folders over one ground floor (also what simulations and tests use); `create_app(kit)` puts
HTTP around it; `serving.serve` adds sockets, the task worker and the clock of sweeps.
"""

from fulfil.app.wiring import create_app, wire

__all__ = ["create_app", "wire"]
