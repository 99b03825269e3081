"""The static files of the screens, read and compressed once, named by a hash over all of them.

Every address is `/ui/v-<hash>/<path>`: relative imports stay inside one version; all is cached for ever.
"""

import gzip
import hashlib
import json
import mimetypes
import re
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent
SERVED = {".js", ".css", ".json", ".svg", ".png", ".webmanifest", ".woff2"}
# The library names that browser modules import, and the file each stands for.
LIBRARIES = {
    "preact": "vendor/preact.js",
    "preact/hooks": "vendor/preact-hooks.js",
    "@preact/signals": "vendor/preact-signals.js",
    "@preact/signals-core": "vendor/signals-core.js",
    "htm": "vendor/htm.js",
    "socket.io-client": "vendor/socket.io.js",
}
STATIC_IMPORT = re.compile(
    r"""(?:^|;)\s*(?:import|export)\b(?:[^"';()]*?\bfrom)?\s*["']([^"']+)["']""", re.MULTILINE
)
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/manifest+json", ".webmanifest")


@dataclass(frozen=True)
class Asset:
    """One file: its bytes plain and gzipped, and its media type."""

    body: bytes
    gzipped: bytes
    media_type: str


class Assets:
    """Every served file by its path below the folder (`core/app.css`), the version, and the import map."""

    def __init__(self, root: Path = ROOT) -> None:
        self.files = {
            path.relative_to(root).as_posix(): _read(path)
            for path in sorted(root.rglob("*"))
            if path.suffix in SERVED and path.is_file() and "__pycache__" not in path.parts
        }
        digest = hashlib.sha256()
        for name, asset in self.files.items():
            digest.update(f"{name}\0{len(asset.body)}\0".encode() + asset.body)
        self.version = "v-" + digest.hexdigest()[:16]
        imports = {name: self.url(path) for name, path in LIBRARIES.items()}
        self.import_map = json.dumps({"imports": imports}, separators=(",", ":"))
        self.import_map_hash = b64encode(hashlib.sha256(self.import_map.encode()).digest()).decode()

    def url(self, path: str) -> str:
        """The address of a file, e.g. for `core/app.css`."""
        return f"/ui/{self.version}/{path}"

    def modules_of(self, entry: str) -> list[str]:
        """Paths of every module a page loads before its first paint: static imports, all the way down."""
        found: dict[str, None] = {}
        waiting = [entry]
        while waiting:
            path = waiting.pop(0)
            if path in found:
                continue
            found[path] = None
            text = self.files[path].body.decode()
            waiting += [self._resolve(path, name) for name in STATIC_IMPORT.findall(text)]
        return list(found)

    def _resolve(self, importer: str, name: str) -> str:
        if name in LIBRARIES:
            return LIBRARIES[name]
        parts = list(Path(importer).parent.parts)
        for part in name.split("/"):
            if part == "..":
                parts.pop()
            elif part != ".":
                parts.append(part)
        return "/".join(parts)


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(body, gzip.compress(body, 9, mtime=0), media_type)
