"""Settings come from the environment, and all their faults are told at once."""

from pathlib import Path

import pytest

from chatbot.errors import SettingsError
from chatbot.settings import EmbeddingServer, Settings


def read(**environment: str) -> Settings:
    return Settings.from_environment(environment)


def test_nothing_needs_to_be_set() -> None:
    settings = read()
    assert (settings.host, settings.port, settings.data_dir) == ("127.0.0.1", 8000, Path("data"))
    assert not settings.has_chat_model
    assert settings.embedding is None


def test_an_empty_value_counts_as_absent() -> None:
    assert read(PORT="", OPENAI_API_KEY="  ") == read()


def test_all_faults_are_named_at_once_with_what_was_found_and_expected() -> None:
    with pytest.raises(SettingsError) as raised:
        read(PORT="http", OPENAI_BASE_URL="localhost:11434", LOG_LEVEL="loud", QDRANT_COLLECTION="a/b")
    faults = dict(line.split(" is ", 1) for line in raised.value.faults)
    assert faults == {
        "PORT": "'http', expected a whole number from 0 to 65535",
        "OPENAI_BASE_URL": "'localhost:11434', expected an http:// or https:// address",
        "LOG_LEVEL": "'loud', expected one of DEBUG, INFO, WARNING, ERROR",
        "QDRANT_COLLECTION": "'a/b', expected a name of letters, digits, - and _, at most 100",
    }


@pytest.mark.parametrize("port", ["-1", "65536", "8000.0", "eight"])
def test_a_port_out_of_range_is_refused(port: str) -> None:
    with pytest.raises(SettingsError, match="PORT"):
        read(PORT=port)


@pytest.mark.parametrize(
    "address", ["http://[::1/v1", "http://a:1:2/v1", "http://", "a.test/v1", "http://a:99999"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match="OPENAI_BASE_URL"):
        read(OPENAI_BASE_URL=address)


def test_secrets_are_never_shown() -> None:
    settings = read(OPENAI_API_KEY="sk-secret", EMBEDDING_API_KEY="sk-other")
    assert "sk-" not in repr(settings)
    assert "sk-" not in repr(settings.embedding)


def test_a_key_alone_means_openai_with_its_embedding_model() -> None:
    settings = read(OPENAI_API_KEY="k")
    assert settings.has_chat_model
    assert settings.embedding == EmbeddingServer("text-embedding-3-small", "k", None)


def test_a_local_server_embeds_only_with_a_model_that_is_named() -> None:
    assert read(OPENAI_BASE_URL="http://127.0.0.1:11434/v1").embedding is None
    settings = read(OPENAI_BASE_URL="http://127.0.0.1:11434/v1/", EMBEDDING_MODEL="nomic-embed-text")
    assert settings.embedding == EmbeddingServer("nomic-embed-text", None, "http://127.0.0.1:11434/v1")


def test_embeddings_may_have_a_server_and_a_key_of_their_own() -> None:
    settings = read(
        OPENAI_API_KEY="k", EMBEDDING_BASE_URL="http://e.test/v1", EMBEDDING_API_KEY="e", EMBEDDING_MODEL="m"
    )
    assert settings.embedding == EmbeddingServer("m", "e", "http://e.test/v1")


def test_a_key_is_not_sent_to_another_server_than_its_own() -> None:
    settings = read(OPENAI_API_KEY="k", EMBEDDING_BASE_URL="http://e.test/v1", EMBEDDING_MODEL="m")
    assert settings.embedding == EmbeddingServer("m", None, "http://e.test/v1")


def test_an_embedding_model_without_any_server_is_a_fault() -> None:
    with pytest.raises(SettingsError, match="EMBEDDING_MODEL is set, expected OPENAI_API_KEY"):
        read(EMBEDDING_MODEL="m")


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("http://127.0.0.1:6333/", "http://127.0.0.1:6333"),
        ("https://cluster.example.com:6333", "https://cluster.example.com:6333"),
        ("https://example.com/qdrant", "https://example.com/qdrant"),
        ("localhost:6333", "http://localhost:6333"),
        ("[::1]:6333", "http://[::1]:6333"),
    ],
)
def test_a_qdrant_server_is_an_address_or_host_and_port(value: str, url: str) -> None:
    assert read(QDRANT_URL=value).qdrant_url == url


@pytest.mark.parametrize("value", ["qdrant", "grpc://a:6334", "a:0", "a:b", ":6333", "http://"])
def test_what_is_no_address_of_a_qdrant_server_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=r"QDRANT_URL .* host:port"):
        read(QDRANT_URL=value)


def test_the_key_of_a_qdrant_server_is_never_shown() -> None:
    assert "secret" not in repr(read(QDRANT_URL="localhost:6333", QDRANT_API_KEY="secret"))
    with pytest.raises(SettingsError, match="QDRANT_API_KEY is a value, expected") as raised:
        read(QDRANT_API_KEY="sécret")
    assert "cret" not in str(raised.value)


def test_a_switch_is_on_or_off() -> None:
    assert read(QDRANT_PREFER_GRPC="true").qdrant_prefer_grpc
    assert not read(QDRANT_PREFER_GRPC="0").qdrant_prefer_grpc
    with pytest.raises(SettingsError, match="QDRANT_PREFER_GRPC is 'maybe', expected true or false"):
        read(QDRANT_PREFER_GRPC="maybe")


def test_origins_are_a_list_of_addresses() -> None:
    settings = read(ALLOWED_ORIGINS="https://Docs.example.com, http://localhost:3000/")
    assert settings.allowed_origins == ("https://docs.example.com", "http://localhost:3000")
    with pytest.raises(SettingsError, match="ALLOWED_ORIGINS"):
        read(ALLOWED_ORIGINS="docs.example.com")
