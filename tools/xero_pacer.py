"""The pace of calls, so that Xero never has to hold us back."""

from collections.abc import Iterable

from ..const import CALLS_PER_MINUTE, RATE_WINDOW


class Pacer:
    """Keeps the calls to one organisation below Xero's minute limit.

    A sliding log: at most ``limit`` calls in *any* window, since Xero's own windows start at a time
    that nobody knows. The first half of them may go at once; after that they are spread evenly, so
    that a long queue neither comes in bursts nor stands still for most of a minute.

    :param list calls: times of the latest calls, in seconds since the epoch; may come from storage.
    """

    def __init__(self, calls: Iterable[float] = (), limit: int = CALLS_PER_MINUTE, window: float = RATE_WINDOW) -> None:
        self.calls = sorted(calls)
        self._limit = limit
        self._window = window

    def delay(self, now: float) -> float:
        """Return the seconds until the next call is allowed, 0 for at once."""
        # A time ahead of now was noted by a clock that has been set back since
        self.calls = [call for call in self.calls if now - self._window < call <= now]
        used = len(self.calls)
        if used < self._limit / 2:
            return 0.0
        due = self.calls[-1] + self._window / self._limit
        if used >= self._limit:
            due = max(due, self.calls[-self._limit] + self._window)
        return max(0.0, due - now)

    def room(self, now: float, seconds: float, most: int) -> int:
        """Return how many calls can begin within the next seconds, if none of them takes any time.

        :param int most: more are not counted.
        """
        trial, end, count = Pacer(self.calls, self._limit, self._window), now + seconds, 0
        while count < most and (now := now + trial.delay(now)) <= end:
            trial.note(now)
            count += 1
        return count

    def note(self, now: float) -> None:
        """Remember a call that is made now."""
        self.calls.append(now)
