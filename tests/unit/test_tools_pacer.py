from bisect import bisect_right
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.account_xero.tools.xero_pacer import Pacer
from odoo.tests import BaseCase, tagged


def call(pacer, now):
    """Make a call as soon as it is allowed; return when that was."""
    while delay := pacer.delay(now):
        now += delay
    pacer.note(now)
    return now


@tagged('post_install', '-at_install')
class TestPacer(BaseCase):

    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.floats(0, 90), max_size=300), st.integers(2, 60))
    def test_no_window_holds_more_than_the_limit(self, pauses, limit):
        """For any rhythm: up to 300 calls with pauses of up to 90 s."""
        pacer, now, times = Pacer(limit=limit), 1_800_000_000.0, []
        for pause in pauses:
            now = call(pacer, now + pause)
            times.append(now)
        for position, moment in enumerate(times):
            # Half-open windows; one microsecond of tolerance for float arithmetic
            self.assertLessEqual(bisect_right(times, moment + 60 - 1e-6) - position, limit)

    def test_a_long_queue_goes_near_the_limit_and_stands_still_for_half_a_minute_at_most(self):
        pacer, now, times = Pacer(), 0.0, []
        while now < 180:
            now = call(pacer, now)
            times.append(now)
        self.assertGreaterEqual(len(times), 0.95 * 3 * 58)
        self.assertLessEqual(max(later - earlier for earlier, later in pairwise(times)), 31)

    def test_a_few_calls_need_not_wait(self):
        pacer = Pacer()
        self.assertEqual([call(pacer, 0.0) for _number in range(29)], [0.0] * 29)
        self.assertAlmostEqual(pacer.delay(0.0), 60 / 58)

    def test_room_is_what_can_follow_within_some_seconds(self):
        self.assertEqual(Pacer().room(0.0, 5, 100), 29 + 4)
        self.assertEqual(Pacer().room(0.0, 5, 10), 10)
        self.assertEqual(Pacer([0.0] * 40).room(1.0, 5, 100), 5)
        self.assertEqual(Pacer([0.0] * 58).room(1.0, 5, 100), 0)
        self.assertEqual(Pacer([0.0] * 58).room(1.0, 60, 100), 29, "the calls of a minute ago do not count any more")

    def test_the_log_survives_storage(self):
        pacer = Pacer([1000.0] * 58)
        self.assertEqual(pacer.delay(1010.0), 50.0)
        self.assertEqual(Pacer(pacer.calls).delay(1059.0), 1.0)
        self.assertEqual(Pacer(pacer.calls).delay(1060.0), 0.0)

    def test_a_clock_set_back_blocks_nothing(self):
        self.assertEqual(Pacer([5000.0] * 58).delay(1000.0), 0.0)
