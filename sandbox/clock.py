"""The sandbox's own clock: what a test moves instead of waiting."""
import threading
from datetime import datetime, timedelta, timezone


class Clock:
    """UTC time that runs at normal speed and can be moved.

    Readings never repeat, so that two changes of one document can be told apart.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._offset = timedelta()
        self._last = datetime.min.replace(tzinfo=timezone.utc)

    def now(self):
        """:return: an aware ``datetime``, later than every reading before it unless the clock was set back."""
        with self._lock:
            reading = datetime.now(timezone.utc) + self._offset
            if reading <= self._last:
                reading = self._last + timedelta(microseconds=1)
            self._last = reading
            return reading

    def advance(self, seconds):
        with self._lock:
            self._offset += timedelta(seconds=seconds)
            self._last = datetime.min.replace(tzinfo=timezone.utc)

    def set(self, moment):
        """:param datetime moment: an aware time that is "now" from here on."""
        with self._lock:
            self._offset = moment - datetime.now(timezone.utc)
            self._last = datetime.min.replace(tzinfo=timezone.utc)

    def reset(self):
        self.advance(-self._offset.total_seconds())
