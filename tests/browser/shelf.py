"""Documents for the browser tests: a small manual, as passages."""

from uuid import NAMESPACE_URL, uuid5

from chatbot.model import Passage


def passage(
    document: str, title: str, headings: tuple[str, ...], anchor: str, position: int, text: str
) -> Passage:
    return Passage(
        id=str(uuid5(NAMESPACE_URL, f"{document}{position}")),
        text=text,
        title=title,
        headings=headings,
        url=None,
        anchor=anchor,
        document=document,
        position=position,
        content_hash="1",
    )


STORING = passage(
    "guide/storage.md",
    "Storage and durability",
    ("The write-ahead log",),
    "the-write-ahead-log",
    0,
    "Every change is first written to the **write-ahead log**, and only then applied to the segments. "
    "A write is acknowledged after `fsync` has returned, so a power cut loses no acknowledged point. "
    "After a restart the log is replayed from the last checkpoint.\n\n"
    "The log is divided into files of 32 MiB. Old files are removed once every segment has been flushed.",
)
SHARING = passage(
    "guide/storage.md",
    "Storage and durability",
    ("The write-ahead log", "One process at a time"),
    "one-process-at-a-time",
    1,
    "A shard can be opened by *one process at a time*. A second one is refused with `StoreLocked`, which "
    "names the process that holds the lock.\n\n"
    "| Setting | Default | Meaning |\n| --- | ---: | --- |\n| `wal_capacity_mb` | 32 | Size of a log file |\n"
    "| `flush_interval_s` | 5 | Seconds between checkpoints |\n\n"
    '```python\nasync with open_edge(settings.data_dir) as store:\n    await store.count("documents")\n```',
)
BACKUPS = passage(
    "guide/operations.md",
    "Running it in production",
    ("Backups", "Snapshots"),
    "snapshots",
    0,
    "A snapshot is a consistent copy of a collection. Take one before each upgrade, and keep it on another "
    "disk. See [the storage page](storage.md#the-write-ahead-log) for what a crash can and cannot lose.",
)
LIMITS = passage(
    "reference/limits.md",
    "Limits",
    (),
    "",
    0,
    "A question has at most 4,000 characters. A collection holds up to 5 million passages on 8 GB of memory.",
)
PASSAGES = (STORING, SHARING, BACKUPS, LIMITS)
