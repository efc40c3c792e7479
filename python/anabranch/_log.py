"""Records of `logging` for the log of a server."""

import logging

from anabranch import _native


class LogHandler(logging.Handler):
    """Sends records to the log of the process, with the transaction that they come from."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            _native.log_record(record.levelno, record.name, self.format(record))
        except Exception:
            self.handleError(record)


def install() -> None:
    """Takes the records that the application has no handler for."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(LogHandler())
