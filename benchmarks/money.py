"""Many random documents, each in Xero to the cent, and the share that had to be stopped."""
import json
import os
import random
from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from odoo.addons.account_xero.tests.addon.money_documents import XeroMoneyCase, documents, methods
from odoo.tests import tagged

SEED = int(os.environ.get('BENCH_SEED') or random.randrange(2 ** 32))
DOCUMENTS = int(os.environ.get('BENCH_DOCUMENTS') or (500 if os.environ.get('BENCH_QUICK') else 10_000))
VALUES = os.environ.get('BENCH_VALUES')     # the file of `rows.Report`
BATCH = 25
MOST_STOPPED = 0.001


@tagged('post_install', '-at_install')
class MoneyBenchmark(XeroMoneyCase):

    def test_random_documents(self):
        counts = Counter()

        @seed(SEED)
        @settings(
            max_examples=max(DOCUMENTS // BATCH, 1), deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck))
        @given(st.lists(documents, min_size=BATCH, max_size=BATCH), methods)
        def export(drawn, method):
            # A token that is renewed while documents are exported would be rolled back with them, and Xero would not take the old one for ever
            self.connection._access_token()
            # Rolled back, so that the ten thousandth document costs no more than the first
            with self.env.cr.savepoint() as savepoint:
                moves, stopped = self.check(drawn, method)
                counts.update(documents=len(moves), lines=len(moves.invoice_line_ids), stopped=len(stopped), refused=BATCH - len(moves))
                for message in stopped:
                    print(f"stopped: {message}")
                savepoint.rollback()
            self.env.invalidate_all()
            for held in (*self.organisation.documents.values(), *self.organisation.numbers.values()):
                held.clear()

        print(f"\nBENCH_SEED={SEED}")
        try:
            export()
        finally:    # what was seen before a document that breaks the rule counts, too
            share = counts['stopped'] / max(counts['documents'], 1)
            print(
                f"{counts['documents']} documents of {counts['lines']} lines equal to the cent or stopped; {counts['stopped']} stopped "
                f"({share:.2%}); {counts['refused']} that Odoo itself does not post")
            if VALUES and counts['documents']:
                with open(VALUES, 'a', encoding='utf-8') as file:
                    file.write(json.dumps(['money_stopped_share', share]) + '\n')
        self.assertLessEqual(share, MOST_STOPPED)
