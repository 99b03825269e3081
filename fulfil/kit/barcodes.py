"""Barcodes as paths of a drawing, for what is printed."""

from __future__ import annotations

import barcode


def code128(text: str, height: float) -> tuple[str, int]:
    """Code 128 of a text as one SVG path, one unit a module, `height` tall; and its width in modules."""
    modules = barcode.get("code128", text).build()[0]
    runs, start = [], None
    for at, module in enumerate(f"{modules}0"):
        if module == "1" and start is None:
            start = at
        elif module == "0" and start is not None:
            runs.append(f"M{start} 0h{at - start}v{height}h-{at - start}z")
            start = None
    return "".join(runs), len(modules)
