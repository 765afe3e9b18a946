"""Whether documents of known contacts wait while a long list of contacts is read for the first time."""
from .books import Books
from .stage import size, stage, without_pace

CONTACTS = size('BENCH_CONTACTS', 50_000, 50_000)
DOCUMENTS = 50


def measure(report):
    with stage('contacts', contacts=CONTACTS) as one, without_pace():
        [connection] = one.connect(1)
        while connection.contacts_bookmark:
            one.run_slice(connection)
        books = Books(one)
        template = books.posted(one.journal(connection))
        one.export_all(connection)
        # As if all were read for the first time, but for the contact of the partner above, and Xero were as slow as it is
        connection.reference_read_at = {name: moment for name, moment in connection.reference_read_at.items() if name != 'contacts'}
        one.xero.lever('settings', latency=1)
        books.queued(template, DOCUMENTS)
        one.run_slice(connection)
        if not connection.contacts_bookmark:
            raise RuntimeError("The contacts were read within one slice: BENCH_CONTACTS is too small")
        report.add('linked_waits_for_contacts', one.env['xero.export'].search_count([
            ('connection_id', '=', connection.id), ('state', '=', 'waiting')]))
