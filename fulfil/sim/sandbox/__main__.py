"""`python -m fulfil.sim.sandbox` serves the sandbox channel."""

from fulfil.sim.sandbox.command import sandbox_pay

sandbox_pay()
