"""Documents whose requests are old, and the clean-up of requests."""
from datetime import timedelta

from odoo import Command

from ...models.connection.retention import KEEP_BODIES, KEEP_RECORDS
from .change_common import XeroChangeCase


class Retention:
    """Time that passes for requests alone, and Odoo's vacuum."""

    def age(self, days, requests=None):
        """Let requests be older.

        :param requests: `xero.request`, all if None.
        """
        self.env.flush_all()
        requests = requests or self.env['xero.request'].search([])
        self.env.cr.execute("UPDATE xero_request SET sent_at = sent_at - %s WHERE id = ANY(%s)", [timedelta(days=days), requests.ids])
        self.env.invalidate_all()

    def vacuum(self):
        for name in ('_gc_bodies', '_gc_records'):
            remaining = True
            while remaining:
                _done, remaining = getattr(self.env['xero.request'].sudo(), name)()
        self.env.invalidate_all()

    def remove(self, days=91, requests=None):
        self.age(days, requests)
        self.vacuum()

    def keep(self, bodies, records):
        for (name, _default), days in ((KEEP_BODIES, bodies), (KEEP_RECORDS, records)):
            self.env['ir.config_parameter'].sudo().set_param(name, days)


class XeroRetentionCase(Retention, XeroChangeCase):

    @classmethod
    def export_of(cls, move):
        return super().export_of(move).sudo()

    def price(self, move, price):
        self.change(move, invoice_line_ids=[Command.update(move.invoice_line_ids.id, {'price_unit': price})])

    def lose_answer(self, kind='drop_after'):
        """Create a document whose request has no answer."""
        self.sandbox.faults.order(kind=kind, method='PUT', path='/Invoices')
        move = self.document()
        self.run_slice(self.connection)
        export = self.export_of(move)
        self.assertEqual((export.state, export.request_ids[:1].state), ('uncertain', 'unanswered'))
        return move, export

    def send_ours(self, export, total):
        """Decide that the version in Odoo counts, and send it; return what the person read before."""
        words = export.difference, export.versions
        export.with_user(self.admin).action_send_ours()
        self.run_slice(self.connection)
        self.assert_same(export, Total=total)
        return words
