"""The rows of `make bench`: what is measured, and what it may be."""
import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One measured quantity.

    `group` names the module of this package that measures it. `floor` is what cannot be beaten, as far as that is known. `budget` is the
    limit: the most, or the least where `is_least`; None: the row is only shown.
    """
    name: str
    group: str
    floor: float | None
    budget: float | None
    what: str
    is_least: bool = False

    def is_kept(self, value):
        """Return whether a value keeps the budget."""
        if self.budget is None:
            return True
        return value >= self.budget if self.is_least else value <= self.budget

    def limit(self):
        return 'shown' if self.budget is None else f"{'≥' if self.is_least else '≤'} {self.budget:g}"


ROWS = (
    Row('calls_known', 'budgets', 20, 20, "accounting calls for 1,000 invoices of a customer that Xero knows"),
    Row('calls_new_contacts', 'budgets', 40, 40, "the same, each of a new customer"),
    Row('calls_changes_100', 'budgets', 5, 8, "accounting calls for 100 changed documents that are in Xero"),
    Row('hook_queries_1000', 'budgets', 11, 20, "queries of the hook while 1,000 invoices are posted at once"),
    Row('hook_queries_unconnected', 'budgets', 0, 0, "the same without any connection"),
    # Of about 0.33 ms an invoice, Odoo's `create` of the export takes two thirds, and one more version of the entry's row a fifth
    Row('hook_time_share', 'budgets', 3.5, 7, "the hook's part of the time of that posting, in %"),
    Row('own_ms_stored', 'budgets', 0.4, 1.5, "Odoo's processor time per exported invoice, totals from stored fields, in ms"),
    Row('own_over_posting', 'budgets', None, None, "the same over Odoo's own processor time for posting these invoices, in one run"),
    Row('own_queries_stored', 'budgets', None, 0.5, "queries per such invoice"),
    Row('own_ms_engine', 'budgets', 2.3, 4, "Odoo's processor time per invoice whose taxes the tax engine has to split, in ms"),
    Row('own_queries_engine', 'budgets', None, 5, "queries per such invoice"),
    Row('db_mb_per_1000', 'budgets', None, None, "growth of the add-on's tables per 1,000 exports, in MB"),
    Row('time_10k_over_1k', 'long_queue', 1.0, 1.1, "own and database time per invoice, queue of 10,000 against 1,000"),
    Row('memory_10k_over_1k', 'long_queue', 1.0, 1.2, "the same of the process's most memory"),
    Row('linked_waits_for_contacts', 'contacts', 0, 0, "documents of linked partners that wait while 50,000 contacts are read"),
    Row('sweep_100k_ms', 'size', 30, 200, "the sweep at 100,000 synced exports, in ms"),
    Row('idle_100k_ms', 'size', 12, 20, "a slice with nothing to do at 100,000 synced exports, in ms"),
    Row('screen_100k_ms', 'size', None, 1000, "the slowest of list, tiles, filters and groups of 100,000 exports for a billing user, in ms"),
    Row('quiet_check_calls', 'payments', 1, 1, "accounting calls per kind of change of a check without news, 10,000 open invoices"),
    Row('payment_import_calls', 'payments', 1, 3, "calls that read 1,000 new payments"),
    Row('payment_import_ratio', 'payments', 1.0, 1.2, "time to register them, against Odoo's own creation, posting and reconciliation"),
    Row('ceiling_share', 'throughput', 1.0, 0.9, "a lone connection's share of 60 calls a minute, latency 0.2 s", is_least=True),
    Row('neighbour_wait_s', 'throughput', None, 15, "seconds until another connection's single invoice is out meanwhile"),
    Row('two_servers', 'throughput', 2.0, 1.8, "speed of two servers against one, two connections, latency 1 s", is_least=True),
    Row('fair_long', 'throughput', 1.0, 0.8, "6 long queues on 2 workers, latency 1 s: the least sent by one, against the mean", is_least=True),
    Row('fair_200', 'throughput', None, 0.9, "200 queues on 2 workers: time until the last one's first invoice, over the whole"),
    Row('sdk_one_by_one', 'clients', None, None, "the official SDK, one call for each invoice, latency 0.2 s: its time over ours"),
    Row('pyxero_one_by_one', 'clients', None, None, "the same by pyxero"),
    Row('money_stopped_share', 'money', 0, 0.001, "share of random documents that the money rule stops; the others equal Xero's to the cent"),
)
BY_NAME = {row.name: row for row in ROWS}


class Report:
    """Collects values, in a file that the groups' processes share.

    :param path: of the file, one JSON object a line.
    :param wanted: names of the rows that are asked for.
    """

    def __init__(self, path, wanted):
        self.path = Path(path)
        self.wanted = set(wanted)

    def wants(self, *names):
        """Return whether any of these rows is asked for."""
        return not self.wanted.isdisjoint(names)

    def add(self, name, value):
        """Note a value, rounded to four places, unless nobody asked for the row."""
        if name in self.wanted:
            with open(self.path, 'a', encoding='utf-8') as file:
                file.write(json.dumps([name, round(float(value), 4)]) + '\n')
            print(f"    {name} {value:.2f}   ({BY_NAME[name].limit()})", flush=True)

    def values(self):
        """Return the values that were noted, by row."""
        lines = self.path.read_text(encoding='utf-8').splitlines() if self.path.exists() else []
        return dict(json.loads(line) for line in lines)

    def rows(self):
        """Return the rows that are asked for as dicts; one that was not measured is not ok."""
        values = self.values()
        return [{
            'name': row.name, 'value': values.get(row.name), 'floor': row.floor, 'budget': row.budget,
            'ok': row.name in values and row.is_kept(values[row.name]),
        } for row in ROWS if row.name in self.wanted]
