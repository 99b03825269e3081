"""The command `sandbox-pay`: the sandbox channel as a process. It loads little: it must patch first."""

from __future__ import annotations

from pathlib import Path

import click

SECRET_CHARS_MIN = 16


@click.command("sandbox-pay")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--port", default=0, show_default=True, help="0 takes a free port; the first line printed says which."
)
@click.option("--notify-base", help="Scheme and host of the shop, if not those that it names itself.")
@click.option(
    "--secret", envvar="FULFIL_SANDBOX_SECRET", required=True, help="Key that shop and channel share."
)
@click.option("--seed", help="The same tokens and numbers every time.")
@click.option(
    "--journal", type=click.Path(dir_okay=False, path_type=Path), help="Keeps charges over a restart."
)
def sandbox_pay(
    host: str, port: int, notify_base: str | None, secret: str, seed: str | None, journal: Path | None
) -> None:
    """Serve the sandbox payment channel until SIGTERM; the first line on stdout is {"sandbox_url": …}.

    \b
    Example:
      fulfil sandbox-pay --port 9100 --secret "a key that both sides share"
    """
    if len(secret) < SECRET_CHARS_MIN:
        raise click.BadParameter(f"must have {SECRET_CHARS_MIN} characters or more", param_hint="--secret")
    from gevent import monkey

    monkey.patch_all()
    # After the patch: what is imported here speaks HTTP.
    from fulfil.sim.sandbox.server import serve

    serve(host, port, notify_base=notify_base, secret=secret, seed=seed, journal=journal)
