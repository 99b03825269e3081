"""The composition root: the only place that wires folders, registers stages and serves.

`wiring.wire(kit)` joins the folders over one ground floor (also what simulations and tests use);
`wiring.create_app(kit)` puts HTTP around it; `serving.Server` adds sockets, the task worker and the sweeps.
"""
