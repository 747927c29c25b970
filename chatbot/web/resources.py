"""Where templates, static files and the manual lie: beside the package in a checkout, within it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_CHECKOUT = _PACKAGE.parent


def _folder(installed: Path, checkout: Path) -> Path:
    return installed if installed.is_dir() else checkout


TEMPLATES = _folder(_PACKAGE / "web" / "templates", _CHECKOUT / "templates")
STATIC = _folder(_PACKAGE / "web" / "static", _CHECKOUT / "static")
MANUAL = _folder(_PACKAGE / "manual", _CHECKOUT / "docs")
