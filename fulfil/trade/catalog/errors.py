"""What the catalogue refuses."""

from __future__ import annotations

from fulfil.kit.errors import Invalid


class CatalogueUnreadable(Invalid):
    code, title = "catalogue_unreadable", "This file cannot be read twice. Give a path or a seekable file."
