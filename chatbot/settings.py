"""
The settings, read from the environment once, here and nowhere else.

`docs/settings.md` is held to this class by a test.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .errors import SettingsError

COLLECTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
DATA_DIR = Path("data")
DEFAULT_EMBEDDING_MODEL = "text-embedding-3-small"
CREDENTIALS = {"openai_api_key", "openai_base_url", "embedding_api_key", "embedding_base_url"}
SWITCH = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class Fault(Exception):
    """What a value should have been, in words."""


def _text(value: str) -> str:
    return value


def _url(value: str) -> str:
    if not _is_address(value):
        raise Fault("an http:// or https:// address")
    return value.rstrip("/")


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _host_or_url(value: str) -> str:
    """Return an address; ``host:port`` is one without TLS."""
    url = value if "://" in value else f"http://{value}"
    if not _is_address(url) or (url != value and urlsplit(url).port is None):
        raise Fault("an http:// or https:// address, or host:port")
    return url.rstrip("/")


def _key(value: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise Fault("letters, digits and signs of ASCII")  # what a header can carry
    return value


def _switch(value: str) -> bool:
    if value.lower() not in SWITCH:
        raise Fault("true or false")
    return SWITCH[value.lower()]


def _number(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isdecimal() or not lowest <= int(value) <= highest:
            raise Fault(f"a whole number from {lowest} to {highest}")
        return int(value)

    return parse


def _path(value: str) -> Path:
    return Path(value).expanduser()


def collection_name(value: str) -> str:
    """
    Return the name of a collection.

    Raises:
        Fault: It is not one.
    """
    if not COLLECTION_NAME.fullmatch(value):
        raise Fault("a name of letters, digits, - and _, at most 100")
    return value


def _origins(value: str) -> tuple[str, ...]:
    return tuple(_origin(part) for part in value.replace(",", " ").split())


def _origin(value: str) -> str:
    if not _is_address(value) or urlsplit(value).path.strip("/"):
        raise Fault("addresses such as https://docs.example.com, separated by spaces")
    return value.rstrip("/").lower()


def _level(value: str) -> str:
    if value.upper() not in LEVELS:
        raise Fault(f"one of {', '.join(LEVELS)}")
    return value.upper()


@dataclass(frozen=True, slots=True)
class EmbeddingServer:
    """Which model makes vectors, and where; without an address OpenAI's own."""

    model: str
    api_key: str | None = field(repr=False)
    base_url: str | None


def setting(default: Any, parse: Callable[[str], Any], help: str, *, secret: bool = False) -> Any:
    """Declare a setting; its environment variable is the field's name in capitals."""
    return field(default=default, repr=not secret, metadata={"parse": parse, "help": help, "secret": secret})


@dataclass(frozen=True, slots=True)
class Settings:
    openai_api_key: str | None = setting(None, _text, "Key of the model's server.", secret=True)
    openai_base_url: str | None = setting(None, _url, "Address of an OpenAI-compatible server.")
    chat_model: str = setting("gpt-5.4-mini", _text, "Name of the model that writes answers.")
    embedding_model: str | None = setting(None, _text, "Name of the embedding model.")
    embedding_dimensions: int | None = setting(None, _number(1, 65536), "Length of its vectors.")
    embedding_base_url: str | None = setting(None, _url, "Address of its server.")
    embedding_api_key: str | None = setting(None, _text, "Key of EMBEDDING_BASE_URL.", secret=True)
    qdrant_collection: str = setting("documents", collection_name, "Collection to search and to index into.")
    qdrant_url: str | None = setting(None, _host_or_url, "Address of a Qdrant server.")
    qdrant_api_key: str | None = setting(None, _key, "Its key.", secret=True)
    qdrant_prefer_grpc: bool = setting(False, _switch, "Whether to talk to it over gRPC.")
    qdrant_grpc_port: int = setting(6334, _number(1, 65535), "Its port for gRPC.")
    qdrant_timeout_s: int = setting(10, _number(1, 3600), "Longest that a call to it may take.")
    data_dir: Path = setting(DATA_DIR, _path, "Folder of the index.")
    documents_url: str | None = setting(None, _url, "Address at which the indexed folder is published.")
    host: str = setting("127.0.0.1", _text, "Address to listen on.")
    port: int = setting(8000, _number(0, 65535), "Port to listen on.")
    allowed_origins: tuple[str, ...] = setting((), _origins, "Other sites whose pages may connect.")
    trusted_hops: int = setting(
        0, _number(0, 10), "Routers in front of the server whose headers are believed."
    )
    log_level: str = setting("INFO", _level, "Least level that is logged.")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """
        Read the settings; an empty value counts as absent.

        Raises:
            SettingsError: One line for each fault; values of secrets are left out.
        """
        found: dict[str, Any] = {}
        faults: list[str] = []
        for each in fields(cls):
            name = each.name.upper()
            value = environment.get(name, "").strip()
            if not value:
                continue
            try:
                found[each.name] = each.metadata["parse"](value)
            except Fault as fault:
                shown = "a value" if each.metadata["secret"] else repr(value)
                faults.append(f"{name} is {shown}, expected {fault}")
        if found.get("embedding_model") and not found.keys() & CREDENTIALS:
            faults.append(
                "EMBEDDING_MODEL is set, expected OPENAI_API_KEY, OPENAI_BASE_URL or EMBEDDING_BASE_URL with it"
            )
        if faults:
            raise SettingsError(faults)
        return cls(**found)

    @property
    def has_chat_model(self) -> bool:
        return bool(self.openai_api_key or self.openai_base_url)

    @property
    def embedding(self) -> "EmbeddingServer | None":
        """The embedding model that is configured, if one is."""
        key = self.embedding_api_key or (None if self.embedding_base_url else self.openai_api_key)
        url = self.embedding_base_url or self.openai_base_url
        model = self.embedding_model or (DEFAULT_EMBEDDING_MODEL if key and not url else None)
        return EmbeddingServer(model, key, url) if model else None
