"""Xero's rate limits: calls at once, a minute, a day, per organisation and app; fixed windows that begin with the first call."""
import threading
from dataclasses import dataclass

MINUTE, DAY = 60, 86_400
CALLS_A_DAY = {'starter': 1_000, 'core': 5_000}


@dataclass
class Window:
    """A fixed window: ``used`` calls since ``start``."""
    length: int
    start: object = None
    used: int = 0

    def roll(self, now):
        if self.start is None or not 0 <= (now - self.start).total_seconds() < self.length:
            self.start, self.used = now, 0

    def seconds_left(self, now):
        return max(1, self.length - int((now - self.start).total_seconds()))


@dataclass
class Refusal:
    """Why a call is answered 429: Xero's word for the limit, and the seconds to wait where Xero names them."""
    problem: str
    retry_after: int | None = None


class Limits:
    """Counts calls. ``enabled``, ``minute``, ``concurrent``, ``app_minute`` can be altered; ``day`` None means by the app's tier."""

    def __init__(self, clock):
        self._clock = clock
        self._lock = threading.Lock()
        self.reset()

    def reset(self):
        with self._lock:
            self.enabled = True
            self.minute, self.concurrent, self.app_minute, self.day = 60, 5, 10_000, None
            self._windows = {}
            self._running = {}

    def daily(self, app):
        return self.day or CALLS_A_DAY[app.tier]

    def enter(self, app, tenant_id):
        """Count one call in, or refuse it. Whoever entered must ``leave``.

        :return: None, or the ``Refusal``; a refused call is not counted
        """
        now = self._clock.now()
        key = (app.client_id, tenant_id)
        with self._lock:
            minute, day, all_tenants = self._windows_of(app, tenant_id, now)
            if self.enabled:
                if self._running.get(key, 0) >= self.concurrent:
                    return Refusal('concurrent')
                if day.used >= self.daily(app):
                    return Refusal('day', day.seconds_left(now))
                if minute.used >= self.minute:
                    return Refusal('minute', minute.seconds_left(now))
                if all_tenants.used >= self.app_minute:
                    return Refusal('appminute', all_tenants.seconds_left(now))
            for window in (minute, day, all_tenants):
                window.used += 1
            self._running[key] = self._running.get(key, 0) + 1
            return None

    def leave(self, app, tenant_id):
        with self._lock:
            self._running[app.client_id, tenant_id] -= 1

    def headers(self, app, tenant_id):
        """:return: the remaining calls, as the headers that every reply carries"""
        with self._lock:
            minute, day, all_tenants = self._windows_of(app, tenant_id, self._clock.now())
            return {
                'X-DayLimit-Remaining': str(max(0, self.daily(app) - day.used)),
                'X-MinLimit-Remaining': str(max(0, self.minute - minute.used)),
                'X-AppMinLimit-Remaining': str(max(0, self.app_minute - all_tenants.used)),
            }

    def use(self, app, tenant_id, calls):
        """Pretend that ``calls`` of today's calls are used up."""
        with self._lock:
            self._windows_of(app, tenant_id, self._clock.now())[1].used = calls

    def _windows_of(self, app, tenant_id, now):
        windows = [
            self._windows.setdefault((app.client_id, tenant_id, 'minute'), Window(MINUTE)),
            self._windows.setdefault((app.client_id, tenant_id, 'day'), Window(DAY)),
            self._windows.setdefault((app.client_id, None, 'appminute'), Window(MINUTE)),
        ]
        for window in windows:
            window.roll(now)
        return windows
