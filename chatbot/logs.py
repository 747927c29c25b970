"""Log lines: a constant text, then the values as fields."""

import logging

STANDARD = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class FieldFormatter(logging.Formatter):
    """Adds what was given as ``extra`` to a line, as ``name=value``."""

    def format(self, record: logging.LogRecord) -> str:
        given = {name: value for name, value in record.__dict__.items() if name not in STANDARD}
        shown = "".join(f" {name}={value}" for name, value in given.items())
        line, _, rest = super().format(record).partition("\n")
        return f"{line}{shown}\n{rest}" if rest else f"{line}{shown}"


def configure(level: str) -> None:
    """Send the log of this process to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(FieldFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
