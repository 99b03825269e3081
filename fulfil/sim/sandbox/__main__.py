"""`python -m fulfil.sim.sandbox` serves the sandbox channel."""

import atexit
import gc

from fulfil.sim.sandbox.command import sandbox_pay

atexit.register(gc.freeze)  # who ends needs no search for garbage, which takes half a second
sandbox_pay()
